"""The entities that most text units of a corpus name, with kind and documents, to be read by a person.

Only the steps up to `merge` are run. `python benchmarks/top_names.py [CORPUS ...] [--top N]`; of all four corpora
about a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from typing import cast

import polars as pl
from data import Absent, Corpus, christmas_carol, earnings_calls, newsroom, podcasts

from graphrag_drift.app import standard_pipeline
from graphrag_drift.indexing.pipeline import run
from graphrag_drift.input.load import load_frame
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.settings import Settings

CORPORA: dict[str, Callable[[], Corpus]] = {
    "newsroom": newsroom,
    "carol": christmas_carol,
    "earnings_calls": earnings_calls,
    "podcasts": podcasts,
}


def entities_of(documents: pl.DataFrame) -> pl.DataFrame:
    """The entities of these documents (id, title, text ...), the most frequent first, ties by title."""
    settings = Settings()
    steps = standard_pipeline(models_for(settings), settings, period="")
    last = next(i for i, step in enumerate(steps) if step.name == "merge")
    loaded = load_frame(documents, settings.input).documents
    tables = asyncio.run(run(steps[: last + 1], {"input": loaded}, previous=None, read=_nothing)).tables
    entities = cast(pl.DataFrame, tables["work/entities"])
    return entities.sort("frequency", "title", descending=[True, False])


def _nothing(name: str) -> pl.DataFrame:
    raise KeyError(name)


def main() -> None:
    """Print a list a corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help=f"of {list(CORPORA)}; none: all")
    parser.add_argument("--top", type=int, default=30)
    arguments = parser.parse_args()
    for name in arguments.corpora or CORPORA:
        began = time.process_time()
        try:
            documents = CORPORA[name]().documents
        except Absent as reason:
            print(reason)
            continue
        entities = entities_of(documents)
        rows = entities.head(arguments.top).select("title", "type", "frequency").iter_rows()
        print(f"\n{name}: {entities.height} entities, {time.process_time() - began:.1f} CPU-seconds")
        print("; ".join(f"{title} ({kind}, {frequency})" for title, kind, frequency in rows))


if __name__ == "__main__":
    main()
