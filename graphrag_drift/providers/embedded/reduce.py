"""Reports and findings -> points; points -> one answer from the sentences that they cite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from graphrag_drift.marks import marked_sentences
from graphrag_drift.providers.embedded.choose import choose, rank
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.compose import answer_from
from graphrag_drift.providers.embedded.forms.material import blocks_of
from graphrag_drift.providers.embedded.question import Question, speaks_its_language
from graphrag_drift.providers.embedded.sentences import REPORTED, Candidate, candidates_of, sentences_of
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks import AnswerDraft, Point
from graphrag_drift.values import Shown

_POINTS = 12  # of one batch of reports
_LEAST = 0.2  # share of the question that a point must speak of
_FIRST = 2  # sentences of a report, at least, that stand for it where the question is about everything
_OF_ALL = 8  # and of all reports together
_MOST_RATED = 5.0
_LATER = 6.0  # what the second of them scores less


def map_reports(question: Question, reports: Sequence[Shown], knowledge: Knowledge) -> tuple[Point, ...]:
    """The points, best first. A question about the whole corpus gets the reports' own summaries, by rank."""
    candidates = candidates_of(reports)
    found = _report_points(question, candidates) if question.general else _relevant(question, candidates, knowledge)
    return tuple(sorted(found, key=lambda point: (-point.score, point.text)))


def map_findings(findings: Sequence[Point]) -> tuple[Point, ...]:
    """The marked sentences of the findings, best first, each as good as the answer that it stands in."""
    points = [
        Point(f"{text} {''.join(f'[{mark}]' for mark in marks)}", finding.score)
        for finding in findings
        for text, marks in dict.fromkeys(marked_sentences(finding.text))
    ]
    return tuple(sorted(points, key=lambda point: (-point.score, point.text)))


def rate_reports(question: Question, reports: Sequence[Shown], knowledge: Knowledge) -> tuple[float, ...]:
    """By the share of the question that the best sentence of each report speaks of."""
    best: dict[int, float] = {}
    for item in rank(question, candidates_of(reports), knowledge):
        mark = item.candidate.row.mark
        best[mark] = max(best.get(mark, 0.0), item.share_of(question))
    return tuple(round(_MOST_RATED * min(1.0, best.get(report.mark, 0.0)), 2) for report in reports)


def _relevant(question: Question, candidates: Sequence[Candidate], knowledge: Knowledge) -> Iterator[Point]:
    chosen = choose(rank(question, candidates, knowledge), question, _POINTS)
    shares = {item.candidate: item.share_of(question) for item in chosen}
    relevance = {candidate: share for candidate, share in shares.items() if share >= _LEAST}
    for block in blocks_of(list(relevance), knowledge.rarity):
        best = max(relevance.get(candidate, 0.0) for candidate in block)
        yield Point(paragraph(block), round(100 * min(1.0, best) * (0.8 + 0.2 * block[-1].row.score), 1))


def _report_points(question: Question, candidates: Sequence[Candidate]) -> Iterator[Point]:
    """The first sentences of each report; of rows with the same title only the summary, where there are many.

    Reports in another language than the question's score half.
    """
    summarized = {candidate.row.title for candidate in candidates if candidate.row.kind == "report"}
    first = max(_FIRST, _OF_ALL // max(1, len({candidate.row.title for candidate in candidates})))
    seen: dict[str, int] = {}
    for candidate in candidates:
        title = candidate.row.title
        if candidate.row.kind != "report" and title in summarized and len(summarized) * _FIRST >= _OF_ALL:
            continue
        number = seen[title] = seen.get(title, -1) + 1
        if number < first:
            score = 100 * candidate.row.score - _LATER * number
            score *= 1.0 if speaks_its_language(candidate.sentence.text, question) else 0.5
            yield Point(paragraph([candidate]), round(max(1.0, score), 1))


_MARKED = re.compile(r"(.+?)[ \t]*((?:\[\d+\][ \t]*)+)", re.DOTALL)
_REPORTED = re.compile(rf"[ \t]*{REPORTED}[ \t]*\Z")
_MARK = re.compile(r"\[(\d+)\]")
_LEAD = re.compile(r"^\s*(?:[-*•]\s+|\d+\.\s+|#+\s+)?")


def reduce_answers(
    question: Question,
    points: Sequence[Point],
    context: Sequence[Shown],
    response_type: str,
    knowledge: Knowledge,
) -> AnswerDraft:
    """The answer from the sentences that the points cite, each as good as its point."""
    best: dict[Candidate, float] = {}
    for candidate, score in _cited(points, context):
        best.setdefault(candidate, score / 100)
    candidates = [replace(c, row=replace(c.row, score=score)) for c, score in best.items()]
    return answer_from(question, [c.row for c in candidates], candidates, response_type, knowledge)


def cited_sentences(points: Sequence[Point], context: Sequence[Shown]) -> list[Candidate]:
    """The sentences of the points in the rows that they cite, in their order, each once."""
    rows = {row.mark: (place, row) for place, row in enumerate(context)}
    return list(dict.fromkeys(candidate for point in points for candidate in _sentences(point, rows)))


def _cited(points: Sequence[Point], context: Sequence[Shown]) -> Iterator[tuple[Candidate, float]]:
    """The sentences of the points in the rows that they cite, with the score of their point, best point first."""
    rows = {row.mark: (place, row) for place, row in enumerate(context)}
    for point in sorted(points, key=lambda point: (-point.score, point.text)):
        yield from ((candidate, point.score) for candidate in _sentences(point, rows))


def _sentences(point: Point, rows: Mapping[int, tuple[int, Shown]]) -> Iterator[Candidate]:
    for match in _MARKED.finditer(point.text):
        marks = [int(mark) for mark in _MARK.findall(match.group(2)) if int(mark) in rows]
        text = _LEAD.sub("", _REPORTED.sub("", match.group(1)).strip().rpartition("\n")[2]).strip()
        if marks and text:
            yield _candidate(text, marks, rows)


def _candidate(text: str, marks: Sequence[int], rows: Mapping[int, tuple[int, Shown]]) -> Candidate:
    """The sentence of the cited rows that is `text`; a sentence that stands in none keeps the first mark."""
    for mark in marks:
        place, row = rows[mark]
        for sentence in sentences_of(row.text):
            if " ".join(sentence.text.split()) == text:
                return Candidate(sentence, row, place)
    place, row = rows[marks[0]]
    whole = replace(sentences_of(text)[0], text=text, end=len(text), leans=False)
    return Candidate(whole, replace(row, text=text), place)
