"""Shown rows -> the sentences an answer may be made of, each said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def neighbour(candidate: Candidate, step: int) -> Candidate | None:
    """The sentence `step` after it in its row, if there is one and that is prose."""
    sentences = sentences_of(candidate.row.text)
    number = candidate.sentence.number + step
    if not 0 <= number < len(sentences) or not sentences[number].prose:
        return None
    return Candidate(sentences[number], candidate.row, candidate.place)
