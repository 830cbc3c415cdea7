"""lazy: relevance tests of text units, best first over communities; then an answer from those that help.

An index that no model has read is enough. What an answer costs is set by one number, that of the tests, or by the
budget. Read `lazy_search`, then `_Tests` (which text units are asked about is decided in `deepening.py`), then
`_answer`.
Source: LazyGraphRAG, Microsoft Research, November 2024.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count, zip_longest

import numpy as np

from graphrag_drift.each import Failed
from graphrag_drift.errors import BudgetExhausted, ProviderError
from graphrag_drift.metering import Meter, metered
from graphrag_drift.query.context import in_text_order, source_row
from graphrag_drift.query.deepening import NOWHERE, Deepening, Floats, Rows, homes
from graphrag_drift.query.evidence import link
from graphrag_drift.query.inquiry import NOTHING, Inquiry, SearchResult
from graphrag_drift.query.local_search import show_more
from graphrag_drift.query.reduce import conclude
from graphrag_drift.query.retrieval import rank
from graphrag_drift.shown import batches, pack, row_tokens
from graphrag_drift.tasks import AnswerQuestion, MapTextUnits, RefineQuestion, SelectRelevant
from graphrag_drift.values import Budget, Event, Shown

_TESTS, _BUDGETED_TESTS = 100, 500
_NAMES = 20  # shown where a question is refined
_PART = 0.7  # what a part of the question counts, against all of it
_FIRST = 0.7  # of the tests are for the best of the whole corpus, before its communities are looked at
_NEIGHBOURS = 0.1  # of the tests are kept for the neighbours of what helps
_UNSAID = 0.01  # the most that a text unit promises of which the question says nothing
_WAVES = 4  # of all tests one after the other, or more: they are waited for
_SHARE = 0.6  # of the budget is for tests; the rest answers
_REST = 0.8  # of what is left of it is for text units; an answer takes more than what it is made from
_MUCH = 10**9  # tokens
_PROBE = 10  # tests that tell what a test takes, where there is a budget
_UNTESTED = 10  # text units that are read where no test could be made


async def lazy_search(inquiry: Inquiry) -> SearchResult:
    """Refine, test, and answer from what helps: at once, or by claims where that is much."""
    with metered() as meter:
        parts = await _refine(inquiry)
        tests = _Tests(inquiry, meter, parts, await _scores(inquiry, parts))
        await tests.run()
    helpful, note = tests.helpful()
    rows, _ = pack(helpful, tests.room(), inquiry.tokenizer)
    result = await _answer(inquiry, parts, rows, tests.homes)
    return replace(result, notes=(note, *result.notes))


async def _refine(inquiry: Inquiry) -> tuple[str, ...]:
    """The questions into which the question falls; none, if the reader fails."""
    graph = inquiry.graph
    unembedded = np.zeros(inquiry.evidence.vectors.dimensions, dtype=np.float32)
    near = rank(inquiry.question, unembedded, inquiry.evidence, method="local", k=1).entities
    weights = near if near.any() else graph.entities["degree"].to_numpy()
    best = np.argsort(-weights, kind="stable")[:_NAMES].tolist()
    names = tuple(graph.entity(row)["title"] for row in best if weights[row] > 0)
    try:
        return await inquiry.reader.read(RefineQuestion(inquiry.question, names))
    except (ProviderError, BudgetExhausted) as error:
        inquiry.ledger.errors.append(error)
        inquiry.ledger.notes.append(f"the question was not divided into parts: {error}")
        return ()


async def _scores(inquiry: Inquiry, parts: Sequence[str]) -> Floats:
    """(text_units,), how well each fits the question or a part of it (0-1); -1 for those that are not to be tested.

    What fits nothing counts a little, by how much is connected to what it names.
    """
    graph, evidence = inquiry.graph, inquiry.evidence
    questions = (inquiry.question, *parts)
    vectors = await inquiry.embedder.embed_questions(questions)
    connected = np.zeros(evidence.mentions.shape[1], dtype=np.float32)
    connected[: evidence.entities] = np.log1p(graph.entities["degree"].to_numpy())
    scores = _shares(np.asarray(evidence.mentions @ connected).ravel()) * np.float32(_UNSAID)
    for question, vector, weight in zip(questions, vectors, (1.0, *[_PART] * len(parts)), strict=True):
        ranking = rank(question, vector, evidence, method="auto", k=len(scores))
        scores[ranking.rows] = np.maximum(scores[ranking.rows], weight * _shares(ranking.scores))
    barred = graph.is_copy.copy()
    if inquiry.documents is not None:
        barred |= ~graph.text_units["document_id"].is_in(sorted(inquiry.documents)).to_numpy()
    return np.where(barred, np.float32(-1), scores).astype(np.float32)


def _shares(values: Floats) -> Floats:
    return (values / max(float(values.max(initial=0.0)), 1e-9)).astype(np.float32)


class _Tests:
    """The relevance tests of one question: which were made, what they said, and when there are enough."""

    def __init__(self, inquiry: Inquiry, meter: Meter, parts: tuple[str, ...], scores: Floats) -> None:
        settings = inquiry.settings.lazy_search
        self._inquiry = inquiry
        self._meter = meter
        self._parts = parts
        self._scores = scores
        self._most = settings.tests or (_TESTS if inquiry.budget == Budget() else _BUDGETED_TESTS)
        self._made = 0
        self._failed = 0
        self._before = self._used()
        levels = homes(inquiry.graph, inquiry.evidence)
        self.homes = levels[0] if levels else np.full(len(scores), NOWHERE, dtype=np.int64)
        named = (rows for _, rows in link(inquiry.question, inquiry.evidence.names))
        self._search = Deepening(
            levels,
            scores,
            inquiry.evidence,
            frozenset(entity for rows in named for entity in rows),
            # A question that fits no text unit is about everything: none of them stands for the others.
            first=max(1, int(_FIRST * self._most)) if (scores > _UNSAID).any() else 0,
            width=max(settings.width, self._most // (_WAVES * settings.batch)),
            batch=settings.batch,
            most=settings.tests_per_community,
            patience=settings.patience,
        )

    async def run(self) -> None:
        """Test until nothing promises more, or the tests or their share of the budget are used up."""
        reach = self._inquiry.settings.lazy_search.neighbours
        await self._deepen(self._most - int(_NEIGHBOURS * self._most))
        neighbours = self._search.neighbours(reach, self._inquiry.graph)
        if rows := neighbours[: self._allowed(self._most)]:
            await self._test(rows)
        await self._deepen(self._most)

    async def _deepen(self, most: int) -> None:
        """Test best first until there were `most` tests, or the budget affords none."""
        made = -1
        while made < self._made and (allowed := self._allowed(most)) and (rows := self._search.propose(allowed)):
            made = self._made
            await self._test(rows)

    def helpful(self) -> tuple[list[Shown], str]:
        """The text units that help, best first, and what to say of the tests; the best ones, if none could be made."""
        inquiry, rows = self._inquiry, self._search.relevant
        note = f"{len(rows)} of {self._made} tested text units help"
        if self._failed:
            note += f"; {self._failed} tests failed: {inquiry.ledger.errors[-1]}"
        if self._made == self._failed:
            rows = inquiry.evidence.best(self._scores, _UNTESTED).tolist()
            note += f"; so the best {len(rows)} are read untested"
        best_first = sorted(rows, key=lambda row: -self._scores[row])
        return self._shown(best_first), note

    def room(self) -> int:
        """The tokens of text units for which the budget has something left; many, where there is none."""
        budget, (tokens, _, money, _) = self._inquiry.budget, self._used()
        limits = [budget.tokens - tokens] if budget.tokens is not None else []
        if budget.money is not None and money:
            limits.append((budget.money - money) * self._meter.usage.prompt_tokens / money)
        return max(0, int(_REST * min(limits, default=_MUCH)))

    async def _test(self, rows: Sequence[int]) -> None:
        """Ask which of `rows` help, several in a call. One that fails costs no other, and counts as no verdict."""
        inquiry, search = self._inquiry, self._search
        groups = batches(self._shown(rows), inquiry.settings.lazy_search.test_tokens, inquiry.tokenizer)
        asked = [affordable for group in groups if (affordable := inquiry.afford(group))]
        # The marks count from 1 in each call, so that a kept reply is found again whatever else was shown before.
        tasks = [SelectRelevant(inquiry.question, self._parts, tuple(map(_marked, units, count(1)))) for units in asked]
        replies = await inquiry.read_all(tasks)
        for units, verdicts in zip(asked, replies, strict=True):
            self._made += len(units)
            if isinstance(verdicts, Failed):
                self._failed += len(units)
                continue
            tested = [inquiry.evidence.row_of[unit.spans[0].text_unit_id] for unit in units]
            search.learn(tested, {row for row, verdict in zip(tested, verdicts, strict=True) if verdict})
        inquiry.observe(Event("tested", f"{self._made} of {self._most} text units, {len(search.relevant)} help"))

    def _shown(self, rows: Sequence[int]) -> list[Shown]:
        return [source_row(row, float(self._scores[row]), self._inquiry.graph) for row in rows]

    def _allowed(self, most: int) -> int:
        """How many tests may be made at once, so that there are `most` in all, by what each took of the budget."""
        allowed = most - self._made
        for limit, used, before in zip(self._limits(), self._used(), self._before, strict=True):
            if limit is not None:
                left, each = _SHARE * limit - used, (used - before) / self._made if self._made else 0.0
                probe = _PROBE if left > each else 0
                allowed = min(allowed, int(left / each) if each else probe)
        return max(0, allowed)

    def _limits(self) -> tuple[float | None, ...]:
        budget = self._inquiry.budget
        return budget.tokens, budget.tasks, budget.money, budget.seconds

    def _used(self) -> tuple[float, ...]:
        ledger, usage = self._inquiry.ledger, self._meter.usage
        tokens = max(ledger.tokens, usage.prompt_tokens + usage.completion_tokens)
        return tokens, ledger.tasks, usage.money, time.monotonic() - ledger.started


def _marked(row: Shown, mark: int) -> Shown:
    return replace(row, mark=mark)


async def _answer(inquiry: Inquiry, parts: tuple[str, ...], rows: Sequence[Shown], homes: Rows) -> SearchResult:
    """The answer from `rows`, best first: from all in one task, or from the claims of groups of them."""
    settings = inquiry.settings.lazy_search
    inquiry.observe(Event("retrieved", f"{len(rows)} text units"))
    if sum(row_tokens(row, inquiry.tokenizer) for row in rows) <= settings.max_context_tokens:
        shown = tuple(in_text_order(inquiry.show(rows)))
        if not shown:
            return SearchResult(NOTHING)
        task = AnswerQuestion(inquiry.question, shown, inquiry.response_type, partial(show_more, inquiry))
        return SearchResult(await inquiry.say(task))
    groups = [inquiry.show(group) for group in _groups(inquiry, rows, homes)]
    tasks = [MapTextUnits(inquiry.question, parts, group) for group in groups if group]
    mapped = await inquiry.read_all(tasks)
    claims = [claim for reply in mapped if not isinstance(reply, Failed) for claim in reply]
    failed = sum(isinstance(reply, Failed) for reply in mapped)
    if tasks and failed == len(tasks):
        raise inquiry.ledger.errors[-1]
    inquiry.observe(Event("mapped", f"{len(claims)} claims from {len(tasks)} groups"))
    unread = (f"{failed} of {len(tasks)} groups of text units could not be read",) if failed else ()
    draft, notes = await conclude(inquiry, claims, settings.max_context_tokens)
    return SearchResult(draft, notes=(*unread, *notes))


def _groups(inquiry: Inquiry, rows: Sequence[Shown], homes: Rows) -> list[tuple[Shown, ...]]:
    """As many of `rows` as are to be read, those of one community (by `homes`) together, in groups for one task each.

    Communities take turns, so that none is left out for one that has much to say.
    """
    settings = inquiry.settings.lazy_search
    by_home: dict[int, list[Shown]] = {}
    for row in rows:
        by_home.setdefault(int(homes[inquiry.evidence.row_of[row.spans[0].text_unit_id]]), []).append(row)
    turns = [row for turn in zip_longest(*by_home.values()) for row in turn if row is not None]
    read = set(pack(turns, settings.read_tokens, inquiry.tokenizer)[0])
    together = [row for home in by_home.values() for row in in_text_order(home) if row in read]
    return batches(together, settings.max_context_tokens, inquiry.tokenizer)
