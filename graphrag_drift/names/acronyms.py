"""text -> the acronyms it defines: "International Dockworkers Federation (IDF)", and the other way round.

Only definitions the text spells out; which name an acronym means elsewhere is for the resolution to decide.
"""

import re

from graphrag_drift.language.detect import either
from graphrag_drift.language.korean import KOREAN, LETTERS, TOPIC_AND_OBJECT, strip_josa
from graphrag_drift.language.language import APOSTROPHES, word_set
from graphrag_drift.patterns import lazy_pattern

_DEFINITION = either(lambda language: language.prose.definition)
_PARENTHESIS = lazy_pattern(
    rf"\(\s?(?:{_DEFINITION})?[\"'“‘]?([^()\"'“”‘’,;]{{2,80}})[\"'”’]?\s?(?:[;,][^()]{{0,40}})?\)"
)
_ACRONYM = lazy_pattern(r"[^\W\d_a-z][^\W_]*(?:[.&/-]?[^\W_]+)*\.?")
_WORD = lazy_pattern(rf"[^\W_]+(?:[{APOSTROPHES}.&/-][^\W_]+)*\.?")
_KOREAN_WORD = lazy_pattern(rf"[{LETTERS}A-Za-z0-9·]*[{LETTERS}]{{2}}")
_SKIPPED = word_set("of the and for de la du des on in to und et y an")
_WINDOW = 200  # characters before a parenthesis that may hold the full name


def acronym_definitions(text: str) -> list[tuple[str, str]]:
    """Pairs of full name and acronym, in order of appearance, each once."""
    pairs: dict[tuple[str, str], None] = {}
    for match in _PARENTHESIS.finditer(text):
        inside = match.group(1).strip()
        before = text[max(0, match.start() - _WINDOW) : match.start()].rstrip()
        pair = _outer_full(before, inside) if _is_acronym(inside) else _inner_full(before, inside)
        if pair is not None:
            pairs.setdefault(pair)
    return list(pairs)


def _is_acronym(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    return (
        2 <= len(letters) <= 10
        and capitals >= 2
        and capitals * 2 >= len(letters)
        and _ACRONYM.fullmatch(text) is not None
        and letters[0].isupper()
    )


def _outer_full(before: str, acronym: str) -> tuple[str, str] | None:
    if KOREAN.writes(before[-1:]):
        name = _korean_name(before, acronym)
        return (name, acronym) if name else None
    words = list(_WORD.finditer(before))
    start = _match_initials(words, acronym)
    if start is None and len(words) > 2 and words[-2].group() in ("and", "&"):
        start = _match_initials(words[:-2], acronym)  # Centers for Disease Control and Prevention (CDC)
    return None if start is None else (" ".join(before[start : words[-1].end()].split()), acronym)


def _korean_name(before: str, acronym: str) -> str:
    """The name that ends `before`: its last word, and if that is short the words before it, at most one a letter.

    A word with a particle is not part of it.
    """
    words = before.split()[-len(acronym) :]
    if not _KOREAN_WORD.fullmatch(words[-1]):
        return ""
    first = len(words) - 1
    while first > 0 and len(words[-1]) <= 3 and _KOREAN_WORD.fullmatch(words[first - 1]):
        if strip_josa(words[first - 1]) != words[first - 1] or words[first - 1][-1] in TOPIC_AND_OBJECT:
            break
        first -= 1
    return " ".join(words[first:])


def _inner_full(before: str, inside: str) -> tuple[str, str] | None:
    words = list(_WORD.finditer(before))
    if not words or words[-1].end() != len(before) or not _is_acronym(words[-1].group()):
        return None
    acronym = words[-1].group()
    if KOREAN.writes(inside):
        return " ".join(inside.split()), acronym
    full = list(_WORD.finditer(inside))
    return (" ".join(inside.split()), acronym) if full and _match_initials(full, acronym) == full[0].start() else None


def _match_initials(words: list[re.Match[str]], acronym: str) -> int | None:
    """Where the words whose initials spell `acronym` begin, the last of them ending the list; small words may be
    passed over, and one word may give several letters ("Television" TV) if its initial is the first of them."""
    letters = [c.casefold() for c in acronym if c.isalnum()]
    if letters[-1:] == ["s"] and acronym.endswith("s"):
        letters.pop()  # a plural: NGOs
    position = len(words) - 1
    while letters and position >= 0:
        word = words[position].group().casefold()
        taken = _letters_taken(word, letters)
        if taken:
            del letters[-taken:]
        elif word not in _SKIPPED:
            return None
        if not letters:
            first = words[position].group()
            return words[position].start() if first[0].isupper() or first[0].isdigit() else None
        position -= 1
    return None


def _letters_taken(word: str, letters: list[str]) -> int:
    """How many of the last letters `word` accounts for: the fewest that begin with its initial."""
    parts = [part for part in re.split(r"[-/&]", word) if part]
    initials = [part[0] for part in parts]
    if len(initials) > 1 and letters[-len(initials) :] == initials:
        return len(initials)
    for taken in range(1, min(3, len(letters)) + 1):
        wanted = letters[-taken:]
        if word[0] == wanted[0] and _is_subsequence(wanted, word):
            return taken
    return 0


def _is_subsequence(letters: list[str], word: str) -> bool:
    remaining = iter(word)
    return all(letter in remaining for letter in letters)
