"""The index's vectors -> LanceDB tables under Microsoft GraphRAG's names, with a full-text index over terms.

An export for other programs: our own queries read the arrays beside it, since a flat scan in memory is several times
faster, and importing lancedb costs over a second. It makes no approximate index of the vectors.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from graphrag_drift.errors import GraphRAGError, MissingExtra, ProviderError
from graphrag_drift.indexing.embed import VECTOR_FIELDS
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.embedded.embedder import HashedTfidf
from graphrag_drift.providers.protocols import Vectors
from graphrag_drift.store.files import Content
from graphrag_drift.tables import stated_dates

_TABLES = ("documents", "text_units", "work/text_unit_contexts", "entities", "community_reports")
MADE_FROM = (*(f"vectors/{field}" for field in VECTOR_FIELDS), *_TABLES, "words", "terms")
"""The tables and arrays of an index that are exported."""
_OLDEST = (0, 40)
_PARTS = {
    "year": pl.Int64,
    "month": pl.Int64,
    "month_name": pl.String,
    "day": pl.Int64,
    "day_of_week": pl.String,
    "hour": pl.Int64,
    "quarter": pl.Int64,
}

# Terms are analysed before they come here: split at blanks, and nothing else.
_AS_ANALYSED = {
    "base_tokenizer": "whitespace",
    "lower_case": False,
    "stem": False,
    "remove_stop_words": False,
    "ascii_folding": False,
    "max_token_length": None,
}


@dataclass(frozen=True)
class VectorTable:
    """Rows with `id` and `date` (ISO, or "" if unknown), perhaps `terms`; and row i's vector."""

    rows: pl.DataFrame
    vectors: Vectors


def vector_tables(read: Callable[[str], Any]) -> dict[str, VectorTable]:
    """What LanceDB holds of an index, by table: ids, dates, vectors; of text units in context also their terms.

    `read` gives those of `MADE_FROM`, by name.
    """
    documents, text_units, contexts, entities, reports = (cast(pl.DataFrame, read(name)) for name in _TABLES)
    dates = documents.select(document_id="id", date=stated_dates(documents))
    texts = text_units.join(dates, on="document_id", how="left", maintain_order="left")
    texts = texts.join(contexts, on="id", how="left", maintain_order="left")
    words = (terms(f"{context}\n{text}") for context, text in texts.select("context", "text").iter_rows())
    spelled = pl.Series("terms", [" ".join(of_text) for of_text in words], dtype=pl.String)
    rows = {
        "text_unit_text": texts.select("id", "date").with_columns(spelled),
        "entity_description": entities.select("id", date=pl.lit("")),
        "community_full_content": reports.select("id", date="period"),
    }
    vectors = field_vectors({field: read(f"vectors/{field}") for field in VECTOR_FIELDS}, read)
    return {field: VectorTable(rows[field], vectors[field]) for field in VECTOR_FIELDS}


def field_vectors(contents: Mapping[str, Content], read: Callable[[str], Any]) -> dict[str, Vectors]:
    """The vectors of each field, made of their terms where an index has those."""
    width = next((int(held["counts"][0][0]) for held in contents.values() if isinstance(held, pl.DataFrame)), 1)
    embedder = HashedTfidf(Lexicon.from_tables(read("words"), read("terms")), width)
    return {
        field: embedder.vectors_of(content) if isinstance(content, pl.DataFrame) else content
        for field, content in contents.items()
    }


def export_vectors(folder: Path, tables: Mapping[str, VectorTable]) -> None:
    """Write each table, by name, into the LanceDB `folder`, over one of that name; `terms` get a full-text index.

    Raises: MissingExtra, if lancedb is absent or too old; ProviderError, if it fails.
    """
    lancedb = _lancedb()
    with _translated(folder):
        database = lancedb.connect(folder)
        for name, table in tables.items():
            written = database.create_table(name, _arrow(table), mode="overwrite")
            if "terms" in table.rows.columns and len(table.rows):
                written.create_index("terms", config=lancedb.index.FTS(**_AS_ANALYSED))


def _arrow(table: VectorTable) -> Any:
    """`id`, `vector` and Microsoft's date columns, then `terms`.

    A date is that of the document (or a report's period), not that of the run: the same corpus gives the
    same rows. update_date is null, as nothing is ever updated in place.
    """
    import pyarrow as pa

    rows, (size, dimensions) = table.rows, table.vectors.shape
    if size != len(rows):
        raise ProviderError(f"{size} vectors were given for {len(rows)} rows")
    flat = pa.array(np.ascontiguousarray(table.vectors, dtype=np.float32).reshape(-1))
    columns = {"id": _strings(rows["id"]), "vector": pa.FixedSizeListArray.from_arrays(flat, dimensions)}
    for column, series in _dates(rows["date"]).to_dict().items():
        columns[column] = _strings(series) if series.dtype == pl.String else series.to_arrow()
    if "terms" in rows.columns:
        columns["terms"] = _strings(rows["terms"])
    return pa.table(columns)


def _dates(dates: pl.Series) -> pl.DataFrame:
    text = pl.col("create_date")
    day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    values = {
        "year": day.dt.year(),
        "month": day.dt.month(),
        "month_name": day.dt.strftime("%B"),
        "day": day.dt.day(),
        "day_of_week": day.dt.strftime("%A"),
        "hour": pl.when(day.is_not_null()).then(text.str.extract(r"[T ](\d\d):").cast(pl.Int64).fill_null(0)),
        "quarter": day.dt.quarter(),
    }
    return (
        pl.DataFrame({"create_date": dates})
        .select(text.replace("", None))
        .with_columns(update_date=pl.lit(None, dtype=pl.String))
        .with_columns(**{f"create_date_{part}": values[part].cast(kind) for part, kind in _PARTS.items()})
        .with_columns(**{f"update_date_{part}": pl.lit(None, dtype=kind) for part, kind in _PARTS.items()})
    )


def _strings(series: pl.Series) -> Any:
    """As plain strings: polars would give views, which Microsoft's readers do not expect."""
    import pyarrow as pa

    return series.to_arrow().cast(pa.string())


def open_database(folder: Path | str) -> Any:
    """The LanceDB in `folder`, or at its address. Raises: MissingExtra, as `export_vectors`; what lancedb raises."""
    return _lancedb().connect(folder)


def _lancedb() -> Any:
    """The library. Raises: MissingExtra, if it is absent or too old, as on Intel Macs."""
    helps = "no LanceDB tables without `pip install 'graphrag-drift[lance]'`, searches work without them"
    try:
        version = metadata.version("lancedb")
        if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
            raise MissingExtra(f"lancedb {version} is too old: {helps}; Intel Macs get no newer one")
        os.environ.setdefault("LANCEDB_LOG", "error")  # it warns of each table that it has to make
        import lancedb
        import lancedb.index
    except ImportError as error:  # metadata's PackageNotFoundError is one as well
        raise MissingExtra(f"lancedb cannot be imported ({error}): {helps}") from error
    return lancedb


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Turn what lancedb raises (nearly anything) into our errors; a full disk stays one."""
    try:
        yield
    except GraphRAGError:
        raise
    except Exception as error:
        if "No space left" in str(error) or "os error 28" in str(error):
            raise OSError(errno.ENOSPC, "No space left on device", str(folder)) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        helps = "another version of lancedb may, and without lancedb everything but its tables works"
        raise ProviderError(f"LanceDB cannot write its tables to {str(folder)!r}: {reason}; {helps}") from error
