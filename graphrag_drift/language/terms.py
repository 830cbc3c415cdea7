"""text -> the normalised terms by which it is indexed and asked for.

English words by their Snowball stem, Korean words without their particle and by pairs of syllables, Chinese,
Japanese and other scripts without spaces by pairs of characters, numbers as written without separators. It does
not resolve synonyms and does not translate.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

import Stemmer

from graphrag_drift.language.detect import SCRIPTED
from graphrag_drift.language.english import ENGLISH
from graphrag_drift.language.language import APOSTROPHES

STOPWORDS = ENGLISH.stop_words

_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_NUMBER = r"\d+(?:[.,]\d+)+"
_ACRONYM = r"(?:[a-z]\.){2,}"
_ASCII_TERM = re.compile(rf"{_NUMBER}|{_ACRONYM}|[a-z0-9]+(?:'[a-z]+)*")
_TERM = re.compile(rf"{_NUMBER}|{_ACRONYM}|(?:[^\W_]|[{_MARKS}])+(?:'(?:[^\W\d_]|[{_MARKS}])+)*")
_PARTS = [*(f"[{language.letters}]+" for language in SCRIPTED), f"[{_UNSPACED}]+"]
_SCRIPTS = re.compile(rf"{'|'.join(_PARTS)}|[^{''.join(language.letters for language in SCRIPTED)}{_UNSPACED}]+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:['.-](?:[^\W_]|[{_MARKS}])+)*")
_LONGEST = 40  # characters; a longer "word" is a hash or a link, its head is kept

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
    runs = text.split()
    short = len(max(runs, key=len, default="")) <= _LONGEST
    return list(chain.from_iterable(map(_known_terms if short else _terms_of, runs)))


def content_terms(text: str) -> list[str]:
    """The terms of a question without its function words; all of them if nothing else is left."""
    shouted = frozenset(re.findall(r"\b(?:US|IT|WHO)\b", text)) if text != text.upper() else frozenset()
    acronyms = {word.casefold() for word in shouted}
    content = [
        term
        for word in chain.from_iterable(map(_words_of, text.split()))
        if word in acronyms or not _is_stop_word(word)
        for term in _terms_of_word(word)
    ]
    return content or terms(text)


def _is_stop_word(word: str) -> bool:
    if word.isascii():
        return word in STOPWORDS
    return any(language.stem(word) in language.stop_words for language in SCRIPTED)


# A text has few distinct runs without whitespace, and no word reaches over two; long ones, as of scripts without
# spaces, are not remembered.
def _terms_of(run: str) -> Sequence[str]:
    return _known_terms(run) if len(run) <= _LONGEST else _new_terms(run)


def _words_of(run: str) -> Sequence[str]:
    return _known_words(run) if len(run) <= _LONGEST else _surface_words(run)


def _new_terms(run: str) -> tuple[str, ...]:
    return tuple(term for word in _surface_words(run) for term in _terms_of_word(word))


_known_terms = lru_cache(maxsize=1 << 16)(_new_terms)


@lru_cache(maxsize=1 << 15)
def _known_words(run: str) -> tuple[str, ...]:
    return tuple(_surface_words(run))


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
    language = next((language for language in SCRIPTED if language.writes(part[0])), None)
    if language is not None:
        stem = language.stem(part)
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
        word = word.removesuffix("'s")
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
