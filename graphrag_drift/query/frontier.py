"""Follow-up questions -> those worth asking next. Each is scored before it is paid for; near-duplicates are merged.

It looks at words, vectors and the index only, and asks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import content_terms
from graphrag_drift.query.evidence import Evidence, link

Floats = NDArray[np.float32]

# Two questions whose vectors are this far above the middle ask the same.
_SAME_QUESTION = 0.6
_ROOT_AGAIN = 0.9  # a follow-up may repeat the root question to ask for a part of it, but it must add something
_RELEVANCE = 2.0
_PARENT = 0.5
_GAIN = 4.0
_FRESH = 0.25
_ORDER = 1.0
_BOUND = 4.0  # more than all else: what is left of the question itself, once a name is known
_TERMS = 6  # of a question, the rarest, by which its evidence is gauged
_UNITS = 4  # text units that an answer would rest on


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that an answer raised.

    `parent`: the score of that answer (0-1); `fresh`: whether it is of the last round, and no question was made of its
    evidence yet; `order`: its place among what the answer raised, 1 for the most useful down to 0; `bound`: whether it
    is a part of the root question, asked with a name that the evidence introduced.
    """

    question: str
    parent: float
    fresh: bool = False
    order: float = 0.0
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Prospect:
    """What speaks for asking a follow-up, each 0-1, besides what `FollowUp` says.

    `relevance`: how near it is to the root question; `novelty`: how far it is from the questions asked so far; `gain`:
    the new evidence to expect, which is what the text units it leads to say to it and still have for the root question.
    """

    follow_up: FollowUp
    relevance: float
    novelty: float
    gain: float

    @property
    def worth(self) -> float:
        """By which follow-ups are ranked."""
        own = self.follow_up
        reasons = _RELEVANCE * self.relevance + _PARENT * own.parent + _GAIN * self.gain + _ORDER * own.order
        return _BOUND * own.bound * (1.0 + own.order) + self.novelty * (reasons + _FRESH * own.fresh)


def choose_follow_ups(
    follow_ups: Sequence[FollowUp],
    vectors: Floats,
    *,
    asked: Sequence[str],
    asked_vectors: Floats,
    evidence: Evidence,
    wanted: Floats,
    width: int,
    least_gain: float = 0.0,
    most_before: float = 0.0,
) -> tuple[list[tuple[int, Prospect]], float]:
    """Up to `width` of `follow_ups` (rows of `vectors`), best first, with what spoke for each; and the most gain that
    any of them promised, or `most_before`, what one of an earlier round did.

    `asked` are the questions asked so far, the root's first; `wanted` (text_units,) is what each still has for the
    root question (0-1). A follow-up that promises less than `least_gain` times the most is left, unless it is bound.
    Each choice counts as asked, and its evidence as no longer wanted, for the next. Ties go by question.
    """
    wanted = wanted.copy()
    questions = [each.question for each in follow_ups]
    relevance = np.maximum(evidence.above(vectors @ asked_vectors[0]), 0.0)
    reached = [_reach(question, evidence) for question in questions]
    bound = np.array([each.bound for each in follow_ups], dtype=np.bool_)
    likeness = _Likeness(questions, vectors, bound, evidence)
    for question, vector in zip(asked[1:], asked_vectors[1:], strict=True):
        likeness.add(question, vector)
    left = [n for n in range(len(questions)) if not likeness.same[n] and (bound[n] or relevance[n] < _ROOT_AGAIN)]
    most = max([most_before, *(_gain(*reached[n], wanted) for n in left)])
    chosen: list[tuple[int, Prospect]] = []
    while left and len(chosen) < width:
        prospects = {
            n: Prospect(
                follow_ups[n], float(relevance[n]), 1.0 - float(likeness.nearest[n]), _gain(*reached[n], wanted)
            )
            for n in left
        }
        if least_gain:
            left = [n for n in left if follow_ups[n].bound or prospects[n].gain >= least_gain * most > 0]
        best = min(left, key=lambda n: (-prospects[n].worth, questions[n]), default=None)
        if best is None:
            break
        chosen.append((best, prospects[best]))
        wanted[reached[best][0]] = 0.0
        likeness.add(questions[best], vectors[best])
        left = [n for n in left if n != best and not likeness.same[n]]
    return chosen, most


def asked_again(
    questions: Sequence[str], vectors: Floats, asked: Sequence[str], asked_vectors: Floats, evidence: Evidence
) -> frozenset[str]:
    """Those of `questions` that ask the same as one of `asked`, whose first, the root's, must be equal."""
    likeness = _Likeness(questions, vectors, np.zeros(len(questions), dtype=np.bool_), evidence)
    for question, vector in zip(asked[1:], asked_vectors[1:], strict=True):
        likeness.add(question, vector)
    root = asked[0].casefold()
    return frozenset(q for q, same in zip(questions, likeness.same, strict=True) if same or q.casefold() == root)


class _Likeness:
    """How near each of `questions` is to any asked so far (0-1), and whether it asks the `same` as one of them.

    The same question about another name is another question, however near; names that are `bound` are all different.
    """

    def __init__(self, questions: Sequence[str], vectors: Floats, bound: NDArray[np.bool_], evidence: Evidence) -> None:
        self._questions, self._vectors, self._bound, self._evidence = questions, vectors, bound, evidence
        self._names = [self._names_in(question) for question in questions]
        self.nearest = np.zeros(len(questions), np.float32)
        self.same = np.zeros(len(questions), np.bool_)

    def add(self, question: str, vector: Floats) -> None:
        """From now on `question` is asked."""
        near = np.maximum(self._evidence.above(self._vectors @ vector), 0.0)
        names = self._names_in(question)
        alike = np.array([own <= names or names <= own for own in self._names], dtype=np.bool_)
        again = np.array([own.casefold() == question.casefold() for own in self._questions], dtype=np.bool_)
        self.same |= again | ((near >= _SAME_QUESTION) & alike & ~self._bound)
        np.maximum(self.nearest, near, out=self.nearest)

    def _names_in(self, question: str) -> frozenset[str]:
        return frozenset(name for name, _ in link(question, self._evidence.names))


def _reach(question: str, evidence: Evidence) -> tuple[NDArray[np.int64], Floats]:
    """The text units that say most of `question`, best first, and how much of it each says (0-1)."""
    postings = evidence.postings
    known = {term: postings.columns[term] for term in content_terms(question) if term in postings.columns}
    rarest = sorted(known.values(), key=lambda column: (-float(postings.idf[column]), column))[:_TERMS]
    total = float(postings.idf[rarest].sum()) if rarest else 1.0
    scores = np.zeros(postings.size, np.float32)
    for column in rarest:
        texts = slice(postings.offsets[column], postings.offsets[column + 1])
        scores[postings.rows[texts]] += postings.shares[texts] * (postings.idf[column] / total)
    best = evidence.best(scores, _UNITS)
    return best, scores[best]


def _gain(units: NDArray[np.int64], scores: Floats, wanted: Floats) -> float:
    """What the units say to the follow-up and are wanted for, on average; 0-1."""
    return float(scores @ wanted[units]) / _UNITS
