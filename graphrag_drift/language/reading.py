"""In which languages a corpus is read: a word has one term in all that is done for one corpus, be it text, name or
question, so that they agree; in the context of another corpus it may have another.

The languages are those of at least a quarter of the documents in Latin letters. Words of other scripts need no context.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple, Unpack

from graphrag_drift.language.detect import LANGUAGES

Arguments = TypeVarTuple("Arguments")
R = TypeVar("R")
STEMMERS = {language.code: language.stemmer for language in LANGUAGES if language.stemmer} | {
    **{"en": "english", "da": "danish", "no": "norwegian", "fi": "finnish", "et": "estonian", "lt": "lithuanian"},
    **{"ca": "catalan", "ro": "romanian", "pl": "polish", "cs": "czech", "hu": "hungarian", "tr": "turkish"},
    **{"id": "indonesian", "eu": "basque", "ga": "irish"},
}
"""Snowball's algorithms, by the code of the language."""
_IN_CYRILLIC = ("ru", "uk")
_SHARE = 4  # one of so many documents is enough
_LANGUAGES: ContextVar[tuple[str, ...]] = ContextVar("languages", default=())


def languages_of_corpus(codes: Iterable[str | None]) -> tuple[str, ...]:
    """The languages in which a corpus is read whose documents have these codes; none if it is read as English alone."""
    counts = Counter(code for code in codes if code in STEMMERS and code not in _IN_CYRILLIC)
    main = tuple(sorted(code for code, count in counts.items() if count * _SHARE >= counts.total()))
    return () if main == ("en",) else main


def languages() -> tuple[str, ...]:
    """Those of the corpus at hand, in order; none stands for English alone."""
    return _LANGUAGES.get()


@contextmanager
def reading(corpus: tuple[str, ...]) -> Iterator[None]:
    """Within it, words are read in these languages, see `languages_of_corpus`."""
    token = _LANGUAGES.set(corpus)
    try:
        yield
    finally:
        _LANGUAGES.reset(token)


def remembered(maxsize: int) -> Callable[[Callable[[Unpack[Arguments]], R]], Callable[[Unpack[Arguments]], R]]:
    """`lru_cache` for functions that rest on terms: what they give for one corpus is not taken for another's."""

    def remember(function: Callable[[Unpack[Arguments]], R]) -> Callable[[Unpack[Arguments]], R]:
        @lru_cache(maxsize=maxsize)
        def by_languages(corpus: tuple[str, ...], arguments: tuple[*Arguments]) -> R:
            return function(*arguments)

        @wraps(function)
        def call(*arguments: *Arguments) -> R:
            return by_languages(_LANGUAGES.get(), arguments)

        return call

    return remember
