"""A Korean word -> the word without its particles, by endings alone.

It knows no dictionary: a noun that happens to end like a particle ("회의", "나이") is kept whole where the
particle would leave a single syllable.
"""

from functools import lru_cache

# Each ending with what its last syllable before it must have: a final consonant, none, or either.
_JOSA = {
    "either": (
        "에서부터 에게서는 으로부터 에서는 에서도 에서의 에게서 에게는 에게도 까지도 까지는 부터는 만으로 로부터 "
        "한테서 이라고 이라는 이라며 라고는 보다는 보다도 처럼 만큼 에서 에게 한테 께서 부터 까지 마저 조차 보다 "
        "에는 에도 에만 에의 의 에 도 만"
    ).split(),
    "consonant": "으로서의 으로써 으로서 으로는 으로도 으로의 이라도 이라며 이라고 이라는 이었던 이나 이란 이며 으로 과의 과는 은 이 을 과".split(),
    "vowel": "로서의 로써 로서 로는 로도 로의 라도 라며 라고 라는 였던 나 란 며 로 와의 와는 는 가 를 와".split(),
}  # fmt: skip
_ENDINGS = sorted(
    ((ending, wants) for wants, endings in _JOSA.items() for ending in set(endings)),
    key=lambda pair: (-len(pair[0]), pair),
)


def has_final(syllable: str) -> bool:
    """Whether a Hangul syllable ends with a consonant (batchim)."""
    return "가" <= syllable <= "힣" and (ord(syllable) - 0xAC00) % 28 != 0


@lru_cache(maxsize=1 << 16)
def strip_josa(word: str, least: int = 2) -> str:
    """`word` without one particle, the longest that fits its batchim; at least `least` syllables stay."""
    for ending, wants in _ENDINGS:
        stem = word.removesuffix(ending)
        if len(stem) < least or stem == word:
            continue
        if not "가" <= stem[-1:] <= "힣":  # after a Latin letter or a digit either form may stand
            return stem
        if wants == "either" or (wants == "consonant") == has_final(stem[-1]):
            return stem
        if ending == "로" and (ord(stem[-1]) - 0xAC00) % 28 == 8:  # ㄹ takes 로
            return stem
    return word
