"""Capitalised words around "and" -> whether it stands inside one name, as in Food and Drug Administration.

Shown by the letters of an acronym that the corpus writes, or by words of the kind that offices are named after. Between
two names of which neither shows anything, "and" parts them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from graphrag_drift.language.statistics import Statistics
from graphrag_drift.names.lists import heads, word_list

if TYPE_CHECKING:
    from graphrag_drift.names.capitals import Token

_HEADS = heads()
# A centre is a building, but a centre for something an institution.
FOR_SOMETHING = word_list("organization_heads") | {"center", "centers", "centre", "centres"}
_NAMES = word_list("places") | word_list("given_names") | word_list("demonyms")
# Endings of nouns for what one does, is or studies, after which offices and agencies are named, and of adjectives.
_ABSTRACT = re.compile(r"\w{3,}(?:tion|sion|ment|ness|ity|ance|ence|ing|ics|ism|ship|ture|logy)s?|\w{3,}(?:itie|esse)s")
_ADJECTIVE = re.compile(r"\w{3,}(?:[ct]?ial|[ntr]al|ic|ive|ary)")
_SHORTEST = 3  # letters of an acronym that proves anything


def is_link(token: Token) -> bool:
    return token.text.islower() or token.text in "-&"


def up_to_link(tokens: Sequence[Token]) -> list[Token]:
    return list(takewhile(lambda token: not is_link(token), tokens))


def joins(left: Sequence[Token], right: Sequence[Token], statistics: Statistics) -> bool:
    """Whether "and" between them is inside a name: Department of Health and Human Services."""
    content = up_to_link(right)
    if not content:
        return False
    if _is_spelled(left, content, statistics):
        return True
    keys = [token.key for token in left]
    offices = ("of" in keys or "for" in keys) and not FOR_SOMETHING.isdisjoint(keys)
    if not _is_subject(content[0].key, statistics):
        return offices and _is_described(content) and keys[-1] not in _NAMES
    if offices:
        return True
    if not _is_subject(keys[-1], statistics) or keys[-1] in _HEADS or len(content) < 2:
        return False
    abstract = _ABSTRACT.fullmatch(keys[-1]) is not None
    return content[-1].key in _HEADS or (abstract and all(_is_subject(token.key, statistics) for token in content))


def _is_spelled(left: Sequence[Token], content: Sequence[Token], statistics: Statistics) -> bool:
    """Whether the corpus writes a word of the initials of a name of both: SEC, FDA."""
    ends = [number for number, token in enumerate(content, start=1) if token.key in _HEADS]
    words = [token for token in left if not is_link(token)]
    for start in range(len(words)):
        for end in ends:
            initials = "".join(token.key[0] for token in (*words[start:], *content[:end]))
            if len(initials) >= _SHORTEST and statistics.is_name(initials):
                return True
    return False


def _is_described(content: Sequence[Token]) -> bool:
    """Whether an adjective and its noun follow: ... of Health and | Social Affairs."""
    keys = [token.key for token in content]
    return len(keys) == 2 and _NAMES.isdisjoint(keys) and bool(_ADJECTIVE.fullmatch(keys[0])) and keys[1].endswith("s")


def _is_subject(word: str, statistics: Statistics) -> bool:
    """Whether `word` is of the kind offices and agencies are named after."""
    return statistics.is_written_small(word) or _ABSTRACT.fullmatch(word) is not None
