"""A row of a table -> the row that a reader is shown, where indexing and searches show the same."""

from __future__ import annotations

from typing import Any

from graphrag_drift.values import Shown, Span


def claim_row(claim: dict[str, Any], date: str, score: float = 0.0) -> Shown:
    """A row of covariates with its type, status and dates, and the words it rests on; `date` is its document's."""
    span = Span(claim["document_id"], claim["text_unit_id"], claim["start"], claim["end"])
    when = " to ".join(dict.fromkeys(day for day in (claim["start_date"], claim["end_date"]) if day))
    said = ", ".join(part for part in (claim["type"], claim["status"], when) if part)
    return Shown(0, "claim", f"{claim['description']} ({said})", (span,), claim["subject_id"], date, score)
