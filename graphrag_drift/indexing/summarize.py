"""entities, relationships and their mentions -> the same with one description made of all that was said of each.

Only for a reader that words things itself; the embedded one has chosen the sentence that says most already (`merge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from graphrag_drift.each import Failed, Progress, each, silent
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.tables import ENTITIES, FAILURES, RELATIONSHIPS, Schema, conform
from graphrag_drift.tasks import SummarizeDescriptions

# Places that a description keeps as its evidence; more say the same again.
_MOST_SPANS = 10
Row = dict[str, Any]


async def summarize(
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    text_units: pl.DataFrame,
    words: pl.DataFrame,
    terms: pl.DataFrame,
    *,
    reader: Maker[Reader],
    progress: Progress = silent,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """(entities, relationships, summarize_failures). What fails keeps its best single description."""
    if not reader.composes:
        return entities, relationships, pl.DataFrame(schema=FAILURES)
    made = reader(Lexicon.from_tables(words, terms))
    units = text_units.select(text_unit_id="id", first="start", last="end")
    of_entities = _said(entity_mentions.select("title", *_SAID), ["title"], units)
    ends = {"low": pl.min_horizontal(*_ENDS), "high": pl.max_horizontal(*_ENDS)}
    of_pairs = _said(relationship_mentions.select(*_SAID, **ends), ["low", "high"], units)
    rows = [*_rows(entities, of_entities, ["title"]), *_rows(relationships, of_pairs, ["source", "target"])]

    async def describe(row: Row) -> str:
        return await made.read(SummarizeDescriptions(row["name"], tuple(row["said"])))

    described = await each(rows, describe, progress=progress)
    failures = [
        ("summarize", row["name"], reply.reason)
        for row, reply in zip(rows, described, strict=True)
        if isinstance(reply, Failed)
    ]
    told = [
        (row["id"], reply, row["spans"])
        for row, reply in zip(rows, described, strict=True)
        if not isinstance(reply, Failed) and reply
    ]
    schema: Schema = {"id": pl.String(), "told": pl.String(), "spans": ENTITIES["evidence"]}
    new = pl.DataFrame(told, schema, orient="row")
    return (
        conform(_replaced(entities, new), ENTITIES, "entities"),
        conform(_replaced(relationships, new), RELATIONSHIPS, "relationships"),
        pl.DataFrame(failures, schema=FAILURES, orient="row"),
    )


_ENDS = ("source_title", "target_title")
_SAID = ("description", "document_id", "text_unit_id", "start", "end")


def _said(mentions: pl.DataFrame, key: Sequence[str], units: pl.DataFrame) -> pl.DataFrame:
    """By `key`, the distinct descriptions and where they stand, in the order of the documents; only if several.

    A mention of an entity stands where its name does, which bears nothing out: its text unit does.
    """
    whole = len(key) == 1
    rows = mentions.filter(pl.col("description").fill_null("") != "").join(units, on="text_unit_id", how="left")
    start = pl.col("first") if whole else pl.coalesce("start", "first")
    end = pl.col("last") if whole else pl.coalesce("end", "last")
    span = pl.struct("document_id", "text_unit_id", start.alias("start"), end.alias("end"))
    return (
        rows.with_columns(span=span)
        .sort(*key, "document_id", "first", "start", "description", nulls_last=True)
        .group_by(key, maintain_order=True)
        .agg(
            said=pl.col("description").unique(maintain_order=True),
            spans=pl.col("span").unique(maintain_order=True).head(_MOST_SPANS),
        )
        .filter(pl.col("said").list.len() > 1)
    )


def _rows(table: pl.DataFrame, said: pl.DataFrame, names: Sequence[str]) -> list[Row]:
    """id, name, said, spans of the rows of `table` with several descriptions."""
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
        description=pl.coalesce("told", "description"), evidence=pl.coalesce("spans", "evidence")
    )
