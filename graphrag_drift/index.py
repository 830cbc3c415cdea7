"""A published index that answers questions: one question is five skins, which `Index.ask` names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import polars as pl
from numpy.typing import NDArray

from graphrag_drift.each import blocking, in_thread
from graphrag_drift.errors import IndexNotReady, SettingsError
from graphrag_drift.interop.opening import readable, settings_of_index
from graphrag_drift.language.reading import reading
from graphrag_drift.metering import metered
from graphrag_drift.providers.mixture import mixed_reader
from graphrag_drift.providers.protocols import Embedder, EmbedsTerms, Models, Reader
from graphrag_drift.providers.resolve import fit_settings, models_for, who_reads
from graphrag_drift.query import METHODS
from graphrag_drift.query.citations import cite
from graphrag_drift.query.drift_search import resume
from graphrag_drift.query.filters import allowed_documents, filter_documents
from graphrag_drift.query.graph import Graph
from graphrag_drift.query.inquiry import Inquiry, rewrite, search_or_refuse
from graphrag_drift.query.retrieval import rank
from graphrag_drift.query.verification import check
from graphrag_drift.settings import Settings
from graphrag_drift.shown import RememberingTokenizer
from graphrag_drift.store.store import Store
from graphrag_drift.tasks import AnswerQuestion, WriteReport
from graphrag_drift.tracing import about_usage, question_span
from graphrag_drift.values import (
    Answer,
    AskOptions,
    Budget,
    Entity,
    Event,
    Filters,
    Method,
    Observe,
    Passage,
    ResumeOptions,
    StreamOptions,
    ignore,
)

if TYPE_CHECKING:
    from graphrag_drift.indexing.reports_on_demand import ReportsOnDemand
    from graphrag_drift.query.details import Details
    from graphrag_drift.query.nearness import Nearness

_OF_PASSAGES = ("document_id", "title", "date", "path", "source", "start", "end", "text")
_RETRIEVED = {
    **dict.fromkeys(("text_unit_id", "document_id"), pl.String),
    "score": pl.Float64,
    **dict.fromkeys(("title", "date", "path", "source"), pl.String),
    **dict.fromkeys(("start", "end"), pl.Int64),
    "text": pl.String,
}
LONGEST_QUESTION = 10_000  # characters; more is a document, and each of its words would be weighed


class Index:
    """A published index, opened once; it answers any number of questions.

    It keeps to the generation that it opened: later runs of `build_index` do not change its answers.
    """

    def __init__(self, store: Store, settings: Settings, models: Models | None = None) -> None:
        self._store = store
        self._models = models or models_for(settings)
        self._tokenizer = RememberingTokenizer(self._models.tokenizer)
        self.settings = settings
        self._fits = models is not None
        self.manifest = store.manifest()
        self.graph = Graph(store.table, self._array, self._nearness if settings.vectors.store != "memory" else None)
        self._check_embedding()

    def _check_embedding(self) -> None:
        """Raises: IndexNotReady, if questions would be embedded by another model than the index was."""
        built, now = self.manifest.models.get("embedding", ""), self._models.embedding
        if built and now and built != now:
            raise IndexNotReady(
                f"the index was embedded by {built!r}, and questions would be by {now!r}; set models.embedding or "
                "embed_text.folder back, or run `graphrag-drift index` again"
            )

    def __repr__(self) -> str:
        """Where it is, which generation, and how much it holds, in one line."""
        names = ("documents", "entities", "community_reports")
        documents, entities, reports = (self.manifest.counts.get(name, 0) for name in names)
        place = f"{str(self._store.folder)!r}, generation {self.manifest.generation}"
        return f"<Index {place}: {documents} documents, {entities} entities, {reports} reports>"

    def _array(self, name: str) -> NDArray[Any]:
        """Array `name`; vectors that follow from terms are made of them."""
        content = self._store.read(name)
        if not isinstance(content, pl.DataFrame):
            return content
        if not isinstance(self._embedder, EmbedsTerms):
            raise IndexNotReady(
                "the index was embedded by the embedded embedder, and questions would be by another one; set the models"
                " back, or run `graphrag-drift index` again"
            )
        return self._embedder.vectors_of(content)

    def _nearness(self) -> Nearness:
        """The vectors of text units in the store that the settings name."""
        from graphrag_drift.interop.vector_stores import stored_vectors, vector_store

        return stored_vectors(vector_store(self.settings.vectors), self.manifest)

    @cached_property
    def _reader(self) -> Reader:
        return mixed_reader(self._models, self.graph.lexicon)

    @cached_property
    def _writer(self) -> ReportsOnDemand | None:
        """What has reports written when a question needs them; None, if that is not wanted, or no model is there."""
        settings = self.settings.community_reports
        if settings.when != "needed" or not self._models.reader_of(WriteReport).composes:
            return None
        from graphrag_drift.indexing.reports_on_demand import ReportsOnDemand

        return ReportsOnDemand(self._store.table, settings.max_input_length, self._tokenizer)

    @cached_property
    def _embedder(self) -> Embedder:
        return self._models.embedder(self.graph.lexicon)

    @classmethod
    async def open(cls, settings: Settings | str | Path, *, models: Models | None = None) -> Index:
        """The index of `settings`, which may be the path of a project folder, of ours or of Microsoft GraphRAG, or of
        an index folder of the latter.

        `models` read and embed in the place of those that the settings name.

        Raises: IndexNotReady, if there is none, or it is damaged or was embedded by another model; SettingsError.
        """
        return cls.open_sync(settings, models=models)

    @classmethod
    def open_sync(cls, settings: Settings | str | Path, *, models: Models | None = None) -> Index:
        """`open` for callers without an event loop."""
        if not isinstance(settings, Settings):
            settings = settings_of_index(settings)
        settings = readable(settings, models)
        return cls(Store(settings.output_folder), settings, models)

    async def ask(
        self,
        question: str,
        *,
        method: Method = "auto",
        response_type: str = "Multiple Paragraphs",
        budget: Budget | None = None,
        history: Sequence[tuple[str, str]] = (),
        filters: Filters | None = None,
        strict: bool = False,
        observe: Observe = ignore,
        streams: bool = False,
    ) -> Answer:
        """The answer to `question`, with citations; "nothing found" is an answer without them.

        - `method`: "basic" (from text units), "local" (from entities and what is around them), "global" (from the
          reports of communities), "drift" (from reports, then by follow-up questions), "lazy" (from the text units that
          pass relevance tests), or "auto", which chooses.
        - `response_type`: the form, in words, such as "Single Sentence", "Single Paragraph", "List of 5 Points".
        - `budget`: what the question may take at most (see `Budget`); None: no limit.
        - `history`: (question, answer) pairs, oldest first, after which the question is read so that it stands alone.
        - `filters`: which documents the answer may rest on (see `Filters`); None: all.
        - `strict`: remove sentences that nothing they cite bears out; else they are noted.
        - `observe`: called with an `Event` for what happens: "routed", "retrieved", "primed", "asked", "answered",
          "tested", "mapped", and with `streams` "token", the final text while it is written ("done" ends `stream`
          only).

        The Answer has the `question`, its `text` (Markdown with marks such as [1]), the `method`, `citations` (a quote
        and its place for each mark), of DRIFT the `tree` of questions, `usage` (what models took), `notes`, its `form`
        with the `items` that the text is made of and the `probability` that its first sentence answers, and `checks`
        (whether what is cited bears each sentence out).

        Raises: SettingsError, for an unknown method, a question that is empty or too long, a filter that no document
        knows; IndexNotReady, if a file of the index is missing or damaged; BudgetExhausted, if the budget allows no
        answer; ProviderError, if the reader or the embedder fails (EndpointError, if it always will, as with a wrong
        key; Unavailable, for now).
        """
        question = question.strip().encode("utf-8", "replace").decode()  # half a letter cannot be sent
        _check_question(question, method)
        await self._fit()
        inquiry = self._inquiry(question, response_type, budget, observe, streams)
        if filters is not None:
            inquiry = filter_documents(inquiry, filters)  # first, since to rewrite may cost a call
        with metered(budget) as meter, reading(self.graph.languages), question_span(question, method) as tell:
            inquiry = await rewrite(inquiry, history)
            result = await search_or_refuse(inquiry, method)
            answer = cite(inquiry, result, method)
            answer = check(answer, self.graph, shown=inquiry.ledger.rows.values(), strict=strict)
            tell(about_usage(meter.usage))
        return replace(self._with_readers(answer), question=question, usage=meter.usage)

    def ask_sync(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """`ask`, with its options, for callers without an event loop. Raises: as `ask`; GraphRAGError, within one."""
        return blocking(self.ask(question, **options), "ask")

    async def resume(
        self,
        answer: Answer,
        *,
        rounds: int = 1,
        response_type: str = "Multiple Paragraphs",
        budget: Budget | None = None,
        observe: Observe = ignore,
    ) -> Answer:
        """`answer`, which DRIFT gave, after `rounds` more: follow-ups that it left open are asked, none of its
        questions again.

        `response_type`, `budget` and `observe` are as in `ask`; the budget is for what is new.

        Raises: SettingsError, for an answer without a tree, or of another index; else as `ask`.
        """
        if answer.tree is None:
            raise SettingsError("this answer has no tree of questions to go on with; ask with the method drift")
        await self._fit()
        inquiry = self._inquiry(answer.tree.question, response_type, budget, observe)
        with metered(budget) as meter, reading(self.graph.languages), question_span(inquiry.question, "drift") as tell:
            result = await resume(inquiry, answer.tree, rounds)
            longer = check(cite(inquiry, result, "drift"), self.graph, shown=inquiry.ledger.rows.values())
            tell(about_usage(meter.usage))
        return replace(self._with_readers(longer), usage=answer.usage + meter.usage)

    def resume_sync(self, answer: Answer, **options: Unpack[ResumeOptions]) -> Answer:
        """`resume`, with its options, for callers without an event loop. Raises: as `ask_sync`."""
        return blocking(self.resume(answer, **options), "resume")

    async def _fit(self) -> None:
        """Fit the budgets into the contexts of the models, once: that costs a look at servers near by."""
        if not self._fits:
            self._fits = True
            self.settings = await fit_settings(self.settings)

    def _with_readers(self, answer: Answer) -> Answer:
        """`answer` with a note of who made the index, where that was not whoever answers."""
        extract, report = (self.manifest.models.get(role, "") for role in ("extract", "report"))
        who = self._models.reader_of(AnswerQuestion).name
        if not answer.citations or not extract or {extract, report} == {who}:
            return answer
        note = f"the documents were read by {extract}, and the reports on them written by {report}"
        return replace(answer, notes=(*answer.notes, note))

    def _inquiry(
        self, question: str, response_type: str, budget: Budget | None, observe: Observe, streams: bool = False
    ) -> Inquiry:
        return Inquiry(
            question,
            self.graph,
            self._reader,
            self._embedder,
            self._tokenizer,
            self.settings,
            response_type,
            budget or Budget(),
            observe,
            streams,
            reranker=self._models.reranker,
            writer=self._writer,
            paid=self._models.reader_of(AnswerQuestion).composes or budget is not None,
        )

    async def stream(self, question: str, **options: Unpack[StreamOptions]) -> AsyncGenerator[Event, None]:
        """What happens while `question` is answered, as `Event`s; the last is "done", with the Answer.

        The options are those of `ask`, besides `observe` and `streams`. The final text comes piece by piece, as events
        of the kind "token". A reader who is cancelled, or closes it (`contextlib.aclosing`), ends all calls that are
        under way.

        Raises: as `ask`.
        """
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.create_task(self.ask(question, observe=queue.put_nowait, streams=True, **options))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            yield Event("done", (answer := await task).text, answer)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)  # its connections are closed when it has ended

    @cached_property
    def details(self) -> Details:
        """What is shown of single entities, documents and passages."""
        from graphrag_drift.query.details import Details

        return Details(self.graph)

    @property
    def documents(self) -> pl.DataFrame:
        """The documents, the newest first: id, title, date, source, author, path, language, copy_of, characters.

        `date` is an ISO day, month or year; `copy_of` is the id of the document that a copy repeats. What is not given
        is "", of `copy_of` null.
        """
        return self.details.documents()

    def entity(self, name: str) -> Entity:
        """What the documents say of the entity with this `name`: its title, another of its names, or its id.

        Raises: SettingsError, if they name nobody so; it has the names that are most like it.
        """
        return self.details.entity(self.details.known(name))

    def timeline(self, name: str = "") -> tuple[Passage, ...]:
        """Of each dated document, oldest first, the first sentence that names the entity `name`; "": its first one.

        Copies of other documents are left out. Raises: SettingsError, if the documents name nobody so.
        """
        return self.details.timeline(self.details.known(name) if name else None)

    def retrieve(
        self,
        question: str,
        method: Literal["local", "basic", "auto"] = "auto",
        k: int = 10,
        filters: Filters | None = None,
    ) -> pl.DataFrame:
        """The `k` text units that fit `question` best, best first: text_unit_id, document_id, score, title, date,
        path, source, start, end, text.

        `title`, `date`, `path` and `source` are those of the document, "" where it has none; `start` and `end` are the
        characters of it that are the `text`. By `method` "basic" text units are found by their words and vectors, by
        "local" also from entities that the question names; "auto" chooses. `filters` are as in `ask`. Nothing is asked
        of a reader.

        Raises: SettingsError, for an unknown method, a filter that no document knows; ProviderError.
        """
        if method not in ("local", "basic", "auto"):
            raise SettingsError(f"there is no retrieval method {method!r}; expected local, basic or auto")
        with reading(self.graph.languages):
            return self._retrieved(question, method, k, filters)

    def _retrieved(
        self, question: str, method: Literal["local", "basic", "auto"], k: int, filters: Filters | None
    ) -> pl.DataFrame:
        [vector] = in_thread(self._embedder.embed_questions([question]))
        evidence = self.graph.evidence
        if filters is not None:
            allowed, _ = allowed_documents(self.graph.documents, filters)
            evidence = evidence.within(self.graph.text_units["document_id"].is_in(sorted(allowed)).to_numpy())
        ranking = rank(question, vector, evidence, method=method, k=k)
        ids = self.graph.text_units["id"][ranking.rows.tolist()].to_list()
        places = [self.details.passage(text_unit) for text_unit in ids]
        columns = {name: [getattr(place, name) for place in places] for name in _OF_PASSAGES}
        columns |= {"text_unit_id": ids, "score": ranking.scores.tolist()}
        return pl.DataFrame(columns, schema=_RETRIEVED)


def _check_question(question: str, method: str) -> None:
    """Raises: SettingsError, for an unknown method, a question that is empty or too long."""
    if method not in METHODS:
        raise SettingsError(f"there is no method {method!r}; expected one of {', '.join(METHODS)}")
    if not question:
        raise SettingsError("the question is empty; ask something, as in: graphrag-drift query 'Who ...?'")
    if len(question) > LONGEST_QUESTION:
        raise SettingsError(
            f"the question has {len(question):,} characters, at most {LONGEST_QUESTION:,} are read; ask a shorter one, "
            "and put long texts among the documents"
        )


def describe_index(settings: Settings) -> dict[str, Any]:
    """What the index holds, what was set aside, and what is wrong with its files. Raises: IndexNotReady."""
    store = Store(settings.output_folder)
    manifest = store.manifest()
    damage = store.damage()
    now = who_reads(models_for(settings), settings)
    if "import" in manifest.steps:  # which the next run keeps
        now |= {role: manifest.models[role] for role in ("extract", "report")}
    return {
        "generation": manifest.generation,
        "package": manifest.package,
        "models": manifest.models,
        "readers": now | {role: manifest.models[role] for role in ("extract", "report") if role in manifest.models},
        "readers_of_the_next_run": now,
        "counts": {name: rows for name, rows in manifest.counts.items() if "/" not in name},
        "notices": list(manifest.notices),
        "failures": [] if damage else store.table("failures").to_dicts(),
        "damage": damage,
        "reasons": store.last_run().get("reasons", {}),
    }
