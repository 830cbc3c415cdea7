"""text_units and the entities in them -> covariates: what each text claims somebody did, with the words it rests on.

Off by default. Subjects and objects become the entities that they name, where there are any.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import polars as pl

from graphrag_drift.each import Failed, Progress, each, silent
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.names.forms import tidy
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.settings import ExtractClaimsSettings
from graphrag_drift.tables import COVARIATES, FAILURES, content_id
from graphrag_drift.tasks.indexing import ClaimDraft, ClaimDrafts, ExtractClaims

_ARTICLE = re.compile(r"^(?:the|an?) ")
_NOBODY = "NONE"  # as Microsoft GraphRAG says it
Unit = tuple[str, str, str, int, int]


async def extract_claims(
    text_units: pl.DataFrame,
    entity_mentions: pl.DataFrame,
    words: pl.DataFrame,
    terms: pl.DataFrame,
    *,
    reader: Maker[Reader],
    settings: ExtractClaimsSettings,
    progress: Progress = silent,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(covariates in the order of the text units, claim_failures); both empty unless claims are enabled."""
    if not settings.enabled:
        return pl.DataFrame(schema=COVARIATES), pl.DataFrame(schema=FAILURES)
    made = reader(Lexicon.from_tables(words, terms))
    columns = ("id", "document_id", "text", "start", "end")
    units: list[Unit] = text_units.filter(pl.col("copy_of").is_null()).select(columns).rows()
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for unit, name, title in entity_mentions.select("text_unit_id", "name", "title").iter_rows():
        names[unit][_key(name)] = title
        names[unit][_key(title)] = title

    async def read(unit: Unit) -> ClaimDrafts:
        known = tuple(dict.fromkeys(names[unit[0]].values()))
        return await made.read(ExtractClaims(unit[2], known, settings.description))

    drafts = await each(units, read, progress=progress)
    rows: list[dict[str, Any]] = []
    failures: list[tuple[str, str, str]] = []
    for unit, draft in zip(units, drafts, strict=True):
        reasons = (draft.reason,) if isinstance(draft, Failed) else draft.gaps
        failures += [("extract_claims", unit[0], reason) for reason in reasons]
        if not isinstance(draft, Failed):
            rows += [_row(claim, unit, names[unit[0]], len(rows) + n) for n, claim in enumerate(draft.claims)]
    return (
        pl.DataFrame(rows, schema=COVARIATES, orient="row"),
        pl.DataFrame(failures, schema=FAILURES, orient="row"),
    )


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
