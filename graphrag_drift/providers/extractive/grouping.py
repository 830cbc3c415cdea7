"""The names of each passage -> groups of passages that share one, for headings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.sentences import bag_of_title
from graphrag_drift.providers.extractive.weights import Rarity

_LARGEST = 0.6  # share of the passages above which a name tells none from another
_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Passages by their number, in order, under a heading or none."""

    heading: str
    members: list[int]


def group(names: Sequence[Sequence[str]], question: Question, rarity: Rarity) -> list[Group]:
    """Groups of at least two passages that share a name the question does not hold; the rest under a last heading.

    The groups are in the order of their first passage. Without two groups there are no headings.
    """
    free = set(range(len(names)))
    groups: list[Group] = []
    while len(groups) < _GROUPS:
        counts = Counter(name for i in sorted(free) for name in names[i] if _is_heading(name, question))
        large = _LARGEST * len(names)
        usable = {name: count for name, count in counts.items() if 2 <= count <= large}
        if not usable:
            break
        best = min(usable, key=lambda name: (-usable[name] * _telling(name, rarity), name))
        members = [i for i in sorted(free) if best in names[i]]
        free -= set(members)
        groups.append(Group(best, members))
    if len(groups) < 2:
        return [Group("", list(range(len(names))))]
    groups.sort(key=lambda part: part.members[0])
    return [*groups, Group(rest_heading(question), sorted(free))] if free else groups


def rest_heading(question: Question) -> str:
    """The heading of what has no other, in the question's language."""
    return "그 밖의 내용" if question.language == "ko" else "Also reported"


def _is_heading(name: str, question: Question) -> bool:
    terms = bag_of_title(name)
    return bool(terms) and not terms & question.terms


def _telling(name: str, rarity: Rarity) -> float:
    return math.sqrt(max(map(rarity, bag_of_title(name)), default=0))
