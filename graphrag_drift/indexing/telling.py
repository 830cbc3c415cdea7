"""mentions -> the sentence that says most about each entity and each pair, and where it stands.

A sentence tells much if it has many rare words without being long, names its subject early, and asks nothing.
It compares sentences one by one and writes none.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.tables import SPANS

_LONG, _SHORT = 30.0, 8.0  # words; beyond them a sentence tells no more, below them it tells less
_EARLY = 120.0  # characters before a name that halve the score


def best_descriptions(
    mentions: pl.DataFrame, statements: pl.DataFrame, text_units: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(title, description, evidence) of each entity and (low, high, description, evidence) of each pair.

    Evidence is the sentence if the description is one; the statement's own span, else its text unit otherwise.
    """
    texts = pl.concat([mentions.select("description"), statements.select("description")])
    worth = _worth(texts["description"].drop_nulls().unique().sort())
    of_entities = mentions.select(
        "title", "description", "document_id", "text_unit_id",
        names=pl.concat_list("name"), start=pl.lit(None, pl.Int64), end=pl.lit(None, pl.Int64),
    )  # fmt: skip
    of_pairs = statements.with_columns(names=pl.concat_list("source", "target"))
    return (
        _evidence(_best(of_entities, worth, ["title"]), text_units, ["title"]),
        _evidence(_best(of_pairs, worth, ["low", "high"]), text_units, ["low", "high"]),
    )


def _worth(descriptions: pl.Series) -> pl.DataFrame:
    """description, worth: the rarity of its distinct words, for at most `_LONG` of them."""
    texts = pl.DataFrame({"description": descriptions}).with_row_index("row")
    words = texts.select(
        "row", word=pl.col("description").str.to_lowercase().str.extract_all(r"[\p{L}\p{M}]{2,}|\p{N}[\p{N}.,]*")
    )
    each = words.explode("word").drop_nulls().unique()
    rarity = each.group_by("word").agg(idf=(1.0 + texts.height / pl.len()).log())
    length = pl.col("words").cast(pl.Float64)
    summed = (
        each.join(rarity, on="word")
        .sort("row", "idf")
        .group_by("row", maintain_order=True)
        .agg(total=pl.col("idf").sum(), words=pl.len())
        .with_columns(total=pl.col("total") * (_LONG / length).clip(upper_bound=1.0))
        .with_columns(total=pl.col("total") * (length / _SHORT).clip(upper_bound=1.0))
    )
    asks = pl.col("description").str.contains(r"[?？]")
    return (
        texts.join(summed, on="row", how="left")
        .select(
            "description",
            worth=pl.col("total").fill_null(0.0) * pl.when(asks).then(0.3).otherwise(1.0),
        )
    )


def _best(rows: pl.DataFrame, worth: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """For each `key` the row of most worth; ties go to the description, then the text unit, first by name."""
    names = range(2)
    places = [
        pl.col("description").str.find(pl.col("names").list.get(i, null_on_oob=True), literal=True) for i in names
    ]
    late = pl.max_horizontal(*places).fill_null(_EARLY)
    scored = rows.join(worth, on="description").with_columns(
        score=pl.col("worth") / (1.0 + late.cast(pl.Float64) / _EARLY)
    )
    order = [*key, "score", "description", "document_id", "text_unit_id", "start"]
    return (
        scored.sort(order, descending=[name == "score" for name in order])
        .group_by(key, maintain_order=True)
        .agg(pl.col("description", "document_id", "text_unit_id", "start", "end").first())
    )


def _evidence(best: pl.DataFrame, text_units: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    units = text_units.select(
        text_unit_id="id", text="text", first=pl.col("start"), last=pl.col("end"), unit_document="document_id"
    )
    rows = best.join(units, on="text_unit_id", how="left", maintain_order="left")
    before = pl.col("text").str.splitn(pl.col("description"), 2).struct.field("field_0").str.len_chars()
    stands = pl.col("text").str.contains(pl.col("description"), literal=True) & (pl.col("description") != "")
    at = pl.col("first") + before.cast(pl.Int64)
    rows = rows.with_columns(
        start=pl.when(stands).then(at).otherwise(pl.coalesce("start", "first")),
        end=pl.when(stands)
        .then(at + pl.col("description").str.len_chars().cast(pl.Int64))
        .otherwise(pl.coalesce("end", "last")),
    )
    span = pl.struct("document_id", "text_unit_id", "start", "end")
    some = pl.col("start").is_not_null() & pl.col("text_unit_id").is_not_null()
    return rows.select(
        *key,
        "description",
        evidence=pl.when(some).then(pl.concat_list(span)).otherwise(pl.lit([], SPANS)).cast(SPANS),
    )
