"""text -> the figures in it: their value and unit, as the package's languages write them.

A figure is digits; words for two to twelve are given on demand. Dates and names that hold digits are figures too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from graphrag_drift.language.detect import LANGUAGES, either
from graphrag_drift.patterns import lazy_pattern

_OF_MONEY = {"k": 3, "m": 6, "b": 9}  # "5 m" without a currency are metres
_WORDS = {word: power for language in LANGUAGES for word, power in language.figures.scales.items()}
_TIGHT = {word: power for language in LANGUAGES for word, power in language.figures.tight_scales.items()}
_SCALES = _WORDS | _TIGHT
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "₩": "won", "¥": "yen"}
_SIGNS = {"%": "percent"} | {sign: unit for language in LANGUAGES for sign, unit in language.figures.signs.items()}
_FIGURE = lazy_pattern(
    rf"(?P<currency>[{''.join(_CURRENCIES)}])?[^\S\n]?(?P<number>\d[\d.,]*\d|\d)"
    rf"(?:(?:[^\S\n]|-)?(?P<scale>(?:{'|'.join([*_WORDS, *_OF_MONEY])})(?![^\W_])|{'|'.join(_TIGHT)}))?"
    rf"(?:(?:[^\S\n]|-)?(?P<unit>(?:{either(lambda language: language.figures.units)})(?=s?(?![^\W_]))"
    rf"|{'|'.join(_SIGNS)}))?",
    re.IGNORECASE,
)
_COUNTS = {word: number for language in LANGUAGES for word, number in language.figures.counts.items()}
_COUNT = lazy_pattern(rf"\b(?:{'|'.join(_COUNTS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is `said` in a text, up to `end`: its number (at `start`), the power of ten after it, its unit or
    ""."""

    start: int
    end: int
    said: str
    number: Decimal | str
    scale: int
    unit: str

    @property
    def value(self) -> Decimal | str:
        """The number in full."""
        return self.number.scaleb(self.scale) if isinstance(self.number, Decimal) else self.number


def figures_of(text: str) -> list[Figure]:
    """The figures of `text`, in order."""
    figures = []
    for match in _FIGURE.finditer(text):
        scale, unit = (match["scale"] or "").casefold(), " ".join((match["unit"] or "").casefold().split())
        power = (_SCALES | _OF_MONEY if match["currency"] else _SCALES).get(scale, 0)
        kind = _CURRENCIES.get(match["currency"] or "") or _SIGNS.get(unit, unit)
        place = (match.start("number"), match.end(), match[0].strip())
        figures.append(Figure(*place, _number(match["number"]), power, kind))
    return figures


@lru_cache(maxsize=2048)
def figures_in_words(text: str) -> tuple[Figure, ...]:
    """The figures of `text`, and its words for two to twelve."""
    words = (Figure(c.start(), c.end(), c[0], Decimal(_COUNTS[c[0].casefold()]), 0, "") for c in _COUNT.finditer(text))
    return (*figures_of(text), *words)


def _number(written: str) -> Decimal | str:
    plain = written.replace(",", "").rstrip(".")
    return plain if plain.count(".") > 1 else Decimal(plain)
