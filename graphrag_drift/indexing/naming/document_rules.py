"""Names of a document -> links from acronyms and short forms to the one full name they can mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from graphrag_drift.indexing.naming.links import Link
from graphrag_drift.indexing.naming.names import HEADS, Corpus, Document, Occurrence, legal_name
from graphrag_drift.indexing.naming.person_rules import Find, korean_titles, middle_names, surnames
from graphrag_drift.names.forms import initials_of
from graphrag_drift.names.lists_en import PLACE_HEADS, PLACES

DocumentRule = Callable[[Document, Corpus, Find], Iterator[tuple[str, Link]]]


def defined_acronyms(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """By the document's own definition, else by that on which all others agree."""
    expansions = _expansions(document)
    for key in document.names:
        own = document.definitions.get(key, frozenset())
        full_names = [name for name in sorted(own or corpus.definitions.get(key, frozenset())) if name in corpus.tokens]
        if len({find(name) for name in full_names}) != 1:
            continue
        full = full_names[0]
        others = {find(name) for name in expansions.get(key.casefold(), ())} - {find(full)}
        if own or not others:
            where = "in the text" if own else "in another document"
            evidence = f"defined {where}: {corpus.defined_names[full]} ({corpus.defined_names[key]})"
            yield key, Link(full, "acronym", evidence)


def matching_initials(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """An acronym that no text defines, next to the one name with these initials."""
    expansions = _expansions(document)
    for key, occurrence in document.names.items():
        if len(key) < 3 or not occurrence.is_acronym or key in corpus.definitions:
            continue
        found = {find(name): name for name in expansions.get(key.casefold(), ()) if find(name) != key}
        if len(found) == 1:
            full = document.names[min(found.values())]
            yield key, Link(full.key, "acronym", f'the initials of "{full.shown}" in the same document')


def _expansions(document: Document) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, occurrence in document.names.items():
        for initials in initials_of(occurrence.tokens):
            found[initials].append(key)
    return found


def short_forms(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """ "Meridian" is "Meridian Terminals", and "Spurs" the "San Antonio Spurs"."""
    longer: defaultdict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in document.names.values():
        if len(occurrence.tokens) > 1:
            for word in {occurrence.tokens[0], occurrence.tokens[-1]}:
                longer[word].append(occurrence)
    for key, occurrence in document.names.items():
        found = {find(other.key): other for other in longer.get(key, ()) if find(other.key) != find(key)}
        if len(found) == 1:
            full = next(iter(found.values()))
            if _shortens(occurrence, full, corpus):
                yield key, Link(full.key, "short form", f'the only longer name in the document: "{full.shown}"')


def _shortens(short: Occurrence, longer: Occurrence, corpus: Corpus) -> bool:
    if "place" in (short.kind, corpus.kinds[short.key]) or short.key in PLACES or short.key in HEADS:
        return False
    if longer.kind not in ("organization", "other") or longer.tokens[-1] in PLACE_HEADS:
        return False
    if longer.tokens[0] == short.key and _established(short, longer, corpus):
        return True
    kind = short.kind if short.kind != "other" else corpus.kinds[short.key]
    if longer.kind != "organization" or kind not in ("organization", "other"):
        return False
    return longer.tokens[0] != short.key or all(token in HEADS for token in longer.tokens[1:])


def _established(short: Occurrence, longer: Occurrence, corpus: Corpus) -> bool:
    """Whether half of the documents with the short name, two at least, have this longer one too."""
    together = corpus.continued[short.key][legal_name(longer.tokens)] if short.key in corpus.continued else 0
    return together > 1 and together * 2 >= corpus.counts[short.key]


DOCUMENT_RULES: tuple[DocumentRule, ...] = (
    defined_acronyms,
    matching_initials,
    middle_names,
    surnames,
    korean_titles,
    short_forms,
)
