"""text -> what can be looked up in another: its quotations, figures, dates and names, and its terms.

A date is known by its month and day, with "Monday" meant as in a text of that day. What is a name is told by capitals
alone; whether two names are one thing's is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from graphrag_drift.language.dates import Date, document_date, find_dates
from graphrag_drift.language.detect import LANGUAGES, either, language_of_question
from graphrag_drift.language.english import MONTHS, WEEKDAYS
from graphrag_drift.language.figures import Figure, figures_in_words, figures_of
from graphrag_drift.language.lines import kind_of_line
from graphrag_drift.language.reading import remembered
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import STOPWORDS, content_terms, terms
from graphrag_drift.patterns import lazy_pattern

QUOTATION = lazy_pattern(r'[“「]([^“”「」]{4,})[”」]|"([^"]{4,})"')
CAPITALISED = lazy_pattern(r"[A-ZÀ-Þ](?:[\w&.-]*\w)?")
CALENDAR = lazy_pattern(rf"\b(?:{'|'.join((*MONTHS, *WEEKDAYS))})\b")
_MONTH = lazy_pattern(rf"\b(?:{'|'.join(MONTHS)})\b(?![’'])")
_MAY = "May"  # which is a verb too, and then seldom large but at the beginning of a sentence
_DATELINE = lazy_pattern(rf"(?:{either(lambda language: language.prose.dateline)})")
_STOP = lazy_pattern(
    r"[.!?…。！？؟।][\"'”’»›)\]」』]*(?:\[\d+\])*\Z"
    rf"|(?:{either(lambda language: language.prose.ends)})[\"'”’»]?\Z"
)
_BYLINE = lazy_pattern(rf"(?:{either(lambda language: language.prose.byline)})|.{{0,60}}\|.{{0,60}}\|")
_SHORTEST = 20  # characters that follow a dateline
_ANY_DAY = "2000-06-30"  # for a text of an unknown day, of whose dates those in figures are read
_WORDS = lazy_pattern(r"\w+")


@dataclass(frozen=True)
class Facts:
    """What a text states.

    `quotations` are sentence by sentence, without capitals and punctuation; `figures` are the values of those in
    digits, `counts` of those in words; `dates` are "MM-DD", "MM" and "YYYY"; `names` and `terms` are index terms.
    """

    quotations: frozenset[str]
    figures: frozenset[Decimal | str]
    counts: frozenset[Decimal | str]
    dates: frozenset[str]
    names: frozenset[str]
    terms: frozenset[str]


@dataclass(frozen=True)
class Sentence:
    """A sentence at `start` to `end` of a text, its own `text`, its words alone, and what it states."""

    start: int
    end: int
    text: str
    plain: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence rests on: the title and the ISO date (or "") of a document, a part of its text, and what is
    quoted of that for the sentence."""

    title: str
    date: str
    text: str
    quote: str = ""


@remembered(2048)
def facts_of(text: str, published: str) -> Facts:
    """What `text` states, in a document of the ISO day `published`, or ""."""
    dates = dates_of(text, published)
    digits = [each for each in figures_of(text) if not _is_within(each.start, dates)]
    words = [each for each in figures_in_words(text)[len(figures_of(text)) :] if not _is_within(each.start, dates)]
    return Facts(
        frozenset(_quotations(text)),
        frozenset(figure.value for figure in digits),
        frozenset(figure.value for figure in words),
        frozenset(_keys(text, dates)),
        frozenset(term for name in CAPITALISED.findall(CALENDAR.sub(" ", text)) for term in _terms_of_name(name)),
        frozenset(content_terms(text)),
    )


@remembered(256)
def sentences_of(text: str, published: str, opens: bool) -> tuple[Sentence, ...]:
    """The sentences of a text, in order, without datelines; `opens`: the text is the beginning of its document.

    Headlines, headings and bylines are left out, unless there is nothing else.
    """
    parts = ((start, end, text[start:end]) for start, end in prose_of(text, opens))
    return tuple(Sentence(start, end, part, bare(part), facts_of(part, published)) for start, end, part in parts)


def prose_of(text: str, opens: bool) -> list[tuple[int, int]]:
    """The spans of the sentences of `sentences_of`, which also says what they state."""
    spans = [_after_dateline(text, start, end) for start, end in split_sentences(text)]
    lines = [text[start:end] for start, end in spans]
    first = next((n for n, line in enumerate(lines) if _STOP.search(line)), 0) if opens else 0
    prose = [
        span
        for n, (span, line) in enumerate(zip(spans, lines, strict=True))
        if n >= first and not _BYLINE.match(line) and kind_of_line(line) not in ("heading", "rule")
    ]
    return prose or spans


def dates_of(text: str, published: str) -> tuple[Date, ...]:
    """The dates of `text`; words for days, such as "Monday", only if it is known when it was `published`."""
    dates = find_dates(text, published or _ANY_DAY)
    return tuple(each for each in dates if published or any(map(str.isdigit, text[each.start : each.end])))


@lru_cache(maxsize=2048)
def figures_beside_dates(text: str) -> tuple[Figure, ...]:
    """The figures of `text`, words for small ones among them, but for the days and years of its dates; what has a unit
    of its own, such as a day without a month, stays."""
    dates = dates_of(text, "")
    return tuple(each for each in figures_in_words(text) if each.unit or not _is_within(each.start, dates))


@lru_cache(maxsize=512)
def day_of(document: str) -> str:
    """The ISO day that a document says it is of, or ""."""
    return document_date(document) or ""


@lru_cache(maxsize=2048)
def is_of_another_language(sentence: str, text: str) -> bool:
    """Whether no sentence of `text` is in the language of `sentence`; what is too short to tell is in any."""
    code, other = language_of_question(sentence), language_of_question(text)
    if not code or not other or code == other:
        return False
    return all(language_of_question(text[start:end]) != code for start, end in split_sentences(text))


@lru_cache(maxsize=2048)
def bare(text: str) -> str:
    """The words of `text` alone: without capitals, spaces and punctuation."""
    return " ".join(_WORDS.findall(text.casefold()))


def _quotations(text: str) -> Iterator[str]:
    for curly, straight in QUOTATION.findall(text):
        quotation = curly or straight
        yield from filter(None, (bare(quotation[start:end]) for start, end in split_sentences(quotation)))


def _is_within(place: int, dates: tuple[Date, ...]) -> bool:
    return any(each.start <= place < each.end for each in dates)


def _keys(text: str, dates: tuple[Date, ...]) -> Iterator[str]:
    for each in dates:
        for iso in (each.iso, *_week_after(text[each.start : each.end], each.iso)):
            yield from filter(None, (iso[:4] if _says_year(text, each) else "", iso[5:7], iso[5:10]))
    for match in _MONTH.finditer(text):
        if match[0] != _MAY or match.start():
            yield f"{MONTHS.index(match[0]) + 1:02d}"


def _says_year(text: str, each: Date) -> bool:
    return each.iso[:4] in text[each.start : each.end]


def _week_after(words: str, iso: str) -> Iterator[str]:
    """A bare weekday is read as the last one, and may be the next."""
    last = words.split()[-1].casefold() if words.split() else ""
    if any(last.startswith(day) for language in LANGUAGES for day in language.dates.weekdays) and len(iso) == 10:
        yield (date.fromisoformat(iso) + timedelta(days=7)).isoformat()


def _terms_of_name(name: str) -> list[str]:
    return [] if name.casefold() in STOPWORDS else terms(name)


def _after_dateline(text: str, start: int, end: int) -> tuple[int, int]:
    dateline = _DATELINE.match(text, start, end)
    return (dateline.end(), end) if dateline and end - dateline.end() > _SHORTEST else (start, end)
