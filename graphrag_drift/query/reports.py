"""Which community reports a question is shown, and as what rows. Nothing here asks a reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.marks import MARK, marked_sentences
from graphrag_drift.query.graph import Graph, Row, shown_report
from graphrag_drift.values import Shown

Floats = NDArray[np.float32]

_POOL = 8  # times as many reports as wanted, among which redundancy is weighed
_REDUNDANCY = 0.5


def nearest_reports(
    graph: Graph, texts: Floats, count: int, allowed: Collection[int] | None = None, *, least: float = 0.0
) -> list[int]:
    """The rows of up to `count` reports near to the unit vectors `texts` that cover different parts of the graph.

    Only `allowed` ones, if not None. None stands with an ancestor of itself; of two that say the same the second
    counts less. Those are left out that are less than `least` times as near as the nearest.
    Source: in the manner of Carbonell and Goldstein 1998 (MMR).
    """
    if not graph.report_rows:
        return []
    above = graph.evidence.above
    near = above(graph.report_vectors @ texts.T).sum(axis=1)
    order = np.argsort(-near, kind="stable")
    likely = (int(row) for row in order if near[row] > 0 and (allowed is None or row in allowed))
    pool = list(islice(likely, count * _POOL))
    pool = [row for row in pool if near[row] >= least * near[pool[0]]]
    vectors = graph.report_vectors[pool]
    worth = near[pool].astype(np.float64)
    likeness = np.zeros(len(pool))
    chosen: list[int] = []
    barred: set[int] = set()
    while len(chosen) < count:
        score = worth * (1.0 - _REDUNDANCY * likeness)
        score[[place for place, row in enumerate(pool) if row in barred]] = -1.0
        if not len(score) or score.max() < 0:
            break
        place = int(np.argmax(score))
        chosen.append(pool[place])
        barred.update((pool[place], *kin(pool[place], graph)))
        np.maximum(likeness, above(vectors @ vectors[place]), out=likeness)
    return chosen


def reports_on(graph: Graph, scores: Mapping[str, float], count: int) -> list[int]:
    """The rows of up to `count` reports that rest most on the text units with these scores, by id; best first.

    None stands with an ancestor of itself. A report that rests on much else, too, counts less.
    """
    weights: list[tuple[float, int]] = []
    for row, report in enumerate(graph.report_rows):
        units = {place["text_unit_id"] for place in report["evidence"]}
        if weight := sum(scores.get(unit, 0.0) for unit in units):
            weights.append((weight / len(units) ** 0.5, row))
    chosen: list[int] = []
    barred: set[int] = set()
    for _, row in sorted(weights, key=lambda pair: (-pair[0], pair[1])):
        if len(chosen) < count and row not in barred:
            chosen.append(row)
            barred.update(kin(row, graph))
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


def narrowed(report: Row, documents: frozenset[str]) -> Row:
    """`report` with only those of its sentences that rest on nothing but `documents`.

    The summary of a finding cites nothing: it stays where the whole finding does.
    """
    inside = {n for n, place in enumerate(report["evidence"], start=1) if place["document_id"] in documents}

    def inside_of(text: str) -> str:
        sentences = ((sentence, marks) for sentence, marks in marked_sentences(text) if inside.issuperset(marks))
        return " ".join(f"{sentence} {''.join(f'[{mark}]' for mark in marks)}" for sentence, marks in sentences)

    findings = []
    for finding in report["findings"]:
        explanation = inside_of(finding["explanation"])
        whole = inside.issuperset(map(int, MARK.findall(finding["explanation"])))
        findings.append({"explanation": explanation, "summary": finding["summary"] if whole else ""})
    return {
        **report,
        "summary": inside_of(report["summary"]),
        "findings": [finding for finding in findings if finding["explanation"]],
    }


def report_rows(
    graph: Graph,
    report: int,
    score: float,
    documents: frozenset[str] | None = None,
    written: Mapping[int, Row] = MappingProxyType({}),
) -> list[Shown]:
    """The summary of a report and its findings, as far as they rest on nothing but `documents`.

    `written` are reports that take the places of those of the index, by row.
    """
    row = written.get(report, graph.report_rows[report])
    if documents is not None:
        rows = shown_report(narrowed(row, documents))
    else:
        rows = shown_report(row) if report in written else graph.shown_reports[report]
    return [replace(row, score=score) for row in rows]


def rows_of_reports(
    graph: Graph,
    rows: Sequence[int],
    documents: frozenset[str] | None = None,
    written: Mapping[int, Row] = MappingProxyType({}),
) -> list[Shown]:
    """The rows of several reports, best first, as `report_rows`."""
    return [
        row
        for place, report in enumerate(rows)
        for row in report_rows(graph, report, 1.0 - place / len(rows), documents, written)
    ]
