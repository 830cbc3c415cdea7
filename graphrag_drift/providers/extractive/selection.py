"""Candidates and a question -> the sentences to answer with, best first, none said twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.candidates import Candidate, predecessor
from graphrag_drift.providers.extractive.questions import Question, answers_cue
from graphrag_drift.providers.extractive.sentences import is_pronoun_led, sentences_of
from graphrag_drift.providers.extractive.weights import Rarity, is_near_copy

_BEFORE, _TITLE, _ROW = 0.5, 0.4, 0.2  # what a term counts that stands not in the sentence but there
_CUE, _ROW_SCORE, _LEANS = 0.12, 0.15, 0.12
_BRIDGE = 0.35  # what a name that the evidence adds counts, against the question's terms
_COVERED = 0.55  # what a term still counts once a chosen sentence has said it
_LONG = 60  # content terms from which a sentence is too long to read


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate; `relevance` is the share of the question it speaks of (0-1), `score` what it is chosen by."""

    candidate: Candidate
    relevance: float
    score: float
    covers: Mapping[str, float]  # per question term, how much of it the sentence says


def score_all(candidates: Sequence[Candidate], question: Question) -> list[Scored]:
    """The candidates that speak of the question at all, best first."""
    total = sum(question.weights.values()) or 1
    fits = answers_cue(question.cue)
    scored = []
    for candidate in candidates:
        covers = _covers(candidate, question)
        own = sum(question.weights[term] for term in covers if term in candidate.sentence.bag)
        relevance = sum(question.weights[term] * share for term, share in covers.items()) / total
        if not own:
            continue
        score = relevance + 0.25 * own / total + _ROW_SCORE * candidate.row.score * relevance
        score += _CUE * relevance * fits(candidate.sentence.text)
        score -= _LEANS * relevance * (candidate.sentence.leans + is_pronoun_led(candidate.sentence))
        score *= min(1.0, _LONG / max(len(candidate.sentence.terms), 1))
        scored.append(Scored(candidate, relevance, score, covers))
    return sorted(scored, key=lambda s: (-s.score, s.candidate.order))


def _covers(candidate: Candidate, question: Question) -> dict[str, float]:
    before = predecessor(candidate)
    previous = before.sentence.bag if before else frozenset[str]()
    title = frozenset(content_terms(candidate.row.title)) if candidate.row.title else frozenset[str]()
    covers = {}
    for term in question.weights:
        if term in candidate.sentence.bag:
            covers[term] = 1.0
        elif term in previous:
            covers[term] = _BEFORE
        elif term in title:
            covers[term] = _TITLE
        elif any(term in sentence.bag for sentence in sentences_of(candidate.row.text)):
            covers[term] = _ROW
    return covers


def choose(scored: Sequence[Scored], question: Question, rarity: Rarity, limit: int) -> list[Scored]:
    """Up to `limit` sentences, each the best given those before it; weak ones are left out though there is room."""
    total = sum(question.weights.values()) or 1
    left = dict.fromkeys(question.weights, 1.0)
    chosen: list[Scored] = []
    pool = list(scored[:200])
    best = pool[0].score if pool else 0.0
    while pool and len(chosen) < limit:
        gains = [_gain(item, question, left, total) for item in pool]
        top = max(range(len(pool)), key=lambda i: (gains[i], -i))
        item = pool.pop(top)
        if chosen and gains[top] < 0.3 * best:
            break
        if any(is_near_copy(item.candidate.sentence.bag, c.candidate.sentence.bag, rarity) for c in chosen):
            continue
        chosen.append(item)
        for term, share in item.covers.items():
            if share == 1.0:
                left[term] *= _COVERED
    return chosen


def _gain(item: Scored, question: Question, left: Mapping[str, float], total: int) -> float:
    said = sum(question.weights[term] * share * (1 - left[term]) for term, share in item.covers.items()) / total
    return item.score - said
