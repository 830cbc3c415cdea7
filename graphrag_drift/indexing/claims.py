"""text_units and the entities in them -> covariates: what each text claims somebody did, with the words it rests on.

Off by default. Subjects and objects become the entities that they name, where there are any.
"""

from __future__ import annotations

import re
from collections import defaultdict
from operator import attrgetter
from typing import Any

import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.names.forms import tidy
from graphrag_drift.providers.protocols import Reader
from graphrag_drift.settings import ExtractClaimsSettings
from graphrag_drift.tables import COVARIATES, FAILURES, content_id, empty
from graphrag_drift.tasks.indexing import ClaimDraft, ClaimDrafts, ExtractClaims
from graphrag_drift.values import Observe, ignore

_ARTICLE = re.compile(r"^(?:the|an?) ")
_NOBODY = "NONE"  # as Microsoft GraphRAG says it
Unit = tuple[str, str, str, int, int]


async def claims(
    text_units: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    *,
    reader: Reader | None = None,
    settings: ExtractClaimsSettings,
    observe: Observe = ignore,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(covariates in the order of the text units, failures). Without a `reader` nobody collects any."""
    if reader is None:
        return empty(COVARIATES), empty(FAILURES)
    columns = ("id", "document_id", "text", "start", "end")
    units: list[Unit] = text_units.filter(pl.col("copy_of").is_null()).select(columns).rows()
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for unit, name, title in entity_mentions.select("text_unit_id", "name", "title").iter_rows():
        names[unit][_key(name)] = title
        names[unit][_key(title)] = title

    async def read(unit: Unit) -> ClaimDrafts:
        known = tuple(dict.fromkeys(names[unit[0]].values()))
        return await reader.read(ExtractClaims(unit[2], known, settings.description))

    drafts, failures = await read_each(
        units, read, step="claims", ids=[unit[0] for unit in units], gaps=attrgetter("gaps"), observe=observe
    )
    rows: list[dict[str, Any]] = []
    for unit, draft in zip(units, drafts, strict=True):
        if draft is not None:
            rows += [_row(claim, unit, names[unit[0]], len(rows) + n) for n, claim in enumerate(draft.claims)]
    return pl.DataFrame(rows, schema=COVARIATES, orient="row"), failures


def _key(name: str) -> str:
    return _ARTICLE.sub("", tidy(name).casefold())


def _row(claim: ClaimDraft, unit: Unit, names: dict[str, str], number: int) -> dict[str, Any]:
    """A claim whose quote does not stand in the text rests on the whole text unit."""
    unit_id, document_id, _, offset, end = unit
    placed = claim.start is not None and claim.end is not None
    subject = names.get(_key(claim.subject), claim.subject)
    other = names.get(_key(claim.object), claim.object)
    said = (subject, other, claim.type, claim.status, claim.description, claim.start_date, claim.end_date)
    return {
        "id": content_id("claim", unit_id, number, *said),
        "human_readable_id": number,
        "covariate_type": "claim",
        "type": claim.type,
        "description": claim.description,
        "subject_id": subject,
        "object_id": other or _NOBODY,
        "status": claim.status,
        "start_date": claim.start_date or None,
        "end_date": claim.end_date or None,
        "source_text": claim.quote,
        "text_unit_id": unit_id,
        "document_id": document_id,
        "start": offset + claim.start if placed and claim.start is not None else offset,
        "end": offset + claim.end if placed and claim.end is not None else end,
    }
