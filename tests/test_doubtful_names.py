"""Names that a model is asked about: which pairs, how many, and what becomes of its verdicts."""

from __future__ import annotations

import asyncio
from typing import Any

import polars as pl
import pytest

from graphrag_drift.errors import ProviderError
from graphrag_drift.providers.testing import FakeEmbedder, ScriptedReader
from graphrag_drift.resolution.resolve import resolve
from graphrag_drift.settings import ResolveSettings
from graphrag_drift.tables import ENTITY_MENTIONS, RELATIONSHIP_MENTIONS, TEXT_UNITS
from graphrag_drift.tasks import ResolvePair, Sameness

NAMES = [
    ("Norvik Harbour Authority", "organization", "Runs the harbour of Norvik and its cranes."),
    ("Harbour Office of Norvik", "organization", "Runs the harbour of Norvik and its cranes."),
    ("Norvik Harbour Festival", "event", "A festival on the quays every May."),
    ("Mary Lindqvist", "person", "Head of the harbour."),
    ("Jon Lindqvist", "person", "Head of the harbour."),
    ("Elm Street School", "organization", "A school that bought fish."),
]


def tables() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    texts = [f"{name} is here: {said}" for name, _, said in NAMES]
    units = pl.DataFrame(
        [
            {**dict.fromkeys(TEXT_UNITS), "id": f"t{n}", "document_id": f"d{n}", "text": text, "start": 0, "end": 99}
            for n, text in enumerate(texts)
        ],
        schema=TEXT_UNITS,
    )
    rows = [(f"d{n}", f"t{n}", name, kind, said, 0, len(name)) for n, (name, kind, said) in enumerate(NAMES)]
    rows.append(("d1", "t1", *NAMES[0], None, None))
    related = [("d1", "t1", NAMES[1][0], NAMES[5][0], "It warned the school.", 3.0, None, None)]
    return (
        pl.DataFrame(rows, schema=ENTITY_MENTIONS, orient="row"),
        pl.DataFrame(related, schema=RELATIONSHIP_MENTIONS, orient="row"),
        units,
    )


def resolved(verdict: Any, *, composes: bool = True, **settings: Any) -> tuple[Any, ScriptedReader]:
    mentions, related, units = tables()
    reader = ScriptedReader({ResolvePair: verdict})
    work = resolve(
        mentions,
        related,
        units,
        reader=reader if composes else None,
        embedder=FakeEmbedder(),
        settings=ResolveSettings(**settings),
    )
    return asyncio.run(work), reader


def pairs(reader: ScriptedReader) -> set[frozenset[str]]:
    return {frozenset((task.first.name, task.second.name)) for task in reader.asked if isinstance(task, ResolvePair)}


SAME = frozenset((NAMES[0][0], NAMES[1][0]))


def test_only_pairs_that_may_be_the_same_are_asked() -> None:
    _, reader = resolved(Sameness(False, "no"))
    assert pairs(reader) == {SAME}


def test_a_verdict_merges_everywhere_and_is_logged_with_its_reason() -> None:
    (mentions, related, merges, failures), _ = resolved(Sameness(True, "Both run the harbour of Norvik."))
    assert "Harbour Office of Norvik" not in mentions["title"].to_list()
    assert mentions.filter(pl.col("name") == "Harbour Office of Norvik")["title"].to_list() == [NAMES[0][0]]
    assert related["source_title"].to_list() == [NAMES[0][0]]
    assert merges.rows() == [
        ("", "Harbour Office of Norvik", NAMES[0][0], "model", "Both run the harbour of Norvik.", False)
    ]
    assert failures.is_empty()


def test_settings_undo_a_verdict_and_a_failure_leaves_the_pair_apart() -> None:
    (mentions, *_), reader = resolved(Sameness(True, "yes"), keep_apart=[tuple(SAME)])
    assert pairs(reader) == set()
    assert "Harbour Office of Norvik" in mentions["title"].to_list()
    (mentions, _, _, failures), _ = resolved(ProviderError("no"))
    assert "Harbour Office of Norvik" in mentions["title"].to_list()
    assert failures.rows() == [("resolve", "Harbour Office of Norvik; Norvik Harbour Authority", "no")]


@pytest.mark.parametrize("options", [{"composes": False}, {"enabled": False}])
def test_the_embedded_reader_is_not_asked_and_nobody_is_where_resolution_is_off(options: dict[str, Any]) -> None:
    _, reader = resolved(Sameness(True, "yes"), **options)
    assert reader.asked == []
