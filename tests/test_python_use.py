"""What a program of somebody else does with an index: keep answers, show them, filter by dates, bring models."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from test_pages import EVIL, Page

from graphrag_drift import (
    Answer,
    AskOptions,
    Citation,
    Filters,
    Index,
    Maker,
    Method,
    ResumeOptions,
    SettingsError,
    StreamOptions,
    Usage,
    models_for,
)
from graphrag_drift.answer.pages import markdown_page
from graphrag_drift.providers.testing import FakeEmbedder
from graphrag_drift.query import METHODS

QUESTION = "What do the port strike and the drug trial have to do with each other?"


@pytest.fixture(scope="module")
def drift(newsroom_index: Index) -> Answer:
    """An answer with all that one may have; what it would have been paid is invented."""
    answer = newsroom_index.ask_sync(QUESTION, method="drift")
    return replace(answer, usage=Usage(3, 100, 20, cached_tokens=64, estimated=True, money=0.25))


def test_an_answer_that_is_saved_and_loaded_is_the_same(drift: Answer, tmp_path: Path) -> None:
    path = drift.save(tmp_path / "answer.json")
    assert path == tmp_path / "answer.json"
    assert Answer.load(str(path)) == drift
    assert drift.to_dict() == json.loads(path.read_text("utf-8"))
    assert list(drift.to_dict()) == [field.name for field in fields(Answer)]


def test_an_answer_is_saved_as_a_page_by_the_suffix_of_the_file(drift: Answer, tmp_path: Path) -> None:
    assert drift.save(str(tmp_path / "answer.md")).read_text("utf-8") == markdown_page(drift)
    assert drift.save(tmp_path / "answer.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("name", "message"),
    [("answer.pdf", r"ends in none of .json, .md and .html"), ("no/answer.json", "cannot be written")],
)
def test_a_file_that_cannot_be_is_one_sentence(name: str, message: str, drift: Answer, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        drift.save(tmp_path / name)


def test_a_notebook_shows_several_answers_whose_marks_and_styles_do_not_meet(drift: Answer) -> None:
    citation = Citation(1, "d", EVIL, "t", 0, len(EVIL), EVIL)
    other = Answer(EVIL, f"{EVIL} [1]", "local", (citation,))
    page = Page(drift._repr_html_() + other._repr_html_())
    assert page.open == []
    assert {"html", "head", "body", "script", "img"} & page.tags == set()
    assert set(page.ids.values()) == {1}
    assert page.links
    assert {f"#{name}" for name in page.ids} >= set(page.links)
    style = drift._repr_html_().partition("<style>")[2].partition("</style>")[0].strip()
    assert style.startswith(".graphrag-answer{")
    assert style.count("{") == style.count("}")
    depths = [style[:end].count("{") - style[:end].count("}") for end in range(1, len(style))]
    assert min(depths[style.index("{") :]) == 1  # all rules are inside the first
    assert drift._repr_markdown_() == markdown_page(drift)


@pytest.mark.parametrize(
    ("filters", "plain"),
    [
        (Filters(since=date(2026, 3, 1)), Filters(since="2026-03-01")),
        (Filters(until=datetime(2026, 3, 1, 23, 59)), Filters(until="2026-03-01")),
        (
            Filters(where={"source": "Harbor *", "year": 2026}),
            Filters(where=(("source", "Harbor *"), ("year", "2026"))),
        ),
        (Filters(where=[("author", None)]), Filters(where=(("author", ""),))),
        (replace(Filters("2026"), until=date(2026, 5, 1)), Filters("2026", "2026-05-01", ())),
    ],
)
def test_filters_of_dates_and_dicts_are_those_of_texts_and_pairs(filters: Filters, plain: Filters) -> None:
    assert filters == plain
    assert hash(filters) == hash(plain)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Filters(since=2026), r"since 2026 is no date; expected a datetime.date, or a text as in '2026-03-01'"),
        (lambda: Filters(where="source=x"), r"where 'source=x' is no filter; expected a dict"),
        (lambda: Filters(where=[("a", "b", "c")]), "is no filter; expected a dict"),
        (lambda: Filters(where=7), "where 7 is no filter; expected a dict"),
    ],
)
def test_filters_of_another_kind_are_one_sentence(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        made()


def test_an_answer_rests_on_documents_of_the_dates_that_were_given(newsroom_index: Index) -> None:
    filters = Filters(since=date(2025, 4, 1), where={"path": "2025-04-*"})
    answer = newsroom_index.ask_sync("What happened in the dockers' strike?", method="local", filters=filters)
    assert answer.citations
    assert all(citation.date >= "2025-04-01" for citation in answer.citations)


def test_what_is_retrieved_says_what_it_is_and_where_it_stands(newsroom_index: Index) -> None:
    rows = newsroom_index.retrieve(QUESTION, k=5)
    assert rows.columns == [
        *("text_unit_id", "document_id", "score", "title", "date", "path", "source", "start", "end", "text")
    ]
    assert rows.height == 5
    assert rows["score"].is_sorted(descending=True)
    documents = {row["id"]: row for row in newsroom_index.documents.to_dicts()}
    for row in rows.to_dicts():
        assert newsroom_index.graph.texts[row["document_id"]][row["start"] : row["end"]] == row["text"]
        head = documents[row["document_id"]]
        assert {name: row[name] for name in ("title", "date", "path", "source")} == {
            name: head[name] for name in ("title", "date", "path", "source")
        }
    assert newsroom_index.retrieve("zzyzx", k=5).schema == rows.schema


def test_every_method_has_its_type() -> None:
    assert set(get_args(Method)) == set(METHODS)


@pytest.mark.parametrize(
    ("options", "function", "given"),
    [
        (AskOptions, Index.ask, set()),
        (StreamOptions, Index.ask, {"observe", "streams"}),
        (ResumeOptions, Index.resume, set()),
    ],
)
def test_options_are_those_of_the_function_they_are_handed_to(options: type, function: Any, given: set[str]) -> None:
    own = {name for name, each in inspect.signature(function).parameters.items() if each.kind is each.KEYWORD_ONLY}
    assert set(options.__annotations__) == own - given


def test_a_maker_of_one_provider_goes_by_its_id(newsroom_index: Index) -> None:
    embedder = FakeEmbedder(8)
    maker = Maker.of(embedder)
    assert maker(newsroom_index.graph.lexicon) is embedder
    assert (maker.id, maker.name, maker.composes) == ("fake-8", "fake-8", False)
    models = replace(models_for(newsroom_index.settings), embedder=maker, embedding=embedder.id)
    with pytest.raises(Exception, match="questions would be by 'fake-8'"):
        Index.open_sync(newsroom_index.settings, models=models)
