"""A name in its sentence -> person, organization, place, event, or an honest "other".

Decided by the words of the name and those around it; no list of people or companies.
"""

import re

from graphrag_drift.language.english import ARTICLES
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.names.forms import SUFFIXES
from graphrag_drift.names.lists import heads, titles, word_list
from graphrag_drift.patterns import lazy_pattern

_EVENT_HEADS = word_list("event_heads")
_ORGANIZATION_HEADS = word_list("organization_heads")
_PLACE_HEADS = word_list("place_heads")
_HEADS = heads()
_PLACE_FRONTS = word_list("place_fronts")
_PLACES = word_list("places")
_GIVEN_NAMES = word_list("given_names")
_TITLES = titles()
_FRONT_FORMS = ("SAS", "SASU", "SARL", "EURL", "SNC", "SCI", "Oy", "Société")  # in front of a company's name

_WORD = lazy_pattern(rf"[^\W_]+(?:[{APOSTROPHES}.&-][^\W_]+)*")
_LAST_WORD = lazy_pattern(r"([^\W\d_]+)[.,]?\s*\Z")
_PLACED = lazy_pattern(r"\b(?:in|near|across|throughout|(?:city|town|village|port|state|province|island) of)\s\Z", re.I)
_TELLS = lazy_pattern(
    r",?\s(?:said|says|told|added|wrote|tweeted|testified|argued|replied|married|died|resigned|graduated|was born|"
    r"who|whose|\((?:born|b\.|[^()\d]{0,12}\d{1,2}\s\w+\s\d{4}|\d{4}\s?[-–]))|,\s\d\d,"
)
_PROFESSION = (
    r"actor|actress|singer|songwriter|author|writer|poet|composer|novelist|painter|artist|journalist|lawyer|professor|"
    r"economist|scientist|researcher|historian|architect|engineer|politician|player|footballer|cricketer|athlete|manager|"
    r"founder|executive|musician|rapper|filmmaker|producer|director|coach|officer|swimmer|runner|boxer|wrestler|"
    r"physicist|chemist|biologist|mathematician|philosopher|theologian|priest|bishop|statesman|diplomat|businessman|"
    r"businesswoman|activist|model|comedian|dancer|pianist|guitarist|drummer|skater|skier|cyclist|driver|golfer"
)
_IS_SOMEBODY = lazy_pattern(
    rf"(?:\s\([^()]*\))?,?\s(?:(?:is|was)\s)?(?:an?|the)\s(?:[\w{APOSTROPHES}-]+\s){{0,4}}(?:{_PROFESSION})\b"
)
_MADE_BY = lazy_pattern(
    r"\b(?:written|directed|composed|produced|sung|played|portrayed|painted|founded|led) by\s\Z|\bstarring\s\Z"
)
_BEFORE = 40  # characters; more than the longest words that say of what kind a name behind them is
_ACRONYM = lazy_pattern(r"(?=.{3,6}\Z)[A-Z]+")
# What people do together, or is done for them: an acronym that none of this follows may be a word for anything.
_ACTS = lazy_pattern(
    rf"(?:[{APOSTROPHES}]s?)?\s(?:(?:has|have|had)\s)?(?:said|says|announced|announces|agreed|voted|ruled|approved|"
    r"launched|hired|appointed|elected|sued|decided|claimed|denied|declined|reported|published|signed|headquarters|"
    r"officials?|officers?|executives?|spokes\w+|members?|employees|staff|leaders?|chair\w*|president|director|board)\b"
)
_PART_OF = lazy_pattern(
    r"\b(?:members?|officials?|officers?|spokes\w+|directors?|heads?|presidents?|chair\w*|employees|staff|agents?|"
    r"founders?)\s(?:of|at|for|with|from)\s(?:the\s)?\Z"
)
_CENTRE = lazy_pattern(r"\bcent(?:er|re)s?\sfor\b", re.I)
_DEFINED = lazy_pattern(r"([^\W\d_]+)\s\(\Z")
_LEGAL = lazy_pattern(r",?\s(?:Inc|Ltd|LLC|PLC|Corp|GmbH)\b")
_AFTER_COMMA = lazy_pattern(r",\s((?:[A-Z][\w.]*\s?){1,3})")
_ROLES = _TITLES | word_set(f"{_PROFESSION} husband wife son daughter mother widow named".replace("|", " "))
_NOT_PERSON = lazy_pattern(r"[\d&/]|\b(?:of|for|and|the)\b", re.I)
_INITIALS = lazy_pattern(r"(?:[A-Z]\.\s?)+[A-Z][a-z]|[A-Z][a-z]+\s[A-Z]\.\s[A-Z]")
_ROMAN = lazy_pattern(r"[ivxlc]+")


def kind_of(name: str, before: str, after: str) -> str:
    """The kind of `name`, where `before` and `after` are the text of its sentence around it."""
    words = [word.casefold() for word in _WORD.findall(name)]
    if not words:
        return "other"
    return _by_own_words(name, words) or _by_context(name, words, before, after) or "other"


def _by_own_words(name: str, words: list[str]) -> str | None:
    if name.casefold().rstrip(".") in _PLACES:
        return "place"
    if len(words) == 1:
        return None
    head = _head(words)
    if len(words) == 2 and words[0] in _GIVEN_NAMES and words[1] in _PLACE_HEADS:
        return None  # Daniel Park, Victoria Park
    if head in _EVENT_HEADS:
        return "event"
    named = [word for word in words if not word.isdigit()]
    if (
        (head in _ORGANIZATION_HEADS and len(named) > 1)
        or _CENTRE.search(name)
        or words[-1] in SUFFIXES
        or name.split()[0] in _FRONT_FORMS
    ):
        return "organization"
    if head in _PLACE_HEADS or words[0] in _PLACE_FRONTS:
        return "place"
    personal = len(words) <= 4 and not _NOT_PERSON.search(name) and _HEADS.isdisjoint(words)
    return "person" if personal and (words[0] in _GIVEN_NAMES or _INITIALS.match(name)) else None


def is_placed_by_context(name: str) -> bool:
    """Whether `name` is no place by what it is called, nor one of the atlas, so that its sentence alone can say so."""
    words = [word.casefold() for word in _WORD.findall(name)]
    return name.casefold().rstrip(".") not in _PLACES and (len(words) < 2 or _head(words) not in _PLACE_HEADS)


def _head(words: list[str]) -> str:
    """The word that says what is named: the last one, or the one before "of", "for" and numbers."""
    for i, word in enumerate(words):
        if word in ("of", "for", "on") and i and words[i - 1] in _HEADS:
            return words[i - 1]
    return next((word for word in reversed(words) if not word.isdigit() and not _ROMAN.fullmatch(word)), words[-1])


def _by_context(name: str, words: list[str], before: str, after: str) -> str | None:
    last = _LAST_WORD.search(before[-30:])
    before = before[-_BEFORE:]
    previous = last.group(1).casefold() if last else ""
    personal = len(words) <= 4 and not _NOT_PERSON.search(name) and not name.isupper()
    personal = personal and previous not in ARTICLES
    if personal and (previous in _ROLES or _TELLS.match(after) or _IS_SOMEBODY.match(after) or _MADE_BY.search(before)):
        return "person"
    if _PLACED.search(before) and len(words) <= 3 and not name.isupper() and not after.startswith(tuple(APOSTROPHES)):
        return "place"
    if _is_placed_by(after) and len(words) <= 3:
        return "place"
    acronym = _ACRONYM.fullmatch(name)
    if _LEGAL.match(after) or (acronym and (_ACTS.match(after) or _PART_OF.search(before) or _is_defined(before))):
        return "organization"
    return None


def _is_defined(before: str) -> bool:
    """Whether it stands in parentheses behind an organization: the Dockworkers Federation (IDF)."""
    defined = _DEFINED.search(before)
    return defined is not None and defined[1].casefold() in _ORGANIZATION_HEADS


def _is_placed_by(after: str) -> bool:
    """Whether a known place follows after a comma: Spartanburg, South Carolina."""
    following = _AFTER_COMMA.match(after)
    if following is None:
        return False
    words = following.group(1).casefold().split()
    return any(" ".join(words[:count]) in _PLACES for count in (1, 2, 3))
