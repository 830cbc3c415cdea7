"""Follow-up questions -> those worth asking next. Each is scored before it is paid for; near-duplicates are merged.

It looks at words, vectors and the index only, and asks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import content_terms
from graphrag_drift.query.evidence import Evidence

Floats = NDArray[np.float32]

# Two questions whose vectors are this near ask the same.
_SAME_QUESTION = 0.6
_ROOT_AGAIN = 0.9  # a follow-up may repeat the root question to ask for a part of it, but it must add something
_RELEVANCE = 2.0
_PARENT = 0.5
_GAIN = 4.0
_FRESH = 0.25
_TERMS = 6  # of a question, the rarest, by which its evidence is gauged
_UNITS = 4  # text units that an answer would rest on


@dataclass(frozen=True, slots=True)
class Prospect:
    """What speaks for asking a follow-up question, each 0-1.

    `relevance`: how near it is to the root question; `parent`: the score of the answer that raised it; `novelty`:
    how far it is from the questions asked so far; `gain`: the new evidence to expect, which is what the text units it
    leads to say to it and still have for the root question.
    `fresh`: whether the answer that raised it is of the last round, and no question was made of its evidence yet.
    """

    relevance: float
    parent: float
    novelty: float
    gain: float
    fresh: bool = False

    @property
    def worth(self) -> float:
        """By which follow-ups are ranked."""
        reasons = _RELEVANCE * self.relevance + _PARENT * self.parent + _GAIN * self.gain
        return self.novelty * (reasons + _FRESH * self.fresh)


def choose_follow_ups(
    questions: Sequence[str],
    vectors: Floats,
    parents: Sequence[float],
    fresh: Sequence[bool],
    *,
    root: Floats,
    asked: Floats,
    evidence: Evidence,
    wanted: Floats,
    width: int,
    least_gain: float = 0.0,
    most_before: float = 0.0,
) -> tuple[list[tuple[int, Prospect]], float]:
    """Up to `width` of `questions` (rows of `vectors`), best first, with what spoke for each; and the most gain that
    any of them promised, or `most_before`, what one of an earlier round did.

    `parents` are the scores (0-1) of the answers that raised them, `fresh` whether these are of the last round; `root`
    is the vector of the root question, `asked` those of all asked so far; `wanted` (text_units,) is what each still
    has for the root question (0-1). A follow-up that promises less than `least_gain` times the most is left. Each
    choice counts as asked, and its evidence as no longer wanted, for the next. Ties go by question.
    """
    wanted = wanted.copy()
    others = asked[1:]
    nearest = (vectors @ others.T).max(axis=1) if len(others) else np.zeros(len(questions), np.float32)
    relevance = np.maximum(vectors @ root, 0.0)
    reached = [_reach(question, evidence) for question in questions]
    left = [n for n in range(len(questions)) if nearest[n] < _SAME_QUESTION and relevance[n] < _ROOT_AGAIN]
    most = max([most_before, *(_gain(*reached[n], wanted) for n in left)])
    chosen: list[tuple[int, Prospect]] = []
    while left and len(chosen) < width:
        novelty = 1.0 - np.maximum(nearest, 0.0).astype(np.float64)
        gains = {n: _gain(*reached[n], wanted) for n in left}
        prospects = {n: Prospect(float(relevance[n]), parents[n], float(novelty[n]), gains[n], fresh[n]) for n in left}
        if least_gain:
            left = [n for n in left if prospects[n].gain >= least_gain * most > 0]
        best = min(left, key=lambda n: (-prospects[n].worth, questions[n]), default=None)
        if best is None:
            break
        chosen.append((best, prospects[best]))
        wanted[reached[best][0]] = 0.0
        np.maximum(nearest, vectors @ vectors[best], out=nearest)
        left = [n for n in left if n != best and nearest[n] < _SAME_QUESTION]
    return chosen, most


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
