"""entity_mentions, relationship_mentions, text_units -> the names of each document: how often, of what kind, in
what spellings, and the acronyms its text defines.

It decides nothing about which names belong together, but for spellings with one key.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from graphrag_drift.language.aliases import acronym_definitions
from graphrag_drift.language.name_forms import NameForm, gender_of, is_acronym, name_form

_KINDS = {
    "geo": "place",
    "gpe": "place",
    "loc": "place",
    "location": "place",
    "org": "organization",
    "organisation": "organization",
    "company": "organization",
    "per": "person",
    "people": "person",
}


@dataclass(slots=True)
class Occurrence:
    """All mentions in one document of names with one key."""

    key: str
    tokens: tuple[str, ...]
    names: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    first: int | None = None  # character of the document where the first mention begins, if readers say so

    @property
    def kind(self) -> str:
        """The most frequent kind but "other", which holds only where nothing else is said."""
        return kind_of(self.kinds)

    @property
    def shown(self) -> str:
        """The most frequent spelling, for people."""
        return name_form(max(self.names, key=lambda name: (self.names[name], name))).clean

    @property
    def is_acronym(self) -> bool:
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
    """Keys in definitions, as the text writes them."""

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """The kind of each key over all documents."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for _, occurrence in self.occurrences():
            counts[occurrence.key].update(occurrence.kinds)
        return {key: kind_of(count) for key, count in counts.items()}

    @cached_property
    def tokens(self) -> Mapping[str, tuple[str, ...]]:
        """The tokens of each key, in order of the keys."""
        found: dict[str, tuple[str, ...]] = {}
        for _, occurrence in self.occurrences():
            found[occurrence.key] = min(found.get(occurrence.key, occurrence.tokens), occurrence.tokens)
        return dict(sorted(found.items()))

    def occurrences(self) -> Iterator[tuple[Document, Occurrence]]:
        for document in self.documents:
            for occurrence in document.names.values():
                yield document, occurrence


def kind_of(kinds: Counter[str]) -> str:
    """The most frequent kind, "other" only if there is none besides; ties go by the alphabet."""
    told = [(count, kind) for kind, count in kinds.items() if kind != "other"]
    return min(told, key=lambda pair: (-pair[0], pair[1]))[1] if told else "other"


def read_names(
    entity_mentions: pl.DataFrame, relationship_mentions: pl.DataFrame, text_units: pl.DataFrame
) -> Corpus:
    """The names of each document, whatever the order of the rows."""
    counts = (
        pl.concat(
            [
                entity_mentions.select("document_id", "name", "type", "start", count=1),
                *(
                    relationship_mentions.select("document_id", name=end, type=pl.lit("other"), start=None, count=0)
                    for end in ("source", "target")
                ),
            ],
            how="vertical_relaxed",
        )
        .group_by("document_id", "name", "type")
        .agg(pl.col("start").min(), pl.col("count").sum())
        .sort("document_id", "name", "type")
    )
    names = counts.get_column("name").unique().to_list()
    keys = _keys(names)
    per_document: defaultdict[str, dict[str, Occurrence]] = defaultdict(dict)
    for document_id, name, kind, first, count in counts.iter_rows():
        key = keys[name]
        known = per_document[document_id].get(key)
        if known is None:
            known = per_document[document_id][key] = Occurrence(key, name_form(name).tokens)
        known.names[name] += count
        known.first = min((at for at in (known.first, first) if at is not None), default=None)
        folded = (kind or "other").casefold()
        known.kinds[_KINDS.get(folded, folded)] += count
    local, shown = _definitions(text_units)
    everywhere: defaultdict[str, set[str]] = defaultdict(set)
    for definitions in local.values():
        for acronym, full_names in definitions.items():
            everywhere[acronym] |= full_names
    documents = tuple(
        Document(id, dict(sorted(found.items())), local.get(id, {})) for id, found in sorted(per_document.items())
    )
    return Corpus(documents, keys, {key: frozenset(value) for key, value in everywhere.items()}, shown)


def _keys(names: list[str]) -> dict[str, str]:
    """Name -> key. "Mr. Park" and "Mrs. Park" are two people where both are spoken of."""
    forms = {name: name_form(name) for name in names}
    genders: defaultdict[str, set[str]] = defaultdict(set)
    for form in forms.values():
        if gender := gender_of(form.honorific):
            genders[form.key].add(gender)
    return {name: _key(form, genders.get(form.key, set())) for name, form in forms.items()}


def _key(form: NameForm, genders: set[str]) -> str:
    gender = gender_of(form.honorific)
    return f"{form.key} ({gender})" if gender and len(genders) > 1 and len(form.tokens) == 1 else form.key


def _definitions(text_units: pl.DataFrame) -> tuple[dict[str, dict[str, frozenset[str]]], dict[str, str]]:
    """Document -> acronym -> full names, as keys; and the full names as written."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    shown: dict[str, str] = {}
    with_parenthesis = text_units.filter(pl.col("text").str.contains("(", literal=True))
    for document_id, text in with_parenthesis.select("document_id", "text").sort("document_id", "text").iter_rows():
        for full, acronym in acronym_definitions(text):
            full_form, acronym_form = name_form(full), name_form(acronym)
            if full_form.key and acronym_form.key and full_form.key != acronym_form.key:
                found[document_id][acronym_form.key].add(full_form.key)
                shown[full_form.key] = min(shown.get(full_form.key, full_form.clean), full_form.clean)
                shown[acronym_form.key] = min(shown.get(acronym_form.key, acronym_form.clean), acronym_form.clean)
    return {
        document_id: {acronym: frozenset(full) for acronym, full in definitions.items()}
        for document_id, definitions in found.items()
    }, shown
