"""basic: the text units nearest to the question, and an answer from them."""

from __future__ import annotations

from graphrag_drift.packing import pack
from graphrag_drift.query.context import source_rows
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.retrieval import rank
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Event


async def basic_search(inquiry: Inquiry) -> Found:
    """An answer from the `basic_search.k` best text units, without the graph."""
    settings = inquiry.settings.basic_search
    [vector] = await inquiry.embedder.embed_questions([inquiry.question])
    ranking = rank(inquiry.question, vector, inquiry.evidence, method="basic", k=settings.k)
    rows, _ = pack(source_rows(ranking, inquiry.graph), settings.max_context_tokens, inquiry.tokenizer)
    rows = inquiry.show(rows)
    inquiry.observe(Event("retrieved", f"{len(rows)} text units"))
    if not rows:
        return Found("")
    return Found(await inquiry.say(AnswerQuestion(inquiry.question, rows, inquiry.response_type)))
