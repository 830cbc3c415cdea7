"""Mentions with what stands around them -> the uses of a name, document by document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from graphrag_drift.indexing.contexts import Contexts
from graphrag_drift.indexing.links import Links
from graphrag_drift.indexing.names import Corpus, Occurrence
from graphrag_drift.indexing.senses import Use
from graphrag_drift.language.name_forms import name_form
from graphrag_drift.language.roles import roles_of

_Name = tuple[str, str]  # document, name


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    roles: frozenset[str]
    near: frozenset[str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Of chosen names: roles by start of the mention, and what the sentences (start, end, last key) hold besides."""

    mentions: dict[_Name, list[tuple[int, frozenset[str]]]]
    sentences: dict[_Name, list[tuple[int, int, str]]]
    contexts: Contexts


def read_surroundings(
    corpus: Corpus,
    links: Links,
    contexts: Contexts,
    around: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    names: Collection[str],
) -> Surroundings:
    """The surroundings of all mentions of `names`."""
    chosen = sorted(names)
    mentions: defaultdict[_Name, list[tuple[int, frozenset[str]]]] = defaultdict(list)
    columns = around.filter(pl.col("name").is_in(chosen)).select("document_id", "name", "start", "before", "after")
    for document_id, name, start, before, after in columns.iter_rows():
        titles = name_form(name).honorific.replace(".", "").split()[-1:]
        mentions[document_id, name].append((start, frozenset([*roles_of(before, after), *titles])))
    sentences: defaultdict[_Name, list[tuple[int, int, str]]] = defaultdict(list)
    for one, other in (("source", "target"), ("target", "source")):
        pairs = relationship_mentions.filter(pl.col(one).is_in(chosen)).select("document_id", one, other, "start", "end")
        for document_id, name, beside, start, end in pairs.iter_rows():
            target = links.target(document_id, corpus.keys[beside])
            if target in contexts.telling[document_id]:
                sentences[document_id, name].append((-1 if start is None else start, -1 if end is None else end, target))
    return Surroundings(dict(mentions), dict(sentences), contexts)


def document_use(document_id: str, target: str, found: Sequence[Occurrence], around: Surroundings) -> Use:
    """All mentions of `target` in a document as one use."""
    names = [(document_id, name) for occurrence in found for name in sorted(occurrence.names)]
    roles = frozenset(role for name in names for _, told in around.mentions.get(name, ()) for role in told)
    near = frozenset(key for name in names for _, _, key in around.sentences.get(name, ()))
    wide = around.contexts.telling[document_id]
    return Use(document_id, frozenset(), roles, near - {target}, wide - {target})


def mention_uses(document_id: str, target: str, found: Sequence[Occurrence], around: Surroundings) -> Iterator[Use]:
    """The mentions of `target` that say what it is, each with those that follow and do not say."""
    mentions = sorted(_mentions(document_id, found, around), key=lambda mention: mention.start)
    telling = [mention for mention in mentions if mention.roles]
    if len(telling) < 2:
        yield document_use(document_id, target, found, around)
        return
    groups: dict[int, list[_Mention]] = {mention.start: [mention] for mention in telling}
    current = telling[0].start
    for mention in mentions:
        if mention.roles:
            current = mention.start
        else:
            groups[current].append(mention)
    wide = around.contexts.telling[document_id] - {target}
    for mention in telling:
        starts = frozenset(member.start for member in groups[mention.start])
        near = mention.near - {target}
        yield Use(document_id, starts, mention.roles, near, wide)


def _mentions(document_id: str, found: Sequence[Occurrence], around: Surroundings) -> Iterator[_Mention]:
    for occurrence in found:
        for name in sorted(occurrence.names):
            sentences = around.sentences.get((document_id, name), [])
            for start, roles in around.mentions.get((document_id, name), ()):
                near = frozenset(key for begin, end, key in sentences if begin <= start < end)
                yield _Mention(start, roles, near)
