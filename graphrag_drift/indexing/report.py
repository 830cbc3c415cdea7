"""communities and their content -> community_reports, failures: leaves first, parents from children.

What goes into a report is chosen in `report_context.py`; here readers are asked and rows are made.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.indexing.report_context import gather_contents, report_task
from graphrag_drift.indexing.root import with_root
from graphrag_drift.marks import Numbering, resolve_marks
from graphrag_drift.providers.protocols import Reader, Tokenizer
from graphrag_drift.settings import CommunityReportsSettings
from graphrag_drift.tables import COMMUNITY_REPORTS, content_id
from graphrag_drift.tasks.indexing import ReportDraft, WriteReport
from graphrag_drift.values import Observe, Span, ignore

Row = dict[str, Any]


async def report(
    documents: pl.DataFrame,
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    covariates: pl.DataFrame,
    communities: pl.DataFrame,
    *,
    reader: Reader,
    tokenizer: Tokenizer,
    settings: CommunityReportsSettings,
    observe: Observe = ignore,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(community_reports in the order of community numbers, the root's last; failures).

    A report is written when those of its children are: over budget it is shown their findings.
    """
    communities = with_root(communities, entities, relationships)
    contents = gather_contents(documents, entities, relationships, relationship_mentions, covariates, communities)
    texts = dict(zip(documents["id"], documents["text"], strict=True))
    rows: dict[int, Row] = {}

    async def write(community: Row) -> Row:
        task = report_task(community, contents, rows, settings.max_input_length, tokenizer)
        return report_row(community, await reader.read(task), task, texts)

    members = communities.sort("level", "community", descending=[True, False]).to_dicts()
    written = {community["community"]: asyncio.Event() for community in members}

    async def write_after_children(community: Row) -> None:
        for child in community["children"]:
            await written[child].wait()
        try:
            rows[community["community"]] = await write(community)
        finally:
            written[community["community"]].set()

    # Children are begun before their parents, so whoever waits waits for somebody who was begun.
    ids = [f"community {community['community']}" for community in members]
    _, failures = await read_each(members, write_after_children, step="report", ids=ids, observe=observe)
    ordered = [rows[number] for number in sorted(rows)]
    return pl.DataFrame(ordered, schema=COMMUNITY_REPORTS, orient="row"), failures


def report_row(community: Row, draft: ReportDraft, task: WriteReport, texts: dict[str, str]) -> Row:
    """A row of community_reports whose marks are numbers into its own `evidence`."""
    shown = {
        row.mark: row for row in (*task.entities, *task.relationships, *task.claims, *task.sources, *task.children)
    }
    numbering = Numbering()

    def cited(text: str) -> str:
        return resolve_marks(text, shown, texts, numbering)[0]

    summary = cited(draft.summary)
    findings = [{"explanation": cited(f.explanation), "summary": f.summary} for f in draft.findings]
    sections = [f"## {finding['summary']}\n\n{finding['explanation']}" for finding in findings]
    content = "\n\n".join([f"# {draft.title}", summary, *sections])
    kept = ("community", "level", "parent", "children", "period", "size")
    as_json = {
        "title": draft.title,
        "summary": summary,
        "findings": findings,
        "rating": draft.rating,
        "rating_explanation": draft.rating_explanation,
    }
    return {
        "id": content_id("report", community["id"], content),
        "human_readable_id": community["community"],
        **{column: community[column] for column in kept},
        "title": draft.title,
        "summary": summary,
        "full_content": content,
        "rank": draft.rating,
        "rating_explanation": draft.rating_explanation,
        "findings": findings,
        "full_content_json": json.dumps(as_json, ensure_ascii=False),
        "evidence": [_as_struct(span) for span in numbering.spans],
    }


def _as_struct(span: Span) -> Row:
    return {
        "document_id": span.document_id,
        "text_unit_id": span.text_unit_id,
        "start": span.start,
        "end": span.end,
    }
