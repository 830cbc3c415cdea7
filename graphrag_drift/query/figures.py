"""A sentence, the texts it rests on -> which of its figures and dates they do not hold.

Figures are compared by value and unit: "$2 million" is "$2,000,000", and neither "$2 billion" nor "2 %". Dates are
compared as dates: "on 2 May" may be the Friday that a text of that day tells of. A figure must stand in a title, or
near to what else the sentence says. Nothing is added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graphrag_drift.language.dates import Date, find_dates
from graphrag_drift.language.figures import Figure, figures_in_words, figures_of
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms

_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HAS_YEAR = re.compile(r"\d{4}")
_AROUND = 8  # words before and after a figure: what it is about
_YEAR = 4  # characters of an ISO date
_NEAR = 1 / 3  # of the words that the nearest sentence of a text shares with it: that is about the same thing too


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence rests on: the title and the ISO date (or "") of a document, and a part of its text."""

    title: str
    date: str
    text: str


def wrong_figure(sentence: str, sources: Sequence[Source], known: str) -> str:
    """What is wrong with the first date or figure of `sentence` that no source bears out, or ""; those of `known`
    need none."""
    borne: list[tuple[int, int]] = []
    for start, end, isos in dates_said(sentence, sources):
        said = sentence[start:end]
        if any(
            _tells_date(source, iso, bool(_HAS_YEAR.search(said))) for source, iso in zip(sources, isos, strict=True)
        ):
            borne.append((start, end))
        elif any(len(iso) > _YEAR for iso in isos) and said not in known:
            return f"the date {said!r} does not stand in what it cites"
    figures = figures_of(sentence)
    heads = [figures_in_words(f"{source.title} {source.date[:_YEAR]}") for source in sources]
    free = [held for of_one in (figures_in_words(known), *heads) for held in of_one]
    for figure in figures:
        if any(start <= figure.start < end for start, end in borne) or _is_among(figure, free, figures):
            continue
        if not any(_is_among(figure, _figures_near(sentence, figure, source.text), figures) for source in sources):
            elsewhere = any(_is_among(figure, figures_in_words(source.text), figures) for source in sources)
            how = "stands only elsewhere" if elsewhere else "does not stand"
            return f"the figure {figure.said!r} {how} in what it cites"
    return ""


def _is_among(figure: Figure, held: Iterable[Figure], sentence: Sequence[Figure]) -> bool:
    """Whether one of `held`, of a text, says the same as `figure`, of a `sentence` with these figures."""
    return any(_is_said_by(figure, other, sentence) for other in held)


def _is_said_by(figure: Figure, held: Figure, sentence: Sequence[Figure]) -> bool:
    if figure.unit and held.unit and figure.unit != held.unit:
        return False
    if held.unit == "percent" and not any(other.unit == "percent" for other in sentence):
        return False
    if figure.value == held.value:
        return True
    of_a_table = not held.scale and not held.unit  # whose head may say what is counted
    shared = not figure.scale and any(other.scale == held.scale for other in sentence)  # "from 5 to 7 million"
    return figure.number == held.number and (of_a_table or shared)


def _figures_near(sentence: str, figure: Figure, text: str) -> list[Figure]:
    """The figures of those sentences of `text` that share words with what `sentence` says around `figure`, and of
    those after the nearest, which may speak of the same with "it"."""
    before, after = sentence[: figure.start].split()[-_AROUND:], sentence[figure.start :].split()[:_AROUND]
    wanted = {term for term in content_terms(" ".join((*before, *after))) if not term[:1].isdigit()}
    parts = _analysed(text)
    shared = [len(wanted & words) for words, _ in parts]
    best = max(shared, default=0)
    return [
        held
        for n, (_, figures) in enumerate(parts)
        if shared[n] >= _NEAR * best or (n and shared[n - 1] == best)
        for held in figures
    ]


@lru_cache(maxsize=512)
def _analysed(text: str) -> tuple[tuple[frozenset[str], tuple[Figure, ...]], ...]:
    """The terms and the figures of each sentence of `text`."""
    parts = (text[start:end] for start, end in split_sentences(text))
    return tuple((frozenset(content_terms(part)), figures_in_words(part)) for part in parts)


def dates_said(sentence: str, sources: Sequence[Source]) -> Iterator[tuple[int, int, list[str]]]:
    """(start, end, ISO dates) of each date of `sentence` that is written in figures: how it is meant if the sentence
    is of the day of each of the `sources`, "" where it is none."""
    found: dict[tuple[int, int], list[str]] = {}
    if not any(map(str.isdigit, sentence)):
        return  # most sentences: finding dates takes longer than all else that is looked for in them
    for n, source in enumerate(sources):
        for date in _dates_in(sentence, source.date):
            if any(character.isdigit() for character in sentence[date.start : date.end]):
                found.setdefault((date.start, date.end), [""] * len(sources))[n] = date.iso
    for (start, end), isos in sorted(found.items()):
        likely = next(iso for iso in isos if iso)
        yield start, end, [iso or likely for iso in isos]


@lru_cache(maxsize=512)
def _dates_in(sentence: str, published: str) -> tuple[Date, ...]:
    return tuple(find_dates(sentence, published or None))


def _tells_date(source: Source, iso: str, has_year: bool) -> bool:
    """Whether a date of `source` is `iso` or within it, or else its month and day (and year) stand together there."""
    isos, parts = _dates_of(source)
    if any(date.startswith(iso) for date in isos):
        return True
    if has_year and not any(iso[:_YEAR] in part for part in (source.date, *parts)):
        return False
    month, day = int(iso[5:7] or 0), int(iso[8:10] or 0)
    named = re.compile(rf"\b{_MONTHS[month]}|(?<!\d){month}월|(?<!\d){day}일", re.IGNORECASE)
    counted = re.compile(rf"(?<!\d){day}(?!\d)")
    return month > 0 and any(named.search(part) and (not day or counted.search(part)) for part in parts)


@lru_cache(maxsize=512)
def _dates_of(source: Source) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ISO dates of a source, and its sentences."""
    text = f"{source.title}\n{source.text}"
    isos = [date.iso for date in find_dates(text, source.date or None)]
    return (source.date, *isos) if source.date else tuple(isos), tuple(text[a:b] for a, b in split_sentences(text))
