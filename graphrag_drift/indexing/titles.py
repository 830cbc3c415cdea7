"""Names with their links and senses -> the title of each name in each document, and what settings undo.

A title is a name that the text has, in its usual case; it is never invented, but for the words in parentheses
that tell homonyms apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from graphrag_drift.indexing.name_links import Link, Links
from graphrag_drift.indexing.names import Corpus
from graphrag_drift.language.name_forms import name_form, tidy

_CHANGES = {
    "possessive": "without the possessive ending",
    "honorific": "without the form of address",
    "article": "without the article",
    "variant": "written differently: case, accents, dashes, quotes or spaces",
}


@dataclass(frozen=True, slots=True)
class Sense:
    """One of several entities of one name: `label` tells it from the others, `evidence` is for people."""

    label: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """What `name` stands for in one document; `base` is the title without the label of a homonym."""

    document_id: str
    name: str
    key: str
    mentions: int
    title: str
    base: str
    reason: str
    evidence: str
    everywhere: bool
    undone: bool = False


def assign_titles(corpus: Corpus, links: Links, senses: Mapping[tuple[str, str], Sense]) -> list[Assignment]:
    """One assignment for each name of each document, in order; `senses` is by document and last key."""
    paths = {
        (document.id, occurrence.key): links.path(document.id, occurrence.key)
        for document, occurrence in corpus.occurrences()
    }
    titles = _titles(corpus, paths)
    assignments = []
    for document, occurrence in corpus.occurrences():
        path = paths[document.id, occurrence.key]
        target = path[-1].target if path else occurrence.key
        sense = senses.get((document.id, target))
        for name, mentions in sorted(occurrence.names.items()):
            assignments.append(_assignment(document.id, name, occurrence.key, mentions, titles[target], path, sense, links))
    return assignments


def _assignment(
    document_id: str, name: str, key: str, mentions: int, base: str, path: list[Link], sense: Sense | None, links: Links
) -> Assignment:
    change = name_form(name).change or "variant"
    reason = path[0].reason if path else "homonym" if sense and tidy(name) == base else change
    evidence = [link.evidence for link in path] or ([_CHANGES[change]] if name != base else [])
    if sense:
        evidence.append(sense.evidence)
    return Assignment(
        document_id,
        name,
        key,
        mentions,
        f"{base} ({sense.label})" if sense else base,
        base,
        reason,
        "; ".join(evidence),
        everywhere=sense is None and not _is_local(document_id, key, path, links),
    )


def _is_local(document_id: str, key: str, path: list[Link], links: Links) -> bool:
    keys = [key, *(link.target for link in path)]
    return any((document_id, key) in links.local for key in keys)


def _titles(corpus: Corpus, paths: Mapping[tuple[str, str], list[Link]]) -> dict[str, str]:
    """The most frequent full form of each last key; ties go to the longest, then by the alphabet."""
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document, occurrence in corpus.occurrences():
        path = paths[document.id, occurrence.key]
        if all(link.full for link in path):
            names[path[-1].target if path else occurrence.key].update(occurrence.names)
    return {key: usual_form(counts, gendered=key.endswith(("(f)", "(m)"))) for key, counts in names.items()}


def usual_form(names: Mapping[str, int], *, gendered: bool = False) -> str:
    """The form in which these spellings of one name are shown. With `gendered` its form of address is kept."""
    forms: Counter[str] = Counter()
    possessive = all(name_form(name).possessive for name in names)
    for name, count in names.items():
        form = name_form(name)
        forms[tidy(name) if gendered else form.clean + form.possessive * possessive] += count
    mixed = {form.casefold(): form for form in sorted(forms) if not form.isupper()}
    for form in sorted(forms):
        if form.isupper() and form.casefold() in mixed:  # a headline's capitals are not the usual case
            forms[mixed[form.casefold()]] += forms.pop(form)
    return min(forms, key=lambda form: (-forms[form], form[:4] in ("The ", "the "), -len(form), form))


def keep_apart(assignments: list[Assignment], pairs: Iterable[tuple[str, str]]) -> list[Assignment]:
    """The assignments with `undone` where `pairs` keeps the name from what it would have become."""
    wanted = sorted({tuple(sorted((_light(a), _light(b)))) for a, b in pairs})
    if not wanted:
        return assignments
    groups: defaultdict[str, list[Assignment]] = defaultdict(list)
    for assignment in assignments:
        groups[assignment.title].append(assignment)
    leaving = {(title, name) for title, group in groups.items() for name in _leaving(group, wanted)}
    return [replace(a, undone=True) if (a.title, a.name) in leaving else a for a in assignments]


def _leaving(group: list[Assignment], pairs: list[tuple[str, ...]]) -> set[str]:
    """Names that may not stay in a group: of a pair that which is not the title, or the rarer."""
    counts: Counter[str] = Counter()
    for assignment in group:
        counts[_light(assignment.name)] += assignment.mentions
    title, base = group[0].title, group[0].base
    own = {_light(title), _light(base)}
    left: set[str] = set()
    for pair in pairs:
        for name in pair:
            counts.setdefault(name, 0)
        present = [name for name in pair if counts[name] or name in own]
        if len(present) == 2 and present[0] != present[1]:
            goes = min(present, key=lambda name: (name in own, counts[name], name))
            left |= _with_spellings(goes, group, name_form(base).key)
    return left


def _with_spellings(light: str, group: list[Assignment], key_of_title: str) -> set[str]:
    """The names that go with `light`: all spellings of it, unless the title is one of them too."""
    exact = {a.name for a in group if _light(a.name) == light}
    keys = {a.key for a in group if a.name in exact} - {key_of_title}
    return exact | {a.name for a in group if a.key in keys}


def own_title(assignment: Assignment) -> str:
    """The title that the mention gets: its own form where the merge is undone."""
    return tidy(assignment.name) if assignment.undone else assignment.title


def _light(name: str) -> str:
    return tidy(name).casefold()
