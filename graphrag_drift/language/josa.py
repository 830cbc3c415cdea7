"""A Korean word -> the word without its particles, by endings alone.

It knows no dictionary: a noun that happens to end like a particle ("회의", "나이") is kept whole where the
particle would leave a single syllable.
"""

from functools import lru_cache

from graphrag_drift.language.wordset import word_set

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
