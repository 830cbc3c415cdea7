"""text_units -> entity_mentions, relationship_mentions, failures: ask a reader what each one says.

Names are kept as the reader gave them; which of them mean the same is for `resolve`. Text units that copy
another document are not read. Of two readers one reads the core of the corpus, the other the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.indexing.boilerplate import without_formulas, without_interjections
from graphrag_drift.indexing.core import core
from graphrag_drift.jobs import ahead
from graphrag_drift.language.sections import headings_of, sections
from graphrag_drift.providers.protocols import Reader, ReadsElsewhere
from graphrag_drift.tables import ENTITY_MENTIONS, RELATIONSHIP_MENTIONS, empty, stated_dates
from graphrag_drift.tasks.indexing import EntityDraft, ExtractGraph, GraphDraft, RelationshipDraft
from graphrag_drift.values import Observe, ignore

Row = tuple[Any, ...]
Unit = tuple[str, str, str, int]  # id, document_id, text, start
# How the title of a row without one ends: it changes with the rows before it, and no kept reply would be found again.
_ROW_NUMBER = re.compile(r"\s*\(\d+\)\Z")
_UNITS = 500  # of a block


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
    fields = _document_fields(documents, text_units)
    units = text_units.filter(pl.col("copy_of").is_null()).select("id", "document_id", "text", "start").rows()
    tasks = [
        ExtractGraph(text, languages.get(document, "other"), fields.get(unit, "")) for unit, document, text, _ in units
    ]
    for each in (reader, other):
        if isinstance(each, ReadsElsewhere):
            ahead(each.elsewhere(), tasks)
    survey = [await other.read(task) for task in tasks] if other is not None else []
    chosen = core(survey, [unit[0] for unit in units], share) if survey else range(len(tasks))

    read_units = _ReadUnits(units)

    async def read(place: int) -> Sequence[str]:
        draft = await reader.read(tasks[place]) if place in chosen else survey[place]
        read_units.add(place, draft)
        return draft.gaps

    places, ids = range(len(tasks)), [unit[0] for unit in units]
    _, failures = await read_each(places, read, step="extract", ids=ids, gaps=tuple, observe=observe)
    mentions, related = read_units.tables()
    if other is not None:
        # One reader gives strengths of 1 to 10, the other none: of both, statements are counted.
        related = related.with_columns(strength=pl.lit(None, RELATIONSHIP_MENTIONS["strength"]))
    mentions, related = without_formulas(mentions, related)
    return *without_interjections(mentions, related, text_units), failures


def _document_fields(documents: pl.DataFrame, text_units: pl.DataFrame) -> dict[str, str]:
    """By text unit, the title, date, author, source and section of its document that are known, a line each."""
    starts: dict[str, list[tuple[int, str]]] = {}
    for unit, document, start in text_units.select("id", "document_id", "start").iter_rows():
        starts.setdefault(document, []).append((start, unit))
    fields: dict[str, str] = {}
    for row in documents.with_columns(date=stated_dates(documents)).iter_rows(named=True):
        places = sorted(starts.get(row["id"], ()))
        for (_, unit), path in zip(places, sections(headings_of(row), [start for start, _ in places]), strict=True):
            above = " > ".join(heading for heading in path if heading != row["title"])
            title = _ROW_NUMBER.sub("", row["title"] or "")
            known = {"title": title, "date": row["date"], "author": row["author"], "source": row["source"]}
            known["section"] = above
            fields[unit] = "\n".join(f"{name}: {_clean(value)}" for name, value in known.items() if value)
    return fields


class _ReadUnits:
    """What was read of text units, in blocks: one becomes tables with its last unit, as drafts take many times the
    memory of their rows."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = units
        self._drafts: defaultdict[int, dict[int, GraphDraft]] = defaultdict(dict)  # by block and place
        self._parts: dict[int, tuple[pl.DataFrame, pl.DataFrame]] = {}

    def add(self, place: int, draft: GraphDraft) -> None:
        """Take what the unit at this place says."""
        block = place // _UNITS
        self._drafts[block][place] = draft
        if len(self._drafts[block]) == min(_UNITS, len(self._units) - block * _UNITS):
            self._close(block)

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(entity_mentions, relationship_mentions) of all units that were read, in their order."""
        for block in list(self._drafts):  # of which a unit failed
            self._close(block)
        mentions, related = [empty(ENTITY_MENTIONS)], [empty(RELATIONSHIP_MENTIONS)]
        for block in sorted(self._parts):
            mentions.append(self._parts[block][0])
            related.append(self._parts[block][1])
        return pl.concat(mentions, rechunk=True), pl.concat(related, rechunk=True)

    def _close(self, block: int) -> None:
        drafts = [(self._units[place], draft) for place, draft in sorted(self._drafts.pop(block).items())]
        mentions = [row for unit, draft in drafts for row in _entity_rows(unit, draft)]
        related = [row for unit, draft in drafts for row in _relationship_rows(unit, draft)]
        self._parts[block] = (
            pl.DataFrame(mentions, schema=ENTITY_MENTIONS, orient="row"),
            pl.DataFrame(related, schema=RELATIONSHIP_MENTIONS, orient="row"),
        )


def _entity_rows(unit: Unit, draft: GraphDraft) -> list[Row]:
    unit_id, document_id, _, offset = unit
    return [
        (document_id, unit_id, _clean(e.name), e.type, e.description, *_span(e, offset))
        for e in draft.entities
        if _clean(e.name)
    ]


def _relationship_rows(unit: Unit, draft: GraphDraft) -> list[Row]:
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


@lru_cache(maxsize=1 << 15)
def _clean(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _span(draft: EntityDraft | RelationshipDraft, offset: int) -> tuple[int | None, int | None]:
    if draft.start is None or draft.end is None:
        return None, None
    return draft.start + offset, draft.end + offset
