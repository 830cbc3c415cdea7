"""Filters, documents -> which documents a question may be answered from. It is settled before anything is ranked."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.tables import stated_dates
from graphrag_drift.values import Filters

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_OWN = ("id", "title", "path", "language", "source", "author")


def filter_documents(inquiry: Inquiry, filters: Filters) -> Inquiry:
    """The inquiry among the documents that pass; a note says how many could not be judged. Raises: SettingsError."""
    documents, notes = allowed_documents(inquiry.graph.documents, filters)
    inquiry.ledger.notes.extend(notes)
    return replace(inquiry, documents=documents)


def allowed_documents(documents: pl.DataFrame, filters: Filters) -> tuple[frozenset[str], tuple[str, ...]]:
    """The ids of the documents that pass, and what to say of those that could not be judged.

    Raises: SettingsError, for what is no date, and for a key that no document has.
    """
    rows = documents.select(*_OWN, "raw_data", date=stated_dates(documents)).to_dicts()
    undated = 0
    ids = []
    since, until = _day(filters.since, "since"), _day(filters.until, "until")
    _check_keys(filters, documents)
    for row in rows:
        date = row["date"][:10]
        if (since or until) and not date:
            undated += 1
        elif _in_time(date, since, until) and all(fnmatchcase(_value(row, key), value) for key, value in filters.where):
            ids.append(row["id"])
    notes = (f"{undated} document(s) without a date of their own were left out",) if undated else ()
    return frozenset(ids), notes


def _in_time(date: str, since: str, until: str) -> bool:
    """Dates of less than a day are as long as what they are compared with."""
    return (not since or date >= since[: len(date)]) and (not until or date[: len(until)] <= until)


def _day(date: str, option: str) -> str:
    if date and not _DATE.fullmatch(date):
        raise SettingsError(f"{option} {date!r} is no date; expected a year, month or day, as in 2026-03-01")
    return date


def _check_keys(filters: Filters, documents: pl.DataFrame) -> None:
    data = documents.schema["raw_data"]
    known = [*_OWN, *(field.name for field in data.fields)] if isinstance(data, pl.Struct) else list(_OWN)
    for key, _ in filters.where:
        if key not in known:
            raise SettingsError(
                f"no document has {key!r}; known are {', '.join(known)}, and what input.metadata_columns keeps"
            )


def _value(row: dict[str, Any], key: str) -> str:
    value = row[key] if key in _OWN else (row["raw_data"] or {}).get(key)
    return "" if value is None else str(value)
