"""entity_mentions, relationship_mentions, text_units -> the names of each document.

It decides nothing about which names belong together, but for spellings with one key.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from graphrag_drift.indexing.naming.names import Corpus, Document, Occurrence, kind_of
from graphrag_drift.names.acronyms import acronym_definitions
from graphrag_drift.names.forms import NameForm, gender_of, name_form

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
_Definitions = dict[str, dict[str, frozenset[str]]]


def read_names(
    entity_mentions: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    text_units: pl.DataFrame,
    around: pl.DataFrame,
) -> Corpus:
    """The names of each document, whatever the order of the rows; `around` is that of `surroundings`."""
    counts = _counts(entity_mentions, relationship_mentions)
    keys = _keys(counts.get_column("name").unique().to_list())
    per_document: defaultdict[str, dict[str, Occurrence]] = defaultdict(dict)
    for document_id, name, kind, first, count in counts.iter_rows():
        form, key = name_form(name), keys[name]
        names = per_document[document_id]
        known = names.get(key)
        if known is None:
            known = names[key] = Occurrence(key, form.tokens)
        known.names[name] = known.names.get(name, 0) + count
        folded = (kind or "other").casefold()
        folded = _KINDS.get(folded, folded)
        known.kinds[folded] = known.kinds.get(folded, 0) + count
        if first is not None and (known.first is None or first < known.first):
            known.first = first
        if form.honorific:
            known.titles.add(form.honorific)
    titled = around.filter(pl.col("title") != "").select("document_id", "name", "title").unique()
    for document_id, name, title in titled.iter_rows():
        per_document[document_id][keys[name]].titles.add(title)
    for found in per_document.values():
        for occurrence in found.values():
            occurrence.kind = kind_of(occurrence.kinds)
    local, shown = _definitions(text_units)
    documents = tuple(
        Document(id, dict(sorted(found.items())), local.get(id, {})) for id, found in sorted(per_document.items())
    )
    return Corpus(documents, keys, _everywhere(local), shown)


def _counts(entity_mentions: pl.DataFrame, relationship_mentions: pl.DataFrame) -> pl.DataFrame:
    """document_id, name, type, start (first), count, sorted; names that only relationships have count 0."""
    mentions = entity_mentions.select("document_id", "name", "type", "start", count=1)
    ends = [
        relationship_mentions.select("document_id", name=end, type=pl.lit("other"), start=None, count=0)
        for end in ("source", "target")
    ]
    return (
        pl.concat([mentions, *ends], how="vertical_relaxed")
        .group_by("document_id", "name", "type")
        .agg(pl.col("start").min(), pl.col("count").sum())
        .sort("document_id", "name", "type")
    )


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


def _definitions(text_units: pl.DataFrame) -> tuple[_Definitions, dict[str, str]]:
    """Document -> acronym -> full names, as keys; and all of these as written."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    shown: dict[str, str] = {}
    with_parenthesis = text_units.filter(pl.col("text").str.contains("(", literal=True))
    for document_id, text in with_parenthesis.select("document_id", "text").sort("document_id", "text").iter_rows():
        for pair in acronym_definitions(text):
            full, acronym = map(name_form, pair)
            if full.key and acronym.key and full.key != acronym.key:
                found[document_id][acronym.key].add(full.key)
                for form in (full, acronym):
                    shown[form.key] = min(shown.get(form.key, form.clean), form.clean)
    local = {
        document_id: {acronym: frozenset(full_names) for acronym, full_names in definitions.items()}
        for document_id, definitions in found.items()
    }
    return local, shown


def _everywhere(local: _Definitions) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for definitions in local.values():
        for acronym, full_names in definitions.items():
            found[acronym] |= full_names
    return {acronym: frozenset(full_names) for acronym, full_names in found.items()}
