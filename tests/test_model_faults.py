"""Faults 1 to 43: what a chat endpoint may do wrong, and what a run must make of it. Waits are counted, not slept."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from clock import run_clocked
from endpoints import QUICK, TOKENIZER, ask_each, chat_of, first, for_item, gaps_of, served, user
from model_server import Fault, ModelServer, Request, completion, events, failure, whole

from graphrag_drift.each import Failed
from graphrag_drift.errors import EndpointError, InvalidReply, ProviderError
from graphrag_drift.metering import metered
from graphrag_drift.prompts import load_prompts
from graphrag_drift.providers.llm.asking import Asking
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.openai.limits import Limits, Patience
from graphrag_drift.providers.protocols import ChatModel
from graphrag_drift.tasks import ExtractGraph, GraphDraft, MapReports, Point
from graphrag_drift.values import Shown, Usage

ITEMS = [f"item {number}" for number in range(8)]
GRAPH = {"entities": [{"name": "Elin Moe", "type": "person", "description": "On her."}], "relationships": []}
POINTS = {"points": [{"text": "She sold it [1].", "score": 70}]}
STREAM = {"content-type": "text/event-stream"}


def quota(code: str = "rate_limit_exceeded", **headers: str) -> Fault:
    return failure(429, "Rate limit reached", code=code, **headers)


async def graph_of(chat: ChatModel, text: str = "Elin Moe sold the ferry.") -> GraphDraft:
    reader = LLMReader(Asking({"chat": chat}), load_prompts(), TOKENIZER, gleanings=0)
    return await reader.read(ExtractGraph(text))


async def points_of(chat: ChatModel) -> tuple[Point, ...]:
    reader = LLMReader(Asking({"chat": chat}), load_prompts(), TOKENIZER)
    return await reader.read(MapReports("Who sold it?", (Shown(1, "report", "Elin Moe sold it."),)))


async def read_stream(chat: ChatModel) -> str:
    return "".join([piece async for piece in chat.stream(user("A reply that comes in several pieces, in order."))])


async def retried(server: ModelServer, fault: Fault) -> None:
    """The run gets over `fault`, by one call more."""
    server.reply(first(1, fault))
    assert await ask_each(chat_of(server), ITEMS) == ITEMS
    assert len(server.calls) == len(ITEMS) + 1


async def set_aside(server: ModelServer, fault: Fault, reason: str, calls: int) -> None:
    """The run does without the one item that meets `fault`, which is asked for `calls` times."""
    server.reply(for_item("item 3", fault))
    results = await ask_each(chat_of(server), ITEMS)
    assert [r for r in results if not isinstance(r, Failed)] == [item for item in ITEMS if item != "item 3"]
    failed = results[3]
    assert isinstance(failed, Failed)
    assert reason in failed.reason
    assert len(server.calls) == len(ITEMS) - 1 + calls


async def stops(server: ModelServer, fault: Fault, *parts: str, calls: int = 1) -> None:
    """The run ends at once, with a message that has `parts`."""
    server.reply(lambda _: fault)
    with pytest.raises(EndpointError) as caught:
        await ask_each(chat_of(server), ITEMS)
    assert [part for part in parts if part not in str(caught.value)] == []
    assert len(server.calls) == calls


@served
async def test_fault_01_a_wait_in_seconds_is_kept(server: ModelServer) -> None:
    await retried(server, quota(retry_after="0.5"))
    assert max(gaps_of(server)) >= 0.5


@served
async def test_fault_02_a_wait_until_a_date_is_kept_by_the_clock_of_the_endpoint(server: ModelServer) -> None:
    theirs = datetime(2031, 5, 3, 12, 0, 0, tzinfo=UTC)
    dates = {"date": format_datetime(theirs, usegmt=True)}
    later = format_datetime(theirs + timedelta(seconds=1), usegmt=True)
    await retried(server, quota(retry_after=later, **dates))
    assert 1.0 <= max(gaps_of(server)) < 2.0


@served
async def test_fault_03_a_wait_in_milliseconds_is_kept(server: ModelServer) -> None:
    await retried(server, quota(retry_after_ms="250"))
    assert 0.25 <= max(gaps_of(server)) < 1.0


@served
async def test_fault_04_a_wait_of_an_hour_stops_the_run_and_is_named(server: ModelServer) -> None:
    await stops(server, quota(retry_after="3600"), "3600 s", "run again", server.base_url)


@served
async def test_fault_05_without_a_wait_retries_are_at_least_the_base_apart(server: ModelServer) -> None:
    server.reply(first(3, quota()))
    patience = Patience(attempts=4, base=0.05, most=0.1)
    assert await ask_each(chat_of(server, patience=patience), ["one"]) == ["one"]
    gaps = gaps_of(server)
    assert len(gaps) == 3
    assert min(gaps) >= 0.05
    assert len(set(gaps)) == 3


@served
async def test_fault_06_the_endpoint_never_sees_more_requests_than_allowed(server: ModelServer) -> None:
    server.sometimes([quota(), quota(retry_after_ms="50")], 0.3, seed=7)
    patience = Patience(attempts=30, base=0.01, most=0.05, total=60.0)
    limits = Limits(200, requests_per_minute=100, patience=patience)
    items = [f"item {number}" for number in range(200)]
    assert await ask_each(chat_of(server, limits=limits), items, concurrency=200) == items
    assert server.peak_requests(60.0) <= 100


@served
async def test_fault_07_a_quota_that_is_used_up_is_asked_once(server: ModelServer) -> None:
    await stops(server, quota("insufficient_quota"), "quota is used up", "kept")


@served
async def test_fault_08_a_wrong_key_costs_one_call_and_is_shown_nowhere(server: ModelServer) -> None:
    server.api_key = "another"
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    url = server.base_url.replace("http://", "http://editor:pass-canary@")
    chat = chat_of(server, base_url=url, api_key="sk-canary")
    try:
        with pytest.raises(EndpointError, match=r"401.*api_key") as caught:
            await ask_each(chat, ITEMS)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert len(server.calls) == 1
    shown = "".join(traceback.format_exception(caught.value)) + chat.id + repr(chat) + "\n".join(records)
    assert "canary" not in shown
    assert "127.0.0.1" in shown


@served
async def test_fault_09_an_unknown_model_is_told_with_those_there_are(server: ModelServer) -> None:
    server.models = ["any-mini", "embedding"]
    missing = failure(404, "The model 'any' does not exist", code="model_not_found")
    await stops(server, missing, "404", "does not exist", "/models", "['any-mini']")


@served
async def test_fault_09_a_model_that_may_not_be_used_is_told(server: ModelServer) -> None:
    await stops(server, failure(403, "No access to any"), "403", "No access to any", "/models")


@served
async def test_fault_10_an_item_that_is_too_long_is_set_aside(server: ModelServer) -> None:
    said = "This model's maximum context length is 8192 tokens"
    await set_aside(server, failure(400, said, code="context_length_exceeded"), "too long", calls=1)


@served
async def test_fault_11_an_item_that_a_filter_refuses_is_set_aside(server: ModelServer) -> None:
    await set_aside(server, failure(400, "Filtered", code="content_filter"), "content filter", calls=1)


@served
async def test_fault_12_two_failures_of_the_server_are_got_over(server: ModelServer) -> None:
    server.reply(first(2, failure(500)))
    assert await ask_each(chat_of(server), ["one"]) == ["one"]
    assert len(server.calls) == 3


@served
async def test_fault_13_an_item_that_always_fails_is_set_aside(server: ModelServer) -> None:
    await set_aside(server, failure(500, "Oops"), "answered 500: Oops", calls=QUICK.attempts)


@served
async def test_fault_14_when_everything_fails_the_run_stops_early(server: ModelServer) -> None:
    server.reply(lambda _: failure(500))
    items = [f"item {number}" for number in range(300)]
    with pytest.raises(EndpointError, match=r"5 calls in a row failed.*run again"):
        await ask_each(chat_of(server), items, concurrency=10)
    assert len(server.calls) <= (10 + QUICK.failures) * QUICK.attempts


@served
async def test_fault_14_a_circuit_that_opened_lets_one_call_try_later(server: ModelServer) -> None:
    server.reply(lambda _: failure(400, "Bad request"))
    chat = chat_of(server)
    with pytest.raises(EndpointError, match="5 calls in a row failed"):
        await ask_each(chat, ITEMS, concurrency=1)
    before = len(server.calls)
    with pytest.raises(EndpointError, match="in a row"):
        await chat.complete(user())
    assert len(server.calls) == before
    await asyncio.sleep(QUICK.pause + 0.02)
    server.reply(lambda _: "again")
    assert (await chat.complete(user())).text == "again"


@served
async def test_fault_15_a_page_of_a_gateway_is_got_over(server: ModelServer) -> None:
    await retried(server, Fault(502, (b"<html>Bad Gateway</html>",), {"content-type": "text/html"}, 24))


def test_fault_16_nobody_there_is_told_at_once_with_the_address() -> None:
    nobody = ModelServer()
    nobody.port = 1
    chat = chat_of(nobody, base_url="http://editor:canary@127.0.0.1:1/v1", timeout_seconds=180.0)

    async def elapsed() -> float:
        began = asyncio.get_running_loop().time()
        with pytest.raises(EndpointError, match=r"http://127\.0\.0\.1:1/v1 cannot be reached") as caught:
            await ask_each(chat, ITEMS)
        assert "canary" not in "".join(traceback.format_exception(caught.value))
        return asyncio.get_running_loop().time() - began

    assert run_clocked(elapsed()) == 0.0


def cut_body(ends: Any) -> Fault:
    body = json.dumps(completion("item", {})).encode()
    return Fault(200, (body[:40],), {}, len(body), ends=ends)


@served
async def test_fault_17_a_connection_that_breaks_is_got_over(server: ModelServer) -> None:
    await retried(server, cut_body("reset"))


@served
async def test_fault_18_a_body_that_is_shorter_than_told_is_got_over(server: ModelServer) -> None:
    await retried(server, cut_body("close"))


async def ends_in_time(server: ModelServer, fault: Fault) -> None:
    server.reply(lambda _: fault)
    patience = Patience(attempts=2, base=1.0, most=2.0)
    clock = asyncio.get_running_loop()
    began = clock.time()
    with pytest.raises(ProviderError, match=r"did not answer within 30 s"):
        await chat_of(server, patience=patience, timeout_seconds=30.0).complete(user())
    assert 2 * 30.0 + 1.0 <= clock.time() - began <= 2 * 30.0 + 1.0 + 2.0
    assert len(server.calls) == 2


@served
async def test_fault_19_silence_ends_at_the_deadline(server: ModelServer) -> None:
    await ends_in_time(server, Fault(ends="hang"))


@served
async def test_fault_20_a_body_that_drips_ends_at_the_deadline(server: ModelServer) -> None:
    body = json.dumps(completion("item", {})).encode()
    drips = tuple(body[at : at + 1] for at in range(len(body)))
    await ends_in_time(server, Fault(200, drips, {}, len(body), pause=5.0))


@served
async def test_fault_21_json_that_is_cut_off_is_got_over(server: ModelServer) -> None:
    await retried(server, whole(json.dumps(completion("item", {}))[:-20]))


@served
async def test_fault_22_a_web_page_is_no_endpoint(server: ModelServer) -> None:
    await stops(server, whole("<!DOCTYPE html><html>Sign in</html>", content_type="text/html"), "not an OpenAI-compat")


@served
async def test_fault_22_a_web_page_is_known_by_its_text_too(server: ModelServer) -> None:
    await stops(server, whole("\n<html>Sign in</html>"), "not an OpenAI-compatible endpoint")


@served
async def test_fault_23_an_empty_reply_is_got_over(server: ModelServer) -> None:
    await retried(server, whole(b""))


@served
async def test_fault_24_bytes_that_are_not_utf8_are_got_over(server: ModelServer) -> None:
    await retried(server, whole(b'{"choices": [{"message": {"content": "\xff\xfe\xc3"}}]}'))


@served
async def test_fault_25_no_choices_are_tried_again_then_set_aside(server: ModelServer) -> None:
    await set_aside(server, whole({"choices": []}), "without choices", calls=QUICK.attempts)


@served
async def test_fault_26_no_content_is_tried_again_then_set_aside(server: ModelServer) -> None:
    await set_aside(server, whole(completion(None, {})), "without text", calls=QUICK.attempts)


@served
async def test_fault_27_a_refusal_is_set_aside_at_once(server: ModelServer) -> None:
    message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    refused = whole({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    await set_aside(server, refused, "refusal", calls=1)


@served
async def test_fault_28_a_reply_without_room_is_asked_for_in_halves(server: ModelServer) -> None:
    text = "Elin Moe sold the ferry to Dock Nine. " * 20

    def reply(request: Request) -> Any:
        long = len(request["messages"][-1]["content"]) > len(text)
        return whole(completion(json.dumps(GRAPH), request, finish="length")) if long else GRAPH

    server.reply(reply)
    draft = await graph_of(chat_of(server), text)
    assert {entity.name for entity in draft.entities} == {"Elin Moe"}
    assert len(server.calls) == 3


@served
async def test_fault_28_a_reply_that_thought_too_long_is_incomplete_not_empty(server: ModelServer) -> None:
    server.reply(lambda request: whole(completion(None, request, finish="length")))
    assert (await chat_of(server).complete(user())).finish == "length"
    with pytest.raises(InvalidReply, match="cut off"):
        await points_of(chat_of(server))


@served
async def test_fault_29_a_reply_that_a_filter_withheld_is_set_aside(server: ModelServer) -> None:
    await set_aside(server, whole(completion("So f", {}, finish="content_filter")), "content filter", calls=1)


@served
async def test_fault_30_a_wrong_shape_is_asked_for_once_more_with_what_was_wrong(server: ModelServer) -> None:
    server.reply(first(1, {"entities": "none"}, lambda _: GRAPH))
    assert [entity.name for entity in (await graph_of(chat_of(server))).entities] == ["Elin Moe"]
    assert len(server.calls) == 2
    assert "relationships: Field required" in server.calls[1].request["messages"][-1]["content"]


@served
async def test_fault_31_a_fence_and_a_trailing_comma_are_repaired(server: ModelServer) -> None:
    server.reply(lambda _: '```json\n{"points": [{"text": "She sold it [1].", "score": 70},]}\n```')
    assert await points_of(chat_of(server)) == (Point("She sold it [1].", 70.0),)
    assert len(server.calls) == 1


async def useless(server: ModelServer, reply: str) -> None:
    """`reply` is read as nothing at all: it is asked for once more, and set aside."""
    server.reply(lambda _: reply)
    with pytest.raises(InvalidReply, match="asked once more"):
        await points_of(chat_of(server))
    assert len(server.calls) == 2


@served
async def test_fault_32_prose_is_not_an_empty_result(server: ModelServer) -> None:
    await useless(server, "I found no points that help to answer the question.")


@served
async def test_fault_33_of_two_objects_none_is_chosen(server: ModelServer) -> None:
    await useless(server, f'{json.dumps(POINTS)}\n{{"points": []}}')


@served
async def test_fault_34_brackets_without_end_are_a_useless_reply(server: ModelServer) -> None:
    await useless(server, '{"points": ' + "[" * 100_000 + "]" * 100_000 + "}")


@served
async def test_fault_34_brackets_without_end_around_the_reply_are_tried_again(server: ModelServer) -> None:
    await retried(server, whole(b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"))


@served
async def test_fault_35_an_answer_without_end_is_cut_and_set_aside(server: ModelServer) -> None:
    huge = Fault(200, (b" " * 1_000_000,) * 50, {}, 50_000_000)
    await set_aside(server, huge, "longer than what is read", calls=1)


@pytest.mark.parametrize("score", ["NaN", "Infinity", "1e999", '70, "score": 10'])
def test_fault_36_numbers_that_are_none_and_keys_given_twice_are_rejected(score: str) -> None:
    @served
    async def check(server: ModelServer) -> None:
        await useless(server, f'{{"points": [{{"text": "She sold it [1].", "score": {score}}}]}}')

    check()


def stream_of(request: Request, **options: Any) -> tuple[bytes, ...]:
    return tuple(events(request["messages"][-1]["content"], request, size=4, **options))


@served
async def test_fault_37_a_slow_stream_has_its_deadline_for_each_piece(server: ModelServer) -> None:
    server.reply(lambda request: Fault(200, stream_of(request), STREAM, pause=6.0))
    clock = asyncio.get_running_loop()
    began = clock.time()
    assert await read_stream(chat_of(server, timeout_seconds=10.0)) == "A reply that comes in several pieces, in order."
    assert clock.time() - began > 60.0


@served
async def test_fault_37_a_stream_that_falls_silent_ends(server: ModelServer) -> None:
    server.reply(lambda request: Fault(200, stream_of(request)[:2], STREAM, ends="hang"))
    with pytest.raises(ProviderError, match=r"did not answer within 30 s"):
        await read_stream(chat_of(server, timeout_seconds=30.0))
    assert len(server.calls) == 1


async def breaks_off(server: ModelServer, reason: str) -> None:
    """What came is told, then an error; nothing is asked again."""
    pieces: list[str] = []

    async def read() -> None:
        async for piece in chat_of(server).stream(user("A reply that comes in several pieces, in order.")):
            pieces.append(piece)

    with pytest.raises(ProviderError, match=reason):
        await read()
    assert pieces
    assert "A reply that comes in several pieces, in order.".startswith("".join(pieces))
    assert len(server.calls) == 1


@served
async def test_fault_38_a_stream_that_is_cut_is_incomplete(server: ModelServer) -> None:
    server.reply(lambda request: Fault(200, stream_of(request)[:3], STREAM, 5000))
    await breaks_off(server, "broke the connection")


@served
async def test_fault_39_an_error_in_a_stream_is_told(server: ModelServer) -> None:
    error = b'data: {"error": {"message": "The engine overheated", "code": 500}}\n\n'
    server.reply(lambda request: Fault(200, (*stream_of(request)[:3], error), STREAM))
    await breaks_off(server, "The engine overheated")


@served
async def test_fault_40_a_stream_without_a_finish_is_incomplete(server: ModelServer) -> None:
    server.reply(lambda request: Fault(200, stream_of(request, finish=None), STREAM))
    await breaks_off(server, "not complete")


@served
async def test_fault_40_a_stream_that_ran_out_of_room_is_incomplete(server: ModelServer) -> None:
    server.reply(lambda request: Fault(200, stream_of(request, finish="length"), STREAM))
    await breaks_off(server, "ended with 'length'")


@served
async def test_fault_41_usage_that_is_not_told_is_estimated_and_marked(server: ModelServer) -> None:
    server.reply(lambda request: whole(completion("Four words of reply.", request, usage=False)))
    done = await chat_of(server).complete(user("Five words of a question."))
    assert done.usage == Usage(1, TOKENIZER.count("Five words of a question."), TOKENIZER.count(done.text), 0, True)


@served
async def test_fault_41_usage_of_a_stream_that_is_left_early_is_estimated(server: ModelServer) -> None:
    with metered() as meter:
        stream = chat_of(server).stream(user("A reply that comes in several pieces, in order."))
        piece = await anext(stream)
        await stream.aclose()
    asked = TOKENIZER.count("A reply that comes in several pieces, in order.")
    assert meter.usage == Usage(1, asked, TOKENIZER.count(piece), 0, True)


@served
async def test_fault_42_a_redirect_to_another_host_is_not_followed(server: ModelServer) -> None:
    async with ModelServer() as other:
        elsewhere = Fault(307, (b"",), {"location": f"{other.base_url}/chat/completions"}, 0)
        await stops(server, elsewhere, "redirects", other.root_url, "not followed")
        assert other.calls == []


@served
async def test_fault_43_a_bomb_is_not_inflated(server: ModelServer) -> None:
    bomb = gzip.compress(b"\n" * 60_000_000, 1)
    await set_aside(server, whole(bomb, content_encoding="gzip"), "longer than what is read", calls=1)


@served
async def test_a_reply_that_was_compressed_unasked_is_read(server: ModelServer) -> None:
    server.reply(
        lambda request: whole(gzip.compress(json.dumps(completion("small", request)).encode()), content_encoding="gzip")
    )
    assert (await chat_of(server).complete(user())).text == "small"


@served
async def test_a_call_that_hangs_keeps_no_other_waiting(server: ModelServer) -> None:
    server.reply(for_item("item 3", Fault(ends="hang")))
    chat = chat_of(server, patience=Patience(attempts=2, base=1.0), timeout_seconds=30.0)
    clock = asyncio.get_running_loop()
    waited: dict[str, float] = {}

    async def ask(item: str) -> None:
        began = clock.time()
        with suppress(ProviderError):
            await chat.complete(user(item))
        waited[item] = clock.time() - began

    await asyncio.gather(*map(ask, ITEMS))
    assert waited.pop("item 3") > 60.0
    assert waited == dict.fromkeys(ITEMS[:3] + ITEMS[4:], 0.0)
