"""text_units -> entity_mentions, relationship_mentions, failures: ask a reader what each one says.

Names are kept as the reader gave them; which of them mean the same is for `resolve`. Text units that copy
another document are not read. Of two readers one reads the core of the corpus, the other the rest.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from operator import attrgetter
from typing import Any

import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.indexing.core import core
from graphrag_drift.providers.protocols import Reader
from graphrag_drift.tables import ENTITY_MENTIONS, RELATIONSHIP_MENTIONS
from graphrag_drift.tasks.indexing import EntityDraft, ExtractGraph, GraphDraft, RelationshipDraft
from graphrag_drift.values import Observe, ignore

_RECURS = 100  # documents in which a sentence stands that is no report but a formula


async def extract(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    *,
    reader: Reader,
    other: Reader | None = None,
    share: float = 1.0,
    observe: Observe = ignore,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """(entity_mentions, relationship_mentions, failures), in the order of the text units.

    With an `other` reader, `reader` reads only that share of the text units, those at the core of what `other` finds.
    Spans are characters of the document, null where the reader gives none.
    """
    languages = dict(zip(documents["id"], documents["language"], strict=True))
    units = text_units.filter(pl.col("copy_of").is_null()).select("id", "document_id", "text", "start").rows()
    tasks = [ExtractGraph(text, languages.get(document, "other")) for _, document, text, _ in units]
    survey = [await other.read(task) for task in tasks] if other is not None else []
    chosen = core(survey, [unit[0] for unit in units], share) if survey else range(len(tasks))

    async def read(place: int) -> GraphDraft:
        return await reader.read(tasks[place]) if place in chosen else survey[place]

    drafts, failures = await read_each(
        range(len(tasks)),
        read,
        step="extract",
        ids=[unit[0] for unit in units],
        gaps=attrgetter("gaps"),
        observe=observe,
    )
    read_units = [(unit, draft) for unit, draft in zip(units, drafts, strict=True) if draft is not None]
    entities = chain.from_iterable(_entity_rows(unit, draft) for unit, draft in read_units)
    relationships = chain.from_iterable(_relationship_rows(unit, draft) for unit, draft in read_units)
    related = pl.DataFrame(list(relationships), schema=RELATIONSHIP_MENTIONS, orient="row")
    if other is not None:
        # One reader gives strengths of 1 to 10, the other none: of both, statements are counted.
        related = related.with_columns(strength=pl.lit(None, RELATIONSHIP_MENTIONS["strength"]))
    mentions = pl.DataFrame(list(entities), schema=ENTITY_MENTIONS, orient="row")
    mentions, related = without_boilerplate(mentions, related)
    return mentions, related, failures


def without_boilerplate(mentions: pl.DataFrame, related: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables, in their order, without what only sentences say that recur from document to document.

    Such a sentence, whatever its figures, counts once, in the first of its documents by id, and only for names that
    stand in other sentences too: a credit line names nobody the documents are about.
    """
    formula = pl.col("description").str.replace_all(r"\d+", "0")
    recurring = (
        mentions.group_by(formula=formula)
        .agg(documents=pl.col("document_id").n_unique(), first=pl.col("document_id").min())
        .filter(pl.col("documents") >= _RECURS)
        .select("formula", "first")
    )
    if recurring.is_empty():
        return mentions, related
    joined = [
        frame.with_columns(formula=formula).join(recurring, on="formula", how="left", maintain_order="left")
        for frame in (mentions, related)
    ]
    known = joined[0].filter(pl.col("first").is_null())["name"].unique().to_list()
    once = pl.col("first").is_null() | (pl.col("document_id") == pl.col("first"))
    named = pl.col("first").is_null() | pl.col("name").is_in(known)
    both = pl.col("first").is_null() | (pl.col("source").is_in(known) & pl.col("target").is_in(known))
    return (
        joined[0].filter(once & named).select(mentions.columns),
        joined[1].filter(once & both).select(related.columns),
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
