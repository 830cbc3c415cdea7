"""names, sentences -> whom a sentence means that opens with a pronoun or a bare role: "Its captain", "The ferry".

A few sieves, the most precise first (Raghunathan et al. 2010; Lee et al. 2013): a role that stood at a name, else a
pronoun's nearest name before it in its paragraph that agrees in kind and gender, subjects first. Groups ("they") and
what is said in quotes are left alone, as is whatever no sieve decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from graphrag_drift.language.detect import LANGUAGES
from graphrag_drift.language.language import Anaphor
from graphrag_drift.language.lines import BREAK
from graphrag_drift.names.find import Name
from graphrag_drift.names.lists import titles
from graphrag_drift.patterns import lazy_pattern

_REACH = {"man": 4, "woman": 4, "person": 3, "thing": 2, "role": 4}  # sentences that one looks back
_SUBJECT = 40  # characters in which the subject of a sentence begins
_OPENING = 80  # characters in which a pronoun still opens its sentence, if no name stands before it
_WORD = lazy_pattern(r"[^\W\d_]+")
_QUOTE = lazy_pattern(r"[\"“”«„]")
_NOUN_BEFORE = lazy_pattern(r"\b([Tt]he(?: [a-z]+)?(?! (?:is|was|has|had) | [a-z]*[^s]s ) [a-z]+) \Z")
_DESCRIBED = lazy_pattern(r",? (?:is |was )?(?:an?|the) ((?:[a-z-]+ ){0,3}[a-z]+)")


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What `text[start:end]`, a pronoun or role that opens a sentence, stands for: `name`, a mention before it.

    `shown` is how it is said in its place: "the ferry Solvind's".
    """

    name: Name
    start: int
    end: int
    shown: str


@dataclass(frozen=True, slots=True)
class _Opening:
    """A pronoun or role at a place of the text; `noun` is that of a role."""

    start: int
    end: int
    anaphor: Anaphor
    noun: str = ""


def find_antecedents(text: str, sentences: Sequence[tuple[int, int]], names: Sequence[Name]) -> dict[int, Antecedent]:
    """By the number of each sentence that opens with a pronoun or a role, what that stands for, where it is clear."""
    by_sentence: dict[int, list[Name]] = {}
    for mention in names:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    antecedents: dict[int, Antecedent] = {}
    genders: dict[str, str] = {}
    for number, (start, end) in enumerate(sentences):
        own = by_sentence.get(number, [])
        opening = _opening(text, start, end, own)
        if opening is None:
            continue
        before = _before(text, sentences, number, _REACH[opening.anaphor.stands_for], by_sentence, antecedents)
        name = _resolve(text, opening, before, {each.name for each in own}, genders)
        if name is None:
            continue
        if opening.anaphor.stands_for != "role":
            genders.setdefault(name.name, opening.anaphor.stands_for)
        if opening.anaphor.stands_for in ("man", "woman", "person"):
            name = replace(name, kind="person")
        antecedents[number] = Antecedent(name, opening.start, opening.end, _shown(text, name, opening))
    return antecedents


@cache
def _anaphors() -> tuple[Mapping[str, Anaphor], re.Pattern[str], re.Pattern[str], tuple[re.Pattern[str], ...]]:
    """The pronouns of all languages, a pattern for them, one for what only looks like one, and those of roles."""
    words = {word: anaphor for language in LANGUAGES for word, anaphor in language.prose.anaphors.items()}
    found = "|".join(sorted(words, key=lambda word: (-len(word), word)))
    empty = "|".join(language.prose.no_anaphor for language in LANGUAGES if language.prose.no_anaphor)
    roles = tuple(re.compile(language.prose.role) for language in LANGUAGES if language.prose.role)
    return words, re.compile(rf"\b(?:{found})\b", re.IGNORECASE), re.compile(rf"(?:{empty})"), roles


@cache
def _kinds_of_things() -> Mapping[str, str]:
    return {noun: kind for language in LANGUAGES for noun, kind in language.prose.kinds_of_things.items()}


@cache
def _became() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(language.prose.became) for language in LANGUAGES if language.prose.became)


def _opening(text: str, start: int, end: int, names: Sequence[Name]) -> _Opening | None:
    words, pronoun, empty, roles = _anaphors()
    if empty.match(text, start, end):
        return None
    first = min((name.start for name in names), default=end)
    match = pronoun.search(text, start, min(end, start + _OPENING))
    if (
        match
        and match.end() <= first
        and '"' not in text[start : match.start()]
        and "“" not in text[start : match.start()]
    ):
        anaphor = words[match.group().casefold()]
        # Further on, "it" is often empty, and a possessive may look ahead: "In return for his help, Finnegan ...".
        if match.start() == start or (anaphor.stands_for != "thing" and anaphor.shown == "{name}"):
            return _Opening(match.start(), match.end(), anaphor)
        return None
    for role in roles:
        match = role.match(text, start, end)
        if match and match.end() <= first:
            return _Opening(match.start(), match.end("noun"), Anaphor("role"), match["noun"])
    return None


def _before(
    text: str,
    sentences: Sequence[tuple[int, int]],
    number: int,
    reach: int,
    names: Mapping[int, Sequence[Name]],
    antecedents: Mapping[int, Antecedent],
) -> Iterator[tuple[int, list[Name]]]:
    """The names of each sentence before that one in its paragraph, the nearest sentence first, its subject first.

    With each goes the place before which its subject begins.
    """
    for earlier in range(number - 1, max(-1, number - 1 - reach), -1):
        if len(BREAK.findall(text, sentences[earlier][1], sentences[earlier + 1][0])) > 1:
            return
        subject = [antecedents[earlier].name] if earlier in antecedents else []
        yield sentences[earlier][0] + _SUBJECT, [*subject, *names.get(earlier, [])]


def _resolve(
    text: str, opening: _Opening, before: Iterator[tuple[int, list[Name]]], own: set[str], genders: Mapping[str, str]
) -> Name | None:
    for subject_before, names in before:
        free = [name for name in names if name.name not in own]
        kinds = [_agreement(text, opening, name, genders) for name in free]
        if (
            opening.anaphor.stands_for == "role"
            and len({free[at].name for at, kind in enumerate(kinds) if kind != "no"}) > 1
        ):
            kinds = ["no" if kind == "perhaps" else kind for kind in kinds]  # the company: which of two?
        # A thing is the subject first of all. Of unknown kind it, or a person, can only be that.
        subject = (
            free[:1]
            and free[0].start < subject_before
            and kinds[0] != "no"
            and (opening.anaphor.stands_for == "thing" or "yes" not in kinds)
        )
        at = 0 if subject else kinds.index("yes") if "yes" in kinds else None
        if at is not None:
            return free[at]
    return None


def _agreement(text: str, opening: _Opening, name: Name, genders: Mapping[str, str]) -> Literal["yes", "perhaps", "no"]:
    wanted = opening.anaphor.stands_for
    if wanted == "role":
        if opening.noun in _nouns(text, name):
            return "yes"
        return "perhaps" if _kinds_of_things().get(opening.noun) == name.kind else "no"
    gender = genders.get(name.name, "")
    if wanted == "thing":
        if name.kind == "person" or gender not in ("", "thing"):
            return "no"
        return "yes" if gender or name.kind in ("organization", "event") else "perhaps"
    if (
        name.kind not in ("person", "other")
        or gender == "thing"
        or (wanted != "person" and gender not in ("", "person", wanted))
    ):
        return "no"
    return "yes" if gender or name.kind == "person" else "perhaps"


def _nouns(text: str, name: Name) -> set[str]:
    """The nouns that say what the thing or person of a name is: its last word, one right before it, one after it."""
    last = _WORD.findall(name.name)[-1:]
    nouns = {word.casefold() for word in last if " " in name.name}
    before = _NOUN_BEFORE.search(text, max(0, name.start - 40), name.start)
    after = _DESCRIBED.match(text, name.end)
    nouns |= {match[1].rpartition(" ")[2] for match in (before, after) if match}
    nouns |= {match["noun"] for pattern in _became() if (match := pattern.match(text, name.end))}
    ahead = _WORD.findall(text[max(0, name.start - 20) : name.end])  # Mayor Ida Lam
    return nouns | titles().intersection(map(str.casefold, ahead))


def _shown(text: str, name: Name, opening: _Opening) -> str:
    noun = _NOUN_BEFORE.search(text, max(0, name.start - 40), name.start)
    words = f"{noun[1][0].lower()}{noun[1][1:]} {name.name}" if noun and name.kind != "person" else name.name
    return opening.anaphor.shown.format(name=words)
