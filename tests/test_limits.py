"""Who may call an endpoint and when, what is tried again, what is paid for, and what is sent at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from clock import ClockedLoop, run_clocked
from endpoints import KEY, QUICK, TOKENIZER, ask_each, chat_of, first, served, server_in_a_thread, settings_of, user
from hypothesis import given
from hypothesis import strategies as st
from model_server import Fault, ModelServer, echo, failure

from graphrag_drift.errors import BudgetExhausted, EndpointError, ProviderError, SettingsError
from graphrag_drift.metering import metered
from graphrag_drift.providers.openai.chat import OpenAIChat
from graphrag_drift.providers.openai.faults import asked_wait
from graphrag_drift.providers.openai.limits import LimitedChat, Limits, Patience, chat_model
from graphrag_drift.providers.openai.pacing import Gate, Passing, Window
from graphrag_drift.providers.protocols import Completion, Message, ReplyShape
from graphrag_drift.settings import Price
from graphrag_drift.values import Budget, Usage

SHAPE = ReplyShape("answer", {"type": "object", "properties": {}, "required": [], "additionalProperties": False})


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 7)), max_size=60))
def test_a_window_never_holds_more_than_its_limit(arrivals: list[tuple[float, int]]) -> None:
    window = Window(10, 4.0)
    now = 0.0
    let_in: list[tuple[float, int]] = []
    for pause, amount in arrivals:
        now += pause
        while (wait := window.delay(amount, now)) > 0:
            now += wait
        window.add(amount, now)
        let_in.append((now, amount))
    for start, _ in let_in:
        assert sum(amount for at, amount in let_in if start <= at < start + 4.0) <= 10


def test_a_window_lets_more_than_its_limit_in_alone() -> None:
    window = Window(10, 4.0)
    assert window.delay(50, 0.0) == 0.0
    window.add(50, 0.0)
    assert window.delay(1, 1.0) == pytest.approx(4.0 * 1.02 - 1.0)
    assert window.delay(50, 4.2) == 0.0


def test_a_window_is_corrected_when_more_is_known() -> None:
    window = Window(10, 4.0)
    correct = window.add(10, 0.0)
    correct(4)
    assert window.delay(6, 1.0) == 0.0
    assert window.delay(7, 1.0) > 0.0


async def hold(gate: Gate, seconds: float, fault: ProviderError | None = None, tokens: int = 0) -> float:
    """Hold a slot; comes back with the time it was let in."""
    async with gate.slot(tokens):
        at = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        if fault is not None:
            raise fault
    return at


def test_concurrency_halves_once_for_those_who_were_refused_together_and_recovers() -> None:
    async def run() -> list[int]:
        gate = Gate(16)
        await hold(gate, 0.0)
        seen = [gate.concurrency]
        busy = [hold(gate, 0.01, Passing("slow down", busy=True)) for _ in range(16)]
        await asyncio.gather(*busy, return_exceptions=True)
        seen.append(gate.concurrency)
        for _ in range(3):
            await asyncio.sleep(1.0)
            await hold(gate, 0.0)
            seen.append(gate.concurrency)
        return seen

    assert run_clocked(run()) == [16, 8, 9, 10, 11]


def test_a_wait_that_was_asked_of_one_is_kept_by_all() -> None:
    async def run() -> float:
        gate = Gate(4)
        started = asyncio.get_running_loop().time()
        with pytest.raises(Passing):
            await hold(gate, 0.0, Passing("wait", 20.0, busy=True))
        return await hold(gate, 0.0) - started

    assert run_clocked(run()) == 20.0


def test_the_first_call_goes_alone_for_a_while() -> None:
    async def run(first_takes: float) -> list[float]:
        gate = Gate(4, probe_seconds=3.0)
        started = asyncio.get_running_loop().time()
        first = asyncio.create_task(hold(gate, first_takes))
        others = await asyncio.gather(*(hold(gate, 0.0) for _ in range(3)))
        await first
        return [at - started for at in others]

    assert run_clocked(run(2.0)) == [2.0] * 3
    assert run_clocked(run(8.0)) == [3.0] * 3


def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    async def run() -> int:
        gate = Gate(1)
        holding = asyncio.create_task(hold(gate, 0.05))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(hold(gate, 5.0)) for _ in range(3)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        await asyncio.gather(holding, *waiting, return_exceptions=True)
        await asyncio.wait_for(hold(gate, 0.0), 0.5)
        return gate.concurrency

    assert run_clocked(run()) == 1


def test_a_gate_that_is_shut_answers_who_waits() -> None:
    async def run() -> list[Any]:
        gate = Gate(1)
        holding = asyncio.create_task(hold(gate, 0.05))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(hold(gate, 0.0)) for _ in range(3)]
        await asyncio.sleep(0.01)
        gate.shut(EndpointError("closed"), 10.0)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        await holding
        return [str(result) for result in results]

    assert run_clocked(run()) == ["closed"] * 3


def test_tokens_a_minute_are_kept() -> None:
    async def run() -> float:
        gate = Gate(10, tokens_per_minute=1000)
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(hold(gate, 0.0, tokens=100) for _ in range(15)))
        return asyncio.get_running_loop().time() - started

    assert 60.0 <= run_clocked(run()) < 120.0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 2032 00:00:10 GMT", "date": "Thu, 01 Jan 2032 00:00:00 GMT"}, 10.0),
        ({"retry-after": "Thu, 01 Jan 1998 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_in_all_its_forms(headers: dict[str, str], wait: float | None) -> None:
    assert asked_wait(headers) == wait


@served
async def test_a_budget_of_tokens_is_exceeded_by_no_more_than_the_calls_in_flight(server: ModelServer) -> None:
    server.latency = 0.01
    chat = chat_model(settings_of(server), TOKENIZER, limits=Limits(8, patience=QUICK))
    words = "w" * 80  # 20 tokens, and as many in the echo
    with metered(Budget(tokens=1000)) as meter:
        done = await asyncio.gather(*(chat.complete(user(words)) for _ in range(100)), return_exceptions=True)
        with pytest.raises(BudgetExhausted):
            await anext(chat.stream(user()))
    assert 1000 <= server.tokens < 1000 + 8 * 40
    assert server.tokens == meter.usage.prompt_tokens + meter.usage.completion_tokens == len(server.calls) * 40
    refused = [error for error in done if isinstance(error, BudgetExhausted)]
    assert len(refused) == 100 - len(server.calls)
    assert "budget of 1000 tokens is used up" in str(refused[0])


@served
async def test_money_is_counted_at_the_prices_that_were_set(server: ModelServer) -> None:
    price = Price(input=2.0, output=8.0, cached_input=0.5)
    assert price.of(1_000_000, 100_000, 400_000) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 8)
    chat = chat_model(settings_of(server, price=price), TOKENIZER, limits=Limits(1))
    with metered(Budget(money=0.0001)) as meter, pytest.raises(BudgetExhausted, match=r"budget of 0\.0001 is used up"):
        await ask_each(chat, ["w" * 40] * 100)
    assert meter.usage.money == pytest.approx(price.of(meter.usage.prompt_tokens, meter.usage.completion_tokens))
    assert len(server.calls) == 1


@served
async def test_what_is_of_no_use_was_paid_for_too(server: ModelServer) -> None:
    server.reply(
        first(2, Fault(200, (b'{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 0}}',), {}, 70))
    )
    with metered() as meter:
        done = await chat_of(server).complete(user())
    assert meter.usage == done.usage + Usage(2, 14, 0)


@pytest.mark.parametrize("fault", [failure(401, "Who are you?"), failure(429, "Tomorrow", retry_after="86400")])
def test_who_waits_while_an_endpoint_refuses_is_refused_without_a_call(fault: Fault) -> None:
    @served
    async def check(server: ModelServer) -> None:
        server.reply(lambda _: fault)
        chat = chat_of(server)
        done = await asyncio.gather(*(chat.complete(user()) for _ in range(40)), return_exceptions=True)
        assert all(isinstance(error, EndpointError) for error in done)
        assert len(server.calls) == 1

    check()


@served
async def test_calls_are_as_many_at_once_as_allowed(server: ModelServer) -> None:
    server.latency = 0.01
    await ask_each(chat_of(server, concurrent_requests=5), [f"item {n}" for n in range(40)])
    assert server.peak_concurrency == 5


@served
async def test_a_stream_keeps_its_place_until_its_end(server: ModelServer) -> None:
    chat = chat_of(server, concurrent_requests=1)
    stream = chat.stream(user("a reply in pieces, so that it is not over"))
    await anext(stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(chat.complete(user()), 0.1)
    await stream.aclose()
    assert (await chat.complete(user("next"))).text == "next"


@served
async def test_a_stream_is_tried_again_until_its_first_piece(server: ModelServer) -> None:
    server.reply(first(2, failure(500)))
    assert (
        "".join([piece async for piece in chat_of(server).stream(user("in pieces, at last"))]) == "in pieces, at last"
    )
    assert len(server.calls) == 3


@pytest.mark.parametrize(
    ("rung", "sent"),
    [
        ("json_schema_strict", {"name": "answer", "schema": SHAPE.json_schema, "strict": True}),
        ("json_schema", {"name": "answer", "schema": SHAPE.json_schema}),
        ("json_object", None),
        ("prompt", None),
    ],
)
def test_a_shape_is_asked_for_by_the_means_of_the_endpoint(rung: Any, sent: dict[str, Any] | None) -> None:
    @served
    async def check(server: ModelServer) -> None:
        chat = OpenAIChat(settings_of(server, parameters={"top_k": 4}), TOKENIZER, rung=rung)
        await chat.complete([Message("system", "Be brief."), *user()], SHAPE)
        request = server.calls[0].request
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]
        told = {"type": "json_schema", "json_schema": sent} if sent else {"type": rung}
        held = {} if rung == "prompt" else {"response_format": told}
        assert request == {"model": "any", "messages": messages, "top_k": 4, "max_tokens": 4_000, **held}

    check()


@served
async def test_an_endpoint_that_cannot_hold_a_shape_says_what_to_set(server: ModelServer) -> None:
    server.reply(lambda _: failure(400, "'response_format.type' : value must be 'text'"))
    with pytest.raises(EndpointError, match="set reply_format"):
        await chat_of(server).complete(user(), SHAPE)


@served
async def test_a_parameter_that_a_model_does_not_take_ends_the_run(server: ModelServer) -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported with this model."
    server.reply(lambda _: failure(400, said, code="unsupported_parameter"))
    with pytest.raises(EndpointError, match="remove it from parameters"):
        await ask_each(chat_of(server, parameters={"max_tokens": 5}), ["a", "b"])
    assert len(server.calls) == 1


@served
async def test_azure_is_asked_by_deployment_and_version(server: ModelServer) -> None:
    chat = chat_of(server, model="my-deployment", base_url=server.root_url, api_version="2026-10-01")
    assert (await chat.complete(user())).text == "hello"
    call = server.calls[0]
    assert call.path == "/openai/deployments/my-deployment/chat/completions"
    assert call.headers["api-key"] == KEY


@served
async def test_an_error_inside_of_a_good_status_is_an_error(server: ModelServer) -> None:
    body = b'{"error": {"message": "Provider returned error", "code": 502}}'
    server.reply(first(1, Fault(200, (body,), {}, len(body))))
    assert (await chat_of(server).complete(user())).text == "hello"
    assert len(server.calls) == 2


@served
async def test_an_endpoint_without_usage_in_streams_is_asked_without(server: ModelServer) -> None:
    def handler(request: dict[str, Any]) -> Any:
        return failure(422, "stream_options: extra fields not permitted") if "stream_options" in request else "fine so"

    server.reply(handler)
    chat = chat_of(server)
    for _ in range(2):
        assert "".join([piece async for piece in chat.stream(user())]) == "fine so"
    assert len(server.calls) == 3


def test_the_key_of_the_environment_is_used_and_missed_only_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    @served
    async def check(server: ModelServer) -> None:
        await chat_of(server, api_key=None).complete(user())
        assert server.calls[0].headers["authorization"] == "Bearer sk-of-the-environment"

    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    check()
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    chat = OpenAIChat(settings_of(ModelServer(), base_url=None, api_key=None), TOKENIZER)
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        asyncio.run(chat.complete(user()))
    assert "OPENAI_API_KEY" not in os.environ


def test_ids_hold_what_changes_replies_and_no_secret() -> None:
    server = ModelServer()
    plain = chat_of(server).id
    url = server.base_url.replace("://", "://editor:canary@")
    assert chat_of(server, base_url=url, api_key="another").id == plain
    assert KEY not in plain
    others = [
        chat_of(server, model="other"),
        chat_of(server, parameters={"temperature": 0}),
        chat_of(server, base_url="http://elsewhere/v1"),
    ]
    assert len({plain, *(chat.id for chat in others)}) == 4


def test_one_model_serves_several_event_loops() -> None:
    async def alternate(chat: LimitedChat) -> list[str]:
        here = await chat.complete(user("here"))
        there = await asyncio.to_thread(lambda: asyncio.run(chat.complete(user("there"))))
        return [here.text, there.text, (await chat.complete(user("here again"))).text]

    with server_in_a_thread(echo) as server:
        assert asyncio.run(alternate(chat_of(server))) == ["here", "there", "here again"]


class Counted:
    """A ChatModel that does what it is told, and counts."""

    id = "counted"

    def __init__(self, act: Callable[[int], Awaitable[str]]) -> None:
        self.calls = 0
        self._act = act

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        self.calls += 1
        return Completion(await self._act(self.calls), "stop", Usage(1, 10, 5))

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        yield await self._act(0)


def test_waits_for_one_call_end_at_their_total() -> None:
    async def act(_: int) -> str:
        raise Passing("not now", 20.0)

    model = Counted(act)
    patience = Patience(attempts=100, base=0.1, total=50.0)
    chat = LimitedChat(model, Limits(1, patience=patience), TOKENIZER)

    async def elapsed() -> float:
        with pytest.raises(ProviderError, match="not now; given up"):
            await chat.complete(user())
        return asyncio.get_running_loop().time() - ClockedLoop.START

    assert 40.0 <= run_clocked(elapsed()) <= 50.0
    assert model.calls == 3


def test_a_mistake_of_ours_is_not_tried_again() -> None:
    async def act(_: int) -> str:
        raise ZeroDivisionError

    model = Counted(act)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(LimitedChat(model, Limits(1, patience=QUICK), TOKENIZER).complete(user()))
    assert model.calls == 1
