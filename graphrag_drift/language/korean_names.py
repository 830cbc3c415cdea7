"""A Korean or Japanese name with a title -> the name and the title.

By endings and surnames alone; whether a word before a title is a name (not so in "서울 시장") is decided only where
its shape says so.
"""

import re

from graphrag_drift.language.lexicon_ko import PERSON_TITLES
from graphrag_drift.language.terms import word_set

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
