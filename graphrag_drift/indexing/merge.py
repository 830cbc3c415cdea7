"""entity_mentions, relationship_mentions, with resolved titles -> entities, relationships.

A title is one entity, whatever its types; a pair of titles is one relationship, whatever its directions. It does not
decide which names mean the same (`resolve`) and writes no text: a description is one that a mention had.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.indexing.describe import best_descriptions
from graphrag_drift.tables import ENTITIES, RELATIONSHIPS, conform, content_id

# How many statements about one entity a document can contribute: a 700-word article makes about 50 about its main
# subject. One that plants a thousand has each of them count a twentieth, so that no document rules an entity.
_STATEMENTS = 50


def merge(
    entity_mentions: pl.DataFrame, relationship_mentions: pl.DataFrame, text_units: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(entities by title, relationships by source and target), whatever the order of the mentions.

    Entity mentions have a resolved `title`, relationship mentions `source_title` and `target_title`; one that
    relates an entity to itself is left out. A relationship points where most of its mentions do.
    """
    statements = _statements(relationship_mentions)
    mentions = _with_ends(entity_mentions.with_columns(_title("title")), statements)
    read = text_units.filter(pl.col("copy_of").is_null())
    entities = _entities(mentions)
    pairs = _pairs(statements, entities, read.height)
    ends = pl.concat([pairs.select(title="low"), pairs.select(title="high")])
    degree = ends.group_by("title").agg(degree=pl.len().cast(pl.Int64))
    entities = entities.join(degree, on="title", how="left", maintain_order="left").with_columns(
        pl.col("degree").fill_null(0)
    )
    of_entities, of_pairs = best_descriptions(mentions, statements, read)
    return _entity_table(entities, of_entities), _relationship_table(pairs, entities, of_pairs)


def link(
    text_units: pl.DataFrame, entities: pl.DataFrame, relationships: pl.DataFrame, covariates: pl.DataFrame
) -> pl.DataFrame:
    """`text_units` with the sorted ids of the entities, relationships and claims that stand in each."""
    claims = covariates.select("id", text_unit_ids=pl.concat_list("text_unit_id"))
    for name, frame in (("entity_ids", entities), ("relationship_ids", relationships), ("covariate_ids", claims)):
        rows = frame.select(pl.col("id").alias(name), id="text_unit_ids").explode("id").drop_nulls("id")
        found = rows.group_by("id").agg(pl.col(name).sort())
        linked = text_units.drop(name).join(found, on="id", how="left", maintain_order="left")
        text_units = linked.with_columns(pl.col(name).fill_null([])).select(text_units.columns)
    return text_units


def _title(column: str) -> pl.Expr:
    return pl.col(column).str.normalize("NFC")


def _statements(relationship_mentions: pl.DataFrame) -> pl.DataFrame:
    """The mentions that relate two entities: titles `low` < `high`, and the `share` of a statement that each is.

    The same sentence, found again in a heading or a reprint, is still one statement.
    """
    source, target, strength = _title("source_title"), _title("target_title"), pl.col("strength")
    rows = relationship_mentions.with_columns(
        low=pl.min_horizontal(source, target),
        high=pl.max_horizontal(source, target),
        forward=source < target,
        strength=pl.when(strength.is_finite() & (strength > 0)).then(strength),
    ).filter(pl.col("low") != pl.col("high"))
    told = pl.concat([rows.select("document_id", title="low"), rows.select("document_id", title="high")])
    cap = told.group_by("document_id", "title").agg(cap=(_STATEMENTS / pl.len()).clip(upper_bound=1.0))
    for end in ("low", "high"):
        caps = cap.rename({"title": end, "cap": f"{end}_cap"})
        rows = rows.join(caps, on=["document_id", end], how="left")
    counted = pl.col("strength").is_null() & (pl.col("description").fill_null("") != "")
    repeats = pl.when(counted).then(pl.len().over("low", "high", "description")).otherwise(1)
    return rows.with_columns(share=pl.min_horizontal("low_cap", "high_cap") / repeats)


def _with_ends(mentions: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """The mentions, and one for each end of a statement that none of them is of: models forget some."""
    nowhere = pl.lit(None, pl.Int64)
    ends = [
        statements.with_columns(name=end, title=end, type=pl.lit("other"), start=nowhere, end=nowhere)
        for end in ("low", "high")
    ]
    unnamed = pl.concat(ends).join(mentions.select("title"), on="title", how="anti")
    return pl.concat([mentions, unnamed.select(mentions.columns)])


def _entities(mentions: pl.DataFrame) -> pl.DataFrame:
    """title, type, text_unit_ids, frequency, aliases, sorted by title."""
    kind, name = pl.col("type"), pl.col("name")
    known = pl.when(kind.is_null() | (kind == "")).then(pl.lit("other")).otherwise(kind)
    types = (
        mentions.with_columns(type=known)
        .group_by("title", "type")
        .agg(count=pl.len())
        .with_columns(votes=pl.when(kind != "other").then("count").otherwise(0).sum().over("title"))
        .sort("title", kind == "other", "count", "type", descending=[False, False, True, False])
        .unique("title", keep="first", maintain_order=True)
        .select("title", type=pl.when(pl.col("count") * 2 >= pl.col("votes")).then("type").otherwise(pl.lit("other")))
    )
    found = mentions.group_by("title").agg(
        text_unit_ids=pl.col("text_unit_id").drop_nulls().unique().sort(),
        aliases=name.filter(name != pl.col("title")).drop_nulls().unique().sort(),
    )
    frequency = pl.col("text_unit_ids").list.len().cast(pl.Int64)
    return found.join(types, on="title").with_columns(frequency=frequency).sort("title")


def _pairs(statements: pl.DataFrame, entities: pl.DataFrame, text_units: int) -> pl.DataFrame:
    """low, high, forward, weight, text_unit_ids, sorted by low and high.

    A given strength counts in full. A statement without one counts idf(low) * idf(high) / idf(once)^2: 1 for two
    entities that stand in no other text unit, little for two that stand everywhere.
    """
    total = max(text_units, 1, *entities["frequency"])
    idf = (1.0 + total / pl.col("frequency").clip(1)).log() / pl.lit(1.0 + total).log()
    rarity = entities.select("title", idf=idf)
    rows = statements
    for end in ("low", "high"):
        rows = rows.join(rarity.rename({"title": end, "idf": f"{end}_idf"}), on=end)
    associated = pl.col("low_idf") * pl.col("high_idf")
    return (
        rows.with_columns(value=pl.col("share") * pl.coalesce("strength", associated))
        .sort("low", "high", "value")  # floats do not add up to the same in any order
        .group_by("low", "high", maintain_order=True)
        .agg(
            weight=pl.col("value").sum(),
            forward=pl.col("forward").sum() * 2 >= pl.len(),
            text_unit_ids=pl.col("text_unit_id").drop_nulls().unique().sort(),
        )
    )


def _ids(kind: str, titles: pl.DataFrame) -> pl.Series:
    return pl.Series([content_id(kind, *row) for row in titles.iter_rows()], dtype=pl.String)


def _entity_table(entities: pl.DataFrame, described: pl.DataFrame) -> pl.DataFrame:
    table = entities.join(described, on="title", how="left", maintain_order="left").with_columns(
        pl.col("description").fill_null(""),
        pl.col("evidence").fill_null([]),
        id=_ids("entity", entities.select("title")),
        human_readable_id=pl.int_range(pl.len()),
    )
    return conform(table, ENTITIES, "entities")


def _relationship_table(pairs: pl.DataFrame, entities: pl.DataFrame, described: pl.DataFrame) -> pl.DataFrame:
    pairs = pairs.with_columns(id=_ids("relationship", pairs.select("low", "high")))
    for end in ("low", "high"):
        ends = entities.select(pl.col("title").alias(end), pl.col("degree").alias(f"{end}_degree"))
        pairs = pairs.join(ends, on=end)
    low, high, forward = pl.col("low"), pl.col("high"), pl.col("forward")
    table = (
        pairs.join(described, on=["low", "high"], how="left")
        .with_columns(
            pl.col("description").fill_null(""),
            pl.col("evidence").fill_null([]),
            source=pl.when(forward).then(low).otherwise(high),
            target=pl.when(forward).then(high).otherwise(low),
            combined_degree=pl.col("low_degree") + pl.col("high_degree"),
        )
        .sort("source", "target")
    )
    table = table.with_columns(
        source_id=_ids("entity", table.select("source")),
        target_id=_ids("entity", table.select("target")),
        human_readable_id=pl.int_range(pl.len()),
    )
    return conform(table, RELATIONSHIPS, "relationships")
