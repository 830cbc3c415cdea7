"""The text around a person's name -> the title and the words that say what the person is.

Patterns of apposition in English and Korean ("the cardiologist at ...", "pilot Daniel Park", "김도현 선장"); what a
person does is not inferred from verbs.
"""

import re
from collections.abc import Iterator

from graphrag_drift.language.terms import APOSTROPHES, STOPWORDS, straight, word_set
from graphrag_drift.names.korean import title_after_korean_name
from graphrag_drift.names.lists_en import FUNCTION_WORDS, HONORIFICS, TITLES

_TITLES_BEFORE = re.compile(r"((?:[^\W\d_]+\.?[\s-]+){1,3})\Z")
# "harbour pilot Daniel Park", "The pilot, Capt. Daniel Park"
_WORDS_BEFORE = re.compile(
    r"(?<![^\W_])(?:((?:[a-z][a-z-]+\s){1,4})|(?:[Tt]he|an?|[Ii]ts|[Tt]heir|[Hh]is|[Hh]er)\s((?:[a-z][a-z-]+\s){0,3}[a-z][a-z-]+),\s)"
    r"(?:[A-Z][a-z]*\.\s)?\Z"
)
# "Park, 58, the cardiologist at ...", "Fray, chief executive of ...", "Park is a pilot"
_AFTER = re.compile(
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
_VERBS = word_set(
    """
    is are was were be been has have had not
    """
)
_NO_ROLE = STOPWORDS | FUNCTION_WORDS | word_set(
    """
    said says told added asked replied wrote called named man woman men women people person others another former new
    old later again today yesterday meanwhile however according including like year-old mr mrs ms miss sir
    one two three first second who
    """
)  # fmt: skip


# How nouns for people end; plurals and things ("graphs Rudolf Halin studied") do not.
_PERSON_NOUN = re.compile(
    r"(?:[^\W\d_]{2,}(?:er|or|ist|ian|eer|ant|(?<!m)ent|man|woman|person|ess|yst|ert|ate|ive)|[^\W\d_]*(?:pilot|chef|chief|coach|"
    r"poet|judge|nurse|cook|guard|host|spy|priest|monk|nun|clerk|dean|king|queen|thief|critic|mechanic|chair|aide|mate|"
    r"son|daughter|mother|father|brother|sister|wife|husband|secretary|attorney|magnate|heir|widow|guide|athlete))\Z"
)
_NOT_PERSON_NOUN = word_set("number paper water power letter matter order quarter center centre after under over later")


# Titles that go with any role: two people may both be doctors, and one a doctor and a director.
WEAK_ROLES = word_set(
    """
    dr doctor prof professor 박사 교수
    """
)


def title_of(before: str, after: str) -> str:
    """The title next to a name ("capt", "mayor", "선장"), or ""."""
    if korean := title_after_korean_name(after):
        return korean
    match = _TITLES_BEFORE.search(before)
    words = [word.rstrip(".").casefold() for word in match.group(1).split()] if match else []
    return words[-1] if words and (words[-1] in TITLES or words[-1] in HONORIFICS) else ""


def roles_of(before: str, after: str) -> tuple[str, ...]:
    """The words that say what the bearer of a name is, the most telling first: ("cardiologist",)."""
    found: dict[str, None] = {}
    for phrase in _phrases(before, after):
        if phrase and is_person_noun(phrase[-1]):
            found.update((word, None) for word in reversed(phrase) if _is_role(word))
    title = title_of(before, after)
    if title and (title in WEAK_ROLES or title not in _NO_ROLE):
        found.setdefault(title)
    return tuple(found)


def is_person_noun(word: str) -> bool:
    """Whether a lower-case word ends like one for people: "cardiologist", not "graphs"."""
    return word not in _NOT_PERSON_NOUN and _PERSON_NOUN.match(word) is not None


def _phrases(before: str, after: str) -> Iterator[list[str]]:
    following = _AFTER.match(after)
    if following:
        words = [_folded(word) for word in (following.group(1) or following.group(2)).split()]
        yield words[: next((i for i, word in enumerate(words) if word in _ENDS), len(words))]
    preceding = _WORDS_BEFORE.search(before)
    if preceding:
        beside, apposition = preceding.groups()
        words = [_folded(word) for word in (beside or apposition).split()]
        if beside or not _VERBS.intersection(words):
            yield words[max((i + 1 for i, word in enumerate(words) if word in _ENDS | _VERBS), default=0) :]


def _folded(word: str) -> str:
    return straight(word).removesuffix("'s")


def _is_role(word: str) -> bool:
    return word.islower() and word not in _NO_ROLE and len(word) > 2 and not word.endswith(("ly", "ing", "ed"))
