"""Chosen sentences -> the text of an answer: each sentence verbatim, followed by its mark."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graphrag_drift.language.dates import find_dates
from graphrag_drift.providers.extractive.candidates import Candidate

_MONTHS = "January February March April May June July August September October November December".split()


def cite(candidate: Candidate) -> str:
    """The sentence with its mark, and the date of its row where the sentence tells time by it ("on Monday")."""
    sentence, row = " ".join(candidate.sentence.text.split()), candidate.row
    return f"{sentence} [{row.mark}]{_dated(sentence, row.date)}"


def _dated(sentence: str, published: str) -> str:
    if len(published) < 10:
        return ""
    absolute = {(date.start, date.end) for date in find_dates(sentence, None)}
    if all((date.start, date.end) in absolute for date in find_dates(sentence, published)):
        return ""
    year, month, day = (int(part) for part in published[:10].split("-"))
    if re.search("[가-힣]", sentence):
        return f" ({year}년 {month}월 {day}일 보도)"
    return f" (reported {day} {_MONTHS[month - 1]} {year})"


def paragraph(candidates: Iterable[Candidate]) -> str:
    """The sentences one after the other."""
    return " ".join(map(cite, candidates))


def bullets(candidates: Iterable[Candidate]) -> str:
    """One sentence a line."""
    return "\n".join(f"- {cite(candidate)}" for candidate in candidates)
