"""The embedded reader: a task -> the pure function that answers it.

It keeps the corpus's statistics and nothing else; answers are sentences of the text, never composed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import isawaitable
from typing import Any, TypeVar, cast

from graphrag_drift import tasks
from graphrag_drift.errors import ProviderError
from graphrag_drift.language.reading import languages
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.compose import answer_of, material_of
from graphrag_drift.providers.embedded.follow_ups import answer_follow_up, hypothesize, prime
from graphrag_drift.providers.embedded.indexing import GraphReader, indexing_replies
from graphrag_drift.providers.embedded.parts import joined, parts_of
from graphrag_drift.providers.embedded.paths import add_findings
from graphrag_drift.providers.embedded.question import Question, stand_alone, understand, with_shown_names
from graphrag_drift.providers.embedded.reduce import map_findings, map_reports, rate_reports, reduce_answers
from graphrag_drift.providers.embedded.relevance import select_relevant
from graphrag_drift.providers.embedded.steps import answer_in_steps
from graphrag_drift.providers.embedded.weights import knowledge_of
from graphrag_drift.values import Shown

R = TypeVar("R")
_VERSION = 1  # raised whenever a reply to the same task changes


class ExtractiveReader:
    """Answers every task from the text itself."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._knowledge = knowledge_of(lexicon)
        self._replies: dict[type[tasks.Task[Any]], Callable[[Any], Any]] = {
            **indexing_replies(self._knowledge.vocabulary, self._knowledge.rarity),
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
            tasks.ReduceAnswers: self._reduce,
            tasks.RewriteQuestion: self._rewrite,
        }

    @property
    def id(self) -> str:
        """Changes whenever replies do."""
        return f"extractive-{_VERSION}"

    @property
    def manner(self) -> str:
        return "this answer is extractive: its sentences are quoted from the documents, not written by a model"

    async def read(self, task: tasks.Task[R]) -> R:
        """The reply to `task`. Raises: ProviderError, if it is none of the tasks in `tasks.py`."""
        reply = self._replies.get(type(task))
        if reply is None:
            known = ", ".join(kind.__name__ for kind in self._replies)
            raise ProviderError(f"the extractive reader cannot answer {type(task).__name__!r}; it knows {known}")
        value = reply(task)
        return cast(R, await value if isawaitable(value) else value)

    def elsewhere(self) -> GraphReader:
        """As `ReadsElsewhere.elsewhere`."""
        return GraphReader(self._knowledge.vocabulary, languages())

    def _understand(self, question: str) -> Question:
        return understand(question, self._knowledge.vocabulary, self._knowledge.rarity)

    def _shown(self, question: str, rows: Sequence[Shown]) -> Question:
        return with_shown_names(self._understand(question), rows, self._knowledge.vocabulary)

    def _hypothesize(self, task: tasks.Hypothesize) -> str:
        return hypothesize(self._understand(task.question), task.reports, self._knowledge)

    def _prime(self, task: tasks.PrimeQuestion) -> tasks.Findings:
        question = self._understand(task.question)
        return prime(question, task.reports, task.follow_ups, self._knowledge)

    async def _follow_up(self, task: tasks.AnswerFollowUp) -> tasks.Findings:
        root, question = (self._shown(text, task.context) for text in (task.root, task.question))
        findings = answer_follow_up(root, question, task.context, task.follow_ups, self._knowledge)
        if task.question != task.root:
            return findings
        own = tasks.AnswerQuestion(task.question, task.context, task.response_type, task.search)
        return replace(findings, draft=await self._answer(own))

    async def _answer(self, task: tasks.AnswerQuestion) -> tasks.AnswerDraft:
        parts = parts_of(task.question, self._understand)
        drafts = [await self._answer_one(replace(task, question=part)) for _, part in parts]
        language = self._understand(task.question).language if parts else ""
        both = joined([part for part, _ in parts], drafts, task.response_type, language) if parts else None
        return both or await self._answer_one(task)

    async def _answer_one(self, task: tasks.AnswerQuestion) -> tasks.AnswerDraft:
        question = self._shown(task.question, task.context)
        material = material_of(question, task.context, task.response_type, self._knowledge)
        return await answer_in_steps(material, task) or answer_of(material, task.response_type)

    def _map(self, task: tasks.MapReports) -> tuple[tasks.Point, ...]:
        return map_reports(self._understand(task.question), task.reports, self._knowledge)

    def _map_findings(self, task: tasks.MapFindings) -> tuple[tasks.Point, ...]:
        return map_findings(task.findings)

    def _rate(self, task: tasks.RateReports) -> tuple[float, ...]:
        return rate_reports(self._understand(task.question), task.reports, self._knowledge)

    def _refine(self, task: tasks.RefineQuestion) -> tuple[str, ...]:
        """None: retrieval follows each name of a question anyway, and finds no more by asking for them one by one."""
        return ()

    def _select(self, task: tasks.SelectRelevant) -> tuple[bool, ...]:
        return select_relevant(self._understand(task.question), task.text_units, self._knowledge)

    def _map_units(self, task: tasks.MapTextUnits) -> tuple[tasks.Point, ...]:
        return map_reports(self._understand(task.question), task.text_units, self._knowledge)

    def _rewrite(self, task: tasks.RewriteQuestion) -> str:
        return stand_alone(task.question, task.history, self._understand)

    def _reduce(self, task: tasks.ReduceAnswers) -> tasks.AnswerDraft:
        question = self._shown(task.question, task.context)
        if task.first is not None:
            return add_findings(question, task, task.first, self._knowledge, self._understand)
        return reduce_answers(question, task.points, task.context, task.response_type, self._knowledge)
