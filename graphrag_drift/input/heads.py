"""the first lines of a text -> its headline, date, author and source, as far as they stand there as such.

A date counts where a line or a part of one is nothing but a date ("By Ann Ray | Harbor Wire | 2025-03-18"), behind
a label ("Published: ..."), and in a dateline ("LYON, March 3, 2025 -"); never one that a sentence or a
headline speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from graphrag_drift.input.dates import read_date
from graphrag_drift.language.dates import DATE_LABEL, find_dates
from graphrag_drift.language.lines import kind_of_line

_HEAD = 3_000  # characters
_LINES = 12
_LINE = 160  # characters of a headline or a header line, at most
_PROSE = 60  # characters from which what ends as a sentence does is one
_WORDS = 25  # of a headline
_STOPS = tuple(".:;,…。、；：")
_ENDS = re.compile(r"[.!?。！？…][\"'”’»)\]]*$")
_TWO_SENTENCES = re.compile(r"[^\W\d_]{3}[.!?]\s+[^\W\d_]")
_NO_HEADLINE = re.compile(r"(?!\[[^\]]+\]\s)[-*•·▪■□◆▲▶○●※>|{}<\[\]=+~_`@]|\d+[.)]\s|\W*$|https?://")
_MARKED = re.compile(r"#{1,3}\s+(.+?)[\s#]*$")
_LABEL = re.compile(r"\W{0,3}([^\W\d_][\w -]{0,24}?)\s?[:：]\s*(\S.*)$")
_SEPARATORS = re.compile(r"\s*[|·•—–()\[\];:,]\s*|\s[-/=]\s")
# Weekdays and times; in scripts without capitals, a word of a few letters.
_BESIDE_DATE = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{1,2}[:.]\d\d(?:[:.]\d\d)?|\b[ap]\.?m\b\.?|\b[A-Z]{1,3}T\b|UTC|\bat\b|\bon\b"
    r"|\(?[\u3040-\ud7a3]{1,4}\)?",
    re.IGNORECASE,
)
_FIELDS = ("subject", "title", "headline")
_BY = re.compile(r"by\s+(?=[^\W\d_])", re.IGNORECASE)
_DASH = r"\s*(?:[-–—]{1,2}|=|:)\s"
_AFTER_DATE = re.compile(rf"\s*(?:[(/\[][^)/\]\n]{{1,40}}[)/\]])?{_DASH}[\"'“‘(\[]?(?![a-z])")
_SMALL_WORD = 3  # letters of a word that is written small in the name of a place
_SPAN = "\0"


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines of a text say of it; "" for what they do not say. `date` is an ISO day."""

    title: str = ""
    date: str = ""
    date_source: str = ""
    author: str = ""
    source: str = ""


def read_head(text: str) -> Head:
    """What the first lines of `text` say of it."""
    blocks = _blocks(text[:_HEAD])
    title = _title(blocks, whole=len(text) <= _HEAD)
    header = [block for block in blocks if not _is_table(block)]
    day, origin = _date(header, title)
    author, source = _byline(header)
    return Head(title, day, origin, author, source)


def _blocks(head: str) -> list[list[str]]:
    """The first lines, by paragraph."""
    blocks: list[list[str]] = [[]]
    lines = 0
    for line in head.strip().splitlines():
        if not line.strip():
            blocks.append([])
        elif (lines := lines + 1) <= _LINES:
            blocks[-1].append(line.strip())
    return [block for block in blocks if block]


def _is_table(block: Sequence[str]) -> bool:
    """Whether its lines are rows: what stands in their cells says nothing of the document."""
    rows = [line for line in block if kind_of_line(line) == "row" or " | " in line]
    return len(rows) > 1 and 2 * len(rows) > len(block)


def _is_prose(block: Sequence[str]) -> bool:
    text = " ".join(block)
    is_sentence = len(text) >= _PROSE and bool(_ENDS.search(text))
    return is_sentence or len(text) > _LINE * 2 or bool(_TWO_SENTENCES.search(text))


def _title(blocks: Sequence[Sequence[str]], *, whole: bool) -> str:
    """The headline: the first paragraph, or the lines of it before a byline or a date."""
    if not blocks:
        return ""
    first = blocks[0]
    if _is_turn(blocks):
        return ""
    if marked := _MARKED.match(first[0]):
        return marked[1]
    labels = [label for line in first if (label := _LABEL.match(line))]
    for label in labels:
        if label[1].casefold() in _FIELDS:
            return label[2]
    lines = list(takewhile(lambda line: not _is_byline(line), first[:4]))
    if (len(lines) == len(first) and len(blocks) == 1 and whole) or not lines or len(lines) > 3:
        return ""
    goes_on = [line for line in lines[1:] if line[:1].islower() or lines[0].endswith((",", "-"))]
    candidate = " ".join(lines) if goes_on else lines[0]
    if len(lines) > 1 and not goes_on and not all(map(_reads_as_headline, lines)):
        return ""
    return candidate if _reads_as_headline(candidate) else ""


def _is_turn(blocks: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is what somebody says: "ANN: ...", with other lines below that begin with a label."""
    if len(blocks) < 3:
        return False
    labels = [label[1] if (label := _LABEL.match(block[0])) else "" for block in blocks]
    return labels[0].casefold() not in _FIELDS and bool(labels[0] and labels[1]) and labels[0] in labels[2:]


def _reads_as_headline(line: str) -> bool:
    return (
        3 <= len(line) <= _LINE
        and not line.endswith(_STOPS)
        and not _NO_HEADLINE.match(line)
        and not _TWO_SENTENCES.search(line)
        and "\t" not in line
        and " | " not in line
        and len(line.split()) <= _WORDS
        and not (_LABEL.match(line) and len(line) < _PROSE and _dated(line))
    )


def _is_byline(line: str) -> bool:
    return bool(_BY.match(line) and len(line) <= _LINE and not _ENDS.search(line)) or bool(_dated(line))


def _date(blocks: Sequence[Sequence[str]], title: str) -> tuple[str, str]:
    """(day, "header line" or "dateline"), or ("", "")."""
    header = list(takewhile(lambda block: not _is_prose(block), blocks))
    lines = [line for block in header for line in block]
    labelled = [line for block in blocks for line in block if DATE_LABEL.match(line)]
    for line in [*labelled, *lines]:
        if day := _dated(line):
            return day, "header line"
    for block in blocks[: len(header) + 1]:
        if day := _dateline(block[0]):
            return day, "dateline"
    return "", ""


def _dated(line: str) -> str:
    """The day that `line` gives as that of the document, or ""."""
    if len(line) > _LINE or not any(character.isdigit() for character in line):
        return ""
    label = DATE_LABEL.match(line)
    rest = line[label.end() :].strip() if label else line
    days = [item for item in find_dates(rest, None) if len(item.iso) == 10]
    if label and days and days[0].start <= _LINE // 8:
        return days[0].iso
    if not days:
        return next((day for part in _SEPARATORS.split(rest) if (day := _written_alone(part))), "")
    if len({item.iso for item in days}) > 1:  # from one to the other: what it is about
        return ""
    marked = rest[: days[0].start] + _SPAN + rest[days[0].end :]
    parts = [_BESIDE_DATE.sub("", part).strip(" .,") for part in _SEPARATORS.split(marked)]
    clause = any(part[:1].islower() and " " in part for part in parts)  # "..., said the mayor": a sentence that goes on
    return days[0].iso if _SPAN in parts and not clause and (not _ENDS.search(line) or len(parts) == 1) else ""


def _written_alone(part: str) -> str:
    """The day in `part`, if it is nothing else; in another language than `find_dates` knows, or of digits alone."""
    if len(part) > 40 or len(part.split()) > 5 or not re.search(r"\d{4}", part):
        return ""
    day = read_date(part) if not part.strip().isdigit() else ""
    return day if len(day) == 10 else ""


def _dateline(line: str) -> str:
    """The day in "LYON, March 3, 2025 (Agency) - ...", before any sentence."""
    days = [item for item in find_dates(line[:_LINE], None) if len(item.iso) == 10]
    for item in days:
        dash = _AFTER_DATE.match(line, item.end)
        if dash and _names_a_place(line[: item.start]) and not any(other.start == dash.end() for other in days):
            return item.iso
    return ""


def _names_a_place(before: str) -> bool:
    outside = re.sub(r"[(\[][^)\]]*[)\]]", "", before)
    words = re.findall(r"[^\W\d_]+", outside)
    small = [word for word in words if len(word) > _SMALL_WORD and not word[0].isupper()]
    return len(words) <= 6 and not small and not re.search(r"[.!?]\s", outside)


def _byline(blocks: Sequence[Sequence[str]]) -> tuple[str, str]:
    """(author, source) of a line such as "By Ann Ray | Harbor Wire | 2025-03-18", or of "By Ann Ray"."""
    header = takewhile(lambda block: not _is_prose(block), blocks)
    for line in (line for block in header for line in block):
        parts = [part.strip() for part in line.split("|")] if "|" in line else [line]
        names = [part for part in parts if part and not _dated(part)]
        by = _BY.match(names[0]) if names else None
        if len(parts) > 1 and len(names) < len(parts) and names:
            author = names[0][by.end() :] if by else names[0]
            return (author, names[-1]) if len(names) > 1 else (("", author) if not by else (author, ""))
        if by and len(line) <= _PROSE and not _ENDS.search(line):
            return line[by.end() :].split(",")[0].strip(), ""
    return "", ""
