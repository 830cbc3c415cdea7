"""A task that was too long for the model -> the same with less to read: the rows that matter least are left out.

Budgets are cut beforehand where a context is known; this is for the others. What is left keeps its order and marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from graphrag_drift.errors import TooLong
from graphrag_drift.tasks import Point, Task
from graphrag_drift.values import Shown

K = TypeVar("K", bound=Task[Any])
I = TypeVar("I", Shown, Point)  # noqa: E741
_ROOM = 0.6  # of a context for what is shown: the rest is for instructions, the reply, and other ways to count
_HALF = 0.5


def shrunk(task: K, error: TooLong) -> K | None:
    """`task` with at most half of its rows and points, or what the model has room for; None, if it has none."""
    known = error.window is not None and error.asked
    share = min(_HALF, _ROOM * error.window / error.asked) if known and error.window and error.asked else _HALF
    changes: dict[str, Any] = {}
    for each in fields(task):
        value = getattr(task, each.name)
        if isinstance(value, tuple) and value and all(isinstance(item, (Shown, Point)) for item in value):
            changes[each.name] = _best(value, share)
    if not any(changes.values()):
        return None
    return replace(task, **changes)


def _best(items: Sequence[I], share: float) -> tuple[I, ...]:
    """In their order, the items of the highest scores, with at most `share` of the characters of all; never none."""
    room = share * sum(len(item.text) for item in items)
    chosen: list[int] = []
    for number in sorted(range(len(items)), key=lambda number: (-items[number].score, number)):
        length = len(items[number].text)
        if length <= room or not chosen:
            chosen.append(number)
            room -= length
    return tuple(items[number] for number in sorted(chosen))
