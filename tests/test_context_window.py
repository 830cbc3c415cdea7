"""What a model's context holds: found, learned or set, and no prompt is longer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from endpoints import TOKENIZER, obedient, served, user
from model_server import Fault, ModelServer, Request, completion, failure, whole

from graphrag_drift import Index, Settings, build_index
from graphrag_drift.context_window import budget_in, fitted
from graphrag_drift.errors import TooLong
from graphrag_drift.providers.openai.endpoints import FILE_NAME
from graphrag_drift.providers.openai.limits import chat_model
from graphrag_drift.providers.openai.windows import window_of
from graphrag_drift.settings import ModelSettings

WINDOW = 4_096
METHODS = ("basic", "local", "global", "drift", "auto")
SHOW = {"model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960}, "parameters": "stop <|end|>"}
TELL = {"/v1/models": {"data": [{"id": "any", "meta": {"n_ctx_train": 32_768, "n_ctx": WINDOW}}]}}


def asked(request: Request) -> int:
    """The tokens of a prompt, by a tokenizer that needs a tenth more than ours."""
    return int(sum(len(message["content"]) for message in request["messages"]) / 3.7)


def refusing(
    longest: list[int], words: str = "request ({asked} tokens) exceeds the available context size (4096 tokens)"
) -> Callable[[Request], Any]:
    """A model that refuses what its context does not hold with room for a reply, and keeps the longest prompt."""

    def reply(request: Request) -> Any:
        longest.append(asked(request))
        return obedient(request) if longest[-1] < 0.85 * WINDOW else failure(400, words.format(asked=longest[-1]))

    return reply


def querying(settings: Settings, server: ModelServer, root: Path, **model: Any) -> Settings:
    """The settings of an index, with a model that answers."""
    query = {"model": "any", "base_url": server.base_url, **model}
    values = settings.model_dump() | {"models": {"query": query, "cache_dir": str(root / "cache")}}
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("pages", "window"),
    [
        (TELL, WINDOW),
        ({"/v1/models": {"data": [{"id": "any", "max_model_len": 8_192}]}}, 8_192),
        ({"/v1/models": {"data": [{"id": "a", "max_model_len": 1}, {"id": "b", "max_model_len": 2}]}}, None),
        (
            {"/api/v0/models": {"data": [{"id": "any", "loaded_context_length": 6_000, "max_context_length": 9_000}]}},
            6_000,
        ),
        ({"/api/ps": {"models": [{"name": "any:latest", "context_length": 16_384}]}, "/api/show": SHOW}, 16_384),
        ({"/api/ps": {"models": []}, "/api/show": SHOW}, 4_096),
        ({"/api/show": SHOW | {"parameters": "num_ctx   12288\nstop x"}}, 12_288),
        ({"/api/show": {"model_info": {"gemma.context_length": 2_048}}}, 2_048),
        ({}, None),
    ],
)
def test_each_server_is_understood_when_it_tells_its_context(pages: dict[str, Any], window: int | None) -> None:
    @served
    async def check(server: ModelServer) -> None:
        server.pages = pages
        assert await window_of(ModelSettings(model="any", base_url=server.base_url)) == window
        assert server.calls == []

    check()


def test_nobody_there_has_no_context() -> None:
    assert asyncio.run(window_of(ModelSettings(model="any", base_url="http://127.0.0.1:9/v1"))) is None


def test_budgets_are_cut_to_the_context_of_their_role_and_small_ones_are_left() -> None:
    settings = Settings.model_validate({"basic_search": {"max_context_tokens": 700}})
    cut = fitted(settings, {"query": 2_000, "report": None}.get)
    assert (cut.basic_search.max_context_tokens, cut.local_search.max_context_tokens) == (700, 2_000)
    assert (cut.drift_search.data_max_tokens, cut.drift_search.primer_fold_tokens) == (2_000, 2_000)
    assert cut.community_reports == settings.community_reports
    assert fitted(settings, lambda _: 1_000_000) is settings
    assert 1_500 < budget_in(WINDOW) < 2_000 < budget_in(WINDOW, 1.1)


@pytest.mark.parametrize("told", ["by the server", "in the settings"])
def test_every_method_answers_over_the_newsroom_within_4096_tokens(
    told: str, newsroom_settings: Settings, tmp_path: Path
) -> None:
    @served
    async def check(server: ModelServer) -> None:
        longest: list[int] = []
        server.reply(refusing(longest))
        server.pages = TELL if told == "by the server" else {}
        window = {} if told == "by the server" else {"context_window": WINDOW}
        index = await Index.open(querying(newsroom_settings, server, tmp_path, **window))
        for method in METHODS:
            answer = await index.ask("Who mediated the dock strike and how did it end?", method=method)
            assert answer.text.startswith("Petra Voss")
        assert 1_500 < max(longest) < 0.75 * WINDOW

    check()


@pytest.mark.parametrize("streams", [False, True])
def test_a_context_that_nobody_told_is_learned_and_the_question_asked_once_more_with_less(
    streams: bool, newsroom_settings: Settings, tmp_path: Path
) -> None:
    @served
    async def check(server: ModelServer) -> None:
        longest: list[int] = []
        server.reply(refusing(longest))
        settings = querying(newsroom_settings, server, tmp_path)
        index = await Index.open(settings)
        for method in METHODS[:4]:
            answer = await index.ask("Who mediated the dock strike and how did it end?", method=method, streams=streams)
            assert answer.text.startswith("Petra Voss")
        assert max(longest) > WINDOW
        [kept] = json.loads((tmp_path / "cache" / FILE_NAME).read_text("utf-8")).values()
        assert kept["context_window"] == WINDOW
        longest.clear()
        again = await Index.open(settings)
        for method in METHODS:
            await again.ask("How did the strike at the docks end?", method=method)
        assert max(longest) < 0.75 * WINDOW

    check()


def test_a_server_that_cuts_prompts_without_a_word_is_found_out(newsroom_settings: Settings, tmp_path: Path) -> None:
    def cutting(request: Request) -> Fault:
        whole_prompt = asked(request) < WINDOW
        body = completion("Based on what is left of it. [1]" if not whole_prompt else str(obedient(request)), request)
        body["usage"]["prompt_tokens"] = asked(request) if whole_prompt else 2_050
        return whole(body)

    @served
    async def check(server: ModelServer) -> None:
        server.reply(cutting)
        index = await Index.open(querying(newsroom_settings, server, tmp_path))
        answer = await index.ask("Who mediated the dock strike and how did it end?", method="local")
        assert answer.text.startswith("Petra Voss")
        chat = chat_model(ModelSettings(model="any", base_url=server.base_url), TOKENIZER)
        with pytest.raises(TooLong, match="read 2050 tokens of a prompt of about"):
            await chat.complete(user("a word " * 5_000))

    check()


def test_reports_are_written_from_what_fits(newsroom_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    text = "Petra Voss of Aldane Mill met Corin Bank. " + " ".join(
        f"On day {day} Petra Voss told Corin Bank about the Aldane Mill and its wheel number {day}."
        for day in range(400)
    )
    (tmp_path / "input" / "long.txt").write_text(text, "utf-8")

    @served
    async def check(server: ModelServer) -> None:
        longest: list[int] = []
        server.reply(refusing(longest))
        server.pages = TELL
        report = {"model": "any", "base_url": server.base_url}
        settings = Settings.model_validate({"root": tmp_path, "models": {"report": report}})
        run = await build_index(settings)
        assert run.failures.height == 0
        assert longest
        assert max(longest) < 0.8 * WINDOW

    check()
