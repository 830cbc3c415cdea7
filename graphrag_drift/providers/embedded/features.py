"""Candidates and a question -> numbers by which a sentence is chosen: a row a candidate, a column a feature.

What they count for is not here but in `weights.json`, which `benchmarks/train_chooser.py` makes. One pass; each number
is a share (0-1) or a yes (1).
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.cues import things_asked
from graphrag_drift.language.reading import remembered
from graphrag_drift.language.terms import terms, words
from graphrag_drift.providers.embedded.question import OFFICES, Question
from graphrag_drift.providers.embedded.sentences import Candidate, Sentence, led_in, sentences_of

PLAIN = ("window", "both", "subject", "passage", "near", "titled", "fits", "focus")
"""`window`: the question's share, by rarity, in sentence, predecessor and title;
`subject`: that of its names in sentence and title; `both`: that times the share of its other words; `passage`: how well
the passage was found; `near`: how near a new thing of the kind asked for is to one of those words; `titled`: names in
the title; `fits`: there is such a thing; `focus`: the share of the words for what is asked for ("treasurer") in
the sentence."""
BRIDGE = (*PLAIN, "introduces", "first")
"""Those, and: the sentence names the title of another passage; it comes first."""

FAMILY = 4  # letters that two words of one family begin with
_KIN = 0.7  # what a word of the same family counts
_LEANT = 0.8  # what the names of the sentence before count for one that leans on it
_REACH = 30  # characters at which nearness is half


def features(question: Question, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """(candidates, PLAIN): see there."""
    seen = _Asked(question)
    best = max((candidate.row.score for candidate in candidates), default=0.0) or 1.0
    rows = [seen.row(candidate, candidate.row.score / best) for candidate in candidates]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(PLAIN))


def among_themselves(values: NDArray[np.float64], candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """The features of `candidates` from the rows that they had in `values` among others: `passage` is relative."""
    best = max((candidate.row.score for candidate in candidates), default=0.0) or 1.0
    own = values.copy()
    own[:, PLAIN.index("passage")] = [candidate.row.score / best for candidate in candidates]
    return own


def bridge_features(
    candidates: Sequence[Candidate], plain: NDArray[np.float64], introduced: Sequence[bool]
) -> NDArray[np.float64]:
    """(candidates, BRIDGE): `plain`, and what tells a sentence that leads to another passage."""
    first = [candidate.sentence.number == 0 for candidate in candidates]
    more = np.array([introduced, first], dtype=np.float64).T.reshape(len(candidates), 2)
    return np.concatenate([plain, more], axis=1)


class _Asked:
    """What of a question is the same for all candidates."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.text = question.text.casefold()
        self.total = float(sum(question.weights.values())) or 1.0
        self.named = frozenset[str]().union(*question.names) & question.terms
        self.names_total = float(sum(question.weights[term] for term in self.named))
        self.predicate = question.predicate
        self.leads = question.leads
        self.predicate_total = float(sum(question.weights[term] for term in self.predicate))
        self.families = frozenset(term[:FAMILY] for term in self.predicate if len(term) >= FAMILY)
        self.focus = frozenset(question.focus) & question.terms
        self.focus_total = float(sum(question.weights[term] for term in self.focus))

    def row(self, candidate: Candidate, passage: float) -> tuple[float, ...]:
        sentence, title = candidate.sentence, candidate.title
        before = _before(candidate)
        previous = before.bag if before else frozenset[str]()
        led = led_in(candidate)
        own = sentence.bag | led if led else sentence.bag
        subject = self._subject(sentence, own | title, previous)
        new = self._new_things(sentence.text)
        return (
            self._share(sentence.bag | previous | title, self.question.terms, self.total),
            (subject if self.named else 1.0) * self._said(own),
            subject,
            passage,
            self._nearness(sentence, new),
            _share_of_names(self.question, title),
            float(bool(new)),
            self._share(own, self.focus, self.focus_total),
        )

    def _share(self, bag: Set[str], of: frozenset[str], total: float) -> float:
        weights = self.question.weights
        return sum(weights[term] for term in of if term in bag) / total if total else 0.0

    def _subject(self, sentence: Sentence, said: Set[str], previous: Set[str]) -> float:
        own = self._share(said, self.named, self.names_total)
        if not sentence.leans:
            return own
        return own + _LEANT * self._share(previous - said, self.named, self.names_total)

    def _said(self, bag: frozenset[str]) -> float:
        """The share of the predicate in `bag`, words of the same family included."""
        weights = self.question.weights
        families = {term[:FAMILY] for term in bag if len(term) >= FAMILY} & self.families
        said = sum(
            weights[term] if term in bag else _KIN * weights[term] * (term[:FAMILY] in families)
            for term in self.predicate
        )
        if self.leads and not OFFICES.isdisjoint(bag):
            said += sum(_KIN * weights[term] for term in self.leads if term not in bag)
        return min(1.0, said / self.predicate_total) if self.predicate_total else 0.0

    def _new_things(self, text: str) -> list[tuple[int, int]]:
        spans = things_asked(self.question.kind, self.question.text, text)
        return [span for span in spans if text[slice(*span)].casefold() not in self.text]

    def _nearness(self, sentence: Sentence, new: Sequence[tuple[int, int]]) -> float:
        if not new:
            return 0.0
        wanted, families = (self.predicate, self.families) if self.predicate else (self.named, frozenset[str]())
        anchors = [
            (start, end)
            for start, end, term in placed_terms(sentence.text)
            if term in wanted or (self.leads and term in OFFICES) or (len(term) >= FAMILY and term[:FAMILY] in families)
        ]
        gaps = [
            max(0, start - until, since - end)
            for start, end in anchors
            for since, until in new
            if not since <= start < until
        ]
        return 1.0 / (1.0 + min(gaps) / _REACH) if gaps else 0.0


@remembered(16384)
def placed_terms(text: str) -> tuple[tuple[int, int, str], ...]:
    """(start, end, term) of each word of a sentence, in order."""
    return tuple((start, end, term) for start, end in words(text) for term in terms(text[start:end]))


def _before(candidate: Candidate) -> Sentence | None:
    number = candidate.sentence.number - 1
    return sentences_of(candidate.row.text)[number] if number >= 0 else None


def _share_of_names(question: Question, title: Set[str]) -> float:
    """How many of the names stand in the title, as a share."""
    if not question.names:
        return 0.0
    return sum(2 * len(name & title) > len(name) for name in question.names) / len(question.names)
