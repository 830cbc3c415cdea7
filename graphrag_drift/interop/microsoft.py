"""An index folder of Microsoft GraphRAG (1.x, 2.x, 3.x) -> its tables in words of ours, and its vectors.

It changes nothing of what the tables say; what that means for an index of ours is for `conversion.py`. Indexes of 0.x
name entities otherwise and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from graphrag_drift.errors import IndexNotReady, MissingExtra, ProviderError, SchemaError
from graphrag_drift.indexing.embed import VECTOR_FIELDS
from graphrag_drift.interop.foreign import DOCUMENT, ENTITY, KEPT, RELATIONSHIP, TEXT_UNIT, Foreign, named
from graphrag_drift.store.manifest import MANIFEST
from graphrag_drift.store.writer import GENERATIONS
from graphrag_drift.tables import COMMUNITIES, COMMUNITY_REPORTS, COVARIATES, Schema

NAME = "Microsoft GraphRAG"
_PREFIXES = ("", "create_final_")
_TOP = -1  # the parent of a community of level 0
_SEPARATORS = {
    "text_unit_text": ("text_unit_text", "text_unit.text", "default-text_unit-text"),
    "entity_description": ("entity_description", "entity.description", "default-entity-description"),
    "community_full_content": (
        "community_full_content",
        "community.full_content",
        "default-community-full_content",
    ),
}
"""How files and tables of vectors are called, by field: the names of 3.x, those of 2.x, those of its LanceDB tables."""


def is_microsoft_index(folder: Path) -> bool:
    """Whether the tables in `folder` are those of Microsoft GraphRAG rather than of an index of ours."""
    if (folder / MANIFEST).exists() or (folder / GENERATIONS).exists():
        return False
    return all(_file(folder, name) is not None for name in ("entities", "relationships", "text_units"))


def read_microsoft(folder: Path) -> Foreign:
    """The index in `folder`.

    Raises: SchemaError, for tables of 0.x, or others that lack what they should have; IndexNotReady, for a file that
    cannot be read. Its vectors raise as `read_vectors`.
    """
    units = _text_units(_table(folder, "text_units"))
    documents = _documents(folder, units)
    communities, reports = _communities(folder)
    covariates = _optional(folder, "covariates")
    return Foreign(
        NAME,
        folder,
        documents,
        units,
        named(_table(folder, "entities"), ENTITY, "entities", optional=("human_readable_id", "type", "description")),
        named(
            _table(folder, "relationships"),
            RELATIONSHIP,
            "relationships",
            optional=("human_readable_id", "description", "weight"),
        ),
        None if covariates is None else _nullable(covariates, COVARIATES, "covariates", "text_unit_id"),
        communities,
        reports,
        partial(read_vectors, folder),
    )


def _file(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{prefix}{name}.parquet" for prefix in _PREFIXES)
    return next((path for path in paths if path.exists()), None)


def _table(folder: Path, name: str) -> pl.DataFrame:
    table = _optional(folder, name)
    if table is None:
        raise IndexNotReady(f"the index of {NAME} in {str(folder)!r} has no table {name!r}; run its indexing again")
    return table


def _optional(folder: Path, name: str) -> pl.DataFrame | None:
    path = _file(folder, name)
    return None if path is None else read_parquet(path)


def read_parquet(path: Path) -> pl.DataFrame:
    """The table in a file of others. Raises: IndexNotReady, if it is none."""
    try:
        return pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise IndexNotReady(f"{str(path)!r} cannot be read as parquet: {str(error).splitlines()[0]}") from error


def _nullable(frame: pl.DataFrame, schema: Schema, table: str, *needed: str) -> pl.DataFrame:
    """`frame` with the columns of `schema` in front, null where it has none but of those `needed`."""
    return named(frame, schema, table, optional=schema.keys() - set(needed))


def _documents(folder: Path, units: pl.DataFrame) -> pl.DataFrame:
    """The documents; of a folder without their table, one for each id that text units name."""
    table = _optional(folder, "documents")
    if table is None:
        ids = units["document_id"].unique(maintain_order=True)
        table = pl.DataFrame({"id": ids, "title": ids, "text": [""] * len(ids)})
    optional, aliases = ("text", "title", "creation_date"), {"text": ("raw_content",)}
    return named(table, DOCUMENT, "documents", optional=optional, aliases=aliases)


def _text_units(table: pl.DataFrame) -> pl.DataFrame:
    """A row for each text unit of each document: before 3.x a text unit names several."""
    if "document_id" not in table.columns and "document_ids" in table.columns:
        table = table.rename({"document_ids": "document_id"}).explode("document_id")
    return named(table, TEXT_UNIT, "text_units", optional=("n_tokens", "document_id")).with_columns(
        pl.col("document_id").fill_null("")
    )


def _communities(folder: Path) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """Communities and their reports; None where there are none, or their numbers are not those of 1.x and later."""
    table, reports = _optional(folder, "communities"), _optional(folder, "community_reports")
    if table is None or table.is_empty():
        return None, None
    try:
        table = _nullable(table, COMMUNITIES, "communities", "id", "community", "level")
    except SchemaError:
        raise SchemaError(
            f"the communities in {str(folder)!r} are those of an older {NAME} than 1.0; import entities and"
            " relationships alone, by `graphrag-drift import` of a folder with these two tables"
        ) from None
    table = table.with_columns(pl.col("parent").fill_null(_TOP))
    if table["children"].null_count():
        children = table.group_by(community="parent").agg(children=pl.col("community").sort())
        table = table.drop("children").join(children, on="community", how="left", maintain_order="left")
        table = table.with_columns(pl.col("children").fill_null([]))
    if reports is None or reports.is_empty():
        return table, None
    return table, _nullable(reports, COMMUNITY_REPORTS, "community_reports", "id", "community", "title")


def read_vectors(folder: Path) -> dict[str, pl.DataFrame]:
    """The vectors that `folder` has, by field: files beside the tables, else LanceDB tables.

    Raises: MissingExtra, if there are such tables and lancedb is absent; ProviderError, if they cannot be read.
    """
    vectors = {field: _vectors_file(folder, field) for field in VECTOR_FIELDS}
    for database in _databases(folder):
        missing = [field for field, kept in vectors.items() if kept is None]
        vectors |= _lance_tables(database, missing)
    return {field: kept for field, kept in vectors.items() if kept is not None}


def _databases(folder: Path) -> Iterator[Path]:
    yield from (path for path in (folder / "lancedb", folder.parent / "lancedb") if path.is_dir())


def _vectors_file(folder: Path, field: str) -> pl.DataFrame | None:
    names = (f"embeddings.{name}.parquet" for name in _SEPARATORS[field])
    path = next((folder / name for name in names if (folder / name).exists()), None)
    if path is None:
        return None
    table = read_parquet(path)
    if not {"id", "embedding"} <= set(table.columns):
        raise SchemaError(f"{str(path)!r} has no columns 'id' and 'embedding'; it has {table.columns}")
    return _kept(table, "embedding")


def _kept(table: pl.DataFrame, vector: str) -> pl.DataFrame:
    return table.select(pl.col("id").cast(pl.String), vector=pl.col(vector).cast(KEPT["vector"]))


def _lance_tables(database: Path, fields: list[str]) -> dict[str, pl.DataFrame | None]:
    """The tables of these fields in a LanceDB folder, None for what it has not."""
    names = {field: [name for name in _SEPARATORS[field] if (database / f"{name}.lance").is_dir()] for field in fields}
    if not any(names.values()):
        return {}
    from graphrag_drift.interop.lancedb import open_database

    kept: dict[str, pl.DataFrame | None] = {}
    try:
        opened = open_database(database)
        for field, [*tables] in names.items():
            if tables:
                rows = opened.open_table(tables[0]).to_arrow().select(["id", "vector"])
                table = pl.DataFrame(pl.from_arrow(rows))
                kept[field] = _kept(table, "vector")
    except MissingExtra as error:
        raise MissingExtra(
            f"the vectors of the index are LanceDB tables in {str(database)!r}: pip install 'graphrag-drift[lance]' to"
            " take them over, or import with --embed-anew"
        ) from error
    except Exception as error:  # lancedb raises nearly anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ProviderError(f"the LanceDB tables in {str(database)!r} cannot be read: {reason}") from error
    return kept
