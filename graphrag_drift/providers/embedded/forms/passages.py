"""Forms of prose: the value asked for and where it stands, how something came about, the best passages."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from graphrag_drift.language.cues import things
from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.figures import figures_in_words
from graphrag_drift.providers.embedded.choose import Scored, choose
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.features import placed_terms
from graphrag_drift.providers.embedded.forms.material import Material, blocks_of, item_of
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, headlines_of
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks import ItemDraft

_BOX = 3  # sentences that a value is shown with
_SURE = 0.5  # probability from which a value is read off a sentence
_REACH = 30  # characters between a value and a word of what is asked, from which on it may be of something else
_NOBODY = ("place", "event")  # kinds of names that no question for a person wants
_VALUED = ("person", "date", "age", "number")  # kinds of things that have a look of their own


def box(material: Material) -> list[ItemDraft]:
    """The best sentence, under the value that it has for the question where it can be read off, and what bears it out.

    The value is the thing of the kind asked for that stands nearest to a word of what is asked.
    """
    blocks = material.blocks(choose(material.ranked, material.question, _BOX))
    if not blocks:
        return []
    first = material.ranked[0]
    value = value_in(first, material.question, material.knowledge) if first.probability >= _SURE else ""
    dated = material.question.kind == "date"
    items = [ItemDraft(paragraph(block, always_dated=dated)) for block in blocks]
    return [replace(items[0], heading=value), *items[1:]]


def passages(material: Material) -> list[ItemDraft]:
    """What answers first, then what else is said of it, document by document, in the order of its text."""
    told = [item.candidate for item in choose(material.ranked, material.question, material.most)]
    blocks = blocks_of([*headlines(material), *told], material.knowledge.rarity)
    if len(blocks) < 2:
        return [item_of(block) for block in blocks]
    lead, rest = blocks[0], blocks[1:]
    places = {block[0].document: place for place, block in reversed(list(enumerate(blocks)))}
    rest.sort(key=lambda block: (places[block[0].document], block[0].order))
    groups = groupby(rest, key=lambda block: block[0].document)
    return [item_of(lead), *(item_of(tuple(c for block in same for c in block)) for _, same in groups)]


def headlines(material: Material) -> list[Candidate]:
    """The headline that says all that is looked for, where a question is nothing but names and words to look for."""
    question = material.question
    lines = [line for line in headlines_of(material.rows) if question.terms <= line.sentence.bag]
    return lines[:1] if not question.kind else []


def chain(material: Material) -> list[ItemDraft]:
    """One sentence a step, in the order of time."""
    blocks = material.blocks(choose(material.ranked_sources, material.question, material.most))
    return [item_of(block) for block in sorted(blocks, key=lambda block: block[0].order)]


def value_in(item: Scored, question: Question, knowledge: Knowledge) -> str:
    """The thing of the kind asked for in the sentence, new to the question, that stands nearest to what is asked."""
    text = item.candidate.sentence.text
    if question.kind not in _VALUED or item.candidate.sentence.corrects:
        return ""
    known = question.text.casefold()
    kinds = dict(knowledge.names_in(text))
    spans = [
        (start, end)
        for start, end in _things(question.kind, text)
        if text[start:end].casefold() not in known and kinds.get(text[start:end]) not in _NOBODY
    ]
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
    return _written(text, nearest) if gap(nearest) <= _REACH else ""


def _things(kind: str, text: str) -> list[tuple[int, int]]:
    """The spans of things of that kind; of numbers those that count: neither "hundreds" nor the day of a date."""
    if kind != "number":
        return list(things(kind, text))
    dates = find_dates(text, None)
    figures = [(figure.end - len(figure.said), figure.end) for figure in figures_in_words(text)]  # with its unit
    return [span for span in figures if not any(date.start < span[1] and span[0] < date.end for date in dates)]


def _written(text: str, span: tuple[int, int]) -> str:
    """The thing at `span` as one says it alone: without the sentence's full stop."""
    value = " ".join(text[slice(*span)].split())
    return value if any(map(str.isalnum, text[span[1] :])) else value.rstrip(".")
