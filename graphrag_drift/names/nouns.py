"""A run of capitalised words in a language other than English -> those parts of it that may be names.

Common nouns go, where a language writes them large, by the corpus and by what stands around them; a person is parted
from the country or the noun before: Peru | Pedro Castillo, l'Américain | John Clauser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphrag_drift.language.statistics import Statistics
from graphrag_drift.names.lists import word_list
from graphrag_drift.names.tokens import Token, is_link, is_person_like, up_to_link
from graphrag_drift.names.writing import Writing

_GIVEN_NAMES = word_list("given_names")
_PLACES = word_list("places")
_BEFORE = re.compile(r"([^\W_]+)\W{1,2}\Z")
_AFTER = re.compile(r" ([^\W\d_]+)")
_LONGEST_PERSON = 4  # words


def names_among(
    text: str, tokens: list[Token], start: int, statistics: Statistics, written: Writing
) -> list[list[Token]]:
    """The parts of the run, in order, none empty; `start` is where its sentence begins."""
    runs = [tokens] if written.language.nouns is None else list(_without_nouns(text, tokens, statistics, written))
    return [part for run in runs for part in _parted(text, run, start, statistics, written)]


def _parted(
    text: str, run: list[Token], sentence: int, statistics: Statistics, written: Writing
) -> Iterator[list[Token]]:
    """The run, cut where a person's name begins after a country, and without the noun before a person that an article,
    or the beginning of the sentence, wrote large."""
    start = 0
    for place in range(1, len(run)):
        if _ends_with_territory(run[start:place], written) and _is_person(run[place:], statistics):
            yield run[start:place]
            start = place
    rest = run[start:]
    first = rest[0]
    opens = first.start - sentence <= 2 and statistics.is_common(first.key)
    described = start == 0 and (opens or _word_before(text, first).casefold() in written.articles)
    yield rest[1:] if described and _is_person(rest[1:], statistics) else rest


def _ends_with_territory(tokens: Sequence[Token], written: Writing) -> bool:
    keys = [token.key for token in tokens]
    return any(written.is_territory(" ".join(keys[place:])) for place in range(len(keys)))


def _is_person(tokens: Sequence[Token], statistics: Statistics) -> bool:
    rest = list(tokens)
    return len(up_to_link(rest)) > 1 and is_person_like(rest[:_LONGEST_PERSON], statistics)


def _without_nouns(text: str, tokens: list[Token], statistics: Statistics, written: Writing) -> Iterator[list[Token]]:
    """The stretches of the run between its common nouns. An adjective written large begins a name that its noun is part
    of (Vereinte Nationen); a title stays for whoever looks for the person behind it."""
    part: list[Token] = []
    adjective = False
    for place, token in enumerate(tokens):
        following = tokens[place + 1 :]
        inside = adjective or is_link(token) or (following and token.key in written.titles)
        if inside or not _is_noun(text, token, bool(part), statistics, written):
            part.append(token)
            adjective = adjective or _is_adjective(text, token, statistics, written)
        elif part:
            yield part
            part = []
    if part:
        yield part


def _is_noun(text: str, token: Token, goes_on: bool, statistics: Statistics, written: Writing) -> bool:
    if token.text[0].isdigit() or any(letter.isupper() for letter in token.text.rpartition("-")[2][1:]):
        return False
    key = token.key.rpartition("-")[2]
    if token.key in _GIVEN_NAMES or token.key in _PLACES or written.is_territory(token.key):
        return False
    language = written.language
    if language.has_noun_ending(key) or statistics.is_common(key) or key in written.titles:
        return True
    if goes_on:
        return False
    after = _AFTER.match(text, token.end)
    return language.says_noun(_word_before(text, token), key, after[1] if after else "")


def _is_adjective(text: str, token: Token, statistics: Statistics, written: Writing) -> bool:
    """Whether the token is an adjective that is written large within a sentence, which only names have."""
    before = _word_before(text, token)
    return (
        bool(before) and statistics.lower.get(token.key, 0) > 0 and token.key[-1:] in "enrsm" and " " not in token.key
    )


def _word_before(text: str, token: Token) -> str:
    """The word right before the token; "" at a sentence's beginning and after other signs than one space."""
    match = _BEFORE.search(text, max(0, token.start - 40), token.start)
    return match[1] if match and text[match.end(1) : token.start] in (" ", "\n", "'", "’") else ""
