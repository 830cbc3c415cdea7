"""drift: a primer over the nearest reports, rounds of follow-up questions by local search, then reduce.

Source: DRIFT search (Dynamic Reasoning and Inference with Flexible Traversal), Microsoft Research, October
2024. Where the published method draws follow-ups at random, the most promising ones are asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.each import Failed, each
from graphrag_drift.marks import marked_sentences
from graphrag_drift.query.context import finding_rows, report_summary_row
from graphrag_drift.query.global_search import reduce_points
from graphrag_drift.query.inquiry import Found, Inquiry, Node
from graphrag_drift.query.local_search import show_local_context
from graphrag_drift.tasks import AnswerFollowUp, Findings, Hypothesize, Point, PrimeQuestion
from graphrag_drift.values import Event, Shown

# Reports whose findings shape the hypothetical answer.
_HYDE_REPORTS = 3
# What each further answer with the same sentence adds to its score.
_AGREED = 10.0
# Follow-ups to the newest answers rest on evidence that no question was made of yet.
_NEW = 0.25
_PARENT = 0.5
# Two questions whose vectors are this near ask the same.
_SAME_QUESTION = 0.6


_NOTHING = Findings("", 0.0)


@dataclass(eq=False)
class _Asked:
    """A question of the tree while it grows."""

    question: str
    parent: _Asked | None
    answer: str = ""
    score: float = 0.0
    children: list[_Asked] = field(default_factory=list)


async def drift_search(inquiry: Inquiry) -> Found:
    """HyDE, primer, `rounds` of follow-ups best first, and one answer from the ranked tree."""
    settings = inquiry.settings.drift_search
    root = _Asked(inquiry.question, None)
    notes: list[str] = []
    candidates = await _prime(inquiry, root, notes)
    asked = [root.question]
    answered: list[_Asked] = []
    chosen: list[_Asked] = []
    for _ in range(settings.rounds):
        chosen = await _most_promising(inquiry, candidates, asked, chosen, settings.width)
        if not chosen:
            break
        asked.extend(branch.question for branch in chosen)
        candidates = [c for c in candidates if c not in chosen]
        for branch in chosen:
            inquiry.observe(Event("asked", branch.question))
        follow_ups = await each(chosen, lambda branch: _answer(inquiry, branch))
        for branch, reply in zip(chosen, follow_ups, strict=True):
            if isinstance(reply, Failed):
                notes.append(f"the follow-up {branch.question!r} could not be answered: {reply.reason}")
                continue
            _grow(inquiry, branch, answered, candidates, reply)
    points = _points((root, *answered))
    inquiry.observe(Event("mapped", f"{len(points)} points"))
    text = await reduce_points(inquiry, points, settings.data_max_tokens)
    return Found(text, _node(root), tuple(notes))


async def _prime(inquiry: Inquiry, root: _Asked, notes: list[str]) -> list[_Asked]:
    """Answer the root, from the top-K reports in folds and once by local search; returns the follow-ups.

    The published primer reads reports only. Local search of the root question beside it costs one task, and
    keeps what no report found worth a finding.
    """
    settings = inquiry.settings.drift_search
    ranked = await _nearest_reports(inquiry, (inquiry.question,), _HYDE_REPORTS)
    hypothesis = await _hypothesis(inquiry, ranked, notes)
    reports = await _nearest_reports(inquiry, (inquiry.question, hypothesis), settings.k_reports)
    inquiry.observe(Event("retrieved", f"{len(reports)} reports"))
    folds = [reports[start :: settings.primer_folds] for start in range(min(settings.primer_folds, len(reports)))]

    async def prime(fold: list[int]) -> Findings:
        if not fold:
            return await _answer(inquiry, root)
        rows = _report_rows(inquiry, fold)
        if not rows:
            return _NOTHING
        return await inquiry.reader.read(PrimeQuestion(inquiry.question, rows, settings.follow_ups))

    replies = await each([[], *folds], prime)
    answers = [reply for reply in replies if not isinstance(reply, Failed)]
    notes.extend(f"a part of the primer failed: {reply.reason}" for reply in replies if isinstance(reply, Failed))
    said = sorted((a for a in answers if a.answer), key=lambda a: (-a.score, a.answer))
    root.answer = "\n\n".join(a.answer for a in said)
    root.score = max((a.score for a in said), default=0.0)
    inquiry.observe(Event("primed", root.answer))
    return [_Asked(question, root) for reply in answers for question in reply.follow_ups]


async def _hypothesis(inquiry: Inquiry, reports: Sequence[int], notes: list[str]) -> str:
    """The hypothetical answer; without one the question alone finds the reports."""
    rows = _report_rows(inquiry, reports)
    [hypothesis] = await each([rows], lambda shown: inquiry.reader.read(Hypothesize(inquiry.question, shown)))
    if isinstance(hypothesis, Failed):
        notes.append(f"there was no hypothetical answer: {hypothesis.reason}")
        return ""
    return hypothesis


async def _answer(inquiry: Inquiry, branch: _Asked) -> Findings:
    settings = inquiry.settings.drift_search
    rows = await show_local_context(inquiry, branch.question, settings.follow_up_context_tokens)
    if not rows:
        return _NOTHING
    return await inquiry.reader.read(AnswerFollowUp(inquiry.question, branch.question, rows, settings.follow_ups))


def _grow(inquiry: Inquiry, branch: _Asked, answered: list[_Asked], candidates: list[_Asked], reply: Findings) -> None:
    """Hang an answered branch into the tree, and its follow-ups among the candidates."""
    branch.answer, branch.score = reply.answer, reply.score
    if branch.parent is not None:
        branch.parent.children.append(branch)
    answered.append(branch)
    candidates.extend(_Asked(question, branch) for question in reply.follow_ups)
    inquiry.observe(Event("answered", branch.question))


async def _most_promising(
    inquiry: Inquiry, candidates: Sequence[_Asked], asked: Sequence[str], newest: Sequence[_Asked], width: int
) -> list[_Asked]:
    """The `width` candidates that promise most, best first; no question twice, nor one that is nearly the same.

    Promise = the cosine of question and root, plus half the score of the answer that raised it (as 0-1), plus a
    bonus if that answer is among the `newest`.
    """
    if not candidates:
        return []
    vectors = await inquiry.embedder.embed_questions([c.question for c in candidates])
    known = await inquiry.embedder.embed_questions(list(asked))

    def promise(n: int) -> float:
        candidate = candidates[n]
        parent = candidate.parent.score / 100 if candidate.parent else 0.0
        return float(vectors[n] @ known[0]) + _PARENT * parent + _NEW * (candidate.parent in newest)

    chosen: list[_Asked] = []
    seen: list[NDArray[np.float32]] = list(known)
    for n in sorted(range(len(candidates)), key=lambda n: (-promise(n), candidates[n].question)):
        nearest = max(float(vectors[n] @ other) for other in seen)
        if nearest < _SAME_QUESTION and candidates[n].question not in asked:
            chosen.append(candidates[n])
            seen.append(vectors[n])
        if len(chosen) == width:
            break
    return chosen


async def _nearest_reports(inquiry: Inquiry, texts: Sequence[str], count: int) -> list[int]:
    """The rows of the reports nearest to `texts` (the sum of their cosines), none with an ancestor of itself."""
    graph = inquiry.graph
    if not graph.report_rows:
        return []
    vectors = await inquiry.embedder.embed_questions(list(texts))
    similarity = (graph.report_vectors @ vectors.T).sum(axis=1)
    row_of = {report["community"]: row for row, report in enumerate(graph.report_rows)}
    chosen: list[int] = []
    barred: set[int] = set()
    for row in np.argsort(-similarity, kind="stable").tolist():
        if similarity[row] <= 0 or len(chosen) == count:
            break
        if row in barred:
            continue
        chosen.append(row)
        barred.update(_kin(row, graph.report_rows, row_of))
    return chosen


def _kin(row: int, reports: Sequence[dict[str, object]], row_of: dict[object, int]) -> Iterable[int]:
    """The rows of the ancestors and descendants of a report."""
    parent = reports[row]["parent"]
    while parent in row_of:
        yield row_of[parent]
        parent = reports[row_of[parent]]["parent"]
    below = [row]
    while below:
        children = reports[below.pop()]["children"]
        found = [row_of[child] for child in children if child in row_of]  # type: ignore[attr-defined]
        yield from found
        below.extend(found)


def _report_rows(inquiry: Inquiry, reports: Sequence[int]) -> tuple[Shown, ...]:
    rows: list[Shown] = []
    for position, row in enumerate(reports):
        report = inquiry.graph.report_rows[row]
        score = 1.0 - position / len(reports)
        rows.extend((report_summary_row(report, score), *finding_rows(report, score)))
    return inquiry.show(rows)


def _points(branches: Sequence[_Asked]) -> list[Point]:
    """The marked sentences of all answers, scored by the best answer that has them and by how many do.

    What several questions lead to is likely to be what connects them.
    """
    scores: dict[str, list[float]] = {}
    for branch in branches:
        said = {f"{text} {''.join(f'[{mark}]' for mark in marks)}" for text, marks in marked_sentences(branch.answer)}
        for text in said:
            scores.setdefault(text, []).append(branch.score)
    return [Point(text, min(100.0, max(found) + _AGREED * (len(found) - 1))) for text, found in scores.items()]


def _node(branch: _Asked) -> Node:
    children = sorted(branch.children, key=lambda child: (-child.score, child.question))
    return Node(branch.question, branch.answer, branch.score, tuple(_node(child) for child in children))
