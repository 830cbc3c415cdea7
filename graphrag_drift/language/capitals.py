"""text -> runs of capitalised words and what may stand between them, as tokens; which are names is decided elsewhere.

Scripts without letter case have no such runs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphrag_drift.language.terms import APOSTROPHES, straight

_UP = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u024f\u0386-\u03ab\u0400-\u042f\u1e00-\u1eff"
_TAIL = rf"[^\W_{APOSTROPHES}\u0590-\u1cff\u3040-\ud7af]"  # of a script with letter case; some apostrophes are letters
_ABBREVIATION = (
    r"(?:St|Mt|Ft|Dr|Mr|Mrs|Ms|Jr|Sr|Gen|Sen|Rep|Gov|Lt|Col|Capt|Sgt|Maj|Cmdr|Adm|Prof|Rev|Fr|Hon|Insp|Supt|Bros)\."
)
# Character classes over several alphabets are slow to compile: each is written as seldom as can be.
_CAPITAL = (
    rf"(?:{_ABBREVIATION}|[{_UP}](?:\.(?:[{_UP}]\.)+|\.(?=\s?[{_UP}])|{_TAIL}*(?:[{APOSTROPHES}&/.+‐-]{_TAIL}+)*)"
    r"|[a-z][A-Z]\w+)"
)
_GAP = r"(?:[^\S\n]{1,2}|[^\S\n]?\n[^\S\n]?)"
_LINK = (
    r"(?:of the|of|for the|for|on the|on|in|and the|and|&|de la|de las|de los|del|della|delle|de|di|da|dos|das|du|des|"
    r"la|le|les|el|al|van der|van den|van|von der|von|zu|ter|ten|bin|ibn|bint|y|e|-)"
)
_NUMBER = (
    r"\d[\d,./:-]*(?:st|nd|rd|th|[A-Z])?\b"
    r"(?!\s?(?:%|percent|per cent|points?|votes?|years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kilometers|"
    r"feet|people))"
)
_RUN = re.compile(
    rf"(?<![^\W_])(?:(?:(?:1[5-9]|20)\d\d|\d{{1,3}}(?:st|nd|rd|th)) )?{_CAPITAL}"
    rf"(?:{_GAP}(?:{_LINK}{_GAP}|[dl][{APOSTROPHES}])?{_CAPITAL}|{_GAP}{_NUMBER}| of (?:1[5-9]|20)\d\d\b"
    rf"|, (?:Inc|Ltd|LLC|Corp|L\.?P|Jr|Sr|D\.C)\b\.?){{0,40}}"
)
_TOKEN = re.compile(rf"(?:[dl][{APOSTROPHES}])?{_CAPITAL}|{_NUMBER}|&|-|[^\W\d_]+")
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?\Z")


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    text: str
    key: str  # casefolded, without possessive and final stop, with straight apostrophes


def capitalised(text: str, start: int, end: int) -> Iterator[list[Token]]:
    """The runs between `start` and `end`, in order, each as its tokens."""
    for match in _RUN.finditer(text, start, end):
        yield [
            Token(m.start(), m.end(), m.group(), straight(unowned(m.group())).casefold().rstrip("."))
            for m in _TOKEN.finditer(text, match.start(), match.end())
        ]


def unowned(word: str) -> str:
    """`word` without its possessive ending."""
    return _POSSESSIVE.sub("", word)
