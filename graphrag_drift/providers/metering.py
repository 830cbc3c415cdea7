"""What models were paid for while something was done: `with metered() as meter: ...; meter.usage`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from graphrag_drift.values import Usage


@dataclass
class Meter:
    """Usage so far; tasks that are started inside the block count too."""

    usage: Usage = field(default_factory=Usage)


_METERS: ContextVar[tuple[Meter, ...]] = ContextVar("meters", default=())


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter of all that is spent inside the block; meters may stand in one another."""
    meter = Meter()
    token = _METERS.set((*_METERS.get(), meter))
    try:
        yield meter
    finally:
        _METERS.reset(token)


def spend(usage: Usage) -> None:
    """Count `usage` on every meter around the caller."""
    for meter in _METERS.get():
        meter.usage = meter.usage + usage
