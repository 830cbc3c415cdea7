"""The thing of the kind asked for that can be read off a sentence: a person, a date, an age, a figure with its unit."""

from __future__ import annotations

import re

from graphrag_drift.language.cues import things, things_asked
from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.detect import every
from graphrag_drift.language.figures import figures_in_words
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.features import placed_terms
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.weights import Knowledge

_REACH = 30  # characters between a value and a word of what is asked, from which on it may be of something else
_NOBODY = ("place", "event")  # kinds of names that no question for a person wants
_NOUN = re.compile(r"\s([^\W\d_]+)(?:(?=[.,;:!?)])|(?=\s([^\W\d_]+)))")
_FUNCTION_WORDS = every(lambda language: language.function_words)
_VALUED = ("person", "date", "age", "number")  # kinds of things that have a look of their own


def value_in(item: Scored, question: Question, knowledge: Knowledge) -> str:
    """The thing of the kind asked for in the sentence, new to the question, that stands nearest to what is asked."""
    text = item.candidate.sentence.text
    if question.kind not in _VALUED or item.candidate.sentence.corrects:
        return ""
    known = question.text.casefold()
    kinds = dict(knowledge.names_in(text))
    asked = things_asked(question.kind, question.text, text)
    spans = [
        (start, end)
        for start, end in values_of(question.kind, text)
        if question.kind != "number" or any(start < until and since < end for since, until in asked)
        if text[start:end].casefold() not in known and kinds.get(text[start:end]) not in _NOBODY
        if not any(name <= set(terms(text[start:end])) for name in question.names)
    ]
    if question.kind == "date":
        spans = [span for span in spans if _is_dated(text, span, item.candidate.row.date)]
    people = [span for span in spans if kinds.get(text[slice(*span)]) == "person"]
    spans = people or spans
    anchors = [(start, end) for start, end, term in placed_terms(text) if term in question.predicate]
    if not anchors and not question.predicate:  # "how old is X": what stands nearest to X
        anchors = [(start, end) for start, end, term in placed_terms(text) if term in question.terms]
    if not spans or not anchors:
        return ""

    def gap(span: tuple[int, int]) -> int:
        return min(max(0, start - span[1], span[0] - end) for start, end in anchors)

    nearest = min(spans, key=lambda span: (gap(span), span))
    if gap(nearest) > _REACH:
        return ""
    return _written(text, _with_noun(text, nearest) if question.kind == "number" else nearest)


def _with_noun(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The span with the one word after it that ends the phrase: "48 million crowns", but not "200 million active"."""
    after = _NOUN.match(text, span[1])
    if after is None or after[1] in _FUNCTION_WORDS or not (after[2] is None or after[2] in _FUNCTION_WORDS):
        return span
    return span[0], after.end(1)


def _is_dated(text: str, span: tuple[int, int], published: str) -> bool:
    """Whether one can tell which day, month or year it is: of "Monday" only where the document's own is known."""
    if any(map(str.isdigit, text[slice(*span)])):
        return True
    return any(date.start < span[1] and span[0] < date.end for date in find_dates(text, published or None))


def values_of(kind: str, text: str) -> list[tuple[int, int]]:
    """The spans of things of that kind; of numbers those that count: neither "hundreds" nor the day of a date."""
    if kind != "number":
        return list(things(kind, text))
    dates = find_dates(text, None)
    figures = [(figure.end - len(figure.said), _end_of_word(text, figure.end)) for figure in figures_in_words(text)]
    return [span for span in figures if not any(date.start < span[1] and span[0] < date.end for date in dates)]


def _end_of_word(text: str, end: int) -> int:
    """Where the word ends that goes on at `end`: of "16 days", whose unit is "day"."""
    while end < len(text) and text[end].isascii() and text[end].isalpha():
        end += 1
    return end


def _written(text: str, span: tuple[int, int]) -> str:
    """The thing at `span` as one says it alone: without the sentence's full stop."""
    value = " ".join(text[slice(*span)].split())
    return value if any(map(str.isalnum, text[span[1] :])) else value.rstrip(".")
