"""Assignments, pairs of names from settings -> assignments with the merges of those pairs undone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from graphrag_drift.indexing.naming.titles import Assignment, usual_form
from graphrag_drift.names.forms import name_form, tidy


def keep_apart(assignments: list[Assignment], pairs: Iterable[tuple[str, str]]) -> list[Assignment]:
    """The assignments, `undone` where a pair keeps the name from what it would have become.

    Of a pair the name goes that is not the title, or the rarer; its other spellings go with it, unless the pair is
    of two spellings. Case does not matter.
    """
    wanted = sorted({tuple(sorted((_light(a), _light(b)))) for a, b in pairs})
    groups: defaultdict[str, list[Assignment]] = defaultdict(list)
    for assignment in assignments if wanted else ():
        groups[assignment.title].append(assignment)
    own: dict[tuple[str, str], str] = {}
    for title, group in groups.items():
        for names in _leaving(group, wanted):
            counts = Counter[str]()
            for assignment in group:
                if assignment.name in names:
                    counts[assignment.name] += max(assignment.mentions, 1)
            own.update({(title, name): _own_title(counts, title, group[0].base) for name in counts})
    return [replace(a, undone=True, own=own[a.title, a.name]) if (a.title, a.name) in own else a for a in assignments]


def _leaving(group: Sequence[Assignment], pairs: Sequence[tuple[str, ...]]) -> list[set[str]]:
    """Sets of names that may not stay in a group, each to be one entity."""
    counts: Counter[str] = Counter()
    for assignment in group:
        counts[_light(assignment.name)] += max(assignment.mentions, 1)
    base = group[0].base
    titles = {_light(group[0].title), _light(base)}
    left: list[set[str]] = []
    for pair in pairs:
        if len(set(pair)) == 2 and all(name in counts or name in titles for name in pair):
            goes = min(pair, key=lambda name: (name in titles, counts.get(name, 0), name))
            left.append(_with_spellings(goes, group, name_form(base).key))
    return left


def _own_title(counts: Counter[str], title: str, base: str) -> str:
    """What those who leave are called: as elsewhere, unless that is what they leave ("Dr. Park" of "Park")."""
    shown = usual_form(counts)
    return min(counts, key=lambda name: (-counts[name], name)) if shown in (title, base) else shown


def _with_spellings(light: str, group: Sequence[Assignment], key_of_title: str) -> set[str]:
    """The names that go with `light`: all spellings of it, unless the title is one of them too."""
    exact = {a.name for a in group if _light(a.name) == light}
    keys = {a.key for a in group if a.name in exact} - {key_of_title}
    return exact | {a.name for a in group if a.key in keys}


def _light(name: str) -> str:
    return tidy(name).casefold()
