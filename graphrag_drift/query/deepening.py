"""Which text units are tested next: best first over communities, breadth first within a level, iterative deepening.

Nobody is asked here: `Deepening` proposes batches (`propose`), is told what of them is relevant (`learn`), and
proposes others. Level -1 is the whole corpus; then come the communities of levels 0, 1, ... A community in which
nothing was relevant is left, with all below it; when several in a row were, their level is.
Source: LazyGraphRAG, Microsoft Research, November 2024. Here a text unit is at home in one community of a level, and
what was relevant raises what it leads to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.query.evidence import Evidence
from graphrag_drift.query.graph import Graph

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

NOWHERE = -1
"""The number of the community of those that name no entity."""
_BEST = 3  # text units by which a community is ranked
_WHOLE = -1  # the level of the corpus as one community


def homes(graph: Graph, evidence: Evidence) -> list[Rows]:
    """(text_units,) for each level: the number of the community to whose entities each text unit has most to say.

    That of a level is below that of the level above; `NOWHERE` where there is none.
    """
    row_of = {entity: row for row, entity in enumerate(graph.entities["id"])}
    said = sp.csr_matrix(evidence.mentions @ sp.diags(evidence.rarity))
    above = np.full(said.shape[0], NOWHERE, dtype=np.int64)
    found: list[Rows] = []
    tables = graph.communities.sort("level", "community").partition_by("level", maintain_order=True)
    for table in tables:
        members = table.select("entity_ids").with_row_index("column").explode("entity_ids").drop_nulls().rows()
        shape = (said.shape[1], table.height)
        columns, rows = [column for column, _ in members], [row_of[entity] for _, entity in members]
        weights = said @ sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
        above = _heaviest(sp.coo_matrix(weights), table["community"].to_numpy(), table["parent"].to_numpy(), above)
        found.append(above)
    return found


def _heaviest(weights: sp.coo_matrix, numbers: Rows, parents: Rows, above: Rows) -> Rows:
    """(text_units,), the number of the heaviest community of each below the one `above`; ties to the first."""
    inside = (parents[weights.col] == above[weights.row]) & (weights.data > 0)
    units, columns, data = weights.row[inside], weights.col[inside], weights.data[inside]
    order = np.lexsort((columns, -data, units))
    first, place = np.unique(units[order], return_index=True)
    heaviest = np.full(len(above), NOWHERE, dtype=np.int64)
    heaviest[first] = numbers[columns[order][place]]
    return heaviest


@dataclass
class Community:
    """Text units (rows) of a level, and how many of them were tested in it."""

    units: Rows
    tests: int = 0
    newest: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """What was proposed of it last."""


_UNTESTED, _PROPOSED, _IRRELEVANT, _RELEVANT = range(4)


@dataclass
class Deepening:
    """The search. `scores` (text_units,) say how much each promises, at most 1; those below 0 are not to be tested.

    `width` batches of up to `batch` text units are proposed at once. A community gets at most `most` tests in a level,
    the whole corpus `first`; `patience` communities in a row without anything relevant end a level.
    """

    homes: Sequence[Rows]
    scores: Floats
    evidence: Evidence
    named: frozenset[int]
    first: int
    width: int = 8
    batch: int = 5
    most: int = 20
    patience: int = 4
    level: int = _WHOLE
    relevant: list[int] = field(default_factory=list)
    """The rows of the relevant text units, in the order of their tests."""

    def __post_init__(self) -> None:
        self._states = np.zeros(len(self.scores), dtype=np.int8)
        self._lifts = np.zeros(len(self.scores), dtype=np.float32)
        self._open = self.scores >= 0
        self._communities = [Community(np.flatnonzero(self._open))]
        self._relevant_above = 0

    def propose(self, budget: int) -> list[int]:
        """The rows of text units to test at once, at most `budget`; none when nothing promises more."""
        while not (rows := list(self._wave(budget))) and self._descend():
            pass
        self._states[rows] = _PROPOSED
        return rows

    def learn(self, rows: Iterable[int], relevant: Collection[int]) -> None:
        """Take in which of `rows`, that were proposed, are relevant."""
        for unit in rows:
            self._states[unit] = _RELEVANT if unit in relevant else _IRRELEVANT
            if unit in relevant:
                self.relevant.append(unit)
                np.maximum(self._lifts, self.evidence.linked(unit, set(self.named)), out=self._lifts)

    def neighbours(self, reach: int, graph: Graph) -> list[int]:
        """The untested text units up to `reach` before and after each relevant one in its document, nearest first."""
        steps = sorted((step for step in range(-reach, reach + 1) if step), key=lambda step: (abs(step), step))
        near = dict.fromkeys(unit + step for step in steps for unit in self.relevant)
        documents = [document for _, document, _, _ in graph.text_unit_rows]
        beside = {documents[unit] for unit in self.relevant}
        return [
            unit
            for unit in near
            if 0 <= unit < len(documents)
            and documents[unit] in beside
            and self._states[unit] == _UNTESTED
            and self.scores[unit] >= 0
        ]

    @property
    def promises(self) -> Floats:
        """(text_units,), how much each promises now: what leads on from what is relevant promises more."""
        promises: Floats = np.minimum(self.scores + self._lifts, 1.0)
        return promises

    def _wave(self, budget: int) -> Iterator[int]:
        barren, places = 0, self.width
        promises = self.promises
        for community in self._communities:
            todo = self._todo(community)
            if not len(todo):
                fruitful = (self._states[community.units] == _RELEVANT).any()
                barren = 0 if fruitful else barren + (community.tests > 0)
                if barren >= self.patience:
                    return
                continue
            batches = places if self._is_whole else 1
            count = min(batches * self.batch, self._most - community.tests, budget)
            community.newest = todo[np.argsort(-promises[todo], kind="stable")][:count]
            community.tests += len(community.newest)
            yield from community.newest.tolist()
            budget, places = budget - len(community.newest), places - batches
            if budget <= 0 or places <= 0:
                return

    @property
    def _is_whole(self) -> bool:
        return self.level in (_WHOLE, len(self.homes))

    @property
    def _most(self) -> int:
        return self.first if self.level == _WHOLE else self.most if not self._is_whole else len(self.scores)

    def _todo(self, community: Community) -> Rows:
        """What is left to test of a community; nothing, once its last tests found nothing or it had its share."""
        newest = self._states[community.newest]
        if community.tests >= self._most or (len(newest) and (newest == _IRRELEVANT).all()):
            return community.units[:0]
        untested: Rows = community.units[self._states[community.units] == _UNTESTED]
        return untested

    def _descend(self) -> bool:
        """Begin the next level, without what is below communities in which nothing is relevant; whether there is one.

        A level of communities that brought nothing is the last.
        """
        brought = len(self.relevant) > self._relevant_above
        if self.level >= len(self.homes) or (self.level > _WHOLE and not brought):
            return False
        for community in self._communities if self.level > _WHOLE else ():
            states = self._states[community.units]
            if (states == _IRRELEVANT).any() and not (states == _RELEVANT).any():
                self._open[community.units] = False
        self.level += 1
        self._relevant_above = len(self.relevant)
        self._communities = self._ranked() if self.level < len(self.homes) else [Community(np.flatnonzero(self._open))]
        return True

    def _ranked(self) -> list[Community]:
        """The communities of the level, those first whose best text units promise most; a relevant one promises 1."""
        home = self.homes[self.level]
        worth = np.where(self._states == _RELEVANT, 1.0, np.where(self._states == _IRRELEVANT, 0.0, self.promises))
        order = np.lexsort((np.arange(len(home)), -worth, home))
        order = order[self._open[order]]
        if self.level:
            order = order[home[order] != NOWHERE]  # they had no home in the level above either
        numbers, starts = np.unique(home[order], return_index=True)
        groups = np.split(order, starts[1:]) if len(order) else []
        means = [float(worth[units[:_BEST]].sum()) / _BEST for units in groups]
        best = sorted(range(len(groups)), key=lambda place: (-means[place], int(numbers[place])))
        return [Community(groups[place]) for place in best]
