"""documents -> documents, text_units: divided, and wire copies linked to what they copy."""

from __future__ import annotations

import polars as pl

from graphrag_drift.indexing.chunk import chunk, with_text_units
from graphrag_drift.indexing.copies import link_copies
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.settings import ChunkingSettings, CopiesSettings


def divide(
    documents: pl.DataFrame, *, tokenizer: Tokenizer, chunking: ChunkingSettings, copies: CopiesSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(documents, text_units), each in the order of the documents."""
    text_units = chunk(documents, tokenizer=tokenizer, size=chunking.size, overlap=chunking.overlap)
    documents = with_text_units(documents, text_units)
    if not copies.enabled:
        return documents, text_units
    return link_copies(documents, text_units, threshold=copies.threshold)
