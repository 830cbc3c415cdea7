"""What a perfect model extracts reaches the graph, and what is missing then is not ours: see `benchmarks/oracle.py`."""

from __future__ import annotations

import asyncio
import json
from functools import lru_cache

import polars as pl
import pytest
from gold_oracle import DATA, Degradation, Gold, Oracle, build_graph, read_gold
from gold_scores import Scores, score

real = pytest.mark.skipif(not DATA.is_file(), reason="the real data is not at ../shared/data")


@lru_cache(maxsize=8)
def scores(**degradation: float) -> Scores:
    golds = read_gold(10)
    return score(golds, asyncio.run(build_graph(golds, Degradation(**degradation))))


@real
def test_what_a_perfect_model_says_is_in_the_graph() -> None:
    found = scores()
    assert found.failures == 0
    assert found.entities.f1 >= 0.98
    assert found.relations.f1 >= 0.97
    assert found.statements.f1 >= 0.97
    assert found.forward.recall >= 0.99


@real
def test_what_a_model_misses_costs_no_more_than_itself() -> None:
    found, whole = scores(missed=0.1), scores()
    assert found.entities.recall >= 0.9 * whole.entities.recall - 0.01
    assert found.relations.recall >= 0.9**3 * whole.relations.recall - 0.02
    assert found.entities.precision >= 0.99
    assert found.relations.precision >= 0.99


@real
def test_names_given_in_another_form_are_mostly_brought_together() -> None:
    found = scores(renamed=0.2)
    assert found.entities.f1 >= 0.955
    assert found.relations.f1 >= 0.9


@real
def test_malformed_replies_are_repaired_or_asked_for_again_and_the_rest_is_told() -> None:
    found, whole = scores(malformed=0.2), scores()
    assert found.failures > 0
    assert found.entities.recall >= whole.entities.recall - 0.04
    assert found.entities.precision >= 0.99


def _hand_made(titles: dict[str, str], rows: list[tuple[str, str]]) -> Scores:
    """The scores of a graph over one document that says: Ann Lee runs Corin; Ann Lee knows Ann Day."""
    names = (("Ann Lee",), ("Corin",), ("Ann Day",))
    gold = Gold("d", "text", names, ("person", "organization", "person"), ((0, 1, "P1"), (0, 2, "P2")))
    named = [("d", title, name) for name, title in titles.items()]
    mentions = pl.DataFrame(named, ["document_id", "title", "name"], orient="row")
    said = [("d", a, b, titles[a], titles[b], f"{a} P{n} {b}") for n, (a, b) in enumerate(rows, 1)]
    columns = ["document_id", "source", "target", "source_title", "target_title", "description"]
    related = pl.DataFrame(said, columns, orient="row")
    entities = mentions.select("title", text_unit_ids=pl.concat_list("document_id")).unique("title")
    pairs = related.select(source="source_title", target="target_title", text_unit_ids=pl.concat_list("document_id"))
    pairs = pairs.filter(pl.col("source") != pl.col("target"))
    return score([gold], (entities, pairs, mentions, related, pl.DataFrame()))


def test_a_perfect_graph_scores_one() -> None:
    found = _hand_made({n: n for n in ("Ann Lee", "Corin", "Ann Day")}, [("Ann Lee", "Corin"), ("Ann Lee", "Ann Day")])
    assert [each.f1 for each in (found.entities, found.relations, found.statements, found.forward)] == [1.0] * 4


def test_two_entities_merged_into_one_cost_an_entity_and_a_relation() -> None:
    merged = {"Ann Lee": "Ann Lee", "Corin": "Corin", "Ann Day": "Ann Lee"}
    found = _hand_made(merged, [("Ann Lee", "Corin"), ("Ann Lee", "Ann Day")])
    assert (found.entities.found, found.entities.built, found.entities.gold) == (2, 2, 3)
    assert (found.relations.found, found.relations.built, found.relations.gold) == (1, 1, 2)


def test_a_relation_turned_round_is_the_same_relation_but_not_the_same_statement() -> None:
    same = {n: n for n in ("Ann Lee", "Corin", "Ann Day")}
    found = _hand_made(same, [("Corin", "Ann Lee"), ("Ann Lee", "Ann Day")])
    assert (found.relations.f1, found.statements.found, found.forward.found) == (1.0, 1, 1)


@real
def test_the_oracle_says_the_same_whatever_the_order_of_the_calls() -> None:
    golds = read_gold(50)
    asked = [{"messages": [{"role": "user", "content": gold.text}]} for gold in golds]
    worse = Degradation(0.2, 0.2, 0.2)
    one, other = Oracle(golds, worse), Oracle(golds[::-1], worse)
    assert [one(request) for request in asked] == [other(request) for request in asked[::-1]][::-1]
    told = json.loads(Oracle(golds, Degradation())(asked[0]))
    assert [entity["name"] for entity in told["entities"]] == [names[0] for names in golds[0].names]
