"""Communities and reports of others -> ours: the same numbers, titles and texts, with citations that lead to places.

A report that cites rows of tables gets marks for the sentences behind these rows; a paragraph that cites nothing is
taken to rest on the text units of its community. Nothing is written anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from graphrag_drift.indexing.report import report_row
from graphrag_drift.interop.citations import Cited, with_marks
from graphrag_drift.interop.conversion import Converted, our_units
from graphrag_drift.interop.foreign import Foreign
from graphrag_drift.marks import MARK
from graphrag_drift.tables import COMMUNITIES, COMMUNITY_REPORTS, conform
from graphrag_drift.tasks.indexing import FindingDraft, ReportDraft, WriteReport
from graphrag_drift.values import Shown, Span

Row = dict[str, Any]
_MOST_UNITS = 4  # text units behind one citation: those that most of its rows come from


def convert_communities(theirs: pl.DataFrame, converted: Converted) -> pl.DataFrame:
    """The communities, by their numbers, with the entities, relationships and text units that are there."""
    tables = converted.tables
    entities, relationships = (set(tables[name]["id"]) for name in ("entities", "relationships"))
    rows = []
    for row in theirs.sort("community").iter_rows(named=True):
        members = sorted(set(row["entity_ids"] or ()) & entities)
        rows.append(
            {
                **{name: row[name] for name in COMMUNITIES},
                "human_readable_id": row["community"],
                "title": row["title"] or f"Community {row['community']}",
                "children": sorted(row["children"] or ()),
                "entity_ids": members,
                "relationship_ids": sorted(set(row["relationship_ids"] or ()) & relationships),
                "text_unit_ids": our_units(row["text_unit_ids"], converted.unit_ids),
                "period": row["period"] or "",
                "size": row["size"] or len(members),
            }
        )
    return conform(pl.DataFrame(rows, schema=COMMUNITIES, orient="row"), COMMUNITIES, "communities")


def convert_reports(foreign: Foreign, converted: Converted, communities: pl.DataFrame) -> pl.DataFrame:
    """The reports on `communities`, in their order, under the ids that they had."""
    if foreign.community_reports is None:
        return pl.DataFrame(schema=COMMUNITY_REPORTS)
    numbered = _numbered(foreign, converted)
    texts = dict(converted.tables["documents"].select("id", "text").rows())
    spans = {row[0]: Span(row[1], row[0], row[2], row[3]) for row in _places(converted)}
    report_of = {row["community"]: row for row in foreign.community_reports.iter_rows(named=True)}
    rows = []
    for community in communities.iter_rows(named=True):
        theirs = report_of.get(community["community"])
        if theirs is not None:
            marks = _Marks(numbered, community["text_unit_ids"])
            rows.append(_report(theirs, community, marks, spans, texts))
    return pl.DataFrame(rows, schema=COMMUNITY_REPORTS, orient="row")


def _places(converted: Converted) -> list[tuple[str, str, int, int]]:
    return converted.tables["work/text_units"].select("id", "document_id", "start", "end").rows()


def _numbered(foreign: Foreign, converted: Converted) -> dict[Cited, list[str]]:
    """The text units of ours behind every row that a report may cite, by table and number."""
    numbered: dict[Cited, list[str]] = {}
    tables = {"entities": foreign.entities, "relationships": foreign.relationships, "reports": foreign.communities}
    for name, table in tables.items():
        if table is None:
            continue
        number = "community" if name == "reports" else "human_readable_id"
        for row, units in table.select(number, "text_unit_ids").rows():
            numbered[name, row] = our_units(units, converted.unit_ids)
    for row, unit in enumerate(foreign.text_units["id"]):
        numbered["sources", row] = our_units([unit], converted.unit_ids)
    if foreign.covariates is not None:
        for row, unit in foreign.covariates.select("human_readable_id", "text_unit_id").rows():
            numbered["claims", row] = our_units([unit], converted.unit_ids)
    return numbered


@dataclass
class _Marks:
    """Gives each citation of a report its mark: that of the text units which most of the cited rows come from."""

    cited: Mapping[Cited, Sequence[str]]
    own: Sequence[str]
    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)

    def mark_of(self, rows: Sequence[Cited]) -> int | None:
        """None for rows that are not there."""
        counts = Counter(unit for row in rows for unit in self.cited.get(row, ()))
        return self._number(sorted(counts, key=lambda unit: (-counts[unit], unit)))

    def paragraph(self, text: str) -> str:
        """`text` with marks; one that cites nothing rests on the community's own text units."""
        marked = with_marks(text, self.mark_of)
        if MARK.search(marked) or not marked.strip() or not self.own:
            return marked
        return f"{marked.rstrip()} [{self._number(self.own)}]"

    def _number(self, units: Sequence[str]) -> int | None:
        key = tuple(units[:_MOST_UNITS])
        return self.numbers.setdefault(key, len(self.numbers) + 1) if key else None


def _report(theirs: Row, community: Row, marks: _Marks, spans: Mapping[str, Span], texts: dict[str, str]) -> Row:
    findings = tuple(
        FindingDraft(finding["summary"] or "", marks.paragraph(finding["explanation"] or ""))
        for finding in theirs["findings"] or ()
    )
    draft = ReportDraft(
        title=theirs["title"] or community["title"],
        summary=marks.paragraph(theirs["summary"] or ""),
        findings=findings,
        rating=float(theirs["rank"] or 0.0),
        rating_explanation=theirs["rating_explanation"] or "",
    )
    sources = tuple(
        Shown(mark, "source", "", tuple(spans[unit] for unit in units)) for units, mark in marks.numbers.items()
    )
    made = report_row(community, draft, WriteReport((), (), sources, (), ()), texts)
    return {**made, "id": theirs["id"]}
