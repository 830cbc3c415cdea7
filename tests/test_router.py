"""auto: which method a question asks for, why, and what follows when it finds nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from graphrag_drift import Filters, Index, Settings
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.query.router import Signs, choose, fallback, signs_of, spread_of
from graphrag_drift.tasks import AnswerQuestion, MapReports, Point, ReduceAnswers

TWO = ("narae shipping", "meridian terminals")


@pytest.mark.parametrize(
    ("signs", "method", "reason"),
    [
        (Signs(0), "global", "the question has no words to search for"),
        (Signs(6, whole_corpus=True), "global", "the question is about the whole corpus"),
        (Signs(6, ("narae",), 1, 2.0, whole_corpus=True), "local", "the question names 'narae', which the graph knows"),
        (Signs(6, form="people"), "local", "the question is for people, whom the graph knows by weight"),
        (Signs(8, TWO, 1, 2.0, compares=True), "drift", "the question asks to connect 2 entities"),
        (
            Signs(8, TWO, 2, 2.0, form="comparison", compares=True),
            "local",
            "the question names 'narae shipping', which the graph knows",
        ),
        (Signs(19, ("narae",), 1, 5.9), "local", "the question names 'narae', which the graph knows"),
        (Signs(8, (), 0, 11.0), "local", "the evidence and what the graph has around it are read"),
    ],
)
def test_where_calls_cost_nothing_signs_lead_to_a_method_with_a_reason(signs: Signs, method: str, reason: str) -> None:
    assert choose(signs) == (method, reason)


@pytest.mark.parametrize(
    ("signs", "method"),
    [
        (Signs(8, TWO, 2, 2.0, compares=True, paid=True), "drift"),
        (Signs(8, TWO, 1, 2.0, compares=True, paid=True), "local"),
        (Signs(8, (), 0, 3.0, paid=True), "basic"),
        (Signs(8, (), 0, 7.2, paid=True), "basic"),
        (Signs(8, (), 0, 11.0, paid=True), "lazy"),
        (Signs(19, ("narae",), 1, 2.0, paid=True), "local"),
        (Signs(6, whole_corpus=True, calls=9, paid=True), "global"),
        (Signs(6, whole_corpus=True, calls=45, paid=True), "lazy"),
        (Signs(6, whole_corpus=True, calls=45), "global"),
    ],
)
def test_where_calls_cost_the_cheaper_method_is_taken_unless_much_is_to_be_gained(signs: Signs, method: str) -> None:
    assert choose(signs)[0] == method


def test_evidence_is_spread_over_as_many_communities_as_share_it_alike() -> None:
    mentions = sp.csr_matrix(np.eye(4, dtype=np.float32))
    rows, alike = np.arange(4), np.ones(4, dtype=np.float32)
    assert spread_of(rows, alike, mentions, np.array([0, 1, 2, 3])) == pytest.approx(4.0)
    assert spread_of(rows, alike, mentions, np.array([0, 0, 2, 2])) == pytest.approx(2.0)
    assert spread_of(rows, alike, mentions, np.array([5, 5, 5, 5])) == pytest.approx(1.0)
    best_first = np.array([1.0, 0.1, 0.1, 0.1], dtype=np.float32)
    assert 1.0 < spread_of(rows, best_first, mentions, np.array([0, 1, 2, 3])) < 1.3
    assert spread_of(rows, alike, mentions, np.array([-1, -1, -1, -1])) == 0.0
    assert spread_of(rows[:0], alike[:0], mentions, np.array([0, 1, 2, 3])) == 0.0


def test_what_follows_a_method_that_found_nothing_is_the_next_most_sensible() -> None:
    free, paid = Signs(5), Signs(5, paid=True)
    assert [fallback(method, free) for method in ("basic", "local", "global", "drift")] == [
        None,
        "basic",
        "drift",
        None,
    ]
    assert fallback("global", paid) == "local"


def test_every_entity_of_the_newsroom_is_in_one_community_of_the_top(newsroom_index: Index) -> None:
    graph = newsroom_index.graph
    tops = graph.communities.filter(graph.communities["level"] == 0)
    counted = {number: int((graph.root_communities == number).sum()) for number in tops["community"]}
    assert counted == dict(zip(tops["community"], tops["entity_ids"].list.len(), strict=True))


def scripted(settings: Settings, replies: dict[type, Any], *, paid: bool = False) -> tuple[Index, ScriptedReader]:
    reader = ScriptedReader(replies)
    maker: Maker[Reader] = Maker(lambda _: reader, lambda: "scripted", composes=paid)
    return Index.open_sync(settings, models=replace(models_for(settings), reader=maker)), reader


def test_a_reader_who_read_the_texts_and_found_no_answer_is_asked_once(newsroom_settings: Settings) -> None:
    index, reader = scripted(newsroom_settings, {AnswerQuestion: ""})
    answer = index.ask_sync("What does Rosalind Achterberg earn?")
    assert [type(task) for task in reader.asked] == [AnswerQuestion]
    assert answer.citations == ()
    assert answer.notes == ("auto chose local: the question names 'Rosalind Achterberg', which the graph knows",)


def test_when_no_report_has_the_answer_texts_are_read_and_the_notes_say_so(newsroom_settings: Settings) -> None:
    def told(task: AnswerQuestion) -> str:
        return f"It is so [{task.context[-1].mark}]."

    index, reader = scripted(newsroom_settings, {MapReports: (), AnswerQuestion: told}, paid=True)
    answer = index.ask_sync("What are the main stories in these articles?")
    assert {type(task) for task in reader.asked} == {MapReports, AnswerQuestion}
    assert answer.text == "It is so [1]."
    assert answer.notes[:2] == (
        "auto chose global: the question is about the whole corpus",
        "global found nothing, so local was tried",
    )


def test_an_overview_of_the_corpus_is_global_whether_calls_cost_or_not(newsroom_settings: Settings) -> None:
    for paid in (False, True):
        script = {MapReports: lambda task: (Point(f"It is so [{task.reports[0].mark}]", 50.0),), ReduceAnswers: "Yes."}
        index, reader = scripted(newsroom_settings, script, paid=paid)
        index.ask_sync("Give me an overview of the main topics.")
        assert {type(task) for task in reader.asked} == {MapReports, ReduceAnswers}


def test_where_a_filter_leaves_no_text_the_answer_is_that_there_is_none(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("What did Ostrander Group sell?", filters=Filters(since="2031"))
    assert answer.citations == ()


def test_the_choice_costs_no_embedding(newsroom_index: Index) -> None:
    class Unable:
        id, dimensions = "unable", 1024

        async def embed_questions(self, texts: list[str]) -> Any:
            raise AssertionError(texts)

    graph, settings = newsroom_index.graph, newsroom_index.settings
    inquiry = Inquiry("Who leads Narae Shipping?", graph, None, Unable(), None, settings)  # type: ignore[arg-type]
    signs = signs_of(inquiry)
    assert signs.names == ("Narae Shipping",)
    assert signs.spread > 1.0


@pytest.mark.parametrize("method", ["auto", "basic", "local", "drift"])
def test_a_question_about_somebody_of_whom_no_document_has_a_word_is_not_answered(
    method: str, newsroom_index: Index
) -> None:
    for question in ("What did Senator Carla Munro say about the dock strike?", "Who won the football World Cup?"):
        answer = newsroom_index.ask_sync(question, method=method)  # type: ignore[arg-type]
        assert answer.form == "nothing"


def test_unanswerable_questions_of_the_newsroom_that_are_told_as_such(
    newsroom_index: Index, newsroom_questions: list[dict[str, Any]]
) -> None:
    asked = [row["question"] for row in newsroom_questions if row["type"] == "unanswerable"]
    answers = [newsroom_index.ask_sync(question) for question in asked]
    assert sum(answer.form == "nothing" for answer in answers) >= 2  # of 8: see "Refusing" in benchmarks/README.md


def test_a_question_whose_words_are_all_about_asking_is_about_the_whole(newsroom_index: Index) -> None:
    graph, settings, embedder = newsroom_index.graph, newsroom_index.settings, None

    def whole(question: str) -> bool:
        return signs_of(Inquiry(question, graph, None, embedder, None, settings)).whole_corpus  # type: ignore[arg-type]

    questions = ("What happened?", "What is going on?", "What happened at the port?", "What is the latest?")
    assert [whole(question) for question in questions] == [True, True, False, False]
