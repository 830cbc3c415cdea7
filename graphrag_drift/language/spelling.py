"""A question -> the same with words that the corpus does not have spelled as it has them, where one letter is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphrag_drift.language.detect import LANGUAGES, every
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import STOPWORDS, terms
from graphrag_drift.patterns import lazy_pattern

_ASKING = every(lambda language: language.asking.about_texts | language.asking.about_corpora)
_PART = lazy_pattern(r"[^\W\d_]{2,}")  # of a word
_SHORT = 4  # letters below which a word has too many neighbours, unless it makes a name with the word beside it
# Of the words of one corpus that another does not have (`benchmarks/spelling.py`) 4.4 % of those with five letters
# would be taken for ones with a letter missing and 24 % for ones with another; from seven letters on 0.2 % and 2.3 %.
_NOT_SHORT, _LONG = 5, 7

_SPELLED_OUT = {short: full for language in LANGUAGES for short, full in language.asking.spelled_out.items()}
_DOUBLED = lazy_pattern(r"(.)\1")


def mend_spelling(
    question: str, statistics: Statistics, is_name: Callable[[str], bool] = lambda words: False
) -> tuple[str, dict[str, str]]:
    """(question, {as typed: as read}): each unknown word is replaced by the known one nearest to it, if one letter is
    missing, too many, another, or in another's place; of several by the one that most texts hold.

    The first letter is believed. In a short word another letter makes another word more often than it misspells one
    ("bread", "broad"): of what is not written as a name, `_is_slip` says what is taken for a mistake. A word that makes
    a name with the word before it is preferred, however short; an acronym of common words is spelled out. Source:
    Damerau 1964, "A technique for computer detection and correction of spelling errors": four of five misspellings are
    of these kinds.
    """
    meant: dict[str, str] = {}
    before = ""
    for match in _PART.finditer(question):
        word = match[0]
        if word.casefold() in _SPELLED_OUT and word.casefold() not in statistics.documents:
            meant[word] = _SPELLED_OUT[word.casefold()]
        elif not _is_known(word, statistics):
            near = [other for other in neighbours(word.casefold(), statistics) if other in statistics.documents]
            known = {other for other in near if is_name(f"{before} {other}")} or {
                other
                for other in near
                if len(word) >= _SHORT and (statistics.is_name(other) or _is_slip(word.casefold(), other))
            }
            if known:
                meant[word] = min(known, key=lambda other: (-statistics.documents[other], other))
        before = word.casefold()
    return _PART.sub(lambda match: meant.get(match[0], match[0]), question), meant


def written_otherwise(text: str) -> frozenset[str]:
    """The terms of the acronyms of common words in `text` spelled out, and of those that its words are spelled as."""
    folded = text.casefold()
    said = set(terms(text))
    spelled = [full for short, full in _SPELLED_OUT.items() if short in said]
    shortened = [short for short, full in _SPELLED_OUT.items() if full in folded]
    return frozenset(term for words in (*spelled, *shortened) for term in terms(words))


def _is_known(word: str, statistics: Statistics) -> bool:
    key = word.casefold()
    if key in STOPWORDS or key in _ASKING or key in statistics.documents:
        return True
    return any(term in statistics.frequencies for term in terms(word))


def _is_slip(typed: str, meant: str) -> bool:
    """Whether two letters are swapped or one is doubled or not, one is missing from a word that is not short, or
    anything of the kind is wrong in a long one."""
    if len(typed) >= _LONG or (len(typed) >= _NOT_SHORT and len(meant) > len(typed)):
        return True
    return sorted(typed) == sorted(meant) or _DOUBLED.sub(r"\1", typed) == _DOUBLED.sub(r"\1", meant)


def neighbours(word: str, statistics: Statistics) -> Iterator[str]:
    """The strings at a Damerau-Levenshtein distance of 1 that begin with the same letter."""
    letters = statistics.letters
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (f"{head}{letter}{tail}" for letter in letters)
        if tail:
            yield head + tail[1:]
            yield from (f"{head}{letter}{tail[1:]}" for letter in letters)
        if len(tail) > 1:
            yield f"{head}{tail[1]}{tail[0]}{tail[2:]}"
