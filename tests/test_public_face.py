"""What a person meets at a Python prompt: help, repr, print, and the names of errors."""

from __future__ import annotations

import inspect
import pydoc
from dataclasses import fields, replace
from typing import get_args

import polars as pl
import pytest
from contracts import classes

import graphrag_drift
from graphrag_drift import (
    Answer,
    Budget,
    Citation,
    Event,
    Filters,
    GraphRAGError,
    Index,
    IndexRun,
    Settings,
    Usage,
    build_index,
    build_index_sync,
)
from graphrag_drift.query import METHODS
from graphrag_drift.tables import FAILURES
from graphrag_drift.values import QuestionEvent, StepEvent

# They steer retries and repairs inside; who calls meets them as the public error that they are a kind of.
STEERING = {"CutOff", "FormatRefused", "Late", "Passing", "Rejected", "TooLong", "WrongVectors"}


@pytest.fixture(scope="module")
def run(newsroom_settings: Settings) -> IndexRun:
    """A second run of an index that is up to date."""
    return build_index_sync(newsroom_settings)


@pytest.mark.parametrize("function", [Index.ask, Index.resume, Index.stream, Index.retrieve, Index.open, build_index])
def test_help_names_each_parameter_and_what_is_raised(function: object) -> None:
    said = inspect.getdoc(function) or ""
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "cls", "options")]  # type: ignore[arg-type]
    assert [name for name in names if f"`{name}`" not in said] == []
    assert "Raises:" in said


def test_the_help_of_ask_says_which_methods_events_fields_and_errors_there_are() -> None:
    said = pydoc.plain(pydoc.render_doc(Index.ask))
    words = [f'"{name}"' for name in (*METHODS, *get_args(QuestionEvent))]
    words += [f"`{field.name}`" for field in fields(Answer)]
    words += ["SettingsError", "ProviderError", "EndpointError", "Unavailable", "BudgetExhausted"]
    assert [word for word in words if word not in said] == []


def test_the_help_of_build_index_says_which_events_there_are() -> None:
    said = inspect.getdoc(build_index) or ""
    assert [kind for kind in get_args(StepEvent) if f'"{kind}"' not in said] == []


@pytest.mark.parametrize("value", [Answer, Budget, Citation, Event, Filters, Usage])
def test_the_help_of_a_value_says_what_each_field_is(value: type) -> None:
    said = inspect.getdoc(value) or ""
    names = [field.name for field in fields(value)]
    assert [name for name in names if f"`{name}`" not in said] == []


def test_the_repr_of_an_index_is_one_line_on_what_it_holds(newsroom_index: Index) -> None:
    counts = newsroom_index.manifest.counts
    assert repr(newsroom_index) == (
        f"<Index {str(newsroom_index.settings.output_folder)!r}, generation {newsroom_index.manifest.generation}:"
        f" 60 documents, {counts['entities']} entities, {counts['community_reports']} reports>"
    )


def test_a_run_without_a_model_prints_two_lines(run: IndexRun) -> None:
    counts = run.counts
    shown = str(replace(run, changed=True, seconds=2.34, notices=("one", "two")))
    assert shown.splitlines() == [
        f"Indexed 60 documents in 2.3 s: {counts['entities']} entities, {counts['relationships']} relationships,"
        f" {counts['community_reports']} reports.",
        "0 failures, 2 notices; no model was paid.",
    ]
    assert repr(run) == f"<IndexRun {run.manifest.generation}: {str(run).splitlines()[0]}>"
    assert str(run).startswith("Nothing had changed in 60 documents, which took ")


def test_a_run_with_a_model_prints_what_failed_and_what_was_paid_for(run: IndexRun) -> None:
    usage = {"extract": {"m": Usage(3, 1200, 80, money=0.5)}, "report": {"m": Usage(1, 300, 20, cached_tokens=100)}}
    failures = pl.DataFrame([("extract", "a.txt", "refused")], schema=FAILURES, orient="row")
    shown = str(replace(run, failures=failures, usage=usage, notices=("one",)))
    assert shown.splitlines()[1:] == [
        "1 failure, 1 notice; paid for: 4 calls, 1500 prompt and 100 completion tokens, 100 of the prompt's from the"
        " provider's cache, 0.5000 at your prices.",
    ]


def test_errors_that_reach_a_caller_are_public_names() -> None:
    errors = {each.__name__: each for each in classes() if issubclass(each, GraphRAGError)}
    assert errors.keys() - STEERING == {name for name in graphrag_drift.__all__ if name in errors}
    for name in STEERING:
        public = [base.__name__ for base in errors[name].__mro__ if base.__name__ in graphrag_drift.__all__]
        assert public[0] != "GraphRAGError"


def test_errors_have_a_docstring_and_a_code_by_which_commands_exit() -> None:
    for each in classes():
        if issubclass(each, GraphRAGError):
            assert each.__doc__, each
            assert each.exit_code in (1, 2, 4)
