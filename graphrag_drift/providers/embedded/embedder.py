"""texts -> unit vectors without a model: TF-IDF weights of terms, hashed into a fixed number of dimensions.

Each term owns a few dimensions and signs by its own hash (Weinberger et al. 2009, "Feature Hashing"), so there is no
vocabulary to keep. Questions leave out their function words. It knows words, not what they mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np
import polars as pl
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
Floats = NDArray[np.float64]
PASSAGE_TERMS = {"terms": pl.List(pl.String), "counts": pl.List(pl.UInt32), "dimensions": pl.UInt32}
"""What an index holds in the place of a vector, in a twentieth of the bytes: the distinct terms of a passage, how often
each stands there, and the width of the vector."""


class HashedTfidf:
    """An embedder that weighs terms by their rarity in the corpus of `lexicon`."""

    def __init__(self, lexicon: Lexicon, dimensions: int) -> None:
        self.dimensions = dimensions
        self.id = f"hashed-tfidf-{_VERSION} {dimensions} {_digest(lexicon)}"
        self._lexicon = lexicon
        self._numbers: dict[str, int] = {}  # of the terms met so far, rows of the two arrays
        self._places = np.zeros((0, _PLACES), np.int64)
        self._weights = np.zeros((0, _PLACES))

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, terms)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, content_terms)

    def passage_terms(self, texts: Sequence[str]) -> pl.DataFrame:
        """`PASSAGE_TERMS` of each text, in order: what `vectors_of` makes their vectors from."""
        parts = [pl.DataFrame(schema=PASSAGE_TERMS)]
        for first in range(0, len(texts), _BATCH):
            counts = [Counter(terms(text)) for text in texts[first : first + _BATCH]]
            columns = {"terms": list(map(list, counts)), "counts": [list(count.values()) for count in counts]}
            width = pl.lit(self.dimensions).alias("dimensions")
            parts.append(pl.DataFrame(columns).select("terms", "counts", width).cast(PASSAGE_TERMS))
        return pl.concat(parts, rechunk=True)

    def vectors_of(self, passages: pl.DataFrame) -> Vectors:
        """What `embed_passages` gives for the texts that have these `PASSAGE_TERMS`."""
        vectors = np.zeros((passages.height, self.dimensions), np.float32)
        for first in range(0, passages.height, _BATCH):
            part = passages[first : first + _BATCH]
            flat, times = (part[name].explode().drop_nulls() for name in ("terms", "counts"))
            lengths = part["terms"].list.len().to_list()
            vectors[first : first + _BATCH] = self._unit_vectors(lengths, flat.to_list(), times.to_numpy())
        return vectors

    def _embed(self, texts: Sequence[str], terms_of: Callable[[str], list[str]]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for first in range(0, len(texts), _BATCH):
            counts = [Counter(terms_of(text)) for text in texts[first : first + _BATCH]]
            flat = [term for count in counts for term in count]
            times = np.array([number for count in counts for number in count.values()], np.int64)
            vectors[first : first + _BATCH] = self._unit_vectors([len(count) for count in counts], flat, times)
        return vectors

    def _unit_vectors(self, lengths: Sequence[int], flat: Sequence[str], times: NDArray[np.int64]) -> Floats:
        """(texts, dimensions), row i of length 1, or 0 without terms.

        Text i has the next `lengths[i]` of the terms `flat`, each as often as `times` says.
        """
        owner = np.repeat(np.arange(len(lengths)), lengths)
        term = self._number(flat)
        values = np.round(self._weights[term] * (1.0 + np.log(times))[:, None] / _GRAIN) * _GRAIN
        cells = owner[:, None] * self.dimensions + self._places[term]
        sums = np.bincount(cells.ravel(), values.ravel(), len(lengths) * self.dimensions)
        vectors = np.asarray(sums, np.float64).reshape(len(lengths), self.dimensions)
        norms: Floats = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)

    def _number(self, flat: Sequence[str]) -> NDArray[np.int64]:
        """The number of each term; new ones get their dimensions and their signed weight in each."""
        new = [term for term in dict.fromkeys(flat) if term not in self._numbers]
        if new:
            raw = b"".join(map(_digest_of_term, new))
            codes = np.frombuffer(raw, "<u4").astype(np.int64).reshape(-1, _PLACES)
            idf = np.array([self._lexicon.idf(term) for term in new])[:, None]
            self._places = np.concatenate([self._places, (codes >> 1) % self.dimensions])
            self._weights = np.concatenate([self._weights, np.where(codes & 1, idf, -idf)])
            self._numbers |= {term: number for number, term in enumerate(new, len(self._numbers))}
        return np.fromiter(map(self._numbers.__getitem__, flat), np.int64, len(flat))


def _digest_of_term(term: str) -> bytes:
    return blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4 * _PLACES).digest()


def _digest(lexicon: Lexicon) -> str:
    digest = blake2b(str(lexicon.text_units).encode(), digest_size=8)
    for term, frequency in sorted(lexicon.frequencies.items()):
        digest.update(f"{len(term)} {term} {frequency}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
