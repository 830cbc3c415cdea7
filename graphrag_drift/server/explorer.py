"""An index -> the data that the explorer draws: the graph with its places, communities, documents, an overview.

What one click shows, such as an entity's passages, is in `details.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from graphrag_drift.layout import layout
from graphrag_drift.marks import without_marks
from graphrag_drift.query.details import Details
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.values import Entity

_MOST_EDGES = 30_000  # the heaviest are drawn
_MOST_NAMES = 5  # in the title of a community without a report
_TOP = 20
_UNSHOWN = ("path", "source")  # of a passage
_DIGITS = 4  # of a place


def explorer_data(details: Details) -> dict[str, Any]:
    """What the page needs at once, as JSON; columns rather than rows where there are many."""
    graph = details.graph
    communities = _communities(graph, details)
    return {
        "entities": _entities(graph, details, communities),
        "relationships": _relationships(graph),
        "communities": communities,
        "documents": _documents(graph),
        "overview": _overview(graph),
    }


def explorer_details(details: Details) -> dict[str, Any]:
    """Every entity and every document in full, by id, for a page without a server."""
    return {
        "entities": {id_: _entity(details.entity(row)) for row, id_ in enumerate(details.graph.entities["id"])},
        "documents": {document: details.document(document) for document in details.document_rows},
    }


def _entity(entity: Entity) -> dict[str, Any]:
    """An entity as JSON; of where its passages stand only what the page shows, since there are many."""
    return asdict(entity, dict_factory=lambda fields: {name: value for name, value in fields if name not in _UNSHOWN})


def _entities(graph: Graph, details: Details, communities: list[Row]) -> dict[str, list[Any]]:
    """Columns, a value for each entity; `community` is a row of the communities, -1 for none."""
    row_of = {community["community"]: row for row, community in enumerate(communities)}
    roots = graph.root_communities
    places = layout(graph.ends, roots, graph.relationship_weights).round(_DIGITS)
    first, last = _periods(graph)
    return {
        "id": graph.entities["id"].to_list(),
        "title": list(details.titles),
        "kind": graph.entities["type"].to_list(),
        "degree": graph.entities["degree"].to_list(),
        "community": [row_of.get(int(number), -1) for number in roots],
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "first": first,
        "last": last,
    }


def _periods(graph: Graph) -> tuple[list[str], list[str]]:
    """The days of the first and the last document that name each entity, "" if none of them has a date."""
    dates = pl.DataFrame(
        [(document, date[:10]) for document, (_, date) in graph.heads.items() if date],
        schema={"document_id": pl.String, "date": pl.String},
        orient="row",
    )
    mentions = graph.entity_mentions.select("title", "document_id").unique().join(dates, on="document_id")
    ranges = mentions.group_by("title").agg(first=pl.col("date").min(), last=pl.col("date").max())
    rows = graph.entities.select("title").join(ranges, on="title", how="left", maintain_order="left").fill_null("")
    return rows["first"].to_list(), rows["last"].to_list()


def _relationships(graph: Graph) -> list[int]:
    """The rows of the entities that are related, two and two, the heaviest relationships first."""
    order = np.lexsort((np.arange(len(graph.ends)), -graph.relationship_weights))[:_MOST_EDGES]
    pairs: list[int] = graph.ends[order].ravel().tolist()
    return pairs


def _communities(graph: Graph, details: Details) -> list[Row]:
    """The communities in the order of their numbers; `entities` are rows, best connected first."""
    degrees = graph.entities["degree"].to_list()
    communities = []
    for row in graph.communities.sort("community").iter_rows(named=True):
        members = [details.row_of[entity] for entity in row["entity_ids"] if entity in details.row_of]
        members.sort(key=lambda member: (-degrees[member], member))
        number = graph.report_of.get(row["community"])
        report = graph.report_rows[number] if number is not None else None
        names = ", ".join(details.titles[member] for member in members[:_MOST_NAMES])
        communities.append(
            {
                "community": row["community"],
                "parent": row["parent"],
                "level": row["level"],
                "title": report["title"] if report else names,
                "summary": without_marks(report["summary"]) if report else "",
                "findings": [without_marks(finding["explanation"]) for finding in report["findings"]] if report else [],
                "entities": members,
            }
        )
    return communities


def _documents(graph: Graph) -> dict[str, list[Any]]:
    """Columns, a value for each document, the newest first."""
    rows = [(document, title, date[:10], graph.origins[document][1]) for document, (title, date) in graph.heads.items()]
    rows.sort(key=lambda row: (row[2], row[0]), reverse=True)
    names = ("id", "title", "date", "source")
    return {name: [row[column] for row in rows] for column, name in enumerate(names)}


def _overview(graph: Graph) -> dict[str, Any]:
    """Counts, documents by month, most connected names, sources, kinds."""
    dates = sorted(date[:10] for _, date in graph.heads.values() if date)
    months = Counter(date[:7] for date in dates)
    sources = Counter(source for _, source in graph.origins.values() if source)
    kinds = Counter(graph.entities["type"].to_list())
    degrees = graph.entities["degree"].to_numpy()
    return {
        "counts": {
            "documents": graph.documents.height,
            "passages": graph.text_units.height,
            "entities": graph.entities.height,
            "relationships": graph.relationships.height,
            "communities": graph.communities.height,
            "reports": graph.community_reports.height,
        },
        "first": dates[0] if dates else "",
        "last": dates[-1] if dates else "",
        "months": sorted(months.items()),
        "sources": sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP],
        "kinds": sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])),
        "top": np.lexsort((np.arange(len(degrees)), -degrees))[:_TOP].tolist(),
    }
