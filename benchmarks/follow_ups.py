"""Ranked follow-up questions where they matter: `python benchmarks/follow_ups.py [--budget N] [--width N]`.

The 100 questions of musique_100, each of which needs two to four passages that lead to one another, over one index of
five corpora of `../shared/data`, so that most of what is near a question is of no use to it; half of the tokens and of
the questions that DRIFT asks in a round by default. By halves (even and odd questions), as a check that no constant
fits one half only. What is measured is what `drift_vs_local.py` measures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile

import polars as pl
from drift_vs_local import Measured, Question, measure, report, variants
from retrieval import DATA, read

from graphrag_drift import Settings, build_index_sync

CORPORA = {
    "multihop_news": "facts_corpus_981.jsonl",
    "musique_100": "corpus.jsonl",
    "2wiki_51": "corpus_51q_421docs.jsonl",
    "earnings_calls": "corpus.jsonl",
    "podcasts": "corpus.jsonl",
}


def main() -> None:
    """Print a table for each half and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=12_000, help="tokens of rows shown for one question")
    parser.add_argument("--width", type=int, default=2, help="follow-up questions answered in a round")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"this benchmark needs {DATA}")
    questions = [
        Question(row["question"], frozenset(f"musique_100 {gold}" for gold in row["gold_docs"]), tuple(row["answers"]))
        for row in read(DATA / "musique_100" / "queries.jsonl")
    ]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"root": folder, "drift_search": {"width": options.width}})
        build_index_sync(settings, documents=passages())
        found: dict[str, list[Measured]] = {
            name: measure(changed, questions, name, options.budget)
            for name, changed in variants(settings, options.budget, sweep=False)
        }
    for title, half in (("even", slice(0, None, 2)), ("odd", slice(1, None, 2)), ("all", slice(None))):
        print(f"\n{title} questions\n")
        report({name: rows[half] for name, rows in found.items()})


def passages() -> pl.DataFrame:
    """The passages of all corpora, with ids that say of which."""
    rows = [(name, row) for name, file in CORPORA.items() for row in read(DATA / name / file)]
    return pl.DataFrame(
        {
            "id": [f"{name} {row['id']}" for name, row in rows],
            "title": [row.get("title") or str(row["id"]) for _, row in rows],
            "text": [row["text"] for _, row in rows],
        }
    )


if __name__ == "__main__":
    main()
