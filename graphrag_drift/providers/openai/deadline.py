"""A deadline for no progress anywhere: waiting in a server's queue while others are answered is not being late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_MOST_PERIODS = 20  # in which a server may say that it lives, and answer nothing


class Progress:
    """When an endpoint last sent something, in seconds of the running loop."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def came(self) -> None:
        """Something came."""
        self._last = asyncio.get_running_loop().time()

    async def within(
        self, call: Coroutine[Any, Any, T], seconds: float, lives: Callable[[], Awaitable[bool]] | None = None
    ) -> T:
        """What `call` brings. `lives`: whether the server answers at all, which gives it as much time again.

        Raises: TimeoutError, when nothing has come to anybody for `seconds`.
        """
        clock = asyncio.get_running_loop().time
        began, extended = clock(), float("-inf")
        task = asyncio.ensure_future(call)
        try:
            while True:
                idle = max(began, self._last)
                left = max(idle, extended) + seconds - clock()
                done, _ = await asyncio.wait({task}, timeout=max(left, 0.0))
                if done:
                    return task.result()
                if clock() < max(idle, self._last, extended) + seconds:
                    continue
                if lives is None or clock() >= idle + _MOST_PERIODS * seconds or not await lives():
                    raise TimeoutError
                extended = clock()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
