"""A question -> the same with words that the corpus does not have spelled as it has them, where one letter is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.language.terms import STOPWORDS, terms, words

_SHORTEST = 4  # letters; shorter words have too many neighbours


def mend_spelling(question: str, lexicon: Lexicon) -> tuple[str, dict[str, str]]:
    """(question, {as typed: as read}): each unknown word is replaced by the known one nearest to it, if one letter is
    missing, too many, another, or in another's place; of several by the one that most texts hold.

    The first letter is believed. Source: Damerau 1964, "A technique for computer detection and correction of spelling
    errors": four of five misspellings are of these kinds.
    """
    meant: dict[str, str] = {}
    for start, end in words(question):
        word = question[start:end]
        if len(word) >= _SHORTEST and word.isalpha() and not _is_known(word, lexicon):
            known = {other for other in _neighbours(word.casefold(), lexicon) if other in lexicon.vocabulary.documents}
            if known:
                meant[word] = min(known, key=lambda other: (-lexicon.vocabulary.documents[other], other))
    for start, end in reversed(words(question)):
        if question[start:end] in meant:
            question = f"{question[:start]}{meant[question[start:end]]}{question[end:]}"
    return question, meant


def _is_known(word: str, lexicon: Lexicon) -> bool:
    key = word.casefold()
    if key in STOPWORDS or key in lexicon.vocabulary.documents:
        return True
    return any(term in lexicon.frequencies for term in terms(word))


def _neighbours(word: str, lexicon: Lexicon) -> Iterator[str]:
    """The strings at a Damerau-Levenshtein distance of 1 that begin with the same letter."""
    letters = lexicon.letters
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (f"{head}{letter}{tail}" for letter in letters)
        if tail:
            yield head + tail[1:]
            yield from (f"{head}{letter}{tail[1:]}" for letter in letters)
        if len(tail) > 1:
            yield f"{head}{tail[1]}{tail[0]}{tail[2:]}"
