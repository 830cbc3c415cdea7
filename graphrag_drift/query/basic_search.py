"""basic: the text units nearest to the question with those around them, and an answer from them."""

from __future__ import annotations

from graphrag_drift.query.context import in_text_order, neighbour_rows, source_rows
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.ranking import ranked
from graphrag_drift.shown import pack
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Event


async def basic_search(inquiry: Inquiry) -> Found:
    """An answer from the `basic_search.k` best text units, without the graph."""
    settings = inquiry.settings.basic_search
    ranking = await ranked(inquiry, inquiry.question, method="basic", k=settings.k)
    hits, left = pack(source_rows(ranking, inquiry.graph), settings.max_context_tokens, inquiry.tokenizer)
    around, _ = pack(neighbour_rows(hits, inquiry.graph, settings.neighbours), left, inquiry.tokenizer)
    rows = inquiry.show(in_text_order((*hits, *around)))
    inquiry.observe(Event("retrieved", f"{len(rows)} text units"))
    if not rows:
        return Found("")
    return Found(await inquiry.say(AnswerQuestion(inquiry.question, rows, inquiry.response_type)))
