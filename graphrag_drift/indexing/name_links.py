"""Names of a corpus -> links from a name to the fuller name it stands for, each with its reason.

A link is made only where exactly one fuller name can be meant: of several, none. Contexts are looked at in
`homonyms.py`, not here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from graphrag_drift.indexing.names import Corpus, Document, Occurrence
from graphrag_drift.language.lexicon import EVENT_HEADS, ORGANIZATION_HEADS, PLACE_HEADS, PLACES
from graphrag_drift.language.name_forms import (
    PARTICLES,
    SUFFIXES,
    gender_of,
    initials_of,
    is_korean_person_name,
    korean_surname_and_title,
    name_form,
    surnames_of,
    without_suffix,
    without_title,
)

_HEADS = ORGANIZATION_HEADS | PLACE_HEADS | EVENT_HEADS | SUFFIXES
# Abbreviations of states and their unions, which no article spells out.
_USUAL = {
    "us": "united states",
    "usa": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "great britain": "united kingdom",
    "eu": "european union",
    "un": "united nations",
    "uae": "united arab emirates",
    "ussr": "soviet union",
}


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
        """The links from `key` to its last target, in order."""
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
        path = self.path(document_id, key)
        return path[-1].target if path else key


CorpusRule = Callable[[Corpus], Iterator[tuple[str, Link]]]
DocumentRule = Callable[[Document, Corpus, Callable[[str], str]], Iterator[tuple[str, Link]]]


# --- everywhere ----------------------------------------------------------------------------------------------


def usual_abbreviations(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    for key, full in _USUAL.items():
        if key in corpus.tokens and full in corpus.tokens:
            yield key, Link(full, "acronym", "usual abbreviation")


def legal_forms(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Meridian Shipping Inc." is "Meridian Shipping"."""
    for key, tokens in corpus.tokens.items():
        bare = " ".join(without_suffix(tokens)).replace("-", " ")
        kind = corpus.kinds.get(bare)
        if bare and (kind == "organization" or (kind == "other" and " " in bare)):
            yield key, Link(bare, "variant", "without the legal form", full=True)


def titled_names(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Mayor Harlan Whitlock" is "Harlan Whitlock", where that is somebody's name."""
    for key, tokens in corpus.tokens.items():
        bare = without_title(tokens)
        target = " ".join(bare).replace("-", " ")
        if len(bare) > 1 and target != key and _is_person(target, corpus.tokens.get(target), corpus.kinds.get(target)):
            yield key, Link(target, "honorific", f'the title before "{target.title()}"')


def middle_initials(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Harlan J. Whitlock" is "Harlan Whitlock", if no other initial is in use."""
    longer: defaultdict[str, list[str]] = defaultdict(list)
    for key, tokens in corpus.tokens.items():
        if len(tokens) > 2 and all(len(token) == 1 for token in tokens[1:-1]) and len(tokens[0]) > 1:
            longer[f"{tokens[0]} {tokens[-1]}".replace("-", " ")].append(key)
    for target, keys in longer.items():
        if len(keys) == 1 and target in corpus.tokens and corpus.kinds[target] in ("person", "other"):
            yield keys[0], Link(target, "variant", "without the middle initial", full=True)


def same_acronym_in_two_scripts(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """Full names in two scripts that the text gives the same acronym, of three letters or more."""
    for acronym, full_names in sorted(corpus.definitions.items()):
        ascii_names = [name for name in full_names if name.isascii()]
        others = [name for name in full_names if not name.isascii()]
        if len(acronym) > 2 and len(ascii_names) == 1 and len(others) == 1 and ascii_names[0] in corpus.tokens:
            yield others[0], Link(ascii_names[0], "acronym", f"both are defined as {acronym.upper()}", full=True)


# --- in a document -------------------------------------------------------------------------------------------


def defined_acronyms(document: Document, corpus: Corpus, find: Callable[[str], str]) -> Iterator[tuple[str, Link]]:
    """By the document's own definition, else by that on which all others agree."""
    for key, occurrence in document.names.items():
        own = document.definitions.get(key)
        full_names = own or corpus.definitions.get(key, frozenset())
        full_names = frozenset(name for name in full_names if name in corpus.tokens)
        if len({find(name) for name in full_names}) != 1:
            continue
        full = min(full_names)
        if own or not _other_expansions(document, occurrence, find, find(full)):
            where = "in the text" if own else "in another document"
            yield key, Link(full, "acronym", f"defined {where}: {corpus.defined_names[full]} ({occurrence.shown})")


def matching_initials(document: Document, corpus: Corpus, find: Callable[[str], str]) -> Iterator[tuple[str, Link]]:
    """An acronym that the text does not define, next to the one name with these initials."""
    for key, occurrence in document.names.items():
        if len(key) < 3 or not occurrence.is_acronym or key in corpus.definitions:
            continue
        expansions = _other_expansions(document, occurrence, find, key)
        if len(expansions) == 1:
            full = document.names[min(expansions.values())]
            yield key, Link(full.key, "acronym", f'initials of "{full.shown}" in the same document')


def _other_expansions(
    document: Document, acronym: Occurrence, find: Callable[[str], str], but: str
) -> dict[str, str]:
    """Names of the document with the initials of `acronym`, by what they stand for, without `but`."""
    return {
        target: occurrence.key
        for occurrence in document.names.values()
        if acronym.key in initials_of(occurrence.tokens) and (target := find(occurrence.key)) != but
    }


def surnames(document: Document, corpus: Corpus, find: Callable[[str], str]) -> Iterator[tuple[str, Link]]:
    """ "Park" is "Daniel Park", the only one in the document so called, unless it is a place's name."""
    bearers: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for occurrence in document.names.values():
        if _is_person(occurrence.key, occurrence.tokens, occurrence.kind):
            for surname in surnames_of(occurrence.tokens):
                bearers[surname.replace("-", " ")][find(occurrence.key)] = occurrence.key
    for key, occurrence in document.names.items():
        surname, titled = _as_surname(occurrence)
        found = bearers.get(surname, {})
        found = {target: bearer for target, bearer in found.items() if bearer != key}
        if len(found) != 1 or not _may_be_surname(occurrence, titled, corpus):
            continue
        bearer = document.names[min(found.values())]
        kinds = (corpus.kinds[bearer.key], corpus.kinds[key])
        certain = titled or "person" in kinds or _precedes(bearer, occurrence)
        if certain and _genders_agree(document, occurrence, bearer):
            yield key, Link(bearer.key, "surname", f'the only full name in the document that ends with "{occurrence.shown}"')


def _as_surname(occurrence: Occurrence) -> tuple[str, bool]:
    """The surname that a name may be, and whether a title before it says so ("Mayor Whitlock")."""
    bare = without_title(occurrence.tokens)
    if bare:
        return " ".join(bare).replace("-", " "), True
    return " ".join(occurrence.tokens).replace("-", " "), occurrence.key.endswith(")")


def _may_be_surname(occurrence: Occurrence, titled: bool, corpus: Corpus) -> bool:
    kind = occurrence.kind
    if kind == "other":
        kind = corpus.kinds[occurrence.key]
    if kind == "person":
        return True
    single = len(occurrence.tokens) == 1 or all(token in PARTICLES for token in occurrence.tokens[:-1])
    return kind == "other" and (titled or (single and occurrence.key not in PLACES))


def _precedes(full: Occurrence, short: Occurrence) -> bool:
    """Whether the text introduces the full name before the short one, as it does for people."""
    return full.first is not None and short.first is not None and full.first < short.first


def _genders_agree(document: Document, occurrence: Occurrence, bearer: Occurrence) -> bool:
    """Where a document speaks of Mr. and Mrs. Park, only a full name with the same honorific will do."""
    genders = _genders(occurrence)
    if not occurrence.key.endswith(")"):
        return not any(f"{occurrence.key} ({gender})" in document.names for gender in "fm")
    other = occurrence.key[:-3] + ("(m)" if occurrence.key.endswith("(f)") else "(f)")
    return bool(genders & _genders(bearer)) or (other not in document.names and not _genders(bearer))


def _genders(occurrence: Occurrence) -> set[str]:
    return {gender for name in occurrence.names if (gender := gender_of(name_form(name).honorific))}


def korean_titles(document: Document, corpus: Corpus, find: Callable[[str], str]) -> Iterator[tuple[str, Link]]:
    """ "김 시장" is the one full name beginning with 김, of several the one with that title."""
    for key, occurrence in document.names.items():
        parts = korean_surname_and_title(occurrence.shown)
        if parts is None:
            continue
        surname, title = parts
        bearers = {
            find(other.key): other.key
            for other in document.names.values()
            if other.key.startswith(surname) and is_korean_person_name(other.key) and other.kind in ("person", "other")
        }
        titled = {
            target: bearer
            for target, bearer in bearers.items()
            if any(name_form(name).honorific.endswith(title) for name in document.names[bearer].names)
        }
        found = titled or bearers
        if len(found) == 1:
            bearer = document.names[min(found.values())]
            yield key, Link(bearer.key, "surname", f'the only full name in the document for "{occurrence.shown}"')


def middle_names(document: Document, corpus: Corpus, find: Callable[[str], str]) -> Iterator[tuple[str, Link]]:
    """ "N. C. Wyeth" is "Newell Convers Wyeth", and "Willi Schneider" is 'Wilfried "Willi" Schneider'."""
    people = [o for o in document.names.values() if _is_person(o.key, o.tokens, o.kind)]
    by_end: defaultdict[str, dict[str, Occurrence]] = defaultdict(dict)
    for person in people:
        for end in (person.tokens[0], *surnames_of(person.tokens)[:1]):
            by_end[end][person.key] = person
    for person in people:
        ends = (person.tokens[0], *surnames_of(person.tokens)[:1])
        others = {key: other for end in ends for key, other in by_end[end].items()}
        found = {
            find(key): other
            for key, other in sorted(others.items())
            if "person" in (other.kind, person.kind) and _contains_name(other.tokens, person.tokens)
        }
        if len(found) == 1:
            full = next(iter(found.values()))
            yield person.key, Link(full.key, "variant", f'the only full name in the document with these parts: "{full.shown}"')


def _contains_name(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    """Whether the parts of one name are parts of the other, in order, initials standing for words."""
    parts = [part for token in shorter for part in _initials_apart(token, longer)]
    remaining = iter(longer)
    whole = sum(len(part) > 1 for part in parts)
    return (
        longer != shorter
        and (len(longer), sum(map(len, longer))) > (len(parts), sum(map(len, parts)))
        and whole > 0
        and len(parts) > 1
        and all(any(word == part or (len(part) == 1 and word[0] == part) for word in remaining) for part in parts)
    )


def _initials_apart(token: str, longer: tuple[str, ...]) -> Sequence[str]:
    return token if 1 < len(token) <= 3 and token not in longer and token not in PARTICLES else (token,)


def short_forms(document: Document, corpus: Corpus, find: Callable[[str], str]) -> Iterator[tuple[str, Link]]:
    """ "Meridian" is "Meridian Terminals", and "Supreme Court" is "U.S. Supreme Court"."""
    starting: defaultdict[tuple[str, ...], list[Occurrence]] = defaultdict(list)
    ending: defaultdict[tuple[str, ...], list[Occurrence]] = defaultdict(list)
    for occurrence in document.names.values():
        for length in range(1, len(occurrence.tokens)):
            starting[occurrence.tokens[:length]].append(occurrence)
            ending[occurrence.tokens[-length:]].append(occurrence)
    for key, occurrence in document.names.items():
        longer = _only(starting[occurrence.tokens] + ending[occurrence.tokens], find, find(key))
        if longer is not None and _shortens(occurrence, longer, corpus):
            yield key, Link(longer.key, "short form", f'the only longer name in the document: "{longer.shown}"')


def _only(longer: Sequence[Occurrence], find: Callable[[str], str], but: str) -> Occurrence | None:
    found = {find(o.key): o for o in longer if find(o.key) != but}
    return next(iter(found.values())) if len(found) == 1 else None


def _shortens(short: Occurrence, longer: Occurrence, corpus: Corpus) -> bool:
    kind = short.kind if short.kind != "other" else corpus.kinds[short.key]
    if longer.kind != "organization" or kind not in ("organization", "other") or short.key in PLACES:
        return False
    size = len(short.tokens)
    if longer.tokens[:size] == short.tokens:
        return short.tokens[-1] not in _HEADS and all(token in _HEADS for token in longer.tokens[size:])
    return size == 1 and short.tokens[0] not in _HEADS


def _is_person(key: str, tokens: tuple[str, ...] | None, kind: str | None) -> bool:
    """Whether a name is a full name of a person, or nothing speaks against it."""
    if tokens is None or not 1 < len(tokens) <= 6 or kind not in ("person", "other"):
        return False
    if kind == "person":
        return True
    built_like_one = len(tokens) <= 4 and all(token.replace("-", "").isalpha() for token in tokens)
    return built_like_one and key not in PLACES and tokens[-1] not in _HEADS and "of" not in tokens and "and" not in tokens


CORPUS_RULES: tuple[CorpusRule, ...] = (
    usual_abbreviations,
    legal_forms,
    titled_names,
    middle_initials,
    same_acronym_in_two_scripts,
)
DOCUMENT_RULES: tuple[DocumentRule, ...] = (
    defined_acronyms,
    matching_initials,
    middle_names,
    surnames,
    korean_titles,
    short_forms,
)


def link_names(
    corpus: Corpus,
    *,
    corpus_rules: Sequence[CorpusRule] = CORPUS_RULES,
    document_rules: Sequence[DocumentRule] = DOCUMENT_RULES,
) -> Links:
    """The links of all rules, an earlier rule's before a later one's."""
    links = Links({}, {})
    for rule in corpus_rules:
        for key, link in rule(corpus):
            if key != link.target:
                links.everywhere.setdefault(key, link)
    for document in corpus.documents:
        find = partial(links.target, document.id)
        for document_rule in document_rules:
            for key, link in list(document_rule(document, corpus, find)):
                if find(key) == key and find(link.target) != key:
                    links.local[document.id, key] = link
    return links
