"""Text units found for questions with known evidence: `Index.retrieve` by basic, local and auto on three public sets.

    python benchmarks/retrieval.py [--every N]

A passage is a document; documents come through the same door as everybody's, as a frame with id, title and text. Each
set is shown whole and by halves (even and odd questions), as a check that no constant fits one half only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from graphrag_drift import Index, Settings, build_index_sync

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
METHODS = ("basic", "local", "auto")
Row = dict[str, Any]


@dataclass(frozen=True)
class Set:
    """Passages, questions, how many text units count, and the ids of a question's evidence."""

    name: str
    passages: Path
    questions: Path
    k: int
    gold: Callable[[Row], set[str]]
    floors: str


SETS = (
    Set(
        "multihop_news",
        DATA / "multihop_news" / "facts_corpus_981.jsonl",
        DATA / "multihop_news" / "queries_all_2556.jsonl",
        5,
        lambda question: set(question["gold_facts"]),
        "recall basic .69 (.73)",
    ),
    Set(
        "musique_100",
        DATA / "musique_100" / "corpus.jsonl",
        DATA / "musique_100" / "queries.jsonl",
        10,
        lambda question: {str(gold) for gold in question["gold_docs"]},
        "local .66 / .42 (.75 / .55)",
    ),
    Set(
        "2wiki_51",
        DATA / "2wiki_51" / "corpus_51q_421docs.jsonl",
        DATA / "2wiki_51" / "queries_51.jsonl",
        8,
        lambda question: {str(gold) for gold in question["gold_docs"]},
        "all local .80 (.96)",
    ),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="ask every Nth question only")
    every = parser.parse_args().every
    if not DATA.is_dir():
        sys.exit(f"this benchmark needs {DATA}")
    print("| set | method | recall | all gold | recall by halves | CPU ms a question | floor (target) |")
    print("|---|---|---|---|---|---|---|")
    for chosen in SETS:
        with tempfile.TemporaryDirectory() as folder:
            index = build(chosen, Path(folder))
            for method in METHODS:
                started = time.process_time()
                found = ask(index, chosen, method, every)
                spent = 1000 * (time.process_time() - started) / len(found)
                recall, full = shares(found)
                halves = " / ".join(f"{shares(half)[0]:.3f}" for half in (found[::2], found[1::2]))
                row = f"| {chosen.name} @{chosen.k} | {method} | {recall:.3f} | {full:.3f} | {halves} | {spent:.1f} |"
                print(f"{row} {chosen.floors} |")


def read(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def build(chosen: Set, folder: Path, first: int | None = None) -> Index:
    """An index of the (first) passages of a set."""
    passages = read(chosen.passages)[:first]
    frame = pl.DataFrame(
        {
            "id": [str(passage["id"]) for passage in passages],
            "title": [passage["title"] for passage in passages],
            "text": [passage["text"] for passage in passages],
        }
    )
    settings = Settings.model_validate({"root": folder})
    build_index_sync(settings, documents=frame)
    return Index.open_sync(settings)


def ask(index: Index, chosen: Set, method: str, every: int = 1) -> list[tuple[set[str], set[str]]]:
    """(gold, found) of each question of which the index has all evidence."""
    held = set(index.graph.documents["id"])
    asked = [question for question in read(chosen.questions) if chosen.gold(question) and chosen.gold(question) <= held]
    return [
        (
            chosen.gold(question),
            set(index.retrieve(question["question"], method=method, k=chosen.k)["document_id"]),  # type: ignore[arg-type]
        )
        for question in asked[::every]
    ]


def shares(found: list[tuple[set[str], set[str]]]) -> tuple[float, float]:
    """(mean share of the gold that was found, share of questions with all of it)."""
    recall = sum(len(gold & got) / len(gold) for gold, got in found) / len(found)
    return recall, sum(gold <= got for gold, got in found) / len(found)


if __name__ == "__main__":
    main()
