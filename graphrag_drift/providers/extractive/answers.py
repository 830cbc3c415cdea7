"""AnswerQuestion -> sentences of the shown rows that answer it, or "" where they do not."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.providers.extractive.candidates import Candidate, candidates_of
from graphrag_drift.providers.extractive.composing import bullets, paragraph
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.selection import Scored, choose, score_all
from graphrag_drift.providers.extractive.support import is_supported
from graphrag_drift.providers.extractive.weights import Rarity
from graphrag_drift.values import Shown

_LIMITS = {"single sentence": 1, "single paragraph": 4, "multiple paragraphs": 8}


def answer(question: Question, rows: Sequence[Shown], response_type: str, rarity: Rarity) -> str:
    """The answer in Markdown."""
    chosen = evidence(question, rows, rarity, limit_of(response_type))
    return compose([item.candidate for item in chosen], response_type)


def limit_of(response_type: str) -> int:
    """How many sentences that form may have."""
    form = response_type.casefold()
    return next((limit for name, limit in _LIMITS.items() if name in form), 10)


def evidence(question: Question, rows: Sequence[Shown], rarity: Rarity, limit: int) -> list[Scored]:
    """The sentences that answer, best first; none if they do not support an answer."""
    if not is_supported(question, rows):
        return []
    return choose(score_all(candidates_of(rows), question), question, rarity, limit)


def compose(chosen: Sequence[Candidate], response_type: str) -> str:
    """The chosen sentences in the form wished for, the most relevant first, then in the order of events."""
    if "list" in response_type.casefold():
        return bullets(chosen)
    if len(chosen) < 5:
        return paragraph(chosen)
    first, rest = chosen[:2], sorted(chosen[2:], key=lambda candidate: candidate.order)
    return f"{paragraph(first)}\n\n{paragraph(rest)}"
