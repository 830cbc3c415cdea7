"""Whether shown rows support an answer at all: do they speak of what is asked, together, and of whom.

It weighs words; it cannot tell that a sentence speaks of the right things and leaves out the very one asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.sentences import bag_of_title, sentences_of
from graphrag_drift.providers.extractive.weights import UNSEEN
from graphrag_drift.values import Shown

# Chosen on MultiHop-RAG's answerable and unanswerable questions and checked on chained and short ones: the best
# stretch of text tells most; a long question is never covered as well as a short one.
_TOGETHER, _NAMES, _LENGTH, _LONGEST = 2.0, 0.3, 0.01, 30
_ENOUGH = 1.2
_WINDOWS = 4  # stretches that an answer could be made of
_COVERED, _LESS, _SHORT, _FEWEST = 0.46, 0.015, 6, 0.3  # share of a question of six terms, and less by term
_NAMES_KNOWN = 0.34
_FOREIGN = 0.4
_EACH = 600  # added to the weight of each term, so that one rare word of the asker is not taken for the question


def is_supported(question: Question, rows: Sequence[Shown]) -> bool:
    """Whether the rows say enough of what is asked, and know the names."""
    if not rows or not question.weights:
        return False
    return question.general or (
        not _is_foreign(question) and _suffices(*_support(question, rows), len(question.weights))
    )


def _is_foreign(question: Question) -> bool:
    """Whether much of a question without names are words that the corpus has never seen."""
    unseen = sum(value + _EACH for value in question.weights.values() if value >= UNSEEN)
    return not question.names and unseen >= _FOREIGN * sum(value + _EACH for value in question.weights.values())


def _suffices(together: float, best: float, names: float, length: int) -> bool:
    if names < _NAMES_KNOWN or together < max(_FEWEST, _COVERED - _LESS * max(0, length - _SHORT)):
        return False
    return together + _TOGETHER * best + _NAMES * names + _LENGTH * min(length, _LONGEST) >= _ENOUGH


def _support(question: Question, rows: Sequence[Shown]) -> tuple[float, float, float]:
    """The share of the question that the best stretches say together, that the best says, and of names known."""
    weights = {term: value + min(_EACH, 5 * value) for term, value in question.weights.items()}
    total = sum(weights.values())
    windows = list(_windows(rows))
    held = list(dict.fromkeys(question.terms & window for window in windows))
    best = max((sum(weights[term] for term in terms) for terms in held), default=0) / total
    said: frozenset[str] = frozenset()
    for _ in range(_WINDOWS):
        said |= max(held, key=lambda terms: sum(weights[term] for term in terms - said), default=said)
    together = sum(weights[term] for term in said) / total
    known = frozenset[str]().union(*windows)
    return together, best, _names_known(question, rows, known)


def _windows(rows: Sequence[Shown]) -> Iterator[frozenset[str]]:
    """The terms of every sentence with its neighbours and the title above it."""
    for row in rows:
        title = bag_of_title(row.title)
        sentences = sentences_of(row.text)
        for i in range(len(sentences)):
            yield title.union(*(near.bag for near in sentences[max(0, i - 1) : i + 2]))


def _names_known(question: Question, rows: Sequence[Shown], known: frozenset[str]) -> float:
    """The share of the names asked about, by weight, that the rows mention."""
    weights = [max((question.weights.get(term, 1) for term in terms), default=1) for terms in question.names]
    if not weights:
        return 1.0
    text = "\n".join(f"{row.title}\n{row.text}" for row in rows)
    found = [
        weight
        for weight, name in zip(weights, question.name_texts, strict=True)
        if _is_known(name, text, known, question)
    ]
    return sum(found) / sum(weights)


def _is_known(name: str, text: str, known: frozenset[str], question: Question) -> bool:
    """Whether most of the name occurs; a word that the text only writes small is no name there."""
    total = said = 0
    for word in name.split():
        for term in content_terms(word):
            value = question.weights.get(term, 1)
            total += value
            said += value * (term in known and (word in text or word.lower() not in text))
    return 2 * said >= total
