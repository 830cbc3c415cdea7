"""The names of each document: how often, of what kind, in what spellings, and the acronyms its text defines.

What is known about the names of a corpus before anything is decided; made by `read_names.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graphrag_drift.names.forms import (
    SUFFIXES,
    gender_of,
    is_acronym,
    is_latin,
    key_of_tokens,
    name_form,
    without_suffix,
)
from graphrag_drift.names.lists_en import EVENT_HEADS, FUNCTION_WORDS, ORGANIZATION_HEADS, PLACE_HEADS, PLACES, TITLES

HEADS = ORGANIZATION_HEADS | PLACE_HEADS | EVENT_HEADS | SUFFIXES


_MANY, _FEW = 5, 0.2


@dataclass(slots=True)
class Occurrence:
    """All mentions in one document of names with one key."""

    key: str
    tokens: tuple[str, ...]
    names: dict[str, int] = field(default_factory=dict)  # spelling -> mentions
    kinds: dict[str, int] = field(default_factory=dict)
    kind: str = "other"
    first: int | None = None  # character of the document where the first mention begins, if readers say so
    titles: set[str] = field(default_factory=set)  # that stand with it, casefolded: "mayor", "선장"

    @property
    def genders(self) -> set[str]:
        """Those that forms of address say: "f", "m"."""
        return {gender for title in self.titles if (gender := gender_of(title))}

    @property
    def shown(self) -> str:
        """The most frequent spelling, for people."""
        return name_form(max(self.names, key=lambda name: (self.names[name], name))).clean

    @property
    def is_acronym(self) -> bool:
        """Whether it is written like one."""
        return len(self.tokens) == 1 and any(is_acronym(name_form(name).clean) for name in self.names)


@dataclass(frozen=True, slots=True)
class Document:
    """The names of one document by key, sorted; `definitions` maps acronyms to full names, both as keys."""

    id: str
    names: Mapping[str, Occurrence]
    definitions: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Corpus:
    """The names of all documents, sorted by document; `keys` maps a name to its key."""

    documents: tuple[Document, ...]
    keys: Mapping[str, str]
    definitions: Mapping[str, frozenset[str]]
    defined_names: Mapping[str, str]
    """Keys of `definitions`, and of the full names there, as the text writes them."""

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """The kind of each key over all documents; a legal form makes the name without it an organization's."""
        votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for _, occurrence in self.occurrences():
            votes[occurrence.key].update(occurrence.kinds)
            bare = key_of_tokens(without_suffix(occurrence.tokens))
            if bare in self.tokens:
                votes[bare]["organization"] += sum(occurrence.names.values())
        return {key: kind_of(counts) for key, counts in votes.items()}

    @cached_property
    def tokens(self) -> Mapping[str, tuple[str, ...]]:
        """The tokens of each key, in order of the keys."""
        found: dict[str, tuple[str, ...]] = {}
        for _, occurrence in self.occurrences():
            found[occurrence.key] = min(found.get(occurrence.key, occurrence.tokens), occurrence.tokens)
        return dict(sorted(found.items()))

    @cached_property
    def shown(self) -> Mapping[str, str]:
        """A spelling of each key, for people."""
        return {occurrence.key: occurrence.shown for _, occurrence in self.occurrences()}

    @cached_property
    def counts(self) -> Counter[str]:
        """The number of documents of each key."""
        return Counter(occurrence.key for _, occurrence in self.occurrences())

    @cached_property
    def independent(self) -> frozenset[str]:
        """Single words of many documents, few of which have a longer name that ends with them: words of their own
        ("AI"), whatever name ends so somewhere ("Landing AI")."""
        together: Counter[str] = Counter()
        for document in self.documents:
            ends = {o.tokens[-1] for o in document.names.values() if len(o.tokens) > 1}
            together.update(end for end in ends if end in document.names)
        return frozenset(key for key, count in self.counts.items() if count >= _MANY and together[key] < _FEW * count)

    @cached_property
    def continued(self) -> Mapping[str, Counter[str]]:
        """Single word -> the longer names that begin with it, without legal forms, people's apart: in how many
        documents both are."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for document, occurrence in self.occurrences():
            if len(occurrence.tokens) > 1 and occurrence.kind != "person":
                found[occurrence.tokens[0]][legal_name(occurrence.tokens)] += occurrence.tokens[0] in document.names
        return found

    @cached_property
    def is_latin(self) -> bool:
        """Whether most mentions are written in Latin letters."""
        latin = others = 0
        for _, occurrence in self.occurrences():
            for name, count in occurrence.names.items():
                if is_latin(name):
                    latin += count
                else:
                    others += count
        return latin >= others

    def occurrences(self) -> Iterator[tuple[Document, Occurrence]]:
        """Each name of each document, in order."""
        for document in self.documents:
            for occurrence in document.names.values():
                yield document, occurrence


def legal_name(tokens: tuple[str, ...]) -> str:
    """The key without a legal form."""
    return key_of_tokens(without_suffix(tokens) or tokens)


def kind_of(kinds: Mapping[str, int]) -> str:
    """The most frequent kind, "other" only if there is none besides; ties go by the alphabet."""
    told = [(count, kind) for kind, count in kinds.items() if kind != "other"]
    return min(told, key=lambda pair: (-pair[0], pair[1]))[1] if told else "other"


def is_person(key: str, tokens: tuple[str, ...], kind: str) -> bool:
    """Whether a name is a full name of a person, or at least built like one with nothing against it."""
    if not 1 < len(tokens) <= 6 or kind not in ("person", "other"):
        return False
    if tokens[0] in FUNCTION_WORDS or tokens[-1] in TITLES:
        return False
    if kind == "person":
        return True
    built_like_one = len(tokens) <= 4 and all(token.replace("-", "").isalpha() for token in tokens)
    return built_like_one and key not in PLACES and tokens[-1] not in HEADS and not {"of", "and"} & set(tokens)
