"""Sentences that give a figure -> the one that stands now: of statements of one thing, the latest.

News is superseded: "at least 155 died", then 158. What is asked for is the last; the others tell how it came there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphrag_drift.language.detect import either
from graphrag_drift.language.forms import period_of
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.features import placed_terms
from graphrag_drift.providers.embedded.forms.material import Material
from graphrag_drift.providers.embedded.forms.values import value_in, values_of
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.weights import restates, weight

_COUNTED = re.compile(either(lambda language: language.asking.counted), re.I)
_FIGURES = ("number", "age")  # kinds of things that change
_LOOKED_AT = 30  # sentences
_COUNTING = re.compile(
    r"[ -](?:[^\W\d_]+[ -]){0,3}"
)  # between a figure and what it counts: "60 million | daily | users"


def current(material: Material) -> list[Scored]:
    """Where a figure is asked for, or asked about: the ranked sentences that give it for the same thing, newest first,
    of the period alone that is asked about, if there are any; else none."""
    ranked, question = material.ranked, material.question
    noun = counted(question)
    if not ranked or not (question.kind in _FIGURES or noun):
        return []
    first = _best(ranked, noun, material) if noun else None
    if first is None:
        noun, first = "", _best(ranked, "", material)
    if first is None or not (question.kind in _FIGURES or noun):
        return []
    alike = [item for item in ranked[:_LOOKED_AT] if item is first or _same(item, first, noun, material)]
    if not question.names and len(alike) < 2:
        return []
    asked = period_of(question.text)
    inside = [item for item in alike if asked and item.candidate.row.date.startswith(asked)]
    return sorted(inside or alike, key=lambda item: _age(item, first), reverse=True)  # stable: best first of a day


def latest_of(item: Scored, ranked: Sequence[Scored], material: Material) -> Scored:
    """The latest of the ranked sentences that say the same as `item` with other figures, or as one that does; itself,
    if none does."""
    rarity = material.knowledge.rarity
    for _ in ranked:
        sentence = item.candidate.sentence
        alike = [other for other in ranked if restates(other.candidate.sentence, sentence, rarity)]
        later = max(alike, key=lambda other: _age(other, item), default=item)
        if _age(later, item) <= _age(item, item):
            break
        item = later
    return item


def counted(question: Question) -> str:
    """The term of what a figure in the question counts, or of what it asks for a number of; "" without one."""
    if match := _COUNTED.search(question.text):
        said = [term for word in match.groups() if word for term in terms(word)]
        return said[-1] if said and said[-1] in question.predicate else ""
    if question.kind == "number":
        return question.focus[-1] if question.focus else ""
    figures = values_of("number", question.text) if question.kind == "yes/no" else []
    after = [term for start, _, term in placed_terms(question.text) if figures and start >= figures[-1][1]]
    return after[0] if after and after[0] in question.predicate else ""


def series(ranked: Sequence[Scored], material: Material) -> list[Scored]:
    """The ranked sentences that give the figure of what the question asks for the number of; none, if it does not."""
    noun = counted(material.question) if _COUNTED.search(material.question.text) else ""
    return [item for item in ranked if noun and _names_all(item, material) and _counts(item, noun, material.question)]


def _best(ranked: Sequence[Scored], noun: str, material: Material) -> Scored | None:
    """Of the best sentences that name all that the question does and give a figure of what it counts, the one that says
    most of what is asked."""
    question = material.question
    named = [item for item in ranked[:_LOOKED_AT] if _names_all(item, material) and _counts(item, noun, question)]

    def said(item: Scored) -> int:
        return sum(question.weights[term] for term in question.predicate & _own(item))

    return max(named, key=said, default=None)  # of equals the better found


def _names_all(item: Scored, material: Material) -> bool:
    """Whether the sentence has most of each name of the question by rarity, "Game Pass" of "Xbox Game Pass", or a
    person's surname."""
    own, rarity, surnames = _own(item), material.knowledge.rarity, material.surnames
    return all(
        own & name & surnames if name & surnames else 2 * weight(own & name, rarity) >= weight(name, rarity)
        for name in material.question.names
    )


def _own(item: Scored) -> frozenset[str]:
    """The terms of the sentence, and of its document's title."""
    return item.candidate.sentence.bag | item.candidate.title


def _counts(item: Scored, noun: str, question: Question) -> bool:
    """Whether a figure of the sentence counts `noun`: it stands before it, with few words between."""
    text = item.candidate.sentence.text
    figures = values_of("age" if question.kind == "age" else "number", text)
    if not noun:
        return bool(figures)
    named = frozenset[str]().union(*question.names)  # "Windows 10 devices" counts none
    ends = [end for since, end in figures if named.isdisjoint(terms(text[since:end]))]
    places = [start for start, _, term in placed_terms(text) if term == noun]
    return any(_COUNTING.fullmatch(text, end, start) for end in ends for start in places if start >= end)


def _same(item: Scored, first: Scored, noun: str, material: Material) -> bool:
    """Whether it gives that figure for the same thing: in the same words, or for all that the first covers."""
    numbers = {term for term in material.question.terms & _own(first) if term.isdigit()}
    if not _names_all(item, material) or not numbers <= _own(item):
        return False  # "day 78" is not "day 77"
    if restates(item.candidate.sentence, first.candidate.sentence, material.knowledge.rarity):
        return True
    shared = material.question.predicate & _own(first)
    if not material.question.names or not shared <= _own(item):
        return False  # nothing tells that it is of the same thing
    if not _counts(item, noun, material.question):
        return False
    return bool(noun) or bool(value_in(item, material.question, material.knowledge))


def _age(item: Scored, first: Scored) -> tuple[str, int]:
    """By date; within the document of `first` by place, since a text that is kept up to date grows at its end."""
    row = item.candidate.row
    same = item.candidate.document == first.candidate.document and row.spans
    return (row.date, row.spans[0].start + item.candidate.sentence.start if same else -1)
