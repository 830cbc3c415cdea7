"""A server on one's own machine: one call after another, slow, and asked neither too much at once nor twice."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from endpoints import QUICK, TOKENIZER, ask_each, chat_of, served, settings_of, user
from model_server import Fault, ModelServer, Reply, Request, echo, failure, vector_of

from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.endpoint_url import is_near
from graphrag_drift.providers.openai.limits import LimitedChat, Limits, Patience, chat_model
from graphrag_drift.settings import ModelSettings

ITEMS = [f"item {n}" for n in range(40)]


def default_chat(server: ModelServer, **options: Any) -> LimitedChat:
    """A model with nothing set but its address, unless `options` say more."""
    return chat_model(ModelSettings(model="any", base_url=server.base_url, **options), TOKENIZER)


def one_slot(server: ModelServer, seconds: float, slots: int = 1) -> None:
    server.slots = asyncio.Semaphore(slots)
    server.latency = seconds


@pytest.mark.parametrize(
    ("seconds", "options"),
    [
        (6.0, {"timeout_seconds": 18.0}),
        (60.0, {}),
        (1_000.0, {}),
        (6.0, {"timeout_seconds": 18.0, "concurrent_requests": 25}),
    ],
)
def test_a_server_with_one_slot_answers_all_and_is_sent_nothing_twice(seconds: float, options: Any) -> None:
    @served
    async def check(server: ModelServer) -> None:
        one_slot(server, seconds)
        assert await ask_each(default_chat(server, **options), ITEMS) == ITEMS
        assert sorted(call.request["messages"][-1]["content"] for call in server.calls) == sorted(ITEMS)

    check()


@served
async def test_a_time_out_among_others_is_no_attempt_and_halves_what_is_sent_at_once(server: ModelServer) -> None:
    one_slot(server, 25.0)
    limits = Limits(8, patience=Patience(attempts=2, base=60.0), probe_seconds=0.0)
    assert await ask_each(chat_of(server, limits=limits, timeout_seconds=30.0), ITEMS[:8]) == ITEMS[:8]
    server.latency = 31.0  # longer than it may take: late for its own sake, from then on
    limits = Limits(2, patience=Patience(attempts=2, base=60.0), probe_seconds=0.0)
    results = await ask_each(chat_of(server, limits=limits, timeout_seconds=30.0), ITEMS[:2])
    assert limits.gate.concurrency == 1
    assert all("did not answer within 30 s; given up after" in str(result) for result in results)


@pytest.mark.parametrize(("slots", "most", "within"), [(1, 2, 610.0), (4, 8, 210.0), (100, 25, 70.0)])
def test_calls_at_once_rise_while_a_server_is_as_fast(slots: int, most: int, within: float) -> None:
    @served
    async def check(server: ModelServer) -> None:
        one_slot(server, 2.0, slots)
        began = asyncio.get_running_loop().time()
        await ask_each(default_chat(server), [f"item {n:03}" for n in range(300)])
        assert server.peak_concurrency == most
        assert asyncio.get_running_loop().time() - began <= within  # of the clock of the test
        assert len(server.calls) == 300

    check()


@served
async def test_a_server_that_lives_but_hangs_is_found_out_in_the_end(server: ModelServer) -> None:
    server.reply(lambda _: Fault(ends="hang"))
    chat = default_chat(server, max_attempts=1)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Exception, match="did not answer within 180 s"):
        await chat.complete(user())
    assert asyncio.get_running_loop().time() - began == pytest.approx(20 * 180.0)


@served
async def test_a_server_that_is_away_for_two_minutes_is_waited_for(server: ModelServer) -> None:
    back = asyncio.get_running_loop().time() + 130.0

    def reply(request: Request) -> Reply:
        loading = 10.0 < asyncio.get_running_loop().time() - (back - 130.0) < 130.0
        return failure(503, "Loading model") if loading else echo(request)

    server.latency = 4.0
    server.reply(reply)
    assert await ask_each(default_chat(server), ITEMS[:8]) == ITEMS[:8]


@served
async def test_a_server_that_is_started_anew_is_waited_for(server: ModelServer) -> None:
    chat = default_chat(server)
    await chat.complete(user())
    await server.__aexit__()
    later = asyncio.create_task(chat.complete(user("again")))
    await asyncio.sleep(120.0)
    await server.__aenter__()
    assert (await later).text == "again"


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://192.168.1.7:1234/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://host.docker.internal:11434/v1", True),
        ("https://api.openai.com/v1", False),
        ("https://8.8.8.8/v1", False),
        ("", False),
    ],
)
def test_loopback_and_private_addresses_are_near(url: str, near: bool) -> None:
    assert is_near(url) is near


def seconds_for_tokens(request: Request) -> float:
    return sum(map(TOKENIZER.count, request["input"])) / 50


@served
async def test_a_slow_embedder_is_sent_every_text_once(server: ModelServer) -> None:
    server.slots, server.latency = asyncio.Semaphore(1), seconds_for_tokens
    texts = [f"text number {number} " + "word " * 100 for number in range(200)]
    embedder = OpenAIEmbedder(ModelSettings(model="embedding", base_url=server.base_url), TOKENIZER)
    vectors = await embedder.embed_passages(texts)
    np.testing.assert_allclose(vectors, [vector_of(text) for text in texts], atol=1e-6)
    assert sorted(text for call in server.calls for text in call.request["input"]) == sorted(texts)


@served
async def test_a_batch_that_is_late_is_sent_in_halves(server: ModelServer) -> None:
    server.slots, server.latency = asyncio.Semaphore(1), seconds_for_tokens
    texts = [f"text number {number} " + "word " * 100 for number in range(16)]
    settings = settings_of(server, timeout_seconds=20.0)
    embedder = OpenAIEmbedder(settings, TOKENIZER, limits=Limits(1, patience=QUICK))
    vectors = await embedder.embed_passages(texts)
    np.testing.assert_allclose(vectors, [vector_of(text) for text in texts], atol=1e-6)
    assert max(len(call.request["input"]) for call in server.calls[1:]) < 16
