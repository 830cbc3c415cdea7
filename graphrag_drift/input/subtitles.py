"""Subtitles -> a document: who speaks, turn by turn, with sentences that go on across cues put together."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from graphrag_drift.input.decode import UnreadableError, clean, open_text, read_text
from graphrag_drift.input.extracted import Extracted, join_sections
from graphrag_drift.language.sections import TURN
from graphrag_drift.settings import InputSettings

_PAUSE = 3.0  # seconds of silence after a sentence, after which a paragraph begins
_LONGEST = 1_000  # characters of a paragraph, after which the next sentence begins another
_TAG = re.compile(r"</?[a-zA-Z][^>]*>|\{\\[^}]*\}|<\d\d:[\d:.]+>")
_ENDS = re.compile(r"[.!?。！？…][\"'”’»)\]]*$")
_SPEAKER = re.compile(r"(?:-\s*|>>\s*)?([^\W\d_a-z][^:.!?\n]{0,38}?)\s?:\s+(?=\S)")
_NO_EXTRA = 'needs an optional dependency: pip install "graphrag-drift[docs]"'


def webvtt(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a file of WebVTT is. Raises: UnreadableError, if it is damaged or webvtt-py is missing."""
    yield from _read(read_text(open_text(raw, settings.encoding)), "vtt")


def subrip(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a file of SubRip is. Raises: UnreadableError as `webvtt` does."""
    yield from _read(read_text(open_text(raw, settings.encoding)), "srt")


def _read(text: str, kind: str) -> Iterator[Extracted]:
    try:
        import webvtt as library
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    if not text.strip():
        return
    try:
        cues = list(library.from_buffer(io.StringIO(text.strip() + "\n"), format=kind).captions)
    except Exception as error:  # what a damaged file makes the library raise is not only its own errors
        raise UnreadableError(f"is not readable as .{kind}: {error}") from error
    parts = [(title, paragraph, TURN) for title, paragraph in _turns(cues)]
    joined, sections = join_sections(parts)
    yield Extracted(text=joined, sections=sections)


def _turns(cues: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """("speaker, time", "Speaker: what was said") for each turn, or for each stretch of a long one."""
    speaker, words, began, ended = "", list[str](), 0.0, 0.0
    for cue in cues:
        start = cue.start_in_seconds
        for name, line in _lines(cue):
            said = words[-1] if words else ""
            pause = bool(_ENDS.search(said)) and (start - ended >= _PAUSE or sum(map(len, words)) > _LONGEST)
            if words and ((name and name != speaker) or pause):
                yield _turn(speaker, words, began)
                words = []
            speaker = name or speaker
            if not words:
                began = start
            if line != said:  # live captions repeat the line before
                words.append(line)
        ended = cue.end_in_seconds
    if words:
        yield _turn(speaker, words, began)


def _lines(cue: Any) -> Iterator[tuple[str, str]]:
    """(speaker or "", text) of each line of a cue that says something."""
    voice = " ".join((getattr(cue, "voice", None) or "").split())
    for line in cue.text.split("\n"):
        plain = " ".join(clean(_TAG.sub("", line)).split())
        match = _SPEAKER.match(plain)
        if match and len(match[1].split()) <= 5:
            yield match[1], plain[match.end() :]
        elif plain.lstrip("->♪ "):
            yield voice, plain.removeprefix(">> ").removeprefix("- ")


def _turn(speaker: str, words: list[str], began: float) -> tuple[str, str]:
    minutes, seconds = divmod(int(began), 60)
    clock = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    text = " ".join(words)
    return (f"{speaker}, {clock}", f"{speaker}: {text}") if speaker else (clock, text)
