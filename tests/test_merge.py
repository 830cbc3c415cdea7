"""Mentions become entities and relationships: one row a title, one a pair, whatever the order of the rows."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from graphrag_drift.indexing.merge import link, merge
from graphrag_drift.tables import (
    COVARIATES,
    ENTITIES,
    ENTITY_MENTIONS,
    RELATIONSHIP_MENTIONS,
    RELATIONSHIPS,
    TEXT_UNITS,
    content_id,
    empty,
)

TITLED = {**ENTITY_MENTIONS, "title": pl.String()}
RELATED = {**RELATIONSHIP_MENTIONS, "source_title": pl.String(), "target_title": pl.String()}


def units(*texts: str, copy_of: tuple[int, ...] = ()) -> pl.DataFrame:
    """Text unit "u<i>", the only one of document "d<i>", ten characters into it."""
    rows = [
        {
            "id": f"u{i}", "human_readable_id": i, "text": text, "document_id": f"d{i}", "start": 10,
            "end": 10 + len(text), "copy_of": "d0" if i in copy_of else None,
            "entity_ids": [], "relationship_ids": [], "covariate_ids": [],
        }
        for i, text in enumerate(texts)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=TEXT_UNITS)


def mention(title: str, unit: int = 0, description: str = "", name: str = "", kind: str = "other"):
    return (f"d{unit}", f"u{unit}", name or title, kind, description, 10, 12, title)


def statement(source: str, target: str, unit: int = 0, strength: float | None = None, description: str = ""):
    return (f"d{unit}", f"u{unit}", source, target, description, strength, None, None, source, target)


def merged(mentions, statements, text_units=None):
    return merge(
        pl.DataFrame(mentions, schema=TITLED, orient="row"),
        pl.DataFrame(statements, schema=RELATED, orient="row"),
        text_units=units(*[""] * 9) if text_units is None else text_units,
    )


def weights(relationships: pl.DataFrame) -> dict[tuple[str, str], float]:
    return {(source, target): w for source, target, w in relationships.select("source", "target", "weight").iter_rows()}


def test_one_title_is_one_entity_with_its_types_names_and_text_units_united():
    entities, _ = merged(
        [
            mention("Kim Minji", 0, kind="other", name="Kim"),
            mention("Kim Minji", 1, kind="person"),
            mention("Kim Minji", 1, kind="other", name="Minji"),
            mention("Narae", 2, kind="organization"),
            mention("Narae", 3, kind="place"),
        ],
        [],
    )
    assert entities.select("title", "type", "text_unit_ids", "frequency", "degree", "aliases").rows() == [
        ("Kim Minji", "person", ["u0", "u1"], 2, 0, ["Kim", "Minji"]),
        ("Narae", "organization", ["u2", "u3"], 2, 0, []),
    ]
    assert entities["id"].to_list() == [content_id("entity", "Kim Minji"), content_id("entity", "Narae")]
    assert entities["human_readable_id"].to_list() == [0, 1]
    assert dict(entities.schema) == dict(ENTITIES)


def test_strengths_are_summed_over_direction_and_a_pair_points_where_most_mentions_do():
    ends = [mention(title) for title in "ABC"]
    _, relationships = merged(
        ends,
        [statement("B", "A", strength=3), statement("B", "A", 1, 2), statement("A", "B", 2, 4), statement("A", "C")],
    )
    assert relationships.select("source", "target", "text_unit_ids", "combined_degree").rows() == [
        ("A", "C", ["u0"], 3),
        ("B", "A", ["u0", "u1", "u2"], 3),
    ]
    assert weights(relationships)["B", "A"] == 9
    assert relationships["source_id"][1] == content_id("entity", "B")
    assert dict(relationships.schema) == dict(RELATIONSHIPS)


def test_statements_of_rare_entities_weigh_more_and_none_more_than_one():
    ends = [mention("Everywhere", unit) for unit in range(9)] + [mention(t) for t in ("Also", "Rare", "Once")]
    ends += [mention("Also", unit) for unit in range(1, 9)]
    _, relationships = merged(ends, [statement("Everywhere", "Also"), statement("Rare", "Once")])
    found = weights(relationships)
    assert found["Rare", "Once"] == pytest.approx(1.0)
    assert found["Everywhere", "Also"] == pytest.approx((math.log(2) / math.log(10)) ** 2)


def test_the_same_sentence_again_is_not_another_statement():
    ends = [mention(title, unit) for title in "AB" for unit in range(3)]
    once = merged(ends, [statement("A", "B", 0, description="A met B.")])[1]
    thrice = merged(ends, [statement("A", "B", unit, description="A met B.") for unit in range(3)])[1]
    other = merged(ends, [statement("A", "B", unit, description=f"A met B {unit}.") for unit in range(3)])[1]
    assert thrice["weight"][0] == pytest.approx(once["weight"][0])
    assert other["weight"][0] == pytest.approx(3 * once["weight"][0])


def test_a_document_that_plants_a_thousand_edges_has_bounded_influence():
    planted = [statement("Victim", f"Fake {i}", 1, 1.0) for i in range(1000)]
    honest = [statement("Victim", "Ally", 2, 1.0, f"Deed {i}.") for i in range(40)]
    _, relationships = merged([mention("Victim"), mention("Ally")], planted + honest)
    found = weights(relationships)
    assert sum(w for pair, w in found.items() if "Ally" not in pair) == pytest.approx(50)
    assert sum(w for pair, w in found.items() if "Ally" in pair) == pytest.approx(40)


@pytest.mark.parametrize("strength", [None, float("nan"), float("inf"), -1.0, 0.0])
def test_a_strength_that_is_no_positive_number_counts_as_one_statement(strength):
    _, relationships = merged([mention("A"), mention("B")], [statement("A", "B", strength=strength)])
    assert relationships["weight"].to_list() == [pytest.approx(1.0)]


def test_loops_are_dropped_and_forgotten_ends_become_entities():
    entities, relationships = merged([mention("A")], [statement("A", "A"), statement("A", "Forgotten", 3)])
    assert entities.select("title", "type", "text_unit_ids", "degree").rows() == [
        ("A", "other", ["u0"], 1),
        ("Forgotten", "other", ["u3"], 1),
    ]
    assert relationships.height == 1


def test_titles_in_other_unicode_forms_are_one_entity():
    entities, relationships = merged(
        [mention("Café"), mention("Cafe\u0301", 1)], [statement("Café", "B"), statement("B", "Cafe\u0301", 1)]
    )
    assert entities["title"].to_list() == ["B", "Café"]
    assert relationships.height == 1


def test_the_description_is_the_sentence_that_says_most_and_its_evidence_is_where_it_stands():
    says = "Hana Oh, the minister of fisheries, ordered tests of lead levels in four harbour schools."
    asks = "Why did Hana Oh order tests of lead levels in four harbour schools in that valley?"
    late = "After months of protest in four harbour towns, tests of lead levels were ordered by Hana Oh."
    text_units = units(f"Lead. {late}", f"“{asks}” 👍 {says}", says, copy_of=(2,))
    mentions = [mention("Hana Oh", 0, late), mention("Hana Oh", 1, asks), mention("Hana Oh", 1, says)]
    entities, _ = merged(mentions, [], text_units)
    start = 10 + text_units["text"][1].index(says)
    assert entities["description"].to_list() == [says]
    assert entities["evidence"].to_list() == [
        [{"document_id": "d1", "text_unit_id": "u1", "start": start, "end": start + len(says)}]
    ]


def test_the_evidence_of_a_models_words_is_their_text_unit():
    text_units = units("Oh ordered tests.")
    entities, relationships = merged(
        [mention("Oh", 0, "A minister of fisheries.")], [statement("Oh", "Tests", 0, 2, "Oh wants tests.")], text_units
    )
    whole = [{"document_id": "d0", "text_unit_id": "u0", "start": 10, "end": 27}]
    assert entities.filter(title="Oh")["evidence"].to_list() == [whole]
    assert relationships.select("description", "evidence").rows() == [("Oh wants tests.", whole)]


def test_nothing_gives_empty_tables_of_the_schema():
    entities, relationships = merged([], [])
    assert (entities.height, relationships.height) == (0, 0)
    assert dict(entities.schema) == dict(ENTITIES)
    assert dict(relationships.schema) == dict(RELATIONSHIPS)


def crowd(size: int, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """`size` statements about 800 entities in 300 text units, each a sentence of its text unit."""
    rng = np.random.default_rng(seed)
    words = np.array([f"{chr(97 + i % 26)}{i}word" for i in range(3000)])
    sentences = [" ".join(words[row]) + "." for row in rng.integers(0, 3000, (max(size // 3, 1), 20))]
    unit = rng.integers(0, 300, len(sentences))
    texts = units(*["" for _ in range(300)])
    rows, ends = [], []
    for at, (i, j) in enumerate(rng.zipf(1.3, (size, 2)) % 800):
        s = at % len(sentences)
        strength = None if at % 3 else float(at % 7) + 0.1
        rows.append(statement(f"E{i}", f"E{j}", int(unit[s]), strength, sentences[s]))
        ends.append(
            mention(f"E{i}", int(unit[s]), sentences[s], name=f"e{i}", kind=["person", "place", "other"][at % 3])
        )
    return (
        pl.DataFrame(ends, schema=TITLED, orient="row"),
        pl.DataFrame(rows, schema=RELATED, orient="row"),
        texts,
    )


def test_tables_do_not_depend_on_the_order_of_the_mentions():
    mentions, statements, text_units = crowd(3000)
    entities, relationships = merge(mentions, statements, text_units=text_units)
    for seed in (1, 2):
        shuffled = [frame.sample(fraction=1.0, shuffle=True, seed=seed) for frame in (mentions, statements, text_units)]
        again = merge(shuffled[0], shuffled[1], text_units=shuffled[2])
        assert again[0].equals(entities)
        assert again[1].equals(relationships)


def test_text_units_list_what_stands_in_them():
    text_units = units("", "")
    entities, relationships = merged([mention("A"), mention("B"), mention("B", 1)], [statement("A", "B")], text_units)
    linked = link(text_units, entities, relationships, empty(COVARIATES))
    assert linked.select("id", "entity_ids", "relationship_ids").rows() == [
        ("u0", sorted(entities["id"]), relationships["id"].to_list()),
        ("u1", [content_id("entity", "B")], []),
    ]
    assert linked.columns == text_units.columns
