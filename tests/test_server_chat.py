"""The interface of OpenAI, asked by OpenAI's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from endpoints import obedient, reading, server_in_a_thread
from serving import Served, serving, sse_events

from graphrag_drift import Index, Settings
from graphrag_drift.query import METHODS
from graphrag_drift.server.chat import conversation
from graphrag_drift.server.requests import ChatMessage
from graphrag_drift.values import Answer

TOKEN = "a-token-of-some-length"
QUESTION = "Who owns Lodestar Storage?"
DRIFT = "What does the water in Brackwater have to do with the velarustat trial?"


@pytest.fixture(scope="module")
def served(newsroom_settings: Settings) -> Iterator[Served]:
    with serving(newsroom_settings, token=TOKEN) as server:
        yield server


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def answer(newsroom_index: Index) -> Answer:
    return newsroom_index.ask_sync(QUESTION)


def test_each_method_is_a_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == list(METHODS)
    assert client.models.retrieve("drift").id == "drift"


def test_a_completion_is_the_answer_with_its_sources_below(client: openai.OpenAI, answer: Answer) -> None:
    reply = client.chat.completions.create(model="auto", messages=[{"role": "user", "content": QUESTION}])
    message = reply.choices[0].message
    assert message.content is not None
    text, _, foot = message.content.partition("\n\n**Sources**\n\n")
    assert text == answer.text
    assert reply.choices[0].finish_reason == "stop"
    first = answer.citations[0]
    assert foot.startswith(f"- [1] {first.document_title} ({first.source}, {first.date}, {first.path}): “")
    assert reply.usage is not None
    assert reply.usage.total_tokens == 0  # the embedded reader costs nothing


def test_annotations_say_where_each_mark_stands_and_what_it_opens(
    client: openai.OpenAI, served: Served, answer: Answer
) -> None:
    reply = client.chat.completions.create(model="auto", messages=[{"role": "user", "content": QUESTION}])
    message = reply.choices[0].message
    assert message.annotations
    assert message.content is not None
    for annotation in message.annotations:
        cited = annotation.url_citation
        mark = int(message.content[cited.start_index : cited.end_index].strip("[]"))
        source = answer.citations[mark - 1]
        assert cited.title == source.document_title
        assert cited.url == f"{served.url}/#/document/{source.document_id}/{source.start}-{source.end}"
    assert reply.model_extra is not None
    quotes = [source["document"][0] for source in reply.model_extra["sources"]]
    assert quotes == [citation.quote for citation in answer.citations]


def test_a_stream_gives_the_same_text_and_then_the_sources(client: openai.OpenAI) -> None:
    ask = {"model": "drift", "messages": [{"role": "user", "content": DRIFT}]}
    whole = client.chat.completions.create(**ask)  # type: ignore[call-overload]
    stream = client.chat.completions.create(  # type: ignore[call-overload]
        **ask, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    thoughts = "".join((delta.model_extra or {}).get("reasoning_content", "") for delta in deltas)
    assert thoughts.count("\n- ") >= 4
    assert thoughts == whole.choices[0].message.model_extra["reasoning_content"]
    marks = [extra["annotations"] for delta in deltas if "annotations" in (extra := delta.model_extra or {})]
    assert marks == [[each.model_dump() for each in whole.choices[0].message.annotations]]
    listed = [chunk.model_extra["sources"] for chunk in chunks if "sources" in (chunk.model_extra or {})]
    assert listed == [whole.model_extra["sources"]]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 0)


def test_parts_of_a_message_are_read_together(client: openai.OpenAI, answer: Answer) -> None:
    parts = [
        {"type": "text", "text": "Who owns"},
        {"type": "image_url", "image_url": {"url": "data:,x"}},
        {"type": "text", "text": "Lodestar Storage?"},
    ]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    reply = client.chat.completions.create(model="auto", messages=messages, temperature=0.3)  # type: ignore[arg-type]
    assert (reply.choices[0].message.content or "").startswith(answer.text)


def test_a_conversation_is_its_turns_without_the_sources_below_them() -> None:
    said = [("system", "x"), ("user", "Who?"), ("assistant", "She. [1]\n\n**Sources**\n\n- [1] A"), ("user", "When?")]
    messages = [ChatMessage(role=role, content=text) for role, text in said]
    assert conversation(messages) == ("When?", [("Who?", "She. [1]")])


def test_earlier_turns_are_read_with_the_question(root: Path) -> None:
    with server_in_a_thread(obedient) as model, serving(reading(root, model.base_url)) as server:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
            reply = client.chat.completions.create(
                model="local",
                messages=[
                    {"role": "user", "content": "Who bought the Aldane Mill?"},
                    {"role": "assistant", "content": "Corin Bank. [1]"},
                    {"role": "user", "content": "From whom?"},
                ],
            )
        asked = json.dumps([call.request for call in model.calls])
    assert "Corin Bank. [1]" in asked
    assert reply.usage is not None
    assert reply.usage.prompt_tokens > 0


def test_what_is_wrong_is_an_error_of_the_client(client: openai.OpenAI, served: Served) -> None:
    hello = {"role": "user", "content": "Hello?"}
    with pytest.raises(openai.NotFoundError, match="there is no such model") as raised:
        client.chat.completions.create(model="gpt-9", messages=[hello])  # type: ignore[list-item]
    assert raised.value.code == "model_not_found"
    for messages in ([], [{"role": "assistant", "content": "Hello"}], [{"role": "user", "content": " "}]):
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="auto", messages=messages)  # type: ignore[arg-type]
    other = openai.OpenAI(base_url=f"{served.url}/v1", api_key="wrong", max_retries=0)
    with other, pytest.raises(openai.AuthenticationError):
        other.models.list()


def test_a_stream_that_breaks_off_does_not_pass_as_whole(root: Path) -> None:
    from model_server import Fault, events

    def breaks(request: dict[str, object]) -> object:
        if not request.get("stream"):
            return obedient(request)
        return Fault(
            200, tuple(events("Sold. [1] " * 20, request, finish="length")), {"content-type": "text/event-stream"}
        )

    body = {"model": "local", "messages": [{"role": "user", "content": "Who bought the Aldane Mill?"}], "stream": True}
    with server_in_a_thread(breaks) as model, serving(reading(root, model.base_url)) as server:  # type: ignore[arg-type]
        sent = sse_events(server.post("/v1/chat/completions", body).body)
    assert sent[-1][1]["error"]["code"] == "model_failed"
    assert all(piece == "[DONE]" or piece.get("choices", [{}])[0].get("finish_reason") is None for _, piece in sent)
