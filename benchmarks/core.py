"""How much of what is named in several text units the core of them names, beside as many chosen at random.

    python benchmarks/core.py

For `extract_graph.share`. Names are those that the embedded extractor finds; copies are left out. Random choices are
the mean of ten.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Collection, Sequence

import polars as pl
from data import Corpus, newsroom, podcasts
from measure import mean, print_head, print_row

from graphrag_drift.indexing.chunk import chunk
from graphrag_drift.indexing.core import core
from graphrag_drift.input.load import load, load_frame
from graphrag_drift.language.statistics import Lexicon, count_terms
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.settings import ChunkingSettings, CopiesSettings, InputSettings
from graphrag_drift.tasks import ExtractGraph, GraphDraft

SHARES = (0.1, 0.2, 0.4)
PIECES = 200


def text_units(corpus: Corpus) -> pl.DataFrame:
    """Those that an extractor reads."""
    settings = InputSettings()
    loaded = load(settings, corpus.folder) if corpus.folder else load_frame(corpus.documents.head(PIECES), settings)
    tokenizer = tokenizer_for("o200k_base")
    _, units = chunk(loaded.documents, tokenizer=tokenizer, chunking=ChunkingSettings(), copies=CopiesSettings())
    return units


def drafts_of(units: pl.DataFrame) -> tuple[list[GraphDraft], list[str]]:
    """What the embedded reader finds in each, and their ids."""
    reader = ExtractiveReader(Lexicon.from_tables(*count_terms(units)))
    units = units.filter(pl.col("copy_of").is_null())
    return [asyncio.run(reader.read(ExtractGraph(text))) for text in units["text"]], units["id"].to_list()


def covered(names: Sequence[frozenset[str]], chosen: Collection[int]) -> float:
    """The share of the names in several text units that a chosen one has."""
    units = Counter(name for each in names for name in each)
    shared = {name for name, count in units.items() if count > 1}
    return len(shared & frozenset().union(*(names[place] for place in chosen))) / len(shared)


def main() -> None:
    """Print the table."""
    print_head("corpus", "share", "core", "at random")
    for label, corpus in (("newsroom", newsroom()), (f"podcasts, {PIECES} pieces", podcasts())):
        drafts, ids = drafts_of(text_units(corpus))
        names = [frozenset(entity.name.casefold() for entity in draft.entities) for draft in drafts]
        for share in SHARES:
            chosen = core(drafts, ids, share)
            others = [random.Random(seed).sample(range(len(drafts)), len(chosen)) for seed in range(10)]
            at_random = mean([covered(names, other) for other in others])
            print_row(f"{label}, {len(drafts)} text units", share, f"{covered(names, chosen):.2f}", f"{at_random:.2f}")


if __name__ == "__main__":
    main()
