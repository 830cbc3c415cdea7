"""global: all reports of a level are mapped to points, the best points are reduced to one answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphrag_drift.each import Failed, each
from graphrag_drift.marks import MARK
from graphrag_drift.packing import batches
from graphrag_drift.query.context import finding_rows, report_summary_row
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.tasks import MapReports, Point, ReduceAnswers
from graphrag_drift.values import Event, Shown


async def global_search(inquiry: Inquiry) -> Found:
    """Map-reduce over the reports at `global_search.community_level`."""
    settings = inquiry.settings.global_search
    reports = reports_at(inquiry.graph, settings.community_level)
    rows = [row for report in reports for row in _rows(report)]
    inquiry.observe(Event("retrieved", f"{len(reports)} reports"))
    groups = [
        shown for group in batches(rows, settings.data_max_tokens, inquiry.tokenizer) if (shown := inquiry.show(group))
    ]

    async def read(group: tuple[Shown, ...]) -> tuple[Point, ...]:
        return await inquiry.reader.read(MapReports(inquiry.question, group))

    mapped = await each(groups, read)
    points = [point for reply in mapped if not isinstance(reply, Failed) for point in reply]
    failed = sum(isinstance(reply, Failed) for reply in mapped)
    inquiry.observe(Event("mapped", f"{len(points)} points"))
    notes = (f"{failed} of {len(groups)} batches of reports could not be read",) if failed else ()
    return Found(await reduce_points(inquiry, points, settings.data_max_tokens), notes=notes)


async def reduce_points(inquiry: Inquiry, points: Iterable[Point], budget: int) -> str:
    """One answer from the best of `points` within `budget` tokens; "" without points."""
    chosen: list[Point] = []
    for point in sorted((p for p in points if p.score > 0), key=lambda p: (-p.score, p.text)):
        tokens = inquiry.tokenizer.count(point.text)
        if tokens <= budget:
            chosen.append(point)
            budget -= tokens
    if not chosen:
        return ""
    cited = dict.fromkeys(int(mark) for point in chosen for mark in MARK.findall(point.text))
    context = tuple(inquiry.ledger.rows[mark] for mark in cited if mark in inquiry.ledger.rows)
    task = ReduceAnswers(inquiry.question, tuple(chosen), context, inquiry.response_type)
    return await inquiry.reader.read(task)


def reports_at(graph: Graph, level: int | None) -> Sequence[Row]:
    """The reports of communities at `level`, and those above it that have no children; None: all leaves.

    So every entity is covered once, by the deepest report that the level allows.
    """
    return [
        report
        for report in graph.report_rows
        if (not report["children"] and (level is None or report["level"] <= level)) or report["level"] == level
    ]


def _rows(report: Row) -> Iterable[Shown]:
    score = report["rank"] / 10
    yield report_summary_row(report, score)
    yield from finding_rows(report, score)
