"""question -> text units, best first, by retrieval and then by a reranker where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graphrag_drift.errors import BudgetExhausted, ProviderError
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.query.retrieval import Method, Ranking, rank

_POOL = 4  # text units that are reranked for one that is wanted


async def ranked(inquiry: Inquiry, question: str, *, method: Method, k: int) -> Ranking:
    """The `k` best text units. If the reranker fails, the order of retrieval stays, and the notes say so."""
    [vector] = await inquiry.embedder.embed_questions([question])
    pool = k if inquiry.reranker is None else _POOL * k
    ranking = rank(question, vector, inquiry.evidence, method=method, k=pool)
    if inquiry.reranker is None or not len(ranking.rows):
        return ranking
    texts = [inquiry.graph.text_unit_rows[row][0] for row in ranking.rows.tolist()]
    try:
        scores = await inquiry.reranker.rerank(question, texts)
    except (ProviderError, BudgetExhausted) as error:
        inquiry.ledger.notes.append(f"text units were not reranked: {error}")
        return replace(ranking, rows=ranking.rows[:k], scores=ranking.scores[:k])
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")[:k]
    # A reranker's scores have a scale of their own: what they say is the order.
    return replace(ranking, rows=ranking.rows[order], scores=-np.sort(-ranking.scores)[: len(order)])
