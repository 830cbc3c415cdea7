"""Names with their links -> what each document speaks of.

Entities that much of the corpus mentions say nothing about a context and are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from graphrag_drift.indexing.naming.links import Links
from graphrag_drift.indexing.naming.names import Corpus

_COMMON = 0.3  # share of the documents above which an entity is no evidence, if it is in more than two


@dataclass(frozen=True, slots=True)
class Contexts:
    """Per document the last keys of its names, without the common ones; and the documents of each last key."""

    telling: dict[str, frozenset[str]]
    documents: dict[str, tuple[str, ...]]

    def around(self, target: str) -> frozenset[str]:
        """What the documents that mention `target` speak of besides."""
        found: set[str] = set()
        for document_id in self.documents.get(target, ()):
            found |= self.telling[document_id]
        return frozenset(found - {target})


def read_contexts(corpus: Corpus, links: Links) -> Contexts:
    """The contexts as the links so far make them."""
    targets = {document.id: {links.target(document.id, key) for key in document.names} for document in corpus.documents}
    counts = Counter(target for found in targets.values() for target in found)
    most = max(2.0, _COMMON * len(corpus.documents))
    documents: defaultdict[str, list[str]] = defaultdict(list)
    for document_id, found in targets.items():
        for target in found:
            documents[target].append(document_id)
    return Contexts(
        {document_id: frozenset(t for t in found if counts[t] <= most) for document_id, found in targets.items()},
        {target: tuple(found) for target, found in documents.items()},
    )
