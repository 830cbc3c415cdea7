"""Words with capitals and numbers that are no names: chemical formulas, and what numbers the parts of a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphrag_drift.language.english import NUMBERS
from graphrag_drift.names.lists import word_list

if TYPE_CHECKING:
    from graphrag_drift.names.capitals import Token

_PARTS_OF_TEXTS = word_list("parts_of_texts")
_ELEMENTS = word_list("elements")
_ELEMENT = re.compile(r"[A-Z][a-z]?")
_FORMULA = re.compile(r"(?=.*\d)\(?(?:[A-Z][a-z]?(?:[2-9]|[1-9]\d)?[()]{0,2}){2,8}")


def is_formula(word: str) -> bool:
    """Whether it is a chemical formula: of two elements or more, one of them hydrogen or oxygen, in some number."""
    if not _FORMULA.fullmatch(word):
        return False
    elements = _ELEMENT.findall(word)
    return (
        len(set(elements)) > 1
        and _ELEMENTS.issuperset(map(str.lower, elements))
        and not {"H", "O"}.isdisjoint(elements)
    )


def without_part_of_text(tokens: list[Token], name: list[Token]) -> list[Token]:
    """The `name`, with which the `tokens` begin, up to what numbers a part of a text: Chapter One, See | Page 2."""
    place = next((place for place, token in enumerate(tokens) if token.key in _PARTS_OF_TEXTS), len(tokens) - 1)
    numbered = tokens[place + 1 :] and all(map(_is_number, tokens[place + 1 :]))
    return (name[:place] if place > 1 else []) if numbered else name


def _is_number(token: Token) -> bool:
    return token.text[0].isdigit() or len(token.text) == 1 or token.key in NUMBERS
