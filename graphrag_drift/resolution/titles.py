"""Names with their links and senses -> the title of each name in each document.

A title is a name that the text has, in its usual case; it is never invented, but for the words in parentheses
that tell homonyms apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphrag_drift.names.forms import is_latin, name_form, tidy, without_accents
from graphrag_drift.resolution.corpus import Corpus
from graphrag_drift.resolution.homonyms import Mentions, Senses
from graphrag_drift.resolution.links import Link, Links
from graphrag_drift.resolution.uses import Sense

_CHANGES = {
    "possessive": "without the possessive ending",
    "honorific": "without the form of address",
    "article": "without the article",
    "variant": "written differently: case, accents, dashes, quotes or spaces",
}
_ACCENTED = 0.1  # of the spelling without accents, from which the accented one is no slip


@dataclass(frozen=True, slots=True)
class Assignment:
    """What `name` stands for in one document, at the `starts` of its mentions (empty: all); `base` is the title
    without the label of a homonym, `own` what the mention is called if the merge is undone."""

    document_id: str
    name: str
    key: str
    mentions: int
    title: str
    base: str
    reason: str
    evidence: str
    everywhere: bool
    starts: frozenset[int] = frozenset()
    undone: bool = False
    own: str = ""


def assign_titles(corpus: Corpus, links: Links, senses: Senses) -> list[Assignment]:
    """The assignments for each name of each document, in order; several only where it has several senses."""
    paths = {
        (document.id, occurrence.key): links.path(document.id, occurrence.key)
        for document, occurrence in corpus.occurrences()
    }
    titles = _titles(corpus, paths)
    inverse = _inverse(corpus, paths)
    assignments = []
    for document, occurrence in corpus.occurrences():
        path = paths[document.id, occurrence.key]
        target = path[-1].target if path else occurrence.key
        base = titles[target]
        local = _is_local(document.id, occurrence.key, path, links)
        for name, mentions in sorted(occurrence.names.items()):
            reason, evidence = _reason(name, base, path, inverse.get((target, corpus.keys.get(base, target))))
            plain = Assignment(
                document.id, name, occurrence.key, mentions, base, base, reason, evidence, everywhere=not local
            )
            own = senses.get((document.id, target))
            assignments += list(_in_senses(plain, own)) if own else [plain]
    return assignments


def _reason(name: str, base: str, path: list[Link], inverse: Link | None) -> tuple[str, str]:
    """Why `name` is `base`: by the links on its path, or by that which made `base` a name for it, or by its form."""
    if path:
        return path[0].reason, "; ".join(link.evidence for link in path)
    if tidy(name) == base and tidy(name) == name:
        return "", ""
    form = name_form(name)
    if form.key != name_form(base).key and inverse is not None:
        return inverse.reason, inverse.evidence
    change = form.change or "variant"
    return change, _CHANGES[change]


def _in_senses(plain: Assignment, senses: list[tuple[Sense, Mentions]]) -> Iterator[Assignment]:
    """`plain` in each sense that mentions of the name have; in the main one, if it has no mentions of its own."""
    own = [(sense, frozenset(start for name, start in of if name == plain.name)) for sense, of in senses]
    attested = [(sense, starts) for sense, starts in own if starts]
    for sense, starts in attested or own[:1]:
        yield replace(
            plain,
            title=f"{plain.base} ({sense.label})",
            reason=plain.reason or "homonym",
            evidence="; ".join(part for part in (plain.evidence, sense.evidence) if part),
            everywhere=False,
            starts=starts,
        )


def _inverse(corpus: Corpus, paths: Mapping[tuple[str, str], list[Link]]) -> dict[tuple[str, str], Link]:
    """(last key, key that links to it) -> the first such link."""
    first: dict[tuple[str, str], Link] = {}
    for document, occurrence in corpus.occurrences():
        path = paths[document.id, occurrence.key]
        if path:
            first.setdefault((path[-1].target, occurrence.key), path[0])
    return first


def _is_local(document_id: str, key: str, path: list[Link], links: Links) -> bool:
    keys = [key, *(link.target for link in path)]
    return any((document_id, key) in links.local for key in keys)


def _titles(corpus: Corpus, paths: Mapping[tuple[str, str], list[Link]]) -> dict[str, str]:
    """The most frequent full form of each last key, in the script of most of the corpus if there is one."""
    full: defaultdict[str, Counter[str]] = defaultdict(Counter)
    short: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document, occurrence in corpus.occurrences():
        path = paths[document.id, occurrence.key]
        target = path[-1].target if path else occurrence.key
        (full if all(link.full for link in path) else short)[target].update(occurrence.names)
        spelled[occurrence.key].update(occurrence.names)
    titles = {}
    for key in sorted({*full, *short}):
        counts = full[key] or spelled[key]
        pools = (counts, short[key]) if corpus.is_latin else (counts,)
        readable = ({name: n for name, n in pool.items() if is_latin(name) == corpus.is_latin} for pool in pools)
        pool = next((names for names in readable if names), counts)
        titles[key] = usual_form(pool, gendered=key.endswith(("(f)", "(m)")))
    return titles


def usual_form(names: Mapping[str, int], *, gendered: bool = False) -> str:
    """The form in which these spellings of one name are shown: the most frequent, with its accents where some write
    them; ties go to the one without an article, the longest, the first of the alphabet. With `gendered` its form of
    address is kept."""
    counts: Counter[str] = Counter()
    possessive = all(name_form(name).possessive for name in names)
    for name, count in names.items():
        form = name_form(name)
        counts[tidy(name) if gendered else form.clean + form.possessive * possessive] += count
    usual = {without_accents(shown.casefold()): shown for shown in sorted(counts) if not _is_shouted(shown)}
    for shown in sorted(counts):
        fold = without_accents(shown.casefold())
        if _is_shouted(shown) and fold in usual:  # a headline's capitals are not the usual case
            counts[usual[fold]] += counts.pop(shown)
    for shown in sorted(counts):
        plain = without_accents(shown)
        if plain != shown and counts[shown] >= _ACCENTED * counts.get(plain, 0):  # accents are left out, not made up
            counts[shown] += counts.pop(plain, 0)
    return min(counts, key=lambda shown: (-counts[shown], shown[:4] == "The ", -len(shown), shown))


def _is_shouted(shown: str) -> bool:
    """Whether it is all in capitals, or was so but for a word of two letters: "Fei-Fei LI"."""
    words = shown.split()
    return shown.isupper() or (len(words) > 1 and any(len(word) == 2 and word.isupper() for word in words))


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
