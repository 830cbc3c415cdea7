"""ExtractGraph -> the names of a text and the sentences that hold two of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from graphrag_drift.language.asked import Answers, AskedStatistics
from graphrag_drift.language.reading import languages
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.memo import as_json, recalled
from graphrag_drift.names.antecedents import Antecedent, find_antecedents
from graphrag_drift.names.find import Name, find_names
from graphrag_drift.providers.embedded.sentences import is_byline, spans_of
from graphrag_drift.tasks.indexing import EntityDraft, ExtractGraph, GraphDraft, RelationshipDraft

_BAR = "|"
_PAIRS = 20  # relationships of one sentence
_NEIGHBOURS = 3  # in a sentence of too many names each is paired with so many that follow
_ENTITY = attrgetter("name", "type", "description", "start", "end")
_RELATIONSHIP = attrgetter("source", "target", "description", "strength", "start", "end")


def extract_graph(text: str, vocabulary: Vocabulary, language: str = "") -> GraphDraft:
    """Every mention, described by its sentence, and every pair of distinct names of a sentence.

    A sentence that opens with a pronoun or a bare role mentions whom it means, too. Bylines and datelines are not
    read: who wrote it, and where, is no part of the story; nor is the first row of a table, which names its columns.
    `language` is the text's, "" where the text shall tell.
    """
    sentences = _without_heads(text, spans_of(text))
    names = find_names(text, sentences, vocabulary, "" if language == "other" else language)
    antecedents = find_antecedents(text, sentences, names)
    by_sentence: defaultdict[int, list[Name]] = defaultdict(list)
    for number, antecedent in antecedents.items():
        by_sentence[number].append(replace(antecedent.name, start=antecedent.start, end=antecedent.end))
    for name in names:
        by_sentence[name.sentence].append(name)
    lines = {number: _line(text, sentences[number], antecedents.get(number)) for number in sorted(by_sentence)}
    entities = tuple(
        EntityDraft(name.name, name.kind, line, name.start, name.end)
        for number, line in lines.items()
        for name in by_sentence[number]
    )
    relationships = tuple(
        RelationshipDraft(source, target, line, None, *sentences[number])
        for number, line in lines.items()
        for source, target in _pairs(by_sentence[number])
    )
    return GraphDraft(entities, relationships)


def recalled_graph(task: ExtractGraph, answers: Answers) -> GraphDraft:
    """As `extract_graph`, by the statistics of `answers`; kept as long as they answer the same to what was asked."""

    def make() -> tuple[GraphDraft, dict[str, bool]]:
        vocabulary = AskedStatistics(answers)
        return extract_graph(task.text, vocabulary, task.language), vocabulary.asked

    def write(value: tuple[GraphDraft, dict[str, bool]]) -> bytes:
        draft, asked = value
        yes, no = ([question for question, answer in asked.items() if answer is wanted] for wanted in (True, False))
        told = [each.description for each in draft.entities] + [each.description for each in draft.relationships]
        lines = list(dict.fromkeys(told))
        numbers = {line: number for number, line in enumerate(lines)}
        entities, relationships = (
            [(*row[:2], numbers[row[2]], *row[3:]) for row in map(fields, rows)]
            for fields, rows in ((_ENTITY, draft.entities), (_RELATIONSHIP, draft.relationships))
        )
        return as_json((yes, no, lines, entities, relationships))

    def read(piece: bytes) -> tuple[GraphDraft, dict[str, bool]] | None:
        yes, no, lines, entities, relationships = json.loads(piece)
        if not answers.hold(yes, no):
            return None
        return (
            GraphDraft(
                tuple(EntityDraft(row[0], row[1], lines[row[2]], row[3], row[4]) for row in entities),
                tuple(
                    RelationshipDraft(row[0], row[1], lines[row[2]], row[3], row[4], row[5]) for row in relationships
                ),
            ),
            {},
        )

    parts = (languages(), task.language, task.text)
    return recalled(f"{__name__}:graph", parts, make, write=write, read=read)[0]


def _without_heads(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans but bylines, and the first of each block of rows, which have cells, between bars."""
    cells = [text.count(_BAR, *span) > 0 for span in spans]
    goes_on = [
        above and own and "\n\n" not in text[before[1] : span[0]]
        for (before, span), (above, own) in zip(pairwise(spans), pairwise(cells), strict=True)
    ]
    # A row goes on from one above it, or is the first of several, or stands alone as bylines do.
    return [
        span
        for span, inside, heads in zip(spans, [False, *goes_on], [*goes_on, False], strict=True)
        if inside or (not heads and not is_byline(text[slice(*span)]))
    ]


def _line(text: str, sentence: tuple[int, int], antecedent: Antecedent | None) -> str:
    """The sentence on one line, with whom it means in brackets."""
    start, end = sentence
    if antecedent is None:
        return " ".join(text[start:end].split())
    told = f"{text[start : antecedent.end]} [{antecedent.shown}]{text[antecedent.end : end]}"
    return " ".join(told.split())


def _pairs(names: Sequence[Name]) -> Iterator[tuple[str, str]]:
    distinct = list(dict.fromkeys(name.name for name in names))
    reach = len(distinct) if len(distinct) * (len(distinct) - 1) <= 2 * _PAIRS else _NEIGHBOURS
    pairs = [(a, b) for i, a in enumerate(distinct) for b in distinct[i + 1 : i + 1 + reach]]
    return iter(pairs[:_PAIRS])
