"""An index as a query sees it: its tables, and the arrays made from them once.

What a method does not need is not loaded: tables, vectors and evidence come when first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graphrag_drift.language.reading import languages_of_corpus
from graphrag_drift.language.sections import TURN, Heading, headings_of, sections_between
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.language.terms import terms
from graphrag_drift.marks import without_marks
from graphrag_drift.query.bm25 import POSTINGS, Postings
from graphrag_drift.query.evidence import Evidence, build_evidence
from graphrag_drift.query.misnamed import Names
from graphrag_drift.query.nearness import Nearness, Scan
from graphrag_drift.shown import head_of
from graphrag_drift.tables import stated_dates
from graphrag_drift.values import Shown, ShownKind, Span

if TYPE_CHECKING:
    import networkx as nx

Row = dict[str, Any]
Tables = Callable[[str], pl.DataFrame]
Arrays = Callable[[str], NDArray[Any]]


class Graph:
    """The tables and arrays of one generation of an index; each is read at most once."""

    def __init__(self, table: Tables, array: Arrays, nearness: Callable[[], Nearness] | None = None) -> None:
        self._read = table
        self._array = array
        self._nearness = nearness or (lambda: Scan(self.vectors("text_unit_text")))
        self._relationships: dict[int, Row] = {}
        self._entities: dict[int, Row] = {}
        self._headings: dict[str, list[Heading]] = {}

    @cached_property
    def documents(self) -> pl.DataFrame:
        return self._read("documents")

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Those in which its words are read."""
        return languages_of_corpus(self.documents["language"])

    @cached_property
    def text_units(self) -> pl.DataFrame:
        return self._read("text_units")

    @cached_property
    def entities(self) -> pl.DataFrame:
        return self._read("entities")

    @cached_property
    def relationships(self) -> pl.DataFrame:
        return self._read("relationships")

    @cached_property
    def communities(self) -> pl.DataFrame:
        return self._read("communities")

    @cached_property
    def community_reports(self) -> pl.DataFrame:
        return self._read("community_reports")

    @cached_property
    def covariates(self) -> pl.DataFrame:
        return self._read("covariates")

    @cached_property
    def claims_about(self) -> Mapping[str, list[Row]]:
        """The claims about each subject, by its name, in the order of the table."""
        claims: dict[str, list[Row]] = {}
        for row in self.covariates.iter_rows(named=True):
            claims.setdefault(row["subject_id"], []).append(row)
        return claims

    @cached_property
    def entity_merges(self) -> pl.DataFrame:
        """Which names became which entity, and why."""
        return self._read("entity_merges")

    @cached_property
    def entity_mentions(self) -> pl.DataFrame:
        """Every place where a text unit names an entity, with its title."""
        return self._read("entity_mentions")

    @cached_property
    def lexicon(self) -> Lexicon:
        """The statistics that the embedded reader and embedder are made from."""
        statistics = Lexicon.from_tables(self._read("words"), self._read("terms"))
        return replace(statistics, outlets=frozenset(filter(None, self.documents["source"])))

    @cached_property
    def names(self) -> Names:
        """The terms of the names of entities that the corpus writes small seldom or never, and names that are one small
        word, such as that of a drug."""
        titles = self.entities["title"].unique().to_list()
        words = (word for title in titles for word in title.split())
        large = (word for word in words if not (word[0].islower() or self.lexicon.is_common(word)))
        return Names(
            frozenset(term for word in large for term in terms(word)[:1]),
            frozenset(title for title in titles if title[:1].islower() and " " not in title),
        )

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of each document, by id."""
        return dict(zip(self.documents["id"], self.documents["text"], strict=True))

    @cached_property
    def heads(self) -> Mapping[str, tuple[str, str]]:
        """Title and date of each document, by id."""
        rows = self.documents.select("id", "title", date=stated_dates(self.documents)).rows()
        return {document: (title, date) for document, title, date in rows}

    @cached_property
    def origins(self) -> Mapping[str, tuple[str, str]]:
        """Path and source of each document, by id."""
        rows = self.documents.select("id", "path", "source").rows()
        return {document: (path or "", source or "") for document, path, source in rows}

    def vectors(self, field: str) -> NDArray[np.float32]:
        """(rows of the field's table, dimensions), unit rows."""
        return self._array(f"vectors/{field}")

    @cached_property
    def report_vectors(self) -> NDArray[np.float32]:
        """(community_reports, dimensions), unit rows."""
        return self.vectors("community_full_content")

    @cached_property
    def evidence(self) -> Evidence:
        """What retrieval reads."""
        return build_evidence(
            self.documents,
            self.text_units,
            self.entities,
            self.relationships,
            self.entity_mentions,
            postings=Postings.from_arrays({name: self._array(f"postings/{name}") for name in POSTINGS}),
            vectors=self._nearness(),
        )

    @cached_property
    def text_unit_rows(self) -> list[tuple[str, str, int, int]]:
        """(text, document id, start, end) of each text unit."""
        return self.text_units.select("text", "document_id", "start", "end").rows()

    @cached_property
    def is_copy(self) -> NDArray[np.bool_]:
        """(text_units,), whether another document says all of it."""
        return self.text_units["copy_of"].is_not_null().to_numpy()

    @cached_property
    def _document_row(self) -> Mapping[str, int]:
        return {document: row for row, document in enumerate(self.documents["id"])}

    def sections(self, row: int) -> tuple[tuple[int, str], ...]:
        """As `Shown.sections`, of a text unit. Few of all documents are asked for, often again."""
        _, document, start, end = self.text_unit_rows[row]
        if document not in self._headings:
            columns = ["title", "text", "sections"]
            headings = headings_of(self.documents[columns].row(self._document_row[document], named=True))
            # Who speaks is not what is spoken of.
            self._headings[document] = [heading for heading in headings if heading.level != TURN]
        title = self.heads[document][0]
        paths = sections_between(self._headings[document], start, end)
        return tuple((place - start, " · ".join(part for part in path if part != title)) for place, path in paths)

    def relationship(self, row: int) -> Row:
        """A relationship as a dict, with its evidence as spans. A question needs few of all there are, often again."""
        if row not in self._relationships:
            fields = self.relationships.row(row, named=True)
            self._relationships[row] = {**fields, "evidence": spans_of(fields["evidence"])}
        return self._relationships[row]

    def entity(self, row: int) -> Row:
        """An entity as a dict, as `relationship`."""
        if row not in self._entities:
            fields = self.entities.row(row, named=True)
            self._entities[row] = {**fields, "evidence": spans_of(fields["evidence"])}
        return self._entities[row]

    @cached_property
    def shown_reports(self) -> list[tuple[Shown, ...]]:
        """Of each report its summary, then its findings, as readers see them."""
        return list(map(shown_report, self.report_rows))

    @cached_property
    def report_rows(self) -> list[Row]:
        """The community reports as dicts, in the order of the table."""
        return self.community_reports.to_dicts()

    @cached_property
    def report_of(self) -> Mapping[int, int]:
        """The row of the report on each community, by its number."""
        return {report["community"]: row for row, report in enumerate(self.report_rows)}

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """(relationships, 2), the rows of the entities that each relates."""
        row_of = {title: row for row, title in enumerate(self.entities["title"])}
        pairs = self.relationships.select("source", "target").iter_rows()
        ends = [(row_of[source], row_of[target]) for source, target in pairs]
        return np.array(ends, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def _incident(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Relationship rows in the order of their ends, and those ends."""
        ends = self.ends.ravel(order="F")
        order = np.argsort(ends, kind="stable")
        return order % max(len(self.ends), 1), ends[order]

    def relationships_of(self, entities: Sequence[int]) -> NDArray[np.int64]:
        """The rows of the relationships in which any of `entities` (rows) takes part, ascending."""
        rows, ends = self._incident
        wanted = np.asarray(entities, dtype=np.int64)
        spans = zip(np.searchsorted(ends, wanted), np.searchsorted(ends, wanted + 1), strict=True)
        return np.unique(np.concatenate([rows[:0], *(rows[first:last] for first, last in spans)]))

    @cached_property
    def relationship_weights(self) -> NDArray[np.float64]:
        """(relationships,), their weights."""
        return self.relationships["weight"].to_numpy()

    @cached_property
    def reports_of(self) -> Mapping[str, tuple[int, ...]]:
        """The rows of the reports on each entity's (by id) communities, deepest first."""
        reports: dict[str, list[tuple[int, int]]] = {}
        for number, level, members in self.communities.select("community", "level", "entity_ids").iter_rows():
            if number in self.report_of:
                for entity in members:
                    reports.setdefault(entity, []).append((-level, self.report_of[number]))
        return {entity: tuple(row for _, row in sorted(rows)) for entity, rows in reports.items()}

    @cached_property
    def root_communities(self) -> NDArray[np.int64]:
        """(entities,), the number of the community of level 0 that each is in, -1 for none."""
        tops = self.communities.filter(pl.col("level") == 0).sort("community")
        top_of = {
            entity: number
            for number, members in tops.select("community", "entity_ids").iter_rows()
            for entity in members
        }
        return np.array([top_of.get(entity, -1) for entity in self.entities["id"]], dtype=np.int64)

    def to_networkx(self) -> nx.Graph:
        """Entities by title with type, description, frequency; relationships with weight and description."""
        import networkx as nx

        graph = nx.Graph()
        for row in self.entities.select("title", "type", "description", "frequency", "degree").iter_rows(named=True):
            graph.add_node(row.pop("title"), **row)
        for source, target, weight, text in self.relationships.select(
            "source", "target", "weight", "description"
        ).iter_rows():
            if graph.has_edge(source, target):  # in an index of others, one for each direction
                edge = graph.edges[source, target]
                weight, text = edge["weight"] + weight, "\n".join(filter(None, (edge["description"], text)))
            graph.add_edge(source, target, weight=weight, description=text)
        return graph


def shown_report(report: Row) -> tuple[Shown, ...]:
    """The summary of a report, then its findings, each with the spans that its marks stand for in their place."""
    spans = spans_of(report["evidence"])
    told: list[tuple[ShownKind, str, str]] = [("report", "", report["summary"])]
    told += [("finding", head_of(finding["summary"]), finding["explanation"]) for finding in report["findings"]]
    return tuple(
        Shown(
            0,
            kind,
            without_marks(text),
            tuple(span for number, span in enumerate(spans, start=1) if f"[{number}]" in text),
            report["title"],
            head=head,
        )
        for kind, head, text in told
    )


def spans_of(evidence: list[Row] | None) -> tuple[Span, ...]:
    """The spans in a table's `evidence` column."""
    return tuple(Span(**row) for row in evidence or ())
