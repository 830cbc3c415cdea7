"""question, Evidence -> text units, best first: by words (basic), along the graph (local), or as fits (auto).

Read `rank`, at the end, first: it scores text units by the terms of the question and a little by vectors
(`lexical_scores`), raises those of documents about what the question names (`anchored_scores`) and what chains of
shared entities reach from there (`chained_scores`), and picks the best that repeat each other least (`select`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import content_terms
from graphrag_drift.query.bm25 import Postings
from graphrag_drift.query.evidence import Evidence, link, personalised_pagerank
from graphrag_drift.query.nearness import Nearness
from graphrag_drift.tracing import retrieval_span

Floats = NDArray[np.float32]

_STRETCHES = (4, 8)  # terms
_STRETCH_WEIGHT = 0.3  # of each length; the whole question has the rest
_VECTOR_WEIGHT = 0.2  # against 1 for terms: enough to order what terms leave equal
_DENSE_WEIGHT = 0.5
_UNKNOWN_WEIGHT = 3.0  # more, times the square of the share of words that the index does not know
_NEARER = 0.5  # of the way from the middle of all cosines to the nearest, from which dense vectors alone relate
_ALIKE = 0.25  # cosine from which vectors alone relate a text unit to a question; chance gives up to about 0.15


@dataclass(frozen=True)
class QuestionTerms:
    """The terms of a question that the index knows, and how fully each text unit says them."""

    terms: tuple[str, ...]  # sorted
    order: tuple[int, ...]  # the question's words as positions in `terms`
    weights: Floats  # (terms,), what each is worth; sums to 1
    shares: Floats  # (text_units, terms), 0-1
    known: float  # how many of the question's words the index knows, 0-1


def read_question(question: str, postings: Postings) -> QuestionTerms:
    """What `question` asks for, in terms of `postings`."""
    words = content_terms(question)
    sequence = [term for term in words if term in postings.columns]
    known = tuple(sorted(set(sequence)))
    worth = postings.idf[[postings.columns[term] for term in known]]
    position = {term: i for i, term in enumerate(known)}
    return QuestionTerms(
        terms=known,
        order=tuple(position[term] for term in sequence),
        weights=worth / max(float(worth.sum()), 1e-9),
        shares=postings.shares_of(known),
        known=len(sequence) / max(len(words), 1),
    )


def lexical_scores(question_terms: QuestionTerms, vectors: Nearness, question: Floats, *, dense: bool) -> Floats:
    """(text_units,), how much of the question each says (0-1), by terms and by vectors.

    Vectors that are made of terms only order what terms leave equal. `dense` ones also know other words for the same:
    they weigh more, and most where the index does not know the words of the question.
    """
    scores = _said(question_terms)
    cosines, middle = vectors.cosines(question)
    similar = _spread(cosines, middle) if dense else np.maximum(cosines, np.float32(0.0))
    alike = _NEARER if dense else _ALIKE
    if not question_terms.terms:
        similar[similar < alike] = 0.0
        return similar
    weight = _DENSE_WEIGHT + _UNKNOWN_WEIGHT * (1.0 - question_terms.known) ** 2 if dense else _VECTOR_WEIGHT
    related = np.where((scores > 0.0) | (similar >= alike), similar, 0.0)
    scores += weight * scores.max(initial=0.0) * related / max(float(related.max(initial=0.0)), 1e-9)
    blended: Floats = (scores / (1.0 + weight)).astype(np.float32)
    return blended


def _said(question_terms: QuestionTerms) -> Floats:
    """(text_units,), how much each says of the whole question and of its best stretches; most say nothing of it."""
    rows = np.flatnonzero(question_terms.shares.any(axis=1))
    parts = question_terms.shares[rows] * question_terms.weights
    worth = (1.0 - _STRETCH_WEIGHT * len(_STRETCHES)) * parts.sum(axis=1)
    for length in _STRETCHES:
        worth += _STRETCH_WEIGHT * _best_stretch(parts, question_terms.order, length)
    scores = np.zeros(len(question_terms.shares), dtype=np.float32)
    scores[rows] = worth
    return scores


def _spread(cosines: Floats, middle: float) -> Floats:
    """(text_units,), 0-1: how far each is above the `middle` of all, against the nearest.

    Cosines of one embedder lie between .1 and .5, those of another between .7 and .9: only their order is alike.
    """
    above: Floats = np.maximum(cosines - middle, 0.0).astype(np.float32)
    return above / np.float32(max(float(above.max(initial=0.0)), 1e-9))


def _best_stretch(parts: Floats, order: Sequence[int], length: int) -> Floats:
    """(text_units,), the most that each says of any `length` words of the question in a row."""
    starts = range(max(1, len(order) - length + 1))
    stretches = sorted({tuple(sorted(set(order[start : start + length]))) for start in starts})
    best = np.zeros(len(parts), dtype=np.float32)
    for stretch in stretches:
        np.maximum(best, parts[:, stretch].sum(axis=1), out=best)
    return best


_STEPS = 2
_BEGINNINGS = 6
_CONTINUATIONS = 10  # kept of each chain
_CHAINS = 6  # kept after a step
_LATER = 0.8  # what each step after the first counts
_LINK = 3.0  # belief by entity against belief by words: 1 - exp(-(3 * link + 6 * words))
_WORDS = 6.0
_NAMED = 0.7  # added to the text unit that is about what the question names in all its words


@dataclass(frozen=True)
class _Chain:
    units: tuple[int, ...]  # the last is where it goes on
    score: float
    terms: Floats  # (terms,), how much of each term of the question its text units say


def anchored_scores(question: str, lexical: Floats, evidence: Evidence) -> Floats:
    """`lexical`, raised for text units of documents that are about something the question names."""
    length = max(1, len(set(content_terms(question))))
    nearness = np.zeros_like(lexical)
    for name, entities in link(question, evidence.names):
        part = min(1.0, len(set(name.split())) / length) ** 0.5
        for entity in entities:
            units, sure = evidence.units_about(entity)
            nearness[units] = np.maximum(nearness[units], evidence.rarity[entity] * part * sure)
    return (lexical + _NAMED * nearness * (lexical > 0)).astype(np.float32)


def chained_scores(question: str, anchored: Floats, question_terms: QuestionTerms, evidence: Evidence) -> Floats:
    """`anchored`, raised for text units that chains from the best ones reach, as far as each step is believable."""
    named = {entity for _, entities in link(question, evidence.names) for entity in entities}
    final = anchored.copy()
    chains = [
        _Chain((unit,), float(anchored[unit]), question_terms.shares[unit])
        for unit in evidence.best(anchored, _BEGINNINGS).tolist()
    ]
    for step in range(_STEPS):
        longer: list[_Chain] = []
        for chain in chains:
            reached = chain.score * _belief(chain, named, question_terms, evidence) * _LATER**step
            np.maximum(final, reached, out=final)
            longer += [
                _Chain((*chain.units, unit), float(reached[unit]), np.maximum(chain.terms, question_terms.shares[unit]))
                for unit in evidence.best(reached, _CONTINUATIONS).tolist()
            ]
        chains = sorted(longer, key=lambda chain: (-chain.score, _ids(chain, evidence)))[:_CHAINS]
    return final


def _belief(chain: _Chain, named: set[int], question_terms: QuestionTerms, evidence: Evidence) -> Floats:
    """(text_units,), how believable it is that each continues `chain`: 0 without a shared entity, below 1.

    A noisy or of the strongest shared entity and of what the text unit adds to the question's terms said.
    """
    link_strength = evidence.linked(chain.units[-1], named)
    for unit in chain.units:
        link_strength[evidence.siblings(unit)] = 0.0
    # `dot`, since `@` at times warns of an invalid value though all are finite (a flag that the BLAS kernel leaves).
    added = question_terms.shares.dot(question_terms.weights * np.maximum(0.0, 1.0 - chain.terms))
    if evidence.dense:
        added *= question_terms.known  # the other words may have been said too, and vectors weigh them
    belief = 1.0 - np.exp(-(_LINK * link_strength + _WORDS * added))
    return np.where(link_strength > 0.0, belief, 0.0).astype(np.float32)


def _ids(chain: _Chain, evidence: Evidence) -> tuple[str, ...]:
    return tuple(evidence.text_unit_ids[unit] for unit in chain.units)


Method = Literal["local", "basic", "auto"]

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
    with retrieval_span(question, method, k) as tell:
        ranking = _rank(question, vector, evidence, method=method, k=k)
        tell({"graphrag.text_units": len(ranking.rows)})
        return ranking


def _rank(question: str, vector: Floats, evidence: Evidence, *, method: Method, k: int) -> Ranking:
    question_terms = read_question(question, evidence.postings)
    lexical = lexical_scores(question_terms, evidence.vectors, vector, dense=evidence.dense)
    if method == "basic":
        rows, scores = select(lexical, question_terms, evidence, k)
        return Ranking(rows, scores, np.zeros(evidence.entities, dtype=np.float32), "basic", "asked for")
    anchored = anchored_scores(question, lexical, evidence)
    chained = chained_scores(question, anchored, question_terms, evidence)
    entities = entity_scores(question, chained, evidence)
    local = chained + _PAGERANK_WEIGHT * chained.max(initial=0.0) * _by_entities(entities, evidence)
    chosen, reason = _route(float(anchored.max(initial=0.0))) if method == "auto" else ("local", "asked for")
    wanted: Floats = local if chosen == "local" else ((local + lexical) / 2).astype(np.float32)
    rows, scores = select(wanted, question_terms, evidence, k)
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


def select(
    scores: Floats, question_terms: QuestionTerms, evidence: Evidence, k: int
) -> tuple[NDArray[np.int64], Floats]:
    """(rows, scores) of the best `k`, never rising: each counts less for what those before it have said already.

    Source: in the manner of Carbonell and Goldstein 1998 (MMR), over the terms of the question.
    """
    pool = evidence.best(scores, max(_POOL, k))
    parts = question_terms.shares[pool[:_POOL]] * question_terms.weights
    whole = np.maximum(parts.sum(axis=1), 1e-9)
    unsaid = np.ones(len(question_terms.terms), dtype=np.float32)
    left = scores[pool[:_POOL]].astype(np.float32)
    rows: list[int] = []
    worths: list[float] = []
    for _ in range(min(k, len(left))):
        worth = left * (1.0 - _NOVELTY + _NOVELTY * (parts @ unsaid) / whole)
        position = int(np.argmax(worth))  # the first of equals: the pool is in the order of scores, then ids
        rows.append(int(pool[position]))
        worths.append(float(worth[position]))
        left[position] = -1.0
        unsaid *= 1.0 - question_terms.shares[pool[position]] / 2
    rest = pool[_POOL:k]
    rows.extend(rest.tolist())
    worths.extend(((1.0 - _NOVELTY) * scores[rest]).tolist())
    return np.array(rows, dtype=np.int64), np.array(worths, dtype=np.float32)


def _route(confidence: float) -> tuple[Literal["local", "both"], str]:
    if confidence >= _CONFIDENT:
        return "local", f"a text unit says {min(confidence, 1.0):.0%} of the question, so its entities were followed"
    return "both", f"no text unit says more than {confidence:.0%} of the question, so its words count as much"


def _by_entities(entities: Floats, evidence: Evidence) -> Floats:
    scores = np.asarray(evidence.mentions @ (entities * evidence.rarity)).ravel()
    return (scores / max(float(scores.max(initial=0.0)), 1e-9)).astype(np.float32)


def _shares(weights: Floats) -> Floats:
    return (weights / max(float(weights.sum()), 1e-9)).astype(np.float32)
