"""Names that a model gave as read in a text, and that stand nowhere in it: small models make up one in six.

A name is taken if the text writes it, half of its words, its initials or a capitalised word of it. In another script
than the text it may be a translation, of which nothing is known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from graphrag_drift.language.terms import terms

_HALF = 0.5
_WORD = re.compile(r"[^\W\d_]+")


def stands_in(name: str, text: str, instructions: str = "") -> bool:
    """Whether `name` can have been read in `text`.

    A name that stands in the `instructions`, as those of an example do, must stand in the text as it is.
    """
    whole = _compact(name)
    if not whole or whole in _compact(text):
        return True
    if whole in _compact(instructions):
        return False
    if _script(name) != _script(text):
        return True
    words = set(terms(name))
    if len(words & set(terms(text))) >= _HALF * len(words):
        return True
    written = set(_WORD.findall(text))
    own = [word for word in _WORD.findall(name) if word[0].isupper()]
    initials = "".join(word[0] for word in own)
    return any(len(word) > 1 and word in written for word in own) or (len(initials) > 1 and initials in _dotless(text))


def _compact(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _dotless(text: str) -> set[str]:
    """The words of a text, "U.S." as US."""
    return set(_WORD.findall(text.replace(".", "")))


def _script(text: str) -> str:
    """The script of most of its letters, "" without any."""
    letters = (unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    most = Counter(letters).most_common(1)
    return most[0][0] if most else ""
