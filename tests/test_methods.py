"""A search method is a function, a line in METHODS and a section of settings, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner
from pydantic import Field

from graphrag_drift import Index, Settings
from graphrag_drift.errors import SettingsError
from graphrag_drift.query import METHODS
from graphrag_drift.query.context import source_rows
from graphrag_drift.query.inquiry import Inquiry, SearchResult, ranked
from graphrag_drift.settings import Section
from graphrag_drift.tasks import AnswerDraft


class FirstSearchSettings(Section):
    """The new method's section."""

    k: int = Field(1, ge=1)


class WithFirstSearch(Settings):
    """Settings with a section more."""

    first_search: FirstSearchSettings = FirstSearchSettings()


async def first_search(inquiry: Inquiry) -> SearchResult:
    """The text of the best text units, unread."""
    assert isinstance(inquiry.settings, WithFirstSearch)
    ranking = await ranked(inquiry, inquiry.question, method="basic", k=inquiry.settings.first_search.k)
    rows = inquiry.show(source_rows(ranking, inquiry.graph))
    return SearchResult(AnswerDraft(" ".join(f"{row.text} [{row.mark}]" for row in rows)))


def test_a_method_needs_a_function_a_line_and_a_section(
    newsroom_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "first", f"{__name__}:first_search")
    index = Index.open_sync(WithFirstSearch(**{**dict(newsroom_settings), "first_search": FirstSearchSettings(k=2)}))
    answer = asyncio.run(index.ask("Who piloted the Narae Pioneer?", method="first"))
    assert answer.method == "first"
    assert [citation.mark for citation in answer.citations] == [1, 2]
    assert all(citation.quote in answer.text for citation in answer.citations)


def test_an_unknown_method_is_said_with_those_there_are(newsroom_index: Index) -> None:
    with pytest.raises(SettingsError, match="there is no method 'best'; expected one of auto, local, global, drift"):
        newsroom_index.ask_sync("Who?", method="best")


def test_the_command_line_offers_the_methods_of_the_table() -> None:
    import graphrag_drift.cli.main  # noqa: F401 (where the commands are)
    from graphrag_drift.cli.options import cli

    assert f"[{'|'.join(METHODS)}]" in CliRunner().invoke(cli, ["query", "--help"]).output.replace("\n", "")
