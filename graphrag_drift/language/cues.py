"""What a question asks for, its kind and its word for it, and whether a sentence holds one: a person, a date, ...

Told by the question's own words and by the look of the sentence, in the package's languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import get_args

from graphrag_drift.language.detect import LANGUAGES, SCRIPTED, either
from graphrag_drift.language.language import Cue, Language
from graphrag_drift.language.terms import STOPWORDS

# The kinds in the order in which they are tried: "how many people" asks for a number, not for a person.
_KINDS: tuple[Cue, ...] = get_args(Cue)
_ANYWHERE: dict[Cue, str] = {"number": r"\d"}  # what tells a kind in any language
_MOST_FOCUS = 2  # words


def _asks(kind: Cue) -> re.Pattern[str]:
    return re.compile(either(lambda language: language.asking.asks.get(kind, "")), re.I)


def _holds(kind: Cue) -> re.Pattern[str]:
    patterns = [_ANYWHERE.get(kind, ""), *(language.asking.holds.get(kind, "") for language in LANGUAGES)]
    return re.compile("|".join(filter(None, patterns)))


def _focus(language: Language) -> re.Pattern[str]:
    return re.compile(language.asking.focus or r"(?!)")


_ASKS = {kind: _asks(kind) for kind in _KINDS}
_HOLDS = {str(kind): _holds(kind) for kind in _KINDS}
_WITH_SCRIPT = [_focus(language) for language in SCRIPTED]
_WITHOUT = [_focus(language) for language in LANGUAGES if language not in SCRIPTED]


def cue_of(question: str) -> str:
    """The kind of thing asked for, or "" if the question does not tell."""
    return next((kind for kind, pattern in _ASKS.items() if pattern.search(question)), "")


def focus_of(question: str) -> tuple[str, ...]:
    """The question's words for what it asks for: "treasurer" of "Who is the treasurer of the fund?"; or none.

    Source: the question focus of Moldovan et al., "The Structure and Performance of an Open-Domain Question Answering
    System", ACL 2000.
    """
    for pattern in _WITH_SCRIPT:
        if match := pattern.search(question):
            return tuple(word for word in match.groups() if word)
    match = next(filter(None, (pattern.search(question) for pattern in _WITHOUT)), None)
    focus: list[str] = []
    for word in match[1].split() if match else ():
        if word not in STOPWORDS:
            focus.append(word)
        elif focus:
            break
    return tuple(focus[:_MOST_FOCUS])


def holds(kind: str, question: str) -> Callable[[str], bool]:
    """Whether a sentence holds something of that kind that `question` does not name; of no kind, none does."""
    pattern = _HOLDS.get(kind)
    if pattern is None:
        return lambda text: False
    known = question.casefold()
    return lambda text: any(match[0].casefold() not in known for match in pattern.finditer(text))
