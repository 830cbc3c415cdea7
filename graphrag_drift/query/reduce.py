"""Findings -> scored points -> one answer: the map and reduce that DRIFT and global search end with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphrag_drift.each import Failed
from graphrag_drift.errors import BudgetExhausted, ProviderError
from graphrag_drift.marks import MARK
from graphrag_drift.query.inquiry import NOTHING, Inquiry
from graphrag_drift.shown import batches
from graphrag_drift.tasks import AnswerDraft, MapFindings, Point, ReduceAnswers

# What each further finding with the same point adds to its score: what several questions lead to is likely to be
# what connects them.
_AGREED = 10.0


async def map_findings(inquiry: Inquiry, findings: Sequence[Point], budget: int) -> list[Point]:
    """The points of `findings`, read in batches of `budget` tokens; the findings of a batch that failed stand as
    they are."""
    groups = batches(findings, budget, inquiry.tokenizer, overhead=0)
    tasks = [MapFindings(inquiry.question, group) for group in groups]
    replies = await inquiry.read_all(tasks)
    return _merged(
        point
        for group, reply in zip(groups, replies, strict=True)
        for point in (group if isinstance(reply, Failed) else reply)
    )


async def conclude(
    inquiry: Inquiry, points: Iterable[Point], budget: int, first: AnswerDraft | None = None
) -> tuple[AnswerDraft, tuple[str, ...]]:
    """One answer from the best of `points` within `budget` tokens, and what to say of it; "" without points.

    `first` is what the points add to, see `ReduceAnswers`.

    If the reader fails, or nothing is left to pay it, the points themselves are the answer, best first.
    """
    chosen: list[Point] = []
    for point in sorted((p for p in points if p.score > 0), key=lambda p: (-p.score, p.text)):
        tokens = inquiry.tokenizer.count(point.text)
        if tokens <= budget:
            chosen.append(point)
            budget -= tokens
    if not chosen:
        return first or NOTHING, ()
    texts = [text for point in chosen for text in (point.text, *(lead.text for lead in point.leads))]
    cited = dict.fromkeys(int(mark) for text in (*texts, first.text if first else "") for mark in MARK.findall(text))
    context = tuple(inquiry.ledger.rows[mark] for mark in cited if mark in inquiry.ledger.rows)
    task = ReduceAnswers(inquiry.question, tuple(chosen), context, inquiry.response_type, first)
    try:
        return await inquiry.say(task), ()
    except (ProviderError, BudgetExhausted) as error:
        if inquiry.ledger.streaming:
            raise  # what was read so far is not the answer
        note = f"the points found could not be joined to one answer, so they are shown as they are: {error}"
        return AnswerDraft("\n\n".join(point.text for point in chosen)), (note,)


def _merged(points: Iterable[Point]) -> list[Point]:
    """Each point once, scored by the best that says it and by how many do."""
    scores: dict[str, list[float]] = {}
    for point in points:
        scores.setdefault(point.text, []).append(point.score)
    return [Point(text, min(100.0, max(each) + _AGREED * (len(each) - 1))) for text, each in scores.items()]
