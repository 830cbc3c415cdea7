"""Sentences -> text in which each stands verbatim, followed by its mark and, where it needs one, its date."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from graphrag_drift.language.dates import find_dates, written_date
from graphrag_drift.language.detect import writing_of
from graphrag_drift.marks import MARK
from graphrag_drift.providers.embedded.sentences import Candidate, neighbour


def reported(candidate: Candidate, *, always: bool = False) -> str:
    """ "(reported 4 March 2025)" for a sentence that tells time by its row's date ("on Monday"), or always; else ""."""
    return candidate.sentence.reported or _dated(candidate.sentence.text, candidate.row.date, always)


def _marked(candidate: Candidate, date: str, *, follows: bool) -> str:
    """The sentence, its date and mark; with whom it means in brackets, unless it follows on the one before it."""
    sentence = candidate.sentence.plain if follows else candidate.sentence.explained
    sentence = MARK.sub(r"(\1)", sentence)  # what the text brings along is no mark of ours
    return f"{sentence} {date} [{candidate.row.mark}]" if date else f"{sentence} [{candidate.row.mark}]"


@lru_cache(maxsize=8192)
def _dated(sentence: str, published: str, always: bool) -> str:
    if len(published) < 10:
        return ""
    absolute = {(date.start, date.end) for date in find_dates(sentence, None)}
    if not always and all((date.start, date.end) in absolute for date in find_dates(sentence, published)):
        return ""
    language = writing_of(sentence)
    return language.fill(language.templates.reported, date=written_date(published, language.code))


def paragraph(candidates: Iterable[Candidate], *, dated: bool = True, always_dated: bool = False) -> str:
    """The sentences one after the other; a date is not said again for the next sentence of the same row.

    Without any dates, if not `dated`; with that of each sentence's row, if `always_dated`.
    """
    parts: list[str] = []
    last = (0, "")
    before: Candidate | None = None
    for candidate in candidates:
        date = reported(candidate, always=always_dated)
        follows = before is not None and before == neighbour(candidate, -1)
        before = candidate
        parts.append(_marked(candidate, date if dated and (candidate.row.mark, date) != last else "", follows=follows))
        if date or candidate.row.mark != last[0]:
            last = (candidate.row.mark, date)
    return " ".join(parts)
