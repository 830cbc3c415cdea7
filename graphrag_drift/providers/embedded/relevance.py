"""Which text units help to answer a question, by two signs that stand for each other: how well each was found, and the
probability that one of its sentences answers."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.providers.embedded.choose import rank
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import candidates_of
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.values import Shown

# About 20 of the best 100 text units reach it on the newsroom, MultiHop-RAG and HotpotQA: as many as are read for one
# fact.
_LEAST = 0.3


def select_relevant(question: Question, rows: Sequence[Shown], knowledge: Knowledge) -> tuple[bool, ...]:
    """Whether each of `rows` helps, in their order: a noisy or of its score and its best sentence.

    To a question about everything they all do.
    """
    if question.general:
        return (True,) * len(rows)
    doubts = [1.0 - row.score for row in rows]
    best = [0.0] * len(rows)
    for item in rank(question, candidates_of(rows), knowledge):
        best[item.candidate.place] = max(best[item.candidate.place], item.probability)
    return tuple(1.0 - doubt * (1.0 - sure) >= _LEAST for doubt, sure in zip(doubts, best, strict=True))
