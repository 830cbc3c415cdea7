"""text_units -> entity_mentions, relationship_mentions, extract_failures: ask a reader what each one says.

Names are kept as the reader gave them; which of them mean the same is for `resolve`. Text units that copy
another document are not read.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from typing import Any

import polars as pl

from graphrag_drift.each import Failed, Progress, each, silent
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.tables import ENTITY_MENTIONS, FAILURES, RELATIONSHIP_MENTIONS
from graphrag_drift.tasks.indexing import EntityDraft, ExtractGraph, GraphDraft, RelationshipDraft


async def extract(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    words: pl.DataFrame,
    terms: pl.DataFrame,
    *,
    reader: Maker[Reader],
    progress: Progress = silent,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """(entity_mentions, relationship_mentions, extract_failures), in the order of the text units.

    Spans are characters of the document, null where the reader gives none.
    """
    made = reader(Lexicon.from_tables(words, terms))
    languages = dict(zip(documents["id"], documents["language"], strict=True))
    units = text_units.filter(pl.col("copy_of").is_null()).select("id", "document_id", "text", "start").rows()

    async def read(unit: tuple[str, str, str, int]) -> GraphDraft:
        return await made.read(ExtractGraph(unit[2], languages.get(unit[1], "other")))

    drafts = await each(units, read, progress=progress)
    read_units = [(u, d) for u, d in zip(units, drafts, strict=True) if not isinstance(d, Failed)]
    entities = chain.from_iterable(_entity_rows(unit, draft) for unit, draft in read_units)
    relationships = chain.from_iterable(_relationship_rows(unit, draft) for unit, draft in read_units)
    failures = [
        ("extract", unit[0], reason)
        for unit, draft in zip(units, drafts, strict=True)
        for reason in ((draft.reason,) if isinstance(draft, Failed) else draft.gaps)
    ]
    return (
        pl.DataFrame(list(entities), schema=ENTITY_MENTIONS, orient="row"),
        pl.DataFrame(list(relationships), schema=RELATIONSHIP_MENTIONS, orient="row"),
        pl.DataFrame(failures, schema=FAILURES, orient="row"),
    )


def _entity_rows(unit: tuple[str, str, str, int], draft: GraphDraft) -> list[tuple[Any, ...]]:
    unit_id, document_id, _, offset = unit
    return [
        (document_id, unit_id, _clean(e.name), e.type, e.description, *_span(e, offset))
        for e in draft.entities
        if _clean(e.name)
    ]


def _relationship_rows(unit: tuple[str, str, str, int], draft: GraphDraft) -> list[tuple[Any, ...]]:
    unit_id, document_id, _, offset = unit
    return [
        (
            document_id,
            unit_id,
            _clean(r.source),
            _clean(r.target),
            r.description,
            r.strength,
            *_span(r, offset),
        )
        for r in draft.relationships
        if _clean(r.source) and _clean(r.target)
    ]


def _clean(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _span(draft: EntityDraft | RelationshipDraft, offset: int) -> tuple[int | None, int | None]:
    if draft.start is None or draft.end is None:
        return None, None
    return draft.start + offset, draft.end + offset
