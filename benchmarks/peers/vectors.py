"""Texts -> vectors as an endpoint sends them, in JSON. It is no model: vectors are made of checksums.

`Checksums`: hardly two texts share a vector, and none means anything; the quickest to make. `Words`: texts that share
rare words are near, so that every engine searches among vectors that mean the same to all.
"""

from __future__ import annotations

import base64
import json
import math
import random
import re
from array import array
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Protocol
from zlib import crc32

DIMENSIONS = 1536
WORD = re.compile(r"\w{2,}")


class Vectors(Protocol):
    """What makes vectors."""

    def row(self, text: str, dimensions: int, plain: bool) -> str:
        """The vector of a text in JSON: a list of numbers if `plain`, else packed."""


class Checksums:
    """One of 64 random vectors, rotated."""

    def __init__(self) -> None:
        draw = random.Random(0)
        self._numbers = [[draw.gauss(0, 1 / math.sqrt(DIMENSIONS)) for _ in range(DIMENSIONS)] for _ in range(64)]
        self._printed = [[f"{number:.6f}" for number in numbers] for numbers in self._numbers]

    def row(self, text: str, dimensions: int, plain: bool) -> str:
        """See `Vectors`."""
        turn, which = divmod(crc32(text.encode()), 64)
        turn %= DIMENSIONS
        if plain:
            printed = self._printed[which]
            return "[" + ",".join((printed[turn:] + printed[:turn])[:dimensions]) + "]"
        numbers = self._numbers[which]
        return _packed((numbers[turn:] + numbers[:turn])[:dimensions])


class Words:
    """Each word at a place of its own, weighed by how few of `texts` hold it and how often this one does."""

    def __init__(self, texts: Iterable[str]) -> None:
        held = [set(_words(text)) for text in texts]
        self._texts = len(held)
        self._holding = Counter(word for words in held for word in words)

    def row(self, text: str, dimensions: int, plain: bool) -> str:
        """See `Vectors`."""
        numbers = [0.0] * dimensions
        for word, count in Counter(_words(text)).items():
            place = _place(word)
            rarity = math.log((1 + self._texts) / (0.5 + self._holding[word]))
            numbers[place % dimensions] += math.copysign(max(0.0, rarity) * (1 + math.log(count)), 0.5 - place % 2)
        length = math.sqrt(sum(number * number for number in numbers)) or 1.0
        numbers = [number / length for number in numbers]
        return "[" + ",".join(f"{number:.6f}" for number in numbers) + "]" if plain else _packed(numbers)


@cache
def _place(word: str) -> int:
    return crc32(word.encode())


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _packed(numbers: list[float]) -> str:
    return json.dumps(base64.b64encode(array("f", numbers).tobytes()).decode())
