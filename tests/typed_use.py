"""A program that uses the package, for mypy: it is checked in strict mode together with the package.

Each line that must be refused says why; mypy refuses an `ignore` where nothing is to be ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar, assert_type, cast

import numpy as np

from graphrag_drift import (
    Answer,
    Budget,
    Embedder,
    Event,
    Filters,
    Index,
    Maker,
    Method,
    Models,
    QuestionEvent,
    Reader,
    Settings,
    StepEvent,
    Vectors,
    models_for,
)
from graphrag_drift.tasks import AnswerQuestion, Task

R = TypeVar("R")


class Letters:
    """An embedder."""

    id = "letters-1"
    dimensions = 26

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), self.dimensions), np.float32)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return await self.embed_passages(texts)


class First:
    """A reader."""

    id = "first-1"
    manner = "the first row is the answer"

    async def read(self, task: Task[R]) -> R:
        return cast(R, task.context[0].text if isinstance(task, AnswerQuestion) else "")


def of_my_own(settings: Settings) -> Models:
    letters = Maker.of(Letters())
    embedder: Embedder = letters(cast(Any, None))
    reader: Reader = First()
    Maker.of("letters")  # type: ignore[type-var]
    mine = replace(models_for(settings), embedder=letters, embedding=embedder.id)
    return replace(mine, readers={AnswerQuestion: Maker.of(reader, composes=True)})


def ask(index: Index, method: Method) -> Answer:
    answer = index.ask_sync(
        "Who?",
        method=method,
        response_type="List",
        budget=Budget(tokens=40_000),
        history=[("Who?", "She.")],
        filters=Filters(since=date(2026, 3, 1), until="2026", where={"source": "Harbor *", "year": 2026}),
        strict=True,
        observe=print,
        streams=False,
    )
    assert_type(answer, Answer)
    index.ask_sync("Who?", method="drfit")  # type: ignore[arg-type]
    index.ask_sync("Who?", metod="drift")  # type: ignore[call-arg]
    index.ask_sync("Who?", budget=40_000)  # type: ignore[arg-type]
    Filters(since=2026)  # type: ignore[arg-type]
    assert_type(index.resume_sync(answer, rounds=2), Answer)
    index.resume_sync(answer, method="drift")  # type: ignore[call-arg]
    return Answer.load(answer.save("answer.json"))


async def follow(index: Index) -> list[QuestionEvent | StepEvent]:
    kinds = []
    async for event in index.stream("Who?", method="local", filters=Filters(where=[("source", "*")])):
        assert_type(event, Event)
        if event.kind == "finish":  # type: ignore[comparison-overlap]
            continue
        kinds.append(event.kind)
    index.stream("Who?", observe=print)  # type: ignore[call-arg]
    index.retrieve("Who?", method="drift")  # type: ignore[arg-type]
    return kinds
