"""Run over many items at once: order kept, progress told, failures kept as data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graphrag_drift.errors import ProviderError

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]


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
    concurrency: int = 25,
    progress: Progress = silent,
) -> list[R | Failed]:
    """The result of `work` for each item, in the order of `items`; at most `concurrency` at once.

    A `ProviderError` becomes a `Failed` in its place; any other exception ends the run.
    """
    results: list[R | Failed] = [Failed("not reached")] * len(items)
    todo: Iterator[tuple[int, T]] = iter(enumerate(items))
    done = 0

    async def worker() -> None:
        nonlocal done
        for position, item in todo:
            try:
                results[position] = await work(item)
            except ProviderError as error:
                results[position] = Failed(str(error))
            done += 1
            progress(done, len(items))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(items))):
            group.create_task(worker())
    return results
