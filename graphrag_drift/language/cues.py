"""What a question asks for, its kind and its word for it, and where a sentence holds such a thing: a person, a date.

Told by words and shapes, in the package's languages. It does not tell what the thing has to do with the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import get_args

from graphrag_drift.language.detect import LANGUAGES, SCRIPTED, either
from graphrag_drift.language.language import Kind, Language
from graphrag_drift.language.terms import STOPWORDS
from graphrag_drift.patterns import lazy_pattern

_KINDS: tuple[Kind, ...] = get_args(Kind)
_ANYWHERE: dict[Kind, str] = {"number": r"\d[\d.,]*", "entity": r"[\"“][^\"”]+[\"”]"}  # in any language
_ANY_SENTENCE = ("entity", "definition")
_MOST_FOCUS = 2  # words


def _asks(kind: Kind) -> re.Pattern[str] | None:
    pattern = either(lambda language: language.asking.asks.get(kind, ""))
    return lazy_pattern(pattern, re.I) if pattern else None


def _holds(kind: Kind) -> re.Pattern[str] | None:
    patterns = [_ANYWHERE.get(kind, ""), *(language.asking.holds.get(kind, "") for language in LANGUAGES)]
    pattern = "|".join(filter(None, patterns))
    return lazy_pattern(pattern) if pattern else None


def _focus(language: Language) -> re.Pattern[str]:
    return lazy_pattern(language.asking.focus or r"(?!)")


_ASKS = {kind: pattern for kind in _KINDS if (pattern := _asks(kind))}
_HOLDS = {str(kind): pattern for kind in _KINDS if (pattern := _holds(kind))}
_MEASURED = [
    (lazy_pattern(measured.asked, re.I), lazy_pattern(measured.after, re.I), lazy_pattern(rf"(?:{measured.before})\Z"))
    for language in LANGUAGES
    for measured in language.asking.measured
]
_DEFINES = lazy_pattern(rf"\W*(?:{either(lambda language: language.asking.defines)})\W*\Z", re.I)
_EXPLAINS = lazy_pattern(rf"\W*(?:{either(lambda language: language.asking.explains)})\W*\Z", re.I)
_MOST_EXPLAINED = 4  # words
_WITH_SCRIPT = [_focus(language) for language in SCRIPTED]
_WITHOUT = [_focus(language) for language in LANGUAGES if language not in SCRIPTED]


@lru_cache(maxsize=256)
def kind_of_question(text: str, names: tuple[str, ...] = ()) -> Kind:
    """The kind of thing that `text` asks for; "" where it does not tell. "Who is X", X a name, wants a definition."""
    if names and (match := _DEFINES.fullmatch(text.strip())):
        subject = next(filter(None, match.groups())).casefold()
        if any(name.casefold().endswith(subject) for name in names):
            return "definition"
    return next((kind for kind, pattern in _ASKS.items() if pattern.search(text)), "")


@lru_cache(maxsize=256)
def word_explained(question: str) -> str:
    """The word or phrase whose meaning is asked for: "text unit" of "What is a text unit?"; "" if none is."""
    match = _EXPLAINS.fullmatch(question.strip())
    phrase = next(filter(None, match.groups())) if match else ""
    spelled = phrase.casefold().split()
    return phrase if len(spelled) <= _MOST_EXPLAINED and STOPWORDS.isdisjoint(spelled) else ""


@lru_cache(maxsize=256)
def asking_span(text: str) -> tuple[int, int]:
    """Where `text` says which kind of thing it asks for: "how old", "what caused"; (0, 0) where it does not."""
    kind = kind_of_question(text)
    match = _ASKS[kind].search(text) if kind in _ASKS and kind != "choice" else None
    return match.span() if match else (0, 0)


@lru_cache(maxsize=16384)
def things(kind: str, text: str) -> tuple[tuple[int, int], ...]:
    """The spans of things of that kind in a sentence, in order; none of a kind that has no look."""
    pattern = _HOLDS.get(kind)
    return tuple(match.span() for match in pattern.finditer(text)) if pattern else ()


def things_asked(kind: str, question: str, text: str) -> tuple[tuple[int, int], ...]:
    """`things` of a sentence that `question` can mean: of figures those of what it measures, days of "how long"."""
    spans, measured = things(kind, text), _measured(question) if kind == "number" else None
    if measured is None:
        return spans
    after, before = measured
    return tuple(span for span in spans if after.match(text, span[1]) or before.search(text[: span[0]]))


@lru_cache(maxsize=256)
def _measured(question: str) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """What stands after, or before, a figure of what the question measures; None where it is a mere number."""
    return next(((after, before) for asked, after, before in _MEASURED if asked.search(question)), None)


def holds(kind: str, question: str) -> Callable[[str], bool]:
    """Whether a sentence holds something of that kind that `question` does not name; not of kinds that any sentence
    has."""
    if kind in _ANY_SENTENCE:
        return lambda text: False
    known = question.casefold()
    return lambda text: any(
        text[start:end].casefold() not in known for start, end in things_asked(kind, question, text)
    )


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
