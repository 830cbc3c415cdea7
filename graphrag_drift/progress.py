"""What is being done, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graphrag_drift.values import Event

Told = Callable[[str, str, int, int], None]

_STEPS = {
    "divide": "Dividing documents into text units",
    "survey": "Counting words",
    "extract": "Reading text units",
    "resolve": "Resolving names",
    "merge": "Merging mentions into a graph",
    "link_text_units": "Linking text units",
    "post": "Indexing terms",
    "cluster": "Finding communities",
    "report": "Writing reports",
    "embed": "Embedding",
    "lancedb": "Writing LanceDB tables",
}


@contextmanager
def index_progress(*, verbose: bool) -> Iterator[Told]:
    """A listener for `build_index`."""
    if sys.stderr.isatty():
        with _bars() as told:
            yield told
    else:
        yield _lines(verbose)


def _lines(verbose: bool) -> Told:
    started: dict[str, float] = {}

    def told(step: str, state: str, done: int, total: int) -> None:
        if state == "started":
            started[step] = time.monotonic()
        elif state == "finished":
            seconds = time.monotonic() - started.get(step, time.monotonic())
            click.echo(f"{_STEPS.get(step, step)}: {seconds:.1f} s", err=True)
        elif state == "skipped" and verbose:
            click.echo(f"{_STEPS.get(step, step)}: up to date", err=True)

    return told


@contextmanager
def _bars() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def told(step: str, state: str, done: int, total: int) -> None:
            if state == "skipped":
                return
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS.get(step, step), total=None)
            if state == "working":
                bars.update(tasks[step], completed=done, total=total)
            elif state == "finished":
                total_now = bars.tasks[list(tasks).index(step)].total or 1
                bars.update(tasks[step], completed=total_now, total=total_now)

        yield told


@contextmanager
def query_progress(*, live: bool) -> Iterator[Callable[[Event], None]]:
    """A listener for a question: each event is a line on stderr if `live`."""

    def observe(event: Event) -> None:
        if live:
            first = event.text.strip().split("\n", 1)[0]
            click.echo(f"{event.kind}: {first[:160]}", err=True)

    yield observe
