"""entity_mentions -> the same, with kinds that few mentions of a name support, or its sentences contradict, "other".

A reader sees one sentence: a company "in" which people invest looks like a place there. What all mentions of the corpus
say together is surer. Kinds of homonyms, each well supported, stay as they are: `homonyms.py` tells them apart.
"""

from __future__ import annotations

import polars as pl

from graphrag_drift.names.forms import name_form
from graphrag_drift.names.kinds import kind_of

_SUPPORT = 0.1  # of the mentions of a name that must be of a kind, where a reader was in doubt about the others
_AGREEMENT = 1 / 3  # of the mentions of the most frequent kind, from which another one is no slip
_MANY = 5  # mentions of a name in sentences of their own, from which one alone is no evidence
_SURE = 0.9  # of the mentions, from which nothing speaks against a kind
_CONTRADICTION = 0.25  # of the mentions that speak for a kind, above which those against it are too many
_CONTRADICTIONS = 2  # above which they are, where few speak for it

ARTICLES = ("the", "a", "an")
_OWNERS = ("my", "our", "your", "their")
# What stands before a name of another kind: one works with a tool and on a platform, but lives in a place.
_AGAINST = {
    "place": (*_OWNERS, "a", "an", "on", "with", "by", "using"),
    "person": (*_OWNERS, *ARTICLES, "in", "at", "across", "using"),
}


def with_agreed_kinds(entity_mentions: pl.DataFrame, around: pl.DataFrame) -> pl.DataFrame:
    """`entity_mentions`, in their order, with the kinds that all mentions of a name agree on; `around` is that of
    `surroundings`.

    A kind stays if it has a tenth of the mentions of the name and a third as many as the most frequent kind, and
    what stands before the name does not speak against it.
    """
    keys = _keys(entity_mentions)
    votes = (
        entity_mentions.select("name", "description", kind=pl.col("type").fill_null("other").str.to_lowercase())
        .join(keys, on="name")
        .group_by("key", "kind")
        .agg(votes=pl.col("description").n_unique(), name=pl.col("name").min())
        .with_columns(mentions=pl.col("votes").sum().over("key"))
        .filter(pl.col("kind") != "other")
        .with_columns(most=pl.col("votes").max().over("key"))
    )
    before = around.join(keys, on="name").with_columns(
        word=pl.col("before").str.extract(r"(\p{L}+)\s+$").str.to_lowercase()
    )
    refuted = [_refuted(votes, before, kind, words) for kind, words in _AGAINST.items()]
    alone = (pl.col("votes") == 1) & (pl.col("mentions") >= _MANY)
    few = pl.col("votes") < pl.max_horizontal(_SUPPORT * pl.col("mentions"), _AGREEMENT * pl.col("most"))
    slips = votes.filter(alone | few)
    wrong = pl.concat([slips.select("key", "kind"), *refuted]).unique().with_columns(wrong=pl.lit(value=True))
    kind = pl.col("type").fill_null("other").str.to_lowercase()
    return (
        entity_mentions.with_columns(kind=kind)
        .join(keys, on="name", how="left", maintain_order="left")
        .join(wrong, on=["key", "kind"], how="left", maintain_order="left")
        .with_columns(type=pl.when("wrong").then(pl.lit("other")).otherwise("type"))
        .select(entity_mentions.columns)
    )


def _keys(entity_mentions: pl.DataFrame) -> pl.DataFrame:
    names = entity_mentions["name"].unique().sort()
    return pl.DataFrame(
        {"name": names, "key": [name_form(name).key for name in names]}, {"name": pl.String, "key": pl.String}
    )


def _refuted(votes: pl.DataFrame, before: pl.DataFrame, kind: str, words: tuple[str, ...]) -> pl.DataFrame:
    """key, kind of the names of which a reader took some mentions for `kind`, and too many stand behind `words`."""
    doubtful = votes.filter((pl.col("kind") == kind) & (pl.col("votes") < _SURE * pl.col("mentions")))
    few = (pl.col("votes") / 2).clip(upper_bound=_CONTRADICTIONS)
    against = before.filter(pl.col("word").is_in(words)).group_by("key").agg(against=pl.len())
    return (
        doubtful.join(against, on="key")
        .filter(pl.col("against") > pl.max_horizontal(_CONTRADICTION * pl.col("votes"), few))
        .filter(pl.col("name").map_elements(lambda name: kind_of(name, "", "") != kind, return_dtype=pl.Boolean))
        .select("key", "kind")
    )
