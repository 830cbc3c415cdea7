"""The graph, the tables and the vectors of an index, for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.interop.lancedb import export_vectors, vector_tables
from graphrag_drift.printable import xml_text
from graphrag_drift.query.graph import Graph
from graphrag_drift.store.store import Store
from graphrag_drift.tables import PUBLIC

# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = r"^[=+\-@\t\r]"


def export_index(store: Store, kind: str, output: Path) -> list[Path]:
    """Write `kind` (graphml, csv, jsonl or lancedb) to `output`, a file for graphml and a folder otherwise.

    In CSV, lists are JSON and a text that a spreadsheet would run as a formula is led by an apostrophe.
    Raises: SettingsError, if `output` cannot be written; IndexNotReady; MissingExtra, without lancedb.
    """
    store.manifest()  # without an index nothing is begun
    graph = Graph(store.table, store.array)
    try:
        if kind == "graphml":
            return [_write_graphml(graph, output)]
        output.mkdir(parents=True, exist_ok=True)
        if kind == "lancedb":
            export_vectors(output, vector_tables(store.read))
            return [output]
        return [_write_table(getattr(graph, name), output / f"{name}.{kind}") for name in PUBLIC]
    except OSError as error:
        raise SettingsError(f"cannot write {str(output)!r}: {error.strerror or error}") from error


def _write_graphml(graph: Graph, path: Path) -> Path:
    import networkx as nx

    path.parent.mkdir(parents=True, exist_ok=True)
    made = graph.to_networkx()
    for holder in (*(row for _, row in made.nodes(data=True)), *(row for *_, row in made.edges(data=True))):
        holder.update({name: xml_text(value) for name, value in holder.items() if isinstance(value, str)})
    nx.write_graphml(nx.relabel_nodes(made, xml_text), path)
    return path


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
