"""Personalised PageRank by power iteration on a sparse matrix. It does not build the graph."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Vector = NDArray[np.float32]


def normalise_rows(adjacency: sp.csr_matrix) -> sp.csr_matrix:
    """`adjacency` with rows that sum to 1; a row without entries stays empty."""
    sums = np.asarray(adjacency.sum(axis=1)).ravel()
    factors = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return sp.csr_matrix(sp.diags(factors.astype(np.float32)) @ adjacency)


def personalised_pagerank(
    transposed: sp.csr_matrix, seeds: Vector, *, restart: float, tolerance: float = 1e-4, iterations: int = 20
) -> Vector:
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
