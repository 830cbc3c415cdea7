"""ExtractGraph -> the names of a text and the sentences that hold two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.names.find import Name, find_names
from graphrag_drift.providers.embedded.sentences import is_byline, spans_of
from graphrag_drift.tasks.indexing import EntityDraft, GraphDraft, RelationshipDraft

_PAIRS = 20  # relationships of one sentence
_NEIGHBOURS = 3  # in a sentence of too many names each is paired with so many that follow


def extract_graph(text: str, vocabulary: Vocabulary) -> GraphDraft:
    """Every mention, described by its sentence, and every pair of distinct names of a sentence.

    Bylines and datelines are not read: who wrote it, and where, is no part of the story.
    """
    sentences = [span for span in spans_of(text) if not is_byline(text[slice(*span)])]
    names = find_names(text, sentences, vocabulary)
    entities = tuple(
        EntityDraft(name.name, name.kind, _line(text, *sentences[name.sentence]), name.start, name.end)
        for name in names
    )
    by_sentence: defaultdict[int, list[Name]] = defaultdict(list)
    for name in names:
        by_sentence[name.sentence].append(name)
    relationships = tuple(
        RelationshipDraft(source, target, _line(text, *sentences[index]), None, *sentences[index])
        for index, together in by_sentence.items()
        for source, target in _pairs(together)
    )
    return GraphDraft(entities, relationships)


def _line(text: str, start: int, end: int) -> str:
    return " ".join(text[start:end].split())


def _pairs(names: Sequence[Name]) -> Iterator[tuple[str, str]]:
    distinct = list(dict.fromkeys(name.name for name in names))
    reach = len(distinct) if len(distinct) * (len(distinct) - 1) <= 2 * _PAIRS else _NEIGHBOURS
    pairs = [(a, b) for i, a in enumerate(distinct) for b in distinct[i + 1 : i + 1 + reach]]
    return iter(pairs[:_PAIRS])
