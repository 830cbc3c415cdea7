"""texts -> unit vectors without a model: TF-IDF weights of terms, hashed into a fixed number of dimensions.

Each term owns a few dimensions and signs by its own hash (Weinberger et al. 2009, "Feature Hashing"), so there is no
vocabulary to keep. Questions leave out their function words. It knows words, not what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.language.terms import content_terms, terms
from graphrag_drift.providers.protocols import Vectors

_VERSION = 1
# Dimensions of a term: with one, two rare terms that collide are the same word; recall@5 on chained questions
# is .49 with one, .53 to .55 with two, four or eight.
_PLACES = 4
_BATCH = 512  # texts
# Weights are multiples of this, so that their sums are exact and do not depend on the order of the terms.
_GRAIN = 2.0**-20


class HashedTfidf:
    """An embedder that weighs terms by their rarity in the corpus of `lexicon`."""

    def __init__(self, lexicon: Lexicon, dimensions: int) -> None:
        self.dimensions = dimensions
        self.id = f"hashed-tfidf-{_VERSION} {dimensions} {_digest(lexicon)}"
        self._lexicon = lexicon
        self._known: dict[str, tuple[list[int], list[float]]] = {}

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, terms)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, content_terms)

    def _embed(self, texts: Sequence[str], terms_of: Callable[[str], list[str]]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for first in range(0, len(texts), _BATCH):
            batch = texts[first : first + _BATCH]
            vectors[first : first + _BATCH] = self._unit_vectors([terms_of(text) for text in batch])
        return vectors

    def _unit_vectors(self, found: list[list[str]]) -> NDArray[np.float64]:
        """(texts, dimensions), row i of length 1, or 0 without terms, for the terms `found[i]`."""
        number: dict[str, int] = {}
        flat = np.array([number.setdefault(term, len(number)) for each in found for term in each], np.int64)
        owner = np.repeat(np.arange(len(found)), [len(each) for each in found])
        pairs, counts = np.unique(owner * max(len(number), 1) + flat, return_counts=True)
        owner, term = np.divmod(pairs, max(len(number), 1))
        placed = [self._placed(each) for each in number]
        columns = np.array([places for places, _ in placed], np.int64).reshape(-1, _PLACES)
        weights = np.array([signed for _, signed in placed]).reshape(-1, _PLACES)
        values = np.round(weights[term] * (1.0 + np.log(counts))[:, None] / _GRAIN) * _GRAIN
        cells = owner[:, None] * self.dimensions + columns[term]
        sums = np.bincount(cells.ravel(), values.ravel(), len(found) * self.dimensions)
        vectors = np.asarray(sums, np.float64).reshape(len(found), self.dimensions)
        lengths: NDArray[np.float64] = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)

    def _placed(self, term: str) -> tuple[list[int], list[float]]:
        """The dimensions of `term` and its signed weight in each."""
        if term not in self._known:
            raw = blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4 * _PLACES).digest()
            idf = self._lexicon.idf(term)
            hashes = [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)]
            self._known[term] = (
                [(code >> 1) % self.dimensions for code in hashes],
                [idf if code & 1 else -idf for code in hashes],
            )
        return self._known[term]


def _digest(lexicon: Lexicon) -> str:
    digest = blake2b(str(lexicon.text_units).encode(), digest_size=8)
    for term, frequency in sorted(lexicon.frequencies.items()):
        digest.update(f"{len(term)} {term} {frequency}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
