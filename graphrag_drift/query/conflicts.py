"""The sentences of an answer, and what else was shown -> figures that differ though they are for one thing.

A figure that an answer states is compared with those that other texts state in nearly the same words. It looks at
words: figures for one thing told in other words are not found, and a change is not told from a correction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from graphrag_drift.language.cues import kind_of_question
from graphrag_drift.language.dates import find_dates, written_date
from graphrag_drift.language.detect import SCRIPTED, either
from graphrag_drift.language.figures import Figure, figures_of
from graphrag_drift.language.terms import STOPWORDS, content_terms
from graphrag_drift.patterns import lazy_pattern

_AROUND = 9  # words before and after a figure: what it is about
# Share of the words around a figure, by rarity, that stand around another too: of money and the like, of what is named.
_ALIKE, _ALIKE_COUNTED = 0.5, 0.35
_FEWEST = 2  # words around both
_ASKED, _ASKED_COUNTED = 0.35, 0.1  # share of the question, by rarity, that stands around such a figure
_BEFORE, _AFTER = 6, 3  # words that are told with a figure
LEAD = 4  # sentences of an answer, the first, whose figures are compared
_MOST = 5  # figures that are told
_WORD = lazy_pattern(r"[^\W\d_][\w'’-]*")
_OWN = "".join(language.letters for language in SCRIPTED)  # letters that follow a figure without a space
_COUNTED = lazy_pattern(rf"(?:\s+|(?=[{_OWN}]))([^\W\d_][\w'’-]*(?:\s+[^\W\d_][\w'’-]*)?)")
# "14-year", "4th", "6 a.m."
_NO_COUNT = lazy_pattern(rf"[-–:][^\W_]|(?:st|nd|rd|th)\b|\s?(?:{either(lambda language: language.dates.hour)})")
_NO_FIGURES = ("date", "reason", "place", "person")  # kinds of things asked for
Worth = Callable[[Iterable[str]], float]


@dataclass(frozen=True, slots=True)
class Dated:
    """A sentence, with the title and the ISO date of the document that says it."""

    text: str
    title: str
    date: str


@dataclass(frozen=True)
class _Statement:
    """A figure in a sentence, and what it counts, unless it has a unit."""

    sentence: Dated
    figure: Figure
    noun: frozenset[str]

    @property
    def unit(self) -> str:
        """That of the figure, or ""."""
        return self.figure.unit

    @cached_property
    def said(self) -> str:
        """The figure with a few words."""
        return _with_words(self.sentence.text, self.figure)

    @cached_property
    def around(self) -> frozenset[str]:
        """What is said around it."""
        text, figure = self.sentence.text, self.figure
        near = [*_WORD.findall(text[: figure.start])[-_AROUND:], *_WORD.findall(text[figure.end :])[:_AROUND]]
        return frozenset(content_terms(" ".join(near))) - self.noun

    @property
    def order(self) -> tuple[str, str, str]:
        """By date."""
        return self.sentence.date, self.sentence.title, self.said


def differing_figures(stated: Sequence[Dated], shown: Iterable[Dated], question: str, worth: Worth) -> str:
    """What to say of the first figure of `stated` that is another elsewhere: each with its date, oldest first; or "".

    `worth` is the rarity of terms, summed.
    """
    asked = frozenset(content_terms(question))
    if kind_of_question(question) in _NO_FIGURES:
        return ""
    told = [s for sentence in stated[:LEAD] for s in _statements(sentence) if _is_asked(s, asked, worth)]
    if not told:
        return ""
    units = frozenset(statement.figure.unit for statement in told)
    others = [s for sentence in shown if _has_figure(sentence.text) for s in _statements(sentence) if s.unit in units]
    for statement in told:
        same = _one_each([statement, *(other for other in others if _differs(statement, other, asked, worth))])
        if len(same) > 1:
            return f"reports differ: {'; '.join(map(_told, same))}"
    return ""


def _has_figure(text: str) -> bool:
    return any(map(str.isdigit, text))


@lru_cache(maxsize=8192)
def _statements(sentence: Dated) -> tuple[_Statement, ...]:
    """The figures of a dated sentence but for its dates, and those of which it has several of a kind."""
    text = sentence.text if sentence.date else ""
    figures = figures_of(text)
    dates = [(date.start, date.end) for date in find_dates(text, sentence.date)] if figures else []
    statements = []
    for figure in figures:
        after = text[figure.end :]
        if any(start <= figure.start < stop for start, stop in dates) or _NO_COUNT.match(after):
            continue
        counted = _COUNTED.match(after) if not figure.unit else None
        if counted and any(start < figure.end + counted.end() and figure.end < end for start, end in dates):
            counted = None  # "884 to 131 on Sunday" counts no Sundays
        follow = counted[1].split() if counted else []
        noun = frozenset(content_terms(" ".join(word for word in follow if word not in STOPWORDS)))
        if noun or figure.unit:
            statements.append(_Statement(sentence, figure, noun))
    alike = Counter((each.unit, each.noun) for each in statements)
    return tuple(each for each in statements if alike[each.unit, each.noun] == 1)  # "from 9 % to 19 %": a change


def _with_words(text: str, figure: Figure) -> str:
    """The figure with a few words of its clause before and after it."""
    start = figure.end - len(figure.said)
    before = re.split(r"[,;:()\"“”]\s", text[:start])[-1].split(" ")[-_BEFORE:]
    after = re.split(r"[,;:.!?()\"“”]", text[figure.end :])[0].split(" ")[: _AFTER + 1]
    while after and after[-1].casefold() in STOPWORDS:
        after.pop()
    while len(before) > 1 and before[0].casefold() in STOPWORDS:
        before.pop(0)
    return " ".join(" ".join([*before[:-1], f"{before[-1]}{figure.said}{' '.join(after)}"]).split())


def _is_asked(stated: _Statement, asked: frozenset[str], worth: Worth) -> bool:
    """Whether the question may be about the figure: it speaks of what is counted and of what is said around it."""
    least = _ASKED_COUNTED if stated.noun else _ASKED
    return worth((stated.around | stated.noun) & asked) >= least * worth(asked)


def _differs(stated: _Statement, other: _Statement, asked: frozenset[str], worth: Worth) -> bool:
    """Whether another text has another figure for the same."""
    if stated.sentence.date == other.sentence.date or stated.figure.unit != other.figure.unit:
        return False
    if (stated.noun or other.noun) and not stated.noun & other.noun:
        return False
    if _says(stated.sentence, other.figure) or _says(other.sentence, stated.figure):
        return False
    days, others = _days(stated.sentence), _days(other.sentence)
    if days and others and not days & others:
        return False  # each tells of a day of its own
    counted = stated.noun & other.noun & asked
    shared = (stated.around & other.around) | counted
    least = min(worth(stated.around | counted), worth(other.around | counted))
    needed = _ALIKE_COUNTED if stated.noun & other.noun else _ALIKE
    return len(stated.around & other.around) >= _FEWEST and worth(shared) >= needed * least


@lru_cache(maxsize=8192)
def _days(sentence: Dated) -> frozenset[str]:
    """The days that a sentence tells of by their full date, and not by what day it was reported on."""
    return frozenset(d.iso for d in find_dates(sentence.text, None) if len(d.iso) == len("2024-01-01"))


def _says(sentence: Dated, figure: Figure) -> bool:
    return any(other.value == figure.value for other in figures_of(sentence.text))


def _one_each(statements: Iterable[_Statement]) -> list[_Statement]:
    """The first that states each value, by date."""
    ordered = sorted(statements, key=lambda statement: statement.order)
    by_value = {statement.figure.value: statement for statement in reversed(ordered)}
    return sorted(by_value.values(), key=lambda statement: statement.order)[:_MOST]


def _told(statement: _Statement) -> str:
    return f"“{statement.said}” ({written_date(statement.sentence.date)}, {statement.sentence.title})"
