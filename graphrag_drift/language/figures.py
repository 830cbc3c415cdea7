"""text -> the figures in it: their value and unit, in English and Korean.

A figure is digits; words for two to twelve are given on demand. Dates and names that hold digits are figures too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_SCALES = {"thousand": 3, "million": 6, "mn": 6, "billion": 9, "bn": 9, "trillion": 12, "tn": 12}
_OF_MONEY = {"k": 3, "m": 6, "b": 9}  # "5 m" without a currency are metres
_SCALES |= {"천": 3, "만": 4, "억": 8, "조": 12}
_ENGLISH = [scale for scale in (*_SCALES, *_OF_MONEY) if scale.isascii()]
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "₩": "won", "¥": "yen"}
_SIGNS = {"%": "percent", "pct": "percent", "per cent": "percent", "퍼센트": "percent", "원": "won", "달러": "dollar"}
_SIGNS |= {"유로": "euro", "년": "year", "개월": "month", "일": "day", "시간": "hour"}
_WORDS = "percent|dollar|euro|pound|won|yen|year|month|week|day|hour|minute|second|mile|kilometer|ton"
_FIGURE = re.compile(
    r"(?P<currency>[$€£₩¥])?[^\S\n]?(?P<number>\d[\d.,]*\d|\d)"
    rf"(?:(?:[^\S\n]|-)?(?P<scale>(?:{'|'.join(_ENGLISH)})(?![^\W_])|[천만억조]))?"
    rf"(?:(?:[^\S\n]|-)?(?P<unit>(?:{_WORDS})(?=s?(?![^\W_]))|{'|'.join(_SIGNS)}))?",
    re.IGNORECASE,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_COUNTS |= {"eleven": 11, "twelve": 12}
_COUNT = re.compile(rf"\b(?:{'|'.join(_COUNTS)})\b", re.IGNORECASE)


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
    found = []
    for match in _FIGURE.finditer(text):
        scale, unit = (match["scale"] or "").casefold(), " ".join((match["unit"] or "").casefold().split())
        power = (_SCALES | _OF_MONEY if match["currency"] else _SCALES).get(scale, 0)
        kind = _CURRENCIES.get(match["currency"] or "") or _SIGNS.get(unit, unit)
        place = (match.start("number"), match.end(), match[0].strip())
        found.append(Figure(*place, _number(match["number"]), power, kind))
    return found


@lru_cache(maxsize=2048)
def figures_in_words(text: str) -> tuple[Figure, ...]:
    """The figures of `text`, and its words for two to twelve."""
    words = (Figure(c.start(), c.end(), c[0], Decimal(_COUNTS[c[0].casefold()]), 0, "") for c in _COUNT.finditer(text))
    return (*figures_of(text), *words)


def _number(written: str) -> Decimal | str:
    plain = written.replace(",", "").rstrip(".")
    return plain if plain.count(".") > 1 else Decimal(plain)
