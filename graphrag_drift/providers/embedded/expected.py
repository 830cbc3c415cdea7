"""What kind of thing a question asks for, and where a sentence holds one: by words and shapes, in English and Korean.

It does not tell what the thing has to do with the question: see `features.py`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from graphrag_drift.language.terms import APOSTROPHES

Kind = Literal["person", "place", "date", "number", "reason", "definition", "choice", "yes/no", "entity", ""]

_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must"
    rf"|(?:is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|should)n[{APOSTROPHES}]t)"
)
_PEOPLE = (
    r"person|man|woman|boy|girl|child|people|actor|actress|artist|author|writer|poet|singer|musician|composer|director"
    r"|producer|player|coach|politician|president|minister|senator|mayor|governor|judge|lawyer|king|queen|emperor"
    r"|scientist|doctor|nurse|officer|candidate|father|mother|son|daughter|husband|wife|brother|sister|spouse|founder"
)
_PLACES = (
    r"city|town|village|county|state|province|country|nation|continent|region|district|place|location|island|river|lake"
    r"|street|address|port|birthplace"
)
_TIMES = r"year|day|date|month|time|century|decade"
_SIZES = r"share|percentage|number|amount|price|figure|sum|proportion|age|population"
# In the order in which they are tried: "how many people" asks for a number.
_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("choice", re.compile(r"\b(?:which|what|who)\b.*[,:] .+ or .+|중에?서? (?:누가|어느)", re.I)),
    ("number", re.compile(
        rf"\bhow (?:many|much|large|big|high|tall|old|far|long|often|deep|wide|heavy)\b|몇|얼마"
        rf"|\b(?:what|which)(?: (?:is|was|were) the)? (?:\w+ )?(?:{_SIZES})\b", re.I)),
    ("date", re.compile(rf"\bwhen\b|\b(?:what|which) (?:{_TIMES})\b|언제|며칠", re.I)),
    ("reason", re.compile(r"\bwhy\b|\bwhat (?:caused|led|(?:is|was) the (?:reason|cause))\b|왜|이유|원인", re.I)),
    ("place", re.compile(rf"\bwhere\b|\b(?:which|what)(?: (?:is|was) the)? (?:\w+ )?(?:{_PLACES})\b|어디", re.I)),
    ("person", re.compile(
        rf"\bwho(?:m|se)?\b|누구|누가|\b(?:which|what)(?: (?:is|was) the)? (?:\w+ )?(?:{_PEOPLE})\b", re.I)),
    ("yes/no", re.compile(rf"\W*{_AUXILIARY}\b.*\?|\W*{_AUXILIARY}\b", re.I)),
    ("entity", re.compile(r"\b(?:what|which)\b|무엇|무슨|어느|어떤", re.I)),
)  # fmt: skip
_DEFINES = re.compile(
    r"\W*(?:(?:who|what)(?: is|['’]s| are| was| were)(?: an?| the)? ([^,?]+?)"
    r"|([^,?]+?)(?:[은는이가])? (?:누구|무엇)[가-힣]*)\W*\Z",
    re.I,
)
_CAPITAL = rf"(?:[A-Z\u00c0-\u00de][\w{APOSTROPHES}.-]*)"
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_NUMBER_WORDS = (
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|half|twice"
)
_HOLDS: dict[str, re.Pattern[str]] = {
    "number": re.compile(rf"\d[\d.,]*|\b(?:{_NUMBER_WORDS})\b", re.I),
    "date": re.compile(
        rf"(?:\b\d{{1,2}} )?\b{_MONTH}\b(?: \d{{1,2}}\b)?(?:,? \d{{4}}\b)?"
        r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b1\d\d\d\b|\b20\d\d\b|\d{1,4}년|\d{1,2}[월일]|\b(?:yesterday|today|tomorrow)\b"
    ),
    "person": re.compile(
        rf"\b{_CAPITAL}(?: (?:van|von|de|der|da|la|del|bin|al|of|the|{_CAPITAL}))* {_CAPITAL}"
        r"|[가-힣]{2,4}(?= [가-힣]{2,4}[은는이가])"
    ),
    "place": re.compile(
        rf"(?<=\b[Ii]n )(?:the )?{_CAPITAL}|(?<=\b[Aa]t )(?:the )?{_CAPITAL}"
        rf"|(?<=\b(?:[Nn]ear|[Ff]rom) )(?:the )?{_CAPITAL}"
        rf"|(?<=\b(?:to|of) )(?:the )?{_CAPITAL}|(?<=, ){_CAPITAL}|[가-힣]+(?:에서|시|구|항|군|도)\b"
    ),
    "reason": re.compile(
        r"\b(?:because|due to|owing to|since|caused?|blamed?|following|result(?:ed|s)?|in order to|so that)\b"
        r"|때문|따라|이유|원인|탓|위해"
    ),
    "definition": re.compile(r"\b(?:is|was|are|were) (?:an?|the|one of)\b|, (?:an?|the) |[가-힣]+(?:이다|인|으로서)\b"),
    "entity": re.compile(rf"\b{_CAPITAL}|[\"“][^\"”]+[\"”]|[가-힣]{{2,}}"),
}  # fmt: skip


def kind_of_question(text: str, names: tuple[str, ...] = ()) -> Kind:
    """The kind of thing that `text` asks for; "" where it does not tell. "Who is X", X a name, wants a definition."""
    if (found := _DEFINES.fullmatch(text.strip())) and names:
        subject = (found[1] or found[2]).casefold()
        if any(name.casefold().endswith(subject) for name in names):
            return "definition"
    return next(
        (kind for kind, pattern in _ASKS if pattern.match(text) or (kind != "yes/no" and pattern.search(text))), ""
    )


@lru_cache(maxsize=16384)
def things(kind: str, text: str) -> tuple[tuple[int, int], ...]:
    """The spans of things of that kind in a sentence, in order; none of a kind that has no look."""
    pattern = _HOLDS.get(kind)
    return tuple(match.span() for match in pattern.finditer(text)) if pattern else ()
