"""Which community reports a question is shown, and as what rows. Nothing here asks a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.query.context import finding_rows, report_summary_row
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.values import Shown

Floats = NDArray[np.float32]

_POOL = 8  # times as many reports as wanted, among which redundancy is weighed
_REDUNDANCY = 0.5


def nearest_reports(graph: Graph, texts: Floats, count: int) -> list[int]:
    """The rows of up to `count` reports near to the unit vectors `texts` that cover different parts of the graph.

    None stands with an ancestor of itself; of two that say the same the second counts less.
    Source: in the manner of Carbonell and Goldstein 1998 (MMR).
    """
    if not graph.report_rows:
        return []
    near = (graph.report_vectors @ texts.T).sum(axis=1)
    order = np.argsort(-near, kind="stable")
    pool = [int(row) for row in order[: count * _POOL] if near[row] > 0]
    vectors = graph.report_vectors[pool]
    worth = near[pool].astype(np.float64)
    said = np.zeros(len(pool))
    chosen: list[int] = []
    barred: set[int] = set()
    while len(chosen) < count:
        score = worth * (1.0 - _REDUNDANCY * said)
        score[[place for place, row in enumerate(pool) if row in barred]] = -1.0
        if not len(score) or score.max() < 0:
            break
        place = int(np.argmax(score))
        chosen.append(pool[place])
        barred.update((pool[place], *kin(pool[place], graph)))
        np.maximum(said, vectors @ vectors[place], out=said)
    return chosen


def kin(row: int, graph: Graph) -> Iterable[int]:
    """The rows of the ancestors and descendants of a report."""
    reports, row_of = graph.report_rows, graph.report_of
    parent = reports[row]["parent"]
    while parent in row_of:
        yield row_of[parent]
        parent = reports[row_of[parent]]["parent"]
    below = [row]
    while below:
        children = [row_of[child] for child in reports[below.pop()]["children"] if child in row_of]
        yield from children
        below.extend(children)


def report_rows(report: Row, score: float) -> list[Shown]:
    """The summary of a report and its findings."""
    return [report_summary_row(report, score), *finding_rows(report, score)]


def rows_of_reports(graph: Graph, rows: Sequence[int]) -> list[Shown]:
    """The rows of several reports, best first."""
    return [
        row
        for place, report in enumerate(rows)
        for row in report_rows(graph.report_rows[report], 1.0 - place / len(rows))
    ]
