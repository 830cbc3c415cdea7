"""Lexical scores, Evidence -> scores that follow the evidence from text unit to text unit.

"Where was the director of film X born?" begins at the text on X, which names people; the text on one of them says
"born". From each of the best text units, the entities that it names and the question does not lead on to others: to
those about the entity rather than those that mention it, to rare entities rather than common ones, and to those that
say what the question asks and the chain has not said yet. It does not read relations: which of the people is the
director is left to the words around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import content_terms
from graphrag_drift.query.asked import Asked
from graphrag_drift.query.evidence import Evidence
from graphrag_drift.query.linking import link

Floats = NDArray[np.float32]

_STEPS = 2
_BEGINNINGS = 6
_CONTINUATIONS = 10  # kept of each chain
_CHAINS = 6  # kept after a step
_LATER = 0.8  # what each step after the first counts
_LINK = 3.0  # belief by entity against belief by words: 1 - exp(-(3 * link + 6 * said))
_SAID = 6.0
_NAMED = 0.7  # added to the text unit that is about what the question names in all its words


@dataclass(frozen=True)
class _Chain:
    units: tuple[int, ...]  # the last is where it goes on
    score: float
    said: Floats  # (terms,), what its text units have said of the question


def anchored_scores(question: str, lexical: Floats, evidence: Evidence) -> Floats:
    """`lexical`, raised for text units of documents that are about something the question names."""
    length = max(1, len(set(content_terms(question))))
    raised = np.zeros_like(lexical)
    for name, entities in link(question, evidence.names):
        part = min(1.0, len(set(name.split())) / length) ** 0.5
        for entity in entities:
            units, sure = evidence.units_about(entity)
            raised[units] = np.maximum(raised[units], evidence.rarity[entity] * part * sure)
    return (lexical + _NAMED * raised * (lexical > 0)).astype(np.float32)


def chained_scores(question: str, anchored: Floats, asked: Asked, evidence: Evidence) -> Floats:
    """`anchored`, raised for text units that chains from the best ones reach, as far as each step is believable."""
    named = {entity for _, entities in link(question, evidence.names) for entity in entities}
    final = anchored.copy()
    chains = [
        _Chain((unit,), float(anchored[unit]), asked.shares[unit])
        for unit in evidence.best(anchored, _BEGINNINGS).tolist()
    ]
    for step in range(_STEPS):
        longer: list[_Chain] = []
        for chain in chains:
            reached = chain.score * _belief(chain, named, asked, evidence) * _LATER**step
            np.maximum(final, reached, out=final)
            longer += [
                _Chain((*chain.units, unit), float(reached[unit]), np.maximum(chain.said, asked.shares[unit]))
                for unit in evidence.best(reached, _CONTINUATIONS).tolist()
            ]
        chains = sorted(longer, key=lambda chain: (-chain.score, _ids(chain, evidence)))[:_CHAINS]
    return final


def _belief(chain: _Chain, named: set[int], asked: Asked, evidence: Evidence) -> Floats:
    """(text_units,), how believable it is that each continues `chain`: 0 without a shared entity, below 1.

    A noisy or of the strongest shared entity and of what the text unit adds to the question's terms said.
    """
    link_strength = evidence.linked(chain.units[-1], named)
    for unit in chain.units:
        link_strength[evidence.siblings(unit)] = 0.0
    # `dot`, since `@` at times warns of an invalid value though all are finite (a flag that the BLAS kernel leaves).
    added = asked.shares.dot(asked.weights * np.maximum(0.0, 1.0 - chain.said))
    belief = 1.0 - np.exp(-(_LINK * link_strength + _SAID * added))
    return np.where(link_strength > 0.0, belief, 0.0).astype(np.float32)


def _ids(chain: _Chain, evidence: Evidence) -> tuple[str, ...]:
    return tuple(evidence.text_unit_ids[unit] for unit in chain.units)
