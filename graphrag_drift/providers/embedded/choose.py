"""Candidates and a question -> the sentences that answer, best first, with the probability that each does.

The score is a weighted sum of `features.py`; the weights and the calibration of the probability are data that
`benchmarks/train_chooser.py` made from public sets. No word is chosen by hand here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.providers.embedded.features import PLAIN, features
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, led_in, neighbour
from graphrag_drift.providers.embedded.weights import Knowledge, Rarity, is_near_copy, near_copies

Floats = NDArray[np.float64]

_POOL = 150  # sentences that are held against each other
_FLOOR = 0.05  # of the likelihood of the best: below, a sentence is left out though there is room


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate; `score` is a logarithm of how likely it is against the others, `probability` (0-1) that it answers.

    `covers` are the terms of the question that it says, itself or by its predecessor and title.
    """

    candidate: Candidate
    score: float
    probability: float
    covers: frozenset[str] = frozenset()

    def share_of(self, question: Question) -> float:
        """How much of the question it covers, by the weight of its terms (0-1)."""
        return sum(question.weights[term] for term in self.covers) / (sum(question.weights.values()) or 1)


@cache
def weights() -> Mapping[str, Any]:
    """What the training script wrote."""
    text = files("graphrag_drift.providers.embedded").joinpath("weights.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def vector(model: str, names: Sequence[str]) -> Floats:
    """The weights of that model, in the order of `names`."""
    return np.array([weights()[model][name] for name in names], dtype=np.float64)


def rank(question: Question, candidates: Sequence[Candidate], knowledge: Knowledge) -> list[Scored]:
    """All candidates that have a word of the question in or around them, best first; near copies once."""
    return score(question, candidates, features(question, candidates), knowledge.rarity)


def score(question: Question, candidates: Sequence[Candidate], values: Floats, rarity: Rarity) -> list[Scored]:
    """As `rank`, from `values` (candidates, PLAIN)."""
    scores = values @ vector("plain", PLAIN)
    sure = probabilities(values, scores, question, rarity)
    order = sorted(range(len(candidates)), key=lambda i: (-scores[i], candidates[i].order))
    copies = near_copies([candidate.sentence for candidate in candidates], rarity)
    ranked: list[Scored] = []
    first: set[int] = set()
    for i in order:
        covers = _covers(candidates[i], question)
        if covers and not copies[i] & first:
            ranked.append(Scored(candidates[i], float(scores[i]), float(sure[i]), covers))
            if len(first) < _POOL:
                first.add(i)
    return ranked


def probabilities(values: Floats, scores: Floats, question: Question, rarity: Rarity) -> Floats:
    """(candidates,), that each answers: logistic (Platt 1999) over what `signs` says."""
    if not len(scores):
        return scores
    signs = signs_of(values, scores)
    model = weights()["sure"]
    logits = signs @ np.array(model["weights"], dtype=np.float64) + model["bias"]
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))


def signs_of(values: Floats, scores: Floats) -> Floats:
    """(candidates, 2 + PLAIN): the share of the likelihood, the score, and the features."""
    likely = np.exp(scores - scores.max())
    return np.column_stack([likely / likely.sum(), scores, values])


def choose(ranked: Sequence[Scored], question: Question, limit: int) -> list[Scored]:
    """Up to `limit` of them, each the best given those before it: what is said already counts for less.

    Ones that are far less likely than the best are left out though there is room.
    """
    pool = list(ranked[:_POOL])
    chosen: list[Scored] = []
    unsaid = dict(question.weights)
    while pool and len(chosen) < limit:
        worth = [item.score + math.log(_news(item, question, unsaid)) for item in pool]
        top = max(range(len(pool)), key=lambda i: (worth[i], -i))
        if chosen and worth[top] < ranked[0].score + math.log(_FLOOR):
            break
        item = pool.pop(top)
        chosen.append(item)
        unsaid |= {term: unsaid[term] // 2 for term in item.covers}
    return chosen


def says_again(candidate: Candidate, others: Iterable[Candidate], rarity: Rarity) -> bool:
    """Whether one of `others` says the same."""
    return any(is_near_copy(candidate.sentence, other.sentence, rarity) for other in others)


def _news(item: Scored, question: Question, unsaid: Mapping[str, int]) -> float:
    """The share of what a sentence says of the question that is not said yet (0-1)."""
    whole = sum(question.weights[term] for term in item.covers)
    return max(sum(unsaid[term] for term in item.covers) / whole, 1e-3) if whole else 1e-3


def _covers(candidate: Candidate, question: Question) -> frozenset[str]:
    before = neighbour(candidate, -1)
    around = before.sentence.bag if before else frozenset[str]()
    return question.terms & (candidate.sentence.bag | around | candidate.title | led_in(candidate))
