"""Statistics of one corpus: how its words are written, and in how many text units each term stands."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl

from graphrag_drift.language.terms import straight, terms
from graphrag_drift.tables import TERMS, WORDS, conform

_LONGEST_TEXT = 200_000  # characters of a text that count; more adds nothing to the statistics
_LOWER = re.compile(r"\b[^\W\d_]{2,30}\b")
# A capitalised word after another word or a comma cannot owe its capital to the sentence's beginning.
_MIDDLE = re.compile(r"(?<=[^\W_][ \n])[^\W\d_]{2,30}|(?<=[^\W_][,;] )[^\W\d_]{2,30}")


@dataclass(frozen=True)
class Vocabulary:
    """Per casefolded word: times in lower case, times capitalised within a sentence, texts that hold it."""

    lower: Mapping[str, int]
    capital: Mapping[str, int]
    documents: Mapping[str, int]
    n_texts: int

    @staticmethod
    def from_texts(texts: Iterable[str]) -> Vocabulary:
        lower: Counter[str] = Counter()
        capital: Counter[str] = Counter()
        documents: Counter[str] = Counter()
        n_texts = 0
        for text in texts:
            text = straight(text[:_LONGEST_TEXT])
            found = _LOWER.findall(text)
            lower.update(word for word in found if word.islower())
            capital.update(word.casefold() for word in _MIDDLE.findall(text) if word[0].isupper())
            documents.update({word.casefold() for word in found})
            n_texts += 1
        return Vocabulary(lower, capital, documents, n_texts)

    @staticmethod
    def merged(parts: Iterable[Vocabulary]) -> Vocabulary:
        """The vocabulary of all texts of `parts`, the same in any order."""
        lower: Counter[str] = Counter()
        capital: Counter[str] = Counter()
        documents: Counter[str] = Counter()
        n_texts = 0
        for part in parts:
            lower.update(part.lower)
            capital.update(part.capital)
            documents.update(part.documents)
            n_texts += part.n_texts
        return Vocabulary(lower, capital, documents, n_texts)

    def is_common(self, word: str) -> bool:
        """Whether `word`, whatever its case here, is written small by most of the corpus."""
        key = word.casefold()
        return self.lower.get(key, 0) > self.capital.get(key, 0)

    def is_mostly_common(self, word: str) -> bool:
        """Whether `word` is written small so often that a capital at a sentence's beginning says nothing."""
        key = word.casefold()
        return self.lower.get(key, 0) > 8 * self.capital.get(key, 0)

    def is_name(self, word: str) -> bool:
        """Whether the corpus writes `word` large within sentences, and mostly so."""
        key = word.casefold()
        return self.capital.get(key, 0) > self.lower.get(key, 0)

    def to_columns(self) -> dict[str, list[str] | list[int]]:
        """Columns word, lower, capital, documents, sorted by word; the empty word stands for all texts."""
        keys = sorted({*self.lower, *self.capital, *self.documents})
        return {
            "word": ["", *keys],
            "lower": [0, *(self.lower.get(key, 0) for key in keys)],
            "capital": [0, *(self.capital.get(key, 0) for key in keys)],
            "documents": [self.n_texts, *(self.documents.get(key, 0) for key in keys)],
        }

    @staticmethod
    def from_columns(columns: Mapping[str, Sequence[str] | Sequence[int]]) -> Vocabulary:
        """What `to_columns` wrote, in any row order."""
        keys = [str(word) for word in columns["word"]]
        lower, capital, documents = (_counts(keys, columns[name]) for name in ("lower", "capital", "documents"))
        return Vocabulary(lower, capital, documents, documents.pop("", 0))


def _counts(keys: Sequence[str], column: Sequence[str] | Sequence[int]) -> dict[str, int]:
    counts = [int(count) for count in column]
    return {key: count for key, count in zip(keys, counts, strict=True) if count}


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

    @cached_property
    def letters(self) -> str:
        """Those that the words of the corpus are written with."""
        return "".join(sorted({letter for word in self.vocabulary.documents for letter in word}))

    def idf(self, term: str) -> float:
        """The inverse document frequency of `term`, >= 0; a term that the corpus lacks weighs most.

        Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.3, kept positive by +1.
        """
        return _idf(self.frequencies.get(term, 0), self.text_units)


@lru_cache(maxsize=65536)
def _idf(frequency: int, total: int) -> float:
    return math.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))


def survey(text_units: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(words, terms) of all text units that are not copies; the order of the rows does not matter."""
    texts = text_units.filter(pl.col("copy_of").is_null())["text"].to_list()
    return Lexicon.from_texts(texts).to_tables()
