"""entity_mentions, relationship_mentions, text_units -> mentions with resolved titles, entity_merges.

Names are compared as strings and by where they stand; no model is asked, and no list of people or companies.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from graphrag_drift.indexing.name_links import link_names
from graphrag_drift.indexing.names import read_names
from graphrag_drift.indexing.titles import Assignment, assign_titles, keep_apart, own_title
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
    corpus = read_names(entity_mentions, relationship_mentions, text_units)
    links = link_names(corpus)
    assignments = keep_apart(assign_titles(corpus, links, {}), settings.keep_apart)
    titles = pl.DataFrame(
        [(a.document_id, a.name, own_title(a)) for a in assignments],
        schema={"document_id": pl.String, "name": pl.String, "title": pl.String},
        orient="row",
    )
    related = _with_title(relationship_mentions, titles, "source", "source_title")
    related = _with_title(related, titles, "target", "target_title")
    return _with_title(entity_mentions, titles, "name", "title"), related, _merges(assignments)


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


def _with_title(frame: pl.DataFrame, titles: pl.DataFrame, name: str, title: str) -> pl.DataFrame:
    keyed = titles.rename({"name": name, "title": title})
    return frame.join(keyed, on=["document_id", name], how="left", maintain_order="left")


def _merges(assignments: list[Assignment]) -> pl.DataFrame:
    """The rows of entity_merges; one for all documents where a name has the same reason in all it stands in."""
    per_name: defaultdict[str, list[Assignment]] = defaultdict(list)
    for assignment in assignments:
        per_name[assignment.name].append(assignment)
    rows: list[tuple[str, str, str, str, str, bool]] = []
    for name, of_name in per_name.items():
        told = {(a.title, a.reason, a.evidence, a.undone) for a in of_name}
        if len(told) == 1 and all(a.everywhere for a in of_name):
            of_name = [of_name[0]]
            document_ids = [""]
        else:
            document_ids = [a.document_id for a in of_name]
        rows += [
            (document_id, name, a.title, a.reason, a.evidence, a.undone)
            for document_id, a in zip(document_ids, of_name, strict=True)
            if a.title != name
        ]
    return pl.DataFrame(sorted(rows), schema=ENTITY_MERGES, orient="row")
