"""What is being done, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from graphrag_drift.printable import clean

if TYPE_CHECKING:
    from graphrag_drift.cli.terminal import Page
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
    "import": "Placing text units, names and citations",
    "embed": "Embedding",
    "embed_missing": "Embedding",
    "lancedb": "Writing LanceDB tables",
}


_FIRST_SECONDS = 1.0  # a step that is done sooner needs no line on how far it is
_LINE_SECONDS = 60.0
_REFRESHES = 2  # a second: a bar must not cost what a small machine needs for its model


@contextmanager
def index_progress(*, verbose: bool, meter: Meter) -> Iterator[Observe]:
    """An observer for `build_index`, which also shows what `meter` has counted."""
    if sys.stderr.isatty():
        with _bars(meter) as observe:
            yield observe
    else:
        with _lines(verbose, meter) as observe:
            yield observe


def _spent(usage: Usage) -> str:
    """What was paid for so far, in few words; "" for nothing."""
    if not usage.calls:
        return ""
    tokens = f"{(usage.prompt_tokens + usage.completion_tokens) / 1000:.1f}k tokens"
    return f"{usage.calls} calls, {tokens}{f', {usage.money:.2f}' if usage.money else ''}"


class Watch:
    """How far each step is, what a meter counted since it began, and when it will be done."""

    def __init__(self, meter: Meter, clock: Callable[[], float] = time.monotonic) -> None:
        self._meter = meter
        self._clock = clock
        self.begins: dict[str, tuple[float, Usage]] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    def observe(self, event: Event) -> None:
        """Hear of a step."""
        if event.kind == "started":
            self.begins[event.step] = (self._clock(), self._meter.usage)
        elif event.kind == "working":
            self.begins.setdefault(event.step, (self._clock(), self._meter.usage))
            self._counts[event.step] = (event.done, event.total)
        elif event.kind == "finished":
            self.begins.pop(event.step, None)

    def seconds(self, step: str) -> float:
        """How long `step` has been under way."""
        began, _ = self.begins.get(step, (self._clock(), None))  # another thread may end the step meanwhile
        return self._clock() - began

    def status(self, step: str) -> str:
        """What models did in `step`, how fast, and how long it will take, as far as that is known; or ""."""
        if step not in self.begins:
            return ""
        now, seconds = self._meter.usage, self.seconds(step)
        _, before = self.begins.get(step, (0.0, now))
        done, total = self._counts.get(step, (0, 0))
        calls = now.calls - before.calls
        parts = [_spent(now)] if calls else []
        if calls and seconds >= _FIRST_SECONDS:
            tokens = now.prompt_tokens + now.completion_tokens - before.prompt_tokens - before.completion_tokens
            parts.append(f"{tokens / seconds:.0f} tokens/s")
        if done and done < total:
            parts.append(f"about {_duration(seconds * (total - done) / done)} left")
        return ", ".join(parts)

    def lines(self) -> dict[str, str]:
        """A line for each step that is under way, by the step."""
        lines = {}
        for step in list(self.begins):
            done, total = self._counts.get(step, (0, 0))
            so_far = [f"{done} of {total}"] if total else [f"since {_duration(self.seconds(step))}"]
            lines[step] = f"{_STEPS.get(step, step)}: {', '.join([*so_far, *filter(None, [self.status(step)])])}"
        return lines


def _duration(seconds: float) -> str:
    """Seconds in the unit that people would say."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def _lines(verbose: bool, meter: Meter) -> Iterator[Observe]:
    """A line when a step is done; of a long one also after its first second, and every minute."""
    watch = Watch(meter)
    ended = threading.Event()

    def observe(event: Event) -> None:
        label = _STEPS.get(event.step, event.step)
        seconds = watch.seconds(event.step)
        watch.observe(event)
        if event.kind == "finished":
            spent = _spent(meter.usage)
            so_far = f" (so far {spent})" if spent else ""
            click.echo(f"{label}: {seconds:.1f} s{so_far}", err=True)
        elif event.kind == "skipped" and verbose:
            click.echo(f"{label}: up to date", err=True)

    def tell() -> None:
        told: dict[str, float] = {}
        while not ended.wait(_FIRST_SECONDS):
            for step, line in watch.lines().items():
                seconds = watch.seconds(step)
                if seconds >= told.get(step, _FIRST_SECONDS):
                    click.echo(line, err=True)
                    told[step] = seconds + _LINE_SECONDS

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield observe
    finally:
        ended.set()
        teller.join()


@contextmanager
def _bars(meter: Meter) -> Iterator[Observe]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TextColumn, TimeElapsedColumn
    from rich.text import Text

    watch = Watch(meter)

    class Status(TextColumn):
        """What models do, looked at whenever the bar is drawn: an item may take minutes."""

        def render(self, task: Task) -> Text:
            return Text(watch.status(task.fields["step"]))

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), Status(""))
    tasks: dict[str, TaskID] = {}
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, refresh_per_second=_REFRESHES) as bars:

        def observe(event: Event) -> None:
            step = event.step
            watch.observe(event)
            if event.kind == "skipped":
                return
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS.get(step, step), total=None, step=step)
            if event.kind == "working":
                bars.update(tasks[step], completed=event.done, total=event.total)
            elif event.kind == "finished":
                total = bars.tasks[list(tasks).index(step)].total or 1
                bars.update(tasks[step], completed=total, total=total)

        yield observe


@contextmanager
def query_progress(page: Page, *, streams: bool, verbose: bool) -> Iterator[tuple[Observe, list[str]]]:
    """An observer for a question, and the pieces of the final text that it has printed.

    The text goes on the page as it comes, if it `streams`; everything else is a line on stderr, if `verbose`.
    """
    pieces: list[str] = []

    def observe(event: Event) -> None:
        if event.kind == "token":
            pieces.append(event.text)
            page.stream(event.text)
        elif verbose or streams:
            first = event.text.strip().split("\n", 1)[0]
            click.echo(clean(f"{event.kind}: {first[:160]}"), err=True)

    try:
        yield observe, pieces
    except BaseException:
        if pieces:
            page.stream(" ... [incomplete: the answer broke off here]")
            page.end()
        raise
    page.end()
