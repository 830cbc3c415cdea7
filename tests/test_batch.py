"""index --batch: through the provider's Batch API, with the same result, and nothing paid for twice."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clock import GUARD_SECONDS
from endpoints import ARTICLES, KEY, obedient, server_in_a_thread
from model_server import ModelServer, failure

from graphrag_drift import Budget, Settings, build_index, build_index_sync
from graphrag_drift.app import IndexRun
from graphrag_drift.errors import BudgetExhausted, EndpointError, GraphRAGError
from graphrag_drift.providers.openai import batches, ledger
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.store.files import replace_file


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


def spoil(server: ModelServer, change: Callable[[dict[str, Any]], Any]) -> None:
    """Let `change` have its way with every row of every finished batch."""
    complete = server._complete

    def spoilt(batch: dict[str, Any]) -> None:
        complete(batch)
        for name in filter(None, (batch["output_file_id"], batch["error_file_id"])):
            rows = [change(json.loads(line)) for line in server._files[name].splitlines()]
            server._files[name] = b"\n".join(json.dumps(row).encode() for row in rows)

    server._complete = spoilt  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row | {"response": row["response"] | {"status_code": "abc"}},
        lambda row: row | {"response": "a string"},
        lambda row: row | {"response": row["response"] | {"body": "a string"}},
        lambda row: row | {"response": row["response"] | {"status_code": 10**30}},
        lambda row: row | {"response": None, "error": "a string"},
        lambda row: [row],
        lambda row: "[" * 100_000,
    ],
)
def test_rows_of_a_batch_that_are_none_set_requests_aside_and_nobody_waits_for_ever(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    with server_in_a_thread() as server:
        spoil(server, change)
        settings = settings_of(tmp_path, server)
        settings = settings.model_copy(update={"models": settings.models.model_copy(update={"embedding": None})})
        assert in_time(settings).failures["step"].to_list() == ["extract", "extract"]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ({"status": None}, "does not say the status of batch"),
        ({"status": "failed", "errors": "no"}, "refused a batch: no reason was given"),
        ({"request_counts": "many"}, "[]"),
    ],
)
def test_a_batch_that_says_nonsense_of_itself_is_an_error_of_ours_or_none(
    tmp_path: Path, state: dict[str, Any], outcome: str
) -> None:
    with server_in_a_thread() as server:
        complete = server._complete

        def says_nonsense(batch: dict[str, Any]) -> None:
            complete(batch)
            batch.update(state)

        server._complete = says_nonsense  # type: ignore[method-assign]
        try:
            said = str(in_time(settings_of(tmp_path, server)).failures["reason"].to_list())
        except GraphRAGError as error:
            said = str(error)
    assert outcome in said


@pytest.mark.parametrize("call", ["intend", "add"])
def test_a_full_disk_at_the_list_of_batches_ends_the_run_and_the_next_pays_for_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(path: Path, data: bytes) -> None:
        if (b"intention-" in data) == (call == "intend"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_file(path, data)

    with server_in_a_thread() as server:
        settings = settings_of(tmp_path, server)
        with monkeypatch.context() as patched:
            patched.setattr(ledger, "replace_file", full)
            with pytest.raises(GraphRAGError, match=r"list of batches .* cannot be written .No space left"):
                in_time(settings)
        assert len(server._batches) == (0 if call == "intend" else 1)
        run = in_time(settings)
        assert run.failures.is_empty()
        asked = [json.dumps(call.request, sort_keys=True) for call in server.calls]
        assert len(asked) == len(set(asked))


def test_a_batch_whose_start_was_not_answered_is_taken_up_and_not_started_again(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        manage, lost = server._manage, []

        def loses_the_first_answer(method: str, parts: list[str], *rest: Any) -> Any:
            answer = manage(method, parts, *rest)
            if method == "POST" and parts[2:] == ["batches"] and not lost:
                lost.append(answer)
                return failure(500, "lost")
            return answer

        server._manage = loses_the_first_answer  # type: ignore[method-assign]
        said: list[str] = []
        assert in_time(settings_of(tmp_path, server), said).failures.is_empty()
        assert (len(lost), len([notice for notice in said if "is taken up" in notice])) == (1, 1)
        asked = [json.dumps(call.request, sort_keys=True) for call in server.calls]
        assert len(asked) == len(set(asked))
        assert all(
            name.startswith("intention-") for batch in server._batches.values() for name in batch["metadata"].values()
        )


def test_what_was_meant_to_be_submitted_and_never_was_is_submitted(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        manage, lost = server._manage, []

        def starts_nothing_at_first(method: str, parts: list[str], *rest: Any) -> Any:
            if method == "POST" and parts[2:] == ["batches"] and not lost:
                lost.append(parts)
                return failure(500, "lost")
            return manage(method, parts, *rest)

        server._manage = starts_nothing_at_first  # type: ignore[method-assign]
        assert in_time(settings_of(tmp_path, server)).failures.is_empty()


def test_a_mistake_of_ours_in_a_batch_comes_to_who_waits_for_it(tmp_path: Path) -> None:
    def mistaken(notice: str) -> None:
        raise ZeroDivisionError(notice)

    with server_in_a_thread() as server:
        settings = settings_of(tmp_path, server)
        with pytest.raises(ZeroDivisionError):
            asyncio.run(
                asyncio.wait_for(build_index(settings, models=models_for(settings, batches=mistaken)), GUARD_SECONDS)
            )


def in_time(settings: Settings, said: list[str] | None = None) -> IndexRun:
    """As `by_batch`, but that it never waits for ever."""
    models = models_for(settings, batches=(said if said is not None else []).append)
    return asyncio.run(asyncio.wait_for(build_index(settings, models=models), GUARD_SECONDS))
