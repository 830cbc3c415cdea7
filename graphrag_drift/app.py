"""What indexing does: the one place that knows every step and every provider. Questions are for `index.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import polars as pl

from graphrag_drift.each import blocking
from graphrag_drift.errors import MissingExtra, SettingsError
from graphrag_drift.indexing.chunk import divide
from graphrag_drift.indexing.claims import extract_claims
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.indexing.contextualize import contextualize
from graphrag_drift.indexing.copies import copies_found
from graphrag_drift.indexing.describe import summarize
from graphrag_drift.indexing.embed import VECTOR_FIELDS, embed
from graphrag_drift.indexing.extract import extract
from graphrag_drift.indexing.merge import link_text_units, merge
from graphrag_drift.indexing.pipeline import Run, Step, run
from graphrag_drift.indexing.report import report
from graphrag_drift.input.load import Loaded, fingerprint_input, load, load_frame
from graphrag_drift.interop.lancedb import VectorTable, write_vectors
from graphrag_drift.language.statistics import survey
from graphrag_drift.language.terms import terms
from graphrag_drift.metering import metered
from graphrag_drift.providers.protocols import Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.query.bm25 import POSTINGS
from graphrag_drift.query.evidence import post
from graphrag_drift.resolution.judge import resolve_names
from graphrag_drift.settings import Settings
from graphrag_drift.store.manifest import Manifest
from graphrag_drift.store.store import Store
from graphrag_drift.store.writer import Writer
from graphrag_drift.tables import FAILURES, conform
from graphrag_drift.values import Budget, Usage
from graphrag_drift.versions import code_version, library_versions, package_version

Told = Callable[[str, Literal["started", "finished", "skipped", "working"], int, int], None]
"""Hears (step, state, items done, items in all) while an index is built."""


_LANCEDB_TABLES = ("documents", "text_units", "work/text_unit_contexts", "entities", "community_reports")
# Tables whose rows are items that a step could not do: such a step runs again.
_FAILURES_OF = {
    "extract": "work/extract_failures",
    "resolve_names": "work/resolve_failures",
    "summarize": "work/summarize_failures",
    "extract_claims": "work/claim_failures",
    "contextualize": "work/context_failures",
    "report": "work/report_failures",
    "embed": "work/embed_failures",
}


def standard_pipeline(models: Models, settings: Settings, *, period: str, told: Told) -> list[Step]:
    """What indexing does, from top to bottom; `period` is the date of the newest document."""
    mentions = ["work/entity_mentions", "work/relationship_mentions"]
    resolved = ["entity_mentions", "relationship_mentions"]
    merged = ["work/entities", "work/relationships"]
    graph = ["entities", "relationships"]
    statistics = ["words", "terms"]
    return [
        Step(
            partial(divide, tokenizer=models.tokenizer, chunking=settings.chunking, copies=settings.copies),
            ["input"],
            ["documents", "work/text_units"],
        ),
        Step(survey, ["work/text_units"], statistics),
        Step(
            partial(extract, reader=models.reader, progress=partial(told, "extract", "working")),
            ["documents", "work/text_units", *statistics],
            [*mentions, "work/extract_failures"],
        ),
        Step(
            partial(
                resolve_names,
                reader=models.reader,
                embedder=models.embedder if models.reader.composes else None,  # else it changes nothing
                settings=settings.resolve,
                progress=partial(told, "resolve_names", "working"),
            ),
            [*mentions, "work/text_units", *statistics],
            [*resolved, "entity_merges", "work/resolve_failures"],
        ),
        Step(merge, [*resolved, "work/text_units"], merged),
        Step(
            partial(summarize, reader=models.reader, progress=partial(told, "summarize", "working")),
            [*merged, *resolved, "work/text_units", *statistics],
            [*graph, "work/summarize_failures"],
        ),
        Step(
            partial(
                extract_claims,
                reader=models.reader,
                settings=settings.extract_claims,
                progress=partial(told, "extract_claims", "working"),
            ),
            ["work/text_units", "entity_mentions", *statistics],
            ["covariates", "work/claim_failures"],
        ),
        Step(link_text_units, ["work/text_units", *graph, "covariates"], ["text_units"]),
        Step(
            partial(
                contextualize,
                reader=models.reader,
                settings=settings.contextual_retrieval,
                progress=partial(told, "contextualize", "working"),
            ),
            ["documents", "work/text_units", *statistics],
            ["work/text_unit_contexts", "work/context_failures"],
        ),
        Step(post, ["work/text_units", "work/text_unit_contexts"], [f"postings/{name}" for name in POSTINGS]),
        Step(partial(cluster, settings=settings.cluster_graph, period=period), graph, ["communities"]),
        Step(
            partial(
                report,
                reader=models.reader,
                tokenizer=models.tokenizer,
                settings=settings.community_reports,
                progress=partial(told, "report", "working"),
            ),
            ["documents", *graph, "relationship_mentions", "covariates", "communities", *statistics],
            ["community_reports", "work/report_failures"],
        ),
        Step(
            partial(embed, embedder=models.embedder, progress=partial(told, "embed", "working")),
            ["text_units", "work/text_unit_contexts", "entities", "community_reports", *statistics],
            [*(f"vectors/{field}" for field in VECTOR_FIELDS), "work/embed_failures"],
        ),
    ]


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


def untold(step: str, state: str, done: int, total: int) -> None:
    """A listener that does not listen."""


async def build_index(
    settings: Settings,
    *,
    documents: pl.DataFrame | Any | None = None,
    models: Models | None = None,
    budget: Budget | None = None,
    told: Told = untold,
) -> IndexRun:
    """Index the input folder of `settings`, or `documents` (rows of a polars or pandas frame), into the output folder.

    The same command resumes, updates and edits: steps whose inputs and settings are as before are skipped. `models`
    read and embed in the place of those that the settings name; `budget` is what they may take in tokens and money;
    `told` hears (step, state, items done, items in all).

    Raises: SettingsError, PromptError, IndexBusy, NewerIndex, EndpointError (a model cannot be asked at all),
    BudgetExhausted; nothing is published then, and replies of models are kept. What fails of one item is a failure.
    """
    started = time.monotonic()
    models = models or models_for(settings)
    if settings.extract_claims.enabled and not models.reader.composes:
        raise SettingsError("claims need a language model: set models.chat, or extract_claims.enabled to false")
    if settings.contextual_retrieval.context == "sentence" and not models.reader.composes:
        raise SettingsError(
            "sentences that place text units need a language model: set models.chat, or contextual_retrieval.context to"
            " head"
        )
    state = _input_state(settings, documents)
    loaded = load_input(settings, documents)
    period = max((date for date in loaded.documents["creation_date"] if date), default="")[:10]
    steps = standard_pipeline(models, settings, period=period, told=told)
    store = Store(settings.output_folder)
    with store.writer() as writer, metered(budget):
        done = await run(
            steps,
            {"input": loaded.documents},
            previous=writer.previous,
            read=store.read,
            progress=lambda step, state: told(step, state, 0, 0),
        )
        failures = _failures(loaded, done)
        if _input_state(settings, documents) != state:
            failures = failures.vstack(_changed_input(settings))
        notices = _notices(loaded, done)
        _write(writer, done, failures)
        notices += _write_lancedb(writer, done, told)
        manifest = writer.publish(
            package=package_version(),
            libraries=library_versions(),
            settings=_that_shape_the_index(settings),
            models={
                "reader": models.reader.id,
                "embedder": models.embedder.id,
                "embedding": models.embedding,
                "tokenizer": models.tokenizer.id,
            },
            steps={step: said for step, said in done.fingerprints.items() if not _has_failures(step, done)},
            notices=notices,
            run={
                "seconds": round(time.monotonic() - started, 3),
                "reasons": {step: list(reasons) for step, reasons in done.reasons.items()},
            },
        )
        changed = manifest != writer.previous
    return IndexRun(manifest, changed, failures, notices, done.reasons, done.usage, time.monotonic() - started)


def build_index_sync(settings: Settings, **options: Any) -> IndexRun:
    """`build_index`, with its options, for callers without an event loop. Raises: as `build_index`."""
    done: IndexRun = blocking(build_index(settings, **options), "build_index")
    return done


def _that_shape_the_index(settings: Settings) -> dict[str, Any]:
    """The settings that a manifest remembers: not where things are, how questions are answered, or who is asked.

    What models change of a result is in their id, which holds no key.
    """
    kept = {
        name
        for name in Settings.model_fields
        if name not in ("root", "output", "models") and not name.endswith("_search")
    }
    said: dict[str, Any] = settings.model_dump(mode="json", include=kept)
    said["input"].pop("folder")
    return said


def load_input(settings: Settings, documents: Any | None) -> Loaded:
    """The input folder, or the rows of `documents`. Raises: SettingsError."""
    if documents is None:
        return load(settings.input, settings.input_folder)
    return load_frame(documents, settings.input)


def _input_state(settings: Settings, documents: Any | None) -> str:
    return fingerprint_input(settings.input, settings.input_folder) if documents is None else ""


def _changed_input(settings: Settings) -> pl.DataFrame:
    reason = "changed while it was being indexed; run `graphrag-drift index` again"
    return pl.DataFrame([("load", settings.input.folder, reason)], schema=FAILURES, orient="row")


def _failures(loaded: Loaded, done: Run) -> pl.DataFrame:
    tables = [loaded.failures, *(done.tables[name] for name in _FAILURES_OF.values())]
    return pl.concat([conform(table, FAILURES, "failures") for table in tables])  # type: ignore[arg-type]


def _has_failures(step: str, done: Run) -> bool:
    return step in _FAILURES_OF and len(done.tables[_FAILURES_OF[step]]) > 0


def _notices(loaded: Loaded, done: Run) -> tuple[str, ...]:
    copies, aside = copies_found(done.tables["documents"], done.tables["work/text_units"])  # type: ignore[arg-type]
    if not copies:
        return loaded.notices
    told = f"{copies} near-identical copies were linked to their originals; {aside} text units were not read again"
    return (*loaded.notices, told)


def _write(writer: Writer, done: Run, failures: pl.DataFrame) -> None:
    for name in done.tables:
        if name == "input":
            continue
        if name in done.kept:
            writer.keep(name)
        else:
            writer.write(name, done.tables[name])
    writer.write("failures", failures)


def _write_lancedb(writer: Writer, done: Run, told: Told) -> tuple[str, ...]:
    """Write the vectors for other programs; a notice if LanceDB cannot."""
    made_from = (*(f"vectors/{field}" for field in VECTOR_FIELDS), *_LANCEDB_TABLES)
    code = (code_version(f"graphrag_drift.{module}") for module in ("app", "providers.lancedb", "language.words"))
    key = "+".join((*(done.hashes[name] for name in made_from), *code))
    told("lancedb", "started", 0, 0)
    try:
        writer.fill("lancedb", key, lambda folder: write_vectors(folder, _vector_tables(done.tables)))
    except MissingExtra as error:
        return (str(error),)
    told("lancedb", "finished", 0, 0)
    return ()


def _vector_tables(tables: Mapping[str, Any]) -> dict[str, VectorTable]:
    """What LanceDB holds, by table: ids, dates, vectors; for full-text search the terms of text units in context."""
    dates = tables["documents"].select(document_id="id", date="creation_date")
    texts = tables["text_units"].join(dates, on="document_id", how="left", maintain_order="left")
    texts = texts.join(tables["work/text_unit_contexts"], on="id", how="left", maintain_order="left")
    words = (terms(f"{context}\n{text}") for context, text in texts.select("context", "text").iter_rows())
    spelled = pl.Series("terms", [" ".join(said) for said in words], dtype=pl.String)
    rows = {
        "text_unit_text": texts.select("id", "date").with_columns(spelled),
        "entity_description": tables["entities"].select("id", date=pl.lit("")),
        "community_full_content": tables["community_reports"].select("id", date="period"),
    }
    return {field: VectorTable(rows[field], tables[f"vectors/{field}"]) for field in VECTOR_FIELDS}


def describe_input(settings: Settings) -> dict[str, int]:
    """What there is to index, by name: documents and what cannot be read. Raises: SettingsError, as `build_index`."""
    loaded = load_input(settings, None)
    return {"documents": loaded.documents.height, "failures": loaded.failures.height}
