"""One question on its way: what is at hand to answer it, the rows shown so far, and what a search finds.

Read `Inquiry`, then what happens to it: it is read as it is meant (`rewrite`), a method answers it (`search`), which
looks up text units (`ranked`), shows rows, and asks the reader. How each method does so is in its own file.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import Protocol, TypeVar

import numpy as np

from graphrag_drift.each import Failed, each
from graphrag_drift.errors import BudgetExhausted, GraphRAGError, ProviderError
from graphrag_drift.language.detect import language_of_question
from graphrag_drift.language.spelling import mend_spelling
from graphrag_drift.marks import Numbering, resolve_marks, settled
from graphrag_drift.metering import metered
from graphrag_drift.providers.protocols import Embedder, Reader, Reranker, Tokenizer
from graphrag_drift.query import METHODS
from graphrag_drift.query.evidence import Evidence
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.query.retrieval import Method, Ranking, rank
from graphrag_drift.settings import Settings
from graphrag_drift.shown import pack, row_tokens
from graphrag_drift.tasks import (
    AnswerDraft,
    AnswerQuestion,
    Lead,
    ReduceAnswers,
    ReportDraft,
    RewriteQuestion,
    Task,
    WriteReport,
)
from graphrag_drift.tracing import about_reply, task_span
from graphrag_drift.values import Budget, Event, Observe, Shown, Usage, ignore

_LANGUAGE_NAMES = {
    **{"en": "English", "ko": "Korean", "ja": "Japanese", "zh": "Chinese", "de": "German", "nl": "Dutch"},
    **{"sv": "Swedish", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "ru": "Russian"},
    **{"uk": "Ukrainian", "ar": "Arabic", "pl": "Polish"},
}
_FEW = 0.1  # of the documents

R = TypeVar("R")
Final = AnswerQuestion | ReduceAnswers


@dataclass
class Ledger:
    """The rows shown while one question is answered, what that took, and what went wrong.

    The same row has the same mark wherever it is shown.
    """

    rows: dict[int, Shown] = field(default_factory=dict)
    tokens: int = 0
    tasks: int = 0
    left_out: int = 0
    """Rows that the budget kept from the reader."""
    errors: list[GraphRAGError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    streaming: bool = False
    """Whether somebody has begun to read the final text."""
    started: float = field(default_factory=time.monotonic)
    _marks: dict[tuple[str, str, str, object], int] = field(default_factory=dict)

    @property
    def sources(self) -> frozenset[str]:
        """The ids of the text units that were shown as such."""
        return frozenset(row.spans[0].text_unit_id for row in self.rows.values() if row.kind == "source")

    def enter(self, row: Shown) -> Shown:
        """`row` under its mark."""
        key = (row.kind, row.title, row.text, row.spans)
        mark = self._marks.setdefault(key, len(self._marks) + 1)
        marked = replace(row, mark=mark)
        self.rows.setdefault(mark, marked)
        return marked


class ReportWriter(Protocol):
    """Knows what a report of this index is written from, and what becomes of the reply."""

    def task(self, community: int) -> WriteReport:
        """The task to report on a community, by its number."""
        ...

    def row(self, community: int, draft: ReportDraft, task: WriteReport) -> Row:
        """The row of community_reports that the reply becomes."""
        ...


@dataclass(frozen=True)
class Inquiry:
    """A question, and whoever helps to answer it."""

    question: str
    graph: Graph
    reader: Reader
    embedder: Embedder
    tokenizer: Tokenizer
    settings: Settings
    response_type: str = "Multiple Paragraphs"
    budget: Budget = field(default_factory=Budget)
    observe: Observe = ignore
    streams: bool = False
    """Whether somebody reads the final text while it is written."""
    documents: frozenset[str] | None = None
    """The ids of those that the answer may rest on; None: all."""
    reranker: Reranker | None = None
    paid: bool = False
    """Whether each task of the reader is paid for: in money, or from a budget."""
    writer: ReportWriter | None = None
    """Set, if reports are written when a question first needs them."""
    ledger: Ledger = field(default_factory=Ledger)

    @cached_property
    def evidence(self) -> Evidence:
        """What retrieval reads, of the documents that the answer may rest on."""
        if self.documents is None:
            return self.graph.evidence
        inside = self.graph.text_units["document_id"].is_in(sorted(self.documents))
        return self.graph.evidence.within(inside.to_numpy())

    def visible(self, rows: Iterable[Shown]) -> list[Shown]:
        """Those of `rows` that rest on nothing but documents that the answer may rest on."""
        if self.documents is None:
            return list(rows)
        return [row for row in rows if row.spans and all(span.document_id in self.documents for span in row.spans)]

    @cached_property
    def reports(self) -> frozenset[int] | None:
        """The rows of the reports that have anything to say of these documents; None: all."""
        if self.documents is None:
            return None
        return frozenset(
            row
            for row, report in enumerate(self.graph.report_rows)
            if any(place["document_id"] in self.documents for place in report["evidence"])
        )

    def show(self, rows: Sequence[Shown]) -> tuple[Shown, ...]:
        """The `rows` of one task, best first, under their marks: all, or as many as the budget still allows."""
        rows = self.visible(rows)
        allowed = self.afford(rows)
        self.ledger.left_out += len(rows) - len(allowed)
        return tuple(self.ledger.enter(row) for row in allowed)

    def afford(self, rows: Sequence[Shown]) -> Sequence[Shown]:
        """As many of the rows of one task as the budget still allows, counted as read; no answer may cite them yet."""
        allowed = self._allowed(rows)
        if allowed:
            self.ledger.tasks += 1
            self.ledger.tokens += sum(row_tokens(row, self.tokenizer) for row in allowed)
        return allowed

    async def read_all(
        self, tasks: Sequence[Task[R]], receive: Callable[[int, R, Usage], None] = lambda place, reply, usage: None
    ) -> list[R | Failed]:
        """The reply to each task, all asked at once; `receive` gets the place of each, its reply and what
        it took, as it comes.

        One that fails, for whatever reason, costs no other; why is in the ledger.
        """

        async def read(place: int) -> R | Failed:
            try:
                with metered() as meter, task_span(tasks[place]) as tell:
                    reply = await self.reader.read(tasks[place])
                    tell(about_reply(reply))
            except (ProviderError, BudgetExhausted) as error:
                self.ledger.errors.append(error)
                return Failed(str(error))
            receive(place, reply, meter.usage)
            return reply

        return await each(range(len(tasks)), read)

    async def say(self, task: Final) -> AnswerDraft:
        """The final answer; observed piece by piece, with the numbers its citations will have, if somebody reads along.

        Raises: ProviderError, also if the text breaks off.
        """
        stream = getattr(self.reader, "stream", None)
        if not self.streams or stream is None:
            reply = await self.reader.read(task)
            draft = reply if isinstance(reply, AnswerDraft) else AnswerDraft(reply)
            if self.streams and draft.text:
                self.observe(Event("token", self._numbered(draft.text)))
            return draft
        reply_text, text, sent = "", "", ""
        pieces: AsyncGenerator[str, None] = stream(task)
        async with aclosing(pieces):
            async for piece in pieces:
                before, reply_text = settled(reply_text), reply_text + piece
                now = settled(reply_text)
                # Only a mark changes what was sent; to number all anew with every word would be quadratic.
                text = self._numbered(now) if "]" in now[len(before) :] else text + now[len(before) :]
                sent = self._send(text, sent)
        self._send(self._numbered(reply_text), sent)
        return AnswerDraft(reply_text)

    def _send(self, text: str, sent: str) -> str:
        """Tell what `text` has more than what was `sent`, which it is then; else that."""
        if not text.startswith(sent):
            return sent
        self.ledger.streaming = True
        if len(text) > len(sent):
            self.observe(Event("token", text[len(sent) :]))
        return text

    def _numbered(self, text: str) -> str:
        return resolve_marks(text, self.ledger.rows, self.graph.texts, Numbering())[0]

    def _allowed(self, rows: Sequence[Shown]) -> Sequence[Shown]:
        budget, ledger = self.budget, self.ledger
        if budget.tasks is not None and ledger.tasks >= budget.tasks:
            return ()
        if budget.seconds is not None and time.monotonic() - ledger.started >= budget.seconds:
            return ()
        if budget.tokens is None:
            return rows
        return pack(rows, budget.tokens - ledger.tokens, self.tokenizer)[0]


@dataclass(eq=False)
class Node:
    """A question that DRIFT asked, while the tree grows; its answer has the ledger's marks.

    `relevance` (0-1) is how near the question is to the root's; `follow_ups` are the questions that the answer
    raised and nobody asked yet. `lead`: the sentence of the evidence whose name the question was asked with, if any;
    `leads`: such sentences by the follow-ups that they raised.
    """

    question: str
    parent: Node | None = None
    relevance: float = 1.0
    answer: str = ""
    score: float = 0.0
    usage: Usage = field(default_factory=Usage)
    follow_ups: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    lead: Lead | None = None
    leads: dict[str, Lead] = field(default_factory=dict)

    @property
    def path(self) -> tuple[Lead, ...]:
        """The sentences that led to the question, the root's first; none to one that was not asked with a name."""
        return (*(self.parent.path if self.parent else ()), self.lead) if self.lead else ()

    def below(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.below()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search returns: an answer with the ledger's marks, its text "" if there is none."""

    draft: AnswerDraft
    tree: Node | None = None
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The answer's."""
        return self.draft.text

    @property
    def answered(self) -> bool:
        """Whether it says more than that nothing answers."""
        return bool(self.draft.text) and self.draft.form != "nothing"


NOTHING = AnswerDraft("", "nothing")


async def search(inquiry: Inquiry, method: str) -> SearchResult:
    """What the method of that name finds. Raises: as the method."""
    module, _, name = METHODS[method].partition(":")
    function: Callable[[Inquiry], Awaitable[SearchResult]] = getattr(import_module(module), name)
    return await function(inquiry)


async def search_or_refuse(inquiry: Inquiry, method: str) -> SearchResult:
    """`search`; where it finds nothing to read and reading is free, the reader tells which words of the question the
    documents do not have. Raises: as the method.
    """
    result = await search(inquiry, method)
    if result.draft.text or inquiry.paid or any(row.kind == "source" for row in inquiry.ledger.rows.values()):
        return result
    task = AnswerQuestion(inquiry.question, (), inquiry.response_type)
    return replace(result, draft=await inquiry.say(task))


_HISTORY_TOKENS = 2_000  # of the turns that are read


async def rewrite(inquiry: Inquiry, history: Sequence[tuple[str, str]]) -> Inquiry:
    """The inquiry into the question as it is meant after `history` and as the documents spell its words.

    Notes say how the question was read, if in another way than it was asked.
    """
    question = await _standing_alone(inquiry, history) if history else inquiry.question
    notes = [f"the question was read as {question!r}"] if question != inquiry.question else []
    question, words = mend_spelling(question, inquiry.graph.lexicon, inquiry.evidence.is_name)
    notes += [f"{typed!r}, which the documents do not have, was read as {word!r}" for typed, word in words.items()]
    inquiry.ledger.notes.extend([*notes, *_in_another_language(inquiry)])
    return replace(inquiry, question=question)


def _in_another_language(inquiry: Inquiry) -> Iterator[str]:
    """A note, if few documents are in the question's language and no model is there to translate it."""
    languages = inquiry.graph.documents["language"]
    code = language_of_question(inquiry.question, frozenset(languages.drop_nulls().unique()))
    own = int((languages == code).sum())
    if code and not inquiry.paid and own < _FEW * len(languages):
        name = _LANGUAGE_NAMES.get(code, f"another language (code {code})")
        yield f"the question is in {name}, as are {own} of {len(languages)} documents: ask in that of the others"


async def _standing_alone(inquiry: Inquiry, history: Sequence[tuple[str, str]]) -> str:
    """The question as it would be asked by who knows nothing of `history`, of which the newest turns are read."""
    turns: list[tuple[str, str]] = []
    left = _HISTORY_TOKENS
    for turn in reversed(history):
        left -= sum(map(inquiry.tokenizer.count, turn))
        if left < 0:
            break
        turns.insert(0, turn)
    try:
        return (await inquiry.reader.read(RewriteQuestion(inquiry.question, tuple(turns)))).strip() or inquiry.question
    except (ProviderError, BudgetExhausted) as error:
        inquiry.ledger.errors.append(error)
        return inquiry.question


_POOL = 4  # text units that are reranked for one that is wanted


async def ranked(inquiry: Inquiry, question: str, *, method: Method, k: int) -> Ranking:
    """The `k` best text units. If the reranker fails, the order of retrieval stays, and the notes say so."""
    [vector] = await inquiry.embedder.embed_questions([question])
    pool = k if inquiry.reranker is None else _POOL * k
    ranking = rank(question, vector, inquiry.evidence, method=method, k=pool)
    if inquiry.reranker is None or not len(ranking.rows):
        return ranking
    texts = [inquiry.graph.text_unit_rows[row][0] for row in ranking.rows.tolist()]
    try:
        scores = await inquiry.reranker.rerank(question, texts)
    except (ProviderError, BudgetExhausted) as error:
        inquiry.ledger.notes.append(f"text units were not reranked: {error}")
        return replace(ranking, rows=ranking.rows[:k], scores=ranking.scores[:k])
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")[:k]
    # A reranker's scores have a scale of their own: what they say is the order.
    return replace(ranking, rows=ranking.rows[order], scores=-np.sort(-ranking.scores)[: len(order)])
