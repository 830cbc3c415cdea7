"""Whether shown rows support an answer at all: do they speak of what is asked, together, and of whom.

It weighs words; it cannot tell that a sentence speaks of the right things and leaves out the very one asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.sentences import bag_of_title, sentences_of
from graphrag_drift.values import Shown

# Chosen on MultiHop-RAG's answerable and unanswerable questions and checked on chained and short ones: the best
# stretch of text tells most; a long question is never covered as well as a short one.
_TOGETHER, _NAMES, _LENGTH, _LONGEST = 2.0, 0.3, 0.01, 30
_ENOUGH = 1.2
_NAMES_KNOWN = 0.34


def is_supported(question: Question, rows: Sequence[Shown]) -> bool:
    """Whether the rows say enough of what is asked, and know the names."""
    total = sum(question.weights.values())
    if not rows or not total:
        return False
    if question.general:
        return True
    windows = list(_windows(rows))
    known = frozenset[str]().union(*windows)
    names = _names_known(question, rows, known)
    if names < _NAMES_KNOWN:
        return False
    shares = [sum(question.weights[term] for term in question.terms & window) / total for window in windows]
    everywhere = sum(question.weights[term] for term in question.terms & known) / total
    length = _LENGTH * min(len(question.weights), _LONGEST)
    return everywhere + _TOGETHER * max(shares, default=0.0) + _NAMES * names + length >= _ENOUGH


def _windows(rows: Sequence[Shown]) -> Iterator[frozenset[str]]:
    """The terms of every sentence with its neighbours and the title above it."""
    for row in rows:
        title = bag_of_title(row.title)
        sentences = sentences_of(row.text)
        for i, sentence in enumerate(sentences):
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
