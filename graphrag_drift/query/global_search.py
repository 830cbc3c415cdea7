"""global: reports are chosen (by level, by rating or by vectors), mapped to points, and reduced to one answer.

Read `global_search`, then `select_reports`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from graphrag_drift.each import Failed
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.query.inquiry import NOTHING, Inquiry, SearchResult
from graphrag_drift.query.local_search import basic_search
from graphrag_drift.query.needed_reports import write_needed
from graphrag_drift.query.reduce import conclude
from graphrag_drift.query.reports import nearest_reports, report_rows
from graphrag_drift.shown import batches
from graphrag_drift.tasks import MapReports, RateReports
from graphrag_drift.values import Event, Shown

_FROM_TEXTS = "no report says this of these documents alone, so they were read themselves"
_RATED_TOKENS = 3_000  # of summaries that are rated in one call


async def global_search(inquiry: Inquiry) -> SearchResult:
    """Map-reduce over the reports that `global_search.selection` chooses.

    Among some of the documents only, where the reports say nothing to the question, the documents are read themselves.
    """
    settings = inquiry.settings.global_search
    reports = await select_reports(inquiry)
    written = await write_needed(inquiry, [inquiry.graph.report_of[report["community"]] for report in reports])
    rows = inquiry.visible(row for report in reports for row in _rows(inquiry, report, written))
    inquiry.observe(Event("retrieved", f"{len(reports)} reports"))
    groups = [inquiry.show(group) for group in batches(rows, settings.data_max_tokens, inquiry.tokenizer)]
    tasks = [MapReports(inquiry.question, group) for group in groups if group]
    mapped = await inquiry.read_all(tasks)
    points = [point for reply in mapped if not isinstance(reply, Failed) for point in reply]
    failed = sum(isinstance(reply, Failed) for reply in mapped)
    if failed == len(tasks) and inquiry.ledger.errors:
        raise inquiry.ledger.errors[0]
    inquiry.observe(Event("mapped", f"{len(points)} points"))
    unread = (f"{failed} of {len(tasks)} batches of reports could not be read",) if failed else ()
    if inquiry.documents is not None and not any(point.score > 0 for point in points):
        return await _read_documents(inquiry, unread)
    draft, notes = await conclude(inquiry, points, settings.data_max_tokens)
    return SearchResult(draft, notes=(*unread, *notes))


async def _read_documents(inquiry: Inquiry, notes: tuple[str, ...]) -> SearchResult:
    """Reports tell of all documents: of what they say on some of them alone, nothing may be to the point."""
    result = await basic_search(inquiry)
    return replace(result, notes=(*notes, *result.notes, *(() if result.draft == NOTHING else (_FROM_TEXTS,))))


async def select_reports(inquiry: Inquiry) -> Sequence[Row]:
    """The reports to read, in no two of which an entity counts twice, the root report apart."""
    settings = inquiry.settings.global_search
    if settings.selection == "light":
        vectors = await inquiry.embedder.embed_questions([inquiry.question])
        rows = nearest_reports(inquiry.graph, vectors, settings.k_reports, inquiry.reports)
        return [inquiry.graph.report_rows[row] for row in rows]
    if settings.selection == "dynamic":
        return await _relevant_reports(inquiry)
    return reports_at(inquiry.graph, settings.community_level)


def reports_at(graph: Graph, level: int | None) -> Sequence[Row]:
    """The reports of communities at `level`, and those above it that have no children; None: all leaves.

    So every entity is covered once, by the deepest report that the level allows; the root report is always one of them.
    """
    return [report for report in graph.report_rows if _is_deepest(report, level)]


def _is_deepest(report: Row, level: int | None) -> bool:
    return (not report["children"] and (level is None or report["level"] <= level)) or report["level"] == level


async def _relevant_reports(inquiry: Inquiry) -> Sequence[Row]:
    """The deepest relevant reports: rated from the roots down, the children of relevant ones next.

    A relevant report whose children are all irrelevant is read itself. One whose rating failed counts as relevant:
    a failure must not hide what is below.
    Source: dynamic community selection, Microsoft Research, November 2024; here many reports are rated in one call,
    and a parent is kept where nothing below it is.
    """
    settings, graph = inquiry.settings.global_search, inquiry.graph
    deepest: list[Row] = []
    level = [report for report in graph.report_rows if report["parent"] not in graph.report_of]
    waiting: list[Row] = []  # relevant ones whose children are being rated
    while level:
        relevant = await _rated(inquiry, level, settings.min_rating)
        helped = {report["parent"] for report in relevant}
        deepest += [parent for parent in waiting if parent["community"] not in helped]
        ends = [report for report in relevant if _is_deepest(report, settings.community_level)]
        deepest += ends
        waiting = [report for report in relevant if report not in ends]
        children = (child for report in waiting for child in report["children"] if child in graph.report_of)
        level = [graph.report_rows[graph.report_of[child]] for child in children]
    deepest += waiting
    return sorted(deepest, key=lambda report: graph.report_of[report["community"]])


async def _rated(inquiry: Inquiry, reports: Sequence[Row], least: float) -> list[Row]:
    """Those of `reports` that are rated at least `least`."""
    rows = [_rows(inquiry, report)[0] for report in reports]
    by_summary: dict[tuple[str, str], list[Row]] = {}
    for row, report in zip(rows, reports, strict=True):
        by_summary.setdefault((row.title, row.text), []).append(report)
    groups = [inquiry.show(group) for group in batches(rows, _RATED_TOKENS, inquiry.tokenizer)]
    tasks = [RateReports(inquiry.question, group) for group in groups if group]
    replies = await inquiry.read_all(tasks)
    relevant: list[Row] = []
    for task, reply in zip(tasks, replies, strict=True):
        ratings = [5.0] * len(task.reports) if isinstance(reply, Failed) else reply
        for row, rating in zip(task.reports, ratings, strict=True):
            relevant += by_summary.pop((row.title, row.text), []) if rating >= least else []
    return relevant


def _rows(inquiry: Inquiry, report: Row, written: Mapping[int, Row] = MappingProxyType({})) -> list[Shown]:
    row = inquiry.graph.report_of[report["community"]]
    return report_rows(inquiry.graph, row, written.get(row, report)["rank"] / 10, inquiry.documents, written)
