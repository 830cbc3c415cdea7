"""local: the entities that a question is about, their neighbourhood and sources, and an answer from them."""

from __future__ import annotations

from functools import partial

from graphrag_drift.query.context import MOST_SOURCES, local_context
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.ranking import ranked
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Event, Shown


async def local_search(inquiry: Inquiry) -> Found:
    """An answer from the local context of the question."""
    rows = await show_local_context(inquiry, inquiry.question, inquiry.settings.local_search.max_context_tokens)
    inquiry.observe(Event("retrieved", f"{len(rows)} rows"))
    if not rows:
        return Found("")
    return Found(await inquiry.say(AnswerQuestion(inquiry.question, rows, inquiry.response_type)))


async def show_local_context(inquiry: Inquiry, question: str, budget: int) -> tuple[Shown, ...]:
    """What local search shows for `question` within `budget` tokens, under the marks of the inquiry."""
    ranking = await ranked(inquiry, question, method="auto", k=MOST_SOURCES)
    settings = inquiry.settings.local_search
    context = partial(local_context, ranking, inquiry.graph, settings, visible=inquiry.visible)
    return inquiry.show(context(budget=budget, tokenizer=inquiry.tokenizer))
