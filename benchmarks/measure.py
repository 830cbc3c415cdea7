"""What the benchmarks share: an index of a set, measures of what was found, tables, what must be installed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from data import Corpus, Question

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.values import Shown


def require(*modules: str) -> None:
    """Ends the script, with one sentence, if a module cannot be imported."""
    if missing := " and ".join(module for module in modules if find_spec(module) is None):
        sys.exit(f"this benchmark needs {missing}: run `pip install --group benchmarks` in the project's folder")


def index_set(corpus: Corpus, root: Path | str, **sections: Any) -> Settings:
    """The settings of an index of `corpus` that was made in `root`; `sections` are those of the settings.

    Documents that are files are read as everybody's are.
    """
    if corpus.folder is not None:
        sections["input"] = {"folder": str(corpus.folder), **sections.get("input", {})}
    settings = Settings.model_validate({"root": root, **sections})
    build_index_sync(settings, documents=None if corpus.folder is not None else corpus.documents)
    return settings


@contextmanager
def indexed(corpus: Corpus, **sections: Any) -> Iterator[Settings]:
    """`index_set` in a folder that is deleted afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield index_set(corpus, folder, **sections)


def with_ids_of(index: Index, questions: Sequence[Question]) -> list[Question]:
    """The questions, with the ids that `index` gave to the documents of those titles or files as gold."""
    documents = index.graph.documents
    ids = {**dict(documents.select("title", "id").iter_rows()), **dict(documents.select("path", "id").iter_rows())}
    return [replace(question, gold=frozenset(ids[title] for title in question.gold)) for question in questions]


@dataclass(frozen=True)
class Ranking:
    """What was found for a question, best first, each once; and the gold, of which there is some."""

    gold: frozenset[str]
    found: tuple[str, ...]


def rank(index: Index, questions: Sequence[Question], method: Any, k: int) -> list[Ranking]:
    """The documents of the first `k` text units for each question."""
    return [
        Ranking(q.gold, tuple(dict.fromkeys(index.retrieve(q.text, method=method, k=k)["document_id"])))
        for q in questions
    ]


def recall(rankings: Sequence[Ranking], k: int | None = None) -> float:
    """The mean share of the gold among the first `k` (all)."""
    return mean([len(r.gold & set(r.found[:k])) / len(r.gold) for r in rankings])


def all_gold(rankings: Sequence[Ranking], k: int | None = None) -> float:
    """The share of questions with all their gold among the first `k` (all)."""
    return mean([r.gold <= set(r.found[:k]) for r in rankings])


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of none."""
    return sum(values) / max(len(values), 1)


def f1(precision: float, recall: float) -> float:
    """The harmonic mean; 0 of two zeros."""
    return 2 * precision * recall / max(precision + recall, 1e-9)


def plain(text: str) -> str:
    """Its terms, for a search that spaces and punctuation do not disturb."""
    return f" {' '.join(terms(text))} "


def print_head(*columns: str) -> None:
    """Print the first two lines of a table."""
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)


def print_row(*cells: object) -> None:
    """Print a line of a table, at once."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def compiled() -> dict[str, str]:
    """The environment of a child process that may keep its compiled modules, as a user's does."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Around:
    """A reader that goes by the name of another, which it asks."""

    reader: Reader

    @property
    def id(self) -> str:
        return self.reader.id

    @property
    def manner(self) -> str:
        return self.reader.manner


@dataclass
class Watched(Around):
    """A reader that notes how often it is asked, and the rows that it is shown."""

    calls: int = 0
    shown: dict[tuple[str, str], Shown] = field(default_factory=dict)

    async def read(self, task: Any) -> Any:
        self.calls += 1
        for part in fields(task):
            value = getattr(task, part.name)
            for row in value if isinstance(value, tuple) else ():
                if isinstance(row, Shown):
                    self.shown[row.title, row.text] = row
        return await self.reader.read(task)


def watch(models: Models, watched: list[Watched], *, composes: bool = False) -> Models:
    """`models`, each of whose readers is added to `watched` when it is made; `composes` as if a task were a call."""

    def reader(lexicon: Any) -> Reader:
        watched.append(Watched(models.reader(lexicon)))
        return watched[-1]

    return replace(models, reader=Maker(reader, models.reader.version, composes=composes))
