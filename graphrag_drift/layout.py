"""Relationships and communities -> where each entity is drawn: the same place for the same graph, every time.

Communities start on circles of their own; then related entities pull each other, and all push each other off
(Fruchterman and Reingold 1991). What pushes is a sample of the entities, so that time grows with the graph, not with
its square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 100
_PAIRS = 500_000  # of entities that push each other off, in a round
_FEWEST = 30  # entities that push, in a round
_GOLDEN = np.pi * (3 - np.sqrt(5))  # the angle between seeds of a sunflower
_BELONGING = 0.015  # how far an entity is drawn to the middle of its community in a round
_GRAVITY = 0.04  # and to the middle of all, so that what is related to nothing else stays near

Places = NDArray[np.float64]


def layout(ends: NDArray[np.int64], communities: NDArray[np.int64], weights: NDArray[np.float64]) -> Places:
    """(entities, 2), in a square of side 1 or so around 0.

    `ends` is (relationships, 2), rows of entities; `communities` is (entities,), the number of the community of each,
    -1 for none; `weights` is (relationships,).
    """
    count = len(communities)
    if count == 0:
        return np.zeros((0, 2))
    places = _start(communities)
    random = np.random.default_rng(0)
    ideal = 1 / np.sqrt(count)  # the distance at which push and pull are even
    strength = np.minimum(1 + np.log1p(np.maximum(weights, 0)), 4) if len(ends) else weights
    for step in range(_ROUNDS):
        move = _pull(places, ends, strength, ideal) + _push(places, random, ideal)
        heat = 0.1 * (1 - step / _ROUNDS) + 0.001  # how far an entity may go in this round
        length = np.maximum(np.linalg.norm(move, axis=1, keepdims=True), 1e-9)
        places = places + move / length * np.minimum(length, heat)
        places = places + _BELONGING * (_middles(places, communities) - places) - _GRAVITY * places
    places = places - places.mean(axis=0)
    scaled: Places = places / max(float(np.abs(places).max()), 1e-9)
    return scaled


def _start(communities: NDArray[np.int64]) -> Places:
    """Each community as a sunflower, the largest in the middle of a sunflower of communities."""
    numbers, row_of, sizes = np.unique(communities, return_inverse=True, return_counts=True)
    order = np.argsort(np.lexsort((numbers, -sizes)), kind="stable")  # the rank of each community, by size
    before = np.concatenate([[0], np.cumsum(np.sort(sizes)[::-1])[:-1]])
    middles = _sunflower(order, np.sqrt(before[order] / len(communities)))
    rank = np.empty(len(communities), dtype=np.int64)
    for number in range(len(numbers)):
        members = np.flatnonzero(row_of == number)
        rank[members] = np.arange(len(members))
    return middles[row_of] + _sunflower(rank, np.sqrt((rank + 0.5) / len(communities)) / 2)


def _sunflower(ranks: NDArray[np.int64], radii: NDArray[np.float64]) -> Places:
    angles = ranks * _GOLDEN
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]


def _pull(places: Places, ends: NDArray[np.int64], strength: NDArray[np.float64], ideal: float) -> Places:
    """Each entity towards those that it is related to, the more the farther."""
    move = np.zeros_like(places)
    if len(ends) == 0:
        return move
    apart = places[ends[:, 1]] - places[ends[:, 0]]
    force = apart * (np.linalg.norm(apart, axis=1) * strength / ideal)[:, None] / 30
    for axis in (0, 1):
        move[:, axis] += np.bincount(ends[:, 0], force[:, axis], len(places))
        move[:, axis] -= np.bincount(ends[:, 1], force[:, axis], len(places))
    return move


def _push(places: Places, random: np.random.Generator, ideal: float) -> Places:
    """Each entity away from a sample of all."""
    most = max(_FEWEST, _PAIRS // len(places))
    sample = places if len(places) <= most else places[random.choice(len(places), most, replace=False)]
    squared = (places**2).sum(axis=1)[:, None] + (sample**2).sum(axis=1)[None, :] - 2 * places @ sample.T
    force = ideal**2 / np.maximum(squared, ideal**2 / 100)
    move: Places = places * force.sum(axis=1)[:, None] - force @ sample
    return move * len(places) / len(sample)


def _middles(places: Places, communities: NDArray[np.int64]) -> Places:
    """The middle of each entity's community."""
    _, row_of, sizes = np.unique(communities, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(row_of, places[:, axis]) for axis in (0, 1)], axis=1)
    middles: Places = (sums / sizes[:, None])[row_of]
    return np.where((communities < 0)[:, None], places, middles)
