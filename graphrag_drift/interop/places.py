"""Texts of others -> where they stand: text units in their documents, names in text units, and how names are written.

Microsoft GraphRAG keeps no places, may lead text units by lines of metadata, and writes every name in capitals.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_LOST = "\ufffd"  # half a character, where a text was cut between tokens
_METADATA = re.compile(r"[^\n:]{1,100}:[^\n]*\n")
_MOST_LINES = 50  # of metadata
_WORD = re.compile(r"\w[\w'’.-]*\w|\w")
_GAP = "\n\n"


def place_units(text: str, units: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """(the document's text, start and end of each of its text units); a unit's text becomes what stands there.

    Where a unit does not stand in `text`, all of them, one after the other, become the text.
    """
    places: list[tuple[int, int]] = []
    at = 0
    for unit in units:
        place = _find(unit, text, at) or _find(unit, text, 0)
        if place is None:
            return _joined(units)
        places.append(place)
        at = place[0] + 1  # the next may begin within this one
    return text, places


def _find(unit: str, text: str, at: int) -> tuple[int, int] | None:
    bare = unit.strip(_LOST)
    for _ in range(_MOST_LINES):
        start = text.find(bare, at) if bare else -1
        if start >= 0:
            return start, start + len(bare)
        line = _METADATA.match(bare)
        if line is None:
            return None
        bare = bare[line.end() :]
    return None


def _joined(units: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    places = []
    at = 0
    for unit in units:
        places.append((at, at + len(unit)))
        at += len(unit) + len(_GAP)
    return _GAP.join(units), places


@dataclass(frozen=True)
class Sought:
    """A text in which names are looked for, whatever their capitals and line breaks."""

    text: str
    plain: str

    @classmethod
    def of(cls, text: str) -> Sought:
        """`plain` has a character for each of `text`."""
        return cls(text, plain(text))

    def places(self, name: str) -> Iterator[tuple[int, int]]:
        """Where `name` stands as whole words."""
        wanted = plain(name)
        start = self.plain.find(wanted) if wanted else -1
        while start >= 0:
            end = start + len(wanted)
            if not (_joins(self.plain, start) or _joins(self.plain, end)):
                yield start, end
            start = self.plain.find(wanted, end)


def plain(text: str) -> str:
    """`text` in small letters, every whitespace a space, character by character."""
    small = text.lower()
    if len(small) != len(text):  # a capital of two characters in small letters
        small = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return re.sub(r"\s", " ", small)


def _joins(text: str, at: int) -> bool:
    """Whether a word goes on over `at`; scripts without spaces have no such words."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return before.isalnum() and after.isalnum() and before.isascii() and after.isascii()


def written_name(title: str, surfaces: Iterable[str], words: Mapping[str, str]) -> str:
    """How texts write a name that is given in capitals: as most `surfaces` do, else word by word as in `words`."""
    if not (title.isupper() and any(char.lower() != char for char in title)):
        return title
    usual = Counter(" ".join(surface.split()) for surface in surfaces)
    mixed = {surface: count for surface, count in usual.items() if not (surface.isupper() or surface.islower())}
    for counts in (mixed, usual):
        if counts:
            return min(counts, key=lambda surface: (-counts[surface], surface))
    name = _WORD.sub(lambda match: words.get(match[0].lower(), match[0].capitalize()), title)
    return name[:1].upper() + name[1:]


def written_words(texts: Iterable[str]) -> dict[str, str]:
    """By word in small letters, how the texts write it most often."""
    counts: dict[str, Counter[str]] = {}
    for text in texts:
        for word, count in Counter(_WORD.findall(text)).items():
            counts.setdefault(word.lower(), Counter())[word] += count
    return {word: min(forms, key=lambda form: (-forms[form], form)) for word, forms in counts.items()}
