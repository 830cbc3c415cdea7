"""The graph, the tables and the vectors of an index, for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.interop.graph_files import write_gexf, write_graphml, write_node_link
from graphrag_drift.interop.lancedb import export_vectors, vector_tables
from graphrag_drift.interop.table_files import write_microsoft, write_neo4j
from graphrag_drift.query.graph import Graph
from graphrag_drift.store.store import Store
from graphrag_drift.tables import PUBLIC

GRAPH_FILES = {"graphml": write_graphml, "gexf": write_gexf, "json": write_node_link}
"""What is written as one file, by kind."""
FOLDERS = ("csv", "jsonl", "neo4j", "microsoft", "lancedb")
"""What is written as a folder of files."""
KINDS = (*GRAPH_FILES, *FOLDERS)
# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = r"^[=+\-@\t\r]"


def export_index(store: Store, kind: str, output: Path) -> list[Path]:
    """Write `kind`, one of `KINDS`, to `output`, a file for those of `GRAPH_FILES` and a folder for the others.

    In CSV, lists are JSON and a text that a spreadsheet would run as a formula is led by an apostrophe. The folder for
    Microsoft GraphRAG holds its LanceDB tables too.
    Raises: SettingsError, if `output` cannot be written; IndexNotReady; MissingExtra, without lancedb.
    """
    store.manifest()  # without an index nothing is begun
    graph = Graph(store.table, store.array)
    try:
        if kind in GRAPH_FILES:
            output.parent.mkdir(parents=True, exist_ok=True)
            GRAPH_FILES[kind](graph, output)
            return [output]
        output.mkdir(parents=True, exist_ok=True)
        return _write_folder(store, graph, kind, output)
    except OSError as error:
        raise SettingsError(f"cannot write {str(output)!r}: {error.strerror or error}") from error


def _write_folder(store: Store, graph: Graph, kind: str, folder: Path) -> list[Path]:
    if kind == "lancedb":
        export_vectors(folder, vector_tables(store.read))
        return [folder]
    if kind == "neo4j":
        return write_neo4j(graph, folder)
    if kind == "microsoft":
        export_vectors(folder / "lancedb", vector_tables(store.read))
        return [*write_microsoft(graph, folder), folder / "lancedb"]
    return [_write_table(getattr(graph, name), folder / f"{name}.{kind}") for name in PUBLIC]


def _write_table(frame: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".jsonl":
        frame.write_ndjson(path)
        return path
    frame.select(_flat(frame[name]) for name in frame.columns).write_csv(path)
    return path


def _flat(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested():
        texts = [json.dumps(value, ensure_ascii=False) for value in column.to_list()]
        column = pl.Series(column.name, texts, pl.String)
    if column.dtype != pl.String:
        return column
    text = pl.col(column.name)
    safe = pl.when(text.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
    return column.to_frame().select(safe.alias(column.name)).to_series()
