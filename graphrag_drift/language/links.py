"""Capitalised tokens -> whether what stands between or beside them makes them one name or several.

Judged by word lists and by how the corpus writes the words; nothing is remembered between calls.
"""

from collections.abc import Sequence
from itertools import takewhile

from graphrag_drift.language.capitals import Token
from graphrag_drift.language.lexicon import (
    GIVEN_NAMES,
    HEADS,
    JOINED_BY_IN,
    JOINED_BY_ON,
    OFFICES,
    ORGANIZATION_HEADS,
    PLACES,
    SUBJECTS,
    TITLES,
)
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.language.terms import straight

_NO_PERSON = HEADS | JOINED_BY_ON | PLACES


def is_link(token: Token) -> bool:
    return token.text.islower() or token.text in "-&"


def up_to_link(tokens: Sequence[Token]) -> list[Token]:
    return list(takewhile(lambda token: not is_link(token), tokens))


def holds(left: list[Token], link: Token, right: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether `link` is inside a name that begins with `left`."""
    if not left:
        return False
    last, word = left[-1], link.text
    if word == "of":
        return last.key not in OFFICES and not (is_person_like(left, vocabulary) or _is_given_and_surname(left))
    if word == "for":
        return any(token.key in ORGANIZATION_HEADS for token in left)
    if word == "in":
        return last.key in JOINED_BY_IN and right[:1] != [] and right[0].key not in PLACES
    if word == "on":
        return any(token.key in JOINED_BY_ON for token in left)
    if word == "the":
        return last.text in ("of", "for", "on")
    if word == "-":  # a hyphen with spaces, not the dash of a dateline
        return not last.text.isupper() and right[:1] != [] and not vocabulary.is_common(right[0].key)
    if word == "and":
        return _joins(left, right, vocabulary)
    return True


def _joins(left: list[Token], right: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether "and" is inside a name: Department of Health and Human Services, Food and Drug Administration."""
    content = up_to_link(right)
    if not content or not _is_subject(content[0].key, vocabulary):
        return False
    keys = [token.key for token in left]
    if ("of" in keys or "for" in keys) and not ORGANIZATION_HEADS.isdisjoint(keys):
        return True
    known = _is_subject(keys[-1], vocabulary) and keys[-1] not in HEADS
    return known and len(content) > 1 and content[-1].key in HEADS


def _is_subject(word: str, vocabulary: Vocabulary) -> bool:
    """Whether `word` is of the kind offices and agencies are named after."""
    return word in SUBJECTS or vocabulary.lower.get(word, 0) > 0


def is_person_like(tokens: list[Token], vocabulary: Vocabulary) -> bool:
    """Two to four capitalised words, none of which is a common word: Maria Smith, not National Register."""
    return (
        2 <= len(tokens) <= 4
        and tokens[-1].key not in TITLES
        and all(_may_be_in_person(token, vocabulary) for token in tokens if token.key not in TITLES)
    )


def _is_given_and_surname(tokens: list[Token]) -> bool:
    bare = [token for token in tokens if token.key not in TITLES]
    return len(bare) == 2 and bare[0].key in GIVEN_NAMES and bare[1].key not in ORGANIZATION_HEADS


def is_titled_person(tokens: list[Token], vocabulary: Vocabulary) -> bool:
    """As `is_person_like`, where a title before the tokens vouches for a given name: Capt. Daniel Park."""
    given = 2 <= len(tokens) <= 3 and tokens[0].key in GIVEN_NAMES and all(token.text[0].isupper() for token in tokens)
    return given or is_person_like(tokens, vocabulary)


def _may_be_in_person(token: Token, vocabulary: Vocabulary) -> bool:
    if not token.text[0].isupper() or token.key in _NO_PERSON:
        return False
    return token.key in GIVEN_NAMES or not vocabulary.lower.get(token.key)


def owns(part: list[Token], rest: list[Token], vocabulary: Vocabulary) -> bool:
    """Whether the possessive that ends `part` names an owner (France's Macron), not a name's part (King's College)."""
    last = part[-1]
    text = straight(last.text)
    if not text.endswith(("'s", "s'")) or (text.endswith("s'") and len(part) == 1):
        return False
    if vocabulary.is_common(last.key) and len(part) == 1:
        return False
    single_head = len(rest) == 1 and rest[0].key in HEADS
    return not (single_head and last.key not in PLACES and len(part) <= 2)
