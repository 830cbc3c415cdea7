"""The graph and the tables of an index, for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.query.graph import Graph
from graphrag_drift.tables import PUBLIC

# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = r"^[=+\-@\t\r]"


def export_index(graph: Graph, kind: str, output: Path) -> list[Path]:
    """Write `kind` (graphml, csv or jsonl) to `output`, a file for graphml and a folder otherwise.

    In CSV, lists are JSON and a text that a spreadsheet would run as a formula is led by an apostrophe.
    Raises: SettingsError, if `output` cannot be written.
    """
    try:
        if kind == "graphml":
            return [_write_graphml(graph, output)]
        output.mkdir(parents=True, exist_ok=True)
        return [_write_table(getattr(graph, name), output / f"{name}.{kind}") for name in PUBLIC]
    except OSError as error:
        raise SettingsError(f"cannot write {str(output)!r}: {error.strerror or error}") from error


def _write_graphml(graph: Graph, path: Path) -> Path:
    import networkx as nx

    path.parent.mkdir(parents=True, exist_ok=True)
    nx.write_graphml(graph.to_networkx(), path)
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
