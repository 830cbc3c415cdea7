"""The counts of two generations -> what the newer one has lost that the input does not account for.

It does not compare the rows themselves, only how many there are of them to a text unit or a community.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from graphrag_drift.errors import IndexLost
from graphrag_drift.indexing.pipeline import Run

_MADE_FROM = {"entities": "text_units", "relationships": "text_units", "community_reports": "communities"}
"""What is compared, and of what there are as many rows as of it."""
_STEPS = {"entities": "extract", "relationships": "extract", "community_reports": "report"}
_MOST = 0.5
# A few short documents, edited, may well say half as much: below this many rows only to lose all of them is a loss.
_FEW = 10


@dataclass(frozen=True, slots=True)
class Loss:
    """A table that has lost most of its rows: those that it had, and those that it has."""

    table: str
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.after or 'none'} of {self.before} {self.table.replace('_', ' ')}"


def losses(before: Mapping[str, int], after: Mapping[str, int]) -> list[Loss]:
    """The tables, by their counts `before` and `after`, that have lost most of the rows that the input lets expect.

    A corpus of which most was deleted has lost nothing: half the text units let expect half the entities.
    """
    lost = []
    for table, source in _MADE_FROM.items():
        rows, left = before.get(table, 0), after.get(table, 0)
        sources = after.get(source, 0)
        expected = rows * min(1.0, sources / before[source]) if before.get(source) else 0.0
        if left < _MOST * expected and (expected - left >= _FEW or (not left and expected >= 1.0)):
            lost.append(Loss(table, rows, left))
    return lost


def refuse_losses(before: Mapping[str, int], after: Mapping[str, int], done: Run, folder: Path) -> None:
    """Raises: IndexLost, if the run `done` lost most of a table of the index in `folder`."""
    lost = losses(before, after)
    if lost:
        raise IndexLost(
            f"nothing was published, the index {str(folder)!r} is as it was: of what it holds there would be left"
            f" {', '.join(map(str, lost))}; {_cause(_STEPS[lost[0].table], done)}; run again when that is mended,"
            " or with --force if it is meant to be so"
        )


def _cause(step: str, done: Run) -> str:
    """Why the step lost what it lost, as far as it is known: its failures, what of it changed, its replies."""
    failures = done.failures.filter(pl.col("step") == step)
    if len(failures):
        reason, count = (
            failures["reason"].value_counts(sort=True).sort("count", "reason", descending=[True, False]).row(0)
        )
        return f"{step!r} set {len(failures)} items aside, {count} of them because: {reason}"
    changed = [name for name in done.reasons.get(step, ()) if not name.startswith("table ")]
    if changed:
        return f"{step!r} found little in the replies, and is other than before in {', '.join(changed)}"
    return f"{step!r} found little in the replies"
