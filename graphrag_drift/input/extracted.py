"""What every format gives: a document as it was written, with what its file or record says of it.

Nothing is decided here: `load.py` chooses among dates and titles, and `heads.py` reads those that stand in the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from graphrag_drift.settings import InputSettings


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that begins at character `start`: a chapter, a slide, a sheet, a speaker's turn."""

    start: int
    title: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as written, and where that was, e.g. "field 'date'". The last resort is what a program wrote by itself."""

    written: str
    origin: str
    last_resort: bool = False


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document, or why there is none.

    `where` is its place in the file, e.g. "line 7", or "" if the file is the document; `number` counts from 1;
    0 is no document but notices about the file.
    `text` is clean. `key` is the id of a record. `fields` are those of a record, or what else a file says of itself.
    `dates` come best first. `notices` say what was left out, each as the end of a sentence that begins with the
    file.
    `problem` is why it is unreadable, or "".
    """

    number: int = 1
    where: str = ""
    text: str = ""
    title: str = ""
    key: str = ""
    dates: tuple[Stamp, ...] = ()
    author: str = ""
    source: str = ""
    language: str = ""
    sections: tuple[Section, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    problem: str = ""


Format = Callable[[BinaryIO, InputSettings], Iterator[Extracted]]
"""Reads an open file. Raises: UnreadableError, if nothing of it can be read."""


def join_sections(parts: list[tuple[str, str, int]], separator: str = "\n\n") -> tuple[str, tuple[Section, ...]]:
    """The text of `parts`, (title or "", text, level), one after another, and where each titled one begins."""
    texts: list[str] = []
    sections: list[Section] = []
    start = 0
    for title, text, level in parts:
        if not text.strip():
            continue
        if title:
            sections.append(Section(start, title, level))
        texts.append(text)
        start += len(text) + len(separator)
    return separator.join(texts), tuple(sections)
