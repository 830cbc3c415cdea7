"""What is being done, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.metering import Meter
    from graphrag_drift.values import Event, Observe, Usage

_STEPS = {
    "chunk": "Dividing documents into text units",
    "count_terms": "Counting words",
    "extract": "Reading text units",
    "resolve": "Resolving names",
    "merge": "Merging mentions into a graph",
    "describe": "Merging descriptions",
    "claims": "Collecting claims",
    "link": "Linking text units",
    "contextualize": "Placing text units in their documents",
    "index_terms": "Indexing terms",
    "cluster": "Finding communities",
    "report": "Writing reports",
    "embed": "Embedding",
    "lancedb": "Writing LanceDB tables",
}


@contextmanager
def index_progress(*, verbose: bool, meter: Meter) -> Iterator[Observe]:
    """An observer for `build_index`, which also shows what `meter` has counted."""
    if sys.stderr.isatty():
        with _bars(meter) as observe:
            yield observe
    else:
        yield _lines(verbose, meter)


def _spent(usage: Usage) -> str:
    """What was paid for so far, in few words; "" for nothing."""
    if not usage.calls:
        return ""
    tokens = f"{(usage.prompt_tokens + usage.completion_tokens) / 1000:.1f}k tokens"
    return f"{usage.calls} calls, {tokens}{f', {usage.money:.2f}' if usage.money else ''}"


def _lines(verbose: bool, meter: Meter) -> Observe:
    started: dict[str, float] = {}

    def observe(event: Event) -> None:
        label = _STEPS.get(event.step, event.step)
        if event.kind == "started":
            started[event.step] = time.monotonic()
        elif event.kind == "finished":
            seconds = time.monotonic() - started.get(event.step, time.monotonic())
            spent = _spent(meter.usage)
            so_far = f" (so far {spent})" if spent else ""
            click.echo(f"{label}: {seconds:.1f} s{so_far}", err=True)
        elif event.kind == "skipped" and verbose:
            click.echo(f"{label}: up to date", err=True)

    return observe


@contextmanager
def _bars(meter: Meter) -> Iterator[Observe]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    spent = TextColumn("{task.fields[spent]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), spent)
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def observe(event: Event) -> None:
            step = event.step
            if event.kind == "skipped":
                return
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS.get(step, step), total=None, spent="")
            if event.kind == "working":
                bars.update(tasks[step], completed=event.done, total=event.total, spent=_spent(meter.usage))
            elif event.kind == "finished":
                total = bars.tasks[list(tasks).index(step)].total or 1
                bars.update(tasks[step], completed=total, total=total)

        yield observe


@contextmanager
def query_progress(*, streams: bool, verbose: bool) -> Iterator[tuple[Observe, list[str]]]:
    """An observer for a question, and the pieces of the final text that it has printed.

    The text goes to stdout as it comes, if it `streams`; everything else is a line on stderr, if `verbose`.
    """
    pieces: list[str] = []

    def observe(event: Event) -> None:
        if event.kind == "token":
            pieces.append(event.text)
            click.echo(clean(event.text), nl=False)
        elif verbose or streams:
            first = event.text.strip().split("\n", 1)[0]
            click.echo(clean(f"{event.kind}: {first[:160]}"), err=True)

    try:
        yield observe, pieces
    except BaseException:
        if pieces:
            click.echo(" ... [incomplete: the answer broke off here]")
        raise
    if pieces:
        click.echo()
