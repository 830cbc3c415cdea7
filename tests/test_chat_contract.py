"""What every chat model keeps to: the fake, and those over an endpoint, which is a real server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from contracts import Opened, implementations, of_each
from endpoints import KEY, TOKENIZER, chat_of, settings_of, user
from model_server import Fault, ModelServer, Reply, Request, completion, echo, events, failure, whole

from graphrag_drift.errors import EndpointError, ProviderError
from graphrag_drift.providers.openai.chat import OpenAIChat
from graphrag_drift.providers.openai.limits import LimitedChat, Limits, Patience
from graphrag_drift.providers.protocols import ChatModel, Completion, Message, ReplyShape
from graphrag_drift.providers.testing import Reply as Script
from graphrag_drift.providers.testing import ScriptedChat
from graphrag_drift.values import Usage

SAID = "A reply that comes in several pieces, in order."
CUT, REFUSED, WRONG_KEY = "cut off", "refused", "wrong key"  # what a message may ask for
ONCE = Patience(attempts=1)


def reply_to(request: Request) -> Reply:
    """The last message again, or the fault that it asks for."""
    asked = echo(request)
    if asked == REFUSED:
        return failure(400, "The response was filtered by the content management policy")
    if asked == WRONG_KEY:
        return failure(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key")
    if asked == CUT and request.get("stream"):
        return Fault(200, tuple(events(asked, request, finish="length")), {"content-type": "text/event-stream"})
    return whole(completion(asked, request, finish="length")) if asked == CUT else asked


def scripted_reply(messages: Sequence[Message]) -> Script:
    """As `reply_to`, of the fake."""
    asked = messages[-1].content
    errors: dict[str, Exception] = {REFUSED: ProviderError("refused"), WRONG_KEY: EndpointError("wrong key")}
    return errors.get(asked) or (Completion(asked, "length", Usage(1, 2, 2)) if asked == CUT else asked)


@asynccontextmanager
async def scripted() -> AsyncGenerator[ChatModel, None]:
    yield ScriptedChat(scripted_reply)


@asynccontextmanager
async def over_an_endpoint() -> AsyncGenerator[ChatModel, None]:
    async with ModelServer() as server:
        server.reply(reply_to)
        yield OpenAIChat(settings_of(server), TOKENIZER)
        assert server.sending == 0  # nothing was left open


@asynccontextmanager
async def within_limits() -> AsyncGenerator[ChatModel, None]:
    async with ModelServer() as server:
        server.reply(reply_to)
        yield chat_of(server, limits=Limits(2, requests_per_minute=10_000, tokens_per_minute=10_000_000, patience=ONCE))
        assert server.sending == 0


CHATS: dict[str, Opened[ChatModel]] = {
    "LimitedChat": within_limits,
    "OpenAIChat": over_an_endpoint,
    "ScriptedChat": scripted,
}


def test_every_chat_model_is_here() -> None:
    one_reply = {"RecordedChat"}  # which has but that of the demo
    assert implementations("complete", "stream") - one_reply == set(CHATS)


def test_the_id_names_host_model_and_parameters_and_no_secret() -> None:
    settings = settings_of(ModelServer(), base_url="http://ann:secret@host:9/v1?token=hidden", parameters={"seed": 1})
    ids = {
        maker.id
        for _ in range(2)
        for chat in [OpenAIChat(settings, TOKENIZER)]
        for maker in (chat, LimitedChat(chat, Limits(1), TOKENIZER))
    }
    assert ids == {'openai host:9/v1 any - {"seed": 1}'}
    for change in ({"model": "other"}, {"base_url": "http://else/v1"}, {"parameters": {"seed": 2}}):
        assert OpenAIChat(settings.model_copy(update=change), TOKENIZER).id not in ids
    assert ScriptedChat([], name="one").id == ScriptedChat(["a"], name="one").id != ScriptedChat([], name="two").id


@of_each(CHATS)
async def test_a_completion_is_the_text_its_finish_and_what_it_took(chat: ChatModel) -> None:
    before = chat.id
    done = await chat.complete([Message("system", "Be brief."), *user(SAID)])
    assert (done.text, done.finish) == (SAID, "stop")
    assert replace(done.usage, prompt_tokens=0, completion_tokens=0) == Usage(1)
    assert done.usage.prompt_tokens > done.usage.completion_tokens > 0
    assert chat.id == before


@of_each(CHATS)
async def test_a_shape_is_no_part_of_the_messages(chat: ChatModel) -> None:
    shape = ReplyShape("answer", {"type": "object", "properties": {}, "additionalProperties": False})
    assert (await chat.complete(user("{}"), shape)).text == "{}"


@of_each(CHATS)
async def test_any_text_can_be_sent(chat: ChatModel) -> None:
    done = await chat.complete(user("부산항 👩‍👩‍👧 \x00 <|endoftext|> \ud800"))
    assert done.text.startswith("부산항 👩‍👩‍👧 \x00 <|endoftext|>")


@of_each(CHATS)
async def test_replies_go_to_those_who_asked(chat: ChatModel) -> None:
    items = [f"item {number}" for number in range(12)]
    assert [done.text for done in await asyncio.gather(*(chat.complete(user(item)) for item in items))] == items


@of_each(CHATS)
async def test_a_reply_without_room_is_told_by_its_finish(chat: ChatModel) -> None:
    done = await chat.complete(user(CUT))
    assert (done.text, done.finish) == (CUT, "length")


@of_each(CHATS)
async def test_the_pieces_of_a_stream_are_the_reply(chat: ChatModel) -> None:
    async with aclosing(chat.stream(user(SAID))) as stream:
        pieces = [piece async for piece in stream]
    assert len(pieces) > 1
    assert "".join(pieces) == SAID


@of_each(CHATS)
async def test_a_stream_that_was_left_early_is_closed_and_the_model_can_be_asked_again(chat: ChatModel) -> None:
    async with aclosing(chat.stream(user(SAID))) as stream:
        assert SAID.startswith(await anext(stream))
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert (await chat.complete(user(SAID))).text == SAID


@of_each(CHATS)
async def test_a_stream_that_is_not_complete_gives_what_came_and_then_an_error(chat: ChatModel) -> None:
    pieces: list[str] = []

    async def read() -> None:
        async with aclosing(chat.stream(user(CUT))) as stream:
            async for piece in stream:
                pieces.append(piece)

    with pytest.raises(ProviderError, match="ended with 'length'"):
        await read()
    assert "".join(pieces) == CUT


@of_each(CHATS)
async def test_what_concerns_one_reply_is_not_an_error_of_the_endpoint(chat: ChatModel) -> None:
    with pytest.raises(ProviderError) as caught:
        await chat.complete(user(REFUSED))
    assert not isinstance(caught.value, EndpointError)
    with pytest.raises(ProviderError) as caught:
        await anext(chat.stream(user(REFUSED)))
    assert not isinstance(caught.value, EndpointError)


@of_each(CHATS)
async def test_what_concerns_all_replies_is_an_error_of_the_endpoint_and_shows_no_key(chat: ChatModel) -> None:
    with pytest.raises(EndpointError) as caught:
        await chat.complete(user(WRONG_KEY))
    assert KEY not in str(caught.value)
    with pytest.raises(EndpointError) as caught:
        await anext(chat.stream(user(WRONG_KEY)))
    assert KEY not in str(caught.value)
