"""A Korean sentence -> the names in it, by particles, titles and the endings of names; with kiwipiepy by its tags.

Without the `ko` extra a word is taken only on evidence: a title beside it, an institution's ending, the shape of a
Korean person's name, or the gazetteer. Korean writes names like other words, so much stays unfound.
"""

import re
from functools import cache, lru_cache
from importlib import import_module, util
from typing import Any, NamedTuple

from graphrag_drift.language.korean import strip_josa
from graphrag_drift.language.terms import word_set
from graphrag_drift.names.lists_ko import (
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

_NOUNS = frozenset(("NNP", "NNG", "SL", "SN", "SH", "XPN", "XSN", "NR"))
_PROPER = frozenset(("NNP", "SL", "SN"))


class NounRun(NamedTuple):
    """Nouns written together at a span of the text, and the span of the proper nouns at their beginning."""

    start: int
    end: int
    proper_start: int
    proper_end: int


@cache
def kiwi_version() -> str | None:
    """The version of kiwipiepy, None if it is not installed."""
    if util.find_spec("kiwipiepy") is None:
        return None
    from importlib.metadata import version as version_of  # slow to import, and seldom needed

    return version_of("kiwipiepy")


def noun_runs(sentence: str) -> list[NounRun]:
    """The runs of nouns that hold a proper noun, in order."""
    runs: list[NounRun] = []
    run: list[Any] = []
    for token in [*_kiwi().tokenize(sentence), None]:
        if token is not None and token.tag in _NOUNS and (not run or token.start == run[-1].start + run[-1].len):
            run.append(token)
            continue
        runs.extend(_proper_run(run))
        run = [token] if token is not None and token.tag in _NOUNS else []
    return runs


def _proper_run(run: list[Any]) -> list[NounRun]:
    first = next((i for i, token in enumerate(run) if token.tag == "NNP"), None)
    if first is None:
        return []
    while first > 0 and run[first - 1].tag in _PROPER:
        first -= 1
    last = first
    while last + 1 < len(run) and run[last + 1].tag in _PROPER:
        last += 1
    end = run[-1].start + run[-1].len
    return [NounRun(run[0].start, end, run[first].start, run[last].start + run[last].len)]


@cache
def _kiwi() -> Any:
    return import_module("kiwipiepy").Kiwi(num_workers=1)


KOREAN_TITLES = PERSON_TITLES | word_set(
    """
    부통령 국무총리 부시장 부위원장 위원 팀장 단장 학장 교장 교사 특파원 검찰총장 경찰서장 서장 선장 기장 항해사 도선사
    의사 간호사 선생님 선생 님 부장관 부대변인
    """
)
_TITLES = "|".join(sorted(map(re.escape, KOREAN_TITLES), key=lambda title: (-len(title), title)))
_BEFORE_TITLE = re.compile(rf"(?P<name>[가-힣]+(?:\s[가-힣]+)*?)\s(?P<title>(?:전\s)?\S*?(?:{_TITLES}))\Z")
_ATTACHED = re.compile(r"(?P<name>[가-힣]{3,})(?P<title>씨|님)\Z")
_JAPANESE = re.compile(r"(?P<name>[\u3400-\u9fff\u30a0-\u30ff]{2,})(?P<title>さん|氏|様|先生)\Z")
_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민진나지엄채원천방공현함변염여추"
    "도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
_LONG_SURNAMES = ("남궁", "황보", "선우", "제갈", "사공", "독고")
_NOT_GIVEN_NAMES = "도시군구부청국처당사"  # "강원도", "서울시": a place or an office


def name_and_title(text: str) -> tuple[str, str] | None:
    """("이정훈", "장관") of "이정훈 장관", where the shape of the name leaves no doubt."""
    japanese = _JAPANESE.fullmatch(text)
    if japanese is not None:
        return japanese["name"], japanese["title"]
    korean = _BEFORE_TITLE.fullmatch(text) or _ATTACHED.fullmatch(text)
    if korean is None or not is_korean_person_name(korean["name"]):
        return None
    return korean["name"], korean["title"]


def words_before_title(text: str) -> str:
    """What stands before the Korean title that ends `text`, or ""."""
    match = _BEFORE_TITLE.fullmatch(text)
    return match["name"] if match else ""


def surname_and_title(text: str) -> tuple[str, str] | None:
    """("김", "시장") of "김 시장"."""
    match = _BEFORE_TITLE.fullmatch(text)
    return (match["name"], match["title"]) if match and is_korean_surname(match["name"]) else None


def is_korean_person_name(text: str) -> bool:
    """Whether `text` is built like a full name: a surname and a given name of two syllables, or one or two after a
    surname of two."""
    if len(text) not in (3, 4) or not all("가" <= syllable <= "힣" for syllable in text):
        return False
    if text[:2] in _LONG_SURNAMES:
        return True
    return len(text) == 3 and text[0] in _SURNAMES and text[-1] not in _NOT_GIVEN_NAMES


def is_korean_surname(text: str) -> bool:
    """Whether `text` is a surname alone."""
    return text in _LONG_SURNAMES or (len(text) == 1 and text in _SURNAMES)


def title_after_korean_name(after: str) -> str:
    """The title with which the text goes on after a name, or "": "본부장" in " 임상개발본부장은"."""
    match = _TITLE_AFTER.match(after)
    return match.group(1) if match else ""


TITLE_AFTER = rf"^\s(?:전\s)?[가-힣]{{0,5}}?({_TITLES})"
_TITLE_AFTER = re.compile(TITLE_AFTER)


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
