"""question, Evidence -> text units, best first: by words (basic), along the graph (local), or as fits (auto)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.query.asked import Asked, lexical_scores, read_question
from graphrag_drift.query.chains import anchored_scores, chained_scores
from graphrag_drift.query.evidence import Evidence
from graphrag_drift.query.linking import link
from graphrag_drift.query.pagerank import personalised_pagerank

Method = Literal["local", "basic", "auto"]
Floats = NDArray[np.float32]

_CONFIDENT = 0.3  # part of the question that a chain's beginning must say, for auto to follow chains alone
_SEED_UNITS = 10  # text units whose entities are seeds
_SEED_SHARE = 0.5  # of them, against the entities that the question names
_RESTART = 0.5
_PAGERANK_WEIGHT = 0.1
_POOL = 100  # text units among which repetition is weighed
_NOVELTY = 0.2  # part of a score that counts only for what the better ones have not said


@dataclass(frozen=True)
class Ranking:
    """Text units of a question, best first, and what the graph made of it.

    `entities` has a score for each row of the table of entities: the seeds of local search; 0 for basic. `method` is
    "both" where auto averages local and basic.
    """

    rows: NDArray[np.int64]
    scores: Floats
    entities: Floats
    method: Literal["local", "basic", "both"]
    reason: str


def rank(question: str, vector: Floats, evidence: Evidence, *, method: Method, k: int) -> Ranking:
    """The `k` text units that answer `question` best; fewer, if fewer have anything to do with it.

    `vector` is that of the question.
    """
    asked = read_question(question, evidence.postings)
    lexical = lexical_scores(asked, evidence.vectors, vector)
    if method == "basic":
        rows, scores = select(lexical, asked, evidence, k)
        return Ranking(rows, scores, np.zeros(evidence.entities, dtype=np.float32), "basic", "asked for")
    anchored = anchored_scores(question, lexical, evidence)
    chained = chained_scores(question, anchored, asked, evidence)
    entities = entity_scores(question, chained, evidence)
    local = chained + _PAGERANK_WEIGHT * chained.max(initial=0.0) * _by_entities(entities, evidence)
    chosen, reason = _route(float(anchored.max(initial=0.0))) if method == "auto" else ("local", "asked for")
    wanted: Floats = local if chosen == "local" else ((local + lexical) / 2).astype(np.float32)
    rows, scores = select(wanted, asked, evidence, k)
    return Ranking(rows, scores, entities[: evidence.entities], chosen, reason)


def entity_scores(question: str, units: Floats, evidence: Evidence) -> Floats:
    """(entities + headings,), personalised PageRank from what the question names and the best of `units` mention."""
    named = np.zeros(evidence.mentions.shape[1], dtype=np.float32)
    for _, rows in link(question, evidence.names):
        named[list(rows)] += evidence.rarity[list(rows)] / len(rows)
    top = evidence.best(units, _SEED_UNITS)
    mentioned = np.asarray(evidence.mentions[top].T @ units[top] ** 2).ravel() * evidence.rarity
    seeds = (1.0 - _SEED_SHARE) * _shares(named) + _SEED_SHARE * _shares(mentioned)
    return personalised_pagerank(evidence.walk, seeds, restart=_RESTART)


def select(scores: Floats, asked: Asked, evidence: Evidence, k: int) -> tuple[NDArray[np.int64], Floats]:
    """(rows, scores) of the best `k`, never rising: each counts less for what those before it have said already.

    Source: in the manner of Carbonell and Goldstein 1998 (MMR), over the terms of the question.
    """
    pool = evidence.best(scores, max(_POOL, k))
    said = asked.shares[pool[:_POOL]] * asked.weights
    whole = np.maximum(said.sum(axis=1), 1e-9)
    unsaid = np.ones(len(asked.terms), dtype=np.float32)
    left = scores[pool[:_POOL]].astype(np.float32)
    rows: list[int] = []
    found: list[float] = []
    for _ in range(min(k, len(left))):
        worth = left * (1.0 - _NOVELTY + _NOVELTY * (said @ unsaid) / whole)
        position = int(np.argmax(worth))  # the first of equals: the pool is in the order of scores, then ids
        rows.append(int(pool[position]))
        found.append(float(worth[position]))
        left[position] = -1.0
        unsaid *= 1.0 - asked.shares[pool[position]] / 2
    rest = pool[_POOL:k]
    rows.extend(rest.tolist())
    found.extend(((1.0 - _NOVELTY) * scores[rest]).tolist())
    return np.array(rows, dtype=np.int64), np.array(found, dtype=np.float32)


def _route(confidence: float) -> tuple[Literal["local", "both"], str]:
    if confidence >= _CONFIDENT:
        return "local", f"a text unit says {min(confidence, 1.0):.0%} of the question, so its entities were followed"
    return "both", f"no text unit says more than {confidence:.0%} of the question, so its words count as much"


def _by_entities(entities: Floats, evidence: Evidence) -> Floats:
    scores = np.asarray(evidence.mentions @ (entities * evidence.rarity)).ravel()
    return (scores / max(float(scores.max(initial=0.0)), 1e-9)).astype(np.float32)


def _shares(weights: Floats) -> Floats:
    return (weights / max(float(weights.sum()), 1e-9)).astype(np.float32)
