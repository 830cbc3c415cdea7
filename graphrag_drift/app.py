"""What indexing does: the one place that knows every step and every provider. Questions are for `index.py`."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import polars as pl
from pydantic import JsonValue

from graphrag_drift.each import blocking
from graphrag_drift.errors import MissingExtra, SettingsError
from graphrag_drift.indexing.chunk import chunk
from graphrag_drift.indexing.claims import claims
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.indexing.contextualize import contextualize
from graphrag_drift.indexing.copies import copies_found
from graphrag_drift.indexing.describe import describe
from graphrag_drift.indexing.embed import VECTOR_FIELDS, embed
from graphrag_drift.indexing.extract import extract
from graphrag_drift.indexing.losses import refuse_losses
from graphrag_drift.indexing.merge import link, merge
from graphrag_drift.indexing.pipeline import STATISTICS, Run, Step, run
from graphrag_drift.indexing.report import report
from graphrag_drift.indexing.set_aside import told_by_article, unread
from graphrag_drift.input.fetch import fetch_input
from graphrag_drift.input.folder import file_hashes
from graphrag_drift.input.load import Loaded, fingerprint_input, load, load_frame
from graphrag_drift.input.removed import read_removed, without_removed
from graphrag_drift.interop.importing import refuse_replacing
from graphrag_drift.interop.lancedb import MADE_FROM, export_vectors, vector_tables
from graphrag_drift.interop.vector_stores import keep_vectors
from graphrag_drift.jobs import working
from graphrag_drift.language.reading import languages_of_corpus, reading
from graphrag_drift.language.statistics import count_terms
from graphrag_drift.memo import remembering
from graphrag_drift.metering import metered
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.resolve import fit_settings, models_for, who_reads
from graphrag_drift.query.bm25 import POSTINGS
from graphrag_drift.query.evidence import index_terms
from graphrag_drift.resolution.resolve import resolve
from graphrag_drift.settings import Settings
from graphrag_drift.store.manifest import Manifest
from graphrag_drift.store.store import store_of
from graphrag_drift.store.writer import Writer
from graphrag_drift.tables import FAILURES, conform, content_id, empty, stated_dates
from graphrag_drift.tasks import (
    TASKS,
    ExtractClaims,
    ExtractGraph,
    PlaceTextUnit,
    ResolvePair,
    SummarizeDescriptions,
    Task,
    WriteReport,
)
from graphrag_drift.values import Budget, Event, Observe, Usage, ignore
from graphrag_drift.versions import code_version, library_versions, package_version

Told = Callable[[str, str, int, int], None]
"""Hears (step, state, items done, items in all): the older form of an observer."""


def standard_pipeline(models: Models, settings: Settings, *, period: str, observe: Observe = ignore) -> list[Step]:
    """What indexing does, from top to bottom; `period` is the date of the newest document."""
    mentions = ["work/entity_mentions", "work/relationship_mentions"]
    resolved = ["entity_mentions", "relationship_mentions"]
    merged = ["work/entities", "work/relationships"]
    graph = ["entities", "relationships"]
    extractor, embedded = models.reader_of(ExtractGraph), models.reader
    parts = extractor is not embedded and settings.extract_graph.share < 1.0
    reports = settings.community_reports
    return [
        Step(
            partial(chunk, tokenizer=models.tokenizer, chunking=settings.chunking, copies=settings.copies),
            ["input"],
            ["documents", "work/text_units"],
        ),
        Step(count_terms, ["work/text_units"], STATISTICS),
        Step(
            partial(extract, share=settings.extract_graph.share if parts else 1.0, observe=observe),
            ["documents", "work/text_units"],
            [*mentions, "failures"],
            {"reader": extractor, "other": embedded if parts else None},
        ),
        Step(
            partial(resolve, settings=settings.resolve, observe=observe),
            [*mentions, "work/text_units"],
            [*resolved, "entity_merges", "failures"],
            {
                "reader": composer(models, ResolvePair),
                "embedder": composer(models, ResolvePair) and models.embedder,
            },
        ),
        Step(merge, [*resolved, "work/text_units"], merged),
        Step(
            partial(describe, observe=observe),
            [*merged, *resolved, "work/text_units", "documents"],
            [*graph, "failures"],
            # Where a model read a part, what it would be asked here is mostly about the rest.
            {"reader": None if parts else composer(models, SummarizeDescriptions)},
        ),
        Step(
            partial(claims, settings=settings.extract_claims, observe=observe),
            ["work/text_units", "entity_mentions"],
            ["covariates", "failures"],
            {"reader": composer(models, ExtractClaims) if settings.extract_claims.enabled else None},
        ),
        Step(link, ["work/text_units", *graph, "covariates"], ["text_units"]),
        Step(
            partial(contextualize, settings=settings.contextual_retrieval, observe=observe),
            ["documents", "work/text_units"],
            ["work/text_unit_contexts", "failures"],
            {
                "reader": composer(models, PlaceTextUnit)
                if settings.contextual_retrieval.context == "sentence"
                else None
            },
        ),
        Step(index_terms, ["work/text_units", "work/text_unit_contexts"], [f"postings/{name}" for name in POSTINGS]),
        Step(
            partial(cluster, settings=settings.cluster_graph, period=period),
            [*graph, "documents"],
            ["communities"],
            grows=["period"],
        ),
        Step(
            # When a report is written is for `reader` to say, so that a change of it alone makes none anew.
            partial(
                report,
                tokenizer=models.tokenizer,
                settings=reports.model_copy(update={"when": "always"}),
                observe=observe,
            ),
            ["documents", *graph, "relationship_mentions", "covariates", "communities"],
            ["community_reports", "failures"],
            {"reader": embedded if reports.when == "needed" else models.reader_of(WriteReport)},
        ),
        Step(
            partial(embed, observe=observe),
            ["text_units", "work/text_unit_contexts", "entities", "community_reports"],
            [*(f"vectors/{field}" for field in VECTOR_FIELDS), "failures"],
            {"embedder": models.embedder},
        ),
    ]


def composer(models: Models, kind: type[Task[Any]]) -> Maker[Reader] | None:
    """Whoever answers tasks of this class, if in words of its own: what others cannot do is not asked of them."""
    reader = models.reader_of(kind)
    return reader if reader.composes else None


@dataclass(frozen=True)
class IndexRun:
    """What building an index did; `print` says it in two lines.

    `manifest` is that of the index, `failures` are rows of (step, item, reason), for what was set aside (the command
    then ends with exit code 3), `notices` are clauses for people, `seconds` is what it took.
    """

    manifest: Manifest
    changed: bool
    """False: the index was up to date and nothing was written."""
    failures: pl.DataFrame
    notices: tuple[str, ...]
    steps: Mapping[str, tuple[str, ...]]
    """By step, what made it run; empty for a skipped one."""
    usage: Mapping[str, Mapping[str, Usage]]
    """By step, and by model, what was paid for; replies from the cache cost nothing."""
    seconds: float
    readers: Mapping[str, str] = field(default_factory=dict)
    """Who reads text units ("extract"), writes reports ("report"), answers ("query") and embeds ("embed"), in words."""

    def __str__(self) -> str:
        """What there is now; what went wrong, and what was paid for."""
        names = {"entities": "entities", "relationships": "relationships", "community_reports": "reports"}
        graph = ", ".join(f"{self.counts.get(table, 0)} {name}" for table, name in names.items())
        documents = f"{self.counts.get('documents', 0)} documents"
        if self.changed:
            first = f"Indexed {documents} in {self.seconds:.1f} s: {graph}."
        else:
            first = f"Nothing had changed in {documents}, which took {self.seconds:.1f} s to see: {graph}."
        counts = f"{_counted(self.failures.height, 'failure')}, {_counted(len(self.notices), 'notice')}"
        usage = self.total_usage
        return f"{first}\n{counts}; {f'paid for: {usage}' if usage.calls else 'no model was paid'}."

    def __repr__(self) -> str:
        """Its generation and the first line of what it prints."""
        return f"<IndexRun {self.manifest.generation}: {str(self).splitlines()[0]}>"

    @property
    def total_usage(self) -> Usage:
        """What all steps paid for."""
        return sum((usage for of_step in self.usage.values() for usage in of_step.values()), Usage())

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by public table."""
        return {name: rows for name, rows in self.manifest.counts.items() if "/" not in name}


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


async def build_index(
    settings: Settings,
    *,
    documents: pl.DataFrame | Any | None = None,
    models: Models | None = None,
    budget: Budget | None = None,
    force: bool = False,
    recluster: bool = False,
    jobs: int = 1,
    observe: Observe = ignore,
    told: Told | None = None,
) -> IndexRun:
    """Index the input folder of `settings`, or `documents` (rows of a polars or pandas frame), into the output folder.

    The same command resumes, updates and edits: steps whose inputs and settings are as before are skipped. `models`
    read and embed in the place of those of the settings; `budget` is what they may take in tokens and money; `force`
    publishes where most of an index would be lost; `recluster` finds communities as a new index does, not from those
    that there are. `jobs` processes read texts (a script needs `if __name__ == "__main__"`). `observe` hears an `Event`
    for each step: "started", "working", "finished", "skipped"; `told`, deprecated, hears parts of it.

    Raises: SettingsError, PromptError, IndexBusy, IndexLost, NewerIndex, EndpointError (no model can be asked),
    BudgetExhausted; nothing is published then, and replies of models are kept. What fails of one item is a failure.
    """
    started = time.monotonic()
    observe = _observer(told) if told is not None else observe
    settings = await fit_settings(settings)
    models = _checked(models or models_for(settings), settings)
    with remembering(settings.memo_file) as memo, metered(budget), working(jobs):
        files, loaded = _input_files(settings, documents), load_input(settings, documents)
        corpus = reading(languages_of_corpus(loaded.documents["language"]))
        with store_of(settings).writer() as writer, corpus:
            refuse_replacing(writer, force=force)
            done = await run(
                standard_pipeline(models, settings, period=newest_date(loaded.documents), observe=observe),
                {"input": loaded.documents},
                previous=writer.previous,
                read=writer.read,
                write=writer.write,
                afresh=recluster,
                observe=observe,
            )
            failures = _failures(loaded, done, _changed_input(settings, documents, files))
            _write_rest(writer, done, failures, force=force)
            notices = _notices(loaded, done)
            notices += _write_lancedb(writer, done, observe) if settings.output.lancedb else ()
            manifest = _publish(writer, settings, models, done, notices, time.monotonic() - started)
            writer.note_input(files)
        memo.is_complete = bool(done.reasons.get("chunk"))
    changed, readers = manifest != writer.previous, who_reads(models, settings)
    return IndexRun(manifest, changed, failures, notices, done.reasons, done.usage, time.monotonic() - started, readers)


def build_index_sync(settings: Settings, **options: Any) -> IndexRun:
    """`build_index`, with its options, for callers without an event loop. Raises: as `build_index`."""
    done: IndexRun = blocking(build_index(settings, **options), "build_index")
    return done


def _publish(
    writer: Writer, settings: Settings, models: Models, done: Run, notices: tuple[str, ...], seconds: float
) -> Manifest:
    readers = who_reads(models, settings)
    if settings.vectors.store != "memory":
        keep_vectors(settings.vectors, writer)
    return writer.publish(
        package=package_version(),
        libraries=library_versions(),
        settings=_that_shape_the_index(settings),
        models=_ids(models) | {role: readers[role] for role in ("extract", "report")},
        steps=done.fingerprints,
        notices=notices,
        run={"seconds": round(seconds, 3), "reasons": _as_json(done.reasons)},
    )


def _as_json(reasons: Mapping[str, tuple[str, ...]]) -> JsonValue:
    return {step: list(clauses) for step, clauses in reasons.items()}


def _checked(models: Models, settings: Settings) -> Models:
    """The models. Raises: SettingsError, if the settings want a model for what none is set for."""
    wants = (
        (settings.extract_claims.enabled, ExtractClaims, "claims need", "extract_claims.enabled to false"),
        (
            settings.contextual_retrieval.context == "sentence",
            PlaceTextUnit,
            "sentences that place text units need",
            "contextual_retrieval.context to head",
        ),
        (
            settings.extract_graph.share not in (0.0, 1.0),
            ExtractGraph,
            "to read a share of the text units needs",
            "extract_graph.share to 1",
        ),
        (
            settings.community_reports.when == "needed",
            WriteReport,
            "reports that are written when a question needs them need",
            "community_reports.when to always",
        ),
    )
    for wanted, kind, what, otherwise in wants:
        if wanted and composer(models, kind) is None:
            raise SettingsError(f"{what} a language model: set models.{kind.role} or models.chat, or {otherwise}")
    return models


def _ids(models: Models) -> dict[str, str]:
    """What a manifest remembers of the models, besides who read and reported."""
    return {
        "reader": content_id(*(models.reader_of(kind).id for kind in TASKS if kind.stage)),
        "embedder": models.embedder.id,
        "embedding": models.embedding,
        "tokenizer": models.tokenizer.id,
    }


def _that_shape_the_index(settings: Settings) -> dict[str, Any]:
    """The settings that a manifest remembers: not where things are, how questions are answered, or who is asked.

    What models change of a result is in their id, which holds no key.
    """
    kept = {
        name
        for name in Settings.model_fields
        if name not in ("root", "output", "models", "vectors") and not name.endswith("_search")
    }
    said: dict[str, Any] = settings.model_dump(mode="json", include=kept)
    for place in ("folder", "uri"):
        said["input"].pop(place)
    return said


def newest_date(documents: pl.DataFrame) -> str:
    """The ISO date of the newest document, or ""."""
    return max(stated_dates(documents), default="")[:10]


def load_input(settings: Settings, documents: Any | None) -> Loaded:
    """The input, or the rows of `documents`, without what was deleted. Raises: SettingsError."""
    if documents is None:
        unfetched, loaded = fetch_input(settings), load(settings.input, settings.input_folder)
        loaded = replace(loaded, failures=unfetched.vstack(loaded.failures))
    else:
        loaded = documents if isinstance(documents, Loaded) else load_frame(documents, settings.input)
    return without_removed(loaded, read_removed(settings.removed_file))


def input_state(settings: Settings) -> str:
    """What changes when a document does, or how they are read, or the package: without a look into them."""
    fetch_input(settings)
    return f"{package_version()} {fingerprint_input(settings.input, settings.input_folder)}"


def _input_files(settings: Settings, documents: Any | None) -> dict[str, str]:
    if documents is None:
        fetch_input(settings)
    return file_hashes(settings.input, settings.input_folder) if documents is None else {}


def _changed_input(settings: Settings, documents: Any | None, files: Mapping[str, str]) -> pl.DataFrame:
    """A failure, if the input no longer has the `files` that were read."""
    if _input_files(settings, documents) == files:
        return empty(FAILURES)
    reason = "changed while it was being indexed; run `graphrag-drift index` again"
    return pl.DataFrame([("load", settings.input.uri or settings.input.folder, reason)], schema=FAILURES, orient="row")


def _observer(told: Told) -> Observe:
    """Whoever passes what it observes on to `told`."""
    warnings.warn("build_index(told=...) is now observe=..., which hears an Event", DeprecationWarning, stacklevel=3)
    return lambda event: told(event.step, event.kind, event.done, event.total)


def _failures(loaded: Loaded, done: Run, of_input: pl.DataFrame) -> pl.DataFrame:
    """Of files, then of steps, then `of_input`."""
    told = told_by_article(done.failures, _frame(done, "documents"), _frame(done, "work/text_units"))
    return conform(loaded.failures, FAILURES, "failures").vstack(told).vstack(of_input)


def _notices(loaded: Loaded, done: Run) -> tuple[str, ...]:
    units = _frame(done, "work/text_units")
    notices = (*unread(loaded.failures, done.failures, units, _frame(done, "work/entity_mentions")), *loaded.notices)
    copies, aside = copies_found(_frame(done, "documents"), units)
    if not copies:
        return notices
    linked = f"{copies} near-identical copies were linked to their originals; {aside} text units were not read again"
    return (*notices, linked)


def _frame(done: Run, name: str) -> pl.DataFrame:
    return cast(pl.DataFrame, done.tables[name])


def _write_rest(writer: Writer, done: Run, failures: pl.DataFrame, *, force: bool) -> None:
    """Take over what no step made anew, and write what failed. Raises: IndexLost, without `force`."""
    for name in sorted(done.kept):
        writer.keep(name)
    writer.write("failures", failures)
    if writer.previous is not None and not force:
        refuse_losses(writer.previous.counts, writer.counts, done, writer.folder)


def _write_lancedb(writer: Writer, done: Run, observe: Observe) -> tuple[str, ...]:
    """Write the vectors for other programs; a notice if LanceDB cannot."""
    code = code_version("graphrag_drift.interop.lancedb")
    key = "+".join((*(done.hashes[name] for name in MADE_FROM), code))
    observe(Event("started", step="lancedb"))
    try:
        writer.fill("lancedb", key, lambda folder: export_vectors(folder, vector_tables(done.tables.__getitem__)))
    except MissingExtra as error:
        return (str(error),)
    observe(Event("finished", step="lancedb"))
    return ()


def describe_input(settings: Settings) -> dict[str, int]:
    """What there is to index, by name: documents and what cannot be read. Raises: SettingsError, as `build_index`."""
    loaded = load_input(settings, None)
    return {"documents": loaded.documents.height, "failures": loaded.failures.height}
