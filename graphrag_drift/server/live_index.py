"""The newest generation of an index, kept open: questions are answered in a thread of its own, so that no loop waits.

One thread with one event loop answers all questions: what waits for a model is concurrent, and what computes does not
keep the server from its other work. A question keeps to the generation that it began with.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.index import Index
from graphrag_drift.query.details import Details
from graphrag_drift.server.faults import Busy, TooSlow
from graphrag_drift.store.manifest import MANIFEST
from graphrag_drift.values import Answer, Budget, Event

R = TypeVar("R")
_LOG = logging.getLogger(__name__)
_CLOSE_SECONDS = 10.0
_FOR_QUESTIONS = "lexicon evidence texts heads origins shown_reports reports_of entity_merges"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server lets requests take.

    `body` is in bytes. `at_once` questions are answered at the same time and `waiting` more wait for their turn; others
    are refused. `seconds` is the longest wait for a turn, and the longest that an answer may take. `budget` holds for
    each question; None: no limit.
    """

    body: int = 1_000_000
    at_once: int = 8
    waiting: int = 120
    seconds: float = 300.0
    budget: Budget | None = None


class Worker:
    """A thread with an event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="answers", daemon=True)
        self._thread.start()

    async def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """The result of `coroutine`, which runs on the worker's loop; cancelled there, if this is."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def close(self) -> None:
        """Cancel what runs, wait until it has ended, and end the thread."""
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
        self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
        self._loop.stop()


@dataclass(frozen=True)
class Opened:
    """A generation that is open, and what pages show of it."""

    index: Index
    details: Details

    @property
    def generation(self) -> str:
        """Its id."""
        return self.index.manifest.generation


class LiveIndex:
    """Answers from the newest generation in `folder`, which `open_index` opens.

    A generation that cannot be opened leaves the one before it at work; `fault` then says why, and is "" otherwise.
    `fetch`, every `fetch_seconds`, brings `folder` up to date with where the index is published.
    """

    def __init__(
        self,
        folder: Path,
        open_index: Callable[[], Index],
        limits: Limits,
        *,
        fetch: Callable[[], None] | None = None,
        fetch_seconds: float = 30.0,
    ) -> None:
        """Raises: IndexNotReady, SettingsError, from `open_index`."""
        self.limits = limits
        self.fault = ""
        self._manifest = folder / MANIFEST
        self._open = open_index
        self._stamp = self._look()
        self._opened = self._warm()
        self._opening = asyncio.Lock()
        self._turns = asyncio.Semaphore(limits.at_once)
        self._waiting = 0
        self._answering = 0
        self._worker = Worker()
        self._closed = threading.Event()
        if fetch is not None:
            threading.Thread(target=self._keep_fetching, args=(fetch, fetch_seconds), daemon=True).start()

    def close(self) -> None:
        """Cancel all questions and end their thread."""
        self._closed.set()
        self._worker.close()

    def _keep_fetching(self, fetch: Callable[[], None], seconds: float) -> None:
        while not self._closed.wait(seconds):
            try:
                fetch()
            except (GraphRAGError, OSError) as error:
                _LOG.warning("whether there is a newer index cannot be told, this one goes on: %s", error)

    @property
    def answering(self) -> int:
        """How many questions are being answered."""
        return self._answering

    async def opened(self) -> Opened:
        """The newest generation; a new one is opened first."""
        async with self._opening:
            if (stamp := self._look()) != self._stamp:
                self._stamp = stamp
                await asyncio.to_thread(self._reopen)
        return self._opened

    def _look(self) -> tuple[int, int, int]:
        """What changes when a generation is published."""
        try:
            state = os.stat(self._manifest)
        except OSError:
            return (0, 0, 0)
        return (state.st_mtime_ns, state.st_ino, state.st_size)

    def _reopen(self) -> None:
        try:
            self._opened = self._warm()
            self.fault = ""
        except (GraphRAGError, OSError) as error:
            _LOG.warning("the new index cannot be opened, the one before it goes on: %s", error)
            self.fault = "a newer index was published and cannot be opened; see the log of the server"

    def _warm(self) -> Opened:
        """The index, with all that questions need of its files, which a later publish may remove."""
        index = self._open()
        graph = index.graph
        for name in _FOR_QUESTIONS.split():
            getattr(graph, name)
        return Opened(index, index.details)

    async def events(
        self, question: str, *, streams: bool = False, budget: Budget | None = None, **options: Any
    ) -> AsyncGenerator[Event, None]:
        """What happens while `question` is answered; the last is "done", with the Answer.

        The options are those of `Index.ask`; `budget` is cut to that of the limits. To close this generator, or to
        cancel whoever reads it, ends all calls that are under way.

        Raises: Busy, if too many wait; TooSlow; else as `Index.ask`.
        """
        opened = await self.opened()
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        def observe(event: Event) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, event)

        options |= {"observe": observe, "streams": streams, "budget": smallest(budget, self.limits.budget)}
        async with self._turn():
            job = asyncio.ensure_future(self._worker.run(self._answer(opened.index, question, options)))
            job.add_done_callback(lambda _: queue.put_nowait(None))
            try:
                while (event := await queue.get()) is not None:
                    yield event
                answer = await job
                yield Event("done", answer.text, answer)
            finally:
                job.cancel()

    async def _answer(self, index: Index, question: str, options: dict[str, Any]) -> Answer:
        try:
            async with asyncio.timeout(self.limits.seconds):
                return await index.ask(question, **options)
        except TimeoutError:
            raise TooSlow(self.limits.seconds) from None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One of the questions that are answered at the same time. Raises: Busy."""
        # Whoever takes a free turn still waits for it a moment: the lock alone would let all of that moment in.
        if self._answering + self._waiting >= self.limits.at_once + self.limits.waiting:
            raise Busy(self.limits.waiting)
        self._waiting += 1
        try:
            await asyncio.wait_for(self._turns.acquire(), self.limits.seconds)
        except TimeoutError:
            raise Busy(self._waiting) from None
        finally:
            self._waiting -= 1
        self._answering += 1
        try:
            yield
        finally:
            self._answering -= 1
            self._turns.release()


def smallest(one: Budget | None, other: Budget | None) -> Budget | None:
    """The stricter of two budgets, limit by limit; None, if neither has any."""
    if one is None or other is None:
        return one or other

    def least(name: str) -> Any:
        values = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        return min(values, default=None)

    return Budget(**{name: least(name) for name in ("tokens", "money", "tasks", "seconds")})
