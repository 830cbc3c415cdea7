"""A text and the names that a model found in it -> whether the text is worth reading once more.

A further reading costs as many tokens as the first, and most find nothing. Names are looked for by capitals and, where
a script has none, by what else tells them; which is rough, so that one name more is no reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from graphrag_drift.language.detect import either
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import terms
from graphrag_drift.names.find import find_names
from graphrag_drift.names.lists import word_list

_BYLINE = re.compile(either(lambda language: language.prose.byline))
_WRITERS = re.compile(r"^(?:author|source): (.+)$", re.MULTILINE)
_DEMONYMS = word_list("demonyms")
_WORTH = 2  # names that were not found; a single one is often a title, a headline's word or an adjective


def names_more(text: str, found: Iterable[str], document: str = "") -> bool:
    """Whether `text` writes names of which `found` holds neither whole, part nor initials.

    Those of bylines, and of the author and source that the lines of `document` tell, are no such; nor is an acronym
    in brackets behind its long form, nor "South Korean".
    """
    known = [(frozenset(terms(name)), _initials(name)) for name in found]
    writers = "\n".join(_WRITERS.findall(document))
    names = [name for name in _names(text) if name not in writers]
    missing = 0
    for name in names:
        words = frozenset(terms(name))
        missing += not any(words <= held or (held and held <= words) or name in initials for held, initials in known)
    return missing >= _WORTH


def _names(text: str) -> list[str]:
    sentences = [span for span in split_sentences(text) if not _BYLINE.match(text[slice(*span)])]
    names = find_names(text, sentences, Statistics.from_texts([text], with_terms=False))
    return sorted({name.name for name in names if f"({name.name})" not in text and not _is_demonym(name.name)})


def _is_demonym(name: str) -> bool:
    return name.split()[-1].casefold() in _DEMONYMS


def _initials(name: str) -> tuple[str, str]:
    """Of all words in capitals, and of those that are written with one: "DSMB"; "PEA" for Port of Ellery Authority."""
    letters = [word[0] for word in re.split(r"[\s-]+", name) if word]
    return "".join(letters).upper(), "".join(letter for letter in letters if letter.isupper())
