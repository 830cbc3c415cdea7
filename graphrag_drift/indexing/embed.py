"""text_units, entities, community_reports -> vectors, one array or table of terms a field, failures.

The field names are those under which Microsoft GraphRAG keeps its vectors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import polars as pl

from graphrag_drift.marks import without_marks
from graphrag_drift.providers.protocols import Embedder, EmbedsTerms, NotEmbedded
from graphrag_drift.store.files import Content
from graphrag_drift.tables import FAILURES
from graphrag_drift.values import Event, Observe, ignore

VECTOR_FIELDS = ("text_unit_text", "entity_description", "community_full_content")


async def embed(
    text_units: pl.DataFrame,
    contexts: pl.DataFrame,
    entities: pl.DataFrame,
    community_reports: pl.DataFrame,
    *,
    embedder: Embedder,
    observe: Observe = ignore,
) -> tuple[Content, Content, Content, pl.DataFrame]:
    """(rows, dimensions) for each of `VECTOR_FIELDS`, rows as in the field's table, zero for what failed; failures.

    Instead of vectors that follow from terms, those: the embedded ones are mostly zeros, and take longer to write than
    to make again. A text unit is led by its context, an entity's description by its name.
    """
    placed = text_units.join(contexts, on="id", how="left", maintain_order="left")
    placed = placed.select(pl.concat_str("context", "text", separator="\n"))
    described = entities.select(pl.concat_str("title", "description", separator=":"))
    fields = (
        (text_units, placed.to_series().to_list()),
        (entities, described.to_series().to_list()),
        (community_reports, [without_marks(content) for content in community_reports["full_content"]]),
    )
    done = 0
    total = sum(len(texts) for _, texts in fields)

    async def read(texts: Sequence[str]) -> tuple[Content, dict[int, str]]:
        nonlocal done
        vectors, reasons = await _vectors(embedder, texts)
        done += len(texts)
        observe(Event("working", step="embed", done=done, total=total))
        return vectors, reasons

    embedded = await asyncio.gather(*(read(texts) for _, texts in fields))
    failures = [
        ("embed", table["id"][row], reason)
        for (table, _), (_, reasons) in zip(fields, embedded, strict=True)
        for row, reason in sorted(reasons.items())
    ]
    of_units, of_entities, of_reports = _of_one_width([vectors for vectors, _ in embedded])
    return of_units, of_entities, of_reports, pl.DataFrame(failures, schema=FAILURES, orient="row")


async def _vectors(embedder: Embedder, texts: Sequence[str]) -> tuple[Content, dict[int, str]]:
    """The vectors, or their terms, and why which texts have none."""
    if isinstance(embedder, EmbedsTerms):
        return embedder.passage_terms(texts), {}
    try:
        return await embedder.embed_passages(texts), {}
    except NotEmbedded as error:
        return error.vectors, error.reasons


def _of_one_width(fields: Sequence[Content]) -> list[Content]:
    """The `fields`, zeros where not a single text told how wide its vectors are."""
    width = max((vectors.shape[1] for vectors in fields if not isinstance(vectors, pl.DataFrame)), default=0)
    return [
        vectors
        if isinstance(vectors, pl.DataFrame) or vectors.shape[1] == width
        else np.zeros((len(vectors), width), np.float32)
        for vectors in fields
    ]
