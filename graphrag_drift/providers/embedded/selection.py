"""Candidates and a question -> the sentences to answer with, best first, none said twice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphrag_drift.language.cues import holds
from graphrag_drift.language.terms import content_terms
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, neighbour
from graphrag_drift.providers.embedded.weights import UNSEEN, Rarity, is_near_copy

_BEFORE, _TITLE = 0.5, 0.4  # what a term counts that stands not in the sentence but there
_OWN, _CUE = 0.25, 0.18
_FOCUS, _FOCUS_ALONE = 0.4, 0.1  # for the rarest word for what is asked for, with and without a thing of its kind
_LEANS, _POINTS = 0.2, 0.06
_BRIDGE = 0.25  # what a name that the evidence adds counts, against the question's terms
_BESIDE = 0.4  # of what the best sentence says: below, a sentence is beside the point
_COVERED = 0.55  # what a term still counts once a chosen sentence has said it
FLOOR = 0.3  # of the best score: below, a sentence is left out though there is room
_ABOUT = 0.3  # share of the question that must stand around a sentence which itself holds no word of it
_LONG = 60  # content terms from which a sentence is too long to read
_POOL = 150  # candidates that are compared with each other


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate; `relevance` is the share of the question it speaks of (0-1), `score` what it is chosen by."""

    candidate: Candidate
    relevance: float
    score: float
    covers: Mapping[str, float]  # per question term, how much of it the sentence says


def score_all(candidates: Sequence[Candidate], question: Question) -> list[Scored]:
    """The candidates that speak of the question, themselves or by what stands around them, best first."""
    total = sum(question.weights.values()) or 1
    fits = holds(question.kind, question.text)
    scored = []
    for candidate in candidates:
        covers = _covers(candidate, question)
        own = sum(question.weights[term] for term, share in covers.items() if share == 1.0) / total
        relevance = sum(question.weights[term] * share for term, share in covers.items()) / total
        if not own and relevance < _ABOUT:
            continue
        fit = fits(candidate.sentence.text)
        factor = 1 + _CUE * fit
        factor -= _LEANS * candidate.sentence.leans + _POINTS * candidate.sentence.points_back
        factor *= min(1.0, _LONG / max(len(candidate.sentence.terms), 1))
        factor *= 1 + _focus_in(candidate, question) * (_FOCUS if fit or not question.kind else _FOCUS_ALONE)
        scored.append(Scored(candidate, relevance, (relevance + _OWN * own) * factor, covers))
    return sorted(scored, key=lambda s: (-s.score, s.candidate.order))[:_POOL]


def _focus_in(candidate: Candidate, question: Question) -> float:
    """How much of the words for what is asked for stands in the sentence, 1 if all do and are rare."""
    said = sum(question.weights[term] for term in question.focus if term in candidate.sentence.bag)
    return said / (UNSEEN * max(len(question.focus), 1))


def _covers(candidate: Candidate, question: Question) -> dict[str, float]:
    before = neighbour(candidate, -1)
    previous = before.sentence.bag if before else frozenset[str]()
    title = bag_of_title(candidate.row.title)
    covers = {}
    for term in question.weights:
        if term in candidate.sentence.bag:
            covers[term] = 1.0
        elif term in previous:
            covers[term] = _BEFORE
        elif term in title:
            covers[term] = _TITLE
    return covers


def choose(
    scored: Sequence[Scored], question: Question, rarity: Rarity, limit: int, *, floor: float = FLOOR
) -> list[Scored]:
    """Up to `limit` sentences, each the best given those before it.

    Weak ones are left out though there is room. Names that the first sentences add to the question's count from
    then on, so that the second link of a chain is found.
    """
    total = sum(question.weights.values()) or 1
    left = dict.fromkeys(question.weights, 1.0)
    bridge: dict[str, float] = {}
    chosen: list[Scored] = []
    pool = list(scored)
    best = pool[0].score if pool else 0.0
    while pool and len(chosen) < limit:
        gains = [_gain(item, question, left, bridge) / total + item.score for item in pool]
        top = max(range(len(pool)), key=lambda i: (gains[i], -i))
        if chosen and gains[top] < floor * best:
            break
        item = pool.pop(top)
        if says_again(item.candidate, (c.candidate for c in chosen), rarity):
            continue
        chosen.append(item)
        for term, share in item.covers.items():
            left[term] *= _COVERED if share == 1.0 else 1.0
        if len(chosen) <= 2:
            added = _new_names(item.candidate, question)
            bridge |= {term: _BRIDGE * rarity(term) for term in added}
        else:
            bridge = {
                term: value * (0.4 if term in item.candidate.sentence.bag else 1) for term, value in bridge.items()
            }
    return chosen


def beside_the_point(
    chosen: Sequence[Scored], candidates: Sequence[Candidate], question: Question
) -> frozenset[Candidate]:
    """Those of the chosen sentences that say much less of the question than the best of them.

    The more candidates hold a word, as the name of whom the question is about, the less it counts here.
    """
    most = math.log(len(candidates) + 2)
    weights = {}
    for term, value in question.weights.items():
        held = sum(term in candidate.sentence.bag for candidate in candidates)
        weights[term] = value * (1 - math.log(held + 1) / most)
    said = [
        sum(weights[t] * share * (1 + _OWN * (share == 1.0)) for t, share in item.covers.items()) for item in chosen
    ]
    least = _BESIDE * max(said, default=0.0)
    return frozenset(item.candidate for item, value in zip(chosen, said, strict=True) if value < least)


def _gain(item: Scored, question: Question, left: Mapping[str, float], bridge: Mapping[str, float]) -> float:
    said = sum(question.weights[term] * share * (1 - left[term]) for term, share in item.covers.items())
    bag, title = item.candidate.sentence.bag, bag_of_title(item.candidate.row.title)
    added = sum(
        value * (1.0 if term in bag else _TITLE) for term, value in bridge.items() if term in bag or term in title
    )
    return added - said


def says_again(candidate: Candidate, others: Iterable[Candidate], rarity: Rarity) -> bool:
    """Whether one of `others` says the same."""
    return any(is_near_copy(candidate.sentence, other.sentence, rarity) for other in others)


def _new_names(candidate: Candidate, question: Question) -> list[str]:
    """The terms of the capitalised words of a sentence that the question does not hold."""
    words = candidate.sentence.text.split()[1:]
    capitals = " ".join(word for word in words if word[:1].isupper())
    return [term for term in dict.fromkeys(content_terms(capitals)) if term not in question.weights] if capitals else []
