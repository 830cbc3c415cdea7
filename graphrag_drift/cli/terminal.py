"""Text for people, on its way to stdout: words are wrapped and styled on a terminal, and left as they are elsewhere.

It knows the Markdown that answers are written in, piece by piece, and nothing of what an answer is.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from graphrag_drift.printable import clean

_WIDEST = 100  # columns; longer lines are hard to read
_PIECE = re.compile(r"\n|[^\S\n]+|\S+")
_INLINE = re.compile(r"\*\*|\[\d+\]|[^*\[]+|.")
_HEADING = re.compile(r"#{1,6}\Z")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}\.)\Z")
_MARK = re.compile(r"\[\d+\]")

Style = Mapping[str, Any]
PLAIN: Style = {}
BOLD: Style = {"bold": True}
DIM: Style = {"dim": True}
ITALIC: Style = {"italic": True}
CYAN: Style = {"fg": "cyan"}


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a line, their style, and the address that they lead to, or ""."""

    text: str
    style: Style = field(default_factory=dict)
    link: str = ""


class Page:
    """Standard output, written from top to bottom.

    `terminal` says whether a person reads it there as it comes, and `unicode` whether it takes any letter.
    """

    def __init__(self, *, terminal: bool | None = None, width: int | None = None) -> None:
        self.terminal = sys.stdout.isatty() if terminal is None else terminal
        self._plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self.unicode = speaks_unicode(sys.stdout)
        self._width = width or min(shutil.get_terminal_size().columns, _WIDEST)
        self._held = ""
        self._open = False
        self._fresh()

    def _fresh(self) -> None:
        """Begin a line."""
        self._column = 0
        self._space = ""
        self._hang = ""
        self._heading = self._bold = False
        self._started = False

    def markdown(self, text: str) -> None:
        """Write a text of its own, and end its last line."""
        self.stream(text)
        self.end()

    def stream(self, piece: str) -> None:
        """Write a piece of Markdown; its last word waits until it is known to be whole."""
        if not self.terminal:
            self._put(clean(piece))
            return
        pieces = _PIECE.findall(self._held + clean(piece))
        self._held = pieces.pop() if pieces and pieces[-1] != "\n" else ""
        for each in pieces:
            self._take(each)

    def end(self) -> None:
        """Write what waits, and end the line, if one has begun."""
        held, self._held = self._held, ""
        if held.strip():
            self._take(held)
        if self._open:
            self._break()

    def line(self, *parts: Part | str, first: str = "", rest: str = "") -> None:
        """Write a line, or on a terminal as many as it takes: the first begins with `first`, others with `rest`."""
        self._put(first)
        self._column, self._hang = _cells(first), rest
        for part in parts:
            each = Part(part) if isinstance(part, str) else part
            if not self.terminal:
                self._put(clean(each.text))
                continue
            for piece in _PIECE.findall(clean(each.text).replace("\n", " ")):
                if piece.isspace():
                    self._space = " "
                else:
                    self._word(_cells(piece), self.styled(piece, each.style, each.link))
        self._break()

    def blank(self) -> None:
        """Write an empty line."""
        self._put("\n")

    def styled(self, text: str, style: Style, link: str = "") -> str:
        """`text` as a terminal shows it so, leading to `link`; as it is, if nobody sees it."""
        if not self.terminal or self._plain:
            return text
        shown = click.style(text, **style) if style else text
        return f"\x1b]8;;{link}\x1b\\{shown}\x1b]8;;\x1b\\" if link else shown

    def _take(self, piece: str) -> None:
        """Write a word, the space between two, or the end of a line of Markdown."""
        if piece == "\n":
            self._break()
        elif piece.isspace():
            self._space = " " if self._started else piece
        elif not self._started and _HEADING.match(piece):
            self._started = self._heading = True
        else:
            if not self._started and _ITEM.match(piece):
                self._hang = " " * (_cells(self._space) + _cells(piece) + 1)
            if self._heading and not self._column:
                self._space = ""
            self._word(*self._inline(piece))
            self._started = True

    def _inline(self, word: str) -> tuple[int, str]:
        """How wide a word of Markdown is, and what shows it."""
        width, shown = 0, ""
        for token in _INLINE.findall(word):
            if token == "**":
                self._bold = not self._bold
                continue
            style = CYAN if _MARK.fullmatch(token) else BOLD if self._bold or self._heading else PLAIN
            width += _cells(token)
            shown += self.styled(token, style)
        return width, shown

    def _word(self, width: int, shown: str) -> None:
        if not width:
            return
        full = self._column + _cells(self._space) + width > self._width
        if full and self._space and self._column > _cells(self._hang):
            self._put(f"\n{self._hang}")
            self._column, self._space = _cells(self._hang), ""
        self._put(self._space + shown)
        self._column += _cells(self._space) + width
        self._space = ""

    def _break(self) -> None:
        self._put("\n")
        self._fresh()

    def _put(self, text: str) -> None:
        if text:
            self._open = not text.endswith("\n")
            sys.stdout.write(text)  # click.echo would write UTF-8 where nobody reads it
            sys.stdout.flush()


def speaks_unicode(stream: Any) -> bool:
    """Whether any letter can be written there."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def _cells(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
