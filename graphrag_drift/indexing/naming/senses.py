"""Where and how a name is used -> groups of uses that can be of one entity, with a label for each.

It is told what speaks for two uses being of one entity (`shares`) and compares no names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphrag_drift.names.forms import ABBREVIATED
from graphrag_drift.names.lists_en import TITLES
from graphrag_drift.names.roles import WEAK_ROLES, is_person_noun


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
    groups = [group for group in connected if any(use.roles - WEAK_ROLES for use in group)]
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


def label_groups(base: str, groups: Sequence[Sequence[Use]], shown: Callable[[str], str]) -> list[Sense] | None:
    """A sense for each group, labelled by what no other group has; None, if one has nothing of its own."""
    labels: list[str] = []
    for group in groups:
        others = _together([use for other in groups if other is not group for use in other])
        roles = Counter(role for use in group for role in use.roles - others.roles)
        near = Counter(key for use in group for key in (use.near or use.wide) - others.near - others.wide)
        label = _label(roles, near, shown)
        if not label or label in labels:
            return None
        labels.append(label)
    sizes = [len({use.document_id for use in group}) for group in groups]
    told = "; ".join(
        f"{label} in {size} document{'s' * (size != 1)}" for label, size in zip(labels, sizes, strict=True)
    )
    return [Sense(label, f'several are called "{base}": {told}') for label in labels]


def _label(roles: Counter[str], near: Counter[str], shown: Callable[[str], str]) -> str:
    """The most frequent role, a noun rather than a title; no abbreviated title, if an entity can stand for it."""

    def rank(role: str) -> tuple[bool, bool, bool, int, str]:
        return role in ABBREVIATED, role in TITLES, not is_person_noun(role), -roles[role], role

    best = min(roles, key=rank, default="")
    if near and (not best or best in ABBREVIATED):
        return shown(min(near, key=lambda key: (-near[key], key)))
    return best
