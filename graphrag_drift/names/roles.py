"""The text around a person's name -> the title and the words that say what the person is.

Appositions ("the cardiologist at ..."), words before the name ("pilot Daniel Park") and titles after a Korean one;
which nouns are for people is learned from the appositions of the corpus. What one does is not inferred from verbs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from graphrag_drift.language.english import AUXILIARIES, FUNCTION_WORDS, STOP_WORDS
from graphrag_drift.language.korean import WEAK_ROLES as KOREAN_WEAK_ROLES
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.language.terms import straight
from graphrag_drift.names.korean import title_after_korean_name
from graphrag_drift.names.lists import titles
from graphrag_drift.patterns import lazy_pattern

_TITLES_BEFORE = lazy_pattern(r"((?:[^\W\d_]+\.?[\s-]+){1,3})\Z")
# "harbour pilot Daniel Park", "The pilot, Capt. Daniel Park"
_WORDS_BEFORE = lazy_pattern(
    r"(?<![^\W_])(?:((?:[a-z][a-z-]+\s){1,4})|(?:[Tt]he|an?|[Ii]ts|[Tt]heir|[Hh]is|[Hh]er)\s((?:[a-z][a-z-]+\s){0,3}[a-z][a-z-]+),\s)"
    r"(?:[A-Z][a-z]*\.\s)?\Z"
)
# "Park, 58, the cardiologist at ...", "Fray, chief executive of ...", "Park is a pilot"
_AFTER = lazy_pattern(
    rf"(?:[{APOSTROPHES}]s)?(?:\s\([^)]{{1,20}}\))?(?:"
    r"(?:,\s(?:\d+,\s)?|\s(?:is|was|became|works\sas|worked\sas)\s)(?:the|an?|its|their|his|her)\s"
    rf"((?:[^\W\d_][\w{APOSTROPHES}-]*\s?){{1,6}})"
    rf"|,\s(?:\d+,\s)?((?:[a-z][a-z{APOSTROPHES}-]*\s){{1,4}})(?:of|at|for)\s)"
)
# What ends the phrase that names a role: "the cardiologist | at the hospital", "a pilot | who ...".
_ENDS = word_set(
    """
    at of for in on from to with by who whose whom which that and or as where when since said told
    """
)
_VERBS = AUXILIARIES | {"not"}
# Said of anybody, or by anybody.
_NO_ROLE = STOP_WORDS | FUNCTION_WORDS | word_set(
    """
    said says told added asked replied wrote called named man woman men women people person former new old year-old
    mr mrs ms miss sir
    """
)  # fmt: skip
# Titles and ties that go with any role: two people may both be doctors, and one a doctor, a director and a guest.
WEAK_ROLES = KOREAN_WEAK_ROLES | word_set(
    """
    dr doctor prof professor
    husband wife spouse fiance fiancee boyfriend girlfriend partner widow widower
    father mother parent son daughter child brother sister sibling twin uncle aunt nephew niece cousin
    grandfather grandmother grandson granddaughter stepfather stepmother stepson stepdaughter
    friend neighbor neighbour guest colleague member
    """
)  # fmt: skip


def person_nouns(mentions: Iterable[tuple[str, str, bool]]) -> frozenset[str]:
    """The nouns that a corpus says of people, and less often of anything else, in appositions.

    `mentions` are the text before and after each name, and whether the name is a person's.
    """
    of_people: Counter[str] = Counter()
    of_others: Counter[str] = Counter()
    for before, after, is_person in mentions:
        counts = of_people if is_person else of_others
        counts.update(phrase[-1] for phrase in _appositions(before, after) if _is_role(phrase[-1]))
    return frozenset(noun for noun, count in of_people.items() if count > of_others[noun])


def title_of(before: str, after: str) -> str:
    """The title next to a name ("capt", "mayor", "선장"), or ""."""
    if korean := title_after_korean_name(after):
        return korean
    match = _TITLES_BEFORE.search(before)
    words = [word.rstrip(".").casefold() for word in match.group(1).split()] if match else []
    return words[-1] if words and (words[-1] in titles()) else ""


def roles_of(before: str, after: str, nouns: frozenset[str]) -> tuple[str, ...]:
    """The words that say what the bearer of a name is, the most telling first: ("cardiologist",).

    `nouns` are those for people, see `person_nouns`.
    """
    roles: dict[str, None] = {}
    for phrase in (*_appositions(before, after), *_words_beside(before)):
        if phrase[-1] in nouns:
            roles.update((word, None) for word in reversed(phrase) if _is_role(word))
    title = title_of(before, after)
    if title and (title in WEAK_ROLES or title not in _NO_ROLE):
        roles.setdefault(title)
    return tuple(roles)


def _appositions(before: str, after: str) -> Iterator[list[str]]:
    """The phrases that an apposition to a name is, in lower case: "Park, the | cardiologist | at the hospital"."""
    following = _AFTER.match(after)
    if following:
        words = [_folded(word) for word in (following.group(1) or following.group(2)).split()]
        size = next((i for i, word in enumerate(words) if word in _ENDS), len(words))
        closed = size < len(words) or following.group(2) or after[following.end() : following.end() + 1] in ",.;)"
        if size and closed:
            yield words[:size]
    preceding = _WORDS_BEFORE.search(before)
    if preceding and preceding.group(2):
        words = [_folded(word) for word in preceding.group(2).split()]
        phrase = _after_last(words, _ENDS)
        if phrase and not _VERBS.intersection(words):
            yield phrase


def _words_beside(before: str) -> Iterator[list[str]]:
    """The words right before a name that may say what its bearer is: "harbour pilot Daniel Park"."""
    preceding = _WORDS_BEFORE.search(before)
    if preceding and preceding.group(1):
        phrase = _after_last([_folded(word) for word in preceding.group(1).split()], _ENDS | FUNCTION_WORDS)
        if phrase:
            yield phrase


def _after_last(words: list[str], ends: frozenset[str]) -> list[str]:
    return words[max((i + 1 for i, word in enumerate(words) if word in ends), default=0) :]


def _folded(word: str) -> str:
    return straight(word).removesuffix("'s")


def _is_role(word: str) -> bool:
    return word.islower() and word not in _NO_ROLE and len(word) > 2 and not word.endswith(("ly", "ing", "ed"))
