"""failures, documents, text_units -> the same failures told by article, and how many documents could not be read."""

from __future__ import annotations

import polars as pl

from graphrag_drift.tables import FAILURES, conform


def told_by_article(failures: pl.DataFrame, documents: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    """`failures`, where the id of a text unit is "2025-06-09-strike.txt (part 2)": its document, and which part of it.

    A document is called by its path, or by its title if others come from the same file; the only part has no number.
    """
    if failures.is_empty():
        return failures
    alone = (pl.col("path") != "") & (pl.len().over("path") == 1)
    called = documents.select(document_id="id", name=pl.when(alone).then("path").otherwise("title"))
    part = pl.int_range(1, pl.len() + 1).over("document_id", order_by="start").cast(pl.String)
    numbered = pl.when(pl.len().over("document_id") > 1).then(pl.format(" (part {})", part)).otherwise(pl.lit(""))
    parts = text_units.select("document_id", item="id", number=numbered).join(called, on="document_id")
    named = failures.join(parts, on="item", how="left", maintain_order="left").with_columns(
        item=pl.coalesce(pl.col("name") + pl.col("number"), "item")
    )
    return conform(named, FAILURES, "failures")


def unread(
    loading: pl.DataFrame, reading: pl.DataFrame, text_units: pl.DataFrame, mentions: pl.DataFrame
) -> tuple[str, ...]:
    """ "5 of 11 documents could not be read, 2 of them in part"; nothing if all were.

    `loading` are the failures of files, `reading` those of steps, by text unit. One that lacks only some of its records
    was read.
    """
    failed = reading.filter(step="extract").join(mentions, left_on="item", right_on="text_unit_id", how="anti")
    units = text_units.filter(pl.col("copy_of").is_null())
    per_document = units.group_by("document_id").agg(
        parts=pl.len(), failed=pl.col("id").is_in(failed["item"].implode()).sum()
    )
    whole = per_document.filter(pl.col("failed") == pl.col("parts")).height
    in_part = per_document.filter(pl.col("failed").is_between(1, pl.col("parts") - 1)).height
    files = loading["item"].n_unique()
    if not files + whole + in_part:
        return ()
    total = text_units["document_id"].n_unique() + files
    some = f", {in_part} of them in part" if in_part else ""
    return (f"{files + whole + in_part} of {total} documents could not be read{some}",)
