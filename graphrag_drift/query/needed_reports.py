"""Reports that a question is about to read -> the same as the model of models.report writes them, where that is wanted.

`community_reports.when: needed`. What is written is kept with the replies of models and paid for once, so that later
questions, also of later runs, read the same. One that cannot be written stands as the index has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphrag_drift.each import Failed
from graphrag_drift.query.graph import Row
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.tasks import ReportDraft
from graphrag_drift.values import Budget, Usage


async def write_needed(inquiry: Inquiry, rows: Sequence[int]) -> Mapping[int, Row]:
    """By row, the reports of these rows of community_reports that are written now or were before.

    None where that is not wanted, or the question has a budget, which is for its answer.
    """
    writer = inquiry.writer
    if writer is None or inquiry.budget != Budget():
        return {}
    communities = [inquiry.graph.report_rows[row]["community"] for row in rows]
    tasks = [writer.task(community) for community in communities]
    calls: list[int] = []
    errors = inquiry.ledger.errors
    before = len(errors)

    def receive(_: int, __: ReportDraft, usage: Usage) -> None:
        calls.append(usage.calls)

    drafts = await inquiry.read_all(tasks, receive)
    if any(calls):
        many = sum(map(bool, calls))
        inquiry.ledger.notes.append(f"for this question {many} community reports were written by a model, and kept")
    if len(errors) > before:
        why = f"{len(errors) - before} of {len(rows)} reports could not be written, and stand as the index has them"
        inquiry.ledger.notes.append(f"{why}: {errors[before]}")
        del errors[before:]  # the question can be answered without
    return {
        row: writer.row(community, draft, task)
        for row, community, task, draft in zip(rows, communities, tasks, drafts, strict=True)
        if not isinstance(draft, Failed)
    }
