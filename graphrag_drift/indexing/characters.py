"""Where a text may be cut without splitting what a reader sees as one character.

Unicode's extended grapheme clusters (UAX #29), as a test on the code points before and after the cut; where the
rule needs more context this is stricter. It does not list or count characters.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 32  # code points; a base with more marks is no character of any language (UAX #15, stream-safe text)
_JOINER = "\u200d"
_VIRAMA = 9  # canonical combining class: the next consonant joins
_EXTENDS = re.compile("[\u200c\u200d\uff9e\uff9f\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_PREPENDED = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_JAMO_TAIL = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")


def last_boundary(text: str, start: int, end: int) -> int:
    """The last position after `start`, up to `end`, that is not inside a character; else the next one after.

    `start` is taken for the beginning of a character; `end` > `start`. After `_LONGEST` code points of one
    character any position will do.
    """
    for at in range(end, max(start, end - _LONGEST), -1):
        if not _inside(text, start, at):
            return at
    if end - start >= _LONGEST:
        return end
    limit = min(len(text), start + _LONGEST)
    return next((at for at in range(end + 1, limit) if not _inside(text, start, at)), limit)


def _inside(text: str, start: int, at: int) -> bool:
    """Whether a cut before `text[at]` splits a character."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isascii() and after.isascii():
        return before == "\r" and after == "\n"
    if _FLAG.match(before) and _FLAG.match(after):
        return _flags_before(text, start, at) % 2 == 1
    return (
        unicodedata.category(after).startswith("M")
        or _EXTENDS.match(after) is not None
        or before == _JOINER
        or unicodedata.combining(before) == _VIRAMA
        or _PREPENDED.match(before) is not None
        or _is_syllable(before, after)
    )


def _is_syllable(before: str, after: str) -> bool:
    """Whether two code points can belong to one Hangul syllable."""
    if _JAMO.match(before) and _JAMO.match(after):
        return True
    return "가" <= before <= "힣" and _JAMO_TAIL.match(after) is not None


def _flags_before(text: str, start: int, at: int) -> int:
    first = at
    while first > start and _FLAG.match(text[first - 1]):
        first -= 1
    return at - first
