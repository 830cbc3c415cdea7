"""question, postings -> which of its terms each text unit says, and the lexical score made of that.

A long question asks several things, each in some words of its own; a text unit that answers one of them says those
and little else. So the best stretches of the question count besides the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import content_terms
from graphrag_drift.query.bm25 import Postings

Floats = NDArray[np.float32]

_STRETCHES = (4, 8)  # terms
_STRETCH_WEIGHT = 0.3  # of each length; the whole question has the rest
_VECTOR_WEIGHT = 0.2  # against 1 for terms: enough to order what terms leave equal
_ALIKE = 0.25  # cosine from which vectors alone relate a text unit to a question; chance gives up to about 0.15


@dataclass(frozen=True)
class Asked:
    """The terms of a question that the index knows, and how fully each text unit says them."""

    terms: tuple[str, ...]  # sorted
    order: tuple[int, ...]  # the question's words as positions in `terms`
    weights: Floats  # (terms,), what each is worth; sums to 1
    shares: Floats  # (text_units, terms), 0-1


def read_question(question: str, postings: Postings) -> Asked:
    """What `question` asks for, in terms of `postings`."""
    sequence = [term for term in content_terms(question) if term in postings.columns]
    known = tuple(sorted(set(sequence)))
    worth = postings.idf[[postings.columns[term] for term in known]]
    position = {term: i for i, term in enumerate(known)}
    return Asked(
        terms=known,
        order=tuple(position[term] for term in sequence),
        weights=worth / max(float(worth.sum()), 1e-9),
        shares=postings.shares_of(known),
    )


def lexical_scores(asked: Asked, vectors: Floats, question_vector: Floats) -> Floats:
    """(text_units,), how much of the question each says (0-1), mostly by terms and a little by vectors."""
    said = asked.shares * asked.weights
    scores = (1.0 - _STRETCH_WEIGHT * len(_STRETCHES)) * said.sum(axis=1)
    for length in _STRETCHES:
        scores += _STRETCH_WEIGHT * _best_stretch(said, asked.order, length)
    similar: Floats = np.maximum(vectors @ question_vector, 0.0)
    if not asked.terms:
        similar[similar < _ALIKE] = 0.0
        return similar
    related = np.where((scores > 0.0) | (similar >= _ALIKE), similar, 0.0)
    scores += _VECTOR_WEIGHT * scores.max(initial=0.0) * related / max(float(related.max(initial=0.0)), 1e-9)
    blended: Floats = scores / (1.0 + _VECTOR_WEIGHT)
    return blended


def _best_stretch(said: Floats, order: Sequence[int], length: int) -> Floats:
    """(text_units,), the most that each says of any `length` words of the question in a row."""
    starts = range(max(1, len(order) - length + 1))
    stretches = sorted({tuple(sorted(set(order[start : start + length]))) for start in starts})
    best = np.zeros(len(said), dtype=np.float32)
    for stretch in stretches:
        np.maximum(best, said[:, stretch].sum(axis=1), out=best)
    return best
