"""entity_mentions, relationship_mentions -> the same without what sentences say that are no report: formulas that
recur from text to text, and words of assent or address that stand alone.

Learned from the corpus, whatever its language. The texts stay as they are.
"""

from __future__ import annotations

import math

import polars as pl

from graphrag_drift.names.lists import word_list

_RECURS = 100  # text units in which a sentence stands that is no report but a formula
_MANY = 5  # mentions of a name, from which they tell that it always stands alone
_ALONE = 0.9  # of the mentions, which stand between pauses
_OPENING = r"(?:^|[\n.!?:;(\[“\"…])\s*$|(?:\s|^)[-–—'‘]\s*$"
_PAUSE_BEFORE = r",\s*$"
_PAUSE_AFTER = r"^[,.!?;…)\]]"
_BESIDE = 4  # characters that tell


def without_formulas(mentions: pl.DataFrame, related: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables, in their order, without what only sentences say that recur from text unit to text unit.

    Such a sentence, whatever its figures, counts once, in the first of its documents by id, and only for names that
    stand in other sentences too: a credit line names nobody the documents are about.
    """
    formula = pl.col("description").str.replace_all(r"\d+", "0")
    recurring = (
        mentions.group_by(formula=formula)
        .agg(text_units=pl.col("text_unit_id").n_unique(), first=pl.col("document_id").min())
        .filter(pl.col("text_units") >= _RECURS)
        .select("formula", "first")
    )
    if recurring.is_empty():
        return mentions, related
    joined = [
        frame.with_columns(formula=formula).join(recurring, on="formula", how="left", maintain_order="left")
        for frame in (mentions, related)
    ]
    known = joined[0].filter(pl.col("first").is_null())["name"].unique().to_list()
    once = pl.col("first").is_null() | (pl.col("document_id") == pl.col("first"))
    named = pl.col("first").is_null() | pl.col("name").is_in(known)
    both = pl.col("first").is_null() | (pl.col("source").is_in(known) & pl.col("target").is_in(known))
    return (
        joined[0].filter(once & named).select(mentions.columns),
        joined[1].filter(once & both).select(related.columns),
    )


def without_interjections(
    mentions: pl.DataFrame, related: pl.DataFrame, text_units: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables, in their order, without single words that always stand alone: "Nora: Yeah.", "Operator, please".

    Nobody says anything of them. Words of a longer name are whom one speaks to, and those of an atlas or a register
    of names are no interjections.
    """
    standing = _standing(mentions, text_units)
    alone = (
        standing.group_by("name")
        .agg(count=pl.len(), alone=(pl.col("pause") & (pl.col("opens") | pl.col("comma"))).sum(), opens="opens")
        .filter((pl.col("count") >= _MANY) & (pl.col("alone") >= _ALONE * pl.col("count")))
        .filter(pl.col("opens").list.sum() * 2 >= pl.col("count"))
    )
    words = _without_parts(alone, mentions)
    dropped = sorted(word for word in words if word.casefold() not in word_list("places") | word_list("given_names"))
    if not dropped:
        return mentions, related
    ends = pl.col("source").is_in(dropped) | pl.col("target").is_in(dropped)
    return mentions.filter(~pl.col("name").is_in(dropped)), related.filter(~ends)


def _standing(mentions: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    """name, opens (what stands before opens a sentence), comma (before it), pause (after it) of single words."""
    many = pl.len().over("name") >= _MANY
    units = text_units.select("text", text_unit_id="id", unit_start="start")
    start, end = pl.col("start") - pl.col("unit_start"), pl.col("end") - pl.col("unit_start")
    left = pl.max_horizontal(start - _BESIDE, 0)
    before = pl.col("text").str.slice(left, start - left)
    return (
        mentions.filter(~pl.col("name").str.contains(" ") & many)
        .select("name", "text_unit_id", "start", "end")
        .drop_nulls()
        .join(units, on="text_unit_id", maintain_order="left")
        .select(
            "name",
            opens=before.str.contains(_OPENING),
            comma=before.str.contains(_PAUSE_BEFORE),
            pause=pl.col("text").str.slice(end, 1).str.contains(_PAUSE_AFTER),
        )
    )


def _without_parts(alone: pl.DataFrame, mentions: pl.DataFrame) -> set[str]:
    """The names (name, count) but those that begin or end a longer one which is a tenth as frequent."""
    words = dict(alone.select("name", "count").iter_rows())
    for name, count in mentions.group_by("name").len().iter_rows():
        for word in {name.split()[0], name.split()[-1]} if " " in name else ():
            if count * 10 >= words.get(word, math.inf):
                del words[word]
    return set(words)
