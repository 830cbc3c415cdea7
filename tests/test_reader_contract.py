"""What every reader keeps to, the fake and the one over an endpoint included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from contracts import Opened, implementations, of_each
from endpoints import KEY, TOKENIZER, chat_of, obedient
from model_server import ModelServer

from graphrag_drift.errors import ProviderError
from graphrag_drift.interop.recorded import RecordedReader
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.prompts import load_prompts
from graphrag_drift.providers.embedded.embedder import HashedTfidf
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.llm.asking import Asking
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.mixture import mixed_reader
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.tasks import (
    EntityDraft,
    ExtractGraph,
    FindingDraft,
    GraphDraft,
    RelationshipDraft,
    ReportDraft,
    Task,
    WriteReport,
)
from graphrag_drift.values import Shown

TEXTS = (
    "Petra Voss sold the Aldane Mill to Corin Bank on Friday. Corin Bank paid Petra Voss at once.",
    "Corin Bank closed the Aldane Mill on Monday. Petra Voss was in Lisbon and heard of it from Corin Bank.",
)
NAMES = ("Petra Voss", "Aldane Mill", "Corin Bank")
ROWS = (
    Shown(1, "entity", "Petra Voss owned the Aldane Mill.", (), "Petra Voss"),
    Shown(2, "relationship", "Petra Voss sold the Aldane Mill to Corin Bank.", (), "Petra Voss, Corin Bank"),
)
REPORT = WriteReport(entities=ROWS[:1], relationships=ROWS[1:], sources=(Shown(3, "source", TEXTS[0]),))


def drafted(text: str) -> GraphDraft:
    """The draft of a reader that knows the three names and relates the first to the last."""
    named = sorted((text.index(name), name) for name in NAMES if name in text)
    entities = tuple(EntityDraft(name, "person", f"On {name}.", at, at + len(name)) for at, name in named)
    return GraphDraft(entities, (RelationshipDraft(named[0][1], named[-1][1], text, None, 0, len(text)),))


WRITTEN = ReportDraft("The Aldane Mill", "Petra Voss sold it.", (FindingDraft("A sale", "She sold it [2]."),), 5.0, "")


@asynccontextmanager
async def extractive() -> AsyncGenerator[Reader, None]:
    yield ExtractiveReader(Lexicon.from_texts(TEXTS))


@asynccontextmanager
async def over_an_endpoint() -> AsyncGenerator[Reader, None]:
    async with ModelServer() as server:
        server.reply(obedient)
        yield LLMReader(Asking({"chat": chat_of(server)}), load_prompts(), TOKENIZER, gleanings=0)


@asynccontextmanager
async def recorded() -> AsyncGenerator[Reader, None]:
    yield RecordedReader({text: drafted(text) for text in TEXTS}, [WRITTEN])


@asynccontextmanager
async def scripted() -> AsyncGenerator[Reader, None]:
    yield ScriptedReader({ExtractGraph: lambda task: drafted(task.text), WriteReport: WRITTEN})


@asynccontextmanager
async def mixed() -> AsyncGenerator[Reader, None]:
    async with over_an_endpoint() as model:
        embedded: Maker[Reader] = Maker(ExtractiveReader, lambda: "embedded")
        of_model: Maker[Reader] = Maker(lambda _: model, lambda: "model", composes=True)
        models = Models(embedded, Maker(HashedTfidf, lambda: "tfidf"), TOKENIZER, readers={WriteReport: of_model})
        yield mixed_reader(models, Lexicon.from_texts(TEXTS))


READERS: dict[str, Opened[Reader]] = {
    "ExtractiveReader": extractive,
    "LLMReader": over_an_endpoint,
    "Mixture": mixed,
    "RecordedReader": recorded,
    "ScriptedReader": scripted,
}


class Sing(Task[str]):
    """What no reader knows."""


def test_every_reader_is_here() -> None:
    assert implementations("read") == set(READERS)


@pytest.mark.parametrize("make", [extractive, recorded, scripted])
def test_the_id_of_readers_made_alike_is_the_same(make: Opened[Reader]) -> None:
    async def name() -> str:
        async with make() as reader:
            return reader.id

    assert asyncio.run(name()) == asyncio.run(name())


@of_each(READERS)
async def test_the_id_is_one_line_without_secrets_and_reading_does_not_change_it(reader: Reader) -> None:
    before = reader.id
    await reader.read(ExtractGraph(TEXTS[0]))
    assert reader.id == before
    assert [before] == before.splitlines()
    assert KEY not in before


@of_each(READERS)
async def test_the_manner_is_a_clause_without_a_full_stop(reader: Reader) -> None:
    assert [reader.manner] == reader.manner.splitlines()
    assert len(reader.manner.split()) > 2
    assert reader.manner[0].islower()
    assert reader.manner[-1].isalpha()


@of_each(READERS)
async def test_each_of_several_tasks_at_once_gets_its_own_reply(reader: Reader) -> None:
    tasks = [ExtractGraph(text) for text in TEXTS * 3]
    together = await asyncio.gather(*map(reader.read, tasks))
    assert together == [await reader.read(task) for task in tasks]
    assert together[0] != together[1]


@of_each(READERS)
async def test_a_graph_is_in_the_order_of_the_text_and_its_places_are_in_the_text(reader: Reader) -> None:
    for text in TEXTS:
        draft = await reader.read(ExtractGraph(text))
        assert {entity.name for entity in draft.entities} >= {"Petra Voss", "Corin Bank"}
        drafts: list[Any] = [*draft.entities, *draft.relationships]
        assert all(0 <= each.start < each.end <= len(text) for each in drafts if each.start is not None)
        starts = [entity.start for entity in draft.entities if entity.start is not None]
        assert starts == sorted(starts)
        names = {entity.name for entity in draft.entities}
        assert {end for each in draft.relationships for end in (each.source, each.target)} <= names


@of_each(READERS)
async def test_a_report_has_a_title_and_a_rating_of_0_to_10(reader: Reader) -> None:
    report = await reader.read(REPORT)
    assert report.title
    assert 0 <= report.rating <= 10


@of_each(READERS)
async def test_a_task_that_it_does_not_know_is_named(reader: Reader) -> None:
    with pytest.raises(ProviderError, match="'Sing'"):
        await reader.read(Sing())
