"""global: reports are mapped to points, the best points are reduced to one answer.

Which reports are read is for `report_selection.py`.
"""

from __future__ import annotations

from graphrag_drift.each import Failed
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.reduce import conclude
from graphrag_drift.query.report_selection import select_reports
from graphrag_drift.query.reports import narrowed, report_rows
from graphrag_drift.shown import batches
from graphrag_drift.tasks import MapReports
from graphrag_drift.values import Event


async def global_search(inquiry: Inquiry) -> Found:
    """Map-reduce over the reports that `global_search.selection` chooses."""
    settings = inquiry.settings.global_search
    reports = [narrowed(report, inquiry.documents) for report in await select_reports(inquiry)]
    rows = inquiry.visible(row for report in reports for row in report_rows(report, report["rank"] / 10))
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
    text, notes = await conclude(inquiry, points, settings.data_max_tokens)
    return Found(text, notes=(*unread, *notes))
