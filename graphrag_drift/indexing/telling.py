"""mentions -> the sentence that says most about each entity and each pair, and where it stands.

A sentence tells much if it has many rare words without being long, names its subjects early and in full, says what
they are, and neither asks nor chats. Sentences are compared, none is written or changed.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.tables import SPANS

_SHORT, _LONG = 8, 30  # words; a shorter sentence tells less, a longer one no more
_EARLY = 120  # bytes before a name that halve a sentence's worth
_NEVER_RARER = 3  # sentences; a word of fewer is as likely a slip as a fact
_WORD = r"[\p{L}\p{M}]{2,}|\p{N}[\p{N}.,]*"
# What follows a name that is being explained: ", the minister", " is a port", " (IMO)".
_EXPLAINS = r"^(?: \([^)]{1,60}\))?(?:,| is| was| are| were) (?:an?|the|one of|former)\b|^ \(|^[은는이가] "
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
    words = pl.col("description").str.to_lowercase().str.extract_all(_WORD)
    said = texts.select("row", word=words).explode("word").drop_nulls().unique()
    rarity = said.group_by("word").agg(idf=(1.0 + texts.height / pl.len().clip(_NEVER_RARER)).log())
    total = (
        said.join(rarity, on="word")
        .sort("row", "idf")  # floats do not add up to the same in any order
        .group_by("row", maintain_order=True)
        .agg(total=pl.col("idf").sum(), length=pl.len().cast(pl.Float64))
    )
    length = pl.col("length")
    factor = (_LONG / length).clip(upper_bound=1.0).pow(1.5) * (length / _SHORT).clip(upper_bound=1.0)
    for pattern, less in _FACTORS:
        factor = factor * pl.when(pl.col("description").str.contains(pattern)).then(less).otherwise(1.0)
    return texts.join(total, on="row", how="left").select(
        "description", worth=(pl.col("total") * factor).fill_null(0.0)
    )


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
    sought = pl.col("description").str.replace_all(r"\s", " ")
    stands = pl.col("text").str.contains(sought, literal=True) & (sought != "")
    before = pl.col("text").str.split_exact(sought, 1).struct.field("field_0").str.len_chars()
    begin = pl.when(stands).then(pl.col("first") + before.cast(pl.Int64)).otherwise("first")
    finish = pl.when(stands).then(begin + sought.str.len_chars().cast(pl.Int64)).otherwise("last")
    rows = rows.with_columns(start=pl.coalesce("start", begin), end=pl.coalesce("end", finish))
    span = pl.concat_list(pl.struct("document_id", "text_unit_id", "start", "end"))
    known = pl.col("start").is_not_null() & pl.col("end").is_not_null()
    return rows.select(*key, "description", evidence=pl.when(known).then(span).otherwise(pl.lit([], SPANS)))
