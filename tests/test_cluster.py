"""Communities: all entities covered, children inside parents, at least as modular as Louvain, any row order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
import pytest

from graphrag_drift.errors import SchemaError
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.indexing.root import ROOT_LEVEL, with_root
from graphrag_drift.settings import ClusterGraphSettings
from graphrag_drift.tables import COMMUNITIES, ENTITIES, RELATIONSHIPS, content_id

DATA = Path(__file__).parent.parent / "../shared/data/graphrag_indexes"
SETTINGS = ClusterGraphSettings()


def entities(titles: list[str], documents: dict[str, str] | None = None) -> pl.DataFrame:
    rows = []
    for row, title in enumerate(titles):
        document = (documents or {}).get(title, "d")
        span = {"document_id": document, "text_unit_id": f"{document}-u", "start": 0, "end": 1}
        rows.append(
            {
                "id": content_id("entity", title), "human_readable_id": row, "title": title,
                "text_unit_ids": [f"{document}-u"], "aliases": [], "evidence": [span],
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema=ENTITIES)


def relationships(edges: list[tuple[str, str, float]]) -> pl.DataFrame:
    rows = [
        {"id": f"{s}-{t}", "source": s, "target": t, "weight": w, "text_unit_ids": [f"{s}{t}-u"], "evidence": []}
        for s, t, w in edges
    ]
    return pl.DataFrame(rows, schema=RELATIONSHIPS)


def ring_of_cliques(cliques: int, size: int) -> list[tuple[str, str, float]]:
    inner = [(f"c{c:02}n{i:02}", f"c{c:02}n{j:02}", 2.0) for c in range(cliques) for i in range(size) for j in range(i)]
    return inner + [(f"c{c:02}n00", f"c{(c + 1) % cliques:02}n01", 1.0) for c in range(cliques)]


def titles_of(edges: list[tuple[str, str, float]]) -> list[str]:
    return sorted({title for edge in edges for title in edge[:2]})


def planted(seed: int, size: int = 400) -> list[tuple[str, str, float]]:
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, size, (size * 4, 2))
    kept = ends[(ends[:, 0] % 7 == ends[:, 1] % 7) | (rng.random(len(ends)) < 0.1)]
    pairs = sorted({(min(i, j), max(i, j)) for i, j in kept.tolist() if i != j})
    return [(f"e{i:03}", f"e{j:03}", 1.0 + (i * j) % 5) for i, j in pairs]


def members(communities: pl.DataFrame) -> dict[int, set[str]]:
    return {number: set(ids) for number, ids in communities.select("community", "entity_ids").iter_rows()}


def check(communities: pl.DataFrame, people: pl.DataFrame, ties: pl.DataFrame, limit: int) -> None:
    """Everything that must hold of any table of communities."""
    assert dict(communities.schema) == dict(COMMUNITIES)
    assert communities["community"].to_list() == list(range(communities.height))
    assert communities["id"].n_unique() == communities.height
    within = members(communities)
    top = [within[n] for n in communities.filter(level=0)["community"]]
    assert sorted(i for part in top for i in part) == sorted(people["id"])
    title_id = dict(people.select("title", "id").iter_rows())
    top_of = {member: number for number in communities.filter(level=0)["community"] for member in within[number]}
    for row in communities.iter_rows(named=True):
        inside = within[row["community"]]
        assert row["size"] == len(inside) > 0
        assert row["title"] == f"Community {row['community']}"
        children = [within[child] for child in row["children"]]
        if children:
            assert row["size"] > limit
            assert sorted(i for part in children for i in part) == sorted(inside)
            assert all(part < inside for part in children)
        for child in row["children"]:
            assert communities["parent"][child] == row["community"]
            assert communities["level"][child] == row["level"] + 1
        internal = [
            r[0]
            for r in ties.select("id", "source", "target").iter_rows()
            if {title_id[r[1]], title_id[r[2]]} <= inside
        ]
        assert row["relationship_ids"] == sorted(internal)
        assert row["text_unit_ids"]
    order = list(communities.select("level", -pl.col("size")).iter_rows())
    assert order == sorted(order)
    reported = with_root(communities, people, ties)
    assert {i for ids in reported["relationship_ids"] for i in ids} == set(ties["id"])
    assert reported.head(communities.height).equals(communities)
    for row in reported.tail(-communities.height).iter_rows(named=True):
        check_root(row, people, ties, top_of)


def check_root(row: dict[str, Any], people: pl.DataFrame, ties: pl.DataFrame, top_of: dict[str, int]) -> None:
    """The root holds what relates the communities of level 0, and nothing else."""
    title_id = dict(people.select("title", "id").iter_rows())
    between = {
        tie: {title_id[source], title_id[target]}
        for tie, source, target in ties.select("id", "source", "target").iter_rows()
        if top_of[title_id[source]] != top_of[title_id[target]]
    }
    assert row["relationship_ids"] == sorted(between)
    assert row["entity_ids"] == sorted(set().union(*between.values()))
    assert (row["level"], row["parent"], row["children"]) == (ROOT_LEVEL, -1, [])
    assert row["size"] == len(row["entity_ids"])


@pytest.mark.parametrize("edges", [planted(0), planted(1, 90), ring_of_cliques(12, 6)])
@pytest.mark.parametrize("limit", [10, 3])
def test_every_level_partitions_what_it_splits(edges, limit):
    people = entities([*titles_of(edges), "alone", "also alone"])
    ties = relationships(edges)
    settings = ClusterGraphSettings(max_cluster_size=limit)
    check(cluster(people, ties, settings=settings, period="2025-01-01"), people, ties, limit)


def test_a_ring_of_cliques_falls_into_its_cliques():
    edges = ring_of_cliques(8, 6)
    people = entities(titles_of(edges))
    communities = cluster(people, relationships(edges), settings=SETTINGS, period="2025-04-30")
    names = dict(people.select("id", "title").iter_rows())
    found = [sorted({names[i][:3] for i in part}) for part in members(communities).values()]
    assert found == [[f"c{c:02}"] for c in range(8)]
    assert communities["period"].unique().to_list() == ["2025-04-30"]


def test_communities_do_not_depend_on_the_order_of_rows_or_the_direction_of_relationships():
    edges = planted(3)
    people, ties = entities([*titles_of(edges), *(f"loose {i}" for i in range(30))]), relationships(edges)
    expected = cluster(people, ties, settings=SETTINGS, period="")
    turned = ties.sample(fraction=1.0, shuffle=True, seed=1).rename({"source": "target", "target": "source"})
    shuffled = people.sample(fraction=1.0, shuffle=True, seed=2)
    assert cluster(shuffled, turned.select(ties.columns), settings=SETTINGS, period="").equals(expected)


def test_the_root_is_about_what_relates_the_communities_of_level_0():
    edges = ring_of_cliques(8, 6)
    people, ties = entities(titles_of(edges)), relationships(edges)
    communities = cluster(people, ties, settings=SETTINGS, period="2025-04-30")
    [root] = with_root(communities, people, ties).tail(-communities.height).to_dicts()
    assert root["relationship_ids"] == sorted(f"{s}-{t}" for s, t, _ in edges if s[:3] != t[:3])
    assert (root["community"], root["level"], root["period"]) == (communities.height, ROOT_LEVEL, "2025-04-30")
    apart = relationships([edge for edge in edges if edge[0][:3] == edge[1][:3]])
    communities = cluster(people, apart, settings=SETTINGS, period="")
    assert with_root(communities, people, apart).equals(communities)


def test_two_or_three_entities_join_the_neighbour_they_have_the_most_weight_with():
    clique = [(f"{c}{i}", f"{c}{j}", 9.0) for c in "ab" for i in range(5) for j in range(i)]
    pair = [("x0", "x1", 9.0), ("x0", "b0", 0.5), ("x1", "a0", 0.2)]
    people = entities(titles_of([*clique, *pair]))
    communities = cluster(people, relationships([*clique, *pair]), settings=SETTINGS, period="").filter(level=0)
    names = dict(people.select("id", "title").iter_rows())
    found = sorted("".join(sorted({names[i][0] for i in part})) for part in members(communities).values())
    assert found == ["a", "bx"]
    everywhere = cluster(entities(titles_of(planted(5))), relationships(planted(5)), settings=SETTINGS, period="")
    assert min(everywhere["size"]) >= 4


def test_loose_entities_of_two_languages_are_not_put_together():
    loose = {f"x{i}": "en" for i in range(5)} | {f"y{i}": "ko" for i in range(5)} | {"z": "en"}
    people = entities(list(loose), loose)
    documents = pl.DataFrame({"id": ["en", "ko"], "language": ["en", "ko"]})
    communities = cluster(people, relationships([]), documents, settings=SETTINGS, period="")
    names = dict(people.select("id", "title").iter_rows())
    assert sorted("".join(sorted({names[i][0] for i in part})) for part in members(communities).values()) == ["xz", "y"]


def test_loose_entities_too_few_for_a_report_join_those_of_their_document():
    edges = ring_of_cliques(2, 5)
    documents = {title: title[:3] for title in titles_of(edges)} | {"loose": "c01"}
    people = entities([*titles_of(edges), "loose"], documents)
    communities = cluster(people, relationships(edges), settings=SETTINGS, period="").filter(level=0)
    assert sorted(communities["size"]) == [5, 6]
    with_loose = next(ids for ids in communities["entity_ids"] if len(ids) == 6)
    assert {documents[title] for i, title in people.select("id", "title").iter_rows() if i in with_loose} == {"c01"}


def test_loose_entities_are_pooled_by_document_in_bounded_communities():
    loose = [f"x{i:02}" for i in range(23)]
    documents = {title: f"d{int(title[1:]) % 3}" for title in loose}
    edges = [*ring_of_cliques(3, 5), ("x00", "x03", 1.0)]
    people = entities([*titles_of(edges), *(set(loose) - {"x00", "x03"})], documents)
    communities = cluster(people, relationships(edges), settings=SETTINGS, period="")
    names = dict(people.select("id", "title").iter_rows())
    pools = [sorted(names[i] for i in part) for part in members(communities).values()]
    pools = sorted(pool for pool in pools if pool[0].startswith("x"))
    assert [sorted({documents[title] for title in pool}) for pool in pools] == [["d0"], ["d1"], ["d2"]]
    assert {"x00", "x03"} <= set(pools[0])
    assert max(map(len, pools)) <= SETTINGS.max_cluster_size


def test_no_relationships_one_entity_and_nothing_at_all():
    nobody = cluster(entities([]), relationships([]), settings=SETTINGS, period="")
    assert nobody.height == 0
    assert dict(nobody.schema) == dict(COMMUNITIES)
    one = cluster(entities(["only"]), relationships([]), settings=SETTINGS, period="")
    assert one.select("level", "parent", "size", "relationship_ids", "text_unit_ids").rows() == [
        (0, -1, 1, [], ["d-u"])
    ]
    many = cluster(entities([f"e{i:03}" for i in range(95)]), relationships([]), settings=SETTINGS, period="")
    assert many["size"].to_list() == [10] * 9 + [5]


def test_loops_and_weightless_relationships_bind_nothing():
    ties = relationships([("a", "a", 9.0), ("a", "b", 0.0)])
    communities = cluster(entities(["a", "b"]), ties, settings=SETTINGS, period="")
    assert communities["size"].to_list() == [2]  # pooled, not clustered
    assert communities["relationship_ids"].to_list() == [["a-a", "a-b"]]


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -1.0, None])
def test_a_weight_that_is_no_number_is_refused(weight):
    with pytest.raises(SchemaError, match=r"'a' - 'b' \(weight .*finite weight"):
        cluster(entities(["a", "b"]), relationships([("a", "b", weight)]), settings=SETTINGS, period="")


def test_an_unknown_end_is_refused():
    with pytest.raises(SchemaError, match="'a' - 'ghost'"):
        cluster(entities(["a"]), relationships([("a", "ghost", 1.0)]), settings=SETTINGS, period="")


def test_a_star_that_nothing_splits_stays_whole():
    edges = [("hub", f"ray{i:02}", 1.0) for i in range(40)]
    people, ties = entities(titles_of(edges)), relationships(edges)
    check(cluster(people, ties, settings=SETTINGS, period=""), people, ties, 10)


@pytest.mark.parametrize("name", ["verbs_xmascarol", "dulce"])
def test_level_0_is_at_least_as_modular_as_the_best_of_as_many_louvain_runs(name):
    paths = sorted((DATA / name).rglob("*relationships.parquet"))
    if not paths:
        pytest.skip("needs ../shared/data/graphrag_indexes")
    rows = pl.read_parquet(paths[0]).select("source", "target", "weight")
    graph = nx.Graph()
    for source, target, weight in rows.iter_rows():
        before = graph.get_edge_data(source, target, {"weight": 0.0})["weight"]
        graph.add_edge(source, target, weight=before + weight)
    people = entities(sorted(graph))
    communities = cluster(people, relationships(list(graph.edges.data("weight"))), settings=SETTINGS, period="")
    names = dict(people.select("id", "title").iter_rows())
    ours = [{names[i] for i in ids} for ids in communities.filter(level=0)["entity_ids"]]
    theirs = max(
        nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=seed)) for seed in range(32)
    )
    assert nx.community.modularity(graph, ours) >= theirs - 1e-9
