"""question -> the entities it names, by the longest names of the index that stand in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from graphrag_drift.language.terms import terms

_FILE_NAME = re.compile(r"\S+\.\w{1,5}")
_QUALIFIER = re.compile(r"\s*\([^()]*\)\s*$")
LONGEST_NAME = 16  # terms


def name_key(name: str) -> str:
    """What two spellings of one name have in common: its terms."""
    return " ".join(terms(name))


def heading(title: str) -> str:
    """What a document with this title is about: the title without a closing qualifier, "Pulse (film)" -> "Pulse".

    "" for what only tells documents apart: a file's name, a number.
    """
    if _FILE_NAME.fullmatch(title) or not any(character.isalpha() for character in title):
        return ""
    return _QUALIFIER.sub("", title) or title


def link(question: str, names: Mapping[str, tuple[int, ...]]) -> list[tuple[str, tuple[int, ...]]]:
    """The longest names in `question`, left to right, none inside another, with the rows they may mean."""
    words = terms(question)
    found: list[tuple[str, tuple[int, ...]]] = []
    position = 0
    while position < len(words):
        for end in range(min(len(words), position + LONGEST_NAME), position, -1):
            rows = names.get(" ".join(words[position:end]))
            if rows:
                found.append((" ".join(words[position:end]), rows))
                position = end
                break
        else:
            position += 1
    return found
