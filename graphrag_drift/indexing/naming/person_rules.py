"""Names of a document -> links from surnames and shortened names to the one full name of a person."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from graphrag_drift.indexing.naming.links import Link
from graphrag_drift.indexing.naming.names import Corpus, Document, Occurrence, is_person
from graphrag_drift.names.forms import PARTICLES, key_of_tokens, surnames_of, without_title
from graphrag_drift.names.korean import is_korean_person_name, is_korean_surname, surname_and_title
from graphrag_drift.names.lists_en import PLACES

Find = Callable[[str], str]
_REGNAL = re.compile("[ivx]{2,}")


def middle_names(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """ "N. C. Wyeth" is "Newell Convers Wyeth", and "Willi Schneider" is 'Wilfried "Willi" Schneider'."""
    people = [o for o in document.names.values() if is_person(o.key, o.tokens, o.kind)]
    by_end: defaultdict[str, dict[str, Occurrence]] = defaultdict(dict)
    for person in people:
        for end in _ends(person):
            by_end[end][person.key] = person
    for person in people:
        others = {key: other for end in _ends(person) for key, other in by_end[end].items()}
        longer = {
            find(key): other
            for key, other in sorted(others.items())
            if "person" in (other.kind, person.kind) and _contains_name(other.tokens, person.tokens)
        }
        if len(longer) == 1:
            full = next(iter(longer.values()))
            usual, other = (person, full) if corpus.counts[person.key] > corpus.counts[full.key] else (full, person)
            evidence = f'the only full name in the document with parts of "{full.shown}"'
            yield other.key, Link(usual.key, "variant", evidence)


def _ends(person: Occurrence) -> tuple[str, ...]:
    return (person.tokens[0], *surnames_of(person.tokens)[:1])


def _contains_name(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    """Whether the parts of one name are parts of the other, in order, initials standing for words."""
    parts = [part for token in shorter for part in _initials_apart(token, longer)]
    if len(parts) < 2 or all(len(part) == 1 for part in parts):
        return False
    if (len(longer), sum(map(len, longer))) <= (len(parts), sum(map(len, parts))):
        return False
    remaining = iter(longer)
    return all(any(word == part or _abbreviates(part, word) for word in remaining) for part in parts)


def _abbreviates(initial: str, word: str) -> bool:
    """Whether `initial` is that of `word`; the number of a king ("II") has none ("I" is another king)."""
    return len(initial) == 1 and word[0] == initial and not _REGNAL.fullmatch(word)


def _initials_apart(token: str, longer: tuple[str, ...]) -> Sequence[str]:
    return token if 1 < len(token) <= 3 and token not in longer and token not in PARTICLES else (token,)


def surnames(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """ "Park" is "Daniel Park", the only one in the document so called, unless it is a place's name."""
    bearers: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for occurrence in document.names.values():
        if is_person(occurrence.key, occurrence.tokens, occurrence.kind):
            for surname in surnames_of(occurrence.tokens):
                bearers[surname.replace("-", " ")][find(occurrence.key)] = occurrence.key
    for key, occurrence in document.names.items():
        surname, titled = _as_surname(occurrence)
        found = {target: bearer for target, bearer in bearers.get(surname, {}).items() if bearer != key}
        if len(found) != 1 or not _may_be_surname(occurrence, titled, corpus):
            continue
        bearer = document.names[min(found.values())]
        told = titled or "person" in (corpus.kinds[bearer.key], corpus.kinds[key])
        certain = told or (_precedes(bearer, occurrence) and surname not in corpus.continued)
        if certain and key not in corpus.independent and _one_gender(document, occurrence, bearer):
            evidence = f'the only full name in the document that ends with "{surname.title()}"'
            yield key, Link(bearer.key, "surname" if told else "short form", evidence)


def _as_surname(occurrence: Occurrence) -> tuple[str, bool]:
    """The surname that a name may be, and whether a title before it says so ("Mayor Whitlock")."""
    bare = without_title(occurrence.tokens)
    if bare:
        return key_of_tokens(bare), True
    return key_of_tokens(occurrence.tokens), occurrence.key.endswith(")")


def _may_be_surname(occurrence: Occurrence, titled: bool, corpus: Corpus) -> bool:
    if not titled and all(name.startswith(("The ", "the ")) for name in occurrence.names):
        return False  # "the Ghost" is a word of the language, not who is so called
    kind = occurrence.kind if occurrence.kind != "other" else corpus.kinds[occurrence.key]
    if kind == "person":
        return True
    single = len(occurrence.tokens) == 1 or all(token in PARTICLES for token in occurrence.tokens[:-1])
    return kind == "other" and (titled or (single and occurrence.key not in PLACES))


def _precedes(full: Occurrence, short: Occurrence) -> bool:
    """Whether the text introduces the full name before the short one, as it does for people."""
    return full.first is not None and short.first is not None and full.first < short.first


def _one_gender(document: Document, occurrence: Occurrence, bearer: Occurrence) -> bool:
    """Where a document speaks of Mr. and of Mrs. Park, only a full name with the same form of address will do."""
    surname = occurrence.key.removesuffix(" (f)").removesuffix(" (m)")
    bearing = [document.names[key] for key in (surname, f"{surname} (f)", f"{surname} (m)") if key in document.names]
    if len(set().union(*(o.genders for o in bearing))) < 2:
        return len(occurrence.genders | bearer.genders) < 2
    return len(occurrence.genders) == 1 and occurrence.genders == bearer.genders


def korean_titles(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """ "김 시장" is the one full name beginning with 김, of several the one with that title."""
    people = [
        other
        for other in document.names.values()
        if is_korean_person_name(other.key) and other.kind in ("person", "other")
    ]
    for key, occurrence in document.names.items() if people else ():
        surname, titles = _korean_surname(occurrence)
        bearers = [other for other in people if surname and other.key.startswith(surname)]
        titled = [other for other in bearers if titles & other.titles]
        found = {find(other.key): other for other in titled or bearers}
        if len(found) == 1 and titles:
            bearer = next(iter(found.values()))
            evidence = f'the only full name in the document for "{surname} {min(titles)}"'
            yield key, Link(bearer.key, "surname", evidence)


def _korean_surname(occurrence: Occurrence) -> tuple[str, set[str]]:
    """The surname that the name begins with or is, and its titles; ("", ...) if it is no such name."""
    if is_korean_surname(occurrence.key):
        return occurrence.key, occurrence.titles
    surname, title = surname_and_title(occurrence.shown) or ("", "")
    return surname, {title} if title else set()
