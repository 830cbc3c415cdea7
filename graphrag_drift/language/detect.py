"""The languages that the package knows, and text -> its language, by scripts and function words.

It looks at a sample of the text, tells "en", "ko", "ja" and "zh", and does not tell the other languages apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from graphrag_drift.language.english import ENGLISH
from graphrag_drift.language.japanese import JAPANESE
from graphrag_drift.language.korean import KOREAN
from graphrag_drift.language.language import Language, word_set

LANGUAGES = (ENGLISH, KOREAN, JAPANESE)
SCRIPTED = tuple(language for language in LANGUAGES if language.letters)
"""Those with a script of their own."""

_SAMPLE = 1_500
# Runs of letters: a tenth of the matches.
_OWN = {language.code: re.compile(f"[{language.letters}{language.lone_letters}]+") for language in SCRIPTED}
_KANA = re.compile(r"[\u3041-\u30ff]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN_WORD = re.compile(r"[a-z\u00e0-\u024f]+")
# Words of other Latin-script languages that stand where English function words would.
_FOREIGN = word_set(
    """
    der die das und ist nicht ein eine mit von zu den le la les du et est une dans que pour el los
    las y en por con una il di che per sono non o os um uma não do da em het een van och att det som på
    ett og til av w na się jest nie z ve bir bu için yang dan untuk
    """
)


def either(pattern_of: Callable[[Language], str]) -> str:
    """The pattern that matches what that of any language does, without a group around it."""
    return "|".join(pattern for language in LANGUAGES if (pattern := pattern_of(language)))


def every(words_of: Callable[[Language], Iterable[str]]) -> frozenset[str]:
    """The words of all languages."""
    return frozenset(word for language in LANGUAGES for word in words_of(language))


def spoken(code: str) -> Language:
    """The language of that code; English, if it is none that the package speaks."""
    return next((language for language in LANGUAGES if language.code == code), ENGLISH)


def language_of(text: str) -> str:
    """The ISO 639-1 code of `text`; "other" for what is none of the four, or has no letters."""
    sample = text[:_SAMPLE]
    letters = _count(_LETTERS, sample)
    if not letters:
        return "other"
    if sample.isascii():
        return "en" if _reads_english(sample) else "other"
    kana, han = _count(_KANA, sample), _count(_HAN, sample)
    for code, script in _OWN.items():
        own = _count(script, sample)
        if own * 4 >= letters and own >= kana + han:
            return code
    if (kana + han) * 4 >= letters:
        return "ja" if kana * 10 >= kana + han else "zh"
    return "en" if _reads_english(sample) else "other"


def language_of_question(question: str) -> str:
    """As `language_of`, but "" where a few words, such as a bare name, tell nothing of it."""
    code = language_of(question)
    if code not in ("en", "other"):
        return code
    telling = ENGLISH.stop_words if code == "en" else _FOREIGN
    return code if any(word in telling for word in _LATIN_WORD.findall(question.lower())) else ""


def _count(runs: re.Pattern[str], text: str) -> int:
    """The characters of all `runs` in `text`."""
    return sum(map(len, runs.findall(text)))


def _reads_english(sample: str) -> bool:
    words = _LATIN_WORD.findall(sample.lower())
    if sum(map(len, words)) * 2 < _count(_LETTERS, sample):
        return False
    english = sum(word in ENGLISH.stop_words for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    if english or foreign:
        return english > foreign
    return sample.isascii()  # a headline or a name: nothing speaks against it
