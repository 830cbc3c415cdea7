"""Arrays by which questions find text units: how they are made from an index, and how things are looked up in them.

Read `Evidence`, then `build_evidence`, which makes it; `link` finds names in a question, `personalised_pagerank` walks
from entity to entity, and `index_terms` is the step of indexing that makes what costs most.

Rows of text units and entities are those of the tables. A document's title is an entity too, since texts leave out
what they are about: a title that no entity is called by gets a row after those of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.language.terms import terms
from graphrag_drift.query.bm25 import POSTINGS, Postings
from graphrag_drift.query.nearness import Nearness

_FILE_NAME = re.compile(r"\S+\.\w{1,5}")
_QUALIFIER = re.compile(r"\s*\([^()]*\)\s*$")
LONGEST_NAME = 16  # terms

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def name_key(name: str) -> str:
    """What two spellings of one name have in common: its terms."""
    return " ".join(terms(name))


def heading(title: str) -> str:
    """What a document with this title is about: the title without a closing qualifier, "Pulse (film)" -> "Pulse".

    "" for what only tells documents apart: a file's name, a number.
    """
    if _FILE_NAME.fullmatch(title) or not any(character.isalpha() for character in title):
        return ""
    return _QUALIFIER.sub("", title) or title


def link(question: str, names: Mapping[str, tuple[int, ...]]) -> list[tuple[str, tuple[int, ...]]]:
    """The longest names in `question`, left to right, none inside another, with the rows they may mean."""
    words = terms(question)
    hits: list[tuple[str, tuple[int, ...]]] = []
    position = 0
    while position < len(words):
        for end in range(min(len(words), position + LONGEST_NAME), position, -1):
            rows = names.get(" ".join(words[position:end]))
            if rows:
                hits.append((" ".join(words[position:end]), rows))
                position = end
                break
        else:
            position += 1
    return hits


def normalise_rows(adjacency: sp.csr_matrix) -> sp.csr_matrix:
    """`adjacency` with rows that sum to 1; a row without entries stays empty."""
    sums = np.asarray(adjacency.sum(axis=1)).ravel()
    factors = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return sp.csr_matrix(sp.diags(factors.astype(np.float32)) @ adjacency)


def personalised_pagerank(
    transposed: sp.csr_matrix, seeds: Floats, *, restart: float, tolerance: float = 1e-4, iterations: int = 20
) -> Floats:
    """(entities,), the stationary share of a walk that returns to `seeds` with probability `restart` at each step.

    `transposed` is the transpose of a row-normalised adjacency; what reaches an entity without relationships goes
    back to the seeds. Sums to 1, or is all zero if `seeds` is. Stops when the change (L1) is below `tolerance`.
    Source: Page et al. 1999, §6; Haveliwala 2002.
    """
    total = float(seeds.sum())
    if total <= 0.0:
        return np.zeros_like(seeds, dtype=np.float32)
    start = (seeds / total).astype(np.float32)
    rank = start
    for _ in range(iterations):
        spread = (1.0 - restart) * (transposed @ rank)
        following = (spread + (1.0 - float(spread.sum())) * start).astype(np.float32)
        change = float(np.abs(following - rank).sum())
        rank = following
        if change < tolerance:
            break
    return rank


_MENTIONED = 0.4  # how strongly a mention ties a text unit to an entity, if being about it is 1
_RARITY_POWER = 3


_SAMPLE = 100  # text units whose vectors tell of what kind all are
_FULL = 0.99  # of their places: a long text fills most of what is made of its terms
_MOST_ALIKE = 0.99  # two text units of a corpus of copies


@dataclass(frozen=True)
class Evidence:
    """What retrieval reads. A text unit that copies another has no terms, no mentions and a zero vector."""

    postings: Postings
    mentions: sp.csr_matrix  # (text_units, entities + headings), how often each is named; a heading counts twice
    about: sp.csr_matrix  # the same shape: 1 where the text unit opens a document titled so, less if it but begins so
    walk: sp.csr_matrix  # transposed, row-normalised steps between entities
    names: Mapping[str, tuple[int, ...]]  # name_key of title, alias or heading -> rows of entities
    groups: NDArray[np.int64]  # (text_units,), equal for text units of one title (of one document, without one)
    vectors: Nearness
    text_unit_ids: Sequence[str]
    entities: int  # rows from here on are headings that are not in the table of entities

    def is_name(self, words: str) -> bool:
        """Whether `words` are a name of the graph, in whatever case."""
        return name_key(words) in self.names

    def within(self, allowed: NDArray[np.bool_]) -> Evidence:
        """This evidence with the text units that are not `allowed` as if they were empty."""
        kept = sp.diags(allowed.astype(np.float32))
        mentions, about = sp.csr_matrix(kept @ self.mentions), sp.csr_matrix(kept @ self.about)
        mentions.eliminate_zeros()
        about.eliminate_zeros()
        return replace(
            self,
            postings=self.postings.within(allowed),
            mentions=mentions,
            about=about,
            vectors=self.vectors.within(allowed),
        )

    @cached_property
    def dense(self) -> bool:
        """Whether the vectors are of an embedder that knows words, not made of terms: those have empty places."""
        sample = self.vectors.sample(_SAMPLE)
        return bool(len(sample) and np.count_nonzero(sample) >= _FULL * sample.size)

    @cached_property
    def middle(self) -> float:
        """The mean cosine of two text units, if the vectors are `dense`: about 0 for one embedder, .75 for another.
        0, if they are made of terms."""
        sample = self.vectors.sample(_SAMPLE) if self.dense else np.zeros((0, 1), np.float32)
        count = len(sample)
        if count < 2:
            return 0.0
        total = sample.sum(axis=0, dtype=np.float64)
        return min(float((total @ total - count) / (count * (count - 1))), _MOST_ALIKE)

    def above(self, cosines: Floats) -> Floats:
        """How far `cosines` are above the `middle`, up to 1: what thresholds are about, whatever the embedder."""
        spread: Floats = ((cosines - self.middle) / (1.0 - self.middle)).astype(np.float32)
        return spread

    @cached_property
    def rarity(self) -> Floats:
        """(entities + headings,), how telling it is that a text unit names each: 1 if no other does."""
        frequency = np.bincount(self.mentions.indices, minlength=self.mentions.shape[1])
        texts = max(self.mentions.shape[0], 1)
        rarity: Floats = (np.log1p(texts / np.maximum(frequency, 1)) / np.log1p(texts)).astype(np.float32)
        return rarity

    @cached_property
    def _ties(self) -> sp.csc_matrix:
        """(text_units, entities + headings), how strongly each is tied to each."""
        mentioned = self.mentions.copy()
        mentioned.data = np.full_like(mentioned.data, _MENTIONED)
        tied = mentioned.maximum(self.about)
        return sp.csc_matrix(tied @ sp.diags(self.rarity**_RARITY_POWER))

    @cached_property
    def _about_columns(self) -> sp.csc_matrix:
        return self.about.tocsc()

    @cached_property
    def _members(self) -> tuple[Rows, Rows]:
        order = np.argsort(self.groups, kind="stable")
        return order, self.groups[order]

    @cached_property
    def _places(self) -> Rows:
        """(text_units,), the place of each in the order of ids: what breaks ties."""
        places = np.empty(len(self.text_unit_ids), dtype=np.int64)
        places[sorted(range(len(places)), key=self.text_unit_ids.__getitem__)] = np.arange(len(places))
        return places

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """The row of each text unit, by id."""
        return {text_unit: row for row, text_unit in enumerate(self.text_unit_ids)}

    def best(self, scores: Floats, count: int) -> Rows:
        """The rows of the `count` largest positive scores, largest first, ties by id."""
        rows = np.flatnonzero(scores > 0)
        if len(rows) > count:
            values = scores[rows]
            rows = rows[values >= np.partition(values, len(rows) - count)[len(rows) - count]]
        return rows[np.lexsort((self._places[rows], -scores[rows]))][:count]

    def units_about(self, entity: int) -> tuple[NDArray[np.int32], Floats]:
        """The text units that open a document about `entity`, and how surely each does (0-1)."""
        columns = self._about_columns
        column = slice(columns.indptr[entity], columns.indptr[entity + 1])
        return columns.indices[column], columns.data[column]

    def siblings(self, unit: int) -> Rows:
        """The text units of the same title, this one among them."""
        order, groups = self._members
        first, end = np.searchsorted(groups, [self.groups[unit], self.groups[unit] + 1])
        return order[first:end]

    def linked(self, unit: int, besides: set[int]) -> Floats:
        """(text_units,), how strongly each is tied to what `unit` names, by its strongest entity not in `besides`."""
        strength = np.zeros(len(self.text_unit_ids), dtype=np.float32)
        ties = self._ties
        for entity in self.mentions.indices[self.mentions.indptr[unit] : self.mentions.indptr[unit + 1]].tolist():
            if entity not in besides:
                tied = slice(ties.indptr[entity], ties.indptr[entity + 1])
                units = ties.indices[tied]
                strength[units] = np.maximum(strength[units], ties.data[tied])
        return strength


Names = dict[str, set[int]]

_BEGUN = 0.5  # how surely an untitled document is about the name it begins with, if 1 is about its title
_BEGINNING = 4  # characters before that name: an article, a quotation mark


def index_terms(text_units: pl.DataFrame, contexts: pl.DataFrame) -> tuple[NDArray[np.generic], ...]:
    """The arrays of `POSTINGS` over text units and their contexts; made when indexing, as they cost most."""
    texts = [text if kept else "" for text, kept in zip(text_units["text"], _original(text_units), strict=True)]
    arrays = Postings.from_texts(texts, contexts["context"].to_list()).arrays()
    return tuple(arrays[name] for name in POSTINGS)


def build_evidence(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    *,
    postings: Postings,
    vectors: Nearness,
) -> Evidence:
    """The evidence of an index; `postings` and `vectors` have a row for each row of `text_units`.

    `entity_mentions` has the column `title`, the entity that each mention was resolved to.
    """
    original = _original(text_units)
    titles = _titles(documents, text_units)
    of_table = _names(entities)
    names, headings, size = _with_headings(titles, of_table, entities.height)
    opens = _opening(text_units, original)
    opening = opens & (headings >= 0)
    shape = (text_units.height, size)
    titled = _counts(np.flatnonzero(opening), headings[opening], shape)
    mentioned = _mentioned(text_units, entities, entity_mentions)
    about = titled + _BEGUN * _begun_with(mentioned, opens & (headings < 0), shape)
    counted = [
        _counts(mentioned["unit"].to_numpy(), mentioned["entity"].to_numpy(), shape),
        _named_in_titles(np.flatnonzero(opening), titles, of_table, shape),
        _counts(np.flatnonzero(headings >= 0), headings[headings >= 0], shape),
        titled,
    ]
    mentions = sp.csr_matrix(sp.diags(original.astype(np.float32)) @ sum(counted[1:], counted[0]))
    return Evidence(
        postings=postings,
        mentions=mentions,
        about=about,
        walk=_walk(relationships, entities, mentions, about),
        names={name: tuple(sorted(rows)) for name, rows in sorted(names.items())},
        groups=_groups(headings, text_units["document_id"], size),
        vectors=vectors.within(original),
        text_unit_ids=text_units["id"].to_list(),
        entities=entities.height,
    )


def _original(text_units: pl.DataFrame) -> NDArray[np.bool_]:
    return text_units["copy_of"].is_null().to_numpy()


def _titles(documents: pl.DataFrame, text_units: pl.DataFrame) -> list[str]:
    title_of = dict(documents.select("id", "title").iter_rows())
    return [title_of.get(document) or "" for document in text_units["document_id"]]


def _names(entities: pl.DataFrame) -> Names:
    names: Names = {}
    for row, (title, aliases) in enumerate(entities.select("title", "aliases").iter_rows()):
        for name in (title, *(aliases or ())):
            names.setdefault(name_key(name), set()).add(row)
    names.pop("", None)
    return names


def _with_headings(titles: Sequence[str], of_table: Names, n_entities: int) -> tuple[Names, Rows, int]:
    """(names with those of titles, the entity row of each title or -1, how many rows there are then)."""
    names = {name: set(rows) for name, rows in of_table.items()}
    row_of: dict[str, int] = {}
    size = n_entities
    for title in sorted(set(titles)):
        key = name_key(heading(title))
        if key not in names and key:
            names[key] = {size}
            size += 1
        row_of[title] = min(names[key]) if key else -1
        if key:
            names.setdefault(name_key(title), set()).add(row_of[title])
    return names, np.array([row_of[title] for title in titles], dtype=np.int64), size


def _opening(text_units: pl.DataFrame, original: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each text unit is the first of its document, copies aside."""
    kept = text_units.select("document_id", "start").with_row_index("row").filter(pl.Series(original))
    first = kept.sort("start", "row").group_by("document_id", maintain_order=True).first()
    opening = np.zeros(text_units.height, dtype=np.bool_)
    opening[first["row"].to_numpy()] = True
    return opening


def _mentioned(text_units: pl.DataFrame, entities: pl.DataFrame, entity_mentions: pl.DataFrame) -> pl.DataFrame:
    """(unit, entity, offset): a row a mention, by rows of the tables and characters into the text unit."""
    units = text_units.select(text_unit_id="id", begin="start").with_row_index("unit")
    rows = entities.select("title").with_row_index("entity")
    mentions = entity_mentions.select("text_unit_id", "title", "start")
    mentions = mentions.join(units, on="text_unit_id").join(rows, on="title")
    return mentions.select(
        pl.col("unit").cast(pl.Int64), pl.col("entity").cast(pl.Int64), offset=pl.col("start") - pl.col("begin")
    )


def _begun_with(mentioned: pl.DataFrame, untitled: NDArray[np.bool_], shape: tuple[int, int]) -> sp.csr_matrix:
    """What documents without a title begin with, which is likely what they are about: "Bergen is a city in ..."."""
    first = mentioned.filter(pl.col("offset").is_between(0, _BEGINNING)).sort("unit", "offset", "entity")
    first = first.group_by("unit", maintain_order=True).first()
    first = first.filter(pl.Series(untitled[first["unit"].to_numpy()], dtype=pl.Boolean))
    return _counts(first["unit"].to_numpy(), first["entity"].to_numpy(), shape)


def _named_in_titles(opening: Rows, titles: Sequence[str], names: Names, shape: tuple[int, int]) -> sp.csr_matrix:
    """What the titles name besides what they are: "Sweden at the 1920 Olympics" names Sweden."""
    entities_in = {title: sorted(set(_named_in(title, names))) for title in {titles[unit] for unit in opening}}
    pairs = [(unit, entity) for unit in opening.tolist() for entity in entities_in[titles[unit]]]
    units, entities = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return _counts(units, entities, shape)


def _named_in(title: str, names: Names) -> Iterator[int]:
    words = terms(title)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1):
            if end - start < len(words):
                yield from names.get(" ".join(words[start:end]), ())


def _counts(units: NDArray[np.int64], entities: NDArray[np.int64], shape: tuple[int, int]) -> sp.csr_matrix:
    matrix = sp.coo_matrix((np.ones(len(units), np.float32), (units, entities)), shape).tocsr()
    matrix.sum_duplicates()
    return matrix


def _walk(
    relationships: pl.DataFrame, entities: pl.DataFrame, mentions: sp.csr_matrix, about: sp.csr_matrix
) -> sp.csr_matrix:
    """Steps between entities of one sentence, and from what a document is about to what its beginning names.

    The rarer both ends are, the likelier the step.
    """
    size = mentions.shape[1]
    frequency = np.bincount(mentions.indices, minlength=size)
    idf = np.log1p(mentions.shape[0] / np.maximum(frequency, 1)).astype(np.float32)
    row_of: Mapping[str, int] = {title: row for row, title in enumerate(entities["title"])}
    source = np.array([row_of[title] for title in relationships["source"]], dtype=np.int64)
    target = np.array([row_of[title] for title in relationships["target"]], dtype=np.int64)
    weight = relationships["text_unit_ids"].list.len().to_numpy().astype(np.float32)
    related = sp.coo_matrix((weight, (source, target)), (size, size)).tocsr()
    named = mentions.copy()
    named.data = np.ones_like(named.data)
    opened = about.T @ named
    opened -= sp.diags(opened.diagonal())
    half = sp.diags(idf) @ (related + opened) @ sp.diags(idf)
    return sp.csr_matrix(normalise_rows(sp.csr_matrix(half + half.T)).T)


def _groups(headings: Rows, document_ids: pl.Series, size: int) -> Rows:
    document = document_ids.rank("dense").to_numpy().astype(np.int64)
    return np.where(headings >= 0, headings, size + document)
