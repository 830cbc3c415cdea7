"""texts -> unit vectors without a model: TF-IDF weights of terms, hashed into a fixed number of dimensions.

Each term owns a few dimensions and signs by its own hash (Weinberger et al. 2009, "Feature Hashing"), so there is no
vocabulary to keep. Questions leave out their function words. It knows words, not what they mean.
"""

from __future__ import annotations

from array import array
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
Whole = NDArray[np.int64]
PASSAGE_TERMS = {"term": pl.String(), "gaps": pl.List(pl.UInt32), "counts": pl.List(pl.UInt32)}
"""What an index holds in the place of vectors, in a twentieth of the bytes: each term, the texts that hold it, each by
its distance from the one before (the first from 0), and how often it stands there. The first row, of the empty term,
says how many texts there are and how wide their vectors."""


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
        """`PASSAGE_TERMS` of all `texts`, sorted by term: what `vectors_of` makes their vectors from."""
        numbers: dict[str, int] = {}
        flat, times, sizes = array("i"), array("I"), np.zeros(len(texts), np.int64)
        for row, text in enumerate(texts):
            count = Counter(terms(text))
            flat.extend([numbers.setdefault(term, len(numbers)) for term in count])
            times.extend(count.values())
            sizes[row] = len(count)
        held = pl.DataFrame(
            {
                "number": np.frombuffer(flat, np.int32),
                "text": np.repeat(np.arange(len(texts), dtype=np.uint32), sizes),
                "count": np.frombuffer(times, np.uint32),
            }
        )
        gap = pl.col("text") - pl.col("text").shift(1, fill_value=0)
        lists = held.group_by("number", maintain_order=True).agg(gaps=gap, counts="count")
        named = lists.with_columns(term=pl.Series(list(numbers), dtype=pl.String).gather(lists["number"]))
        head = pl.DataFrame({"term": [""], "gaps": [[len(texts)]], "counts": [[self.dimensions]]}, PASSAGE_TERMS)
        return pl.concat(
            [head, named.sort("term").select(pl.col(name).cast(PASSAGE_TERMS[name]) for name in PASSAGE_TERMS)]
        )

    def vectors_of(self, passages: pl.DataFrame) -> Vectors:
        """What `embed_passages` gives for the texts that have these `PASSAGE_TERMS`."""
        size = int(passages["gaps"][0][0])
        held = passages[1:]
        lengths = held["gaps"].list.len().to_numpy()
        gaps, times = (held[name].explode().drop_nulls().to_numpy().astype(np.int64) for name in ("gaps", "counts"))
        ends = np.cumsum(gaps)
        texts = ends - np.repeat(np.concatenate([[0], ends])[np.cumsum(lengths) - lengths], lengths)
        order = np.argsort(texts, kind="stable")
        texts, times = texts[order], times[order]
        term = np.repeat(self._number(held["term"].to_list()), lengths)[order]
        vectors = np.zeros((size, self.dimensions), np.float32)
        for first in range(0, size, _BATCH):
            part = slice(*np.searchsorted(texts, [first, first + _BATCH]))
            rows = min(_BATCH, size - first)
            vectors[first : first + _BATCH] = self._unit_vectors(texts[part] - first, term[part], times[part], rows)
        return vectors

    def _embed(self, texts: Sequence[str], terms_of: Callable[[str], list[str]]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for first in range(0, len(texts), _BATCH):
            counts = [Counter(terms_of(text)) for text in texts[first : first + _BATCH]]
            owner = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
            term = self._number([term for count in counts for term in count])
            times = np.array([number for count in counts for number in count.values()], np.int64)
            vectors[first : first + _BATCH] = self._unit_vectors(owner, term, times, len(counts))
        return vectors

    def _unit_vectors(self, owner: Whole, term: Whole, times: Whole, size: int) -> Floats:
        """(size, dimensions), row i of length 1, or 0 without terms.

        The text `owner[j]` holds the term of number `term[j]` as often as `times[j]` says.
        """
        values = np.round(self._weights[term] * (1.0 + np.log(times))[:, None] / _GRAIN) * _GRAIN
        cells = owner[:, None] * self.dimensions + self._places[term]
        sums = np.bincount(cells.ravel(), values.ravel(), size * self.dimensions)
        vectors = np.asarray(sums, np.float64).reshape(size, self.dimensions)
        norms: Floats = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)

    def _number(self, flat: Sequence[str]) -> Whole:
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
