"""text -> its headings: of chapters and sections, tables, messages and speakers, each with its rank.

Found by shape and place, in one pass. What a heading says is not read, but for the fields of messages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from graphrag_drift.language.lines import Line, blocks, is_item

_LONGEST = 120  # characters of a heading
_MARKDOWN = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t#]*\Z")
_NUMBERED = re.compile(r"[^\W\d_]+\.? (?:\d{1,3}|[IVXLC]+)\b", re.IGNORECASE)
_STOPS = tuple(".!?…。！？;:,\"'”’)]")
_FIELD = re.compile(r"(From|Subject|Date|To): +(\S.*)\Z")
_SPEAKER = re.compile(r"(?:\[?[\d:.]{4,12}\]? )?([^\W\d_a-z][\w .'’-]{0,40}?)(?: \([^()]{1,20}\))?[:：](?:\s|\Z)")
_TURNS = 3  # from so many on, lines that begin with a name and a colon are what speakers say
# Ranks below the six of Markdown; a heading ends those of its own rank and below.
_MESSAGE, _CHAPTER, _PLAIN, TURN, _TABLE = 5, 6, 7, 8, 9
"""`TURN` is the level of who speaks."""


class Heading(NamedTuple):
    """A heading that ends at `end` of its text; 1 is the highest level. One without text ends those of its level."""

    end: int
    level: int
    text: str


def headings_of(document: Mapping[str, Any]) -> list[Heading]:
    """The headings of a row of `documents`, in order: those in its text, and the sections that its file names."""
    given = [Heading(part["start"], part["level"], part["title"]) for part in document["sections"] or ()]
    return sorted([*find_headings(document["text"] or ""), *given])


def find_headings(text: str) -> list[Heading]:
    """The headings of `text`, in order."""
    headings: list[Heading] = []
    turns: list[Heading] = []
    above: Line | None = None
    for block in blocks(text):
        goes_on = above is not None and block[0].start == above.start  # a part of a long block
        in_table = above is not None and _in_table(above)
        if above is not None and in_table and not goes_on:
            headings.append(Heading(above.end, _TABLE, ""))
        headings += [*_marked(block), *_tables(block, headed=goes_on and in_table)]
        above = block[-1]
        if not goes_on:
            headings += _message(block) or _plain(block)
            turns += _turn(block[0])
    return sorted([*_by_rank(headings), *_of_speakers(turns)])


def _marked(block: Sequence[Line]) -> Iterator[Heading]:
    """Headings marked as in Markdown: by number signs before, or a rule below a first line."""
    for line in block:
        match = _MARKDOWN.match(line.words) if line.kind == "heading" else None
        if match:
            yield Heading(line.end, len(match[1]), match[2])
    if len(block) > 1 and block[1].kind == "rule" and not block[0].kind and set(block[1].words) <= set("=-"):
        yield Heading(block[1].end, 1 if block[1].words[0] == "=" else 2, block[0].words)


def _tables(block: Sequence[Line], *, headed: bool) -> Iterator[Heading]:
    """The first row of each table, and the end of each that ends in the block; one `headed` already goes on."""
    first = 0
    for n in range(1, len(block) + 1):
        if n < len(block) and _in_table(block[n]) == _in_table(block[first]):
            continue
        if _in_table(block[first]):
            if not (headed and first == 0) and n - first > 1:
                yield Heading(block[first].end, _TABLE, _cells(block[first].words))
            if n < len(block):
                yield Heading(block[n - 1].end, _TABLE, "")
        first = n


def _in_table(line: Line) -> bool:
    return line.kind == "row" or (line.kind == "rule" and "|" in line.words)


def _cells(row: str) -> str:
    cells = row.strip("|").split("|") if "|" in row else re.split(r"\t| {3,}", row)
    return " · ".join(cell.strip() for cell in cells if cell.strip())


def _message(block: Sequence[Line]) -> list[Heading]:
    """Subject and sender of a message whose fields the block holds."""
    fields = {match[1]: match[2] for line in block if (match := _FIELD.match(line.words))}
    if not {"From", "Subject"} <= set(fields):
        return []
    return [Heading(block[0].end, _MESSAGE, f"{fields['Subject']} · {fields['From']}")]


def _plain(block: Sequence[Line]) -> list[Heading]:
    """A paragraph of one short line that does not end as sentences do, or that is numbered or in capitals."""
    line = block[0]
    if len(block) > 1 or line.kind or len(line.words) > _LONGEST or is_item(line.words):
        return []
    if _NUMBERED.match(line.words) and len(line.words.split()) <= 12:
        return [Heading(line.end, _CHAPTER, line.words.rstrip("."))]
    if line.start == 0 or _SPEAKER.fullmatch(line.words):
        return []
    if line.words.endswith(_STOPS) and not _in_capitals(line.words):
        return []
    return [Heading(line.end, _PLAIN, line.words)]


def _in_capitals(words: str) -> bool:
    """Whether every letter is a capital, in a script that has them."""
    return all(sign.isupper() for sign in words if sign.isalpha()) and words.isupper()


def _by_rank(headings: Sequence[Heading]) -> list[Heading]:
    """The headings; short lines of their own that come again and again, several of them, say who speaks."""
    counts = Counter(heading.text for heading in headings if heading.level == _PLAIN)
    speakers = {text for text, count in counts.items() if count >= _TURNS}
    if len(speakers) < 2:
        return list(headings)
    return [heading._replace(level=TURN) if heading.text in speakers else heading for heading in headings]


def _turn(line: Line) -> list[Heading]:
    match = _SPEAKER.match(line.words)
    return [Heading(line.start + match.end(), TURN, match[1].strip())] if match else []


def _of_speakers(turns: Sequence[Heading]) -> list[Heading]:
    """The turns, if those of two speakers or more come again."""
    counts = Counter(turn.text for turn in turns)
    speakers = {name for name, count in counts.items() if count > 1}
    return [turn for turn in turns if turn.text in counts] if len(speakers) > 1 and len(turns) >= _TURNS else []


def sections(headings: Iterable[Heading], starts: Iterable[int]) -> Iterator[list[str]]:
    """For each of the `starts`, in ascending order, the headings under which it stands, the highest first."""
    coming = deque(headings)
    path: list[Heading] = []
    for start in starts:
        while coming and coming[0].end <= start:
            heading = coming.popleft()
            path = [*(above for above in path if above.level < heading.level), heading]
        yield [heading.text for heading in path if heading.text]


def sections_between(headings: Sequence[Heading], start: int, end: int) -> list[tuple[int, list[str]]]:
    """The headings, as `section`, under which the text from `start` to `end` stands, each from a character on."""
    first = bisect_right(headings, start, key=lambda heading: heading.end)
    last = bisect_left(headings, end, key=lambda heading: heading.end)
    starts = [start, *(heading.end for heading in headings[first:last])]
    paths = list(zip(starts, sections(headings[:last], starts), strict=True))
    return [paths[0], *(after for before, after in pairwise(paths) if before[1] != after[1])]


def section(headings: Sequence[Heading], start: int) -> list[str]:
    """The headings under which a text unit stands that begins at `start`, the highest first."""
    return next(sections(headings, [start]))
