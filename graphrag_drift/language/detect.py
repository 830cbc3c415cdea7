"""text -> its language, as one of "en", "ko", "ja", "zh", "other", by scripts and function words.

It looks at a sample of the text and does not tell the other languages apart.
"""

import re

from graphrag_drift.language.terms import word_set

_SAMPLE = 1_500
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_WORD = re.compile(r"[a-z\u00e0-\u024f]+")
_ENGLISH = word_set(
    """
    the of and to in a is that was for on with as it by at from are were be has have had this which an
    or not but who what where when how his her their its he she they we you will would said been about
    into than after
    """
)
# Words of other Latin-script languages that stand where English function words would.
_FOREIGN = word_set(
    """
    der die das und ist nicht ein eine mit von zu den le la les des du et est une dans que pour el los
    las y en por con una il di che per sono non o os um uma não do da em het een van och att det som på
    ett og til av w na się jest nie z ve bir bu için yang dan untuk
    """
)


def language_of(text: str) -> str:
    """The ISO 639-1 code of `text`; "other" for what is none of the four, or has no letters."""
    sample = text[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    if not letters:
        return "other"
    hangul, kana, han = (len(script.findall(sample)) for script in (_HANGUL, _KANA, _HAN))
    if hangul * 4 >= letters and hangul >= kana + han:
        return "ko"
    if (kana + han) * 4 >= letters:
        return "ja" if kana * 10 >= kana + han else "zh"
    return "en" if _reads_english(sample) else "other"


def _reads_english(sample: str) -> bool:
    words = _LATIN_WORD.findall(sample.lower())
    if sum(map(len, words)) * 2 < len(_LETTER.findall(sample)):
        return False
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    if english or foreign:
        return english > foreign
    return sample.isascii()  # a headline or a name: nothing speaks against it
