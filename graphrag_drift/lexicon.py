"""Statistics of one corpus: how its words are written, and in how many text units each term stands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from graphrag_drift.language.vocabulary import Vocabulary
from graphrag_drift.language.words import terms
from graphrag_drift.tables import TERMS, WORDS, conform


@dataclass(frozen=True)
class Lexicon:
    """What the embedded readers know of the corpus.

    `frequencies` maps a term (see `language/words.py: terms`) to the number of text units that hold it.
    """

    vocabulary: Vocabulary
    frequencies: Mapping[str, int]
    text_units: int

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Lexicon:
        """The lexicon of a corpus given as text units; it does not depend on their order."""
        kept = list(texts)
        frequencies: dict[str, int] = {}
        for text in kept:
            for term in set(terms(text)):
                frequencies[term] = frequencies.get(term, 0) + 1
        return cls(Vocabulary.from_texts(kept), dict(sorted(frequencies.items())), len(kept))

    @classmethod
    def from_tables(cls, words: pl.DataFrame, terms: pl.DataFrame) -> Lexicon:
        """The lexicon that `to_tables` made those tables from."""
        vocabulary = Vocabulary.from_columns(words.to_dict(as_series=False))
        frequencies = dict(zip(terms["term"].to_list(), terms["text_units"].to_list(), strict=True))
        return cls(vocabulary, frequencies, vocabulary.n_texts)

    def to_tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`words` and `terms`, as `tables.py` declares them, sorted by word and by term."""
        frequencies = sorted(self.frequencies.items())
        columns = {"term": [t for t, _ in frequencies], "text_units": [n for _, n in frequencies]}
        return (
            conform(pl.DataFrame(self.vocabulary.to_columns()), WORDS, "words"),
            conform(pl.DataFrame(columns), TERMS, "terms"),
        )

    def idf(self, term: str) -> float:
        """The inverse document frequency of `term`, >= 0; a term that the corpus lacks weighs most.

        Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.3, kept positive by +1.
        """
        return _idf(self.frequencies.get(term, 0), self.text_units)


@lru_cache(maxsize=65536)
def _idf(frequency: int, total: int) -> float:
    return math.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))
