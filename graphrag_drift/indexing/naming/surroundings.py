"""entity_mentions, text_units -> the text around each mention, and the title that stands next to it.

Only for mentions whose reader says where they stand; the others have no row.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.names.korean import TITLE_AFTER
from graphrag_drift.names.lists_en import HONORIFICS, TITLES

_BEFORE, _AFTER = 70, 90  # characters


def surroundings(entity_mentions: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    """document_id, name, start, before, after, title (casefolded, "" if none), sorted; each mention once.

    A mention without a place in the text has start -1, and what its description says around the name.
    """
    found = pl.concat([_in_text(entity_mentions, text_units), _in_description(entity_mentions)])
    last_word = pl.col("before").str.extract(r"(\p{L}+)\.?\s+$").str.to_lowercase()
    korean = pl.col("after").str.extract(TITLE_AFTER)
    title = pl.when(last_word.is_in(sorted(TITLES | HONORIFICS))).then(last_word).otherwise(korean)
    return found.with_columns(title=title.fill_null("")).sort("document_id", "name", "start", "before", "after")


def _in_text(entity_mentions: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    units = text_units.select("text", text_unit_id="id", unit_start="start").unique("text_unit_id")
    start, end = pl.col("start") - pl.col("unit_start"), pl.col("end") - pl.col("unit_start")
    left = pl.max_horizontal(start - _BEFORE, 0)
    # A mention may begin with the title that its name is without: "Dr. Daniel Park".
    titled = pl.col("mention").str.strip_suffix(pl.col("name"))
    return (
        entity_mentions.select("document_id", "text_unit_id", "name", "start", "end")
        .drop_nulls()
        .unique()
        .join(units, on="text_unit_id")
        .filter((start >= 0) & (end >= start))
        .with_columns(
            before=pl.col("text").str.slice(left, start - left),
            mention=pl.col("text").str.slice(start, end - start),
            after=pl.col("text").str.slice(end, _AFTER),
        )
        .with_columns(before=pl.col("before") + pl.when(titled != pl.col("mention")).then(titled).otherwise(pl.lit("")))
        .select("document_id", "name", "start", "before", "after")
    )


def _in_description(entity_mentions: pl.DataFrame) -> pl.DataFrame:
    parts = pl.col("description").str.splitn(pl.col("name"), 2)
    return (
        entity_mentions.filter(pl.col("start").is_null())
        .select(
            "document_id",
            "name",
            start=pl.lit(-1, pl.Int64),
            before=parts.struct.field("field_0"),
            after=parts.struct.field("field_1"),
        )
        .drop_nulls()
        .unique()
    )
