"""The engine with a language model behind an OpenAI-compatible endpoint: a small server on loopback that replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import run_command
from endpoints import ARTICLES, obedient
from model_server import Fault, ModelServer, failure, whole

from graphrag_drift import Answer, Index, ProviderError, Settings, build_index
from graphrag_drift.errors import EndpointError

KEY = "sk-canary-4711-do-not-print"


def _settings(root: Path, url: str, **model: object) -> Settings:
    (root / "input").mkdir(exist_ok=True)
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    chat = {"model": "any", "base_url": url, "api_key": KEY, "timeout_seconds": 60, **model}
    return Settings.model_validate({"root": root, "models": {"chat": chat}})


def _serve(work: Callable[[ModelServer], Awaitable[Any]]) -> Any:
    async def serve() -> Any:
        async with ModelServer() as server:
            server.reply(obedient)
            return await work(server)

    return asyncio.run(serve())


def test_an_index_and_answers_by_every_method_with_a_model(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> dict[str, Answer]:
        run = await build_index(_settings(tmp_path, server.base_url))
        assert (run.failures.height, run.total_usage.calls) == (0, len(server.calls))
        index = await Index.open(_settings(tmp_path, server.base_url))
        assert set(index.graph.entities["title"]) == {"Petra Voss", "Aldane Mill", "Corin Bank"}
        methods = ("basic", "local", "global", "drift")
        return {method: await index.ask("Who bought the Aldane Mill?", method=method) for method in methods}  # type: ignore[arg-type]

    for answer in _serve(work).values():
        assert answer.text.startswith("Petra Voss sold the mill to Corin Bank. [1]")
        assert "[9999]" not in answer.text
        assert answer.usage.calls > 0
        assert all(citation.quote in "".join(ARTICLES.values()) for citation in answer.citations)
        assert any("written by a language model" in note for note in answer.notes)


def test_a_second_run_makes_no_call_and_a_new_document_only_its_own(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> list[int]:
        settings = _settings(tmp_path, server.base_url)
        counts = []
        for step in range(3):
            if step == 2:
                (tmp_path / "input" / "new.txt").write_text("Corin Bank hired nobody else this week.", "utf-8")
            before = len(server.calls)
            await build_index(settings)
            counts.append(len(server.calls) - before)
        return counts

    first, second, third = _serve(work)
    assert second == 0
    assert 0 < third < first


def test_a_fenced_and_a_wrong_reply_are_mended_and_the_key_is_nowhere(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> int:
        spoilt = iter(['```json\n{"entities": [], "relationships": [],}\n```', "I cannot do that."])
        server.reply(lambda request: next(spoilt, None) or obedient(request))
        run = await build_index(_settings(tmp_path, server.base_url))
        return run.failures.height

    assert _serve(work) == 0
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "fault",
    [
        failure(429, "slow down", retry_after="0"),
        failure(429, "slow down", retry_after_ms="5"),
        failure(500, "again"),
        failure(503, "again", retry_after="0"),
        whole(b'{"choices": ['),
        whole({"id": "x", "object": "chat.completion", "created": 1, "model": "any", "choices": []}),
        Fault(200, (b"{",), length=50, ends="reset"),
    ],
)
def test_a_passing_fault_is_tried_again(fault: Fault, tmp_path: Path) -> None:
    async def work(server: ModelServer) -> int:
        faults = iter([fault])
        server.reply(lambda request: next(faults, None) or obedient(request))
        run = await build_index(_settings(tmp_path, server.base_url))
        return run.failures.height

    assert _serve(work) == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (failure(401, "bad key"), "answered 401"),
        (failure(404, "no such model"), "answered 404"),
        (failure(429, "pay", code="insufficient_quota"), "quota"),
        (failure(429, "later", retry_after="3600"), "wait 3600 s"),
        (whole("<html><body>Please log in</body></html>", content_type="application/json"), "OpenAI-compatible"),
    ],
)
def test_what_cannot_pass_ends_the_run_at_once_without_the_key(fault: Fault, said: str, tmp_path: Path) -> None:
    async def work(server: ModelServer) -> str:
        server.reply(lambda request: fault)
        with pytest.raises(EndpointError) as caught:
            await build_index(_settings(tmp_path, server.base_url, concurrent_requests=1))
        assert len(server.calls) <= 2
        return str(caught.value)

    message = _serve(work)
    assert said in message
    assert KEY not in message
    assert not (tmp_path / "output" / "manifest.json").exists()


def test_nobody_there_is_told_with_the_url(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:9/v1 cannot be reached"):
        asyncio.run(build_index(_settings(tmp_path, "http://127.0.0.1:9/v1", max_attempts=2)))


def test_one_item_that_fails_for_ever_is_set_aside_and_tried_again_next_time(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> tuple[int, int]:
        def refuses_the_sale(request: dict[str, Any]) -> Any:
            if "sold the Aldane Mill to" in request["messages"][-1]["content"]:
                return failure(400, "filtered", code="content_filter")
            return obedient(request)

        server.reply(refuses_the_sale)
        settings = _settings(tmp_path, server.base_url)
        first = await build_index(settings)
        server.reply(obedient)
        second = await build_index(settings)
        return first.failures.height, second.failures.height

    first, second = _serve(work)
    assert first > 0
    assert second == 0


@pytest.mark.parametrize(
    ("reply_format", "sent"),
    [("json_schema", {"json_schema"}), ("json_object", {"json_object"}), ("prompt", {None})],
)
def test_an_endpoint_is_held_to_a_shape_as_the_settings_say(
    reply_format: str, sent: set[str | None], tmp_path: Path
) -> None:
    async def work(server: ModelServer) -> set[str | None]:
        def by_prompt(request: dict[str, Any]) -> Any:
            if "response_format" in request and "json_schema" in request["response_format"]:
                return obedient(request)
            return '{"entities": [], "relationships": []}'

        server.reply(by_prompt)
        await build_index(_settings(tmp_path, server.base_url, reply_format=reply_format))
        return {call.request.get("response_format", {}).get("type") for call in server.calls}

    assert _serve(work) == sent


def test_only_what_the_user_set_is_sent_and_a_limit_to_a_server_near_by(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> set[str]:
        await build_index(_settings(tmp_path, server.base_url, parameters={"reasoning_effort": "low"}))
        return {key for call in server.calls for key in call.request}

    assert _serve(work) == {"model", "messages", "response_format", "reasoning_effort", "max_tokens"}


def test_a_record_that_cannot_be_used_is_named_among_the_failures(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> list[str]:
        def nameless(request: dict[str, Any]) -> Any:
            reply = obedient(request)
            if isinstance(reply, dict) and "entities" in reply:
                return {**reply, "entities": [*reply["entities"], {"name": "", "type": "x", "description": "y"}]}
            return reply

        server.reply(nameless)
        run = await build_index(_settings(tmp_path, server.base_url))
        return run.failures["reason"].to_list()

    assert any("name" in reason for reason in _serve(work))


def test_the_kept_replies_can_be_counted_checked_and_forgotten(tmp_path: Path) -> None:
    async def work(server: ModelServer) -> int:
        await build_index(_settings(tmp_path, server.base_url))
        return len(server.calls)

    calls = _serve(work)
    (tmp_path / "settings.yaml").write_text("models: {chat: {model: any}}\n", "utf-8")

    def run(command: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(run_command("cache", command, "--json", "-r", str(tmp_path)).stdout)
        return said

    assert sum(run("stats")["replies"].values()) == calls
    assert run("verify") == {"sound": calls, "damaged": 0}
    assert run("clear") == {"cleared": calls}
    assert run("stats")["replies"] == {}
