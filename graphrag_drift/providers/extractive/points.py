"""MapReports and ReduceAnswers -> what each report says to the question, and all of it as one answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.answers import limit_of
from graphrag_drift.providers.extractive.candidates import Candidate, candidates_of
from graphrag_drift.providers.extractive.composing import cite
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.selection import choose, score_all
from graphrag_drift.providers.extractive.weights import Rarity, is_near_copy
from graphrag_drift.tasks import Point
from graphrag_drift.values import Shown

_CITED = re.compile(r"(.+?)((?:[ \t]*\[\d+\])+(?: \((?:reported \d{1,2} \w+ \d{4}|\d{4}년 \d{1,2}월 \d{1,2}일 보도)\))?)", re.DOTALL)
_FIRST_MARK = re.compile(r"\[(\d+)\]")
_POINTS = 12


def map_reports(question: Question, reports: Sequence[Shown], rarity: Rarity) -> tuple[Point, ...]:
    """The sentences of the reports that speak of the question; of a question about everything, their first."""
    candidates = candidates_of(reports)
    if question.general:
        return _leading_points(candidates)
    chosen = choose(score_all(candidates, question), question, rarity, _POINTS)
    points = [Point(cite(item.candidate), round(min(100.0, 100 * item.score), 1)) for item in chosen]
    return tuple(sorted(points, key=lambda point: -point.score))


def _leading_points(candidates: Sequence[Candidate]) -> tuple[Point, ...]:
    firsts: dict[int, Candidate] = {}
    for candidate in candidates:
        firsts.setdefault(candidate.place, candidate)
    points = [Point(cite(item), round(40 + 60 * item.row.score - 0.1 * item.place, 1)) for item in firsts.values()]
    return tuple(sorted(points, key=lambda point: -point.score))


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of a point with its marks."""

    text: str
    marks: str
    terms: frozenset[str]
    score: float
    number: int

    @property
    def mark(self) -> int:
        """The first mark."""
        found = _FIRST_MARK.search(self.marks)
        return int(found.group(1)) if found else 0


def reduce_answers(
    question: Question, points: Sequence[Point], context: Sequence[Shown], response_type: str, rarity: Rarity
) -> str:
    """The points as one answer, best first, each sentence once."""
    chosen: list[Cited] = []
    limit = max(limit_of(response_type), 1) + 4 * (limit_of(response_type) > 4)
    for cited in _sentences(points, question, rarity):
        if len(chosen) == limit:
            break
        if not any(cited.text == c.text or is_near_copy(cited.terms, c.terms, rarity) for c in chosen):
            chosen.append(cited)
    lines = [f"{cited.text}{cited.marks}" for cited in chosen]
    if "list" in response_type.casefold():
        return "\n".join(f"- {line}" for line in lines)
    groups = [lines[i : i + 4] for i in range(0, len(lines), 4)]
    return "\n\n".join(" ".join(group) for group in groups)


def _sentences(points: Sequence[Point], question: Question, rarity: Rarity) -> list[Cited]:
    total = sum(question.weights.values()) or 1
    found: list[Cited] = []
    for point in sorted(points, key=lambda point: (-point.score, point.text)):
        for match in _CITED.finditer(point.text):
            text = match.group(1).strip().splitlines()[-1].strip().removeprefix("- ")
            terms = frozenset(content_terms(text))
            near = sum(value for term, value in question.weights.items() if term in terms) / total
            found.append(Cited(text, match.group(2), terms, point.score * (0.4 + near), len(found)))
    return sorted(found, key=lambda cited: (-cited.score, cited.number))
