"""A clock that moves when nothing else can: waits of seconds or minutes cost none, and no result depends on speed.

Only what waits on the loop's time sees it. Whoever blocks the loop instead leaves the clock where it is, which a test
of a wait notices.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
GUARD_SECONDS = 300.0  # of real time, after which a test fails that would hang; no assertion is about it
_ROUNDS = 6  # more than the packets that open a connection, send a request over it and end it


class _Selector(selectors.DefaultSelector):
    """Moves its clock on by what it was asked to wait, unless something can be read or written."""

    def __init__(self) -> None:
        super().__init__()
        self.now = ClockedLoop.START
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._near = socket.create_connection(server.getsockname())
            self._far, _ = server.accept()
        self._near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._near.close()
        self._far.close()
        super().close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0) or self._delivered()
        if not ready:
            self.now += timeout
        return ready

    def _delivered(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready once all that is under way has come: what was sent later over the same device has."""
        for _ in range(_ROUNDS):
            self._near.sendall(b".")
            self._far.recv(1)
        return super().select(0.001)


class ClockedLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds pass at once. What goes to a thread elsewhere is done on the spot here."""

    START = 1_000.0

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run_clocked(main: Coroutine[Any, Any, T]) -> T:
    """What `main` returns, run in a loop of its own whose waits take no time."""
    with asyncio.Runner(loop_factory=ClockedLoop) as runner:
        return runner.run(main)
