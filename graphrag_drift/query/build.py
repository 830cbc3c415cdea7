"""index tables -> Evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.language.terms import terms
from graphrag_drift.query.bm25 import POSTINGS, Postings
from graphrag_drift.query.evidence import Evidence
from graphrag_drift.query.linking import LONGEST_NAME, heading, name_key
from graphrag_drift.query.pagerank import normalise_rows

Names = dict[str, set[int]]
Rows = NDArray[np.int64]

_BEGUN = 0.5  # how surely an untitled document is about the name it begins with, if 1 is about its title
_BEGINNING = 4  # characters before that name: an article, a quotation mark


def post(text_units: pl.DataFrame, contexts: pl.DataFrame) -> tuple[NDArray[np.generic], ...]:
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
    vectors: NDArray[np.float32],
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
        vectors=np.where(original[:, None], vectors, np.float32(0)),
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
    found = entity_mentions.select("text_unit_id", "title", "start")
    found = found.join(units, on="text_unit_id").join(rows, on="title")
    return found.select(
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
    found = {title: sorted(set(_named_in(title, names))) for title in {titles[unit] for unit in opening}}
    pairs = [(unit, entity) for unit in opening.tolist() for entity in found[titles[unit]]]
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
