"""Statistics of one corpus: how its words are written, and in how many text units each word and term stands."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

import polars as pl

from graphrag_drift.jobs import ahead
from graphrag_drift.language.detect import SCRIPTED, writing_of
from graphrag_drift.language.language import Language
from graphrag_drift.language.terms import content_terms, straight, terms
from graphrag_drift.memo import as_json, recalled
from graphrag_drift.patterns import lazy_pattern
from graphrag_drift.tables import TERMS, WORDS, conform

_LONGEST_TEXT = 200_000  # characters of a text that count; more adds nothing to the statistics
_LONGEST_RUN = 40  # characters without whitespace that are remembered
_WORD = lazy_pattern(r"\b[^\W\d_]{2,30}\b")
# A capitalised word after another word or a comma cannot owe its capital to the sentence's beginning.
# A small letter of ASCII is left out where it would be found, as the search is quicker so.
_MIDDLE = lazy_pattern(r"[^\W\d_a-z](?:(?<=[^\W_][ \n].)|(?<=[^\W_][,;] .))[^\W\d_]{1,29}")
_AROUND = lazy_pattern(
    r"(?<![^\W_])(?P<before>[^\W_]+)[,;]?[ \n](?=(?P<word>[^\W\d_]{2,30})(?:[ \n](?P<after>[^\W\d_]+))?)"
)
_CAPITAL_SAYS_NOTHING = 8  # times as often small as large
_RAREST, _COMMONEST = 1000, 20
_RARELY = 10  # times as often large as small, from which a small one is a slip


def most_frequent(counts: Mapping[str, int]) -> str:
    """The key that counts most, of several the first of the alphabet; "" of none."""
    return min(counts, key=lambda key: (-counts[key], key), default="")


def _large(text: str, language: Language) -> Iterator[tuple[str, bool]]:
    """The words that `text` writes large within sentences, each with whether what is around it makes it a noun."""
    for match in _AROUND.finditer(text):
        if match["word"][0].isupper():
            yield match["word"], language.says_noun(match["before"] or "", match["word"], match["after"] or "")


@dataclass(frozen=True)
class Statistics:
    """What is known of a corpus given as text units; the order of the units does not matter.

    Per casefolded word: times in lower case, times capitalised within a sentence, text units that hold it; where nouns
    are written large, one that stands as nouns do (after an article) counts as if it were small. Per term
    (see `terms.py`): the text units that hold it. `outlets` are the names of whom the documents are from.
    """

    lower: Mapping[str, int]
    capital: Mapping[str, int]
    documents: Mapping[str, int]
    frequencies: Mapping[str, int]
    text_units: int
    outlets: frozenset[str] = frozenset()

    @classmethod
    def from_texts(cls, texts: Iterable[str], *, with_terms: bool = True) -> Statistics:
        """The statistics of the text units with these texts; those of the terms take most of the time."""
        lower: Counter[str] = Counter()
        capital: Counter[str] = Counter()
        documents: Counter[str] = Counter()
        frequencies: Counter[str] = Counter()
        text_units = 0
        for text in texts:
            if with_terms:
                frequencies.update(set(terms(text)))
            small, large, others = _recalled_words(text)
            lower.update(small)
            capital.update(large)
            documents.update({*map(str.casefold, small), *others})
            text_units += 1
        return cls(lower, capital, documents, dict(sorted(frequencies.items())), text_units)

    @classmethod
    def from_tables(cls, words: pl.DataFrame, terms: pl.DataFrame) -> Statistics:
        """The statistics that `to_tables` made those tables from."""
        counts = {
            name: {word: count for word, count in words.select("word", name).iter_rows() if count}
            for name in ("lower", "capital", "documents")
        }
        text_units = counts["documents"].pop("", 0)
        frequencies = dict(terms.select("term", "text_units").iter_rows())
        return cls(counts["lower"], counts["capital"], counts["documents"], frequencies, text_units)

    def to_tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`words` and `terms`, as `tables.py` declares them, sorted by word and by term.

        The empty word stands for all text units.
        """
        keys = sorted({*self.lower, *self.capital, *self.documents})
        words = {
            "word": ["", *keys],
            "lower": [0, *(self.lower.get(key, 0) for key in keys)],
            "capital": [0, *(self.capital.get(key, 0) for key in keys)],
            "documents": [self.text_units, *(self.documents.get(key, 0) for key in keys)],
        }
        frequencies = sorted(self.frequencies.items())
        columns = {"term": [term for term, _ in frequencies], "text_units": [count for _, count in frequencies]}
        return conform(pl.DataFrame(words), WORDS, "words"), conform(pl.DataFrame(columns), TERMS, "terms")

    def is_common(self, word: str) -> bool:
        """Whether `word`, whatever its case here, is written small by most of the corpus."""
        key = word.casefold()
        return self.lower.get(key, 0) > self.capital.get(key, 0)

    def is_mostly_common(self, word: str) -> bool:
        """Whether `word` is written small so often that a capital at a sentence's beginning says nothing."""
        key = word.casefold()
        return self.lower.get(key, 0) > _CAPITAL_SAYS_NOTHING * self.capital.get(key, 0)

    def is_name(self, word: str) -> bool:
        """Whether the corpus writes `word` large within sentences, and mostly so."""
        key = word.casefold()
        return self.capital.get(key, 0) > self.lower.get(key, 0)

    def is_written_small(self, word: str) -> bool:
        """Whether the corpus writes `word`, in small letters here, small anywhere."""
        return self.lower.get(word, 0) > 0

    def is_rarely_large(self, word: str) -> bool:
        """Whether the corpus writes `word`, in small letters here, small more than one time in ten or so."""
        return self.lower.get(word, 0) * _RARELY > self.capital.get(word, 0)

    def is_inflected(self, word: str) -> bool:
        """Whether the corpus puts an ending on `word` that no name takes; of scripts without capitals only."""
        return word in self._inflected

    @cached_property
    def _inflected(self) -> frozenset[str]:
        return frozenset(
            match[1]
            for language in SCRIPTED
            if language.common_noun
            for word in self.documents
            if (match := re.fullmatch(language.common_noun, word))
        )

    @cached_property
    def outlet_terms(self) -> tuple[frozenset[str], ...]:
        """The content terms of each outlet's name."""
        return tuple(frozenset(content_terms(outlet)) for outlet in sorted(self.outlets) if outlet)

    @cached_property
    def letters(self) -> str:
        """Those that the words of the corpus are written with."""
        return "".join(sorted(self._letters))

    def has_letters(self, word: str) -> bool:
        """Whether the corpus is written with each letter of `word`."""
        return self._letters.issuperset(word)

    @cached_property
    def _letters(self) -> frozenset[str]:
        return frozenset(letter for word in self.documents for letter in word)

    def idf(self, term: str) -> float:
        """The inverse document frequency of `term`, >= 0; a term that the corpus lacks weighs most.

        Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.3, kept positive by +1.
        """
        return _idf(self.frequencies.get(term, 0), self.text_units)

    @cached_property
    def _scale(self) -> float:
        return _RAREST / math.log(max(self.text_units, 2) + 1)

    def rarity(self, term: str) -> int:
        """The weight of `term` by the logarithm of the share of text units that hold it: 20 (all) to 1,000 (none).

        A whole number, so that sums over sets do not depend on their order.
        """
        value = self._rarities.get(term)
        if value is None:
            share = (max(self.text_units, 2) + 1) / (self.frequencies.get(term, 0) + 0.5)
            value = self._rarities[term] = max(_COMMONEST, min(_RAREST, round(self._scale * math.log(share))))
        return value

    @cached_property
    def _rarities(self) -> dict[str, int]:
        """By term, as asked for."""
        return {}


def _recalled_words(text: str) -> tuple[dict[str, int], dict[str, int], list[str]]:
    """As `_words_as_written`."""
    counts: tuple[dict[str, int], dict[str, int], list[str]] = recalled(
        f"{__name__}:words", (text,), lambda: _words_as_written(text), write=as_json, read=json.loads
    )
    return counts


def _words_as_written(text: str) -> tuple[dict[str, int], dict[str, int], list[str]]:
    """How often each word of a text counts as small and as large, and the other words that it holds, casefolded."""
    text = straight(text[:_LONGEST_TEXT])
    runs = text.split()
    short = len(max(runs, key=len, default="")) <= _LONGEST_RUN
    written = Counter(chain.from_iterable(map(_known_words if short else _words_of, runs)))
    lower = Counter({word: count for word, count in written.items() if word.islower()})
    capital: Counter[str] = Counter()
    language = writing_of(text)
    if language.nouns is None:
        for word, count in Counter(_MIDDLE.findall(text)).items():
            if word[0].isupper():
                capital[word.casefold()] += count
    else:
        for word, is_noun in _large(text, language):
            (lower if is_noun else capital)[word.casefold()] += 1
    small = set(map(str.casefold, lower))
    return dict(lower), dict(capital), sorted(set(map(str.casefold, written)) - small)


def _words_of(run: str) -> Sequence[str]:
    """The words of a run without whitespace."""
    return _known_words(run) if len(run) <= _LONGEST_RUN else _WORD.findall(run)


@lru_cache(maxsize=1 << 15)
def _known_words(run: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(run))


Lexicon = Statistics
Vocabulary = Statistics


@lru_cache(maxsize=65536)
def _idf(frequency: int, total: int) -> float:
    return math.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))


def count_terms(text_units: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(words, terms) of all text units that are not copies; the order of the rows does not matter."""
    texts = text_units.filter(pl.col("copy_of").is_null())["text"].to_list()
    ahead(_recalled_words, texts)
    return Statistics.from_texts(texts).to_tables()
