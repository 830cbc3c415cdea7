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
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    as_json = [
        pl.Series(name, [json.dumps(value, ensure_ascii=False) for value in frame[name].to_list()], pl.String)
        for name in nested
    ]
    texts = pl.col(pl.String)
    safe = pl.when(texts.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), texts)).otherwise(texts)
    frame.with_columns(as_json).with_columns(safe.name.keep()).write_csv(path)
    return path
