"""entities, relationships -> communities: hierarchical Leiden over the whole graph, no entity left out.

Level 0 partitions all entities. A community above `max_cluster_size` is clustered again by itself, into children that
partition it; one that no resolution splits stays whole. One of two or three entities joins its heaviest neighbour. From
the communities of the index before it starts where they are, see `earlier.py`; without them from nothing. It writes no
reports, and no titles but a number; what links the communities of level 0 is for `root.py`.

Traag, Waltman and van Eck 2019, "From Louvain to Leiden".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl
from graspologic_native import leiden_csr
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from graphrag_drift.errors import SchemaError
from graphrag_drift.indexing.earlier import NOWHERE, Earlier, leiden_from
from graphrag_drift.settings import ClusterGraphSettings
from graphrag_drift.tables import COMMUNITIES, conform, content_id, empty

Numbers = NDArray[np.int64]

# Runs from several seeds, of which the best is kept: many where they cost nothing, one in a very large graph.
_MOST_TRIALS, _TRIED_EDGES, _INNER_TRIALS = 32, 200_000, 4
_RANDOMNESS = 0.001
_SMALLEST = 4  # entities; a report on fewer would say what their descriptions say
_FINER = (1.0, 2.0, 4.0, 8.0)  # factors on the resolution, tried until a community splits


@dataclass(frozen=True)
class Community:
    """`members` are rows of entities, ascending; `parent` is a position in the list of communities, or -1."""

    level: int
    parent: int
    members: Numbers


def cluster(
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    documents: pl.DataFrame | None = None,
    *,
    settings: ClusterGraphSettings,
    period: str,
    before: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The communities by level, then size, then first title; `community` is the row.

    Entities that nothing relates are put together by language; without `documents` all are taken to be of one.
    `before` are those of the index before, found by the same settings: what did not change since stays as it was.
    Raises: SchemaError, if a relationship names an unknown entity or has a negative or not finite weight.
    """
    entities = entities.sort("title")
    if entities.is_empty():
        return empty(COMMUNITIES)
    ends = _ends(entities, relationships)
    earlier = Earlier.of(before, entities) if before is not None and not before.is_empty() else None
    found = _hierarchy(_matrix(ends, entities.height), _places(entities, documents), settings, earlier)
    return _table(_numbered(found), entities, ends, period)


def _ends(entities: pl.DataFrame, relationships: pl.DataFrame) -> pl.DataFrame:
    """id, left, right, weight, text_unit_ids of the relationships; left < right are rows of entities."""
    rows = entities.select("title", row=pl.int_range(pl.len(), dtype=pl.Int64))
    ends = relationships.join(rows.rename({"title": "source", "row": "left"}), on="source", how="left").join(
        rows.rename({"title": "target", "row": "right"}), on="target", how="left"
    )
    bad = ends.filter(
        pl.col("left").is_null()
        | pl.col("right").is_null()
        | ~pl.col("weight").is_finite().fill_null(False)
        | (pl.col("weight") < 0)
    )
    if not bad.is_empty():
        source, target, weight = bad.sort("source", "target").select("source", "target", "weight").row(0)
        raise SchemaError(
            f"relationship {source!r} - {target!r} (weight {weight!r}) does not join two entities of the table "
            "with a finite weight of at least 0; merge makes relationships that do"
        )
    return ends.select(
        "id",
        "weight",
        "text_unit_ids",
        left=pl.min_horizontal("left", "right"),
        right=pl.max_horizontal("left", "right"),
    ).sort("left", "right", "id")


def _matrix(ends: pl.DataFrame, size: int) -> csr_array:
    """The symmetric weights; loops and relationships without weight are left out."""
    ends = ends.filter((pl.col("left") != pl.col("right")) & (pl.col("weight") > 0))
    left, right, weight = (ends[name].to_numpy() for name in ("left", "right", "weight"))
    rows, columns = np.concatenate([left, right]), np.concatenate([right, left])
    matrix = coo_array((np.concatenate([weight, weight]), (rows, columns)), shape=(size, size)).tocsr()
    matrix.sum_duplicates()
    return matrix


def leiden(matrix: csr_array, settings: ClusterGraphSettings, *, finer: float = 1.0, trials: int = 0) -> Numbers:
    """The community number of each row of a symmetric matrix; `trials` 0 means as many as its size allows."""
    size = matrix.shape[0]
    if not matrix.nnz:
        return np.arange(size)
    _, found = leiden_csr(
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data,
        size,
        resolution=settings.resolution * finer,
        randomness=_RANDOMNESS,
        iterations=settings.iterations,
        use_modularity=True,
        seed=settings.seed,
        trials=trials or max(1, min(_MOST_TRIALS, 2 * _TRIED_EDGES // matrix.nnz)),
    )
    return np.fromiter((found[row] for row in range(size)), np.int64, size)


def _hierarchy(
    matrix: csr_array, places: list[Place], settings: ClusterGraphSettings, earlier: Earlier | None
) -> list[Community]:
    """All communities, parents before children."""
    size = settings.max_cluster_size
    start = earlier.at(0, np.arange(matrix.shape[0])) if earlier is not None else None
    parts = leiden(matrix, settings) if start is None else _leiden_from(matrix, start, settings)
    top = _pooled(matrix, _joined(matrix, parts, min(_SMALLEST, size)), places, size, start)
    found = [Community(0, -1, members) for members in _groups(top)]
    for at, parent in enumerate(found):  # which grows meanwhile
        if len(parent.members) > size:
            children = _parts(matrix, parent, settings, earlier)
            found.extend(Community(parent.level + 1, at, parent.members[rows]) for rows in children)
    return found


def _parts(
    matrix: csr_array, parent: Community, settings: ClusterGraphSettings, earlier: Earlier | None
) -> list[Numbers]:
    """The children of a community, as rows of it: those it had, if it is as it was."""
    level, members = parent.level, parent.members
    if earlier is not None and earlier.is_same(level, members):
        return earlier.children(level, members)
    start = earlier.at(level + 1, members) if earlier is not None else np.full(len(members), NOWHERE, np.int64)
    return _split(matrix[members][:, members], settings, start)


def _split(matrix: csr_array, settings: ClusterGraphSettings, start: Numbers) -> list[Numbers]:
    """The parts of one community; none if it is best left whole."""
    smallest = min(_SMALLEST, settings.max_cluster_size)
    for finer in _FINER:
        if (start == NOWHERE).all():
            parts = leiden(matrix, settings, finer=finer, trials=_INNER_TRIALS)
        else:
            parts = _leiden_from(matrix, start, settings, finer=finer)
        parts = _absorbed(matrix, parts, smallest)
        if parts.max() > 0:
            return _groups(parts)
    return []


def _leiden_from(matrix: csr_array, start: Numbers, settings: ClusterGraphSettings, *, finer: float = 1.0) -> Numbers:
    return leiden_from(
        matrix,
        start,
        resolution=settings.resolution * finer,
        randomness=_RANDOMNESS,
        iterations=settings.iterations,
        seed=settings.seed,
    )


def _joined(matrix: csr_array, parts: Numbers, smallest: int) -> Numbers:
    """The parts, numbered from 0, where one of fewer than `smallest` rows joins that with which it has most weight."""
    parts = np.unique(parts, return_inverse=True)[1].astype(np.int64)
    members = _groups(parts)
    related = np.bincount(parts, np.diff(matrix.indptr)) > 0  # most small ones are entities that nothing relates
    small = (number for number in np.flatnonzero(related).tolist() if len(members[number]) < smallest)
    for number in sorted(small, key=lambda part: (len(members[part]), part)):
        rows = members[number]
        if len(rows) >= smallest:  # others have joined it meanwhile
            continue
        cells = np.concatenate([np.arange(matrix.indptr[row], matrix.indptr[row + 1]) for row in rows])
        others, at = np.unique(parts[matrix.indices[cells]], return_inverse=True)
        weights = np.bincount(at, matrix.data[cells], len(others)) * (others != number)
        if weights.any():
            home = int(others[weights.argmax()])
            parts[rows] = home
            members[home] = np.concatenate([members[home], rows])
    return np.unique(parts, return_inverse=True)[1].astype(np.int64)


def _absorbed(matrix: csr_array, parts: Numbers, smallest: int) -> Numbers:
    """The parts joined as by `_joined`, where the largest takes those that nothing relates to another."""
    parts = _joined(matrix, parts, smallest)
    sizes = np.bincount(parts)
    parts[sizes[parts] < smallest] = sizes.argmax()
    return np.unique(parts, return_inverse=True)[1].astype(np.int64)


def _groups(numbers: Numbers) -> list[Numbers]:
    """The rows of each number, ascending."""
    order = np.argsort(numbers, kind="stable")
    borders = np.flatnonzero(np.diff(numbers[order])) + 1
    return [np.sort(rows) for rows in np.split(order, borders)]


Place = tuple[str, str]
"""The language and the document, or text unit, where an entity is at home."""


def _pooled(matrix: csr_array, parts: Numbers, places: list[Place], size: int, start: Numbers | None) -> Numbers:
    """The parts, with the entities of tiny components put together, those of one language and document first.

    Pools that `start` has stay, and new ones join them where there is room. Too few for a report join the part that
    most of their document's entities are in, else most of their language's.
    """
    smallest = min(_SMALLEST, size)
    component = connected_components(matrix, directed=False)[1]
    loose = [rows for rows in _groups(component) if len(rows) < smallest]
    pools = [] if start is None else _pools_before(loose, start, places, size)
    inside = {row for pool in pools for row in pool}
    for pool in _pools([rows for rows in loose if int(rows[0]) not in inside], places, size):
        same = (each for each in pools if places[each[0]][0] == places[pool[0]][0])
        roomy = min(same, key=len, default=None) if start is not None and len(pool) >= smallest else None
        if roomy is not None and len(roomy) + len(pool) <= size:
            roomy.extend(pool)
        else:
            pools.append(pool)
    pooled = parts.copy()
    for number, pool in enumerate(pools, int(parts.max()) + 1):
        pooled[pool] = number
    for pool in pools:
        if len(pool) < smallest:
            pooled[pool] = _home(pool, pooled, places)
    return pooled


def _pools_before(loose: list[Numbers], start: Numbers, places: list[Place], size: int) -> list[list[int]]:
    """The communities of `start` that were, and are, nothing but tiny components, of one language and enough of them.

    In the order of their rows; what joined one because it was too few stays in it.
    """
    smallest = min(_SMALLEST, size)
    rows = np.zeros(len(start), bool)
    for each in loose:
        rows[each] = True
    pools: dict[int, list[int]] = {}
    for each in loose:
        number = int(start[each[0]])
        if number != NOWHERE and (start[each] == number).all() and rows[start == number].all():
            pools.setdefault(number, []).extend(each.tolist())
    return [
        pool
        for pool in pools.values()
        if smallest <= len(pool) < size + smallest and len({places[row][0] for row in pool}) == 1
    ]


def _pools(loose: list[Numbers], places: list[Place], size: int) -> list[list[int]]:
    """Rows of one language, at most `size`, never half of a component.

    Once half full, a pool begins anew at another document: what was said in one place is reported together.
    """
    pools: list[list[int]] = []
    ordered = sorted(loose, key=lambda rows: (places[rows[0]], int(rows[0])))
    for _, group in groupby(ordered, key=lambda rows: places[rows[0]][0]):
        new: list[list[int]] = []
        for rows in group:
            moved = bool(new) and places[new[-1][-1]] != places[rows[0]]
            if not new or len(new[-1]) + len(rows) > size or (moved and len(new[-1]) > size // 2):
                new.append([])
            new[-1].extend(rows.tolist())
        if len(new) > 1 and len(new[-2]) + len(new[-1]) <= size:
            new[-2:] = [new[-2] + new[-1]]
        pools += new
    return pools


def _home(pool: list[int], parts: Numbers, places: list[Place]) -> int:
    """The part that `pool` joins: where most of its document's rows are, else most of its language's, else its own."""
    apart = set(pool)
    language = places[pool[0]][0]
    mates = [row for row, place in enumerate(places) if row not in apart and place[0] == language]
    near = [row for row in mates if places[row] == places[pool[0]]] or mates
    votes = Counter(int(parts[row]) for row in near)
    return min(votes, key=lambda part: (-votes[part], part), default=int(parts[pool[0]]))


def _places(entities: pl.DataFrame, documents: pl.DataFrame | None) -> list[Place]:
    """Where each entity is at home: its first document, else its first text unit."""
    unit = pl.col("text_unit_ids").list.first().fill_null("")
    document = pl.col("evidence").list.first().struct.field("document_id")
    homes = entities.select(pl.coalesce(document, unit)).to_series().to_list()
    languages = {} if documents is None else dict(documents.select("id", "language").rows())
    return [(languages.get(home) or "", home) for home in homes]


def _numbered(found: list[Community]) -> list[Community]:
    """The communities by level, then size, then first title, with their parents' new numbers."""
    by = [(each.level, -len(each.members), int(each.members[0]), at) for at, each in enumerate(found)]
    order = [at for *_, at in sorted(by)]
    number = {at: position for position, at in enumerate(order)} | {-1: -1}
    return [Community(found[at].level, number[found[at].parent], found[at].members) for at in order]


def _table(found: list[Community], entities: pl.DataFrame, ends: pl.DataFrame, period: str) -> pl.DataFrame:
    ids, titles = entities["id"].to_list(), entities["title"].to_list()
    children: dict[int, list[int]] = {}
    for number, community in enumerate(found):
        children.setdefault(community.parent, []).append(number)
    numbers = range(len(found))
    table = pl.DataFrame(
        {
            "id": [content_id("community", each.level, *(titles[row] for row in each.members)) for each in found],
            "human_readable_id": numbers,
            "community": numbers,
            "level": [each.level for each in found],
            "parent": [each.parent for each in found],
            "children": [children.get(number, []) for number in numbers],
            "title": [f"Community {number}" for number in numbers],
            "entity_ids": [sorted(ids[row] for row in each.members) for each in found],
            "size": [len(each.members) for each in found],
        },
        schema_overrides={"children": pl.List(pl.Int64), "entity_ids": pl.List(pl.String)},
    ).with_columns(pl.col("community").cast(pl.Int64), period=pl.lit(period))
    for ids_found in _contents(found, entities, ends):
        table = table.join(ids_found, on="community", how="left", maintain_order="left")
    lists = [pl.col(name).fill_null([]) for name in ("relationship_ids", "text_unit_ids")]
    return conform(table.with_columns(lists), COMMUNITIES, "communities")


def _contents(found: list[Community], entities: pl.DataFrame, ends: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(community, relationship_ids), (community, text_unit_ids): of inner relationships, else of the members."""
    size = [len(each.members) for each in found]
    members = pl.DataFrame(
        {
            "community": np.repeat(np.arange(len(found)), size),
            "level": np.repeat([each.level for each in found], size),
            "row": np.concatenate([each.members for each in found]),
        }
    ).cast(pl.Int64)
    inside = _inside(members, ends)
    alone = members.join(inside, on="community", how="anti").join(
        entities.select("text_unit_ids", row=pl.int_range(pl.len())), on="row"
    )
    said = pl.concat([frame.select("community", "text_unit_ids") for frame in (inside, alone)])
    return (
        _ids(inside.rename({"id": "relationship_ids"}), "relationship_ids"),
        _ids(said.explode("text_unit_ids"), "text_unit_ids"),
    )


def _inside(members: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """community, id, text_unit_ids of each relationship of which both ends are members."""
    left = ends.join(members.rename({"row": "left"}), on="left")
    return left.join(members.rename({"row": "right"}), on=["right", "level", "community"])


def _ids(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    return frame.group_by("community").agg(pl.col(column).drop_nulls().unique().sort())
