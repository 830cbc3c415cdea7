"""text_units -> words, terms: how the corpus writes its words, and how rare each term is in it."""

from __future__ import annotations

import polars as pl

from graphrag_drift.lexicon import Lexicon


def survey(text_units: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(words, terms) of all text units that are not copies; the order of the rows does not matter."""
    texts = text_units.filter(pl.col("copy_of").is_null())["text"].to_list()
    return Lexicon.from_texts(texts).to_tables()
