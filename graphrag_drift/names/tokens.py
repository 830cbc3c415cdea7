"""text -> the runs of capitalised words in it, as tokens, and whether some look like a person's name.

What of a run is a name is decided in `capitals.py`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from graphrag_drift.language.language import APOSTROPHES
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import straight
from graphrag_drift.names.lists import heads, titles, word_list

_TITLES = titles()
_ORGANIZATION_HEADS = word_list("organization_heads")
_GIVEN_NAMES = word_list("given_names")
_NO_PERSON = heads() | word_list("places")

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
    r"of the|of|for the|for|on the|on|in|and the|and|&|de la|de las|de los|del|della|delle|de|di|da|dos|das|du|des|"
    r"la|le|les|el|al|van der|van den|van|von der|von|zu|ter|ten|bin|ibn|bint|y|e|-"
)
_FOREIGN_LINK = rf"van de|van het|de l[{APOSTROPHES}]|do|dei|degli|dell|av|af|der|am|{_LINK}"
_NUMBER = (
    r"\d[\d,./:-]*(?:st|nd|rd|th|[A-Z])?\b"
    r"(?!\s?(?:%|percent|per cent|points?|votes?|years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kilometers|"
    r"feet|people))"
)


def _runs_by(link: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?:(?:(?:1[5-9]|20)\d\d|\d{{1,3}}(?:st|nd|rd|th)) )?{_CAPITAL}"
        rf"(?:{_GAP}(?:(?:{link}){_GAP}|[dl][{APOSTROPHES}])?{_CAPITAL}|{_GAP}{_NUMBER}| of (?:1[5-9]|20)\d\d\b"
        rf"|, (?:Inc|Ltd|LLC|Corp|L\.?P|Jr|Sr|D\.C)\b\.?){{0,40}}"
    )


_RUN = _runs_by(_LINK)
_foreign_run = cache(lambda: _runs_by(_FOREIGN_LINK))
_TOKEN = re.compile(rf"(?:[dl][{APOSTROPHES}])?{_CAPITAL}|{_NUMBER}|&|-|[^\W\d_]+")
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?\Z")


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    text: str
    key: str  # casefolded, without possessive and final stop, with straight apostrophes


def capitalised(text: str, start: int, end: int, *, english: bool = True) -> Iterator[list[Token]]:
    """The runs between `start` and `end`, in order, each as its tokens; with other languages' small words in them."""
    for match in (_RUN if english else _foreign_run()).finditer(text, start, end):
        yield [
            Token(m.start(), m.end(), m.group(), straight(unowned(m.group())).casefold().rstrip("."))
            for m in _TOKEN.finditer(text, match.start(), match.end())
        ]


def unowned(word: str) -> str:
    """`word` without its possessive ending."""
    return _POSSESSIVE.sub("", word)


def is_link(token: Token) -> bool:
    return token.text.islower() or token.text in "-&"


def up_to_link(tokens: Sequence[Token]) -> list[Token]:
    return list(takewhile(lambda token: not is_link(token), tokens))


def is_person_like(tokens: list[Token], statistics: Statistics) -> bool:
    """Two to four capitalised words, none of which is a common word: Maria Smith, not National Register."""
    return (
        2 <= len(tokens) <= 4
        and tokens[-1].key not in _TITLES
        and all(_may_be_in_person(token, statistics) for token in tokens if token.key not in _TITLES)
    )


def is_given_and_surname(tokens: list[Token]) -> bool:
    bare = [token for token in tokens if token.key not in _TITLES]
    return len(bare) == 2 and bare[0].key in _GIVEN_NAMES and bare[1].key not in _ORGANIZATION_HEADS


def is_titled_person(tokens: list[Token], statistics: Statistics) -> bool:
    """As `is_person_like`, where a title before the tokens vouches for a given name: Capt. Daniel Park."""
    given = 2 <= len(tokens) <= 3 and tokens[0].key in _GIVEN_NAMES and all(token.text[0].isupper() for token in tokens)
    return given or is_person_like(tokens, statistics)


def _may_be_in_person(token: Token, statistics: Statistics) -> bool:
    if not token.text[0].isupper() or token.key in _NO_PERSON:
        return False
    return token.key in _GIVEN_NAMES or not statistics.lower.get(token.key)
