"""text -> the normalised terms by which it is indexed and asked for.

English words by their Snowball stem, Korean words without their particle and by pairs of syllables, Chinese,
Japanese and other scripts without spaces by pairs of characters, numbers as written without separators. It does
not resolve synonyms and does not translate.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer


def word_set(words: str) -> frozenset[str]:
    """The words of `words`, which may go over many lines."""
    return frozenset(words.split())


# The endings by what the last syllable before them must have: a final consonant, none, or either.
_AFTER_ANY = word_set(
    """
    에서부터 에게서는 으로부터 에서는 에서도 에서의 에게서 에게는 에게도 까지도 까지는 부터는 만으로 로부터
    한테서 보다는 보다도 처럼 만큼 에서 에게 한테 께서 부터 까지 마저 조차 보다 에는 에도 에만 에의 의 에 도 만
    """
)
_AFTER_CONSONANT = word_set(
    """
    으로서의 으로써 으로서 으로는 으로도 으로의 이라도 이라며 이라고 이라는 이었던 이나 이란 이며 으로 과의
    과는 은 이 을 과
    """
)
_AFTER_VOWEL = word_set("로서의 로써 로서 로는 로도 로의 라도 라며 라고 라는 였던 나 란 며 로 와의 와는 는 가 를 와")
_ENDINGS = sorted(_AFTER_ANY | _AFTER_CONSONANT | _AFTER_VOWEL, key=lambda ending: (-len(ending), ending))


def has_final(syllable: str) -> bool:
    """Whether a Hangul syllable ends with a consonant (batchim)."""
    return "가" <= syllable <= "힣" and (ord(syllable) - 0xAC00) % 28 != 0


@lru_cache(maxsize=1 << 16)
def strip_josa(word: str, least: int = 2) -> str:
    """`word` without one particle, the longest that fits its batchim; at least `least` syllables stay."""
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if len(stem) >= least and stem != word and _may_follow(ending, stem[-1:]):
            return stem
    return word


def _may_follow(ending: str, last: str) -> bool:
    if ending in _AFTER_ANY or not "가" <= last <= "힣":  # after a Latin letter or a digit either form may stand
        return True
    if ending in ("로", "로는", "로도", "로의") and (ord(last) - 0xAC00) % 28 == 8:  # ㄹ takes 로
        return True
    return (ending in _AFTER_CONSONANT) == has_final(last)


APOSTROPHES = "'’‘‛ʻʼʹ´＇"
"""What is written for an apostrophe: for a regular expression's class of characters."""

_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_NUMBER = r"\d+(?:[.,]\d+)+"
_ACRONYM = r"(?:[a-z]\.){2,}"
_ASCII_TERM = re.compile(rf"{_NUMBER}|{_ACRONYM}|[a-z0-9]+(?:'[a-z]+)*")
_TERM = re.compile(rf"{_NUMBER}|{_ACRONYM}|(?:[^\W_]|[{_MARKS}])+(?:'(?:[^\W\d_]|[{_MARKS}])+)*")
_SCRIPTS = re.compile(rf"[가-힣]+|[{_UNSPACED}]+|[^가-힣{_UNSPACED}]+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:['.-](?:[^\W_]|[{_MARKS}])+)*")
_LONGEST = 40  # characters; a longer "word" is a hash or a link, its head is kept

STOPWORDS = word_set(
    """
    a about above after again all also am an and any are as at be because been before being below
    between both but by can could did do does doing down during each either else ever few for from
    further had has have having he her here hers herself him himself his how i if in into is it its
    itself just me more most much my myself no nor not now of off on once only or other our ours
    ourselves out over own same shall she should so some such than that the their theirs them themselves
    then there these they this those through to too under until up upon us very was we were what when
    where which while who whom whose why will with within without would you your yours yourself tell
    describe explain please give whether
    """
)
KOREAN_STOPWORDS = word_set(
    """
    무엇 누구 언제 어디 어떤 어떻게 왜 얼마 얼마나 무슨 어느 것 수 등 및 또 그 이 저 대해 대한 관한 관해
    위해 무엇인가 무엇인가요 누구인가 누구인가요 언제인가 어디인가 있는가 있나요 인가요 했나요 하는가
    했는가 그리고 그러나
    """
)

_stemmer = Stemmer.Stemmer("english", 0)  # `_terms_of_word` remembers words


def straight(text: str) -> str:
    """`text` with "'" for every sign of an apostrophe, each of one character; spans stay as they are."""
    if not text.isascii():
        for sign in APOSTROPHES:
            text = text.replace(sign, "'")
    return text


def words(text: str) -> list[tuple[int, int]]:
    """The spans of the words, in order: letters and digits with inner apostrophes, hyphens and full stops."""
    return [match.span() for match in _WORD.finditer(straight(text))]


def terms(text: str) -> list[str]:
    """The index terms of `text`, in order, with repetitions: `terms("The 1,200 strikes")` is the, 1200, strike."""
    return [term for word in _surface_words(text) for term in _terms_of_word(word)]


def content_terms(text: str) -> list[str]:
    """The terms of a question without its function words; all of them if nothing else is left."""
    shouted = frozenset(re.findall(r"\b(?:US|IT|WHO)\b", text)) if text != text.upper() else frozenset()
    kept = {word.casefold() for word in shouted}
    content = [
        term
        for word in _surface_words(text)
        if word in kept or (word not in STOPWORDS and (word.isascii() or strip_josa(word) not in KOREAN_STOPWORDS))
        for term in _terms_of_word(word)
    ]
    return content or terms(text)


def _surface_words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_TERM.findall(text.lower())
    return _TERM.findall(unicodedata.normalize("NFKC", straight(text)).casefold())


@lru_cache(maxsize=1 << 17)
def _terms_of_word(word: str) -> tuple[str, ...]:
    if word.isascii():
        return (_ascii_term(word),)
    return tuple(term for part in _SCRIPTS.findall(word) for term in _terms_of_part(part))


def _terms_of_part(part: str) -> Iterator[str]:
    if "가" <= part[0] <= "힣":
        stem = strip_josa(part)
        yield stem
        if len(stem) > 2:
            yield from _pairs(stem)
    elif _is_unspaced(part[0]):
        yield from _pairs(part) if len(part) > 1 else part
    elif part != "'":  # a quote between letters of scripts without spaces
        yield _ascii_term(part) if part.isascii() else _plain(part)


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]


def _is_unspaced(character: str) -> bool:
    return re.match(f"[{_UNSPACED}]", character) is not None


def _ascii_term(word: str) -> str:
    if word[0].isdigit():
        return word.replace(",", "") if _GROUPED.fullmatch(word) else word[:_LONGEST]
    word = _plain(word)
    return _stemmer.stemWord(word) if len(word) > 2 and word.isalpha() else word


def _plain(word: str) -> str:
    """Without possessive, inner apostrophes, the stops of an acronym, and accents of Latin letters."""
    word = word.removesuffix("'s").replace("'", "").replace(".", "")[:_LONGEST]
    if word.isascii():
        return word
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not "\u0300" <= c <= "\u036f")
    return bare if bare.isascii() and bare else word
