"""What a reader gets to see: rows of the index, each with its evidence, within a token budget.

The text shown and the citations come from the same rows: an answer cannot cite what was not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.query.retrieval import Ranking
from graphrag_drift.settings import LocalSearchSettings
from graphrag_drift.shown import claim_row, pack_some
from graphrag_drift.values import Shown, Span

# Text units looked at before the budget decides; enough to fill any budget in use.
MOST_SOURCES = 60
_FARTHER = 0.5  # what a text unit counts for each step that it is away from one that was found


def local_context(
    ranking: Ranking,
    graph: Graph,
    settings: LocalSearchSettings,
    *,
    tokenizer: Tokenizer,
    visible: Callable[[Iterable[Shown]], Sequence[Shown]] = tuple,
) -> tuple[Shown, ...]:
    """Sources, reports, relationships and entities around the text units of `ranking`, best first in each section.

    Each section has its share of `max_context_tokens`; what one leaves unused passes to the next, and sources come
    last for the rest. Only `visible` rows are taken.
    """
    seeds = seed_entities(ranking, settings.top_k_entities)
    parts = 3 if graph.covariates.height else 2
    graph_share = (1.0 - settings.text_unit_prop - settings.community_prop) / parts
    sections: list[tuple[float, Sequence[Shown]]] = [
        (settings.community_prop, report_rows_about(seeds, graph)),
        (graph_share, relationship_rows(seeds, graph, settings.top_k_relationships * max(len(seeds), 1))),
        (graph_share, entity_rows(seeds, ranking, graph)),
        (graph_share if graph.covariates.height else 0.0, claim_rows(seeds, graph)),
        (settings.text_unit_prop, source_rows(ranking, graph)),
    ]
    context: list[Shown] = []
    left = 0
    for share, rows in sections:
        fitting, left = pack_some(visible(rows), int(settings.max_context_tokens * share) + left, tokenizer)
        context.extend(fitting)
    return tuple(context)


def seed_entities(ranking: Ranking, count: int) -> list[int]:
    """The rows of the entities that have most to do with the question, best first, ties by row."""
    order = np.argsort(-ranking.entities, kind="stable")[:count]
    return [int(row) for row in order if ranking.entities[row] > 0]


def source_rows(ranking: Ranking, graph: Graph, most: int = MOST_SOURCES) -> list[Shown]:
    """The text units of `ranking`, best first."""
    top = float(ranking.scores[0]) if len(ranking.scores) else 1.0
    pairs = zip(ranking.rows[:most].tolist(), ranking.scores[:most].tolist(), strict=True)
    return [source_row(row, score / top, graph) for row, score in pairs]


def neighbour_rows(hits: Sequence[Shown], graph: Graph, reach: int) -> list[Shown]:
    """The text units up to `reach` before and after each of `hits` in its document, those of the best hit first.

    They count less the farther they are.
    """
    ids = graph.evidence.text_unit_ids
    hit_at = {row: hit for hit in hits for row in (graph.evidence.row_of[hit.spans[0].text_unit_id],)}
    steps = sorted(range(-reach, reach + 1), key=lambda step: (abs(step), step))[1:]
    around: dict[int, Shown] = {}
    for row, hit in hit_at.items():
        for near, step in ((row + step, step) for step in steps):
            if not 0 <= near < len(ids) or near in hit_at or near in around:
                continue
            if graph.text_unit_rows[near][1] == hit.spans[0].document_id and not graph.is_copy[near]:
                around[near] = source_row(near, hit.score * _FARTHER ** abs(step), graph)
    return list(around.values())


def in_text_order(rows: Iterable[Shown]) -> list[Shown]:
    """Sources by document, the one with the best first, and within it as its text goes."""
    by_document: dict[str, list[Shown]] = {}
    for row in sorted(rows, key=lambda row: -row.score):
        by_document.setdefault(row.spans[0].document_id, []).append(row)
    return [row for group in by_document.values() for row in sorted(group, key=lambda row: row.spans[0].start)]


def source_row(row: int, score: float, graph: Graph) -> Shown:
    """The text unit of that row of the table."""
    text, document, start, end = graph.text_unit_rows[row]
    title, date = graph.heads[document]
    span = Span(document, graph.evidence.text_unit_ids[row], start, end)
    return Shown(0, "source", text, (span,), title, date, score, sections=graph.sections(row))


def entity_rows(seeds: Sequence[int], ranking: Ranking, graph: Graph) -> list[Shown]:
    """The seeds that have a description, best first."""
    top = float(ranking.entities[seeds[0]]) if seeds else 1.0
    pairs = ((graph.entity(seed), float(ranking.entities[seed])) for seed in seeds)
    return [
        Shown(0, "entity", row["description"], row["evidence"], row["title"], score=score / top)
        for row, score in pairs
        if row["description"]
    ]


def relationship_rows(seeds: Sequence[int], graph: Graph, most: int) -> list[Shown]:
    """Relationships of the seeds: those among them by weight, then those to others, which link to most seeds first."""
    rows = graph.relationships_of(seeds)
    ends = graph.ends[rows]
    inside = np.isin(ends, seeds)
    among = inside.all(axis=1)
    others = np.where(inside[:, 0], ends[:, 1], ends[:, 0])
    links = np.bincount(others, minlength=graph.entities.height)[others]
    # Rows are in the order of names, which breaks ties.
    order = np.lexsort((rows, -graph.relationship_weights[rows], np.where(among, 0, -links), ~among))
    best = [graph.relationship(row) for row in rows[order[:most]].tolist()]
    top = max((row["weight"] for row in best), default=1.0) or 1.0
    return [
        Shown(0, "relationship", row["description"], row["evidence"], "; ".join(_ends(row)), score=row["weight"] / top)
        for row in best
        if row["description"]
    ]


def claim_rows(seeds: Sequence[int], graph: Graph) -> list[Shown]:
    """The claims about the seeds, of the best seed first."""
    rows = []
    for place, seed in enumerate(seeds):
        for claim in graph.claims_about.get(graph.entity(seed)["title"], ()):
            date = graph.heads[claim["document_id"]][1]
            rows.append(claim_row(claim, date, score=1.0 - place / len(seeds)))
    return rows


def report_rows_about(seeds: Sequence[int], graph: Graph) -> list[Shown]:
    """The findings of the reports that cover most seeds, most covered first, then by rank."""
    matches: dict[int, int] = {}
    for seed in seeds:
        for row in graph.reports_of.get(graph.entity(seed)["id"], ())[:1]:
            matches[row] = matches.get(row, 0) + 1
    order = sorted(matches, key=lambda row: (-matches[row], -graph.report_rows[row]["rank"], row))
    most = max(matches.values(), default=1)
    return [replace(finding, score=matches[row] / most) for row in order for finding in graph.shown_reports[row][1:]]


def _ends(relationship: Row) -> tuple[str, str]:
    return relationship["source"], relationship["target"]
