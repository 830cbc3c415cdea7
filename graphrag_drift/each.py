"""Run over many items at once: order kept, failures kept as data. Work while a call is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from graphrag_drift.errors import EndpointError, GraphRAGError, ProviderError
from graphrag_drift.interrupts import run
from graphrag_drift.tables import FAILURES
from graphrag_drift.values import Event, Observe, ignore

T = TypeVar("T")
R = TypeVar("R")
# Items begun at once. How many calls are made at once is for the limits of each endpoint; a batch has thousands.
MOST_AT_ONCE = 5_000
_SENT = 0.01  # seconds until a call is on its way, and the time that it takes is free for other work


@dataclass(frozen=True, slots=True)
class Failed:
    """What is in the place of an item's result if its provider failed."""

    reason: str


async def each(
    items: Sequence[T],
    work: Callable[[T], Awaitable[R]],
    *,
    concurrency: int = MOST_AT_ONCE,
    step: str = "",
    observe: Observe = ignore,
) -> list[R | Failed]:
    """The result of `work` for each item, in the order of `items`; at most `concurrency` at once.

    `observe` hears how many items of `step` are done, after each.
    A `ProviderError` becomes a `Failed` in its place, but for an `EndpointError`: after that nothing can succeed,
    and like any other exception it ends the run.
    """
    results: list[R | Failed] = [Failed("not reached")] * len(items)
    todo: Iterator[tuple[int, T]] = iter(enumerate(items))
    done = 0

    async def worker() -> None:
        nonlocal done
        for position, item in todo:
            try:
                results[position] = await work(item)
            except EndpointError:
                raise
            except ProviderError as error:
                results[position] = Failed(str(error))
            done += 1
            observe(Event("working", step=step, done=done, total=len(items)))
            await asyncio.sleep(0)  # work that never waits would keep Ctrl-C waiting

    if items:
        observe(Event("working", step=step, done=0, total=len(items)))  # the first may take long
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(items))):
                group.create_task(worker())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from several
    return results


def no_gaps(reply: object) -> Sequence[str]:
    """What is missing of a reply that is whole."""
    return ()


async def read_each(
    items: Sequence[T],
    read: Callable[[T], Awaitable[R]],
    *,
    step: str,
    ids: Sequence[str],
    gaps: Callable[[R], Sequence[str]] = no_gaps,
    observe: Observe = ignore,
) -> tuple[list[R | None], pl.DataFrame]:
    """(the reply to each item, in their order, None for one that failed; the failures of `step`, by item's id).

    `gaps` are reasons why something of a reply is missing, which are failures too. Raises: as `each`.
    """
    replies = await each(items, read, step=step, observe=observe)
    failures = [
        (step, item, reason)
        for item, reply in zip(ids, replies, strict=True)
        for reason in ((reply.reason,) if isinstance(reply, Failed) else gaps(reply))
    ]
    values = [None if isinstance(reply, Failed) else reply for reply in replies]
    return values, pl.DataFrame(failures, schema=FAILURES, orient="row")


async def meanwhile(call: Coroutine[Any, Any, T], work: Callable[[], Awaitable[R]]) -> tuple[T, R]:
    """The results of both; `work`, which keeps the processor busy, is done while `call` waits for its answer."""
    calling = asyncio.create_task(call)
    try:
        await asyncio.wait([calling], timeout=_SENT)
        done = await work()
        return await calling, done
    finally:
        if not calling.done():
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)


def in_thread(coroutine: Coroutine[Any, Any, R]) -> R:
    """The result of `coroutine`, run in a thread of its own: also for callers inside a running event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, asyncio.run, coroutine).result()


def blocking(coroutine: Coroutine[Any, Any, R], name: str) -> R:
    """The result of `coroutine`, for callers without an event loop; `name` is the function to await instead.

    Raises: GraphRAGError, inside a running loop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run(coroutine)
    coroutine.close()
    raise GraphRAGError(f"{name}_sync was called inside a running event loop; there, use 'await {name}(...)'")
