"""One question on its way: what is at hand to answer it, the rows shown so far, and what a search finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from graphrag_drift.providers.protocols import Embedder, Reader, Tokenizer
from graphrag_drift.query.graph import Graph
from graphrag_drift.settings import Settings
from graphrag_drift.values import Event, Shown

Observe = Callable[[Event], None]


def unobserved(_: Event) -> None:
    """An observer that looks away."""


@dataclass
class Ledger:
    """The rows shown while one question is answered; the same row has the same mark wherever it is shown."""

    rows: dict[int, Shown] = field(default_factory=dict)
    _marks: dict[tuple[str, str, str, object], int] = field(default_factory=dict)

    def show(self, row: Shown) -> Shown:
        """`row` under its mark."""
        key = (row.kind, row.title, row.text, row.spans)
        mark = self._marks.setdefault(key, len(self._marks) + 1)
        marked = replace(row, mark=mark)
        self.rows.setdefault(mark, marked)
        return marked


@dataclass(frozen=True)
class Inquiry:
    """A question, and whoever helps to answer it."""

    question: str
    graph: Graph
    reader: Reader
    embedder: Embedder
    tokenizer: Tokenizer
    settings: Settings
    response_type: str = "Multiple Paragraphs"
    observe: Observe = unobserved
    ledger: Ledger = field(default_factory=Ledger)

    def show(self, rows: tuple[Shown, ...]) -> tuple[Shown, ...]:
        """`rows` under their marks."""
        return tuple(self.ledger.show(row) for row in rows)


@dataclass(frozen=True, slots=True)
class Node:
    """A question that DRIFT asked; its answer has the ledger's marks."""

    question: str
    answer: str
    score: float
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search returns: text with the ledger's marks, "" if there is no answer."""

    text: str
    tree: Node | None = None
    notes: tuple[str, ...] = ()
