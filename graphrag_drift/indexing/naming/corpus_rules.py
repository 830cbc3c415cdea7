"""Names of a corpus -> links that hold in every document: from one full form of a name to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from graphrag_drift.indexing.naming.links import Link
from graphrag_drift.indexing.naming.names import Corpus, is_person
from graphrag_drift.names.forms import key_of_tokens, without_suffix, without_title
from graphrag_drift.names.lists_en import TITLES

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
    """ "Meridian Shipping Inc." is "Meridian Shipping"; a single word only if it is an organization's name."""
    for key, tokens in corpus.tokens.items():
        bare = key_of_tokens(without_suffix(tokens))
        kind = corpus.kinds.get(bare)
        if kind is not None and (kind == "organization" or (kind != "person" and " " in bare)):
            yield key, Link(bare, "variant", "with and without the legal form", full=True)


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
    titled = any(token in TITLES for token in tokens[:3])
    return [tokens[start:] for start in range(len(tokens) - 2, 0, -1)] if titled else []


def affiliated_names(corpus: Corpus) -> Iterator[tuple[str, Link]]:
    """ "Daniel Park of Corvane University Hospital" is "Daniel Park", where that is somebody's name."""
    for key, tokens in corpus.tokens.items():
        size = tokens.index("of") if "of" in tokens else 0
        target = key_of_tokens(tokens[:size])
        if size > 1 and corpus.kinds[key] in ("person", "other") and corpus.kinds.get(target) == "person":
            yield key, Link(target, "variant", "without the affiliation")


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
    middle_initials,
    acronyms_in_two_scripts,
)
