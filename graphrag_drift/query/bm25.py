"""texts -> postings, and what BM25 says of each text for the terms of a question.

Counts are impacts already: a posting holds idf * tf * (k1 + 1) / (tf + k1 * length ratio), so that a question costs
one sum over its terms' columns. It does not tokenise beyond `language.words` and knows nothing of the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.words import terms

K1 = 1.2
B = 0.75
TITLE_WEIGHT = 1.0

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Postings:
    """Per term (a column, in the order of `vocabulary`, which is sorted) the texts that hold it and its impact.

    `rows[offsets[t]:offsets[t + 1]]` are the texts of term t, ascending.
    """

    vocabulary: Sequence[str]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    impacts: NDArray[np.float32]
    idf: NDArray[np.float32]
    size: int

    @staticmethod
    def from_texts(texts: Sequence[str], titles: Sequence[str] | None = None) -> Postings:
        """Postings of `texts`; terms of a title count `TITLE_WEIGHT` times. An empty text is no text at all.

        Source: Robertson and Zaragoza 2009, BM25 (eq. 3.15) over two fields with one length (eq. 3.20), idf of
        Lucene (never negative).
        """
        counts = [_count(text, title) for text, title in zip(texts, titles or [""] * len(texts), strict=True)]
        vocabulary = sorted(set(chain.from_iterable(counts)))
        columns = {term: i for i, term in enumerate(vocabulary)}
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        present = max(1, int(np.count_nonzero(lengths)))
        average = max(float(lengths.sum()) / present, 1.0)
        row = np.repeat(np.arange(len(counts), dtype=np.int64), [len(count) for count in counts])
        column = np.fromiter((columns[t] for count in counts for t in count), dtype=np.int64, count=len(row))
        tf = np.fromiter((n for count in counts for n in count.values()), dtype=np.float64, count=len(row))
        order = np.lexsort((row, column))
        row, column, tf = row[order], column[order], tf[order]
        frequency = np.bincount(column, minlength=len(vocabulary))
        idf = np.log1p((present - frequency + 0.5) / (frequency + 0.5))
        impact = idf[column] * tf * (K1 + 1) / (tf + K1 * (1 - B + B * lengths[row] / average))
        offsets = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        return Postings(
            vocabulary,
            offsets,
            row.astype(np.int32),
            impact.astype(np.float32),
            idf.astype(np.float32),
            len(counts),
        )

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """The column of each term."""
        return {term: i for i, term in enumerate(self.vocabulary)}

    def scores(self, question_terms: Mapping[str, float]) -> Scores:
        """(texts,), the BM25 score of each text; each term counts by its weight, unknown ones not at all."""
        total = np.zeros(self.size, dtype=np.float32)
        for term, weight in sorted(question_terms.items()):
            column = self.columns.get(term)
            if column is not None:
                found = slice(self.offsets[column], self.offsets[column + 1])
                total[self.rows[found]] += np.float32(weight) * self.impacts[found]
        return total

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs, each fit for a .npy file of its own (no pickles)."""
        encoded = "\n".join(self.vocabulary).encode("utf-8", "surrogatepass")
        return {
            "vocabulary": np.frombuffer(encoded, dtype=np.uint8),
            "offsets": self.offsets,
            "rows": self.rows,
            "impacts": self.impacts,
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
            impacts=arrays["impacts"],  # type: ignore[arg-type]
            idf=arrays["idf"],  # type: ignore[arg-type]
            size=int(arrays["size"].item()),
        )


def _count(text: str, title: str) -> Counter[str] | dict[str, float]:
    counts: dict[str, float] = dict(Counter(terms(text))) if text else {}
    if text:
        for term in terms(title):
            counts[term] = counts.get(term, 0.0) + TITLE_WEIGHT
    return counts
