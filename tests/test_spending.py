"""Budgets, what was spent, and text as it is written: at the command line, against a server on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from endpoints import project, reading, run, server_in_a_thread

from graphrag_drift import Budget, Index
from graphrag_drift.errors import BudgetExhausted

QUESTION = "Who bought the Aldane Mill?"


def test_a_budget_ends_indexing_with_4_and_the_next_run_pays_only_for_the_rest(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        project(tmp_path, server.base_url)
        stopped = run("index", "--budget", "1.5ktokens", root=tmp_path)
        assert stopped.returncode == 4
        assert stopped.stderr.strip().split("\n")[-1].startswith("Error: the budget of 1500 tokens is used up (")
        assert "run again with a larger one" in stopped.stderr
        assert not (tmp_path / "output" / "manifest.json").exists()
        first = len(server.calls)
        done = run("index", "--budget", "5.00", "--json", root=tmp_path)
        assert done.returncode == 0, done.stderr
        spent = json.loads(done.stdout)
        assert spent["usage"]["calls"] == len(server.calls) - first
        assert sum(step["any"]["calls"] for step in spent["usage_by_step"].values()) == spent["usage"]["calls"]
        assert 0 < spent["usage"]["money"] < 5
        keys = [json.dumps(call.request, sort_keys=True) for call in server.calls]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("budget", ["", "0", "-1", "much", "3 apples", "tokens"])
def test_what_is_no_budget_is_refused(budget: str, tmp_path: Path) -> None:
    project(tmp_path, "http://127.0.0.1:9")
    done = run("index", "--budget", budget, root=tmp_path)
    assert done.returncode == 2
    assert "is no budget; expected money" in " ".join(done.stderr.split())


def test_a_budget_of_money_needs_a_price(tmp_path: Path) -> None:
    project(tmp_path, "http://127.0.0.1:9", price="null")
    done = run("index", "--budget", "2.50", root=tmp_path)
    assert done.returncode == 2
    assert "a budget of money needs prices: set price:" in done.stderr


@pytest.mark.parametrize(("method", "share"), [("global", 0.3), ("drift", 0.6)])
def test_when_nothing_is_left_the_answer_is_made_from_what_is_there(method: Any, share: float, root: Path) -> None:
    with server_in_a_thread() as server:
        index = Index.open_sync(reading(root, server.base_url))
        whole = index.ask_sync(QUESTION, method=method)
        (root / "cache" / "replies.sqlite").rename(root / "cache" / "old.sqlite")
        index = Index.open_sync(index.settings)
        answer = index.ask_sync(QUESTION, method=method, budget=Budget(money=share * whole.usage.money))
        assert answer.usage.calls < whole.usage.calls
        assert answer.citations
        assert any("used up" in note for note in answer.notes)
        with pytest.raises(BudgetExhausted):
            Index.open_sync(index.settings).ask_sync("Who was hurt?", method="local", budget=Budget(money=0.0))


def test_the_final_text_streams_with_the_numbers_of_its_citations(root: Path) -> None:
    with server_in_a_thread() as server:
        settings = reading(root, server.base_url)

        async def stream() -> tuple[str, str]:
            index = await Index.open(settings)
            pieces, final = [], ""
            async for event in index.stream(QUESTION, method="local"):
                if event.kind == "token":
                    pieces.append(event.text)
                if event.answer:
                    final = event.answer.text
            assert len(pieces) > 2
            return "".join(pieces), final

        streamed, final = asyncio.run(stream())
        assert streamed == final
        streams = [call for call in server.calls if call.request.get("stream")]
        assert len(streams) == 1
        Index.open_sync(settings).ask_sync("What did Corin Bank pay?", method="drift")
        assert len([call for call in server.calls if call.request.get("stream")]) == 1
        done = run("query", "Who was hurt?", "-m", "local", "--streaming", root=root)
        assert done.stdout.startswith("Petra Voss sold the mill to Corin Bank. [1]")
        assert done.stdout.count("Petra Voss sold the mill to Corin Bank. [1]") == 1
        assert "Sources" in done.stdout
