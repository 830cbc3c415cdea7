"""texts -> unit vectors without a model: TF-IDF weights of terms, hashed into a fixed number of dimensions.

Each term owns a few dimensions and their signs by its own hash, so there is no vocabulary to keep and a new
document changes no other's columns (Weinberger et al. 2009). It knows words, not synonyms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.words import content_terms, terms
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.protocols import Vectors

_VERSION = 1
_PLACES = 4  # dimensions of a term: fewer collide harder, more collide more often
_BATCH = 512  # texts


class HashedTfidf:
    """An embedder that weighs terms by their rarity in the corpus of `lexicon`."""

    def __init__(self, lexicon: Lexicon, dimensions: int) -> None:
        self.dimensions = dimensions
        self._lexicon = lexicon
        self._rows: dict[str, int] = {}
        self._columns: list[NDArray[np.int64]] = []
        self._weights: list[NDArray[np.float64]] = []
        self.id = f"hashed-tfidf {_VERSION} {dimensions} {_digest(lexicon)}"

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, terms)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, content_terms)

    def _embed(self, texts: Sequence[str], read: Callable[[str], list[str]]) -> Vectors:
        batches = [self._batch(texts[i : i + _BATCH], read) for i in range(0, len(texts), _BATCH)]
        return np.concatenate(batches) if batches else np.zeros((0, self.dimensions), np.float32)

    def _batch(self, texts: Sequence[str], read: Callable[[str], list[str]]) -> Vectors:
        found = [self._places(read(text)) for text in texts]
        sizes = [len(rows) for rows in found]
        term = np.concatenate([*found, np.zeros(0, np.int64)])
        text = np.repeat(np.arange(len(texts)), sizes)
        vocabulary = max(len(self._rows), 1)
        pairs, counts = np.unique(text * vocabulary + term, return_counts=True)
        text, term = pairs // vocabulary, pairs % vocabulary
        if not len(term):
            return np.zeros((len(texts), self.dimensions), np.float32)
        columns, weights = np.array(self._columns), np.array(self._weights)
        values = (1.0 + np.log(counts))[:, None] * weights[term]
        flat = (text[:, None] * self.dimensions + columns[term]).ravel()
        dense = np.bincount(flat, values.ravel(), len(texts) * self.dimensions)
        dense = dense.reshape(len(texts), self.dimensions)
        length = np.linalg.norm(dense, axis=1, keepdims=True)
        return np.divide(dense, length, out=np.zeros_like(dense), where=length > 0).astype(np.float32)

    def _places(self, found: list[str]) -> NDArray[np.int64]:
        """The row of each term; new terms get the next row."""
        rows = self._rows
        for term in found:
            if term not in rows:
                rows[term] = len(rows)
                columns, signs = _hashed(term, self.dimensions)
                self._columns.append(columns)
                self._weights.append(signs * self._lexicon.idf(term))
        return np.array([rows[term] for term in found], np.int64)


def _hashed(term: str, dimensions: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    raw = blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8 * _PLACES).digest()
    numbers = np.frombuffer(raw, "<u8")
    columns = (numbers >> np.uint64(1)).astype(np.int64) % dimensions
    return columns, (numbers & np.uint64(1)).astype(np.float64) * 2.0 - 1.0


def _digest(lexicon: Lexicon) -> str:
    digest = blake2b(str(lexicon.text_units).encode(), digest_size=8)
    for term, frequency in sorted(lexicon.frequencies.items()):
        digest.update(f"{len(term)} {term} {frequency}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
