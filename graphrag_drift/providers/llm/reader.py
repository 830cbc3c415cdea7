"""The reader that asks a language model: a task -> its prompt -> a reply that was checked -> the task's reply.

It says what is asked and what a reply means; how a reply is got (once more, from the cache, by which model) is for
its asker. Tasks without material are answered without asking.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar, cast

from graphrag_drift import tasks
from graphrag_drift.errors import ProviderError, TooLong
from graphrag_drift.prompts import Prompts, fenced
from graphrag_drift.providers.llm.asking import Asker, Request
from graphrag_drift.providers.llm.indexing import indexing_replies
from graphrag_drift.providers.llm.parse import NO_ANSWER, pieces_of
from graphrag_drift.providers.llm.render import flat, list_text, marks_in, marks_of, points_text, rows_text, tidy_marks
from graphrag_drift.providers.llm.requests import Requests
from graphrag_drift.providers.llm.shapes import (
    CorpusReply,
    FindingsReply,
    PointsReply,
    QuestionsReply,
    RatingsReply,
    RelevantReply,
    VerdictReply,
)
from graphrag_drift.providers.llm.shrink import shrunk
from graphrag_drift.providers.llm.uncited import with_marks
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.tables import content_id
from graphrag_drift.values import Shown

R = TypeVar("R")
Answering = tasks.AnswerQuestion | tasks.ReduceAnswers
_MOST_PARTS = 5  # of a question


class LLMReader:
    """Answers every task by asking. `gleanings`: further readings of a text for what the first one missed.

    `keeps_invented`: also names that stand nowhere in their text.
    """

    def __init__(
        self,
        asker: Asker,
        prompts: Prompts,
        tokenizer: Tokenizer,
        *,
        gleanings: int = 1,
        keeps_invented: bool = False,
    ) -> None:
        self._requests = Requests(asker, prompts)
        self._reading: list[str | int] = [gleanings, *(["invented"] if keeps_invented else [])]
        self._replies: dict[type[tasks.Task[Any]], Callable[[Any], Awaitable[Any]]] = {
            **indexing_replies(self._requests, tokenizer, gleanings, keeps_invented=keeps_invented),
            tasks.Hypothesize: self._hypothesize,
            tasks.PrimeQuestion: self._prime,
            tasks.AnswerFollowUp: self._follow_up,
            tasks.AnswerQuestion: self._answer,
            tasks.MapReports: self._map,
            tasks.MapFindings: self._map_findings,
            tasks.RateReports: self._rate,
            tasks.RefineQuestion: self._refine,
            tasks.SelectRelevant: self._select,
            tasks.MapTextUnits: self._map_units,
            tasks.ReduceAnswers: self._answer,
            tasks.RewriteQuestion: self._rewrite,
            tasks.JudgePair: self._judge,
            tasks.DescribeCorpus: self._describe,
        }

    @property
    def id(self) -> str:
        """Models and their parameters, prompts, shapes, gleanings: whatever changes replies."""
        return self.id_of(tuple(self._replies))

    def id_of(self, kinds: Sequence[type[tasks.Task[Any]]]) -> str:
        """As `id`, of what changes the replies to tasks of these kinds."""
        reading = self._reading if tasks.ExtractGraph in kinds else []
        return f"llm-{content_id(self._requests.id_of(kinds), *reading)}"

    @property
    def manner(self) -> str:
        """See `Reader`."""
        return "this answer was written by a language model from the cited documents"

    async def read(self, task: tasks.Task[R]) -> R:
        """The reply to `task`. Raises: InvalidReply, with the reply; what the model raises."""
        reply = self._replies.get(type(task))
        if reply is None:
            known = ", ".join(kind.__name__ for kind in self._replies)
            raise ProviderError(f"a language model is not asked {type(task).__name__!r}; it knows {known}")
        try:
            return cast(R, await reply(task))
        except TooLong as error:
            smaller = shrunk(task, error)
            if smaller is None:
                raise
        return cast(R, await reply(smaller))

    async def stream(self, task: Answering) -> AsyncGenerator[str, None]:
        """The text that `read` gives, in pieces as they come; none where there is no answer."""
        begun = False
        try:
            async with aclosing(self._stream(task)) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
            return
        except TooLong as error:
            smaller = None if begun else shrunk(task, error)
            if smaller is None:
                raise
        async with aclosing(self._stream(smaller)) as pieces:
            async for piece in pieces:
                yield piece

    async def _stream(self, task: Answering) -> AsyncGenerator[str, None]:
        asking = self._answer_request(task)
        if asking is not None:
            request, marks = asking
            tidy = partial(tidy_marks, marks=marks)
            async with aclosing(self._requests.stream(request)) as raw, aclosing(pieces_of(raw, tidy)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _hypothesize(self, task: tasks.Hypothesize) -> str:
        question = flat(task.question)
        request = self._requests.request(tasks.Hypothesize, rows=rows_text(task.reports), question=question)
        return await self._requests.text(request)

    async def _prime(self, task: tasks.PrimeQuestion) -> tasks.Findings:
        variables = {"question": flat(task.question), "follow_ups": str(task.follow_ups)}
        return await self._findings(tasks.PrimeQuestion, task.reports, task.follow_ups, variables)

    async def _follow_up(self, task: tasks.AnswerFollowUp) -> tasks.Findings:
        variables = {"question": flat(task.question), "root": flat(task.root), "follow_ups": str(task.follow_ups)}
        return await self._findings(tasks.AnswerFollowUp, task.context, task.follow_ups, variables)

    async def _findings(
        self, kind: type[tasks.Task[tasks.Findings]], rows: Sequence[Shown], follow_ups: int, variables: dict[str, str]
    ) -> tasks.Findings:
        if not rows:
            return tasks.Findings("", 0.0)
        request = self._requests.request(kind, rows=rows_text(rows), **variables)
        reply, _ = await self._requests.shaped(request, FindingsReply)
        answer = with_marks(tidy_marks(reply.answer, marks_of(rows)), rows)
        return tasks.Findings(answer, reply.score if answer else 0.0, tuple(reply.follow_ups[:follow_ups]))

    async def _map(self, task: tasks.MapReports) -> tuple[tasks.Point, ...]:
        if not task.reports:
            return ()
        request = self._requests.request(tasks.MapReports, rows=rows_text(task.reports), question=flat(task.question))
        return await self._points(request, marks_of(task.reports))

    async def _map_findings(self, task: tasks.MapFindings) -> tuple[tasks.Point, ...]:
        if not task.findings:
            return ()
        shown = points_text(task.findings)
        request = self._requests.request(tasks.MapFindings, points=shown, question=flat(task.question))
        return await self._points(request, marks_in(task.findings))

    async def _points(self, request: Request, marks: frozenset[int]) -> tuple[tasks.Point, ...]:
        reply, _ = await self._requests.shaped(request, PointsReply)
        points = (tasks.Point(tidy_marks(point.text, marks), point.score) for point in reply.points)
        return tuple(sorted(points, key=lambda point: -point.score))

    async def _rate(self, task: tasks.RateReports) -> tuple[float, ...]:
        if not task.reports:
            return ()
        request = self._requests.request(tasks.RateReports, rows=rows_text(task.reports), question=flat(task.question))
        reply, _ = await self._requests.shaped(request, RatingsReply)
        ratings = {rating.row: float(rating.rating) for rating in reply.ratings}
        return tuple(ratings.get(report.mark, 0.0) for report in task.reports)

    async def _refine(self, task: tasks.RefineQuestion) -> tuple[str, ...]:
        variables = {"names": list_text(task.names), "question": flat(task.question)}
        reply, _ = await self._requests.shaped(
            self._requests.request(tasks.RefineQuestion, **variables), QuestionsReply
        )
        return tuple(reply.questions[:_MOST_PARTS])

    async def _select(self, task: tasks.SelectRelevant) -> tuple[bool, ...]:
        if not task.text_units:
            return ()
        request = self._requests.request(tasks.SelectRelevant, rows=rows_text(task.text_units), **_asked(task))
        reply, _ = await self._requests.shaped(request, RelevantReply)
        relevant = frozenset(reply.relevant)
        return tuple(row.mark in relevant for row in task.text_units)

    async def _map_units(self, task: tasks.MapTextUnits) -> tuple[tasks.Point, ...]:
        if not task.text_units:
            return ()
        request = self._requests.request(tasks.MapTextUnits, rows=rows_text(task.text_units), **_asked(task))
        return await self._points(request, marks_of(task.text_units))

    async def _answer(self, task: Answering) -> str:
        asking = self._answer_request(task)
        if asking is None:
            return ""
        request, marks = asking
        text = await self._requests.text(request, sentinel=True)
        if text == NO_ANSWER:
            return ""
        tidy = tidy_marks(text, marks)
        return with_marks(tidy, task.context) if isinstance(task, tasks.AnswerQuestion) else tidy

    def _answer_request(self, task: Answering) -> tuple[Request, frozenset[int]] | None:
        """The request for an answer and the marks it may hold; None if there is nothing to answer from."""
        form = {"question": flat(task.question), "response_type": flat(task.response_type)}
        if isinstance(task, tasks.AnswerQuestion):
            request = self._requests.request(tasks.AnswerQuestion, rows=rows_text(task.context), **form)
            return (request, marks_of(task.context)) if task.context else None
        request = self._requests.request(tasks.ReduceAnswers, points=points_text(task.points), **form)
        return (request, marks_in(task.points)) if task.points else None

    async def _rewrite(self, task: tasks.RewriteQuestion) -> str:
        if not task.history:
            return task.question
        turns = [line for question, answer in task.history for line in (f"Question: {question}", f"Answer: {answer}")]
        question = flat(task.question)
        request = self._requests.request(tasks.RewriteQuestion, conversation=list_text(turns), question=question)
        return flat(await self._requests.text(request))

    async def _judge(self, task: tasks.JudgePair) -> tasks.Verdict:
        answers = {"first": fenced(task.first), "second": fenced(task.second)}
        request = self._requests.request(
            tasks.JudgePair, question=flat(task.question), criterion=flat(task.criterion), **answers
        )
        reply, _ = await self._requests.shaped(request, VerdictReply)
        return tasks.Verdict(reply.verdict, reply.reason)

    async def _describe(self, task: tasks.DescribeCorpus) -> tasks.CorpusDescription:
        request = self._requests.request(tasks.DescribeCorpus, texts=list_text(task.passages))
        reply, _ = await self._requests.shaped(request, CorpusReply)
        kinds = tuple(dict.fromkeys(reply.entity_types))
        return tasks.CorpusDescription(reply.domain, reply.language, reply.persona, kinds)


def _asked(task: tasks.SelectRelevant | tasks.MapTextUnits) -> dict[str, str]:
    """The question, and the questions into which it falls, as lines below it."""
    return {"question": "\n".join([flat(task.question), *(f"- {flat(part)}" for part in task.parts)])}
