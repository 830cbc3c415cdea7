"""Work on many texts by several processes, ahead of the step that asks for it: what they make is kept in the memo.

Steps know nothing of processes. What a function of one text gives is `recalled` where a step comes to it, so that
tables are the same however many processes there were; where one fails, the step does its work itself.
"""

from __future__ import annotations

import pickle
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from graphrag_drift.memo import Memo, Notes, at_hand, using

T = TypeVar("T")
Pieces = list[tuple[str, bytes, bytes]]
_PORTION = 32  # items that a process gets at once
_WAITING = 3  # portions for each process, so that none is idle and few texts are in memory twice


@dataclass(frozen=True)
class _Crew:
    pool: ProcessPoolExecutor
    jobs: int
    folder: Path


_CREW: ContextVar[_Crew | None] = ContextVar("crew", default=None)


@contextmanager
def working(jobs: int) -> Iterator[None]:
    """Within it, `ahead` has `jobs` processes; one needs no other."""
    if jobs < 2:
        yield
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(jobs, get_context("spawn"), _leave_interrupts_to_the_parent) as pool,
    ):
        token = _CREW.set(_Crew(pool, jobs, Path(folder)))
        try:
            yield
        finally:
            _CREW.reset(token)
            pool.shutdown(cancel_futures=True)


def ahead(work: Callable[[T], object], items: Sequence[T]) -> None:
    """Have `work` done on each of the `items` by other processes, if there are any, and keep what it has remembered.

    What cannot be sent to a process, as a provider of a user's own, and what fails there is left to the step.
    """
    crew, memo = _CREW.get(), at_hand()
    if crew is None or memo is None or len(items) <= _PORTION:
        return
    file = crew.folder / "work"
    try:
        file.write_bytes(pickle.dumps(work))
    except (pickle.PicklingError, AttributeError, TypeError, OSError):
        return
    waiting: deque[Future[Pieces]] = deque()
    with suppress(BrokenProcessPool):
        for start in range(0, len(items), _PORTION):
            task = (file, file.stat().st_mtime_ns, memo.file, items[start : start + _PORTION])
            waiting.append(crew.pool.submit(_work_on, *task))
            if len(waiting) == _WAITING * crew.jobs:
                _keep(memo, waiting.popleft().result())
        for portion in waiting:
            _keep(memo, portion.result())


def _keep(memo: Memo, pieces: Pieces) -> None:
    for name, key, piece in pieces:
        memo.keep(name, key, piece)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work_on(file: Path, version: int, memo_file: Path, items: Sequence[Any]) -> Pieces:
    """What the work in `file` has remembered of the items."""
    work, notes = _load(file, version), _notes(memo_file)
    notes.pieces = []
    with using(notes):
        for item in items:
            with suppress(Exception):
                work(item)
    return notes.pieces


@lru_cache(maxsize=1)
def _load(file: Path, _: int) -> Callable[[Any], object]:
    work: Callable[[Any], object] = pickle.loads(file.read_bytes())
    return work


@lru_cache(maxsize=1)
def _notes(file: Path) -> Notes:
    return Notes(file)
