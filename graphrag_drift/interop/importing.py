"""What others made -> an index of ours in a folder, or, for a question at once, in a folder of its own.

Extraction and reports are not paid for again: only what is missing is made (communities and reports of a bare graph,
vectors). What an index of ours has besides (statistics, terms, places of names) follows from the texts and is free.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from graphrag_drift.errors import IndexLost, SettingsError
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.indexing.contextualize import contextualize
from graphrag_drift.indexing.embed import VECTOR_FIELDS, embed
from graphrag_drift.indexing.merge import link
from graphrag_drift.indexing.pipeline import STATISTICS, Run, Step, run
from graphrag_drift.indexing.report import report
from graphrag_drift.interop.conversion import Converted, convert
from graphrag_drift.interop.foreign import KEPT, Foreign
from graphrag_drift.interop.reports import convert_communities, convert_reports
from graphrag_drift.interop.vector_stores import keep_vectors
from graphrag_drift.language.reading import languages_of_corpus, reading
from graphrag_drift.language.statistics import count_terms
from graphrag_drift.providers.protocols import Embedder, EmbedsTerms, Models, Vectors
from graphrag_drift.query.bm25 import POSTINGS
from graphrag_drift.query.evidence import index_terms
from graphrag_drift.settings import Settings
from graphrag_drift.store.files import Content
from graphrag_drift.store.manifest import Manifest
from graphrag_drift.store.store import Store
from graphrag_drift.store.writer import Writer
from graphrag_drift.tables import empty, stated_dates
from graphrag_drift.tasks import WriteReport
from graphrag_drift.values import Event, Observe, ignore
from graphrag_drift.versions import library_versions, package_version

STEP = "import"
"""The name under which a manifest says that its index was imported."""


@dataclass(frozen=True)
class Imported:
    """The new index, what was set aside (rows of step, item, reason), and what a person should know."""

    manifest: Manifest
    failures: pl.DataFrame
    notices: tuple[str, ...]


def refuse_replacing(writer: Writer, *, force: bool) -> None:
    """Raises: IndexLost, without `force`, if a run would replace an imported index by one made from documents."""
    if not force and writer.previous is not None and STEP in writer.previous.steps:
        maker = writer.previous.models.get("extract")
        raise IndexLost(
            f"nothing was indexed: the index in {str(writer.folder)!r} was imported from {maker}, and would be replaced"
            " by one for which all documents are read anew; --force does so, another output.folder keeps both"
        )


async def import_foreign(
    foreign: Foreign,
    settings: Settings,
    models: Models,
    store: Store,
    *,
    anew: bool = False,
    source: str = "",
    observe: Observe = ignore,
) -> Imported:
    """Make an index of `foreign` in `store`; the same again writes nothing.

    `anew`: vectors are made, not taken over. `source` is what the manifest remembers of the state of what is imported.

    Raises: SchemaError, IndexNotReady, MissingExtra, for what cannot be read; SettingsError, if the vectors are not
    of the embedder's dimensions, or the folder cannot be written to; IndexBusy; EndpointError.
    """
    started = time.monotonic()
    observe(Event("started", step=STEP))
    converted = convert(foreign, models.tokenizer)
    tables = _tables(foreign, converted)
    observe(Event("finished", step=STEP))
    notices = list(converted.notices)
    kept = {} if anew or _embeds_terms(models) else foreign.vectors()
    for field in VECTOR_FIELDS:
        tables[f"kept/{field}"] = kept.get(field, empty(KEPT))
    steps = _steps(tables, models, settings, observe)
    with (
        store.writer() as writer,
        reading(languages_of_corpus(tables["documents"]["language"])),
    ):
        done = await run(steps, tables, previous=None, read=writer.read, write=writer.write, observe=observe)
        for name in tables:
            if not name.startswith("kept/"):
                writer.write(name, tables[name])
        failures = converted.failures.vstack(done.failures)
        writer.write("failures", failures)
        if settings.vectors.store != "memory":
            keep_vectors(settings.vectors, writer)
        manifest = writer.publish(
            package=package_version(),
            libraries=library_versions(),
            settings={},
            models=_names(foreign, models, done),
            steps={STEP: {"maker": foreign.maker, "source": source}},
            notices=tuple(notices),
            run={"seconds": round(time.monotonic() - started, 3)},
        )
    return Imported(manifest, failures, tuple(notices))


def _tables(foreign: Foreign, converted: Converted) -> dict[str, pl.DataFrame]:
    """All tables that need not be made."""
    tables = dict(converted.tables)
    if foreign.communities is not None:
        tables["communities"] = convert_communities(foreign.communities, converted)
    if foreign.community_reports is not None:
        with reading(languages_of_corpus(tables["documents"]["language"])):
            tables["community_reports"] = convert_reports(foreign, converted, tables["communities"])
    return tables


def _names(foreign: Foreign, models: Models, done: Run) -> dict[str, str]:
    """Who did what, as a manifest remembers it."""
    writer = models.reader_of(WriteReport).name if "report" in done.reasons else foreign.maker
    return {
        "embedder": models.embedder.id,
        "embedding": models.embedding,
        "tokenizer": models.tokenizer.id,
        "extract": foreign.maker,
        "report": writer,
    }


def _steps(tables: Mapping[str, pl.DataFrame], models: Models, settings: Settings, observe: Observe) -> list[Step]:
    """What is made of the tables that are there; communities and reports, if they are not."""
    graph = ["entities", "relationships"]
    period = max(stated_dates(tables["documents"]), default="")[:10]
    steps = [
        Step(count_terms, ["work/text_units"], STATISTICS),
        Step(link, ["work/text_units", *graph, "covariates"], ["text_units"]),
        Step(
            partial(contextualize, settings=settings.contextual_retrieval, observe=observe),
            ["documents", "work/text_units"],
            ["work/text_unit_contexts", "failures"],
        ),
        Step(index_terms, ["work/text_units", "work/text_unit_contexts"], [f"postings/{name}" for name in POSTINGS]),
    ]
    if "communities" not in tables:
        steps.append(Step(partial(cluster, settings=settings.cluster_graph, period=period), graph, ["communities"]))
    if "community_reports" not in tables:
        steps.append(
            Step(
                partial(report, tokenizer=models.tokenizer, settings=settings.community_reports, observe=observe),
                ["documents", *graph, "relationship_mentions", "covariates", "communities"],
                ["community_reports", "failures"],
                {"reader": models.reader_of(WriteReport)},
            )
        )
    steps.append(
        Step(
            partial(embed_missing, observe=observe),
            [*_EMBEDDED, *(f"kept/{field}" for field in VECTOR_FIELDS)],
            [*(f"vectors/{field}" for field in VECTOR_FIELDS), "failures"],
            {"embedder": models.embedder},
        )
    )
    return steps


_EMBEDDED = ("text_units", "work/text_unit_contexts", "entities", "community_reports")


def _embeds_terms(models: Models) -> bool:
    """Whether vectors are the embedded embedder's, which are free and never those of an index of others."""
    return models.embedding.startswith("the embedded embedder")


async def embed_missing(
    text_units: pl.DataFrame,
    contexts: pl.DataFrame,
    entities: pl.DataFrame,
    community_reports: pl.DataFrame,
    kept_units: pl.DataFrame,
    kept_entities: pl.DataFrame,
    kept_reports: pl.DataFrame,
    *,
    embedder: Embedder,
    observe: Observe = ignore,
) -> tuple[Content, Content, Content, pl.DataFrame]:
    """As `embed`, but only what has no vector among those kept; of a field that has all, one is made to compare.

    Raises: SettingsError, if the kept ones have other dimensions than the embedder's.
    """
    tables = (text_units, entities, community_reports)
    kept = (kept_units, kept_entities, kept_reports)
    if isinstance(embedder, EmbedsTerms) or all(each.is_empty() for each in kept):
        return await embed(text_units, contexts, entities, community_reports, embedder=embedder, observe=observe)
    missing = [
        table.filter(~pl.col("id").is_in(there["id"].implode())) for table, there in zip(tables, kept, strict=True)
    ]
    if all(table.is_empty() for table in missing):
        missing[0] = text_units.head(1)
    *made, failures = await embed(missing[0], contexts, missing[1], missing[2], embedder=embedder, observe=observe)
    width = max(content.shape[1] for content in made if not isinstance(content, pl.DataFrame))
    units, named, reported = (
        _joined(table, there, part, np.asarray(new), width, embedder)
        for table, there, part, new in zip(tables, kept, missing, made, strict=True)
    )
    return units, named, reported, failures


def _joined(
    table: pl.DataFrame, kept: pl.DataFrame, missing: pl.DataFrame, made: Vectors, width: int, embedder: Embedder
) -> Vectors:
    """(rows of `table`, width), unit rows: those kept, and those made for the `missing`."""
    widths = sorted(set(kept["vector"].list.len().drop_nulls().to_list()))
    if widths and widths != [width] and width:
        dimensions = " and ".join(map(str, widths))
        raise SettingsError(
            f"the vectors of the index have {dimensions} dimensions, those of {embedder.id!r} have {width}; set"
            " models.embedding to the model that made them, or import with --embed-anew"
        )
    vectors: Vectors = np.zeros((table.height, width), np.float32)
    row_of = {key: row for row, key in enumerate(table["id"])}
    for ids, rows in ((kept["id"], kept["vector"].to_list()), (missing["id"], made)):
        for key, vector in zip(ids, rows, strict=True):
            if key in row_of and vector is not None:
                vectors[row_of[key]] = vector
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
