"""texts -> postings, and how much of a question each text says.

A posting holds BM25's term frequency part as a share of 1, so that scores of different questions can be compared:
a text that says every term of a question, saturated, scores 1. Knows nothing of the graph.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import terms

K1 = 1.2
B = 0.75
TITLE_WEIGHT = 0.7  # of a term in the title; below 1, since titles of news repeat their text's words
_SATURATED = 1.8 / (K1 + 1)  # part of BM25's limit that counts as fully said: twice, in a text of average length

Scores = NDArray[np.float32]


POSTINGS = ("vocabulary", "offsets", "rows", "shares", "idf", "size")
"""The arrays of which `Postings` are stored."""


@dataclass(frozen=True)
class Postings:
    """Per term (a column, in the order of `vocabulary`, which is sorted) the texts that hold it.

    `rows[offsets[t]:offsets[t + 1]]` are the texts of term t, ascending, and `shares` how fully each says it (0-1).
    """

    vocabulary: Sequence[str]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    shares: NDArray[np.float32]
    idf: NDArray[np.float32]
    size: int

    @staticmethod
    def from_texts(texts: Sequence[str], titles: Sequence[str] | None = None) -> Postings:
        """Postings of `texts`; an empty text has no terms, whatever its title.

        Source: Robertson and Zaragoza 2009, eq. 3.15, over two fields that share one length (eq. 3.20); idf as in
        Lucene (never negative).
        """
        numbers: dict[str, int] = {}  # of the terms, as they come
        lengths, sizes = np.zeros(len(texts)), np.zeros(len(texts), dtype=np.int64)
        terms_of_texts, times = array("i"), array("d")  # flat: the counts of all texts at once take ten times as much
        for i, (text, title) in enumerate(zip(texts, titles or repeat("", len(texts)), strict=True)):
            count = _count(text, title)
            terms_of_texts.extend([numbers.setdefault(term, len(numbers)) for term in count])
            times.extend(count.values())
            lengths[i], sizes[i] = sum(count.values()), len(count)
        vocabulary = sorted(numbers)
        present = max(1, int(np.count_nonzero(lengths)))
        average = max(float(lengths.sum()) / present, 1.0)
        rank = np.zeros(len(numbers), dtype=np.int32)
        rank[[numbers[term] for term in vocabulary]] = np.arange(len(numbers))
        column = rank[np.frombuffer(terms_of_texts, dtype=np.int32)]
        order = np.argsort(column, kind="stable")  # and by text, as they came so
        row = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)[order]
        column, tf = column[order], np.frombuffer(times)[order]
        frequency = np.bincount(column, minlength=len(vocabulary))
        idf = np.log1p((present - frequency + 0.5) / (frequency + 0.5))
        share = np.minimum(tf / (tf + K1 * (1 - B + B * lengths[row] / average)) / _SATURATED, 1.0)
        return Postings(
            vocabulary,
            np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64),
            row,
            share.astype(np.float32),
            idf.astype(np.float32),
            len(texts),
        )

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """The column of each term."""
        return {term: i for i, term in enumerate(self.vocabulary)}

    def within(self, allowed: NDArray[np.bool_]) -> Postings:
        """These postings, in which texts that are not `allowed` say nothing."""
        return replace(self, shares=np.where(allowed[self.rows], self.shares, np.float32(0)))

    def shares_of(self, asked: Sequence[str]) -> NDArray[np.float32]:
        """(texts, terms), how fully each text says each of the terms, which must be in the vocabulary."""
        found = np.zeros((self.size, len(asked)), dtype=np.float32)
        for i, term in enumerate(asked):
            column = self.columns[term]
            texts = slice(self.offsets[column], self.offsets[column + 1])
            found[self.rows[texts], i] = self.shares[texts]
        return found

    def worth(self, asked: Iterable[str]) -> float:
        """The idf of distinct terms, summed; that of an unknown term is as of one that a single text holds."""
        rarest = float(np.log1p((self.size + 0.5) / 1.5))
        return sum(float(self.idf[self.columns[term]]) if term in self.columns else rarest for term in sorted(asked))

    def scores(self, asked: Mapping[str, float]) -> Scores:
        """(texts,), the sum of share * idf * weight over the terms asked; unknown terms add nothing."""
        known = sorted(term for term in asked if term in self.columns)
        weights = np.array([asked[term] * self.idf[self.columns[term]] for term in known], dtype=np.float32)
        return self.shares_of(known) @ weights

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs, by the names of `POSTINGS`, each fit for a .npy file of its own (no pickles)."""
        encoded = "\n".join(self.vocabulary).encode("utf-8", "surrogatepass")
        return {
            "vocabulary": np.frombuffer(encoded, dtype=np.uint8),
            "offsets": self.offsets,
            "rows": self.rows,
            "shares": self.shares,
            "idf": self.idf,
            "size": np.array([self.size], dtype=np.int64),
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> Postings:
        """The postings that wrote `arrays`; memory-mapped arrays are read in place."""
        text = arrays["vocabulary"].tobytes().decode("utf-8", "surrogatepass")
        return Postings(
            vocabulary=text.split("\n") if text else [],
            offsets=arrays["offsets"],  # type: ignore[arg-type]
            rows=arrays["rows"],  # type: ignore[arg-type]
            shares=arrays["shares"],  # type: ignore[arg-type]
            idf=arrays["idf"],  # type: ignore[arg-type]
            size=int(arrays["size"].item()),
        )


def _count(text: str, title: str) -> dict[str, float]:
    counts: dict[str, float] = dict(Counter(terms(text)))
    if text:
        for term in terms(title):
            counts[term] = counts.get(term, 0.0) + TITLE_WEIGHT
    return counts
