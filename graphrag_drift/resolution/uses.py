"""Mentions with what stands around them -> the uses of a name, document by document."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from graphrag_drift.names.forms import ABBREVIATED, name_form
from graphrag_drift.names.lists import titles
from graphrag_drift.names.roles import WEAK_ROLES, person_nouns, roles_of
from graphrag_drift.resolution.corpus import Corpus, Occurrence
from graphrag_drift.resolution.links import Contexts, Links

_TITLES = titles()
_TELLING = 0.1  # of the documents of a name, in which a role must stand that is no slip


@dataclass(frozen=True, slots=True)
class Sense:
    """One of several entities of one name: `label` tells it from the others, `evidence` is for people."""

    label: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Use:
    """The mentions of one name in one document: some (name, start), or all if `mentions` is empty.

    `roles` are words for what it is, `near` the entities of the same sentences, `wide` those of the document.
    """

    document_id: str
    mentions: frozenset[tuple[str, int]]
    roles: frozenset[str]
    near: frozenset[str]
    wide: frozenset[str]


Shares = Callable[[Use, Use], bool]


def same_sentences_or_role(a: Use, b: Use) -> bool:
    """What speaks for one entity where a text says that there are several of this name."""
    return bool(a.roles & b.roles or a.near & b.near)


def anything_in_common(a: Use, b: Use) -> bool:
    """What speaks for one entity where no text says otherwise."""
    return bool(a.roles & b.roles or a.wide & b.wide)


def sense_groups(uses: Sequence[Use], shares: Shares) -> list[list[Use]]:
    """Groups of uses, each with roles of its own; one group unless there is strong disagreement.

    Uses that say no role, or none that tells people apart, join the group with which they have most in common.
    """
    connected = _connected([use for use in uses if use.roles], shares)
    telling = len({use.document_id for use in uses}) * _TELLING
    groups = [
        group
        for group in connected
        if any(use.roles - WEAK_ROLES for use in group) and len({use.document_id for use in group}) >= telling
    ]
    if len(groups) < 2:
        return [list(uses)]
    wide = [frozenset[str]().union(*(use.wide | use.near for use in group)) for group in groups]
    joined = [list(group) for group in groups]
    placed = {use for group in groups for use in group}
    for use in uses:
        if use not in placed:
            common = [(-len(use.near & all_of), -len(use.wide & all_of)) for all_of in wide]
            best = min(range(len(groups)), key=lambda i: (common[i], -len(groups[i]), i))
            joined[best].append(use)
    return joined


def _connected(uses: Sequence[Use], shares: Shares) -> list[list[Use]]:
    """The connected groups of uses, in order of their first."""
    groups: list[tuple[Use, list[Use]]] = []  # each with all that its uses have
    for use in uses:
        touching = [group for group in groups if shares(use, group[0])]
        rest = [group for group in groups if not shares(use, group[0])]
        merged = [other for _, group in touching for other in group]
        groups = [*rest, (_together([use, *(all_of for all_of, _ in touching)]), [*merged, use])]
    return sorted((group for _, group in groups), key=lambda group: min(map(_place, group)))


def _place(use: Use) -> tuple[str, list[tuple[str, int]]]:
    return use.document_id, sorted(use.mentions)


def _together(uses: Sequence[Use]) -> Use:
    roles, near, wide = (
        frozenset[str]().union(*(getattr(use, field) for use in uses)) for field in ("roles", "near", "wide")
    )
    return Use("", frozenset(), roles, near, wide)


def label_groups(
    base: str, groups: Sequence[Sequence[Use]], shown: Callable[[str], str], nouns: frozenset[str]
) -> list[Sense] | None:
    """A sense for each group, labelled by what no other group has, rather one of `nouns`; None, if one has nothing."""
    labels: list[str] = []
    for group in groups:
        others = _together([use for other in groups if other is not group for use in other])
        roles = Counter(role for use in group for role in use.roles - others.roles)
        near = Counter(key for use in group for key in (use.near or use.wide) - others.near - others.wide)
        label = _label(roles, near, shown, nouns)
        if not label or label in labels:
            return None
        labels.append(label)
    sizes = [len({use.document_id for use in group}) for group in groups]
    parts = "; ".join(
        f"{label} in {size} document{'s' * (size != 1)}" for label, size in zip(labels, sizes, strict=True)
    )
    return [Sense(label, f'several are called "{base}": {parts}') for label in labels]


def _label(roles: Counter[str], near: Counter[str], shown: Callable[[str], str], nouns: frozenset[str]) -> str:
    """The most frequent role, a noun rather than a title; no abbreviated title, if an entity can stand for it."""

    def rank(role: str) -> tuple[bool, bool, bool, int, str]:
        return role in ABBREVIATED, role in _TITLES, role not in nouns, -roles[role], role

    best = min(roles, key=rank, default="")
    if near and (not best or best in ABBREVIATED):
        return shown(min(near, key=lambda key: (-near[key], key)))
    return best


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
    nouns: frozenset[str]  # for people


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
    people = {name for name, key in corpus.keys.items() if corpus.kinds.get(key) == "person"}
    texts = around.select("name", "before", "after").unique() if chosen else around.clear()
    nouns = person_nouns((b, a, name in people) for name, b, a in texts.select("name", "before", "after").iter_rows())
    mentions: defaultdict[_Name, list[tuple[int, frozenset[str]]]] = defaultdict(list)
    columns = around.filter(pl.col("name").is_in(chosen)).select("document_id", "name", "start", "before", "after")
    for document_id, name, start, before, after in columns.iter_rows():
        honorifics = name_form(name).honorific.replace(".", "").split()[-1:]
        mentions[document_id, name].append((start, frozenset([*roles_of(before, after, nouns), *honorifics])))
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
    return Surroundings(dict(mentions), dict(sentences), contexts, nouns)


def document_use(document_id: str, target: str, occurrences: Sequence[Occurrence], around: Surroundings) -> Use:
    """All mentions of `target` in a document as one use."""
    names = [(document_id, name) for occurrence in occurrences for name in sorted(occurrence.names)]
    roles = frozenset(role for name in names for _, words in around.mentions.get(name, ()) for role in words)
    near = frozenset(key for name in names for _, _, key in around.sentences.get(name, ()))
    wide = around.contexts.telling[document_id]
    return Use(document_id, frozenset(), roles, near - {target}, wide - {target})


def mention_uses(
    document_id: str, target: str, occurrences: Sequence[Occurrence], around: Surroundings
) -> Iterator[Use]:
    """The mentions of `target` that say what it is, each with those that follow and do not say."""
    mentions = sorted(_mentions(document_id, occurrences, around), key=lambda mention: (mention.start, mention.name))
    leaders = [mention for mention in mentions if _leads(mention, mentions)]
    if len(leaders) < 2:
        yield document_use(document_id, target, occurrences, around)
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


def _mentions(document_id: str, occurrences: Sequence[Occurrence], around: Surroundings) -> Iterator[_Mention]:
    for occurrence in occurrences:
        for name in sorted(occurrence.names):
            sentences = around.sentences.get((document_id, name), [])
            for start, roles in around.mentions.get((document_id, name), ()):
                near = frozenset(key for begin, end, key in sentences if begin <= start < end)
                if start >= 0:
                    yield _Mention(start, name, roles, near)
