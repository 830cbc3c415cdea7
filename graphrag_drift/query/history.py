"""A conversation and a question -> the question so that it stands alone."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.errors import BudgetExhausted, ProviderError
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.tasks import RewriteQuestion

_MOST_TOKENS = 2_000  # of the turns that are read


async def stand_alone(inquiry: Inquiry, history: Sequence[tuple[str, str]]) -> str:
    """The question as it would be asked by who knows nothing of `history`, of which the newest turns are kept."""
    kept: list[tuple[str, str]] = []
    left = _MOST_TOKENS
    for turn in reversed(history):
        left -= sum(map(inquiry.tokenizer.count, turn))
        if left < 0:
            break
        kept.insert(0, turn)
    try:
        return (await inquiry.reader.read(RewriteQuestion(inquiry.question, tuple(kept)))).strip() or inquiry.question
    except (ProviderError, BudgetExhausted) as error:
        inquiry.ledger.errors.append(error)
        return inquiry.question
