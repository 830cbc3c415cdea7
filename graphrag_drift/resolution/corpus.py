"""entity_mentions, text units -> the names of each document: how often, of what kind, in what spellings, and the
acronyms its text defines.

What is known about the names of a corpus before anything is decided: first the text around each mention, then `Corpus`,
then how `read_names` makes one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from graphrag_drift.language.english import FUNCTION_WORDS
from graphrag_drift.language.statistics import most_frequent
from graphrag_drift.names.acronyms import acronym_definitions
from graphrag_drift.names.forms import (
    SUFFIXES,
    NameForm,
    gender_of,
    is_acronym,
    is_latin,
    key_of_tokens,
    name_form,
    without_legal_form,
)
from graphrag_drift.names.korean import TITLE_AFTER
from graphrag_drift.names.lists import heads, titles, word_list

_BEFORE, _AFTER = 70, 90  # characters
_ARTICLE_BEFORE = r"(?i:\b(?:the|an?))\s+$"


def surroundings(entity_mentions: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    """document_id, name, start, before, after, title (casefolded, "" if none), sorted; each mention once.

    A mention without a place in the text has start -1, and what its description says around the name.
    """
    mentions = pl.concat([_in_text(entity_mentions, text_units), _in_description(entity_mentions)])
    last_word = pl.col("before").str.extract(r"(\p{L}+)\.?\s+$").str.to_lowercase()
    korean = pl.col("after").str.extract(TITLE_AFTER)
    title = pl.when(last_word.is_in(sorted(titles()))).then(last_word).otherwise(korean)
    return mentions.with_columns(title=title.fill_null("")).sort("document_id", "name", "start", "before", "after")


def _in_text(entity_mentions: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    units = text_units.select("text", text_unit_id="id", unit_start="start").unique("text_unit_id")
    start, end = pl.col("start") - pl.col("unit_start"), pl.col("end") - pl.col("unit_start")
    left = pl.max_horizontal(start - _BEFORE, 0)
    # A mention may begin with the title that its name is without: "Dr. Daniel Park".
    titled = pl.col("mention").str.strip_suffix(pl.col("name"))
    return (
        entity_mentions.select("document_id", "text_unit_id", "name", "start", "end")
        .drop_nulls()
        .unique()
        .join(units, on="text_unit_id")
        .filter((start >= 0) & (end >= start))
        .with_columns(
            before=pl.col("text").str.slice(left, start - left),
            mention=pl.col("text").str.slice(start, end - start),
            after=pl.col("text").str.slice(end, _AFTER),
        )
        .with_columns(before=pl.col("before") + pl.when(titled != pl.col("mention")).then(titled).otherwise(pl.lit("")))
        .select("document_id", "name", "start", "before", "after")
    )


def _in_description(entity_mentions: pl.DataFrame) -> pl.DataFrame:
    parts = pl.col("description").str.splitn(pl.col("name"), 2)
    return (
        entity_mentions.filter(pl.col("start").is_null())
        .select(
            "document_id",
            "name",
            start=pl.lit(-1, pl.Int64),
            before=parts.struct.field("field_0"),
            after=parts.struct.field("field_1"),
        )
        .drop_nulls()
        .unique()
    )


HEADS = heads() | SUFFIXES


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
    titles: frozenset[str] = frozenset()  # that stand with it, casefolded: "mayor", "선장"
    articles: int = 0  # mentions behind "the" or "a"

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
            bare = key_of_tokens(without_legal_form(occurrence.tokens))
            if bare in self.tokens:
                votes[bare]["organization"] += sum(occurrence.names.values())
        return {key: kind_of(counts) for key, counts in votes.items()}

    @cached_property
    def tokens(self) -> Mapping[str, tuple[str, ...]]:
        """The tokens of each key, in order of the keys."""
        tokens: dict[str, tuple[str, ...]] = {}
        for _, occurrence in self.occurrences():
            tokens[occurrence.key] = min(tokens.get(occurrence.key, occurrence.tokens), occurrence.tokens)
        return dict(sorted(tokens.items()))

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
        return self._longer(of_people=False)

    @cached_property
    def given(self) -> Mapping[str, Counter[str]]:
        """As `continued`, of people's names alone."""
        return self._longer(of_people=True)

    def _longer(self, *, of_people: bool) -> Mapping[str, Counter[str]]:
        longer: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for document, occurrence in self.occurrences():
            if len(occurrence.tokens) > 1 and (occurrence.kind == "person") is of_people:
                longer[occurrence.tokens[0]][legal_name(occurrence.tokens)] += occurrence.tokens[0] in document.names
        return longer

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
    return key_of_tokens(without_legal_form(tokens) or tokens)


def kind_of(kinds: Mapping[str, int]) -> str:
    """The most frequent kind, "other" only if there is none besides; ties go by the alphabet."""
    return most_frequent({kind: count for kind, count in kinds.items() if kind != "other"}) or "other"


def is_person(key: str, tokens: tuple[str, ...], kind: str) -> bool:
    """Whether a name is a full name of a person, or at least built like one with nothing against it."""
    if not 1 < len(tokens) <= 6 or kind not in ("person", "other"):
        return False
    if tokens[0] in FUNCTION_WORDS or tokens[-1] in titles():
        return False
    if kind == "person":
        return True
    built_like_one = len(tokens) <= 4 and all(token.replace("-", "").isalpha() for token in tokens)
    return (
        built_like_one
        and key not in word_list("places")
        and tokens[-1] not in HEADS
        and not {"of", "and"} & set(tokens)
    )


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
            known.titles |= {form.honorific}
    titled = around.filter(pl.col("title") != "").select("document_id", "name", "title").unique()
    for document_id, name, title in titled.iter_rows():
        per_document[document_id][keys[name]].titles |= {title}
    articles = around.filter(pl.col("before").str.contains(_ARTICLE_BEFORE)).group_by("document_id", "name").len()
    for document_id, name, count in articles.iter_rows():
        per_document[document_id][keys[name]].articles += count
    for names in per_document.values():
        for occurrence in names.values():
            occurrence.kind = kind_of(occurrence.kinds)
    local, shown = _definitions(text_units)
    documents = tuple(
        Document(id, dict(sorted(names.items())), local.get(id, {})) for id, names in sorted(per_document.items())
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
    by_document: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    shown: dict[str, str] = {}
    with_parenthesis = text_units.filter(pl.col("text").str.contains("(", literal=True))
    for document_id, text in with_parenthesis.select("document_id", "text").sort("document_id", "text").iter_rows():
        for pair in acronym_definitions(text):
            full, acronym = map(name_form, pair)
            if full.key and acronym.key and full.key != acronym.key:
                by_document[document_id][acronym.key].add(full.key)
                for form in (full, acronym):
                    shown[form.key] = min(shown.get(form.key, form.clean), form.clean)
    local = {
        document_id: {acronym: frozenset(full_names) for acronym, full_names in definitions.items()}
        for document_id, definitions in by_document.items()
    }
    return local, shown


def _everywhere(local: _Definitions) -> dict[str, frozenset[str]]:
    everywhere: defaultdict[str, set[str]] = defaultdict(set)
    for definitions in local.values():
        for acronym, full_names in definitions.items():
            everywhere[acronym] |= full_names
    return {acronym: frozenset(full_names) for acronym, full_names in everywhere.items()}
