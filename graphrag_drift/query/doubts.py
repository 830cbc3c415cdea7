"""A sentence, what it cites -> why to doubt it, or "".

It looks at words: quotations, names, dates, figures, "not", and a part of the other words must stand in what is cited
(or its titles). Where that is in another language, only figures, dates and acronyms are looked for. It cannot tell that
the right words are put together wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache

from graphrag_drift.facts import (
    CALENDAR,
    Source,
    bare,
    dates_of,
    facts_of,
    figures_beside_dates,
    is_of_another_language,
    sentences_of,
)
from graphrag_drift.language.detect import either, every
from graphrag_drift.language.english import MONTHS, WEEKDAYS
from graphrag_drift.language.figures import Figure, figures_in_words
from graphrag_drift.language.reading import remembered
from graphrag_drift.language.terms import content_terms, terms
from graphrag_drift.query.misnamed import Names, wrong_name

_QUOTE = re.compile(r'[“「]([^“”「」]{15,})[”」]|"([^"]{15,})"')
_ALIKE = 0.85  # of a quotation and a passage: a slip of the pen
_SHARED = 0.35  # part of a sentence's terms that its sources must hold
_AROUND = 8  # words before and after a thing: what is said of it
_NEAR = 1 / 3  # of the words that the nearest sentence of a text shares with it: that is about the same thing too
_COPIED = 0.6  # of the words of a sentence and one that it cites: it says the same, with or without a "not"
_FEWEST = 4  # of those words
_NEGATION = re.compile(either(lambda language: language.prose.negation))
_CLAUSE = re.compile(r"(?:\s+[^\s,.;:!?()\"“”]+){1,4}")  # up to four words
_SAYING = frozenset(term for words in every(lambda language: language.asking.about_texts) for term in terms(words))
_YEAR, _MONTH = 4, 7  # characters of an ISO date


@remembered(2048)
def doubt_of(sentence: str, sources: tuple[Source, ...], known: str, names: Names, opens: bool) -> str:
    """Why `sentence` is not borne out by `sources`, or ""; what is `known`, from the question, needs no evidence.

    `names` are words that are known to be names; `opens`: it only announces what its sources are cited
    for, so that its words may be its own.
    """
    text = "\n".join(f"{source.title}\n{source.text}" for source in sources)
    is_foreign = any(is_of_another_language(sentence, source.text) for source in sources)
    reason = _wrong_quotation(sentence, text) if not is_foreign else ""
    reason = reason or wrong_name(sentence, sources, known, names, is_foreign)
    if not reason and not is_foreign and not opens:
        reason = "" if _share_words(sentence, text, known) else "what it cites is about something else"
    reason = reason or wrong_figure(sentence, sources, known, near=not is_foreign)
    return reason or ("" if is_foreign else _wrong_negation(sentence, sources))


def is_quoted(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text`, as it is, but for spaces and punctuation, or but for a slip."""
    wanted, words = bare(quote), bare(text)
    if wanted in words:
        return True
    matcher = SequenceMatcher(None, words, wanted, autojunk=False)
    block = matcher.find_longest_match()
    start = max(0, block.a - block.b)
    return SequenceMatcher(None, words[start : start + len(wanted)], wanted, autojunk=False).ratio() >= _ALIKE


def _wrong_quotation(sentence: str, text: str) -> str:
    for quote in (curly or straight for curly, straight in _QUOTE.findall(sentence)):
        if not is_quoted(quote, text):
            return f"the words {quote[:60]!r} do not stand in what it cites"
    return ""


def _share_words(sentence: str, text: str, known: str) -> bool:
    wanted = set(content_terms(sentence))
    return len(wanted & (_terms(text) | _terms(known))) >= _SHARED * len(wanted)


@remembered(512)
def _terms(text: str) -> frozenset[str]:
    """The sentences of a tree cite the same passages again and again."""
    return frozenset(content_terms(text))


def wrong_figure(sentence: str, sources: Sequence[Source], known: str, *, near: bool = True) -> str:
    """What is wrong with the first date or figure of `sentence` that no source bears out, or ""; those of `known`
    need none. `near`: a source must have it where it speaks of the same."""
    dates: list[tuple[int, int]] = []
    for start, end, isos in dates_in_figures(sentence, sources):
        date = sentence[start:end]
        place = (start, end)
        if any(_has_date(sentence, place, source, iso, near) for source, iso in zip(sources, isos, strict=True)):
            dates.append(place)
        elif any(len(iso) > _YEAR for iso in isos) and date not in known:
            return f"the date {date!r} does not stand in what it cites"
    if month := _wrong_month(sentence, sources, known, dates):
        return month
    figures = figures_in_words(sentence)
    heads = [figures_in_words(f"{source.title} {source.date[:_YEAR]}") for source in sources]
    free = [other for figures_of_one in (figures_in_words(known), *heads) for other in figures_of_one]
    for figure in figures:
        if any(start <= figure.start < end for start, end in dates) or _is_among(figure, free, figures):
            continue
        place = (figure.start, figure.end)
        parts = [part for source in sources for part in (_near(sentence, place, source) if near else [source.text])]
        # "25일" is of a date, and may have its month elsewhere.
        read = figures_in_words if _is_day(figure) else figures_beside_dates
        if not any(_is_among(figure, read(part), figures) for part in parts):
            elsewhere = any(_is_among(figure, figures_in_words(source.text), figures) for source in sources)
            how = "stands only elsewhere" if elsewhere else "does not stand"
            return f"the figure {figure.said!r} {how} in what it cites"
    return ""


def _wrong_month(sentence: str, sources: Sequence[Source], known: str, dates: Sequence[tuple[int, int]]) -> str:
    """What is wrong with a month or a day of the week that stands alone, such as "in April", or ""."""
    for match in CALENDAR.finditer(sentence):
        day = match[0]
        if any(start <= match.start() < end for start, end in dates) or day in known or not sentence[: match.start()]:
            continue
        if not any(day in _calendar_of(source) for source in sources):
            return f"the date {day!r} does not stand in what it cites"
    return ""


@lru_cache(maxsize=512)
def _calendar_of(source: Source) -> frozenset[str]:
    """The months and days of the week that a source writes, and those of its dates."""
    text = f"{source.title}\n{source.text}"
    days = {match[0] for match in CALENDAR.finditer(text)}
    for each in (source.date, *_isos_of(source)):
        if len(each) >= _MONTH:
            days.add(MONTHS[int(each[5:7]) - 1])
        if len(each) > _MONTH:
            days.add(WEEKDAYS[date.fromisoformat(each).weekday()])
    return frozenset(days)


def _is_among(figure: Figure, others: Iterable[Figure], sentence: Sequence[Figure]) -> bool:
    """Whether one of `others`, of a text, says the same as `figure`, of a `sentence` with these figures."""
    return any(_agree(figure, other, sentence) for other in others)


def _agree(figure: Figure, other: Figure, sentence: Sequence[Figure]) -> bool:
    if figure.unit and other.unit and figure.unit != other.unit:
        return False
    if other.unit == "percent" and not any(each.unit == "percent" for each in sentence):
        return False
    if figure.value == other.value:
        return True
    of_a_table = not other.scale and not other.unit  # whose head may say what is counted
    shared = not figure.scale and any(each.scale == other.scale for each in sentence)  # "from 5 to 7 million"
    return figure.number == other.number and (of_a_table or shared)


def _near(sentence: str, place: tuple[int, int], source: Source) -> list[str]:
    """What is quoted of a source, those of its sentences that share words with what `sentence` says around a place of
    its, and those after them, which may speak of the same with "it"."""
    before, after = sentence[: place[0]].split()[-_AROUND:], sentence[place[1] :].split()[:_AROUND]
    wanted = {term for term in content_terms(" ".join((*before, *after))) if not term[:1].isdigit()}
    parts = sentences_of(source.text, source.date, False)
    shared = [len(wanted & part.facts.terms) for part in parts]
    least = _NEAR * max(shared, default=0)
    near = (n for n, _ in enumerate(parts) if shared[n] >= least or (n and shared[n - 1] >= least))
    return [source.quote, *(parts[n].text for n in near)]


def _is_day(figure: Figure) -> bool:
    return str(figure.value).isdigit() and _day_alone(int(figure.value)).fullmatch(figure.said) is not None


def dates_in_figures(sentence: str, sources: Sequence[Source]) -> Iterator[tuple[int, int, list[str]]]:
    """(start, end, ISO dates) of each date of `sentence` that is written in figures: how it is meant if the sentence
    is of the day of each of the `sources`, "" where it is none."""
    places: dict[tuple[int, int], list[str]] = {}
    if not any(map(str.isdigit, sentence)):
        return  # most sentences: finding dates takes longer than all else that is looked for in them
    for n, source in enumerate(sources):
        for each in dates_of(sentence, source.date):
            if any(map(str.isdigit, sentence[each.start : each.end])):
                places.setdefault((each.start, each.end), [""] * len(sources))[n] = each.iso
    for (start, end), isos in sorted(places.items()):
        likely = next(iso for iso in isos if iso)
        yield start, end, [iso or likely for iso in isos]


def _has_date(sentence: str, place: tuple[int, int], source: Source, iso: str, near: bool) -> bool:
    """Whether `source` is of the day (month, year) `iso`, or has it; with its year, if `sentence` has one there."""
    if source.date.startswith(iso):
        return True
    years = {source.date[:_YEAR], *(each[:_YEAR] for each in _isos_of(source) if each[:_YEAR] in source.text)}
    if iso[:_YEAR] in sentence[place[0] : place[1]] and iso[:_YEAR] not in years:
        return any(each.startswith(iso) for each in _isos_of(source))
    parts = [source.title, *(_near(sentence, place, source) if near else [source.text])]
    if len(iso) == _YEAR or any(iso[5:] in facts_of(part, source.date).dates for part in parts):
        return True
    # The month and the day stand together, as in "On March 11 and 25", or the day alone, in a text of that month.
    month, day = iso[5:7], int(iso[8:10] or 0)
    counted = re.compile(rf"(?<!\d){day}(?!\d)")
    if day and any(month in facts_of(part, source.date).dates and counted.search(part) for part in parts):
        return True
    return iso[:_MONTH] == source.date[:_MONTH] and any(_day_alone(day).search(part) for part in parts)


@lru_cache(maxsize=64)
def _day_alone(day: int) -> re.Pattern[str]:
    """How the day of a month is written without the month."""
    never = r"\A\Z"
    pattern = either(lambda language: language.dates.day_of)
    return re.compile(pattern.format(name=never, month=never, day=day or never))


@lru_cache(maxsize=512)
def _isos_of(source: Source) -> tuple[str, ...]:
    """The ISO dates in a source."""
    return tuple(each.iso for each in dates_of(f"{source.title}\n{source.text}", source.date))


def _wrong_negation(sentence: str, sources: Sequence[Source]) -> str:
    """What is wrong with a "not" that stands in the sentence or in the one that it is made from, but not in both.

    A word is denied, or said, everywhere in the sources, and the other way round in the sentence.
    """
    denied, wanted = _denied(sentence), frozenset(content_terms(sentence))
    parts = [part for source in sources for part in sentences_of(source.text, source.date, False)]
    there = [(part.facts.terms, _denied(part.text)) for part in parts]
    for term in sorted(wanted - _SAYING):
        told = [(terms, denials) for terms, denials in there if term in terms]
        is_denied = {term in denials for _, denials in told}
        is_copied = any(_is_copied(wanted, terms) for terms, _ in told)
        if is_copied and is_denied == {term not in denied}:
            return f"what it cites says that {'without' if term in denied else 'with'} a “not”"
    return ""


def _is_copied(one: Set[str], other: Set[str]) -> bool:
    return len(one & other) >= max(_FEWEST, _COPIED * min(len(one), len(other)))


@lru_cache(maxsize=2048)
def _denied(sentence: str) -> frozenset[str]:
    """The first term after each word that denies, in its clause."""
    clauses = (_CLAUSE.match(sentence, match.end()) for match in _NEGATION.finditer(sentence))
    return frozenset(term for clause in clauses if clause for term in _content(clause[0])[:1])


def _content(words: str) -> list[str]:
    # Of scripts with capitals: in Korean the denial follows what it denies.
    return [term for term in content_terms(words) if term.upper() != term] if words.strip() else []
