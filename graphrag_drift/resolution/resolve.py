"""entity_mentions, relationship_mentions, text_units -> mentions with resolved titles, entity_merges, failures.

Rules compare names as strings and by where they stand, with no list of people or companies; what they leave in doubt
is for `judge`, where a model is there to ask.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from graphrag_drift.names.forms import tidy
from graphrag_drift.providers.protocols import Embedder, Reader
from graphrag_drift.resolution.agreement import with_agreed_kinds
from graphrag_drift.resolution.corpus import read_names, surroundings
from graphrag_drift.resolution.homonyms import find_senses
from graphrag_drift.resolution.judge import judge_doubtful
from graphrag_drift.resolution.link_names import link_names
from graphrag_drift.resolution.titles import Assignment, assign_titles, keep_apart
from graphrag_drift.settings import ResolveSettings
from graphrag_drift.tables import ENTITY_MERGES, FAILURES, empty
from graphrag_drift.values import Observe, ignore


async def resolve(
    entity_mentions: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    text_units: pl.DataFrame,
    *,
    reader: Reader | None = None,
    embedder: Embedder | None = None,
    settings: ResolveSettings,
    observe: Observe = ignore,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """As `resolve_by_rules`, and failures; doubtful pairs that a `reader` finds to be the same are merged too.

    The `embedder` finds some of those pairs; without either, rules alone decide.
    """
    mentions, related, merges = resolve_by_rules(entity_mentions, relationship_mentions, text_units, settings=settings)
    if reader is None or embedder is None or not settings.enabled or mentions.is_empty():
        return mentions, related, merges, empty(FAILURES)
    return await judge_doubtful(
        mentions, related, merges, text_units.height, reader, embedder, settings=settings, observe=observe
    )


def resolve_by_rules(
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
    entity_mentions = with_agreed_kinds(entity_mentions, around)
    corpus = read_names(entity_mentions, relationship_mentions, text_units, around)
    links = link_names(corpus)
    senses = find_senses(corpus, links, relationship_mentions, text_units, around)
    assignments = keep_apart(assign_titles(corpus, links, senses), settings.keep_apart)
    titles = _titles(assignments)
    related = _with_title(relationship_mentions, *titles, "source", "source_title")
    related = _with_title(related, *titles, "target", "target_title")
    return _with_title(entity_mentions, *titles, "name", "title"), related, _merges(assignments)


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


def _titles(assignments: list[Assignment]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The title of each name of each document; and where it has several senses, that of each mention."""
    first = {(a.document_id, a.name): a.own if a.undone else a.title for a in reversed(assignments)}
    columns = ["document_id", "name", "title"]
    names = pl.DataFrame(
        [(*key, title) for key, title in first.items()], dict.fromkeys(columns, pl.String), orient="row"
    )
    mentions = [
        (a.document_id, a.name, a.own if a.undone else a.title, start)
        for a in assignments
        for start in sorted(a.starts)
    ]
    schema = {**dict.fromkeys(columns, pl.String), "mention": pl.Int64}
    return names, pl.DataFrame(mentions, schema, orient="row")


def _with_title(
    frame: pl.DataFrame, names: pl.DataFrame, mentions: pl.DataFrame, name: str, title: str
) -> pl.DataFrame:
    """`frame` with the title of the column `name`; of several senses that of the mention within the row's span."""
    on = ["document_id", name]
    titled = frame.join(names.rename({"name": name, "title": title}), on=on, how="left", maintain_order="left")
    if mentions.is_empty():
        return titled
    numbered = titled.with_row_index("row")
    senses = (
        numbered.join(mentions.rename({"name": name, "title": "in_sense"}), on=on)
        .filter((pl.col("start") <= pl.col("mention")) & (pl.col("mention") < pl.col("end")))
        .sort("row", "mention")
        .unique("row", keep="first")
        .select("row", "in_sense")
    )
    return (
        numbered.join(senses, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("in_sense", title).alias(title))
        .drop("row", "in_sense")
    )


def _merges(assignments: list[Assignment]) -> pl.DataFrame:
    """The rows of entity_merges; one for all documents where a name has the same reason in all it stands in."""
    per_name: defaultdict[str, list[Assignment]] = defaultdict(list)
    for assignment in assignments:
        per_name[assignment.name].append(assignment)
    rows: list[tuple[str, str, str, str, str, bool]] = []
    for name, of_name in per_name.items():
        changes = {(a.title, a.reason, a.evidence, a.undone) for a in of_name}
        everywhere = len(changes) == 1 and all(a.everywhere for a in of_name)
        rows += [
            ("" if everywhere else a.document_id, name, a.title, a.reason, a.evidence, a.undone)
            for a in (of_name[:1] if everywhere else of_name)
            if a.title != name
        ]
    return pl.DataFrame(sorted(rows), schema=ENTITY_MERGES, orient="row")
