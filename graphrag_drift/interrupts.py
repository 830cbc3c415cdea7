"""Ctrl-C and SIGTERM: the first lets calls under way end, so that what is paid for is kept; the second cancels them.

Whoever makes calls registers how to come to rest. Where nobody has, the first signal ends everything at once; a third
does so everywhere, amid a step that gives the loop no turn as well.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from weakref import WeakSet

R = TypeVar("R")
DRAIN_SECONDS = 10.0
SLOW_DRAIN_SECONDS = 120.0  # of calls to servers that take minutes for one
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Drainable(Protocol):
    """Makes calls: `active` of them are under way; one of those that are `slow` may take minutes."""

    active: int
    slow: bool

    async def drain(self) -> None:
        """Begin no more calls, and return when those under way have ended."""
        ...


_CALLING: WeakSet[Drainable] = WeakSet()
_LISTENERS: list[Callable[[str], None]] = []


def tell_with(tell: Callable[[str], None]) -> None:
    """Let `tell` alone say what an interrupted run waits for."""
    _LISTENERS[:] = [tell]


def register(calling: Drainable) -> None:
    """Drain `calling` when a run is interrupted."""
    _CALLING.add(calling)


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """`asyncio.run`, but that the first signal drains. Raises: KeyboardInterrupt, when interrupted."""
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(coroutine)
    with _handled() as interrupts:
        try:
            return asyncio.run(interrupts.watch(coroutine))
        except asyncio.CancelledError:
            if interrupts.came_at_all:
                raise KeyboardInterrupt from None
            raise


class _Interrupts:
    """Signals that came while a coroutine ran."""

    def __init__(self) -> None:
        self._count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._draining: asyncio.Task[None] | None = None

    @property
    def came_at_all(self) -> bool:
        """Whether there was a signal."""
        return self._count > 0

    def came(self, *_: object) -> None:
        """Handle a signal."""
        self._count += 1
        if self._count > 2 or self._loop is None or not _CALLING:
            raise KeyboardInterrupt
        # An exception would come to whatever task is at work, and be reported as an error of that task.
        self._loop.call_soon_threadsafe(self._drain if self._count == 1 else self._stop)

    async def watch(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """The result of `coroutine`."""
        self._loop = asyncio.get_running_loop()
        task: asyncio.Task[R] = asyncio.create_task(coroutine)
        self._task = task
        return await task

    def _drain(self) -> None:
        self._draining = asyncio.ensure_future(self._come_to_rest())

    async def _come_to_rest(self) -> None:
        calling, tasks = list(_CALLING), list[asyncio.Future[None]]()
        try:
            seconds = SLOW_DRAIN_SECONDS if any(each.slow and each.active for each in calling) else DRAIN_SECONDS
            if active := sum(each.active for each in calling):
                what = "a call that is" if active == 1 else f"{active} calls that are"
                for tell in _LISTENERS:
                    tell(f"Waiting up to {seconds:g} s for {what} under way, so that it is kept; again to drop it.")
            tasks = [asyncio.ensure_future(each.drain()) for each in calling]
            if tasks:  # whoever made calls may be gone by now
                await asyncio.wait(tasks, timeout=seconds)
        finally:
            for task in tasks:
                task.cancel()
            self._stop()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()


@contextmanager
def _handled() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    before = [signal.signal(number, interrupts.came) for number in _SIGNALS]
    try:
        yield interrupts
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
