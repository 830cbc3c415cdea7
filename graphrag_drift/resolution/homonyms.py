"""Names with their links -> which of them stand for several entities, and where for which.

A person's name is split where documents with nothing else in common call its bearer something else, or where a text
says that two people are called so; any name, where it is of two kinds in documents with nothing in common. What
remains in doubt stays one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

from graphrag_drift.language.detect import either
from graphrag_drift.names.korean import is_korean_person_name
from graphrag_drift.resolution.corpus import Corpus, Occurrence
from graphrag_drift.resolution.links import Contexts, Links, read_contexts
from graphrag_drift.resolution.uses import (
    Sense,
    Use,
    anything_in_common,
    document_use,
    label_groups,
    mention_uses,
    read_surroundings,
    same_sentences_or_role,
    sense_groups,
)

_SAYS_SO = either(lambda language: language.prose.namesakes)
_REACH = 300  # characters between the words and the name


def namesakes(
    text_units: pl.DataFrame, around: pl.DataFrame, people: Mapping[tuple[str, str], str]
) -> dict[str, set[str]]:
    """Person -> documents that say so, where `people` maps (document, name) to a person.

    The words are about the person whose name stands nearest.
    """
    telling = text_units.filter(pl.col("text").str.contains(_SAYS_SO)).select("document_id", "start", "text")
    starts: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    mentions = (
        around.filter(pl.col("start") >= 0)
        .select("document_id", "name", "start")
        .join(telling, on="document_id", how="semi")
    )
    for document_id, name, start in mentions.iter_rows():
        if (document_id, name) in people:
            starts[document_id].append((start, people[document_id, name]))
    documents: defaultdict[str, set[str]] = defaultdict(set)
    for document_id, offset, text in telling.iter_rows():
        for words in re.finditer(_SAYS_SO, text):
            at = offset + words.start()
            near = [(abs(start - at), person) for start, person in starts[document_id] if abs(start - at) <= _REACH]
            if near:
                documents[min(near)[1]].add(document_id)
    return documents


Mentions = frozenset[tuple[str, int]]
Senses = dict[tuple[str, str], list[tuple[Sense, Mentions]]]
"""(document, last key) -> its senses there, the main one first, each with its mentions (name, start); empty: all."""
_Documents = Mapping[str, Sequence[Occurrence]]

_MENTIONS_OF_KIND = 2  # that make a kind evidence


def find_senses(
    corpus: Corpus, links: Links, relationship_mentions: pl.DataFrame, text_units: pl.DataFrame, around: pl.DataFrame
) -> Senses:
    """The senses of the names that have several; the others are not in it."""
    contexts = read_contexts(corpus, links)
    places: defaultdict[str, defaultdict[str, list[Occurrence]]] = defaultdict(lambda: defaultdict(list))
    for document, occurrence in corpus.occurrences():
        places[links.target(document.id, occurrence.key)][document.id].append(occurrence)
    people = {target: documents for target, documents in sorted(places.items()) if _is_person(target, corpus)}
    namesakes_in = namesakes(text_units, around, _person_names(people))
    suspected = {
        target: documents
        for target, documents in people.items()
        if target in namesakes_in or _apart(target, list(documents), contexts)
    }
    names = {
        n
        for documents in suspected.values()
        for occurrences in documents.values()
        for o in occurrences
        for n in o.names
    }
    surroundings = read_surroundings(corpus, links, contexts, around, relationship_mentions, names)
    senses: Senses = {}
    for target, documents in suspected.items():
        uses = [
            use
            for document_id, occurrences in documents.items()
            for use in (
                mention_uses(document_id, target, occurrences, surroundings)
                if document_id in namesakes_in.get(target, ())
                else [document_use(document_id, target, occurrences, surroundings)]
            )
        ]
        shares = same_sentences_or_role if target in namesakes_in else anything_in_common
        senses.update(_senses(target, sense_groups(uses, shares), corpus, surroundings.nouns))
    for target, documents in sorted(places.items()):
        if target not in suspected and len(documents) > 1 and len({o.kind for f in documents.values() for o in f}) > 1:
            senses.update(_senses(target, _kind_groups(target, documents, contexts), corpus, frozenset()))
    return senses


def _is_person(target: str, corpus: Corpus) -> bool:
    if corpus.kinds.get(target) != "person" or target.endswith("()"):
        return False
    return len(corpus.tokens[target]) > 1 or is_korean_person_name(target)


def _person_names(people: Mapping[str, _Documents]) -> dict[tuple[str, str], str]:
    return {
        (document_id, name): target
        for target, documents in people.items()
        for document_id, occurrences in documents.items()
        for occurrence in occurrences
        for name in occurrence.names
    }


def _apart(target: str, document_ids: Sequence[str], contexts: Contexts) -> bool:
    """Whether some of the documents have nothing in common with the others."""
    groups: list[frozenset[str]] = []
    for document_id in document_ids:
        wide = contexts.telling[document_id] - {target}
        touching = [group for group in groups if group & wide]
        groups = [group for group in groups if not group & wide] + [wide.union(*touching)]
    return len(groups) > 1


def _kind_groups(target: str, documents: _Documents, contexts: Contexts) -> list[list[Use]]:
    """Uses of a name as a place, an organization ..., if each is well attested."""
    uses: list[Use] = []
    attested: Counter[str] = Counter()
    for document_id, occurrences in documents.items():
        kinds: Counter[str] = Counter()
        for occurrence in occurrences:
            kinds.update({kind: count for kind, count in occurrence.kinds.items() if kind != "other" and count})
        roles = frozenset(kinds) if len(kinds) == 1 else frozenset[str]()
        if roles:
            attested.update(kinds)
        wide = contexts.telling[document_id] - {target}
        uses.append(Use(document_id, frozenset(), roles, frozenset(), wide))
    if len(attested) < 2 or min(attested.values()) < _MENTIONS_OF_KIND:
        return [uses]
    return sense_groups(uses, anything_in_common)


def _senses(target: str, groups: Sequence[Sequence[Use]], corpus: Corpus, nouns: frozenset[str]) -> Senses:
    if len(groups) < 2 or not all(any(use.wide for use in group) for group in groups):
        return {}
    labelled = label_groups(corpus.shown[target], groups, lambda key: corpus.shown.get(key, key), nouns)
    per_document: defaultdict[str, list[tuple[Sense, Mentions]]] = defaultdict(list)
    for sense, group in zip(labelled or (), groups, strict=False):
        for document_id in sorted({use.document_id for use in group}):
            mentions = frozenset[tuple[str, int]]().union(
                *(use.mentions for use in group if use.document_id == document_id)
            )
            per_document[document_id].append((sense, mentions))
    return {
        (document_id, target): sorted(parts, key=lambda pair: (-len(pair[1]), pair[0].label))
        if len(parts) > 1
        else [(parts[0][0], frozenset())]
        for document_id, parts in per_document.items()
    }
