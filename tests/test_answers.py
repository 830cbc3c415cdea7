"""The example newsroom, asked by every method: citations hold, and single facts are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from graphrag_drift import Answer, Branch, Budget, Citation, Index

EVERY = {"basic": 3, "local": 3, "global": 6, "drift": 12}


def _branches(tree: Branch | None) -> Iterator[Branch]:
    if tree is not None:
        yield tree
        for child in tree.children:
            yield from _branches(child)


def _citations(answer: Answer) -> list[Citation]:
    return [*answer.citations, *(citation for branch in _branches(answer.tree) for citation in branch.citations)]


@pytest.fixture(scope="module")
def answers(newsroom_index: Index, newsroom_questions: list[dict[str, Any]]) -> dict[tuple[str, str], Answer]:
    """Answers by question id and method: every third and every single fact; DRIFT and global, which read most, less."""
    return {
        (question["id"], method): newsroom_index.ask_sync(question["question"], method=method)  # type: ignore[arg-type]
        for number, question in enumerate(newsroom_questions)
        for method in EVERY
        if number % EVERY[method] == 0 or (question["type"] == "single_fact" and method in ("basic", "local"))
    }


def test_every_quote_is_the_document_s_text_at_its_span(
    answers: dict[tuple[str, str], Answer], newsroom_index: Index
) -> None:
    texts = dict(newsroom_index.graph.documents.select("id", "text").iter_rows())
    units = {
        row[0]: row[1:] for row in newsroom_index.graph.text_units.select("id", "document_id", "start", "end").rows()
    }
    for answer in answers.values():
        for citation in _citations(answer):
            assert citation.quote == texts[citation.document_id][citation.start : citation.end] != ""
            document, start, end = units[citation.text_unit_id]
            assert document == citation.document_id
            assert start <= citation.start < citation.end <= end


def test_every_mark_in_a_text_has_its_citation_and_every_citation_its_mark(
    answers: dict[tuple[str, str], Answer],
) -> None:
    for answer in answers.values():
        for text, citations in [
            (answer.text, answer.citations),
            *((branch.answer, branch.citations) for branch in _branches(answer.tree)),
        ]:
            assert {citation.mark for citation in citations} == {int(m) for m in _marks(text)}


def _marks(text: str) -> list[str]:
    import re

    return re.findall(r"\[(\d+)\]", text)


NOTHING = (
    "Nothing in the documents answers this directly.",
    "문서에는 이 질문에 바로 답하는 내용이 없습니다.",
)


def test_an_answer_without_citations_says_that_nothing_answers(answers: dict[tuple[str, str], Answer]) -> None:
    silent = [answer for answer in answers.values() if not answer.citations]
    assert [answer.text for answer in silent if not answer.text.startswith(NOTHING)] == []
    assert {answer.form for answer in silent} <= {"nothing"}


def test_where_nothing_answers_it_is_said_before_what_is_near(answers: dict[tuple[str, str], Answer]) -> None:
    for answer in answers.values():
        assert answer.text.startswith(NOTHING) == (answer.form == "nothing")


def test_the_items_of_an_answer_are_what_its_text_is_made_of(answers: dict[tuple[str, str], Answer]) -> None:
    for answer in answers.values():
        assert all(sentence in answer.text for item in answer.items for sentence in item.text.split("\n"))
        assert all(item.heading in answer.text for item in answer.items)
        assert answer.probability is None or 0.0 <= answer.probability <= 1.0


@pytest.mark.parametrize("method", ["basic", "local"])
def test_nine_of_ten_single_facts_are_cited_from_a_gold_article(
    method: str, answers: dict[tuple[str, str], Answer], newsroom_questions: list[dict[str, Any]]
) -> None:
    asked = [question for question in newsroom_questions if question["type"] == "single_fact"]
    found = [
        bool({c.path for c in answers[question["id"], method].citations} & set(question["gold"])) for question in asked
    ]
    assert sum(found) >= 0.9 * len(found)


def test_drift_has_a_tree_of_two_rounds_and_the_others_have_none(answers: dict[tuple[str, str], Answer]) -> None:
    depths = set()
    for (_, method), answer in answers.items():
        assert (answer.tree is not None) == (method == "drift")
        if answer.tree:
            depths.add(_depth(answer.tree))
            for branch in _branches(answer.tree):
                relevance = [child.relevance for child in branch.children]
                assert relevance == sorted(relevance, reverse=True)
    assert max(depths) == 3


def _depth(branch: Branch) -> int:
    return 1 + max((_depth(child) for child in branch.children), default=0)


def test_no_question_is_asked_twice_in_a_tree(answers: dict[tuple[str, str], Answer]) -> None:
    for answer in answers.values():
        asked = [branch.question for branch in _branches(answer.tree)]
        assert len(asked) == len(set(asked))


def test_the_same_question_has_the_same_answer(newsroom_index: Index, answers: dict[tuple[str, str], Answer]) -> None:
    again = newsroom_index.ask_sync(answers["q01", "drift"].question, method="drift")
    assert again == answers["q01", "drift"]


@pytest.mark.parametrize("budget", [Budget(tokens=600), Budget(tasks=2), Budget(seconds=0.0)])
def test_a_budget_is_kept_and_what_it_left_out_is_said(budget: Budget, newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who is Ingrid Solvay?", method="drift", budget=budget)
    assert any("budget was used up" in note for note in answer.notes)
    if budget.seconds == 0.0:
        assert answer.citations == ()
    else:
        assert answer.citations


def test_a_larger_budget_asks_more(newsroom_index: Index) -> None:
    def questions(tokens: int) -> int:
        answer = newsroom_index.ask_sync("Who is Ingrid Solvay?", method="drift", budget=Budget(tokens=tokens))
        return len([branch for branch in _branches(answer.tree) if branch.citations])

    assert questions(1_000) < questions(60_000)


def test_an_extractive_answer_says_that_it_is_one(answers: dict[tuple[str, str], Answer]) -> None:
    for answer in answers.values():
        assert any("extractive" in note for note in answer.notes) == bool(answer.citations)
