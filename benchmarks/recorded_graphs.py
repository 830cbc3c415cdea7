"""What a graph that a real model extracted is worth to retrieval: OpenIE of `musique_100` against the embedded reader.

The same passages, questions, words and vectors; only entities, relationships and mentions differ. The triples are
those of HippoRAG's authors (gpt-3.5-turbo-1106); malformed ones are set aside.

    python benchmarks/recorded_graphs.py
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar, cast

import polars as pl
from data import Corpus, musique_100, openie_records
from measure import all_gold, print_head, print_row, rank, recall
from retrieval import METHODS

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.interop.recorded import Recorded, RecordedReader, as_read, import_openie
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.tasks import ExtractGraph, Task

R = TypeVar("R")


@dataclass(frozen=True)
class WithRecordedGraphs:
    """A Reader whose extractions are recorded, and which asks another for the rest."""

    recorded: RecordedReader
    other: Reader

    @property
    def id(self) -> str:
        return f"{self.recorded.id}+{self.other.id}"

    @property
    def manner(self) -> str:
        return self.other.manner

    async def read(self, task: Task[R]) -> R:
        return await (self.recorded if isinstance(task, ExtractGraph) else self.other).read(task)


def recorded_models(settings: Settings, recorded: Recorded, texts: Mapping[str, str]) -> Models:
    """The embedded models, but for extraction; `texts` has the text of each key of `recorded.graphs`."""
    embedded = models_for(settings)
    reader = RecordedReader({texts[key]: as_read(texts[key], [draft]) for key, draft in recorded.graphs.items()})

    def combined(lexicon: Lexicon) -> Reader:
        return cast(Reader, WithRecordedGraphs(reader, embedded.reader(lexicon)))

    return replace(embedded, reader=Maker(combined, lambda: f"{reader.id}+{embedded.reader.id}"))


def build(corpus: Corpus, settings: Settings, models: Models | None = None) -> tuple[Index, str]:
    """The index of the passages, a text unit each, and what was made, in words."""
    began = time.process_time()
    run = build_index_sync(settings, documents=corpus.documents, models=models)
    seconds = time.process_time() - began
    counts = ", ".join(f"{run.counts[name]} {name}" for name in ("text_units", "entities", "relationships"))
    quarantined = run.failures.filter(pl.col("step") == "extract").height
    account = f"{counts}, {quarantined} records in failures, {seconds:.0f} CPU-seconds"
    return Index.open_sync(settings, models=models), account


def settings_in(folder: Path) -> Settings:
    """Settings of an index in `folder` in which a passage is one text unit."""
    return Settings.model_validate({"root": folder, "chunking": {"size": 4000}})


def main() -> None:
    """Print the table."""
    corpus, records = musique_100(), openie_records()
    recorded = import_openie(records)
    reasons = Counter(record.reason for record in recorded.rejected)
    print(f"OpenIE: {recorded.account}; rejected: {dict(reasons.most_common())}")
    texts = dict(corpus.documents.select("id", "text").iter_rows())
    print_head("graph", "method", "recall@5", "recall@10", "all gold in 10")
    with TemporaryDirectory() as folder:
        for label in ("embedded extractor", "OpenIE, gpt-3.5-turbo-1106"):
            settings = settings_in(Path(folder) / label[:6])
            models = None if label.startswith("embedded") else recorded_models(settings, recorded, texts)
            index, account = build(corpus, settings, models)
            for method in METHODS:
                found = rank(index, corpus.questions, method, k=10)
                shares = (recall(found, 5), recall(found), all_gold(found))
                print_row(label, method, *(f"{share:.3f}" for share in shares))
            print(f"<!-- {label}: {account} -->", flush=True)


if __name__ == "__main__":
    main()
