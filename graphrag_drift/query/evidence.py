"""Arrays by which questions find text units, and the ways to look things up in them; `build.py` makes them.

Rows of text units and entities are those of the tables. A document's title is an entity too, since texts leave out
what they are about: a title that no entity is called by gets a row after those of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.query.bm25 import Postings

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_MENTIONED = 0.4  # how strongly a mention ties a text unit to an entity, if being about it is 1
_RARITY_POWER = 3


@dataclass(frozen=True)
class Evidence:
    """What retrieval reads. A text unit that copies another has no terms, no mentions and a zero vector."""

    postings: Postings
    mentions: sp.csr_matrix  # (text_units, entities + headings), how often each is named; a heading counts twice
    about: sp.csr_matrix  # the same shape: 1 where the text unit opens a document titled so, less if it but begins so
    walk: sp.csr_matrix  # transposed, row-normalised steps between entities
    names: Mapping[str, tuple[int, ...]]  # name_key of title, alias or heading -> rows of entities
    groups: NDArray[np.int64]  # (text_units,), equal for text units of one title (of one document, without one)
    vectors: Floats  # (text_units, dimensions)
    text_unit_ids: Sequence[str]
    entities: int  # rows from here on are headings that are not in the table of entities

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
            vectors=np.where(allowed[:, None], self.vectors, np.float32(0)),
        )

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
            found = scores[rows]
            rows = rows[found >= np.partition(found, len(rows) - count)[len(rows) - count]]
        return rows[np.lexsort((self._places[rows], -scores[rows]))][:count]

    def units_about(self, entity: int) -> tuple[NDArray[np.int32], Floats]:
        """The text units that open a document about `entity`, and how surely each does (0-1)."""
        columns = self._about_columns
        found = slice(columns.indptr[entity], columns.indptr[entity + 1])
        return columns.indices[found], columns.data[found]

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
