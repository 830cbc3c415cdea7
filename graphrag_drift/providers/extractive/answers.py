"""AnswerQuestion -> sentences of the shown rows that answer it, or "" where they do not."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.providers.extractive.candidates import Candidate, candidates_of
from graphrag_drift.providers.extractive.composing import compose
from graphrag_drift.providers.extractive.knowledge import Knowledge
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.selection import Scored, beside_the_point, choose, score_all
from graphrag_drift.providers.extractive.support import is_supported
from graphrag_drift.providers.extractive.weights import Rarity
from graphrag_drift.values import Shown

_LIMITS = {"single sentence": 1, "single paragraph": 4, "multiple paragraphs": 8}


def answer(question: Question, rows: Sequence[Shown], response_type: str, knowledge: Knowledge) -> str:
    """The answer in Markdown."""
    candidates = candidates_of(rows)
    chosen = evidence(question, rows, candidates, knowledge.rarity, limit_of(response_type))
    beside = beside_the_point(chosen, candidates, question)
    return compose([item.candidate for item in chosen], question, response_type, knowledge, beside)


def limit_of(response_type: str) -> int:
    """How many sentences that form may have."""
    form = response_type.casefold()
    return next((limit for name, limit in _LIMITS.items() if name in form), 10)


def evidence(
    question: Question, rows: Sequence[Shown], candidates: Sequence[Candidate], rarity: Rarity, limit: int
) -> list[Scored]:
    """Those of the candidates, the sentences of `rows`, that answer, best first; none if they support no answer."""
    if not is_supported(question, rows):
        return []
    return choose(score_all(candidates, question, rarity), question, rarity, limit)
