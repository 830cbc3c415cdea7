"""index --batch: through the provider's Batch API, with the same result, and nothing paid for twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from clock import GUARD_SECONDS
from endpoints import ARTICLES, KEY, obedient, server_in_a_thread
from model_server import ModelServer, failure

from graphrag_drift import Budget, Settings, build_index_sync
from graphrag_drift.app import IndexRun
from graphrag_drift.errors import BudgetExhausted, EndpointError
from graphrag_drift.providers.openai import batches
from graphrag_drift.providers.resolve import models_for


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(batches, "POLL_SECONDS", (0.01, 0.02))


def settings_of(root: Path, server: ModelServer) -> Settings:
    (root / "input").mkdir(exist_ok=True, parents=True)
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    model = {"base_url": server.base_url, "api_key": KEY, "max_attempts": 2, "price": {"input": 100, "output": 200}}
    chat, embedding = {"model": "any", **model}, {"model": "embedding", **model}
    return Settings.model_validate({"root": root, "models": {"chat": chat, "embedding": embedding}})


def by_batch(settings: Settings, said: list[str] | None = None, **options: Any) -> IndexRun:
    notices = said if said is not None else []
    return build_index_sync(settings, models=models_for(settings, batches=notices.append), **options)


def hashes(run: IndexRun) -> dict[str, str]:
    return {name: file.hash for name, file in run.manifest.files.items()}


def test_the_index_is_the_same_at_half_the_price_and_single_calls_find_all_replies_kept(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        alone = build_index_sync(settings_of(tmp_path / "one", server))
        single = [call.headers for call in server.calls]
        assert all(single)
        said: list[str] = []
        together = by_batch(settings_of(tmp_path / "two", server), said)
        assert hashes(together) == hashes(alone)
        assert not any(call.headers for call in server.calls[len(single) :])  # none but through batches
        assert together.total_usage.calls == alone.total_usage.calls
        assert together.total_usage.money == pytest.approx(alone.total_usage.money / 2)
        assert 4 <= len([notice for notice in said if "was submitted" in notice]) <= 6
        calls = len(server.calls)
        again = build_index_sync(settings_of(tmp_path / "two", server))
        assert (again.changed, len(server.calls)) == (False, calls)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_batches_want_no_key_of_a_model_that_only_answers(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        settings = settings_of(tmp_path, server).model_dump()
        settings["models"]["query"] = {"model": "answers", "base_url": server.base_url, "api_key": "${NOWHERE_SET}"}
        run = by_batch(Settings.model_validate(settings))
        assert run.failures.is_empty()
        assert run.readers["query"] == "answers"


def test_a_line_that_fails_goes_with_the_next_batch_and_is_set_aside_if_it_fails_again(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        faults = iter([failure(500, "overloaded")])
        server.reply(lambda request: next(faults, None) or obedient(request))
        assert by_batch(settings_of(tmp_path, server)).failures.is_empty()

    with server_in_a_thread() as server:

        def refuses_the_sale(request: dict[str, Any]) -> Any:
            refused = "sold the Aldane Mill to" in request["messages"][-1]["content"]
            return failure(500, "never") if refused else obedient(request)

        server.reply(refuses_the_sale)
        run = by_batch(settings_of(tmp_path / "other", server))
        assert set(run.failures["step"]) == {"extract"}
        assert "answered 500" in run.failures["reason"][0]


def test_a_reply_of_no_use_is_asked_for_once_more_in_the_next_batch(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        spoilt = iter(["I would rather not."])
        server.reply(lambda request: next(spoilt, None) or obedient(request))
        assert by_batch(settings_of(tmp_path, server)).failures.is_empty()


def test_an_expired_batch_gives_what_it_has_and_the_rest_is_submitted_again(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        complete, expired = server._complete, []

        def half(batch: dict[str, Any]) -> None:
            complete(batch)
            if not expired:
                name = batch["output_file_id"]
                lines = server._files[name].splitlines()
                server._files[name] = b"\n".join(lines[: len(lines) // 2])
                batch["status"] = "expired"
                expired.append(name)

        server._complete = half  # type: ignore[method-assign]
        assert by_batch(settings_of(tmp_path, server)).failures.is_empty()
        assert expired


def test_a_refused_batch_and_an_endpoint_without_batches_are_one_sentence(tmp_path: Path) -> None:
    with server_in_a_thread() as server:

        def fails(batch: dict[str, Any]) -> None:
            batch.update(status="failed", errors={"data": [{"code": "x", "message": "token limit for this model"}]})

        server._complete = fails  # type: ignore[method-assign]
        with pytest.raises(EndpointError, match="refused a batch: token limit for this model"):
            by_batch(settings_of(tmp_path, server))
        server._manage = lambda *_: failure(404, "no such route")  # type: ignore[method-assign]
        with pytest.raises(EndpointError, match="has no Batch API; run without --batch"):
            by_batch(settings_of(tmp_path / "other", server))


def test_a_batch_that_a_budget_does_not_cover_is_not_submitted(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        with pytest.raises(BudgetExhausted):
            by_batch(settings_of(tmp_path, server), budget=Budget(tokens=500))
        assert not server.calls


def test_a_killed_run_s_batch_is_taken_up_by_the_next_and_nothing_is_submitted_twice(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        settings = settings_of(tmp_path, server)
        model = f"{{model: any, base_url: '{server.base_url}', api_key: '${{MY_KEY}}'}}"
        (tmp_path / "settings.yaml").write_text(f"models: {{chat: {model}}}\n", "utf-8")
        settings = settings.model_copy(update={"models": settings.models.model_copy(update={"embedding": None})})
        server.batch_polls = 10**9
        command = [sys.executable, "-m", "graphrag_drift", "index", "--batch", "-r", str(tmp_path)]
        process = subprocess.Popen(command, env={**os.environ, "MY_KEY": KEY}, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        line = next(line for line in process.stderr if "was submitted" in line)
        deadline = time.monotonic() + GUARD_SECONDS
        while not list((tmp_path / "cache").glob("batches-*.json")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(server._batches) == 1
        server.batch_polls = 1
        said: list[str] = []
        run = by_batch(settings, said)
        assert run.failures.is_empty()
        asked = [json.dumps(call.request, sort_keys=True) for call in server.calls]
        assert len(asked) == len(set(asked)) == run.total_usage.calls
        assert line.split()[1] in " ".join(said)


def test_requests_are_split_by_what_a_batch_may_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batches, "MOST_REQUESTS", 1)
    with server_in_a_thread() as server:
        said: list[str] = []
        assert by_batch(settings_of(tmp_path, server), said).failures.is_empty()
        assert {notice.split(" with ")[1] for notice in said if "submitted" in notice} == {"1 requests was submitted"}
