"""Rows that are shown -> the text that a model reads; and the marks in what it writes -> one form, [7].

Rows of one document or report stand together under its title, which is said once. Line breaks and bracketed numbers
of a document are flattened, so that no text can pose as another row or carry a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from graphrag_drift.language.terms import terms
from graphrag_drift.marks import MARK
from graphrag_drift.prompts import fenced
from graphrag_drift.tasks import EntityDraft, Point
from graphrag_drift.values import Shown

_HEADS = {
    "report": "Reports",
    "finding": "Findings of reports",
    "entity": "Entities",
    "relationship": "Relationships",
    "claim": "Claims",
    "source": "Sources",
}
_TITLED_ONCE = ("report", "finding", "source")
# What a model may write for [3][7]: "[3, 7]", "[Data: Sources (3, 7)]", "【3】".
_CITED = re.compile(r"[\[【]([^\[\]【】\n]{1,120})[\]】]")
_WORDS_IN_MARKS = re.compile(
    r"(?:data|sources?|rows?|reports?|entit(?:y|ies)|relationships?|claims?|findings?|marks?|no|and|see|more)\b|"
    r"[\s\d,;:.()+†–-]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d{1,6})(?:\s?[-–]\s?(\d{1,6}))?")
_WIDEST = 10  # rows that "[3-7]" may stand for


def rows_text(rows: Sequence[Shown]) -> str:
    """The rows, fenced: by kind, then by title, each in the order of `rows`."""
    kinds = [kind for kind in _HEADS if any(row.kind == kind for row in rows)]
    lines: list[str] = []
    for kind in kinds:
        lines += [f"# {_HEADS[kind]}"] if len(kinds) > 1 else []
        lines += _lines([row for row in rows if row.kind == kind], kind in _TITLED_ONCE)
    return fenced("\n".join(lines))


def points_text(points: Iterable[Point]) -> str:
    """The points with their marks, fenced: with their scores where these tell them apart, and what each was asked."""
    shown = tuple(points)
    scored = len({point.score for point in shown}) > 1
    return fenced("\n".join(f"- {_before(point, scored=scored)}{_flat(point.text)}" for point in shown))


def _before(point: Point, *, scored: bool) -> str:
    asked = f"{_flat(point.question)} " if point.question else ""
    return f"{asked}({point.score:.0f}) " if scored else asked


def list_text(items: Iterable[str]) -> str:
    """One line an item, fenced."""
    return fenced("\n".join(f"- {_flat(item)}" for item in items))


def pair_text(first: EntityDraft, second: EntityDraft) -> str:
    """Two entities, fenced."""
    lines = (f"{n}. {_flat(e.name)} ({_flat(e.type)}): {_flat(e.description)}" for n, e in ((1, first), (2, second)))
    return fenced("\n".join(lines))


def found_text(names: Sequence[str], pairs: Iterable[tuple[int, int]], text: str) -> str:
    """Those of the names that `text` may write, by their numbers, and pairs of these (positions from 0), fenced."""
    written = frozenset(terms(text))
    shown = {number for number, name in enumerate(names) if not written.isdisjoint(terms(name))}
    entities = "; ".join(f"{number + 1} {_flat(names[number])}" for number in sorted(shown))
    relationships = ", ".join(f"{source + 1}>{target + 1}" for source, target in pairs if {source, target} <= shown)
    return fenced(f"{entities or 'none'}\n{relationships or 'none'}")


def tidy_marks(text: str, marks: frozenset[int]) -> str:
    """`text` with every citation of shown rows written as [3][7]; brackets that cite none of them stay."""

    def tidy(match: re.Match[str]) -> str:
        inner = match[1]
        if _WORDS_IN_MARKS.sub("", inner):
            return match[0]
        cited = [mark for mark in _numbers(inner) if mark in marks]
        return "".join(f"[{mark}]" for mark in dict.fromkeys(cited)) or match[0]

    return _CITED.sub(tidy, text)


def marks_of(rows: Iterable[Shown]) -> frozenset[int]:
    """The marks of the rows."""
    return frozenset(row.mark for row in rows)


def marks_in(points: Iterable[Point]) -> frozenset[int]:
    """The marks that the points carry."""
    return frozenset(int(mark) for point in points for mark in MARK.findall(point.text))


def flat(text: str) -> str:
    """`text` in one line."""
    return _flat(text)


def _lines(rows: Sequence[Shown], titled_once: bool) -> Iterator[str]:
    if not titled_once:
        for row in rows:
            yield f"[{row.mark}] {_titled(row)}"
        return
    for head in dict.fromkeys((row.title, row.date) for row in rows):
        title, date = (_unmarked(part) for part in head)
        if title or date:
            yield f"{title or 'Undated'} ({date}):" if date else f"{title}:"
        yield from (f"[{row.mark}] {_headed(row)}" for row in rows if (row.title, row.date) == head)


def _headed(row: Shown) -> str:
    """The text, with the summary of the finding before it unless it begins with that itself."""
    head, text = _unmarked(row.head).rstrip("."), _unmarked(row.text)
    return text if not head or text.startswith(head) else f"{head}: {text}"


def _titled(row: Shown) -> str:
    """The text, with the title before it unless it names all of that itself."""
    text = _unmarked(row.text)
    names_itself = all(name.strip() in text for name in row.title.split(";"))
    return text if names_itself and text else f"{_unmarked(row.title)}: {text}".strip()


def _unmarked(text: str) -> str:
    """`text` in one line, with what could be read as a mark in round brackets, also inside other ones."""
    text = _flat(text)
    while (plain := _CITED.sub(_in_round_brackets, text)) != text:
        text = plain
    return text


def _in_round_brackets(match: re.Match[str]) -> str:
    return match[0] if _WORDS_IN_MARKS.sub("", match[1]) else f"({match[1]})"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _numbers(inner: str) -> Iterator[int]:
    for match in _NUMBER.finditer(inner):
        first, last = int(match[1]), int(match[2] or match[1])
        yield from range(first, last + 1) if first <= last < first + _WIDEST else (first, last)
