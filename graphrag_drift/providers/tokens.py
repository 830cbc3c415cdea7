"""text -> about as many tokens as a byte-pair encoding makes of it, from the scripts it is written in.

A sum over words, numbers, punctuation and the characters of other scripts, fitted to the encodings it stands in
for: totals within 4 % on English news and talk and 2 % on Korean news, and within 35 % on most other languages,
low on those that it cannot tell from English (Malay, Uzbek). It does not tokenise.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from math import ceil
from typing import Literal

Encoding = Literal["cl100k_base", "o200k_base"]

_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_LONG_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{8,}")
_NUMBER = re.compile(r"[0-9]{1,3}")
_SIGNS = re.compile(r"[!-/:-@\[-`{-~\u2010-\u2027\u2030-\u205e]+")
_LETTER, _LATER_LETTER = 0.07, 0.3  # of a word's letters after the seventh, after the fourteenth
_PER_NUMBER, _PER_SIGNS = 1.67, 1.12
_PER_WORD = 1.01
# Tokens a character beyond its word: (first code point, cl100k_base, o200k_base).
_SCRIPTS = (
    (0x00, 0.0, 0.0),
    (0x80, 2.5, 1.6),  # accented Latin letters: mostly of words that are not English
    (0x250, 1.0, 0.8),  # phonetic signs, combining marks
    (0x370, 0.9, 0.31),  # Greek
    (0x400, 0.59, 0.34),  # Cyrillic
    (0x530, 1.9, 0.28),  # Armenian
    (0x590, 0.93, 0.36),  # Hebrew
    (0x600, 0.88, 0.41),  # Arabic
    (0x900, 1.3, 0.33),  # scripts of India
    (0xE00, 0.95, 0.4),  # Thai
    (0xE80, 1.9, 0.55),  # Lao, Tibetan, Burmese
    (0x10A0, 2.1, 0.39),  # Georgian
    (0x1100, 2.5, 1.8),  # Hangul parts, Ethiopic and others
    (0x1E00, 0.5, 0.1),  # Vietnamese
    (0x2000, 0.1, 0.1),  # punctuation: counted as signs
    (0x2070, 1.5, 1.2),  # symbols
    (0x3000, 1.05, 0.85),  # kana and CJK punctuation
    (0x3400, 1.45, 0.83),  # Chinese characters
    (0xA000, 2.0, 1.5),
    (0xAC00, 1.38, 0.83),  # Hangul syllables
    (0xD7B0, 1.5, 1.2),
    (0x10000, 3.0, 1.6),  # emoji, rare scripts
)
_FIRST = [row[0] for row in _SCRIPTS]


class ApproximateTokenizer:
    """Counts as `encoding_model` would, within some percent; nothing to load."""

    def __init__(self, encoding_model: Encoding) -> None:
        self.id = f"approximate {encoding_model}"
        column = 1 if encoding_model == "cl100k_base" else 2
        self._tokens = [row[column] for row in _SCRIPTS]

    def count(self, text: str) -> int:
        """Rounded up, so that the counts of sentences add up to no less than the count of their text."""
        tokens = _PER_WORD * len(_WORD.findall(text)) + _PER_NUMBER * len(_NUMBER.findall(text))
        tokens += _PER_SIGNS * len(_SIGNS.findall(text))
        for word in _LONG_WORD.findall(text):
            letters = len(word)
            tokens += _LETTER * min(letters - 7, 7) + _LATER_LETTER * max(letters - 14, 0)
        if not text.isascii():
            characters = Counter(text)
            tokens += sum(self._of(character) * count for character, count in characters.items())
        return ceil(tokens) if tokens else min(len(text), 1)

    def _of(self, character: str) -> float:
        return self._tokens[bisect_right(_FIRST, ord(character)) - 1]
