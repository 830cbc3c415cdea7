"""The languages that the package knows, and text -> its language: by scripts and closed-class words, else py3langid.

Only the beginning of a text is looked at. What shares its letters with others and is not plainly English is told apart
by py3langid (Lui and Baldwin 2012, "langid.py"), loaded when first needed, among the languages of `TOLD_APART`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from graphrag_drift.language.chinese import CHINESE
from graphrag_drift.language.cyrillic import CYRILLIC
from graphrag_drift.language.english import ENGLISH, WEEKDAYS
from graphrag_drift.language.japanese import JAPANESE
from graphrag_drift.language.korean import KOREAN
from graphrag_drift.language.language import APOSTROPHES, Language, word_set
from graphrag_drift.language.western import WESTERN
from graphrag_drift.patterns import lazy_pattern

LANGUAGES = (ENGLISH, KOREAN, JAPANESE, CHINESE, *WESTERN, *CYRILLIC)
SCRIPTED = tuple(language for language in LANGUAGES if language.letters)
"""Those with a script of their own."""
TOLD_APART = (
    *("en", "de", "nl", "sv", "da", "no", "fi", "et", "lv", "lt", "fr", "es", "pt", "it", "ca", "ro", "pl", "cs", "sk"),
    *("sl", "hr", "hu", "tr", "id", "vi", "sq", "eu", "ga", "ru", "uk", "be", "bg", "sr", "mk", "el", "hy", "ka", "ar"),
    *("fa", "ur", "he", "hi", "mr", "ne", "bn", "ta", "te", "th"),
)
"""Codes that `language_of` gives besides those of a script of their own: languages with much text in them; a rarer one
is taken for its nearest."""

_SAMPLE = 1_500
_OWN = {language.code: lazy_pattern(f"[{language.letters}{language.lone_letters}]") for language in SCRIPTED}
_KANA = lazy_pattern(r"[\u3041-\u30ff]")
_HAN = lazy_pattern(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_OWN_LETTERS = "".join(language.letters + language.lone_letters for language in SCRIPTED)
_EAST_ASIAN = lazy_pattern(f"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff{_OWN_LETTERS}]")
_LETTER = lazy_pattern(r"[^\W\d_]")
_LATIN = lazy_pattern(r"[A-Za-z\u00c0-\u024f]")
_WORD = lazy_pattern(rf"[^\W\d_]+(?:[{APOSTROPHES}-][^\W\d_]+)*")
ELISION = lazy_pattern(rf"\b(?:[cdjlmnst]|qu|dell|all|nell|sull|dall|un)[{APOSTROPHES}](?=\w)", re.I)
_PLAINLY_ENGLISH = 0.12  # share of closed-class words that are no other language's; English prose has a quarter
_ENOUGH = 8  # words without any of a closed class, from which a language can be told
_SHORT = 20  # words
_CLEARLY = 3  # times what any other language has, and words
_WHOLE = 2520  # divisible by whatever number of languages shares a word
_CYRILLIC = lazy_pattern("[\u0400-\u04ff]")
_UKRAINIAN = lazy_pattern("[\u0456\u0457\u0454\u0491]")
_CODES_OF_CYRILLIC = tuple(language.code for language in CYRILLIC)
_CLOSED = {language.code: language.function_words | language.stop_words for language in (ENGLISH, *WESTERN, *CYRILLIC)}
_CLOSED["en"] |= frozenset(map(str.casefold, WEEKDAYS))
_OF_OTHERS = frozenset[str]().union(*(words for code, words in _CLOSED.items() if code != "en"))
_ONLY_ENGLISH = ENGLISH.stop_words - _OF_OTHERS - word_set("at for so over under on no as an in")  # of Nordic ones too
_SPEAKERS: dict[str, list[str]] = {}
for _code, _closed in _CLOSED.items():
    for _word in _closed:
        _SPEAKERS.setdefault(_word, []).append(_code)


def either(pattern_of: Callable[[Language], str]) -> str:
    """The pattern that matches what that of any language does, without a group around it."""
    return "|".join(pattern for language in LANGUAGES if (pattern := pattern_of(language)))


def every(words_of: Callable[[Language], Iterable[str]]) -> frozenset[str]:
    """The words of all languages."""
    return frozenset(word for language in LANGUAGES for word in words_of(language))


def known(code: str) -> Language | None:
    """The language of that code, if the package has one."""
    return next((language for language in LANGUAGES if language.code == code), None)


def spoken(code: str) -> Language:
    """The language of that code; English, if it is none that the package speaks."""
    return known(code) or ENGLISH


def language_of(text: str) -> str:
    """The ISO 639-1 code of `text`: ko, ja, zh, or one of `TOLD_APART`; "other" for what has no letters."""
    sample = text[:_SAMPLE]
    if code := _by_script(sample):
        return code
    if _is_plainly_english(sample):
        return "en"
    words = _words(sample)
    counts = _counts(words)
    if sample.isascii() and len(words) < _ENOUGH and not counts:
        return "en"  # a headline or a name: nothing speaks against it
    others = max((count for code, count in counts.items() if code != "en"), default=0)
    if len(words) < _SHORT and counts.get("en", 0) > max(others, _WHOLE):
        return "en"  # too short for what letters tell, and more than a word speaks for it
    if counts.get("en", 0) >= _CLEARLY * max(others, _WHOLE):
        return "en"  # talk, or a table
    return _identified(sample)


@lru_cache(maxsize=4096)
def language_of_question(question: str, among: frozenset[str] = frozenset()) -> str:
    """As `language_of`, by the closed classes of the languages that the package knows; "" where a few words, such as a
    bare name, tell nothing of it. Of languages that share the words, one of `among`, those of a corpus, is meant."""
    sample = question[:_SAMPLE]
    if code := _by_script(sample):
        return "" if code == "other" else code
    words = _words(sample)
    counts = _counts(words) if _is_latin(sample) or _CYRILLIC.search(sample) else {}
    most = max(counts.values(), default=0)
    best = [code for code in _CLOSED if counts.get(code, 0) == most > 0]
    inside = [code for code in best if code in among]
    if "en" in best or len(best) == 1 or inside:
        return "en" if "en" in best and not (inside and "en" not in inside) else (inside or best)[0]
    if not best and _is_latin(sample) and len(words) < _ENOUGH:
        return ""
    return _identified(sample)


def writing_of(text: str) -> Language:
    """The language whose closed classes a stretch of text uses; English, where it is none that the package knows."""
    return spoken(_code_of_writing(text[:_SAMPLE]))


@lru_cache(maxsize=8192)
def _code_of_writing(sample: str) -> str:
    if code := _by_script(sample):
        return code
    if _is_plainly_english(sample):
        return "en"
    words = _words(sample)
    counts = _counts(words)
    if not _is_latin(sample):
        counts = {code: counts.get(code, 0) for code in _CODES_OF_CYRILLIC} if _CYRILLIC.search(sample) else {}
        if counts and _UKRAINIAN.search(sample):
            return "uk"
    most = max(counts.values(), default=0)
    best = [code for code in _CLOSED if counts.get(code, 0) == most]
    sure = len(best) == 1 and (best[0] in _CODES_OF_CYRILLIC or sum(word in _CLOSED[best[0]] for word in words) > 1)
    return best[0] if sure else "en"


def _is_latin(sample: str) -> bool:
    return len(_LATIN.findall(sample)) * 2 >= len(_LETTER.findall(sample))


def _is_plainly_english(sample: str) -> bool:
    words = sample.lower().split()
    return sum(word in _ONLY_ENGLISH for word in words) > _PLAINLY_ENGLISH * len(words)


def _counts(words: Sequence[str]) -> dict[str, int]:
    """What the words of its closed classes speak for each language; a word that several have counts for each less."""
    counts: dict[str, int] = {}
    for word in words:
        speakers = _SPEAKERS.get(word, ())
        for code in speakers:
            counts[code] = counts.get(code, 0) + _WHOLE // len(speakers)
    return counts


def _words(sample: str) -> list[str]:
    """In lower case, an elided article as a word of its own."""
    lower = sample.lower()
    return _WORD.findall(ELISION.sub(" ", lower) if ELISION.search(lower) else lower)


def _by_script(sample: str) -> str:
    """The code of a text in a script that one language writes; "other" of what has no letters, "" of other scripts."""
    if sample.isascii() or not _EAST_ASIAN.search(sample):
        return "" if _LETTER.search(sample) else "other"
    letters = len(_LETTER.findall(sample))
    if not letters:
        return "other"
    kana, han = (len(script.findall(sample)) for script in (_KANA, _HAN))
    for code, script in _OWN.items():
        own = len(script.findall(sample))
        if own * 4 >= letters and own >= kana + han:
            return code
    if (kana + han) * 4 >= letters:
        return "ja" if kana * 10 >= kana + han else "zh"
    return ""


@lru_cache(maxsize=4096)
def _identified(sample: str) -> str:
    return str(_identifier().classify(sample)[0])


@cache
def _identifier() -> Any:
    from py3langid import langid  # 4.5 MB of tables, which English, Korean, Chinese and Japanese do without

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    identifier.set_languages(list(TOLD_APART))
    return identifier
