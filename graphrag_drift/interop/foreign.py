"""What others made, as tables in words of ours but not yet checked: `conversion.py` makes an index of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from graphrag_drift.errors import SchemaError
from graphrag_drift.tables import Schema

DOCUMENT: Schema = {"id": pl.String(), "title": pl.String(), "text": pl.String(), "creation_date": pl.String()}
TEXT_UNIT: Schema = {"id": pl.String(), "text": pl.String(), "document_id": pl.String(), "n_tokens": pl.Int64()}
ENTITY: Schema = {
    "id": pl.String(),
    "human_readable_id": pl.Int64(),
    "title": pl.String(),
    "type": pl.String(),
    "description": pl.String(),
    "text_unit_ids": pl.List(pl.String),
}
RELATIONSHIP: Schema = {
    "id": pl.String(),
    "human_readable_id": pl.Int64(),
    "source": pl.String(),
    "target": pl.String(),
    "description": pl.String(),
    "weight": pl.Float64(),
    "text_unit_ids": pl.List(pl.String),
}


KEPT: Schema = {"id": pl.String(), "vector": pl.List(pl.Float32)}
"""Vectors by the ids of their rows."""


@dataclass(frozen=True)
class Foreign:
    """Tables with the columns above, more where there are; None for what has to be made."""

    maker: str
    """Who made it, in words: who read the documents and wrote the reports."""
    place: Path
    documents: pl.DataFrame
    text_units: pl.DataFrame
    entities: pl.DataFrame
    relationships: pl.DataFrame
    covariates: pl.DataFrame | None = None
    communities: pl.DataFrame | None = None
    community_reports: pl.DataFrame | None = None
    vectors: Callable[[], Mapping[str, pl.DataFrame]] = dict
    """Reads the vectors, tables of the schema `KEPT` by field, see `indexing/embed.py`."""


def named(
    frame: pl.DataFrame,
    schema: Schema,
    table: str,
    *,
    optional: Collection[str] = (),
    aliases: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> pl.DataFrame:
    """`frame` with the columns of `schema`, cast, each under the first of its names; other columns come behind.

    An `optional` column that is not there is null.
    Raises: SchemaError, if another one is missing, or one cannot be cast.
    """
    lower = {name.lower(): name for name in reversed(frame.columns)}
    columns = []
    used = set()
    for name, kind in schema.items():
        column = next((lower[alias] for alias in (name, *aliases.get(name, ())) if alias in lower), None)
        if column is None and name not in optional:
            raise SchemaError(f"the table {table} has no column {name!r}; it has {', '.join(frame.columns)}")
        used.add(column)
        columns.append(pl.lit(None, kind).alias(name) if column is None else pl.col(column).cast(kind).alias(name))
    try:
        rest = [pl.col(name) for name in frame.columns if name not in used and name not in schema]
        return frame.select(*columns, *rest)
    except pl.exceptions.PolarsError as error:
        raise SchemaError(f"the table {table} has a column of another type than expected: {error}") from error
