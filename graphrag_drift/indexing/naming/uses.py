"""Mentions with what stands around them -> the uses of a name, document by document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from graphrag_drift.indexing.naming.contexts import Contexts
from graphrag_drift.indexing.naming.links import Links
from graphrag_drift.indexing.naming.names import Corpus, Occurrence
from graphrag_drift.indexing.naming.senses import Use
from graphrag_drift.names.forms import name_form
from graphrag_drift.names.roles import WEAK_ROLES, roles_of

_Name = tuple[str, str]  # document, name


_BESIDE = 120  # characters: "said Dr. Park. The pilot, Park, ..." are of one passage


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    name: str
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
        pairs = relationship_mentions.filter(pl.col(one).is_in(chosen)).select(
            "document_id", one, other, "start", "end"
        )
        for document_id, name, beside, start, end in pairs.iter_rows():
            target = links.target(document_id, corpus.keys[beside])
            if target in contexts.telling[document_id]:
                sentences[document_id, name].append(
                    (-1 if start is None else start, -1 if end is None else end, target)
                )
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
    mentions = sorted(_mentions(document_id, found, around), key=lambda mention: (mention.start, mention.name))
    leaders = [mention for mention in mentions if _leads(mention, mentions)]
    if len(leaders) < 2:
        yield document_use(document_id, target, found, around)
        return
    wide = around.contexts.telling[document_id] - {target}
    followers: dict[int, list[_Mention]] = {leader.start: [] for leader in leaders}
    for mention in mentions:
        followers[_leader(mention, leaders).start].append(mention)
    for leader in leaders:
        led = followers[leader.start]
        yield Use(
            document_id,
            frozenset((mention.name, mention.start) for mention in led),
            frozenset[str]().union(*(mention.roles for mention in led)),
            frozenset[str]().union(*(mention.near for mention in led if mention.roles)) - {target},
            wide,
        )


def _leads(mention: _Mention, mentions: Sequence[_Mention]) -> bool:
    """Whether a mention says what its bearer is; a bare "Dr." does not, right beside one that does."""
    if mention.roles - WEAK_ROLES:
        return True
    beside = any(m.roles - WEAK_ROLES and abs(m.start - mention.start) <= _BESIDE for m in mentions)
    return bool(mention.roles) and not beside


def _leader(mention: _Mention, leaders: Sequence[_Mention]) -> _Mention:
    """Itself, the nearest if it has a title, else the last before it (the first of all, if there is none)."""
    if mention.roles:
        return min(leaders, key=lambda leader: (abs(leader.start - mention.start), leader.start))
    before = [leader for leader in leaders if leader.start <= mention.start]
    return before[-1] if before else leaders[0]


def _mentions(document_id: str, found: Sequence[Occurrence], around: Surroundings) -> Iterator[_Mention]:
    for occurrence in found:
        for name in sorted(occurrence.names):
            sentences = around.sentences.get((document_id, name), [])
            for start, roles in around.mentions.get((document_id, name), ()):
                near = frozenset(key for begin, end, key in sentences if begin <= start < end)
                if start >= 0:
                    yield _Mention(start, name, roles, near)
