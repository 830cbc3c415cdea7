"""entities, relationships and their mentions -> the same with one description made of all that was said of each.

Only for a reader that words things itself; the embedded one has chosen the sentence that says most already (`merge`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.language.detect import either
from graphrag_drift.providers.protocols import Reader
from graphrag_drift.tables import ENTITIES, FAILURES, RELATIONSHIPS, SPANS, Schema, conform, empty, stated_dates
from graphrag_drift.tasks.indexing import SummarizeDescriptions
from graphrag_drift.values import Observe, ignore

_SHORT, _LONG = 8, 30  # words; a shorter sentence tells less, a longer one no more
_EARLY = 120  # bytes before a name that halve a sentence's worth
_NEVER_RARER = 3  # sentences; a word of fewer is as likely a slip as a fact
_BATCH = 5_000  # texts
_WORD = r"[\p{L}\p{M}]{2,}|\p{N}[\p{N}.,]*"
# What follows a name that is being explained: ", the minister", " is a port", " (IMO)".
_EXPLAINS = rf"^ \(|{either(lambda language: language.prose.explains)}"
_ASKS = r"[?？]"
_CHATS = r"(?i)\b(?:I|you|we|my|your|our|us|yeah|um|uh|okay|thanks|welcome)\b"
_LEANS = r"(?i)^\W*(?:he|she|it|they|this|that|these|those|his|her|their|and|but|so|also|then|there|well)\b"
_RAW = r"https?:|www\.|\w_\w|[{}|<>\\]|\.(?:txt|html?|pdf)\b"
_OTHER_SCRIPT = (
    r"[\p{Hangul}\p{Han}\p{Hiragana}\p{Katakana}\p{Cyrillic}\p{Arabic}\p{Hebrew}\p{Greek}\p{Devanagari}\p{Thai}]"
)
_FACTORS = ((_ASKS, 0.3), (_CHATS, 0.7), (_LEANS, 0.8), (_RAW, 0.5))


def best_descriptions(
    mentions: pl.DataFrame, statements: pl.DataFrame, text_units: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(title, description, evidence) of the entities and (low, high, description, evidence) of the pairs.

    Evidence is where a description stands: a statement's own span, a sentence found in its text unit; the text
    unit itself for a description in a model's words.
    """
    texts = pl.concat([mentions.select("description"), statements.select("description")])
    worth = _worth(texts.select(pl.col("description").drop_nulls().unique().sort()))
    name = pl.col("name")
    after = pl.col("description").str.split_exact(name, 1).struct.field("field_1")
    explained = pl.when(after.str.contains(_EXPLAINS)).then(1.4).otherwise(1.0)
    in_full = pl.when(name == pl.col("title")).then(1.15).otherwise(1.0)
    of_entities = mentions.with_columns(
        factor=explained * in_full * _early(["name"]) * _in_script_of("title"),
        start=pl.lit(None, pl.Int64),
        end=pl.lit(None, pl.Int64),
    )
    of_pairs = statements.with_columns(factor=_early(["source", "target"]) * _in_script_of("low"))
    return (
        _with_evidence(_best(of_entities, worth, ["title"]), text_units, ["title"]),
        _with_evidence(_best(of_pairs, worth, ["low", "high"]), text_units, ["low", "high"]),
    )


def _worth(texts: pl.DataFrame) -> pl.DataFrame:
    """description, worth: the summed rarity of its distinct words, for `_SHORT` to `_LONG` of them."""
    texts = texts.with_row_index("row")
    counts = pl.concat([words.group_by("word").len() for words in _words(texts)])
    counts = counts.group_by("word").agg(pl.col("len").sum())
    rarity = counts.select("word", idf=(1.0 + texts.height / pl.col("len").clip(_NEVER_RARER)).log())
    total = pl.concat(
        words.join(rarity, on="word")
        .sort("row", "idf")  # floats do not add up to the same in any order
        .group_by("row", maintain_order=True)
        .agg(total=pl.col("idf").sum(), length=pl.len().cast(pl.Float64))
        for words in _words(texts)
    )
    length = pl.col("length")
    factor = (_LONG / length).clip(upper_bound=1.0).pow(1.5) * (length / _SHORT).clip(upper_bound=1.0)
    for pattern, less in _FACTORS:
        factor = factor * pl.when(pl.col("description").str.contains(pattern)).then(less).otherwise(1.0)
    return texts.join(total, on="row", how="left").select(
        "description", worth=(pl.col("total") * factor).fill_null(0.0)
    )


def _words(texts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """row, word: the distinct words of each text, for some texts at a time, as they take twenty times its bytes."""
    words = pl.col("description").str.to_lowercase().str.extract_all(_WORD).list.unique()
    for part in texts.iter_slices(_BATCH) if texts.height else (texts,):
        yield part.select("row", word=words).explode("word").drop_nulls()


def _early(names: list[str]) -> pl.Expr:
    """1 for a description that begins with all names, less the later the last of them comes."""
    places = [pl.col("description").str.find(pl.col(name), literal=True).fill_null(_EARLY) for name in names]
    return _EARLY / (_EARLY + pl.max_horizontal(places).cast(pl.Float64))


def _in_script_of(title: str) -> pl.Expr:
    """Less for a sentence in another script than `title`: who looks that up reads its script."""
    same = pl.col("description").str.contains(_OTHER_SCRIPT) == pl.col(title).str.contains(_OTHER_SCRIPT)
    return pl.when(same).then(1.0).otherwise(0.6)


def _best(rows: pl.DataFrame, worth: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """For each `key` the row worth most; ties go by description, then document, text unit and place."""
    order = [*key, "score", "description", "document_id", "text_unit_id", "start"]
    return (
        rows.join(worth, on="description")
        .with_columns(score=pl.col("worth") * pl.col("factor"))
        .sort(order, descending=[name == "score" for name in order])
        .unique(key, keep="first", maintain_order=True)
        .select(*key, "description", "document_id", "text_unit_id", "start", "end")
    )


def _with_evidence(best: pl.DataFrame, text_units: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    # A reader may give a sentence that goes over a line break with a space there: every whitespace counts as one.
    plain = pl.col("text").str.replace_all(r"\s", " ")
    units = text_units.select(text_unit_id="id", text=plain, first="start", last="end")
    rows = best.join(units, on="text_unit_id", how="left", maintain_order="left")
    written = pl.col("description").str.replace_all(r"\s", " ")
    # Whom a pronoun means stands in brackets behind it, and not in the text.
    bare = written.str.replace_all(r" \[[^\[\]]*\]", "")
    sought = pl.when(pl.col("text").str.contains(written, literal=True)).then(written).otherwise(bare)
    stands = pl.col("text").str.contains(sought, literal=True) & (sought != "")
    before = pl.col("text").str.split_exact(sought, 1).struct.field("field_0").str.len_chars()
    begin = pl.when(stands).then(pl.col("first") + before.cast(pl.Int64)).otherwise("first")
    finish = pl.when(stands).then(begin + sought.str.len_chars().cast(pl.Int64)).otherwise("last")
    rows = rows.with_columns(start=pl.coalesce("start", begin), end=pl.coalesce("end", finish))
    span = pl.concat_list(pl.struct("document_id", "text_unit_id", "start", "end"))
    known = pl.col("start").is_not_null() & pl.col("end").is_not_null()
    return rows.select(*key, "description", evidence=pl.when(known).then(span).otherwise(pl.lit([], SPANS)))


# Places that a description keeps as its evidence; more say the same again.
_MOST_SPANS = 10
Row = dict[str, Any]


async def describe(
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    text_units: pl.DataFrame,
    documents: pl.DataFrame | None = None,
    *,
    reader: Reader | None = None,
    observe: Observe = ignore,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """(entities, relationships, failures). What fails, or has no `reader`, keeps its best single description.

    A reader is given what was said of each in the order of the dates of `documents`, undated ones first.
    """
    if reader is None:
        return entities, relationships, empty(FAILURES)
    units = text_units.select("document_id", text_unit_id="id", first="start", last="end")
    dates: dict[str, str] = (
        {} if documents is None else dict(documents.select("id", date=stated_dates(documents)).rows())
    )
    when = pl.col("document_id").replace_strict(dates, default="", return_dtype=pl.String).fill_null("")
    units = units.select("text_unit_id", "first", "last", date=when)
    of_entities = _said(entity_mentions.select("title", *_SAID), ["title"], units)
    ends = {"low": pl.min_horizontal(*_ENDS), "high": pl.max_horizontal(*_ENDS)}
    of_pairs = _said(relationship_mentions.select(*_SAID, **ends), ["low", "high"], units)
    rows = [*_rows(entities, of_entities, ["title"]), *_rows(relationships, of_pairs, ["source", "target"])]

    async def read(row: Row) -> str:
        return await reader.read(SummarizeDescriptions(row["name"], tuple(row["said"]), tuple(row["dates"])))

    replies, failures = await read_each(rows, read, step="describe", ids=[row["name"] for row in rows], observe=observe)
    composed = [(row["id"], reply, row["spans"]) for row, reply in zip(rows, replies, strict=True) if reply]
    schema: Schema = {"id": pl.String(), "composed": pl.String(), "spans": ENTITIES["evidence"]}
    new = pl.DataFrame(composed, schema, orient="row")
    return (
        conform(_replaced(entities, new), ENTITIES, "entities"),
        conform(_replaced(relationships, new), RELATIONSHIPS, "relationships"),
        failures,
    )


_ENDS = ("source_title", "target_title")
_SAID = ("description", "document_id", "text_unit_id", "start", "end")


def _said(mentions: pl.DataFrame, key: Sequence[str], units: pl.DataFrame) -> pl.DataFrame:
    """By `key`, the distinct descriptions, their dates and where they stand, in the order of time; only if several.

    A mention of an entity stands where its name does, which bears nothing out: its text unit does.
    """
    whole = len(key) == 1
    rows = mentions.filter(pl.col("description").fill_null("") != "").join(units, on="text_unit_id", how="left")
    start = pl.col("first") if whole else pl.coalesce("start", "first")
    end = pl.col("last") if whole else pl.coalesce("end", "last")
    span = pl.struct("document_id", "text_unit_id", start.alias("start"), end.alias("end"))
    return (
        rows.with_columns(span=span)
        .sort(*key, "date", "document_id", "first", "start", "description", nulls_last=True)
        .group_by(key, maintain_order=True)
        .agg(
            said=pl.col("description").filter(pl.col("description").is_first_distinct()),
            dates=pl.col("date").filter(pl.col("description").is_first_distinct()),
            spans=pl.col("span").unique(maintain_order=True).head(_MOST_SPANS),
        )
        .filter(pl.col("said").list.len() > 1)
    )


def _rows(table: pl.DataFrame, said: pl.DataFrame, names: Sequence[str]) -> list[Row]:
    """id, name, said, dates, spans of the rows of `table` with several descriptions."""
    named = table.select("id", *names)
    if len(names) == 1:
        joined = named.join(said, left_on=names, right_on=["title"], how="inner", maintain_order="left")
        return joined.with_columns(name=pl.col(names[0])).to_dicts()
    low, high = pl.min_horizontal(*names), pl.max_horizontal(*names)
    keyed = named.with_columns(low=low, high=high)
    joined = keyed.join(said, on=["low", "high"], how="inner", maintain_order="left")
    return joined.with_columns(name=pl.concat_str(*names, separator="; ")).to_dicts()


def _replaced(table: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    joined = table.join(new, on="id", how="left", maintain_order="left")
    return joined.with_columns(
        description=pl.coalesce("composed", "description"), evidence=pl.coalesce("spans", "evidence")
    )
