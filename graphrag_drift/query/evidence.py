"""index tables -> Evidence: the arrays by which questions find text units, made once per index.

Rows of text units and entities are those of the tables. A document's title is an entity too, since texts leave out
what they are about: one that no entity is called by gets a row after those of the table. It does not rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.language.names import Vocabulary
from graphrag_drift.query.bm25 import Postings
from graphrag_drift.query.linking import heading, name_key
from graphrag_drift.query.pagerank import normalise_rows


@dataclass(frozen=True)
class Evidence:
    """What retrieval reads. A text unit that copies another has no terms, no mentions and a zero vector."""

    postings: Postings
    mentions: (
        sp.csr_matrix
    )  # (text_units, entities + headings), how often each is named; a heading counts once
    walk: sp.csr_matrix  # transposed, row-normalised relationships and headings
    names: Mapping[str, tuple[int, ...]]  # name_key of title, alias or heading -> rows of entities
    headings: NDArray[np.int32]  # (text_units,), the entity row of each text unit's document title
    vectors: NDArray[np.float32]  # (text_units, dimensions)
    vocabulary: Vocabulary
    text_unit_ids: Sequence[str]
    entities: int  # rows from here on are headings that are not in the table of entities


def build_evidence(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    *,
    vocabulary: Vocabulary,
    vectors: NDArray[np.float32],
) -> Evidence:
    """The evidence of an index; `vectors` has a row for each row of `text_units`.

    `entity_mentions` has the column `title`, the entity that each mention was resolved to.
    """
    original = text_units["copy_of"].is_null().to_numpy()
    title_of = dict(documents.select("id", "title").iter_rows())
    titles = [title_of.get(document) or "" for document in text_units["document_id"]]
    texts = [text if kept else "" for text, kept in zip(text_units["text"], original, strict=True)]
    names = _names(entities)
    headings, n_rows = _headings(titles, names, entities.height)
    mentions = _mentions(text_units, entities, entity_mentions, original, headings, n_rows)
    return Evidence(
        postings=Postings.from_texts(texts, titles),
        mentions=mentions,
        walk=_walk(relationships, entities, mentions, headings),
        names={name: tuple(sorted(rows)) for name, rows in sorted(names.items())},
        headings=headings,
        vectors=np.where(original[:, None], vectors, np.float32(0)),
        vocabulary=vocabulary,
        text_unit_ids=text_units["id"].to_list(),
        entities=entities.height,
    )


def _names(entities: pl.DataFrame) -> dict[str, set[int]]:
    names: dict[str, set[int]] = {}
    for row, (title, aliases) in enumerate(entities.select("title", "aliases").iter_rows()):
        for name in (title, *(aliases or ())):
            names.setdefault(name_key(name), set()).add(row)
    names.pop("", None)
    return names


def _headings(
    titles: Iterable[str], names: dict[str, set[int]], n_entities: int
) -> tuple[NDArray[np.int32], int]:
    """The entity row of each title, and how many rows there are then; names it adds go into `names`."""
    rows: list[int] = []
    added: dict[str, int] = {}
    for title in titles:
        key = name_key(heading(title))
        known = names.get(key)
        row = min(known) if known else added.setdefault(key, n_entities + len(added)) if key else -1
        if row >= 0:
            names.setdefault(key, set()).add(row)
            names.setdefault(name_key(title), set()).add(row)
        rows.append(row)
    return np.array(rows, dtype=np.int32), n_entities + len(added)


def _mentions(
    text_units: pl.DataFrame,
    entities: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    original: NDArray[np.bool_],
    headings: NDArray[np.int32],
    n_rows: int,
) -> sp.csr_matrix:
    units = pl.DataFrame({"text_unit_id": text_units["id"], "unit": np.arange(text_units.height)})
    rows = pl.DataFrame({"title": entities["title"], "entity": np.arange(entities.height)})
    found = (
        entity_mentions.select("text_unit_id", "title").join(units, on="text_unit_id").join(rows, on="title")
    )
    titled = np.flatnonzero(original & (headings >= 0))
    row = np.concatenate([found["unit"].to_numpy(), titled])
    column = np.concatenate([found["entity"].to_numpy(), headings[titled]])
    counts = sp.coo_matrix((np.ones(len(row), np.float32), (row, column)), (text_units.height, n_rows))
    matrix = counts.tocsr()
    matrix.sum_duplicates()
    return sp.csr_matrix(sp.diags(original.astype(np.float32)) @ matrix)


def _walk(
    relationships: pl.DataFrame, entities: pl.DataFrame, mentions: sp.csr_matrix, headings: NDArray[np.int32]
) -> sp.csr_matrix:
    """Steps between entities of one sentence (the rarer both are, the likelier), and from headings to their text."""
    n_rows = mentions.shape[1]
    idf = entity_idf(mentions)
    row_of = {title: row for row, title in enumerate(entities["title"])}
    source = np.array([row_of[t] for t in relationships["source"]], dtype=np.int64)
    target = np.array([row_of[t] for t in relationships["target"]], dtype=np.int64)
    weight = relationships["text_unit_ids"].list.len().to_numpy().astype(np.float32)
    units, named = mentions.nonzero()
    heads = headings[units]
    linked = (heads >= 0) & (heads != named)
    row = np.concatenate([source, heads[linked]])
    column = np.concatenate([target, named[linked]])
    value = np.concatenate([weight, np.ones(int(linked.sum()), np.float32)]) * idf[row] * idf[column]
    half = sp.coo_matrix((value, (row, column)), (n_rows, n_rows)).tocsr()
    return sp.csr_matrix(normalise_rows(sp.csr_matrix(half + half.T)).T)


def entity_idf(mentions: sp.csr_matrix) -> NDArray[np.float32]:
    """(entities,), how telling it is that a text unit names the entity."""
    frequency = np.bincount(mentions.indices, minlength=mentions.shape[1])
    idf: NDArray[np.float32] = np.log1p(mentions.shape[0] / np.maximum(frequency, 1)).astype(np.float32)
    return idf
