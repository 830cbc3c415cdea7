"""communities of the index before, entities of now -> where Leiden starts, so that what did not change stays as it is.

It finds no communities itself. A community of which all members are as before keeps its children unasked.

Starting from the last partition: Zarayeneh and Kalyanaraman 2021, "Delta-Screening"; Traag et al. 2019, section "Fast
local move procedure", for why a start that is nearly right stays nearly as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from graspologic_native import leiden
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

Numbers = NDArray[np.int64]
NOWHERE = -1


@dataclass(frozen=True)
class Earlier:
    """`numbers[level][row]`: the community that the entity of this row was in, or `NOWHERE`; `sizes` by community."""

    numbers: Sequence[Numbers]
    sizes: Sequence[int]

    @classmethod
    def of(cls, communities: pl.DataFrame, entities: pl.DataFrame) -> Earlier:
        """What `communities` say of `entities`, row by row."""
        rows = entities.select("id", row=pl.int_range(pl.len(), dtype=pl.Int64))
        places = communities.select("level", "community", id="entity_ids").explode("id").join(rows, on="id")
        numbers = []
        for level in range(int(communities["level"].max() or 0) + 1):  # type: ignore[arg-type]
            of_level = places.filter(pl.col("level") == level)
            number = np.full(entities.height, NOWHERE, np.int64)
            number[of_level["row"].to_numpy()] = of_level["community"].to_numpy()
            numbers.append(number)
        return cls(numbers, communities.sort("community")["size"].to_list())

    def at(self, level: int, members: Numbers) -> Numbers:
        """The communities of `members` at this level: nowhere below the communities that were not split."""
        return self.numbers[level][members] if level < len(self.numbers) else np.full(len(members), NOWHERE, np.int64)

    def is_same(self, level: int, members: Numbers) -> bool:
        """Whether these entities, and no others, were one community of this level."""
        numbers = self.at(level, members)
        first = int(numbers[0])
        return first != NOWHERE and self.sizes[first] == len(members) and bool((numbers == first).all())

    def children(self, level: int, members: Numbers) -> list[Numbers]:
        """The parts of a community of this level that `is_same`, as rows of it; none if it was not split."""
        below = self.at(level + 1, members)
        return [] if (below == NOWHERE).any() else [np.flatnonzero(below == number) for number in np.unique(below)]


def leiden_from(
    matrix: csr_array, start: Numbers, *, resolution: float, randomness: float, iterations: int, seed: int
) -> Numbers:
    """The community of each row of a symmetric matrix, found from those that `start` gives; `NOWHERE` starts alone."""
    edges, parts = _edges(matrix), _connected(matrix, start)
    joined = np.flatnonzero(np.diff(matrix.indptr)).tolist()
    if edges:
        numbers = np.unique(parts[joined], return_inverse=True)[1].tolist()  # from 0, without a gap
        _, communities = leiden(
            edges,
            starting_communities=dict(zip(map(str, joined), numbers, strict=True)),
            resolution=resolution,
            randomness=randomness,
            iterations=iterations,
            use_modularity=True,
            seed=seed,
        )
        parts = np.arange(len(parts)) + len(parts)
        parts[joined] = [communities[str(row)] for row in joined]
    return np.unique(parts, return_inverse=True)[1].astype(np.int64)


def _edges(matrix: csr_array) -> list[tuple[str, str, float]]:
    """Each of the matrix once; rows are named by their numbers."""
    all_edges = matrix.tocoo()
    once = all_edges.row < all_edges.col
    left, right, weight = (values[once].tolist() for values in (all_edges.row, all_edges.col, all_edges.data))
    return [(str(one), str(other), value) for one, other, value in zip(left, right, weight, strict=True)]


def _connected(matrix: csr_array, start: Numbers) -> Numbers:
    """The parts of `start`, each divided into what hangs together.

    Leiden's own communities do; of others graspologic-native 1.3.1 looks outside of its arrays, and panics.
    """
    inside = matrix.tocoo()
    same = (start[inside.row] == start[inside.col]) & (start[inside.row] != NOWHERE)
    kept = coo_array((inside.data[same], (inside.row[same], inside.col[same])), shape=matrix.shape)
    parts: Numbers = connected_components(kept, directed=False)[1].astype(np.int64)
    return parts
