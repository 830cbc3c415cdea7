"""A link from a name to a fuller one, and how links chain. Which links there are is for the rules."""

from __future__ import annotations

from dataclasses import dataclass


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
