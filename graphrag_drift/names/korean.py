"""A Korean sentence -> the names in it, by particles, titles and the endings of names; with kiwipiepy by its tags.

Without the `ko` extra a word is taken only on evidence: a title beside it, an institution's ending, the shape of a
Korean person's name, or the gazetteer; not if the corpus inflects it as no name is. Korean writes names like other
words, so much stays unfound. First come the parts of a name that other modules ask for, then finding, then the tags.
"""

from functools import cache, lru_cache
from importlib import import_module, util
from typing import Any, NamedTuple

from graphrag_drift.language.japanese import TITLES as JAPANESE_TITLES
from graphrag_drift.language.korean import (
    ADDRESSES,
    BODY_FINALS,
    DOES,
    FORMER,
    GLUED_TO_FULL_NAME,
    GLUED_TO_NAME,
    KOREAN,
    LETTERS,
    NO_GIVEN_NAME_FINALS,
    OFFICE_FINALS,
    PARTICLE_FINALS,
    PLACE_FINALS,
    SOMEBODY,
    is_syllable,
    strip_josa,
)
from graphrag_drift.language.language import any_of
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.names.lists import word_list
from graphrag_drift.patterns import lazy_pattern

_TITLES = word_list("korean_titles")
_FRONTS = word_list("korean_fronts")
_PLACES = word_list("korean_places")
_INSTITUTIONS = word_list("korean_institutions")
_KINDS_OF_THINGS = word_list("korean_kinds")
_ORGANIZATION_ENDS = tuple(sorted(word_list("korean_organization_ends")))
_PLACE_ENDS = tuple(sorted(word_list("korean_place_ends")))
_SURNAMES = word_list("korean_surnames")
_FREQUENT_SURNAMES = word_list("korean_frequent_surnames")
_LONG_SURNAMES = word_list("korean_long_surnames")
_GIVEN_SYLLABLES = word_list("korean_given_syllables")

_TITLE = any_of(sorted(_TITLES))
_BEFORE_TITLE = lazy_pattern(
    rf"(?P<name>[{LETTERS}]+(?:\s[{LETTERS}]+)*?)\s(?P<title>(?:{FORMER}\s)?\S*?(?:{_TITLE}))\Z"
)
_ATTACHED = lazy_pattern(rf"(?P<name>[{LETTERS}]{{3,}})(?P<title>[{GLUED_TO_FULL_NAME}])\Z")
_JAPANESE = lazy_pattern(rf"(?P<name>[\u3400-\u9fff\u30a0-\u30ff]{{2,}})(?P<title>{any_of(JAPANESE_TITLES)})\Z")
TITLE_AFTER = rf"^\s(?:{FORMER}\s)?[{LETTERS}]{{0,5}}?({_TITLE})"
_TITLE_AFTER = lazy_pattern(TITLE_AFTER)


def name_and_title(text: str) -> tuple[str, str] | None:
    """A name and the title after it ("이정훈 장관"), where the shape of the name leaves no doubt."""
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
    """A surname and the title after it: "김 시장"."""
    match = _BEFORE_TITLE.fullmatch(text)
    return (match["name"], match["title"]) if match and is_korean_surname(match["name"]) else None


def is_korean_person_name(text: str) -> bool:
    """Whether `text` is built like a full name: a surname and a given name of two syllables, or one or two after a
    surname of two."""
    if len(text) not in (3, 4) or not all(map(is_syllable, text)):
        return False
    if text[:2] in _LONG_SURNAMES:
        return True
    return len(text) == 3 and text[0] in _SURNAMES and text[-1] not in NO_GIVEN_NAME_FINALS


def is_korean_surname(text: str) -> bool:
    """Whether `text` is a surname alone."""
    return text in _LONG_SURNAMES or text in _SURNAMES


def title_after_korean_name(after: str) -> str:
    """The title with which the text goes on after a name, or "": "본부장" in " 임상개발본부장은"."""
    match = _TITLE_AFTER.match(after)
    return match.group(1) if match else ""


_RUN = lazy_pattern(rf"[{LETTERS}]+")
_WORD = lazy_pattern(rf"[A-Za-z0-9&]*[{LETTERS}][{LETTERS}A-Za-z0-9·&]*|[A-Za-z][A-Za-z0-9&.-]*")
_GLUED_TITLE = lazy_pattern(rf"([{LETTERS}]{{1,4}}|[A-Z])[{GLUED_TO_NAME}]")
_JOINED = frozenset((("place", "organization"), ("other", "other")))
_ALIAS = lazy_pattern(rf"([{LETTERS}]){SOMEBODY}\Z")
_AGE = lazy_pattern(rf"\s?\(\d{{1,3}}(?:[·,]\s?[{LETTERS}]+)?\)\s?")


class Found(NamedTuple):
    """A name's span in the text, with its kind."""

    start: int
    end: int
    kind: str


def goes_on_in_hangul(text: str, position: int) -> bool:
    """Whether a word of other letters that ends at `position` goes on in Hangul by more than a particle or title."""
    tail = _RUN.match(text, position)
    if tail is None:
        return False
    return tail.group() not in _TITLES and strip_josa("X" + tail.group(), 1) != "X"


def find_korean(text: str, start: int, end: int, statistics: Statistics) -> list[Found]:
    """The names between `start` and `end`, which is one sentence, in order."""
    words = [(m.start(), m.group()) for m in _WORD.finditer(text, start, end)]
    names = []
    for i, (offset, word) in enumerate(words):
        previous = words[i - 1][1] if i else ""
        name, kind = _judge(word, previous, _following_title(text, offset + len(word), end))
        if name and not (kind == "person" and statistics.is_inflected(name)):
            names.append(Found(offset, offset + len(name), kind))
    if kiwi_version() is not None:
        names = _with_nouns(text, start, end, names)
    return _joined(text, names)


def _joined(text: str, names: list[Found]) -> list[Found]:
    """As one what belongs together: a country and its government, the parts of a foreign name."""
    joined: list[Found] = []
    for item in names:
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
    return word.group() if word.group() in _TITLES else strip_josa(word.group(), 1)


def _judge(word: str, previous: str, following: str) -> tuple[str, str]:
    """The name that begins `word`, and its kind; "" if there is none."""
    if word.isascii():
        lone = len(word) == 1 and word.isupper() and following in ADDRESSES
        return (word, "person") if lone else ("", "")
    if following in _TITLES:
        person = _titled(word)
        if person:
            return person, "person"
    name, kind = _by_itself(word)
    if not name and previous in _FRONTS:
        stem = strip_josa(word)
        if 2 <= len(stem) <= 4 and stem[0] in _SURNAMES and _is_free(stem):
            return stem, "person"
    return name, kind


def _titled(word: str) -> str:
    """The person whose title follows `word`, which must carry no particle."""
    alias = _ALIAS.fullmatch(word)
    if alias:
        return alias.group(1)
    if len(word) == 1:
        return word if word in _SURNAMES and word not in KOREAN.function_words else ""
    if len(word) > 5 or not _is_free(word) or kind_by_ending(word):
        return ""
    if len(word) == 2:
        return word if word[0] in _FREQUENT_SURNAMES and word[1] in _GIVEN_SYLLABLES else ""
    if len(word) == 3 and word[0] in _SURNAMES:
        return word
    return word if word[-1] not in OFFICE_FINALS and strip_josa(word) == word else ""


def _is_free(word: str) -> bool:
    """Whether no list knows `word` as something other than a person."""
    others = (KOREAN.function_words, _PLACES, _KINDS_OF_THINGS, _INSTITUTIONS, _TITLES)
    return not any(word in words for words in others)


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
        return word in _SURNAMES or word.isascii()
    return word[0] in _SURNAMES and _is_free(word) and len(word) <= 4


def _kind(stem: str) -> str:
    if stem in _PLACES:
        return "place"
    if stem in _INSTITUTIONS:
        return "organization"
    return "" if stem in _KINDS_OF_THINGS or stem in KOREAN.function_words else kind_by_ending(stem)


def kind_by_ending(stem: str) -> str:
    """The kind that the end of a word tells, or ""."""
    if stem[:-1] in _PLACES:
        if stem[-1] in PLACE_FINALS:
            return "place"
        if stem[-1] in BODY_FINALS:
            return "organization"
    if len(stem) > 3 and stem.endswith(_PLACE_ENDS):
        return "place"
    return "organization" if len(stem) > 2 and stem.endswith(_ORGANIZATION_ENDS) else ""


def has_name_shape(word: str, *, bare: bool) -> bool:
    """A frequent surname and two syllables of given names; a `bare` word must not end like one with a particle."""
    return (
        len(word) == 3
        and word[0] in _FREQUENT_SURNAMES
        and word[1] in _GIVEN_SYLLABLES
        and word[2] in _GIVEN_SYLLABLES
        and word[2] != DOES
        and not (bare and word[2] in PARTICLE_FINALS)
        and _is_free(word)
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


def _with_nouns(text: str, start: int, end: int, names: list[Found]) -> list[Found]:
    """`names` and the proper nouns that the rules passed over."""
    more = []
    for run in noun_runs(text[start:end]):
        whole = text[start + run.start : start + run.end]
        name = text[start + run.proper_start : start + run.proper_end]
        kind = kind_by_ending(whole)
        if kind and whole not in _KINDS_OF_THINGS:
            more.append(Found(start + run.start, start + run.end, kind))
        elif len(name) > 1 and (_is_free(name) or name in _PLACES):
            following = _following_title(text, start + run.proper_end, end)
            more.append(Found(start + run.proper_start, start + run.proper_end, _noun_kind(name, following)))
    alone = [item for item in more if all(item.end <= old.start or old.end <= item.start for old in names)]
    return sorted(names + alone)


def _noun_kind(name: str, following: str) -> str:
    if name in _PLACES:
        return "place"
    return "person" if following in _TITLES or has_name_shape(name, bare=False) else "other"
