"""A question about many things -> rows that no search by its words finds: people by weight, what a period holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphrag_drift.language.dates import says_date
from graphrag_drift.language.detect import language_of
from graphrag_drift.language.forms import (
    ABOUT_TEXTS,
    asks_for_latest,
    asks_for_period,
    asks_for_relation,
    form_of,
    period_of,
)
from graphrag_drift.language.terms import content_terms
from graphrag_drift.query.context import source_row
from graphrag_drift.query.evidence import link
from graphrag_drift.query.graph import Graph
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.query.retrieval import rank
from graphrag_drift.values import Shown

_PEOPLE, _UNITS = 12, 40  # rows at most
FEW_DOCUMENTS = 3  # of a period, of which more than the beginnings is shown
_POOL, _LATEST = 200, 12  # text units that are looked at, and shown
_NEAR = 0.5  # of the best score
_HERE = 0.5  # what a text in another language than the question's counts


def survey(inquiry: Inquiry) -> list[Shown]:
    """The rows that the form of the question wants besides what its words find, best first; mostly none."""
    form = form_of(inquiry.question)
    if form == "people":
        return people_rows(inquiry)
    names = [name for name, _ in link(inquiry.question, inquiry.evidence.names)]
    if asks_for_period(inquiry.question, names):
        return period_rows(inquiry, period_of(inquiry.question))
    if form == "overview":
        return document_rows(inquiry)
    if len(names) > 1 and asks_for_relation(inquiry.question, names):
        return relation_rows(inquiry)
    if form == "timeline" and asks_for_latest(inquiry.question):
        return latest_rows(inquiry)
    if period := period_of(inquiry.question):
        return rows_of_period(inquiry, period)
    return []


def people_rows(inquiry: Inquiry) -> list[Shown]:
    """The people who connect most: by their relationships, and by how many text units name them.

    Of a question that names something, those who are named beside it, the more so the less they are without it.
    """
    graph, evidence = inquiry.graph, inquiry.evidence
    kinds = graph.entities["type"].to_list()
    degrees = graph.entities["degree"].to_numpy().astype(np.float64)
    mentions = np.asarray((evidence.mentions > 0).sum(axis=0)).ravel()[: len(kinds)]
    weights = degrees * np.sqrt(mentions)
    named = [rows[0] for _, rows in link(inquiry.question, evidence.names) if rows[0] < evidence.entities]
    if named:
        beside = (evidence.mentions > 0).astype(np.float64)
        units = np.asarray(beside[:, named].sum(axis=1)).ravel() > 0
        together = np.asarray(beside.T @ units).ravel()[: len(kinds)]
        weights = together * together / np.maximum(mentions, 1)
        weights[named] = 0.0
    order = [row for row in np.argsort(-weights, kind="stable").tolist() if kinds[row] == "person" and weights[row]]
    top = weights[order[0]] if order else 1.0
    found = ((graph.entity(row), float(weights[row] / top)) for row in order[:_PEOPLE])
    return [
        Shown(0, "entity", row["description"], row["evidence"], row["title"], score=score)
        for row, score in found
        if row["description"]
    ]


def period_rows(inquiry: Inquiry, period: str) -> list[Shown]:
    """What is dated in that day, month or year: text units that say it, and the beginning of each document of it, those
    first whose names connect most; of few documents, more than that."""
    graph, weights = inquiry.graph, _weights(inquiry)
    rows = graph.text_unit_rows
    inside = [row for row, unit in enumerate(rows) if graph.heads[unit[1]][1].startswith(period)]
    said = [row for row, unit in enumerate(rows) if says_date(unit[0], period, graph.heads[unit[1]][1] or None)]
    said = sorted(said, key=lambda row: -weights[row])[:_LATEST]
    if len({rows[row][1] for row in inside}) <= FEW_DOCUMENTS:
        return _connected(inquiry, sorted({*inside, *said}))
    return [*inquiry.visible(source_row(row, 1.0, graph) for row in said), *_beginnings(inquiry, inside)]


def rows_of_period(inquiry: Inquiry, period: str) -> list[Shown]:
    """The best text units for the question among those of documents of that day, month or year."""
    graph, evidence = inquiry.graph, inquiry.evidence
    inside = np.array([graph.heads[unit[1]][1].startswith(period) for unit in graph.text_unit_rows], dtype=np.bool_)
    if not inside.any():
        return []
    unembedded = np.zeros(evidence.vectors.dimensions, dtype=np.float32)
    best = rank(inquiry.question, unembedded, evidence.within(inside), method="basic", k=_LATEST)
    rows = zip(best.rows.tolist(), best.scores.tolist(), strict=True)
    return inquiry.visible(source_row(row, score, graph) for row, score in rows)


def _beginnings(inquiry: Inquiry, rows: Sequence[int]) -> list[Shown]:
    """The first of the `rows` of text units of each document, those first whose names connect most."""
    graph, weights, language = inquiry.graph, _weights(inquiry), language_of(inquiry.question)
    first: dict[str, tuple[float, int]] = {}
    for row in rows:
        text, document, _, _ = graph.text_unit_rows[row]
        if document in first or graph.is_copy[row]:
            continue
        own = 1.0 if language_of(text) == language else _HERE
        first[document] = (float(weights[row]) * own, row)
    order = sorted(first.values(), key=lambda pair: (-pair[0], pair[1]))[:_UNITS]
    top = order[0][0] or 1.0 if order else 1.0
    return inquiry.visible(source_row(row, weight / top, graph) for weight, row in order)


def relation_rows(inquiry: Inquiry) -> list[Shown]:
    """Of each document that names the first two things of the question, the two text units that do so closest."""
    graph = inquiry.graph
    first, second = (list(rows) for _, rows in link(inquiry.question, inquiry.evidence.names)[:2])
    documents: dict[str, tuple[int, int, int]] = {}
    others = _by_document(second, inquiry)
    for document, units in _by_document(first, inquiry).items():
        starts = {unit: graph.text_unit_rows[unit][2] for unit in (*units, *others.get(document, ()))}
        places = [(abs(starts[one] - starts[other]), one, other) for one in units for other in others.get(document, ())]
        if places:
            documents[document] = min(places)
    closest = sorted(documents.values())[:_LATEST]
    rows = dict.fromkeys(row for _, one, other in closest for row in (one, other))
    return inquiry.visible(source_row(row, 1.0, graph) for row in rows)


def _by_document(entities: list[int], inquiry: Inquiry) -> dict[str, list[int]]:
    """The text units that name one of `entities`, by their document."""
    named = np.flatnonzero(np.asarray(inquiry.evidence.mentions[:, entities].sum(axis=1)).ravel())
    units: dict[str, list[int]] = {}
    for unit in named.tolist():
        units.setdefault(inquiry.graph.text_unit_rows[unit][1], []).append(unit)
    return units


def document_rows(inquiry: Inquiry) -> list[Shown]:
    """Of the one document that is asked about, the text units whose names connect most; of several, nothing."""
    graph, asked = inquiry.graph, set(content_terms(inquiry.question)) - ABOUT_TEXTS
    titles = {document: set(content_terms(title)) for document, (title, _) in graph.heads.items()}
    named = [document for document, title in titles.items() if title and asked and (title <= asked or asked <= title)]
    if len(named) != 1:
        return []
    return _connected(inquiry, [row for row, unit in enumerate(graph.text_unit_rows) if unit[1] == named[0]])


def _connected(inquiry: Inquiry, rows: Sequence[int]) -> list[Shown]:
    """The `rows` of text units whose names connect most, in the order of their text."""
    weights, graph = _weights(inquiry), inquiry.graph
    best = sorted((row for row in rows if not graph.is_copy[row]), key=lambda row: -weights[row])[:_UNITS]
    return inquiry.visible(source_row(row, 1.0, graph) for row in sorted(best))


def _weights(inquiry: Inquiry) -> np.ndarray:
    """(text_units,), how much the names of each connect."""
    evidence = inquiry.evidence
    return np.asarray(evidence.mentions @ _connection(inquiry.graph, evidence.mentions.shape[1])).ravel()


def latest_rows(inquiry: Inquiry) -> list[Shown]:
    """The newest of the text units that say about as much of the question as any, newest first."""
    graph = inquiry.graph
    unembedded = np.zeros(inquiry.evidence.vectors.dimensions, dtype=np.float32)
    found = rank(inquiry.question, unembedded, inquiry.evidence, method="basic", k=_POOL)
    near = found.rows[found.scores >= _NEAR * found.scores.max(initial=0.0)].tolist()
    dates = {row: graph.heads[graph.text_unit_rows[row][1]][1] for row in near}
    newest = sorted(near, key=lambda row: dates[row], reverse=True)[:_LATEST]  # stable: best first of a day
    return inquiry.visible(source_row(row, 1.0, graph) for row in newest)


def _connection(graph: Graph, size: int) -> np.ndarray:
    """(size,), the logarithm of each entity's number of relationships; 0 for what is no entity."""
    values = np.zeros(size)
    degrees = graph.entities["degree"].to_numpy()
    values[: len(degrees)] = np.log1p(degrees)
    return values
