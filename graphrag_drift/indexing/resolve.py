"""entity_mentions, relationship_mentions, text_units -> mentions with resolved titles, entity_merges.

Names are compared as strings and by where they stand; no model is asked, and no list of people or companies.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from graphrag_drift.indexing.naming.homonyms import find_senses
from graphrag_drift.indexing.naming.keep_apart import keep_apart
from graphrag_drift.indexing.naming.name_links import link_names
from graphrag_drift.indexing.naming.read_names import read_names
from graphrag_drift.indexing.naming.surroundings import surroundings
from graphrag_drift.indexing.naming.titles import Assignment, assign_titles
from graphrag_drift.language.name_forms import tidy
from graphrag_drift.settings import ResolveSettings
from graphrag_drift.tables import ENTITY_MERGES, empty


def resolve(
    entity_mentions: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    text_units: pl.DataFrame,
    *,
    settings: ResolveSettings,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """entity_mentions with `title`, relationship_mentions with `source_title` and `target_title`, entity_merges.

    Rows keep their order. entity_merges has a row for each name whose title is another or that was split, sorted
    by document and name; its document is "" where it holds in all of them.
    """
    if not settings.enabled:
        return _unresolved(entity_mentions, relationship_mentions)
    around = surroundings(entity_mentions, text_units)
    corpus = read_names(entity_mentions, relationship_mentions, text_units, around)
    links = link_names(corpus)
    senses = find_senses(corpus, links, relationship_mentions, text_units, around)
    assignments = keep_apart(assign_titles(corpus, links, senses), settings.keep_apart)
    related = _with_title(relationship_mentions, assignments, "source", "source_title")
    related = _with_title(related, assignments, "target", "target_title")
    return _with_title(entity_mentions, assignments, "name", "title"), related, _merges(assignments)


def _unresolved(
    entity_mentions: pl.DataFrame, relationship_mentions: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    def tidied(column: str) -> pl.Expr:
        return pl.col(column).map_elements(tidy, return_dtype=pl.String)

    return (
        entity_mentions.with_columns(title=tidied("name")),
        relationship_mentions.with_columns(source_title=tidied("source"), target_title=tidied("target")),
        empty(ENTITY_MERGES),
    )


def _with_title(frame: pl.DataFrame, assignments: list[Assignment], name: str, title: str) -> pl.DataFrame:
    """`frame` with the title of the column `name`; of several senses that of the mention within the row's span."""
    rows = {(a.document_id, a.name): _title(a) for a in reversed(assignments)}
    columns = ["document_id", name, title]
    titles = pl.DataFrame(
        [(*key, value) for key, value in rows.items()], dict.fromkeys(columns, pl.String), orient="row"
    )
    titled = frame.join(titles, on=["document_id", name], how="left", maintain_order="left")
    split = [(a.document_id, a.name, start, _title(a)) for a in assignments for start in sorted(a.starts)]
    if not split:
        return titled
    senses = pl.DataFrame(split, ["document_id", name, "mention", "in_sense"], orient="row")
    numbered = titled.with_row_index("row")
    held = (
        numbered.join(senses, on=["document_id", name])
        .filter((pl.col("start") <= pl.col("mention")) & (pl.col("mention") < pl.col("end")))
        .sort("row", "mention")
        .unique("row", keep="first")
        .select("row", "in_sense")
    )
    return (
        numbered.join(held, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("in_sense", title).alias(title))
        .drop("row", "in_sense")
    )


def _title(assignment: Assignment) -> str:
    return assignment.own if assignment.undone else assignment.title


def _merges(assignments: list[Assignment]) -> pl.DataFrame:
    """The rows of entity_merges; one for all documents where a name has the same reason in all it stands in."""
    per_name: defaultdict[str, list[Assignment]] = defaultdict(list)
    for assignment in assignments:
        per_name[assignment.name].append(assignment)
    rows: list[tuple[str, str, str, str, str, bool]] = []
    for name, of_name in per_name.items():
        told = {(a.title, a.reason, a.evidence, a.undone) for a in of_name}
        everywhere = len(told) == 1 and all(a.everywhere for a in of_name)
        rows += [
            ("" if everywhere else a.document_id, name, a.title, a.reason, a.evidence, a.undone)
            for a in (of_name[:1] if everywhere else of_name)
            if a.title != name
        ]
    return pl.DataFrame(sorted(rows), schema=ENTITY_MERGES, orient="row")
