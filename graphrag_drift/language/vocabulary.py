"""texts -> how often each of their words is written small and large, which tells names from sentence openers.

It keeps counts only, no text; counts of two corpora merge by addition.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphrag_drift.language.words import straight

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
    def from_texts(texts: Iterable[str]) -> "Vocabulary":
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
    def merged(parts: Iterable["Vocabulary"]) -> "Vocabulary":
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
    def from_columns(columns: Mapping[str, Sequence[str] | Sequence[int]]) -> "Vocabulary":
        """What `to_columns` wrote, in any row order."""
        keys = [str(word) for word in columns["word"]]
        lower, capital, documents = (_counts(keys, columns[name]) for name in ("lower", "capital", "documents"))
        return Vocabulary(lower, capital, documents, documents.pop("", 0))


def _counts(keys: Sequence[str], column: Sequence[str] | Sequence[int]) -> dict[str, int]:
    counts = [int(count) for count in column]
    return {key: count for key, count in zip(keys, counts, strict=True) if count}
