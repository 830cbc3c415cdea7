"""Every future, queue, lock and event of the package: what dies of any error fails whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import GUARD_SECONDS

from graphrag_drift import Index, Settings, interrupts
from graphrag_drift.each import each, in_thread, meanwhile
from graphrag_drift.errors import EndpointError
from graphrag_drift.indexing.embed import embed
from graphrag_drift.indexing.report import report
from graphrag_drift.providers.llm.asking import Reply
from graphrag_drift.providers.llm.cache import CachedReply, ReplyCache
from graphrag_drift.providers.llm.cached import Cached, CachedVectors
from graphrag_drift.providers.openai.pacing import Gate
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.store.store import Store
from graphrag_drift.values import Usage


class Mistake(RuntimeError):
    """An error that nobody expects."""


async def fail(*_: Any, **__: Any) -> Any:
    await asyncio.sleep(0)
    raise Mistake


def dies(work: Callable[[], Awaitable[Any]], error: type[BaseException] = Mistake) -> None:
    """`work` ends with `error`, and does not wait for ever."""

    async def in_time() -> None:
        await asyncio.wait_for(work(), GUARD_SECONDS)

    with pytest.raises(error):
        asyncio.run(in_time())


def test_items_of_a_run_of_which_one_dies_end_with_it() -> None:
    async def work(item: int) -> None:
        await (fail() if item == 3 else asyncio.Event().wait())

    dies(lambda: each(range(5), work))


def test_work_during_a_call_that_dies_and_a_call_during_work_that_dies() -> None:
    dies(lambda: meanwhile(fail(), lambda: asyncio.sleep(0)))
    dies(lambda: meanwhile(asyncio.Event().wait(), fail))


def test_a_coroutine_in_a_thread_that_dies() -> None:
    with pytest.raises(Mistake):
        in_thread(fail())


def test_the_reader_of_a_stream_whose_answer_dies(newsroom_index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsroom_index, "ask", fail)

    async def read() -> None:
        async for _ in newsroom_index.stream("Who?"):
            pass

    dies(read)


def test_a_call_that_dies_in_a_gate_makes_room_for_the_next() -> None:
    async def calls() -> None:
        gate = Gate(1, probe_seconds=0.01)

        async def call() -> None:
            async with gate.slot(10):
                await fail()

        results = await asyncio.gather(*(call() for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [Mistake] * 3
        await call()

    dies(calls)


def test_who_waits_at_a_gate_that_is_shut_is_told() -> None:
    async def calls() -> None:
        gate = Gate(1)

        async def refused() -> None:
            async with gate.slot(10):
                raise EndpointError("wrong key")

        results = await asyncio.gather(*(refused() for _ in range(3)), return_exceptions=True)
        assert [str(result) for result in results] == ["wrong key"] * 3
        raise Mistake

    dies(calls)


class Asks:
    """An asker that dies, or answers."""

    def __init__(self, ask: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self.ask = ask

    def key(self, request: Any) -> str:
        return "key"


class Request:
    prompt = "p"
    splittable = False


def test_like_requests_of_which_the_first_dies_are_asked_by_the_next(tmp_path: Path) -> None:
    async def calls() -> None:
        asker = Cached(Asks(fail), ReplyCache(tmp_path / "r.sqlite"))  # type: ignore[arg-type]
        asking = (asker.ask(Request(), str) for _ in range(3))  # type: ignore[arg-type]
        results = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(result) for result in results] == [Mistake] * 3
        raise Mistake

    dies(calls)


def test_a_reply_or_vector_that_cannot_be_kept_ends_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(*_: Any) -> Any:
        return "value", Reply("text", Usage(1))

    def broken(*_: Any) -> None:
        raise Mistake

    cache = ReplyCache(tmp_path / "r.sqlite")
    monkeypatch.setattr(cache, "put_all", broken)
    dies(lambda: Cached(Asks(answer), cache).ask(Request(), str))  # type: ignore[arg-type]
    dies(lambda: CachedVectors(cache, "m").put({"text": np.zeros(2, np.float32)}, 1))
    with pytest.raises(Mistake):
        cache.put("k", CachedReply("p", Reply("text", Usage(1))))


class Writes:
    """A reader whose first report dies."""

    id = "writes"
    composes = True
    read = staticmethod(fail)


def test_a_parent_whose_child_s_report_dies_does_not_wait_for_it(newsroom_settings: Settings) -> None:
    table = Store(newsroom_settings.output_folder).table
    names = ("documents", "entities", "relationships", "relationship_mentions", "covariates", "communities")
    made_from = {"reader": Writes(), "tokenizer": ApproximateTokenizer("o200k_base")}
    tables, settings = [table(name) for name in names], newsroom_settings.community_reports
    dies(lambda: report(*tables, **made_from, settings=settings))  # type: ignore[arg-type]


def test_an_embedder_that_dies_ends_the_step(newsroom_settings: Settings) -> None:
    class Embeds:
        id = "embeds"
        embed_passages = embed_questions = staticmethod(fail)

    names = ("text_units", "work/text_unit_contexts", "entities", "community_reports")
    tables = [Store(newsroom_settings.output_folder).table(name) for name in names]
    dies(lambda: embed(*tables, embedder=Embeds()))  # type: ignore[arg-type]


def test_an_interrupted_run_ends_also_if_nobody_makes_calls_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        interrupted = interrupts._Interrupts()
        interrupted._task = asyncio.current_task()
        monkeypatch.setattr(interrupts, "_CALLING", set())
        interrupted._drain()
        await asyncio.Event().wait()

    dies(work, asyncio.CancelledError)


def test_an_interrupted_run_ends_also_if_who_drains_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    class Drains:
        slow, active = False, 1
        drain = staticmethod(fail)

    async def work() -> None:
        interrupted = interrupts._Interrupts()
        interrupted._task = asyncio.current_task()
        monkeypatch.setattr(interrupts, "_CALLING", {Drains()})
        interrupted._drain()
        await asyncio.Event().wait()

    dies(work, asyncio.CancelledError)
