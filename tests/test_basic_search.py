"""Basic search: what is read around a hit, and a reranker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.errors import ProviderError
from graphrag_drift.providers.protocols import Maker, Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Filters, Shown

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
LOG = "\n\n".join(
    f"On {day} the crew of the Marigold wrote {n} lines about {thing} and went to bed early, as they always did."
    for n, (day, thing) in enumerate(zip(WEEK, ("fog", "herring", "a walrus", "tea", "rope"), strict=True), start=3)
)
OTHER = "A walrus was seen in the harbour of Bodo. It ate the herring of three boats and left."


class Reranker:
    """Likes what holds a word; `error` is raised instead, if there is one."""

    def __init__(self, word: str, error: Exception | None = None) -> None:
        self._word = word
        self._error = error
        self.asked: list[tuple[str, int]] = []

    async def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        self.asked.append((question, len(texts)))
        if self._error is not None:
            raise self._error
        return [-5.0 + (self._word in text) for text in texts]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index of a log in five text units, and of another document."""
    settings = Settings.model_validate(
        {"root": tmp_path_factory.mktemp("log"), "chunking": {"size": 40}, "basic_search": {"k": 1}}
    )
    frame = pl.DataFrame({"title": ["Log", "Walrus news"], "text": [LOG, OTHER], "source": ["ship", "paper"]})
    build_index_sync(settings, documents=frame)
    return settings


def shown(
    settings: Settings, question: str, *, reranker: Reranker | None = None, filters: Filters | None = None, **basic: int
) -> tuple[list[Shown], tuple[str, ...]]:
    """What basic search shows for a question, and the notes of its answer."""
    chosen = settings.model_copy(update={"basic_search": settings.basic_search.model_copy(update=basic)})
    reader = ScriptedReader({AnswerQuestion: "It was."})
    own = models_for(chosen)
    models: Models = replace(own, reader=Maker(lambda _: reader, lambda: "scripted"), reranker=reranker)
    answer = Index.open_sync(chosen, models=models).ask_sync(question, method="basic", filters=filters)
    return [row for task in reader.asked if isinstance(task, AnswerQuestion) for row in task.context], answer.notes


def days(rows: Sequence[Shown]) -> list[str]:
    return [row.text.split()[1] for row in rows if row.title == "Log"]


def test_a_hit_is_read_with_the_text_units_around_it_in_the_order_of_the_text(project: Settings) -> None:
    rows, _ = shown(project, "What did the Marigold write about a walrus on Wednesday?")
    assert days(rows) == ["Tuesday", "Wednesday", "Thursday"]
    assert [row.score for row in rows] == [0.5, 1.0, 0.5]
    assert days(shown(project, "What about tea on Thursday?", neighbours=0)[0]) == ["Thursday"]
    assert days(shown(project, "What about fog on Monday?", neighbours=2)[0]) == ["Monday", "Tuesday", "Wednesday"]


def test_hits_come_before_neighbours_where_the_budget_is_short(project: Settings) -> None:
    rows, _ = shown(project, "fog on Monday, rope on Friday", k=2, max_context_tokens=120)
    assert days(rows) == ["Monday", "Thursday", "Friday"]


def test_a_text_unit_between_two_hits_is_shown_once(project: Settings) -> None:
    rows, _ = shown(project, "herring on Tuesday, tea on Thursday, the Marigold", k=2)
    assert days(rows) == list(WEEK)


def test_a_reranker_orders_what_retrieval_found(project: Settings) -> None:
    reranker = Reranker("rope")
    rows, notes = shown(project, "Which lines did the crew of the Marigold have?", reranker=reranker, neighbours=0)
    assert days(rows) == ["Friday"]
    assert reranker.asked == [("Which lines did the crew of the Marigold have?", 4)]
    assert not any("rerank" in note for note in notes)


def test_a_reranker_that_fails_costs_no_answer(project: Settings) -> None:
    question = "Which lines did the crew of the Marigold have?"
    rows, notes = shown(project, question, reranker=Reranker("rope", ProviderError("it is busy")), neighbours=0)
    assert [row.text for row in rows] == [row.text for row in shown(project, question, neighbours=0)[0]]
    assert "text units were not reranked: it is busy" in notes


def test_local_search_and_so_drift_use_the_reranker_too(project: Settings) -> None:
    reranker = Reranker("rope")
    own = models_for(project)
    index = Index.open_sync(project, models=replace(own, reranker=reranker))
    index.ask_sync("What did the crew of the Marigold write lines about?", method="local")
    assert reranker.asked
