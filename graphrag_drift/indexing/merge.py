"""entity_mentions, relationship_mentions, with resolved titles -> entities, relationships.

A title is one entity, whatever its types; a pair of titles is one relationship, whatever its directions. It does
not decide which names mean the same (`resolve`) and writes no text: a description is a sentence that was there.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.indexing.telling import best_descriptions
from graphrag_drift.tables import ENTITIES, RELATIONSHIPS, conform, content_id

# Statements about one entity that count in one document: one that repeats or plants more is scaled down to this.
_STATEMENTS = 50.0


def merge(
    entity_mentions: pl.DataFrame, relationship_mentions: pl.DataFrame, *, text_units: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(entities by title, relationships by source and target); the order of the mentions does not matter.

    Entity mentions have a resolved `title`, relationship mentions `source_title` and `target_title`; one that
    relates an entity to itself is left out. A strength that is missing, not finite or not positive counts as one
    statement.
    """
    statements = _statements(relationship_mentions)
    mentions = _with_endpoints(entity_mentions.with_columns(_title("title")), statements)
    read = text_units.filter(pl.col("copy_of").is_null())
    entities = _entities(mentions)
    relationships = _weighted(statements, entities, read.height)
    degree = (
        pl.concat([relationships.select(title="low"), relationships.select(title="high")])
        .group_by("title")
        .agg(degree=pl.len().cast(pl.Int64))
    )
    entities = entities.join(degree, on="title", how="left").with_columns(pl.col("degree").fill_null(0))
    told = best_descriptions(mentions, statements, read)
    return _entity_table(entities, told[0]), _relationship_table(relationships, entities, told[1])


def link_text_units(
    text_units: pl.DataFrame, entities: pl.DataFrame, relationships: pl.DataFrame
) -> pl.DataFrame:
    """`text_units` with the sorted ids of the entities and relationships that stand in each."""
    for name, frame in (("entity_ids", entities), ("relationship_ids", relationships)):
        found = (
            frame.select(pl.col("id").alias(name), id="text_unit_ids")
            .explode("id")
            .drop_nulls("id")
            .group_by("id")
            .agg(pl.col(name).sort())
        )
        linked = text_units.drop(name).join(found, on="id", how="left", maintain_order="left")
        text_units = linked.with_columns(pl.col(name).fill_null([])).select(text_units.columns)
    return text_units


def _title(column: str) -> pl.Expr:
    return pl.col(column).str.normalize("NFC")


def _statements(relationship_mentions: pl.DataFrame) -> pl.DataFrame:
    """The mentions that relate two entities, with `low` < `high` for their titles and how much each counts."""
    source, target = _title("source_title"), _title("target_title")
    strength = pl.col("strength")
    rows = relationship_mentions.with_columns(
        low=pl.min_horizontal(source, target), high=pl.max_horizontal(source, target), forward=source < target
    ).filter(pl.col("low") != pl.col("high"))
    told = pl.concat([rows.select("document_id", title="low"), rows.select("document_id", title="high")])
    cap = told.group_by("document_id", "title").agg(cap=(_STATEMENTS / pl.len()).clip(upper_bound=1.0))
    for end in ("low", "high"):
        on = ["document_id", end]
        rows = rows.join(cap.rename({"title": end, "cap": f"{end}_cap"}), on=on, how="left", maintain_order="left")
    return rows.with_columns(
        count=pl.min_horizontal("low_cap", "high_cap"),
        strength=pl.when(strength.is_finite() & (strength > 0)).then(strength),
    )


def _with_endpoints(mentions: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """The mentions, and one for each end of a statement that no mention names: a model forgets some."""
    ends = [
        statements.select(
            "document_id", "text_unit_id", "description", name=end, title=end, type=pl.lit("other"),
            start=pl.lit(None, pl.Int64), end=pl.lit(None, pl.Int64),
        )
        for end in ("low", "high")
    ]  # fmt: skip
    unnamed = pl.concat(ends).select(mentions.columns).join(mentions.select("title"), on="title", how="anti")
    return pl.concat([mentions, unnamed])


def _entities(mentions: pl.DataFrame) -> pl.DataFrame:
    """title, type, text_unit_ids, frequency, aliases, sorted by title."""
    types = (
        mentions.with_columns(pl.col("type").fill_null("other").replace("", "other"))
        .group_by("title", "type")
        .agg(count=pl.len())
        .sort("title", pl.col("type") == "other", "count", "type", descending=[False, False, True, False])
        .group_by("title", maintain_order=True)
        .agg(pl.col("type").first())
    )
    units = pl.col("text_unit_id").drop_nulls().unique().sort()
    name = pl.col("name")
    return (
        mentions.group_by("title")
        .agg(text_unit_ids=units, aliases=name.filter(name != pl.col("title")).drop_nulls().unique().sort())
        .with_columns(frequency=pl.col("text_unit_ids").list.len().cast(pl.Int64))
        .join(types, on="title")
        .sort("title")
    )


def _weighted(statements: pl.DataFrame, entities: pl.DataFrame, text_units: int) -> pl.DataFrame:
    """low, high, forward, weight, text_unit_ids, sorted by low and high.

    A strength counts as given. A statement without one counts idf(low) * idf(high) / log(1 + text units)^2: 1 for
    a pair of entities that stand in no other text unit, little for two that are everywhere.
    """
    total = max([text_units, 1, *entities["frequency"].to_list()])
    rarity = entities.select("title", idf=(1.0 + total / pl.col("frequency")).log() / pl.lit(1.0 + total).log())
    rows = statements
    for end in ("low", "high"):
        rows = rows.join(rarity.rename({"title": end, "idf": f"{end}_idf"}), on=end, maintain_order="left")
    counted = pl.col("low_idf") * pl.col("high_idf")
    forwards = pl.col("forward").sum()
    # Sorted before the sum: floats do not add up to the same in any order.
    return (
        rows.with_columns(value=pl.col("count") * pl.coalesce("strength", counted))
        .sort("low", "high", "value")
        .group_by("low", "high", maintain_order=True)
        .agg(
            weight=pl.col("value").sum(),
            forward=forwards * 2 >= pl.len(),
            text_unit_ids=pl.col("text_unit_id").drop_nulls().unique().sort(),
        )
    )


def _ids(kind: str, frame: pl.DataFrame) -> list[str]:
    return [content_id(kind, *titles) for titles in frame.iter_rows()]


def _entity_table(entities: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    table = entities.join(told, on="title", how="left", maintain_order="left").with_columns(
        pl.Series("id", _ids("entity", entities.select("title")), pl.String),
        pl.col("description").fill_null(""),
        pl.col("evidence").fill_null([]),
        human_readable_id=pl.int_range(pl.len()),
    )
    return conform(table, ENTITIES, "entities")


def _relationship_table(pairs: pl.DataFrame, entities: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    degree = entities.select("title", "degree")
    pairs = pairs.with_columns(pl.Series("id", _ids("relationship", pairs.select("low", "high")), pl.String))
    for end in ("low", "high"):
        pairs = pairs.join(degree.rename({"title": end, "degree": f"{end}_degree"}), on=end, maintain_order="left")
    low, high, forward = pl.col("low"), pl.col("high"), pl.col("forward")
    table = (
        pairs.join(told, on=["low", "high"], how="left", maintain_order="left")
        .with_columns(
            pl.col("description").fill_null(""),
            pl.col("evidence").fill_null([]),
            source=pl.when(forward).then(low).otherwise(high),
            target=pl.when(forward).then(high).otherwise(low),
            combined_degree=pl.col("low_degree") + pl.col("high_degree"),
        )
        .sort("source", "target")
    )
    ends = {
        f"{end}_id": pl.Series(_ids("entity", table.select(end)), dtype=pl.String) for end in ("source", "target")
    }
    return conform(
        table.with_columns(human_readable_id=pl.int_range(pl.len()), **ends), RELATIONSHIPS, "relationships"
    )
