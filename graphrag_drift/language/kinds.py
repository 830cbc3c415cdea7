"""A name in its sentence -> person, organization, place, event, or an honest "other".

Decided by the words of the name and those around it; no list of people or companies.
"""

import re

from graphrag_drift.language.lexicon import (
    EVENT_HEADS,
    GIVEN_NAMES,
    HEADS,
    ORGANIZATION_HEADS,
    PLACE_FRONTS,
    PLACE_HEADS,
    PLACES,
    TITLES,
)

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_LAST_WORD = re.compile(r"([^\W\d_]+)[.,]?\s*\Z")
_PLACED = re.compile(r"\b(?:in|near|across|throughout|(?:city|town|village|port|state|province|island) of)\s\Z", re.I)
_TELLS = re.compile(
    r",?\s(?:said|says|told|added|wrote|tweeted|testified|argued|replied|married|died|resigned|graduated|was born|"
    r"who|whose|\((?:born|b\.|[^()\d]{0,12}\d{1,2}\s\w+\s\d{4}|\d{4}\s?[-–]))|,\s\d\d,"
)
_LEGAL = re.compile(r",?\s(?:Inc|Ltd|LLC|PLC|Corp|GmbH)\b")
_AFTER_COMMA = re.compile(r",\s((?:[A-Z][\w.]*\s?){1,3})")
_ROLES = TITLES | frozenset(
    "actor actress singer author writer poet composer novelist painter journalist lawyer professor economist "
    "scientist researcher historian architect engineer politician player footballer manager founder executive "
    "husband wife son daughter father mother brother sister widow named musician rapper filmmaker producer".split()
)
_NOT_PERSON = re.compile(r"[\d&/]|\b(?:of|for|and|the)\b", re.I)
_INITIALS = re.compile(r"(?:[A-Z]\.\s?)+[A-Z][a-z]|[A-Z][a-z]+\s[A-Z]\.\s[A-Z]")
_ROMAN = re.compile(r"[ivxlc]+")


def kind_of(name: str, before: str, after: str) -> str:
    """The kind of `name`, where `before` and `after` are the text of its sentence around it."""
    words = [word.casefold() for word in _WORD.findall(name)]
    if not words:
        return "other"
    return _by_own_words(name, words) or _by_context(name, words, before, after) or "other"


def _by_own_words(name: str, words: list[str]) -> str | None:
    if name.casefold().rstrip(".") in PLACES:
        return "place"
    if len(words) == 1:
        return None
    head = _head(words)
    if head in EVENT_HEADS:
        return "event"
    if head in ORGANIZATION_HEADS:
        return "organization"
    if head in PLACE_HEADS or words[0] in PLACE_FRONTS:
        return "place"
    personal = len(words) <= 4 and not _NOT_PERSON.search(name) and HEADS.isdisjoint(words)
    return "person" if personal and (words[0] in GIVEN_NAMES or _INITIALS.match(name)) else None


def _head(words: list[str]) -> str:
    """The word that says what is named: the last one, or the one before "of", "for" and numbers."""
    for i, word in enumerate(words):
        if word in ("of", "for", "on") and i and words[i - 1] in HEADS:
            return words[i - 1]
    return next((word for word in reversed(words) if not word.isdigit() and not _ROMAN.fullmatch(word)), words[-1])


def _by_context(name: str, words: list[str], before: str, after: str) -> str | None:
    last = _LAST_WORD.search(before[-30:])
    previous = last.group(1).casefold() if last else ""
    personal = len(words) <= 4 and not _NOT_PERSON.search(name) and not name.isupper()
    if personal and (previous in _ROLES or _TELLS.match(after)):
        return "person"
    if _PLACED.search(before) and len(words) <= 3 and not name.isupper():
        return "place"
    if _is_placed_by(after) and len(words) <= 3:
        return "place"
    if _LEGAL.match(after) or name.isupper() and 2 < len(name) <= 6:
        return "organization"
    return None


def _is_placed_by(after: str) -> bool:
    """Whether a known place follows after a comma: Spartanburg, South Carolina."""
    following = _AFTER_COMMA.match(after)
    if following is None:
        return False
    words = following.group(1).casefold().split()
    return any(" ".join(words[:count]) in PLACES for count in (1, 2, 3))
