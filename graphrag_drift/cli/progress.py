"""What is being done, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graphrag_drift.metering import Meter
    from graphrag_drift.values import Event, Usage

Told = Callable[[str, str, int, int], None]

_STEPS = {
    "divide": "Dividing documents into text units",
    "survey": "Counting words",
    "extract": "Reading text units",
    "resolve_names": "Resolving names",
    "merge": "Merging mentions into a graph",
    "summarize": "Merging descriptions",
    "extract_claims": "Collecting claims",
    "link_text_units": "Linking text units",
    "contextualize": "Placing text units in their documents",
    "post": "Indexing terms",
    "cluster": "Finding communities",
    "report": "Writing reports",
    "embed": "Embedding",
    "lancedb": "Writing LanceDB tables",
}


@contextmanager
def index_progress(*, verbose: bool, meter: Meter) -> Iterator[Told]:
    """A listener for `build_index`, which also tells what `meter` has counted."""
    if sys.stderr.isatty():
        with _bars(meter) as told:
            yield told
    else:
        yield _lines(verbose, meter)


def _spent(usage: Usage) -> str:
    """What was paid for so far, in few words; "" for nothing."""
    if not usage.calls:
        return ""
    tokens = f"{(usage.prompt_tokens + usage.completion_tokens) / 1000:.1f}k tokens"
    return f"{usage.calls} calls, {tokens}{f', {usage.money:.2f}' if usage.money else ''}"


def _lines(verbose: bool, meter: Meter) -> Told:
    started: dict[str, float] = {}

    def told(step: str, state: str, done: int, total: int) -> None:
        if state == "started":
            started[step] = time.monotonic()
        elif state == "finished":
            seconds = time.monotonic() - started.get(step, time.monotonic())
            spent = _spent(meter.usage)
            so_far = f" (so far {spent})" if spent else ""
            click.echo(f"{_STEPS.get(step, step)}: {seconds:.1f} s{so_far}", err=True)
        elif state == "skipped" and verbose:
            click.echo(f"{_STEPS.get(step, step)}: up to date", err=True)

    return told


@contextmanager
def _bars(meter: Meter) -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    spent = TextColumn("{task.fields[spent]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), spent)
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def told(step: str, state: str, done: int, total: int) -> None:
            if state == "skipped":
                return
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS.get(step, step), total=None, spent="")
            if state == "working":
                bars.update(tasks[step], completed=done, total=total, spent=_spent(meter.usage))
            elif state == "finished":
                total_now = bars.tasks[list(tasks).index(step)].total or 1
                bars.update(tasks[step], completed=total_now, total=total_now)

        yield told


@contextmanager
def query_progress(*, streams: bool, verbose: bool) -> Iterator[tuple[Callable[[Event], None], list[str]]]:
    """A listener for a question, and the pieces of the final text that it has printed.

    The text goes to stdout as it comes, if it `streams`; everything else is a line on stderr, if `verbose`.
    """
    said: list[str] = []

    def observe(event: Event) -> None:
        if event.kind == "token":
            said.append(event.text)
            click.echo(event.text, nl=False)
        elif verbose or streams:
            first = event.text.strip().split("\n", 1)[0]
            click.echo(f"{event.kind}: {first[:160]}", err=True)

    try:
        yield observe, said
    except BaseException:
        if said:
            click.echo(" ... [incomplete: the answer broke off here]")
        raise
    if said:
        click.echo()
