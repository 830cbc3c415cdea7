"""What others made -> the tables of an index of ours, before anything is counted, linked or embedded.

Ids, descriptions, weights, communities and reports stay as they are. Text units get their places in the documents,
names the capitals that the texts write them with, and citations become places. What cannot be kept is a failure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from graphrag_drift.errors import SchemaError
from graphrag_drift.interop.foreign import Foreign
from graphrag_drift.interop.places import Sought, place_units, written_name, written_words
from graphrag_drift.language.detect import language_of
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.tables import (
    COVARIATES,
    DOCUMENTS,
    ENTITIES,
    ENTITY_MENTIONS,
    ENTITY_MERGES,
    FAILURES,
    LAST_RESORT,
    RELATIONSHIP_MENTIONS,
    RELATIONSHIPS,
    TEXT_UNITS,
    Schema,
    conform,
    content_id,
    empty,
)

Row = dict[str, Any]
Ids = Mapping[str, Sequence[str]]
"""The ids of ours for an id of theirs: a text unit of several documents becomes several."""

MENTIONS: Schema = {**ENTITY_MENTIONS, "title": pl.String()}
PAIRS: Schema = {**RELATIONSHIP_MENTIONS, "source_title": pl.String(), "target_title": pl.String()}
_MOST_SPANS = 10  # text units that a description rests on; more say the same again
_DATE_SOURCE = f"the day of indexing{LAST_RESORT}"


@dataclass(frozen=True)
class Converted:
    """Tables by the names of the pipeline; what was set aside; which text units of ours stand for each of theirs."""

    tables: dict[str, pl.DataFrame]
    failures: pl.DataFrame
    notices: tuple[str, ...]
    unit_ids: Ids


def convert(foreign: Foreign, tokenizer: Tokenizer) -> Converted:
    """The tables of `foreign`: all but communities and reports.

    Raises: SchemaError, if there is no entity or no text at all.
    """
    if foreign.entities.is_empty():
        raise SchemaError(f"there are no entities in {str(foreign.place)!r}; nothing can be made of it")
    documents, units, rebuilt = _texts(foreign.documents, foreign.text_units, tokenizer)
    unit_ids = _grouped(units.select("theirs", "id").rows())
    text_units = conform(units, TEXT_UNITS, "text_units")
    failures: list[tuple[str, str, str]] = []
    unnamed = _unnamed_ends(foreign.entities, foreign.relationships)
    entities, mentions, titles = _entities(
        pl.concat([foreign.entities, unnamed], how="diagonal_relaxed"), text_units, unit_ids
    )
    relationships = _relationships(foreign.relationships, entities, titles, text_units, unit_ids)
    entities = _with_degree(entities, relationships)
    relationships = _with_degrees(relationships, entities)
    covariates = _covariates(foreign.covariates, titles, text_units, unit_ids, failures)
    tables = {
        "documents": documents,
        "work/text_units": text_units,
        "entities": conform(entities, ENTITIES, "entities"),
        "relationships": conform(relationships, RELATIONSHIPS, "relationships"),
        "covariates": covariates,
        "entity_mentions": mentions,
        "relationship_mentions": _pairs(relationships, text_units),
        "entity_merges": empty(ENTITY_MERGES),
    }
    notices = [f"the text of {rebuilt} documents was put together from their text units"] if rebuilt else []
    if not unnamed.is_empty():
        notices.append(f"{unnamed.height} names that only relationships give became entities")
    rows = pl.DataFrame(failures, schema=FAILURES, orient="row")
    return Converted(tables, rows, tuple(notices), unit_ids)


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)


def _texts(
    documents: pl.DataFrame, units: pl.DataFrame, tokenizer: Tokenizer
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """(documents; text units in their order, with `theirs`, the id they had; documents whose text was put together)."""
    of_document = {key: rows for (key,), rows in units.group_by("document_id", maintain_order=True)}
    unknown = [key for key in of_document if key not in set(documents["id"])]
    more = pl.DataFrame([{"id": key, "title": key, "text": ""} for key in unknown], schema_overrides=_TEXTS)
    documents = pl.concat([documents, more], how="diagonal_relaxed") if unknown else documents
    rows: list[Row] = []
    texts: list[str] = []
    rebuilt = 0
    ids: set[str] = set()
    for document in documents.iter_rows(named=True):
        theirs = of_document.get(document["id"])
        theirs = units.clear() if theirs is None else theirs
        original = document["text"] or ""
        text, places = place_units(original, [unit or "" for unit in theirs["text"]])
        rebuilt += text != original
        texts.append(text)
        for unit, (start, end) in zip(theirs.iter_rows(named=True), places, strict=True):
            rows.append(_unit(unit, document["id"], text[start:end], start, ids, tokenizer))
    table = pl.DataFrame(rows, schema={**TEXT_UNITS, "theirs": pl.String()}, orient="row")
    table = table.with_columns(human_readable_id=pl.int_range(pl.len()))
    return _documents(documents, texts, table), table, rebuilt


_TEXTS = {"id": pl.String, "title": pl.String, "text": pl.String}


def _unit(theirs: Row, document: str, text: str, start: int, ids: set[str], tokenizer: Tokenizer) -> Row:
    """A row of text_units. Equal texts of different documents may share an id of theirs, but none of ours."""
    own = theirs["id"] if theirs["id"] not in ids else content_id(theirs["id"], document, start)
    ids.add(own)
    linked: Row = {name: [] for name in ("entity_ids", "relationship_ids", "covariate_ids")}
    return {
        "id": own,
        "theirs": theirs["id"],
        "text": text,
        "n_tokens": theirs["n_tokens"] or tokenizer.count(text),
        "document_id": document,
        "start": start,
        "end": start + len(text),
        **linked,
    }


def _documents(documents: pl.DataFrame, texts: list[str], units: pl.DataFrame) -> pl.DataFrame:
    ids = units.group_by(pl.col("document_id").alias("id")).agg(text_unit_ids=pl.col("id").sort())
    given = pl.col("creation_date").fill_null("").str.slice(0, 10)
    own = pl.col("date_source") if "date_source" in documents.columns else pl.lit(_DATE_SOURCE)
    table = (
        documents.with_columns(text=pl.Series(texts, dtype=pl.String))
        .join(ids, on="id", how="left", maintain_order="left")
        .with_columns(
            pl.col("text_unit_ids").fill_null([]),
            pl.col("title").fill_null(""),
            human_readable_id=pl.int_range(pl.len()),
            creation_date=given,
            date_source=pl.when(given != "").then(own).otherwise(pl.lit("")),
            language=pl.Series([language_of(text) for text in texts], dtype=pl.String),
            raw_data=_raw_data(documents),
        )
    )
    blanks = {name: pl.lit("") for name in ("path", "source", "author") if name not in table.columns}
    nothing = {name: pl.lit(None, DOCUMENTS[name]) for name in ("copy_of", "sections") if name not in table.columns}
    table = table.with_columns(**blanks, **nothing).with_columns(pl.col("sections").fill_null([]))
    return conform(table, DOCUMENTS, "documents")


def _raw_data(documents: pl.DataFrame) -> pl.Series:
    """The metadata columns as text; what is no struct is none."""
    name = next((name for name in ("raw_data", "metadata") if name in documents.columns), None)
    if name is None or not isinstance(documents[name].dtype, pl.Struct):
        return pl.Series("raw_data", [None] * len(documents), pl.Null)
    fields = documents[name].struct.fields
    rows = [
        None if row is None else {field: None if row[field] is None else str(row[field]) for field in fields}
        for row in documents[name]
    ]
    return pl.Series("raw_data", rows, pl.Struct(dict.fromkeys(fields, pl.String)))


def our_units(theirs: Sequence[str] | None, unit_ids: Ids) -> list[str]:
    """The ids of ours for these of theirs, each once, in order."""
    return sorted({own for unit in theirs or () for own in unit_ids.get(unit, ())})


def _entities(
    theirs: pl.DataFrame, units: pl.DataFrame, unit_ids: Ids
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """(entities without degrees, where texts name them, titles of ours by theirs); one row for each title."""
    texts = {key: Sought.of(text) for key, text in units.select("id", "text").rows()}
    offsets = {key: (document, start, end) for key, document, start, end in units.select(*_SPAN).rows()}
    words = written_words(sought.text for sought in texts.values())
    titles: dict[str, str] = {}
    names = set(theirs["title"])  # one that has a title of its own is not given to another
    rows: dict[str, Row] = {}
    mentions: list[Row] = []
    for row in theirs.iter_rows(named=True):
        title = row["title"] or ""
        within = our_units(row["text_unit_ids"], unit_ids)
        if title in rows:  # one name of two types
            rows[title]["text_unit_ids"] = sorted({*rows[title]["text_unit_ids"], *within})
            continue
        places = [(unit, start, end) for unit in within for start, end in texts[unit].places(title)]
        name = written_name(title, (texts[unit].text[start:end] for unit, start, end in places), words)
        titles[title] = name if name not in names else title
        names.add(titles[title])
        rows[title] = _entity(row, titles[title], within, offsets)
        mentions += _mentions(rows[title], places, texts, offsets)
    table = pl.DataFrame(list(rows.values()), schema=ENTITIES, orient="row")
    table = table.with_columns(human_readable_id=pl.int_range(pl.len()))
    return table, pl.DataFrame(mentions, schema=MENTIONS, orient="row"), titles


_SPAN = ("id", "document_id", "start", "end")


def _entity(row: Row, title: str, within: list[str], offsets: Mapping[str, tuple[str, int, int]]) -> Row:
    return {
        "id": row["id"],
        "title": title,
        "type": (row["type"] or "").strip().lower() or "other",
        "description": row["description"] or "",
        "text_unit_ids": within,
        "frequency": len(within),
        "degree": 0,
        "aliases": [row["title"]] if row["title"] != title else [],
        "evidence": whole_units(within, offsets),
    }


def whole_units(units: Sequence[str], offsets: Mapping[str, tuple[str, int, int]]) -> list[Row]:
    """The spans of the first of these text units, as rows of `evidence`."""
    return [
        {"document_id": document, "text_unit_id": unit, "start": start, "end": end}
        for unit in units[:_MOST_SPANS]
        for document, start, end in (offsets[unit],)
    ]


def _mentions(
    entity: Row,
    places: list[tuple[str, int, int]],
    texts: Mapping[str, Sought],
    offsets: Mapping[str, tuple[str, int, int]],
) -> list[Row]:
    """Where texts name an entity, and a mention without a place for each other text unit of it."""
    title = entity["title"]
    common = {"type": entity["type"], "description": "", "title": title}
    there = {unit for unit, _, _ in places}
    placed = [
        {
            **common,
            "document_id": offsets[unit][0],
            "text_unit_id": unit,
            "name": " ".join(texts[unit].text[start:end].split()),
            "start": offsets[unit][1] + start,
            "end": offsets[unit][1] + end,
        }
        for unit, start, end in places
    ]
    lost = [
        {**common, "document_id": offsets[unit][0], "text_unit_id": unit, "name": title, "start": None, "end": None}
        for unit in entity["text_unit_ids"]
        if unit not in there
    ]
    return placed + lost


def _unnamed_ends(entities: pl.DataFrame, relationships: pl.DataFrame) -> pl.DataFrame:
    """Entities for the ends of relationships that have none: models forget some."""
    ends = pl.concat(
        [relationships.select(pl.col(end).alias("title"), "text_unit_ids") for end in ("source", "target")]
    )
    ends = ends.filter(pl.col("title").fill_null("") != "").join(entities.select("title"), on="title", how="anti")
    units = pl.col("text_unit_ids").explode().drop_nulls().unique().sort()
    rows = ends.group_by("title").agg(text_unit_ids=units).sort("title")
    ids = [content_id("entity", title) for title in rows["title"]]
    return rows.with_columns(id=pl.Series(ids, dtype=pl.String))


def _relationships(
    theirs: pl.DataFrame, entities: pl.DataFrame, titles: Mapping[str, str], units: pl.DataFrame, unit_ids: Ids
) -> pl.DataFrame:
    """The relationships without degrees."""
    offsets = {key: (document, start, end) for key, document, start, end in units.select(*_SPAN).rows()}
    entity_ids = dict(entities.select("title", "id").rows())
    rows: list[Row] = []
    ids: set[str] = set()
    known = theirs.filter(pl.col("source").fill_null("") != "", pl.col("target").fill_null("") != "")
    for row in known.iter_rows(named=True):
        source, target = titles[row["source"]], titles[row["target"]]
        within = our_units(row["text_unit_ids"], unit_ids)
        weight = row["weight"]
        own = row["id"] if row["id"] not in ids else content_id(row["id"], source, target)
        ids.add(own)
        rows.append(
            {
                "id": own,
                "source": source,
                "target": target,
                "description": row["description"] or "",
                "weight": weight if weight is not None and 0 <= weight < float("inf") else 1.0,
                "text_unit_ids": within,
                "source_id": entity_ids[source],
                "target_id": entity_ids[target],
                "evidence": whole_units(within, offsets),
            }
        )
    table = pl.DataFrame(rows, schema=RELATIONSHIPS, orient="row")
    return table.with_columns(human_readable_id=pl.int_range(pl.len()))


def _with_degree(entities: pl.DataFrame, relationships: pl.DataFrame) -> pl.DataFrame:
    """Degrees count distinct other entities."""
    ends = relationships.filter(pl.col("source") != pl.col("target"))
    pairs = pl.concat(
        [ends.select(title="source", other="target"), ends.select(title="target", other="source")]
    ).unique()
    degree = pairs.group_by("title").agg(degree=pl.len().cast(pl.Int64))
    joined = entities.drop("degree").join(degree, on="title", how="left", maintain_order="left")
    return joined.with_columns(pl.col("degree").fill_null(0))


def _with_degrees(relationships: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    degree = dict(entities.select("title", "degree").rows())
    source, target = (pl.col(end).replace_strict(degree, return_dtype=pl.Int64) for end in ("source", "target"))
    return relationships.with_columns(combined_degree=source + target)


def _pairs(relationships: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """A mention of each relationship in each of its text units, without a place."""
    documents = units.select(text_unit_id="id", document_id="document_id")
    rows = relationships.explode("text_unit_ids").rename({"text_unit_ids": "text_unit_id"}).drop_nulls("text_unit_id")
    nowhere = pl.lit(None, pl.Int64)
    rows = rows.join(documents, on="text_unit_id", how="left", maintain_order="left").with_columns(
        strength="weight", start=nowhere, end=nowhere, source_title="source", target_title="target"
    )
    return conform(rows, PAIRS, "relationship_mentions")


def _covariates(
    theirs: pl.DataFrame | None,
    titles: Mapping[str, str],
    units: pl.DataFrame,
    unit_ids: Ids,
    failures: list[tuple[str, str, str]],
) -> pl.DataFrame:
    """The claims; one whose quote does not stand in its text unit rests on all of that."""
    if theirs is None:
        return empty(COVARIATES)
    spans = {key: (text, document, start) for key, text, document, start in units.select(*_PLACED).rows()}
    rows: list[Row] = []
    for number, row in enumerate(theirs.iter_rows(named=True)):
        own = next(iter(unit_ids.get(row["text_unit_id"] or "", ())), None)
        if own is None:
            failures.append(("import", f"claim {row['id']}", f"there is no text unit {row['text_unit_id']!r}"))
            continue
        text, document, start = spans[own]
        quote = row["source_text"] or ""
        at = text.find(quote) if quote else -1
        rows.append(
            {
                **{name: row[name] for name in COVARIATES if name in row},
                "human_readable_id": number,
                "subject_id": titles.get(row["subject_id"], row["subject_id"]),
                "object_id": titles.get(row["object_id"], row["object_id"]),
                "start_date": _day(row["start_date"]),
                "end_date": _day(row["end_date"]),
                "text_unit_id": own,
                "document_id": document,
                "start": start + max(at, 0),
                "end": start + (at + len(quote) if at >= 0 else len(text)),
            }
        )
    return pl.DataFrame(rows, schema=COVARIATES, orient="row")


_PLACED = ("id", "text", "document_id", "start")


def _day(date: str | None) -> str | None:
    """The day of a date and time, null for the word NONE."""
    return None if not date or date == "NONE" else date.removesuffix("T00:00:00")
