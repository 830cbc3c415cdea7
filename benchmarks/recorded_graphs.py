"""What a graph that a real model extracted is worth to retrieval: OpenIE of `musique_100` against the embedded reader.

The same passages, questions, words and vectors; only entities, relationships and mentions differ. The triples are
those of HippoRAG's authors (gpt-3.5-turbo-1106); malformed ones are set aside.

    python benchmarks/recorded_graphs.py
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import polars as pl

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.recorded import Recorded, RecordedReader, as_read, import_openie
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.tasks import ExtractGraph, Task

DATA = Path(__file__).parents[2] / "shared" / "data" / "musique_100"
METHODS = ("basic", "local", "auto")
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


@dataclass(frozen=True)
class Score:
    """Shares: of gold passages among the first 5 and 10, and of questions with all of them among the first 10."""

    recall_5: float
    recall_10: float
    all_gold_10: float


def read_lines(name: str, folder: Path = DATA) -> list[dict[str, Any]]:
    """The records of a file of the set."""
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def recorded_models(settings: Settings, recorded: Recorded, texts: Mapping[str, str]) -> Models:
    """The embedded models, but for extraction; `texts` has the text of each key of `recorded.graphs`."""
    embedded = models_for(settings)
    reader = RecordedReader({texts[key]: as_read(texts[key], [draft]) for key, draft in recorded.graphs.items()})

    def combined(lexicon: Lexicon) -> Reader:
        return cast(Reader, WithRecordedGraphs(reader, embedded.reader(lexicon)))

    return replace(embedded, reader=Maker(combined, lambda: f"{reader.id}+{embedded.reader.id}"))


def build(folder: Path, models: Models | None = None) -> tuple[Index, str]:
    """The index of the passages, a text unit each, and what was made, in words."""
    passages = pl.DataFrame([{**line, "id": str(line["id"])} for line in read_lines("corpus.jsonl")])
    settings = settings_in(folder)
    began = time.process_time()
    done = build_index_sync(settings, documents=passages, models=models)
    seconds = time.process_time() - began
    counts = ", ".join(f"{done.counts[name]} {name}" for name in ("text_units", "entities", "relationships"))
    quarantined = done.failures.filter(pl.col("step") == "extract").height
    said = f"{counts}, {quarantined} records in failures, {seconds:.0f} CPU-seconds"
    return Index.open_sync(settings, models=models), said


def settings_in(folder: Path) -> Settings:
    """Settings of an index in `folder` in which a passage is one text unit."""
    return Settings.model_validate({"root": folder, "chunking": {"size": 4000}})


def score(index: Index, queries: Sequence[Mapping[str, Any]], method: Any) -> Score:
    """How well `method` finds the gold passages."""
    sums: defaultdict[str, float] = defaultdict(float)
    for query in queries:
        gold = {str(number) for number in query["gold_docs"]}
        found = index.retrieve(query["question"], method=method, k=10)["document_id"].to_list()
        sums["recall 5"] += len(gold & set(found[:5])) / len(gold)
        sums["recall 10"] += len(gold & set(found)) / len(gold)
        sums["all"] += gold <= set(found)
    return Score(*(sums[name] / len(queries) for name in ("recall 5", "recall 10", "all")))


def main() -> None:
    """Print the table."""
    if not DATA.is_dir():
        sys.exit(f"this benchmark needs {DATA}")
    recorded = import_openie(read_lines("openie_gpt-3.5-turbo-1106.jsonl"))
    reasons = Counter(record.reason for record in recorded.rejected)
    print(f"OpenIE: {recorded.account}; rejected: {dict(reasons.most_common())}")
    texts = {str(line["id"]): line["text"] for line in read_lines("corpus.jsonl")}
    queries = read_lines("queries.jsonl")
    print("| graph | method | recall@5 | recall@10 | all gold in 10 |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for label in ("embedded extractor", "OpenIE, gpt-3.5-turbo-1106"):
            root = Path(folder) / label[:6]
            models = None if label.startswith("embedded") else recorded_models(settings_in(root), recorded, texts)
            index, said = build(root, models)
            for method in METHODS:
                found = score(index, queries, method)
                shares = f"{found.recall_5:.3f} | {found.recall_10:.3f} | {found.all_gold_10:.3f}"
                print(f"| {label} | {method} | {shares} |", flush=True)
            print(f"<!-- {label}: {said} -->", flush=True)


if __name__ == "__main__":
    main()
