"""text -> the normalised terms by which it is indexed and asked for.

Words by their Snowball stem, in Latin letters by that of the languages of the corpus at hand (see `reading.py`), in
other letters by that of their script; Korean words without their particle and by pairs of syllables, Chinese, Japanese
and other scripts without spaces by pairs of (simplified) characters, numbers as written without separators. It does
not resolve synonyms and does not translate.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain

import Stemmer

from graphrag_drift.language.chinese import CHINESE, simplified
from graphrag_drift.language.cyrillic import CYRILLIC
from graphrag_drift.language.detect import ELISION, SCRIPTED, known
from graphrag_drift.language.english import ENGLISH
from graphrag_drift.language.japanese import JAPANESE, KANA
from graphrag_drift.language.language import APOSTROPHES, any_of
from graphrag_drift.language.reading import STEMMERS, languages
from graphrag_drift.patterns import lazy_pattern

STOPWORDS = ENGLISH.stop_words

_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_NUMBER = r"\d+(?:[.,]\d+)+"
_ACRONYM = r"(?:[a-z]\.){2,}"
_ASCII_TERM = lazy_pattern(rf"{_NUMBER}|{_ACRONYM}|[a-z0-9]+(?:'[a-z]+)*")
_TERM = lazy_pattern(rf"{_NUMBER}|{_ACRONYM}|(?:[^\W_]|[{_MARKS}])+(?:'(?:[^\W\d_]|[{_MARKS}])+)*")
_PARTS = [*(f"[{language.letters}]+" for language in SCRIPTED), f"[{_UNSPACED}]+"]
_SCRIPTS = lazy_pattern(rf"{'|'.join(_PARTS)}|[^{''.join(language.letters for language in SCRIPTED)}{_UNSPACED}]+")
_GROUPED = lazy_pattern(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WORD = lazy_pattern(rf"(?:[^\W_]|[{_MARKS}])+(?:['.-](?:[^\W_]|[{_MARKS}])+)*")
_LONGEST = 40  # characters; a longer "word" is a hash or a link, its head is kept

_SCRIPT_STEMMERS = (  # the first and last letter of a script, and the algorithm for what is written in it
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u052f", "russian"),
    ("\u0531", "\u0587", "armenian"),
    ("\u0620", "\u06d3", "arabic"),
    ("\u0900", "\u097f", "hindi"),
    ("\u0b80", "\u0bff", "tamil"),
)
_OF_SCRIPTS = frozenset(chain.from_iterable(language.stop_words for language in CYRILLIC))
_KANA = lazy_pattern(f"[{KANA}]")
_HAN = lazy_pattern(r"[\u3400-\u9fff]")
# What is cut out of a stretch without spaces before it is divided into pairs.
_CHINESE_STOPS = lazy_pattern(any_of(sorted(map(simplified, CHINESE.stop_words))))
_JAPANESE_STOPS = lazy_pattern(any_of(sorted(JAPANESE.stop_words)))
_ELIDING = frozenset(("fr", "it", "ca"))
_stemmer = Stemmer.Stemmer("english", 0)  # `_terms_of_word` remembers words
_VERBS = {
    verb: frozenset(map(_stemmer.stemWord, [verb, *(form for form, own in ENGLISH.irregular.items() if own == verb)]))
    for verb in dict.fromkeys(ENGLISH.irregular.values())
}
_FORMS = {term: forms - {term} for forms in _VERBS.values() for term in forms}


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
    read = languages()
    if read:
        return [term for run in runs for term in _terms_in(run, read)]
    short = len(max(runs, key=len, default="")) <= _LONGEST
    return list(chain.from_iterable(map(_known_terms if short else _terms_of, runs)))


def content_terms(text: str) -> list[str]:
    """The terms of a question without its function words; all of them if nothing else is left."""
    return list(_content_terms(text, languages()))


@lru_cache(maxsize=1 << 13)
def _content_terms(text: str, read: tuple[str, ...]) -> tuple[str, ...]:
    shouted = frozenset(re.findall(r"\b(?:US|IT|WHO)\b", text)) if text != text.upper() else frozenset()
    acronyms = {word.casefold() for word in shouted}
    content = tuple(
        term
        for word in chain.from_iterable(_words_in(run, read) for run in text.split())
        if word in acronyms or not _is_stop_word(word, read)
        for part in (_without_particles(word) if _HAN.search(word) else (word,))
        for term in _terms_of_word(part, read)
    )
    return content or tuple(terms(text))


def other_forms(asked: frozenset[str]) -> dict[str, str]:
    """Terms of other forms of the irregular verbs among the terms `asked`, each with that term: left -> leav.

    They are no terms of their own in an index: as words to look for, most of these verbs say little.
    """
    return {other: term for term in asked for other in _FORMS.get(term, ()) if other not in asked}


def _is_stop_word(word: str, read: tuple[str, ...]) -> bool:
    if word in STOPWORDS or (read and word in _stop_words(read)):
        return True
    if word.isascii():
        return False
    return word in _OF_SCRIPTS or any(language.stem(word) in language.stop_words for language in SCRIPTED)


# A text has few distinct runs without whitespace, and no word reaches over two; long ones, as of scripts without
# spaces, are not remembered.
def _terms_of(run: str) -> Sequence[str]:
    return _known_terms(run) if len(run) <= _LONGEST else _new_terms(run)


def _new_terms(run: str) -> tuple[str, ...]:
    """In a corpus that is read as English alone: asked for so often that the key matters."""
    return tuple(chain.from_iterable(map(_terms_of_english, _surface_words(run, ()))))


_known_terms = lru_cache(maxsize=1 << 16)(_new_terms)


def _terms_in(run: str, read: tuple[str, ...]) -> Sequence[str]:
    return [term for word in _words_in(run, read) for term in _terms_of_word(word, read)]


def _words_in(run: str, read: tuple[str, ...]) -> Sequence[str]:
    return _known_words(run, read) if len(run) <= _LONGEST else _surface_words(run, read)


@lru_cache(maxsize=1 << 15)
def _known_words(run: str, read: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_surface_words(run, read))


@cache
def _stop_words(read: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for code in read if (language := known(code)) for word in language.stop_words)


@lru_cache(maxsize=1 << 14)
def _without_particles(word: str) -> tuple[str, ...]:
    """What is left of Chinese or Japanese without particles and the words of questions, in stretches of two characters
    or more; all of it if nothing is."""
    stops = _JAPANESE_STOPS if _KANA.search(word) else _CHINESE_STOPS
    plain = simplified(word)
    return tuple(part for part in stops.split(plain) if len(part) > 1 or part.isdigit()) or (plain,)


def _surface_words(text: str, read: tuple[str, ...]) -> list[str]:
    if not _ELIDING.isdisjoint(read):
        text = ELISION.sub(" ", straight(text))
    if text.isascii():
        return _ASCII_TERM.findall(text.lower())
    return _TERM.findall(unicodedata.normalize("NFKC", straight(text)).casefold())


@lru_cache(maxsize=1 << 17)
def _terms_of_english(word: str) -> tuple[str, ...]:
    """As `_terms_of_word`, in a corpus read as English alone: asked for so often that the key matters."""
    return _terms_of_word(word, ())


@lru_cache(maxsize=1 << 17)
def _terms_of_word(word: str, read: tuple[str, ...]) -> tuple[str, ...]:
    if word.isascii():
        return (_ascii_term(word, read),)
    return tuple(term for part in _SCRIPTS.findall(word) for term in _terms_of_part(part, read))


def _terms_of_part(part: str, read: tuple[str, ...]) -> Iterator[str]:
    language = next((language for language in SCRIPTED if language.writes(part[0])), None)
    if language is not None:
        stem = language.stem(part)
        yield stem
        if len(stem) > 2:
            yield from _pairs(stem)
    elif _is_unspaced(part[0]):
        part = simplified(part)
        yield from _pairs(part) if len(part) > 1 else part
    elif part != "'":  # a quote between letters of scripts without spaces
        yield _ascii_term(part, read) if part.isascii() else _letters_term(part, read)


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]


def _is_unspaced(character: str) -> bool:
    return re.match(f"[{_UNSPACED}]", character) is not None


def _ascii_term(word: str, read: tuple[str, ...]) -> str:
    if word[0].isdigit():
        word = word.removesuffix("'s")
        return word.replace(",", "") if _GROUPED.fullmatch(word) else word[:_LONGEST]
    word = _plain(word)
    if len(word) < 3 or not word.isalpha():
        return word
    return _latin_stem(word, read) if read else _stemmer.stemWord(word)


def _letters_term(word: str, read: tuple[str, ...]) -> str:
    """The term of a word with other letters than those of English."""
    first = word[0]
    algorithm = next((name for start, end, name in _SCRIPT_STEMMERS if start <= first <= end), "")
    if algorithm:
        return _plain(str(_stemmer_of(algorithm).stemWord(word)))
    return _latin_stem(word, read) if read and word.isalpha() else _plain(word)


def _latin_stem(word: str, read: tuple[str, ...]) -> str:
    """The shortest stem that one of the languages makes of the word: where there are several, nothing tells which it
    is of, and names must have one term in all of them."""
    stems = [_plain(str(_stemmer_of(STEMMERS[code]).stemWord(word))) for code in read]
    return min(stems, key=lambda stem: (len(stem), stem))


@cache
def _stemmer_of(algorithm: str) -> Stemmer.Stemmer:
    """Of an algorithm that an older Snowball lacks, the one that leaves words as they are but for English endings."""
    return Stemmer.Stemmer(algorithm if algorithm in Stemmer.algorithms() else "english", 0)


def _plain(word: str) -> str:
    """Without possessive, inner apostrophes, the stops of an acronym, and accents of Latin letters."""
    word = word.removesuffix("'s").replace("'", "").replace(".", "")[:_LONGEST]
    if word.isascii():
        return word
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not "\u0300" <= c <= "\u036f")
    return bare if bare.isascii() and bare else word
