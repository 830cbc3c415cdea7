"""A language -> the words that tell what a capital means in it: closed classes, dates, titles, small words of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import Stemmer

from graphrag_drift.language.detect import known
from graphrag_drift.language.english import ARTICLES, CALENDAR, ENGLISH, FUNCTION_WORDS, WEEKDAY_WORDS
from graphrag_drift.language.language import Language, word_set
from graphrag_drift.names.lists import titles, word_list
from graphrag_drift.patterns import lazy_pattern

_SMALL_WORD = lazy_pattern(r"[^\W\d_]{3,}")
_STEMMED = "russian"  # of the languages whose names have cases, the stemmer that serves them all
_LINKS = word_set("& - of the for and van der den von zu ter ten bin ibn bint al el de del di da dos das la le")


@dataclass(frozen=True)
class Writing:
    """How a language writes names. The words are casefolded; `links` may stand within a name."""

    language: Language
    function_words: frozenset[str]
    articles: frozenset[str]
    calendar: frozenset[str]
    weekdays: frozenset[str]
    offices: frozenset[str]
    not_alone: frozenset[str]
    links: frozenset[str] | None  # None: any
    territories: Mapping[str, str]

    @property
    def titles(self) -> frozenset[str]:
        """Forms of address, offices and ranks."""
        return self.offices | titles()

    def is_territory(self, words: str) -> bool:
        """Whether casefolded `words` are a country's or territory's name, in Cyrillic in any case of it."""
        return bool(self.territory(words))

    def territory(self, words: str) -> str:
        """The name of the country or territory that casefolded `words` are, as a list of countries has it; else ""."""
        if words in self.territories:
            return self.territories[words]
        return "" if words.isascii() else self.territories.get(_stemmed(words), "")


@cache
def writing(code: str) -> Writing:
    """How the language of that code is written; one that the package does not know, as English is."""
    language = known(code) or ENGLISH
    calendar = CALENDAR | language.calendar
    offices = word_list("offices") | language.titles
    not_alone = calendar | word_list("not_alone")
    if not language.calendar:
        return Writing(ENGLISH, FUNCTION_WORDS, ARTICLES, calendar, WEEKDAY_WORDS, offices, not_alone, None, {})
    return Writing(
        language,
        language.function_words,
        language.articles,
        calendar,
        WEEKDAY_WORDS,
        offices,
        not_alone | language.titles,
        _LINKS | language.connectors,
        _territories(),
    )


@cache
def _territories() -> Mapping[str, str]:
    """By casefolded name, and in Cyrillic by its stem, the name with capitals."""
    names = sorted(word_list("territories"))
    capital = {name: _SMALL_WORD.sub(lambda word: word[0].capitalize(), name) for name in names}
    return {_stemmed(name): capital[name] for name in reversed(names) if name[0] >= "\u0400"} | capital


def _stemmed(words: str) -> str:
    stemmer = Stemmer.Stemmer(_STEMMED)
    return " ".join(stemmer.stemWords(words.split()))
