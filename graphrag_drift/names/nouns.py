"""A run of capitalised words in a language other than English -> those parts of it that may be names.

Common nouns go, where a language writes them large, by the corpus and by what stands around them; a person is parted
from the country or the noun before: Peru | Pedro Castillo, l'Américain | John Clauser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from graphrag_drift.language.statistics import Statistics
from graphrag_drift.names.forms import SUFFIXES
from graphrag_drift.names.lists import word_list
from graphrag_drift.names.writing import Writing
from graphrag_drift.patterns import lazy_pattern

if TYPE_CHECKING:
    from graphrag_drift.names.capitals import Token

_GIVEN_NAMES = word_list("given_names")
_PLACES = word_list("places")
_BEFORE = lazy_pattern(r"([^\W_]+)\W{1,2}\Z")
_ADJECTIVE_ENDS = ("e", "en", "es", "em")  # one in -er looks like a noun for who does something
_OF_COMPANY = 2  # words before a legal form that are its name, though nouns: die Brenner Maschinenbau GmbH
_NOUN = lazy_pattern(r" ([^\W\dA-Z_]{4,})(?![^\W_])")
_AFTER = lazy_pattern(r" ([^\W\d_]+)")


def names_among(
    text: str,
    tokens: list[Token],
    start: int,
    statistics: Statistics,
    written: Writing,
    is_person: Callable[[Sequence[Token], Statistics], bool],
) -> list[list[Token]]:
    """The parts of the run, in order, none empty; `start` is where its sentence begins."""
    runs = [tokens]
    if written.language.nouns is not None:
        runs = list(_without_nouns(text, tokens, statistics, written, is_person))
    parts: list[list[Token]] = []
    for run in runs:
        *apart, rest = _from_territories(run, lambda rest: is_person(rest, statistics), written)
        opens = rest[0].start - start <= 2 and statistics.is_common(rest[0].key)
        is_company = any(token.key in SUFFIXES for token in rest[1:])
        described = (
            not apart and not is_company and (opens or _word_before(text, rest[0]).casefold() in written.articles)
        )
        parts += [*apart, rest[1:] if described and is_person(rest[1:], statistics) else rest]
    return parts


def end_of_name(
    text: str, start: int, end: int, sentence: tuple[int, int], statistics: Statistics, written: Writing
) -> int:
    """Where the name at that span ends: behind the next word, if it is an adjective alone and that its noun; behind its
    adjectives, or one noun that it is of, if it is a common noun alone."""
    key, sentence_end = text[start:end].casefold(), sentence[1]
    if start - sentence[0] > 2 and key.isalpha() and key not in written.titles:
        last = written.language.end_of_tail(text, end, sentence_end, common=statistics.is_written_small(key))
        if last > end:
            return last
    if not written.language.begins_name(text[start:end]):
        return end
    noun = _NOUN.match(text, end, sentence_end)
    if noun is None or noun[1] in written.function_words or written.language.is_verbal(noun[1]):
        return end
    return noun.end()


def _from_territories(
    run: list[Token], is_person: Callable[[Sequence[Token]], bool], written: Writing
) -> Iterator[list[Token]]:
    """The run, cut where a person's name begins after a country."""
    start = 0
    for place in range(1, len(run)):
        if _ends_with_territory(run[start:place], written) and is_person(run[place:]):
            yield run[start:place]
            start = place
    yield run[start:]


def _ends_with_territory(tokens: Sequence[Token], written: Writing) -> bool:
    keys = [token.key for token in tokens]
    return any(written.is_territory(" ".join(keys[place:])) for place in range(len(keys)))


def _without_nouns(
    text: str,
    tokens: list[Token],
    statistics: Statistics,
    written: Writing,
    is_person: Callable[[Sequence[Token], Statistics], bool],
) -> Iterator[list[Token]]:
    """The stretches of the run between its common nouns. An adjective written large begins a name that its noun is part
    of (Vereinte Nationen); a title stays for whoever looks for the person behind it."""
    part: list[Token] = []
    adjective = False
    legal = next((place for place, token in enumerate(tokens) if token.key in SUFFIXES), -1)
    for place, token in enumerate(tokens):
        following = tokens[place + 1 :]
        if _is_link(token):
            part += [token] if part else []
            continue
        begins = not part and _is_adjective(text, token, statistics, written) and bool(following)
        begins = begins and not _is_link(following[0]) and not is_person(following, statistics)
        titled = bool(following) and token.key in written.titles
        named = legal - _OF_COMPANY <= place and token.key not in written.function_words if legal > 0 else False
        if adjective or begins or titled or named or not _is_noun(text, token, bool(part), statistics, written):
            part.append(token)
            adjective = begins
        else:
            yield from [part] if part else []
            part, adjective = [], False
    if part:
        yield part


def _is_link(token: Token) -> bool:
    return token.text.islower() or token.text in "-&"


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
    ends = token.key.endswith(_ADJECTIVE_ENDS) and not written.language.has_noun_ending(token.key)
    return ends and bool(_word_before(text, token)) and statistics.is_written_small(token.key)


def _word_before(text: str, token: Token) -> str:
    """The word right before the token; "" at a sentence's beginning and after other signs than one space."""
    match = _BEFORE.search(text, max(0, token.start - 40), token.start)
    return match[1] if match and text[match.end(1) : token.start] in (" ", "\n", "'", "’") else ""
