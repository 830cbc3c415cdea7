"""A link from a name to a fuller one, and how links chain. Which links there are is for the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from graphrag_drift.resolution.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Link:
    """`target` is the key of the fuller name; `evidence` is for people; `full`: the name is no shorter in sense, and
    may give the entity its title."""

    target: str
    reason: str
    evidence: str
    full: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """What links where: in one document by (document, key), everywhere by key. A local link goes first."""

    local: dict[tuple[str, str], Link]
    everywhere: dict[str, Link]

    def path(self, document_id: str, key: str) -> list[Link]:
        """The links from `key` to its last target, in order; empty if it stands for itself."""
        links: list[Link] = []
        seen = {key}
        while link := self.local.get((document_id, key)) or self.everywhere.get(key):
            if link.target in seen:
                break
            links.append(link)
            key = link.target
            seen.add(key)
        return links

    def target(self, document_id: str, key: str) -> str:
        """The last key of the path."""
        if key not in self.everywhere and (document_id, key) not in self.local:
            return key
        path = self.path(document_id, key)
        return path[-1].target if path else key


_COMMON = 0.3  # share of the documents above which an entity is no evidence, if it is in more than `_FEW`
_FEW = 10  # documents: of few, what most of them share still tells that they are about one thing


@dataclass(frozen=True, slots=True)
class Contexts:
    """Per document the last keys of its names, without the common ones; and the documents of each last key."""

    telling: dict[str, frozenset[str]]
    documents: dict[str, tuple[str, ...]]

    def around(self, target: str) -> frozenset[str]:
        """What the documents that mention `target` speak of besides."""
        beside: set[str] = set()
        for document_id in self.documents.get(target, ()):
            beside |= self.telling[document_id]
        return frozenset(beside - {target})


def read_contexts(corpus: Corpus, links: Links) -> Contexts:
    """The contexts as the links so far make them."""
    targets = {document.id: {links.target(document.id, key) for key in document.names} for document in corpus.documents}
    counts = Counter(target for keys in targets.values() for target in keys)
    most = max(_FEW, _COMMON * len(corpus.documents))
    documents: defaultdict[str, list[str]] = defaultdict(list)
    for document_id, keys in targets.items():
        for target in keys:
            documents[target].append(document_id)
    return Contexts(
        {document_id: frozenset(t for t in keys if counts[t] <= most) for document_id, keys in targets.items()},
        {target: tuple(keys) for target, keys in documents.items()},
    )
