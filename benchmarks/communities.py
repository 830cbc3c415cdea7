"""Modularity and CPU-seconds of our Leiden and of networkx's Louvain on the same weighted graphs.

`python benchmarks/communities.py` prints a table. The two real graphs need ../shared/data; the planted one is made
here. Both get the same number of runs, of which the best counts; times are of all runs together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import networkx as nx
import numpy as np
from data import Absent, graphrag_index
from scipy.sparse import coo_array, csr_array

from graphrag_drift.indexing.cluster import leiden
from graphrag_drift.settings import ClusterGraphSettings

RUNS, RUNS_IF_LARGE = 32, 2


def index_graph(name: Literal["dulce", "verbs_xmascarol"]) -> csr_array | None:
    """The relationships of one index, weights summed over direction; None without the data."""
    try:
        ends = graphrag_index(name).relationships.select("source", "target", "weight")
    except Absent:
        return None
    titles = {title: row for row, title in enumerate(sorted({*ends["source"], *ends["target"]}))}
    left, right = ([titles[title] for title in ends[column]] for column in ("source", "target"))
    return symmetric(np.array(left), np.array(right), ends["weight"].to_numpy(), len(titles))


def planted_graph(size: int, communities: int = 200, degree: int = 10, seed: int = 1) -> csr_array:
    """`size` nodes, four of five edges inside one of `communities`, weights 1 to 5."""
    rng = np.random.default_rng(seed)
    edges = size * degree // 2
    left, right = rng.integers(0, size, edges), rng.integers(0, size, edges)
    inside = rng.random(edges) < 0.8
    right[inside] = (right[inside] // communities) * communities + left[inside] % communities
    return symmetric(left, np.minimum(right, size - 1), rng.integers(1, 6, edges).astype(float), size)


def symmetric(left: np.ndarray, right: np.ndarray, weight: np.ndarray, size: int) -> csr_array:
    keep = left != right
    left, right, weight = left[keep], right[keep], weight[keep]
    rows, columns = np.concatenate([left, right]), np.concatenate([right, left])
    return coo_array((np.concatenate([weight, weight]), (rows, columns)), shape=(size, size)).tocsr()


def modularity(matrix: csr_array, parts: np.ndarray) -> float:
    """Newman 2004, with weights and resolution 1."""
    total, degrees = matrix.sum(), np.asarray(matrix.sum(axis=1)).ravel()
    coo = matrix.tocoo()
    inside = coo.data[parts[coo.row] == parts[coo.col]].sum()
    return float(inside / total - (np.bincount(parts, degrees) ** 2).sum() / total**2)


def louvain(matrix: csr_array, seed: int) -> np.ndarray:
    graph = nx.from_scipy_sparse_array(matrix)
    parts = np.zeros(matrix.shape[0], np.int64)
    for number, members in enumerate(nx.community.louvain_communities(graph, seed=seed)):
        parts[list(members)] = number
    return parts


def timed(partition: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    begin = time.process_time()
    return partition(), time.process_time() - begin


def main() -> None:
    """Print the table."""
    settings = ClusterGraphSettings()
    graphs = {
        "dulce": index_graph("dulce"),
        "verbs_xmascarol": index_graph("verbs_xmascarol"),
        "planted, 20,000 nodes": planted_graph(20_000),
    }
    print(f"{'graph':24} {'edges':>8} | {'leiden':>8} {'CPU-s':>7} | {'louvain':>8} {'CPU-s':>7}")
    for name, matrix in graphs.items():
        if matrix is None:
            print(f"{name:24} not here: needs ../shared/data")
            continue
        runs = RUNS if matrix.nnz < 10_000 else RUNS_IF_LARGE
        ours, our_seconds = timed(lambda matrix=matrix, runs=runs: leiden(matrix, settings, trials=runs))
        theirs = [timed(lambda matrix=matrix, seed=seed: louvain(matrix, seed)) for seed in range(runs)]
        best = max(modularity(matrix, parts) for parts, _ in theirs)
        their_seconds = sum(seconds for _, seconds in theirs)
        print(
            f"{name:24} {matrix.nnz // 2:8} | {modularity(matrix, ours):8.4f} {our_seconds:7.2f}"
            f" | {best:8.4f} {their_seconds:7.2f}"
        )


if __name__ == "__main__":
    main()
