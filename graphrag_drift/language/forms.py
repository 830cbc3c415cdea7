"""A question -> the form of answer that it asks for by its own words: a timeline, a list, a comparison, an overview.

Which of the other forms an answer takes (a value, who somebody is, passages) is for whoever reads the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.detect import either, every
from graphrag_drift.language.language import Form
from graphrag_drift.language.terms import content_terms, terms
from graphrag_drift.patterns import lazy_pattern

# In the order in which they are tried: "the key people of this timeline" asks for people.
_FORMS: tuple[Form, ...] = ("people", "comparison", "overview", "timeline", "list", "chain")
_ASKS = {
    form: lazy_pattern(either(lambda language: language.asking.forms.get(form, "")), re.I)  # noqa: B023 (called at once)
    for form in _FORMS
}
ABOUT_TEXTS = frozenset(
    term
    for word in every(lambda language: language.asking.about_texts | language.asking.about_corpora)
    for term in terms(word)
)
"""Terms of asking, of texts and of whole corpora, which tell no subject from another."""
_LATEST = lazy_pattern(either(lambda language: language.asking.latest), re.I)
_CHANGE = lazy_pattern(either(lambda language: language.asking.change), re.I)
WIDE: frozenset[Form] = frozenset(("people", "comparison", "overview", "timeline", "list"))
"""Forms that want more evidence than one fact does."""


@lru_cache(maxsize=256)
def form_of(question: str) -> Form | None:
    """The form that the words of `question` ask for; None, if they ask for none."""
    return next((form for form, pattern in _ASKS.items() if pattern.search(question)), None)


@lru_cache(maxsize=256)
def period_of(question: str) -> str:
    """The ISO day, month or year that a question speaks of, if it is one and no more; else ""."""
    dates = {date.iso for date in find_dates(question, None)}
    return dates.pop() if len(dates) == 1 else ""


def asks_for_period(question: str, names: Iterable[str] = ()) -> bool:
    """Whether all that a period holds is wanted, of some names or of all: besides these and a date the question has no
    words but those of asking: "What did Microsoft report in April 2020?"."""
    if not period_of(question):
        return False
    if form_of(question) == "timeline":
        return True
    dated = [term for date in find_dates(question, None) for term in terms(question[date.start : date.end])]
    known = {term for name in names for term in terms(name)}
    return not set(content_terms(question)).difference(dated, known, ABOUT_TEXTS)


def asks_for_relation(question: str, names: Iterable[str]) -> bool:
    """Whether a question has no words but `names` and those of asking: what have they to do with each other?"""
    known = {term for name in names for term in terms(name)}
    return not set(content_terms(question)).difference(known, ABOUT_TEXTS)


def surveys(question: str, names: Iterable[str] = ()) -> bool:
    """Whether what is asked for is not found by words: who matters, what a period holds."""
    return form_of(question) == "people" or asks_for_period(question, names)


def asks_for_latest(question: str) -> bool:
    """Whether the newest is wanted first, and the old not at all."""
    return _LATEST.search(question) is not None


def asks_for_change(question: str) -> bool:
    """Whether a question is for how something went up, down or another way."""
    return _CHANGE.search(question) is not None
