"""Names of a document -> links from acronyms and short forms to the one full name they can mean."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from graphrag_drift.names.forms import (
    PARTICLES,
    generation_of,
    initials_of,
    key_of_tokens,
    name_form,
    surnames_of,
    turned_name,
    without_legal_form,
    without_title,
)
from graphrag_drift.names.korean import is_korean_person_name, is_korean_surname, surname_and_title
from graphrag_drift.names.lists import titles, word_list
from graphrag_drift.resolution.corpus import HEADS, Corpus, Document, Occurrence, is_person, legal_name
from graphrag_drift.resolution.links import Link

_PLACE_HEADS = word_list("place_heads")
_PLACES = word_list("places")
_TITLES = titles()
_GIVEN_NAMES = word_list("given_names")
_ARTICLED = 2, 0.1  # mentions behind an article, and their share, from which a name is no person's

CorpusRule = Callable[[Corpus], Iterator[tuple[str, Link]]]

# Abbreviations of states and their unions, which no article spells out.
_USUAL = {
    "US": "united states",
    "USA": "united states",
    "united states of america": "united states",
    "UK": "united kingdom",
    "great britain": "united kingdom",
    "EU": "european union",
    "UN": "united nations",
    "UAE": "united arab emirates",
    "ussr": "soviet union",
}


def usual_abbreviations(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "U.S." is "United States"."""
    for key, full in _USUAL.items():
        if key in corpus.tokens and full in corpus.tokens:
            yield key, Link(full, "acronym", "usual abbreviation")


def legal_forms(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Meridian Shipping Inc." is "Meridian Shipping"; a single word only if it is an organization's name.

    Where nobody writes the name alone, "SAS Verdanne" is "Verdanne SAS".
    """
    turned: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for key, tokens in corpus.tokens.items():
        bare = key_of_tokens(without_legal_form(tokens))
        kind = corpus.kinds.get(bare)
        if kind is not None and (kind == "organization" or (kind != "person" and " " in bare)):
            yield key, Link(bare, "variant", "with and without the legal form", full=True)
        elif bare and kind is None:
            turned[frozenset(tokens)].append(key)
    for first, *others in turned.values():
        for key in others:
            yield key, Link(first, "variant", "with the legal form in front and behind", full=True)


def titled_names(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Mayor Harlan Whitlock" is "Harlan Whitlock", where that is somebody's name."""
    for key, tokens in corpus.tokens.items():
        for bare in _after_title(tokens):
            target = key_of_tokens(bare)
            kind = corpus.kinds.get(target)
            if target != key and kind is not None and is_person(target, bare, kind):
                yield key, Link(target, "honorific", "without the title")
                break


def _after_title(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Ends of two words or more that may be the name itself, the shortest first."""
    korean = without_title(tokens)
    if korean and tokens[: len(korean)] == korean:
        return [korean] if len(korean) > 1 else []
    titled = any(token in _TITLES for token in tokens[:3])
    return [tokens[start:] for start in range(len(tokens) - 2, 0, -1)] if titled else []


def affiliated_names(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Daniel Park of Corvane University Hospital" is "Daniel Park", where that is somebody's name."""
    for key, tokens in corpus.tokens.items():
        size = tokens.index("of") if "of" in tokens else 0
        target = key_of_tokens(tokens[:size])
        if size > 1 and corpus.kinds[key] in ("person", "other") and corpus.kinds.get(target) == "person":
            yield key, Link(target, "variant", "without the affiliation")


def inverted_names(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Garcia, Maria" is "Maria Garcia", where that is somebody's name."""
    for name, key in sorted(corpus.keys.items()):
        target = name_form(turned_name(name)).key if "," in name else ""
        tokens = corpus.tokens.get(target)
        if tokens is not None and target != key and is_person(target, tokens, corpus.kinds[target]):
            yield key, Link(target, "variant", "with the surname first")


def middle_initials(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Harlan J. Whitlock" is "Harlan Whitlock", if no other initial is in use."""
    longer: defaultdict[str, list[str]] = defaultdict(list)
    for key, tokens in corpus.tokens.items():
        initials = tokens[1:-1]
        if initials and len(tokens[0]) > 1 and all(len(token) == 1 for token in initials):
            longer[key_of_tokens((tokens[0], tokens[-1]))].append(key)
    for target, keys in longer.items():
        if len(keys) == 1 and corpus.kinds.get(target) in ("person", "other"):
            yield keys[0], Link(target, "variant", "with and without the middle initial", full=True)


def acronyms_in_two_scripts(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """Full names in two scripts that the text gives the same acronym, of three letters or more."""
    for acronym, full_names in sorted(corpus.definitions.items()):
        known = [name for name in sorted(full_names) if name in corpus.tokens]
        latin = [name for name in known if name.isascii()]
        others = [name for name in known if not name.isascii()]
        if len(acronym) > 2 and len(latin) == 1 and len(others) == 1:
            evidence = f"both are defined as {corpus.defined_names[acronym]}"
            yield others[0], Link(latin[0], "acronym", evidence, full=True)


CORPUS_RULES: tuple[CorpusRule, ...] = (
    usual_abbreviations,
    legal_forms,
    titled_names,
    affiliated_names,
    inverted_names,
    middle_initials,
    acronyms_in_two_scripts,
)


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
            if "person" in (other.kind, person.kind)
            and generation_of(other.tokens) == generation_of(person.tokens)
            and _contains_name(other.tokens, person.tokens)
        }
        if len(longer) == 1:
            full = next(iter(longer.values()))
            usual, other = (person, full) if _frequency(person, corpus) > _frequency(full, corpus) else (full, person)
            evidence = f'the only full name in the document with parts of "{full.shown}"'
            yield other.key, Link(usual.key, "variant", evidence)


def _frequency(occurrence: Occurrence, corpus: Corpus) -> tuple[int, int]:
    return corpus.counts[occurrence.key], sum(occurrence.names.values())


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
        others = {target: bearer for target, bearer in bearers.get(surname, {}).items() if bearer != key}
        if len(others) != 1 or not _may_be_surname(occurrence, titled, corpus):
            continue
        bearer = document.names[min(others.values())]
        attested = titled or "person" in (corpus.kinds[bearer.key], corpus.kinds[key])
        certain = attested or (_precedes(bearer, occurrence) and surname not in corpus.continued)
        if certain and key not in corpus.independent and _one_gender(document, occurrence, bearer):
            evidence = f'the only full name in the document that ends with "{surname.title()}"'
            yield key, Link(bearer.key, "surname" if attested else "short form", evidence)


def _as_surname(occurrence: Occurrence) -> tuple[str, bool]:
    """The surname that a name may be, and whether a title before it says so ("Mayor Whitlock")."""
    bare = without_title(occurrence.tokens)
    if bare:
        return key_of_tokens(bare), True
    return key_of_tokens(occurrence.tokens), occurrence.key.endswith(")")


def _may_be_surname(occurrence: Occurrence, titled: bool, corpus: Corpus) -> bool:
    articled = all(name.startswith(("The ", "the ")) for name in occurrence.names)
    if not titled and (articled or _is_articled(occurrence)):
        return False  # "the Ghost" is a word of the language, not who is so called
    kind = occurrence.kind if occurrence.kind != "other" else corpus.kinds[occurrence.key]
    if kind == "person":
        return True
    single = len(occurrence.tokens) == 1 or all(token in PARTICLES for token in occurrence.tokens[:-1])
    return kind == "other" and (titled or (single and occurrence.key not in _PLACES))


def given_names(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """ "Ingrid" is "Ingrid Solvay", the only one in the document so called."""
    bearers: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for occurrence in document.names.values():
        if is_person(occurrence.key, occurrence.tokens, occurrence.kind) and not _is_no_surname(occurrence.tokens):
            bearers[occurrence.tokens[0]][find(occurrence.key)] = occurrence.key
    for key, occurrence in document.names.items():
        others = {target: bearer for target, bearer in bearers.get(key, {}).items() if bearer != key}
        if len(others) != 1 or key in _PLACES or not _may_be_surname(occurrence, False, corpus):
            continue
        bearer = document.names[min(others.values())]
        called = corpus.kinds[key] == "person" or _is_usual(key, bearer, corpus.given, corpus)
        known = bearer.kind == "person" and (key in _GIVEN_NAMES or called)
        if known and _precedes(bearer, occurrence) and len(occurrence.genders | bearer.genders) < 2:
            evidence = f'the only full name in the document that begins with "{bearer.shown.split()[0]}"'
            yield key, Link(bearer.key, "short form", evidence)


def _is_articled(occurrence: Occurrence) -> bool:
    least, share = _ARTICLED
    return occurrence.articles >= max(least, share * sum(occurrence.names.values()))


def _is_no_surname(tokens: tuple[str, ...]) -> bool:
    """Whether what they end with is none, but a thing or a number: Christian Bible, Elizabeth II."""
    return tokens[-1] in HEADS or _REGNAL.fullmatch(tokens[-1]) is not None


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
        targets = {find(other.key): other for other in titled or bearers}
        if len(targets) == 1 and titles:
            bearer = next(iter(targets.values()))
            evidence = f'the only full name in the document for "{surname} {min(titles)}"'
            yield key, Link(bearer.key, "surname", evidence)


def _korean_surname(occurrence: Occurrence) -> tuple[str, Set[str]]:
    """The surname that the name begins with or is, and its titles; ("", ...) if it is no such name."""
    if is_korean_surname(occurrence.key):
        return occurrence.key, occurrence.titles
    surname, title = surname_and_title(occurrence.shown) or ("", "")
    return surname, {title} if title else set()


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
        targets = {find(name): name for name in expansions.get(key.casefold(), ()) if find(name) != key}
        if len(targets) == 1:
            full = document.names[min(targets.values())]
            yield key, Link(full.key, "acronym", f'the initials of "{full.shown}" in the same document')


def _expansions(document: Document) -> Mapping[str, list[str]]:
    expansions: defaultdict[str, list[str]] = defaultdict(list)
    for key, occurrence in document.names.items():
        for initials in initials_of(occurrence.tokens):
            expansions[initials].append(key)
    return expansions


def short_forms(document: Document, corpus: Corpus, find: Find) -> Iterator[tuple[str, Link]]:
    """ "Meridian" is "Meridian Terminals", and "Spurs" the "San Antonio Spurs"."""
    longer: defaultdict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in document.names.values():
        if len(occurrence.tokens) > 1:
            for word in {occurrence.tokens[0], occurrence.tokens[-1]}:
                longer[word].append(occurrence)
    for key, occurrence in document.names.items():
        targets = {find(other.key): other for other in longer.get(key, ()) if find(other.key) != find(key)}
        if len(targets) == 1:
            full = next(iter(targets.values()))
            if _shortens(occurrence, full, corpus):
                yield key, Link(full.key, "short form", f'the only longer name in the document: "{full.shown}"')


def _shortens(short: Occurrence, longer: Occurrence, corpus: Corpus) -> bool:
    if "place" in (short.kind, corpus.kinds[short.key]) or short.key in _PLACES or short.key in HEADS:
        return False
    if longer.kind not in ("organization", "other") or longer.tokens[-1] in _PLACE_HEADS:
        return False
    if longer.tokens[0] == short.key and _is_usual(short.key, longer, corpus.continued, corpus):
        return True
    kind = short.kind if short.kind != "other" else corpus.kinds[short.key]
    if longer.kind != "organization" or kind not in ("organization", "other"):
        return False
    return longer.tokens[0] != short.key or all(token in HEADS for token in longer.tokens[1:])


def _is_usual(short: str, longer: Occurrence, continued: Mapping[str, Counter[str]], corpus: Corpus) -> bool:
    """Whether half of the documents with the short name, two at least, have this longer one too."""
    together = continued[short][legal_name(longer.tokens)] if short in continued else 0
    return together > 1 and together * 2 >= corpus.counts[short]


DOCUMENT_RULES: tuple[DocumentRule, ...] = (
    defined_acronyms,
    matching_initials,
    middle_names,
    surnames,
    given_names,
    korean_titles,
    short_forms,
)
