"""A Korean sentence -> the names in it, by particles, titles and the endings of names; with kiwipiepy by its tags.

Without the `ko` extra a word is taken only on evidence: a title beside it, an institution's ending, the shape of a
Korean person's name, or the gazetteer. Korean writes names like other words, so much stays unfound.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from graphrag_drift.language.kiwi import kiwi_version, noun_runs
from graphrag_drift.language.lexicon_ko import (
    FREQUENT_SURNAMES,
    GENERIC,
    GIVEN_SYLLABLES,
    INSTITUTIONS,
    NOT_NAMES,
    ORGANIZATION_ENDS,
    PERSON_FRONTS,
    PERSON_TITLES,
    PLACE_ENDS,
    PLACES,
    SURNAMES,
)
from graphrag_drift.language.terms import strip_josa

_HANGUL_RUN = re.compile(r"[가-힣]+")
_HANGUL = re.compile(r"[가-힣]")
_WORD = re.compile(r"[A-Za-z0-9&]*[가-힣][가-힣A-Za-z0-9·&]*|[A-Za-z][A-Za-z0-9&.-]*")
_GLUED_TITLE = re.compile(r"([가-힣]{1,4}|[A-Z])(?:씨|양|옹)")
_LIKE_PARTICLES = frozenset("은이의도한해하가나란며로와과만인자고다보")
_OFFICE_ENDS = frozenset("과부실팀국처단소원청사회대당측군계")  # of departments, where four syllables or more
_JOINED = frozenset((("place", "organization"), ("other", "other")))
_ALIAS = re.compile(r"([가-힣])모\Z")  # 김모 씨: a Mr Kim
_AGE = re.compile(r"\s?\(\d{1,3}(?:[·,]\s?[가-힣]+)?\)\s?")


class Found(NamedTuple):
    """A name's span in the text, with its kind."""

    start: int
    end: int
    kind: str


def has_hangul(text: str) -> bool:
    return _HANGUL.search(text) is not None


def goes_on_in_hangul(text: str, position: int) -> bool:
    """Whether a word of other letters that ends at `position` goes on in Hangul by more than a particle or title."""
    tail = _HANGUL_RUN.match(text, position)
    if tail is None:
        return False
    return tail.group() not in PERSON_TITLES and strip_josa("X" + tail.group(), 1) != "X"


def find_korean(text: str, start: int, end: int) -> list[Found]:
    """The names between `start` and `end`, which is one sentence, in order."""
    words = [(m.start(), m.group()) for m in _WORD.finditer(text, start, end)]
    found = []
    for i, (offset, word) in enumerate(words):
        previous = words[i - 1][1] if i else ""
        name, kind = _judge(word, previous, _following_title(text, offset + len(word), end))
        if name:
            found.append(Found(offset, offset + len(name), kind))
    if kiwi_version() is not None:
        found = _with_nouns(text, start, end, found)
    return _joined(text, found)


def _with_nouns(text: str, start: int, end: int, found: list[Found]) -> list[Found]:
    """`found` and the proper nouns that the rules passed over."""
    more = []
    for run in noun_runs(text[start:end]):
        whole = text[start + run.start : start + run.end]
        name = text[start + run.proper_start : start + run.proper_end]
        kind = kind_by_ending(whole)
        if kind and whole not in GENERIC:
            more.append(Found(start + run.start, start + run.end, kind))
        elif len(name) > 1 and _is_free(name) | (name in PLACES):
            following = _following_title(text, start + run.proper_end, end)
            more.append(Found(start + run.proper_start, start + run.proper_end, _noun_kind(name, following)))
    alone = [item for item in more if all(item.end <= old.start or old.end <= item.start for old in found)]
    return sorted(found + alone)


def _noun_kind(name: str, following: str) -> str:
    if name in PLACES:
        return "place"
    return "person" if following in PERSON_TITLES or has_name_shape(name, bare=False) else "other"


def _joined(text: str, found: list[Found]) -> list[Found]:
    """As one what belongs together: 중국 정부, 서울 강남경찰서, and the parts of a foreign name, 크리스 에반스."""
    joined: list[Found] = []
    for item in found:
        last = joined[-1] if joined else None
        if last and (last.kind, item.kind) in _JOINED and text[last.end : item.start] == " ":
            joined[-1] = Found(last.start, item.end, item.kind)
        else:
            joined.append(item)
    return joined


def _following_title(text: str, position: int, end: int) -> str:
    """The word after `position`, past an age in parentheses, without its particle."""
    aged = _AGE.match(text, position, end)
    position = aged.end() if aged else position + (text[position : position + 1] == " ")
    word = _WORD.match(text, position, end)
    if word is None:
        return ""
    return word.group() if word.group() in PERSON_TITLES else strip_josa(word.group(), 1)


def _judge(word: str, previous: str, following: str) -> tuple[str, str]:
    """The name that begins `word`, and its kind; "" if there is none."""
    if word.isascii():
        lone = len(word) == 1 and word.isupper() and following in ("씨", "군", "양")
        return (word, "person") if lone else ("", "")
    if following in PERSON_TITLES:
        person = _titled(word)
        if person:
            return person, "person"
    name, kind = _by_itself(word)
    if not name and previous in PERSON_FRONTS:
        stem = strip_josa(word)
        if 2 <= len(stem) <= 4 and stem[0] in SURNAMES and _is_free(stem):
            return stem, "person"
    return name, kind


def _titled(word: str) -> str:
    """The person whose title follows `word`, which must carry no particle."""
    alias = _ALIAS.fullmatch(word)
    if alias:
        return alias.group(1)
    if len(word) == 1:
        return word if word in SURNAMES and word not in NOT_NAMES else ""
    if len(word) > 5 or not _is_free(word) or kind_by_ending(word):
        return ""
    if len(word) == 2:
        return word if word[0] in FREQUENT_SURNAMES and word[1] in GIVEN_SYLLABLES else ""
    if len(word) == 3 and word[0] in SURNAMES:
        return word
    return word if word[-1] not in _OFFICE_ENDS and strip_josa(word) == word else ""


def _is_free(word: str) -> bool:
    """Whether no list knows `word` as something other than a person."""
    return not (word in NOT_NAMES or word in PLACES or word in GENERIC or word in INSTITUTIONS or word in PERSON_TITLES)


@lru_cache(maxsize=1 << 15)
def _by_itself(word: str) -> tuple[str, str]:
    glued = _GLUED_TITLE.fullmatch(strip_josa(word))
    if glued and _is_surname_or_name(glued.group(1)):
        return glued.group(1), "person"
    stems = tuple(dict.fromkeys((word, strip_josa(word), strip_josa(strip_josa(word)))))
    for stem in stems:
        kind = _kind(stem)
        if kind:
            return stem, kind
    person = next((stem for stem in stems if has_name_shape(stem, bare=stem == word)), "")
    return person, "person" if person else ""


def _is_surname_or_name(word: str) -> bool:
    if len(word) == 1:
        return word in SURNAMES or word.isascii()
    return word[0] in SURNAMES and _is_free(word) and len(word) <= 4


def _kind(stem: str) -> str:
    if stem in PLACES:
        return "place"
    if stem in INSTITUTIONS:
        return "organization"
    return "" if stem in GENERIC or stem in NOT_NAMES else kind_by_ending(stem)


def kind_by_ending(stem: str) -> str:
    if stem[:-1] in PLACES:
        if stem[-1] in "시도군구역항":
            return "place"
        if stem[-1] in "대군당":
            return "organization"
    if len(stem) > 3 and stem.endswith(PLACE_ENDS):
        return "place"
    return "organization" if len(stem) > 2 and stem.endswith(ORGANIZATION_ENDS) else ""


def has_name_shape(word: str, *, bare: bool) -> bool:
    """A frequent surname and two syllables of given names; a `bare` word must not end like one with a particle."""
    return (
        len(word) == 3
        and word[0] in FREQUENT_SURNAMES
        and word[1] in GIVEN_SYLLABLES
        and word[2] in GIVEN_SYLLABLES
        and word[2] != "하"
        and not (bare and word[2] in _LIKE_PARTICLES)
        and _is_free(word)
    )
