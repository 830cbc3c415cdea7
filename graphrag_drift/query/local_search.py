"""local and basic: an answer from text units, with what the graph has around them (local) or without (basic).

DRIFT answers its follow-ups from the same rows (`show_local_context`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from graphrag_drift.language.forms import WIDE, form_of
from graphrag_drift.query.context import MOST_SOURCES, in_text_order, local_context, neighbour_rows, source_rows
from graphrag_drift.query.inquiry import NOTHING, Inquiry, SearchResult, ranked
from graphrag_drift.query.retrieval import Ranking, rank
from graphrag_drift.query.survey import survey
from graphrag_drift.settings import LocalSearchSettings
from graphrag_drift.shown import pack
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Event, Shown


async def basic_search(inquiry: Inquiry) -> SearchResult:
    """An answer from the `basic_search.k` best text units, without the graph."""
    settings = inquiry.settings.basic_search
    ranking = await ranked(inquiry, inquiry.question, method="basic", k=settings.k)
    hits, left = pack(source_rows(ranking, inquiry.graph), settings.max_context_tokens, inquiry.tokenizer)
    around, _ = pack(neighbour_rows(hits, inquiry.graph, settings.neighbours), left, inquiry.tokenizer)
    rows = inquiry.show(in_text_order((*hits, *around)))
    inquiry.observe(Event("retrieved", f"{len(rows)} text units"))
    if not rows:
        return SearchResult(NOTHING)
    task = AnswerQuestion(inquiry.question, rows, inquiry.response_type, partial(show_more, inquiry))
    return SearchResult(await inquiry.say(task))


_MORE = 5  # text units for a question on the way
_WIDER = 3  # times the tokens
_SEEN = 0.5  # what a text unit counts that was shown for another question already


def _settings_for(inquiry: Inquiry) -> LocalSearchSettings:
    """Those of local search; a form that tells of many things gets more to read, where reading costs nothing."""
    settings = inquiry.settings.local_search
    if inquiry.paid or form_of(inquiry.question) not in WIDE:
        return settings
    return settings.model_copy(update={"max_context_tokens": _WIDER * settings.max_context_tokens})


async def local_search(inquiry: Inquiry) -> SearchResult:
    """An answer from the local context of the question."""
    rows = await show_question(inquiry)
    inquiry.observe(Event("retrieved", f"{len(rows)} rows"))
    if not rows:
        return SearchResult(NOTHING)
    task = AnswerQuestion(inquiry.question, rows, inquiry.response_type, partial(show_more, inquiry))
    return SearchResult(await inquiry.say(task))


async def show_question(inquiry: Inquiry) -> tuple[Shown, ...]:
    """What local search shows for the question itself, under the marks of the inquiry."""
    surveyed = inquiry.show(survey(inquiry))
    return (*surveyed, *await show_local_context(inquiry, inquiry.question, _settings_for(inquiry)))


async def show_more(inquiry: Inquiry, question: str) -> tuple[Shown, ...]:
    """The text units for a question that a reader asks on its way, under the marks of the inquiry.

    They are found by words where each vector is a call to an endpoint.
    """
    if inquiry.settings.models.embedding is None:
        ranking = await ranked(inquiry, question, method="local", k=_MORE)
    else:
        unembedded = np.zeros(inquiry.evidence.vectors.dimensions, dtype=np.float32)
        ranking = rank(question, unembedded, inquiry.evidence, method="local", k=_MORE)
    return inquiry.show(source_rows(ranking, inquiry.graph))


async def show_local_context(inquiry: Inquiry, question: str, settings: LocalSearchSettings) -> tuple[Shown, ...]:
    """What local search shows for `question`, under the marks of the inquiry; what was shown before counts less."""
    return inquiry.show(await local_rows(inquiry, question, settings))


async def local_rows(inquiry: Inquiry, question: str, settings: LocalSearchSettings) -> tuple[Shown, ...]:
    """The same rows, not shown yet."""
    ranking = _preferring_new(await ranked(inquiry, question, method="auto", k=MOST_SOURCES), inquiry)
    return local_context(ranking, inquiry.graph, settings, tokenizer=inquiry.tokenizer, visible=inquiry.visible)


def _preferring_new(ranking: Ranking, inquiry: Inquiry) -> Ranking:
    """`ranking`, where text units that the reader has seen already in this inquiry count less."""
    shown = inquiry.ledger.sources
    if not shown:
        return ranking
    ids = inquiry.evidence.text_unit_ids
    seen = np.array([ids[row] in shown for row in ranking.rows.tolist()], dtype=np.bool_)
    scores = np.where(seen, ranking.scores * _SEEN, ranking.scores).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return replace(ranking, rows=ranking.rows[order], scores=scores[order])
