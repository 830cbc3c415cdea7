"""text_units, entities, community_reports -> vectors, one array a field.

The field names are those under which Microsoft GraphRAG keeps its vectors.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.lexicon import Lexicon
from graphrag_drift.marks import without_marks
from graphrag_drift.providers.protocols import Models, Vectors

VECTOR_FIELDS = ("text_unit_text", "entity_description", "community_full_content")


async def embed(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    entities: pl.DataFrame,
    community_reports: pl.DataFrame,
    words: pl.DataFrame,
    terms: pl.DataFrame,
    *,
    models: Models,
) -> tuple[Vectors, Vectors, Vectors]:
    """(rows, dimensions) for each of `VECTOR_FIELDS`, rows as in the field's table.

    A text unit is led by its document's title, an entity's description by its name.
    """
    embedder = models.embedder(Lexicon.from_tables(words, terms))
    titled = text_units.join(documents.select(document_id="id", title="title"), on="document_id", how="left")
    titled = titled.select(pl.concat_str("title", "text", separator="\n", ignore_nulls=True))
    described = entities.select(pl.concat_str("title", "description", separator=":"))
    reports = [without_marks(content) for content in community_reports["full_content"]]
    return (
        await embedder.embed_passages(titled.to_series().to_list()),
        await embedder.embed_passages(described.to_series().to_list()),
        await embedder.embed_passages(reports),
    )
