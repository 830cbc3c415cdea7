"""Citations of Microsoft GraphRAG, `[Data: Entities (4, 7); Reports (2, +more)]`, to marks of ours and back.

Theirs name rows of tables by their numbers; ours are places of documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphrag_drift.marks import MARK

_CITED = re.compile(r"[ \t]*\[\s*Data:\s*([^\]]*)\]")
_PART = re.compile(r"(\w+)\s*\(([^)]*)\)")
_NUMBER = re.compile(r"\d+")
_RUN = re.compile(r"(?:[ \t]*\[\d{1,6}\])+")
Cited = tuple[str, int]
"""A table, as citations call it in small letters ("entities"), and the number of a row."""


def with_marks(text: str, mark_of: Callable[[Sequence[Cited]], int | None]) -> str:
    """`text` with the mark of its rows in the place of each citation; None: it vanishes.

    What looks like a mark of ours already is none.
    """

    def replaced(match: re.Match[str]) -> str:
        mark = mark_of(cited_rows(match[1]))
        return "" if mark is None else f" [{mark}]"

    return _CITED.sub(replaced, MARK.sub(r"(\1)", text))


def cited_rows(inside: str) -> list[Cited]:
    """What stands between "[Data:" and "]", in order."""
    return [
        (kind.lower(), int(number)) for kind, numbers in _PART.findall(inside) for number in _NUMBER.findall(numbers)
    ]


def with_citations(text: str, evidence: Sequence[Mapping[str, Any]], numbers: Mapping[str, int]) -> str:
    """`text` with citations of text units, by their `numbers`, in the places of its marks into `evidence`."""

    def replaced(match: re.Match[str]) -> str:
        rows = [int(mark) - 1 for mark in MARK.findall(match.group())]
        units = [evidence[row]["text_unit_id"] for row in rows if row < len(evidence)]
        cited = sorted({numbers[unit] for unit in units if unit in numbers})
        return f" [Data: Sources ({', '.join(map(str, cited))})]" if cited else ""

    return _RUN.sub(replaced, text)
