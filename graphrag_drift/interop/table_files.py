"""An index -> tables for others: CSV for Neo4j's bulk import, parquet as Microsoft GraphRAG 3.x writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from graphrag_drift.interop.citations import with_citations
from graphrag_drift.marks import without_marks
from graphrag_drift.query.graph import Graph
from graphrag_drift.tables import PUBLIC

MICROSOFT_COLUMNS = {
    "documents": 7,
    "text_units": 8,
    "entities": 8,
    "relationships": 8,
    "communities": 12,
    "community_reports": 15,
    "covariates": 12,
}
"""How many of the first columns of a public table are Microsoft's; ours come behind them."""


def write_microsoft(graph: Graph, folder: Path) -> list[Path]:
    """The tables with Microsoft's columns alone, where marks in reports are its citations of text units.

    Raises: OSError.
    """
    written = []
    for name, schema in PUBLIC.items():
        table = getattr(graph, name)
        if name == "community_reports":
            table = _with_citations(table, graph.text_units)
        columns = [*schema][: MICROSOFT_COLUMNS[name]]
        path = folder / f"{name}.parquet"
        # Their readers go through pandas, which knows no views of strings.
        table.select(columns).write_parquet(path, use_pyarrow=True)
        written.append(path)
    return written


def _with_citations(reports: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    numbers = dict(text_units.select("id", "human_readable_id").rows())

    def cited(text: str, evidence: list[dict[str, Any]]) -> str:
        return with_citations(text, evidence, numbers)

    rows = reports.to_dicts()
    findings = [
        [{**finding, "explanation": cited(finding["explanation"], row["evidence"])} for finding in row["findings"]]
        for row in rows
    ]
    return reports.with_columns(
        findings=pl.Series(findings, dtype=reports.schema["findings"]),
        **{
            name: pl.Series([cited(row[name], row["evidence"]) for row in rows], dtype=pl.String)
            for name in ("summary", "full_content", "full_content_json")
        },
    )


def write_neo4j(graph: Graph, folder: Path) -> list[Path]:
    """A CSV file for each kind of node and of relationship, with the headers of `neo4j-admin database import`.

    Texts may go over several lines, for which it wants --multiline-fields=true. Raises: OSError.
    """
    written = []
    for name, table in (*_neo4j_nodes(graph), *_neo4j_relationships(graph)):
        path = folder / f"{name}.csv"
        table.write_csv(path)
        written.append(path)
    return written


def _neo4j_nodes(graph: Graph) -> Iterator[tuple[str, pl.DataFrame]]:
    """The tables of nodes, by the names of their files."""
    community = pl.Series(graph.root_communities)
    yield (
        "entities",
        graph.entities.select(
            pl.col("id").alias("id:ID(Entity)"),
            pl.col("title").alias("name"),
            pl.col("type").alias("kind"),
            "description",
            _joined("aliases").alias("aliases:string[]"),
            pl.col("frequency").alias("frequency:long"),
            pl.col("degree").alias("degree:long"),
            community.alias("community:long"),
            (pl.lit("Entity;") + _label(pl.col("type"))).alias(":LABEL"),
        ),
    )
    yield (
        "text_units",
        graph.text_units.select(
            pl.col("id").alias("id:ID(TextUnit)"),
            "text",
            pl.col("n_tokens").alias("tokens:long"),
            pl.lit("TextUnit").alias(":LABEL"),
        ),
    )
    yield (
        "documents",
        graph.documents.select(
            pl.col("id").alias("id:ID(Document)"),
            "title",
            pl.col("creation_date").alias("date"),
            "source",
            "path",
            pl.lit("Document").alias(":LABEL"),
        ),
    )
    yield "communities", _communities(graph)


def _neo4j_relationships(graph: Graph) -> Iterator[tuple[str, pl.DataFrame]]:
    """The tables of relationships, by the names of their files."""
    yield (
        "relationships",
        graph.relationships.select(
            pl.col("source_id").alias(":START_ID(Entity)"),
            "description",
            pl.col("weight").alias("weight:double"),
            pl.col("target_id").alias(":END_ID(Entity)"),
            pl.lit("RELATED").alias(":TYPE"),
        ),
    )
    yield "entities_in_text_units", _pairs(graph.entities, "text_unit_ids", "Entity", "TextUnit", "NAMED_IN")
    yield "text_units_of_documents", _pairs(graph.documents, "text_unit_ids", "Document", "TextUnit", "HAS", "id")
    yield "entities_of_communities", _pairs(graph.communities, "entity_ids", "Community", "Entity", "HAS", "community")
    yield (
        "communities_of_communities",
        _pairs(graph.communities, "children", "Community", "Community", "HAS", "community"),
    )


def _communities(graph: Graph) -> pl.DataFrame:
    """A node for each community, with what its report says, if it has one."""
    reports = graph.community_reports.select("community", "rank", report="full_content", named="title")
    table = graph.communities.join(reports, on="community", how="left", maintain_order="left")
    return table.select(
        pl.col("community").alias("community:ID(Community)"),
        pl.coalesce("named", "title").alias("title"),
        pl.col("level").alias("level:long"),
        pl.col("rank").alias("rank:double"),
        pl.Series("report", [without_marks(text or "") for text in table["report"]], pl.String),
        pl.lit("Community").alias(":LABEL"),
    )


def _pairs(table: pl.DataFrame, column: str, start: str, end: str, kind: str, key: str = "id") -> pl.DataFrame:
    rows = table.select(pl.col(key).alias(f":START_ID({start})"), pl.col(column).alias(f":END_ID({end})"))
    return rows.explode(f":END_ID({end})").drop_nulls().with_columns(pl.lit(kind).alias(":TYPE"))


def _joined(column: str) -> pl.Expr:
    """A list as Neo4j reads it, parts divided by ";", which none of them may hold."""
    return pl.col(column).list.eval(pl.element().str.replace_all(";", ",")).list.join(";")


def _label(kind: pl.Expr) -> pl.Expr:
    return kind.str.replace_all(r"[;\s]+", "_").str.to_titlecase()
