"""Shown rows -> the sentences an answer may be made of, each said once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.sentences import Sentence, sentences_of
from graphrag_drift.values import Shown

_FIRST = {"source": 0, "claim": 1, "finding": 2, "relationship": 3, "report": 4, "entity": 5}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a row; `place` is the row's number among those shown."""

    sentence: Sentence
    row: Shown
    place: int

    @property
    def order(self) -> tuple[str, int, int]:
        """By date, then as shown."""
        return (self.row.date, self.place, self.sentence.start)


def candidates_of(rows: Sequence[Shown]) -> list[Candidate]:
    """The prose of the rows; where rows repeat a sentence, the row that is nearest to the text keeps it."""
    kept: dict[str, Candidate] = {}
    for place, row in sorted(enumerate(rows), key=lambda pair: (_FIRST[pair[1].kind], pair[0])):
        for sentence in sentences_of(row.text):
            if sentence.prose:
                kept.setdefault(" ".join(sentence.text.split()), Candidate(sentence, row, place))
    return sorted(kept.values(), key=lambda candidate: (candidate.place, candidate.sentence.start))


def predecessor(candidate: Candidate) -> Candidate | None:
    """The sentence before it in its row, if that is prose."""
    if candidate.sentence.number == 0:
        return None
    before = sentences_of(candidate.row.text)[candidate.sentence.number - 1]
    return Candidate(before, candidate.row, candidate.place) if before.prose else None


def title_terms(rows: Iterable[Shown]) -> frozenset[str]:
    """The content terms of the titles of `rows`."""
    return frozenset(term for row in rows if row.title for term in content_terms(row.title))
