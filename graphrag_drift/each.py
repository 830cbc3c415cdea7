"""Run over many items at once: order kept, progress told, failures kept as data. Work while a call is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from graphrag_drift.errors import EndpointError, GraphRAGError, ProviderError
from graphrag_drift.interrupts import run

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]
# Items begun at once. How many calls are made at once is for the limits of each endpoint; a batch has thousands.
MOST_AT_ONCE = 5_000
_SENT = 0.01  # seconds until a call is on its way, and the time that it takes is free for other work


@dataclass(frozen=True, slots=True)
class Failed:
    """What is in the place of an item's result if its provider failed."""

    reason: str


def silent(done: int, total: int) -> None:
    """A progress that tells nobody."""


async def each(
    items: Sequence[T],
    work: Callable[[T], Awaitable[R]],
    *,
    concurrency: int = MOST_AT_ONCE,
    progress: Progress = silent,
) -> list[R | Failed]:
    """The result of `work` for each item, in the order of `items`; at most `concurrency` at once.

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
            progress(done, len(items))
            await asyncio.sleep(0)  # work that never waits would keep Ctrl-C waiting

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(items))):
                group.create_task(worker())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from several
    return results


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
        return pool.submit(asyncio.run, coroutine).result()


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
