"""PrimeQuestion, AnswerFollowUp and Hypothesize -> an answer, how far it covers the root question, what to ask next."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.providers.extractive.answers import evidence
from graphrag_drift.providers.extractive.candidates import candidates_of
from graphrag_drift.providers.extractive.composing import compose
from graphrag_drift.providers.extractive.follow_ups import follow_ups
from graphrag_drift.providers.extractive.knowledge import Knowledge
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.selection import Scored, score_all
from graphrag_drift.providers.extractive.weights import centroid, nearness
from graphrag_drift.tasks import Findings
from graphrag_drift.values import Shown

_SENTENCES = 6
_HYPOTHESIS = 5


def hypothesize(question: Question, reports: Sequence[Shown], knowledge: Knowledge) -> str:
    """The question, and the sentences of the reports that are most central among those near to it."""
    candidates = candidates_of(reports)
    centre = centroid((candidate.sentence for candidate in candidates), knowledge.rarity)
    relevance = {id(item.candidate): item.relevance for item in score_all(candidates, question, knowledge.rarity)}
    ranked = sorted(
        candidates,
        key=lambda c: (
            -relevance.get(id(c), 0.0) - 0.5 * nearness(c.sentence, centre, knowledge.rarity),
            c.place,
            c.sentence.start,
        ),
    )
    return " ".join([question.text, *(candidate.sentence.text for candidate in ranked[:_HYPOTHESIS])])


def prime(question: Question, reports: Sequence[Shown], count: int, knowledge: Knowledge) -> Findings:
    """A first answer from reports."""
    return answer_follow_up(question, question, reports, count, knowledge)


def answer_follow_up(
    root: Question, question: Question, rows: Sequence[Shown], count: int, knowledge: Knowledge
) -> Findings:
    """An answer to `question`, scored by what it does for `root`."""
    candidates = candidates_of(rows)
    chosen = evidence(question, rows, candidates, knowledge.rarity, _SENTENCES)
    near = [item.candidate for item in score_all(candidates, root, knowledge.rarity)[:20]]
    raised = [item.candidate for item in chosen] + near
    asked = follow_ups(root if question is root else _both(root, question), raised, rows, count, knowledge)
    text = compose([item.candidate for item in chosen], question, "", knowledge)
    return Findings(text, _score(root, chosen), asked)


def _both(root: Question, question: Question) -> Question:
    """The question, with the terms and names of the root, so that neither is asked about again."""
    return Question(
        question.text,
        question.language,
        {**root.weights, **question.weights},
        (*question.names, *root.names),
        (*question.name_texts, *root.name_texts),
        question.cue,
        question.general,
    )


def _score(root: Question, chosen: Sequence[Scored]) -> float:
    if not chosen:
        return 0.0
    said = frozenset[str]().union(*(item.candidate.sentence.bag for item in chosen))
    total = sum(root.weights.values()) or 1
    covered = sum(value for term, value in root.weights.items() if term in said) / total
    sources = len({item.candidate.row.mark for item in chosen})
    return round(min(100.0, 80 * covered + 5 * min(sources, 4)), 1)
