"""communities, entities, relationships -> the row that the root report is on: what links the communities of level 0.

The root holds the relationships between them and the entities at their ends, so that every relationship is in some
report. It is a row for whoever writes reports, and none of the table of communities, whose levels part the entities.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.tables import COMMUNITIES, content_id

ROOT_LEVEL = -1
"""The level of the root report, above those of communities."""


def with_root(communities: pl.DataFrame, entities: pl.DataFrame, relationships: pl.DataFrame) -> pl.DataFrame:
    """`communities` and last the root, if a relationship links two of level 0: its number is the next, its parent -1.

    It has no children: a report on it is about what is in none of theirs.
    """
    top = communities.filter(level=0).select(part="community", id="entity_ids").explode("id")
    members = top.join(entities.select("id", "title", "text_unit_ids"), on="id")
    links = relationships
    for end in ("source", "target"):
        links = links.join(members.select(pl.col("title").alias(end), pl.col("part").alias(f"{end}_part")), on=end)
    links = links.filter(pl.col("source_part") != pl.col("target_part"))
    if links.is_empty():
        return communities
    ends = pl.concat([links.select(title=end) for end in ("source", "target")])
    linked = members.join(ends, on="title", how="semi").sort("title")
    number = int(communities["community"].max()) + 1  # type: ignore[arg-type]
    row = {
        "id": content_id("community", ROOT_LEVEL, *linked["title"]),
        "human_readable_id": number,
        "community": number,
        "level": ROOT_LEVEL,
        "parent": -1,
        "children": [],
        "title": f"Community {number}",
        "entity_ids": linked["id"].sort().to_list(),
        "relationship_ids": links["id"].sort().to_list(),
        "text_unit_ids": links["text_unit_ids"].explode().drop_nulls().unique().sort().to_list(),
        "period": communities["period"][0],
        "size": linked.height,
    }
    return communities.vstack(pl.DataFrame([row], schema=COMMUNITIES))
