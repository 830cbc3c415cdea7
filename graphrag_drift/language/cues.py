"""What a question asks for, its kind and its word for it, and whether a sentence holds one: a person, a date, ...

Told by the question's own words and by the look of the sentence, in English and Korean.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from graphrag_drift.language.terms import APOSTROPHES, STOPWORDS

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_NUMBER_WORDS = r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|half"
_KOREAN_OFFICES = r"대표|회장|사장|부사장|위원장|장관|의원|대통령|교수|시장|지부장|선장|본부장|박사|기자|판사|변호사"
# The kinds in the order in which they are tried: "how many people" asks for a number, not for a person.
_ASKS = {
    "number": re.compile(
        r"\bhow (?:many|much|large|big|high|tall|old|far|long|often)\b|몇|얼마"
        r"|\b(?:what|which) (?:share|percentage|number|amount|price|figure|sum|proportion)\b",
        re.I,
    ),
    "date": re.compile(r"\bwhen\b|\b(?:what|which|on what|in what) (?:year|day|date|month|time)\b|언제|며칠", re.I),
    "person": re.compile(
        r"\bwho(?:m|se)?\b|누구|누가"
        r"|\b(?:which|what) (?:person|individual|man|woman|actor|politician|nurse|judge|candidate)\b",
        re.I,
    ),
    "place": re.compile(
        r"\bwhere\b|\b(?:which|what) (?:city|country|place|state|county|town|port|location|address)\b|어디", re.I
    ),
    "reason": re.compile(r"\bwhy\b|\bwhat (?:caused|led|reason)\b|왜|이유|원인", re.I),
}
_HOLDS = {
    "number": re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.I),
    "date": re.compile(
        rf"\b{_MONTH}\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:1[5-9]|20)\d\d\b|\d{{1,2}}(?:월|일)"
        r"|\b(?:yesterday|last|ago)\b"
    ),
    "person": re.compile(
        rf"\b(?:[A-Z][\w{APOSTROPHES}-]+|[A-Z]\.) (?:[A-Z]\. )?[A-Z][\w{APOSTROPHES}-]+"
        rf"|[가-힣]{{2,4}} (?:{_KOREAN_OFFICES})"
    ),
    "place": re.compile(
        r"\b(?:in|at|near|from|to|outside|of) (?:the )?(?:\d+ )?[A-Z]|[가-힣]+(?:에서|시|구|항|군|도)\b"
    ),
    "reason": re.compile(
        r"\b(?:because|due to|after|over|caused|blamed|amid|following|result(?:ed)?|since)\b"
        r"|때문|따라|이유|원인|탓|위해"
    ),
}
_ASKED_FOR = re.compile(rf"\b(?i:who(?:m|se)?|what|which|how (?:many|much))((?:\s+[a-z][a-z{APOSTROPHES}-]*){{1,8}})")
_KOREAN_ASKED_FOR = re.compile(r"([가-힣]+)\s+(?:누구|무엇|얼마|언제|어디|몇)|(?:어떤|무슨|어느)\s+([가-힣]+)")
_MOST_FOCUS = 2  # words


def cue_of(question: str) -> str:
    """The kind of thing asked for, or "" if the question does not tell."""
    return next((kind for kind, pattern in _ASKS.items() if pattern.search(question)), "")


def focus_of(question: str) -> tuple[str, ...]:
    """The question's words for what it asks for: "treasurer" of "Who is the treasurer of the fund?"; or none.

    Source: the question focus of Moldovan et al., "The Structure and Performance of an Open-Domain Question Answering
    System", ACL 2000.
    """
    if found := _KOREAN_ASKED_FOR.search(question):
        return tuple(word for word in found.groups() if word)
    found = _ASKED_FOR.search(question)
    words: list[str] = []
    for word in found[1].split() if found else ():
        if word not in STOPWORDS:
            words.append(word)
        elif words:
            break
    return tuple(words[:_MOST_FOCUS])


def holds(kind: str, question: str) -> Callable[[str], bool]:
    """Whether a sentence holds something of that kind that `question` does not name; of no kind, none does."""
    pattern = _HOLDS.get(kind)
    if pattern is None:
        return lambda text: False
    known = question.casefold()
    return lambda text: any(found[0].casefold() not in known for found in pattern.finditer(text))
