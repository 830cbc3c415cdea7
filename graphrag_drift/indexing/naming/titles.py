"""Names with their links and senses -> the title of each name in each document.

A title is a name that the text has, in its usual case; it is never invented, but for the words in parentheses
that tell homonyms apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphrag_drift.indexing.naming.homonyms import Mentions, Senses
from graphrag_drift.indexing.naming.links import Link, Links
from graphrag_drift.indexing.naming.names import Corpus
from graphrag_drift.indexing.naming.senses import Sense
from graphrag_drift.names.forms import is_latin, name_form, tidy

_CHANGES = {
    "possessive": "without the possessive ending",
    "honorific": "without the form of address",
    "article": "without the article",
    "variant": "written differently: case, accents, dashes, quotes or spaces",
}


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
            found = senses.get((document.id, target))
            assignments += list(_in_senses(plain, found)) if found else [plain]
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
    found: dict[tuple[str, str], Link] = {}
    for document, occurrence in corpus.occurrences():
        path = paths[document.id, occurrence.key]
        if path:
            found.setdefault((path[-1].target, occurrence.key), path[0])
    return found


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
    """The form in which these spellings of one name are shown: the most frequent; ties go to the one without an
    article, the longest, the first of the alphabet. With `gendered` its form of address is kept."""
    counts: Counter[str] = Counter()
    possessive = all(name_form(name).possessive for name in names)
    for name, count in names.items():
        form = name_form(name)
        counts[tidy(name) if gendered else form.clean + form.possessive * possessive] += count
    usual = {shown.casefold(): shown for shown in sorted(counts) if not shown.isupper()}
    for shown in sorted(counts):
        if shown.isupper() and shown.casefold() in usual:  # a headline's capitals are not the usual case
            counts[usual[shown.casefold()]] += counts.pop(shown)
    return min(counts, key=lambda shown: (-counts[shown], shown[:4] == "The ", -len(shown), shown))
