"""text -> what a good model would extract from it: names, sentences about them, pairs that share a sentence.

Deterministic and cheap, so that every engine is told the same facts about the same text. It does not judge: a
capitalised word that starts a sentence and never stands elsewhere is no name, and that is all it knows. As much is
told as in 84 recorded gpt-4o replies (../shared/data/llm_replies_gpt4o: 7.8 entities, 6.0 relationships, 126 and
110 characters of description, gleaning replies among them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

NAME = re.compile(r"\b[A-Z][\w’'-]+(?: (?:of |for )?[A-Z][\w’'-]+)*")
SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")
LONG_WORD = re.compile(r"\b[a-z]{9,}\b")
KINDS = ("person", "organization", "geo", "event")
FIRST, GLEANED = 9, 6  # entities of the first reply, and of the one after "some were missed"


@dataclass(frozen=True, slots=True)
class Entity:
    """A name, its kind and a sentence about it."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class Relationship:
    """Two names, a sentence about both and a strength from 1 to 9."""

    source: str
    target: str
    description: str
    strength: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One reply."""

    entities: list[Entity]
    relationships: list[Relationship]


def read(text: str, *, gleaning: bool) -> Facts:
    """The facts of the first reply or, with `gleaning`, those that it left out."""
    sentences = [" ".join(found[0].split()) for found in SENTENCE.finditer(text)]
    known = names(text, sentences)[: FIRST + GLEANED]
    chosen = known[FIRST:] if gleaning else known[:FIRST]
    before = dict(zip(known[1:], known, strict=False))
    later = chosen if gleaning else chosen[1:]
    pairs = [(known[0] if number % 3 == 2 else before[name], name) for number, name in enumerate(later)]
    return Facts(
        [Entity(name, kind(name), _tell(name, sentences)) for name in chosen],
        [Relationship(a, b, f"{a} and {b}: {_tell(b, sentences)}", 1 + crc32((a + b).encode()) % 9) for a, b in pairs],
    )


def kind(name: str) -> str:
    """The kind of a name, the same everywhere."""
    return KINDS[crc32(name.encode()) % len(KINDS)]


def names(text: str, sentences: list[str]) -> list[str]:
    """Names in the order of the text, filled up with long words where the text has few."""
    lower = set(re.findall(r"\b[a-z][\w’'-]*", text))
    found: dict[str, None] = {}
    for sentence in sentences:
        for match in NAME.finditer(sentence):
            name = match[0].title() if match[0].isupper() else match[0]
            opens = match.start() == 0 and " " not in name
            if not opens and len(name) > 2 and name.split("’")[0].split("'")[0].lower() not in lower:
                found.setdefault(name)
    if len(found) < FIRST + GLEANED:
        found.update(dict.fromkeys(word.title() for word in LONG_WORD.findall(text)))
    return list(found) or ["Unnamed"]


def _tell(name: str, sentences: list[str]) -> str:
    said = next((s for s in sentences if name.lower() in s.lower() and len(s) > 40), "the text only names it.")
    return f"{name} is spoken of in this passage: {re.sub(r'[<>|#()]', ' ', said)[:85]}".replace('"', "'")
