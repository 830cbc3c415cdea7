"""The tasks of indexing -> the functions that have them answered by a language model.

All that shapes an index is imported from here, and nothing that only answers questions: a step that asks a model runs
again when this module or one of its imports changes, then mostly from the replies that were kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from graphrag_drift.prompts import fenced
from graphrag_drift.providers.llm.drafts import report_draft
from graphrag_drift.providers.llm.extraction import extract_claims, extract_graph, summarize
from graphrag_drift.providers.llm.render import flat, list_text, marks_of, pair_text, rows_text, tidy_marks
from graphrag_drift.providers.llm.requests import Requests
from graphrag_drift.providers.llm.shapes import ReportReply, SameReply
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.tasks import (
    ExtractClaims,
    ExtractGraph,
    PlaceTextUnit,
    ReportDraft,
    ResolvePair,
    Sameness,
    SummarizeDescriptions,
    Task,
    WriteReport,
)

_PLACED = 40  # words that say where a text unit stands


def indexing_replies(
    requests: Requests, tokenizer: Tokenizer, gleanings: int, *, keeps_invented: bool = False
) -> Mapping[type[Task[Any]], Callable[[Any], Awaitable[Any]]]:
    """By task, the function that has it answered."""
    return {
        ExtractGraph: partial(extract_graph, requests=requests, gleanings=gleanings, keeps_invented=keeps_invented),
        ExtractClaims: partial(extract_claims, requests=requests),
        SummarizeDescriptions: partial(summarize, requests=requests, tokenizer=tokenizer),
        PlaceTextUnit: partial(place_text_unit, requests=requests),
        ResolvePair: partial(resolve_pair, requests=requests),
        WriteReport: partial(write_report, requests=requests),
    }


async def resolve_pair(task: ResolvePair, requests: Requests) -> Sameness:
    """Whether two names mean the same, and why."""
    request = requests.request(ResolvePair, pair=pair_text(task.first, task.second))
    reply, _ = await requests.shaped(request, SameReply)
    return Sameness(reply.same, reply.reason)


async def place_text_unit(task: PlaceTextUnit, requests: Requests) -> str:
    """A sentence that says where in its document a text unit stands."""
    shown = {"title": fenced(flat(task.title)), "document": list_text(task.document), "text": fenced(task.text)}
    return await requests.text(requests.request(PlaceTextUnit, words=str(_PLACED), **shown))


async def write_report(task: WriteReport, requests: Requests) -> ReportDraft:
    """The report of a community, which cites none but the rows shown."""
    related = (replace(row, text=f"{row.text} ({row.date})") if row.date else row for row in task.relationships)
    rows = (*task.entities, *related, *task.claims, *task.sources, *task.children)
    request = requests.request(WriteReport, rows=rows_text(rows))
    reply, _ = await requests.shaped(request, ReportReply)
    return report_draft(reply, partial(tidy_marks, marks=marks_of(rows)))
