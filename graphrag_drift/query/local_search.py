"""local: the entities that a question is about, their neighbourhood and sources, and an answer from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graphrag_drift.query.context import MOST_SOURCES, local_context
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.ranking import ranked
from graphrag_drift.query.retrieval import Ranking
from graphrag_drift.settings import LocalSearchSettings
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Event, Shown

_SEEN = 0.5  # what a text unit counts that was shown for another question already


async def local_search(inquiry: Inquiry) -> Found:
    """An answer from the local context of the question."""
    rows = await show_local_context(inquiry, inquiry.question, inquiry.settings.local_search)
    inquiry.observe(Event("retrieved", f"{len(rows)} rows"))
    if not rows:
        return Found("")
    return Found(await inquiry.say(AnswerQuestion(inquiry.question, rows, inquiry.response_type)))


async def show_local_context(inquiry: Inquiry, question: str, settings: LocalSearchSettings) -> tuple[Shown, ...]:
    """What local search shows for `question`, under the marks of the inquiry; what was shown before counts less."""
    ranking = _preferring_new(await ranked(inquiry, question, method="auto", k=MOST_SOURCES), inquiry)
    rows = local_context(
        ranking,
        inquiry.graph,
        settings,
        budget=settings.max_context_tokens,
        tokenizer=inquiry.tokenizer,
        visible=inquiry.visible,
    )
    return inquiry.show(rows)


def _preferring_new(ranking: Ranking, inquiry: Inquiry) -> Ranking:
    """`ranking`, where text units that the reader has seen already in this inquiry count less."""
    shown = inquiry.ledger.sources
    if not shown:
        return ranking
    ids = inquiry.evidence.text_unit_ids
    seen = np.array([ids[row] in shown for row in ranking.rows.tolist()], dtype=np.bool_)
    scores = np.where(seen, ranking.scores * _SEEN, ranking.scores).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return replace(ranking, rows=ranking.rows[order], scores=scores[order])
