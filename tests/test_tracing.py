"""Spans, as an SDK of OpenTelemetry exports them: of questions, retrieval, branches of DRIFT, and calls of models."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

import pytest
from endpoints import KEY, QUICK, TOKENIZER, chat_of, first, served, settings_of, user
from model_server import ModelServer, failure
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from graphrag_drift import Branch, Index, ProviderError
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.limits import Limits
from graphrag_drift.tracing import retrieval_span, span

QUESTION = "What do the port strike and the drug trial have to do with each other?"


class Spans:
    """What an SDK that is set up exports."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    @property
    def all(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [each for each in self.all if each.name == name]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    """An SDK of this test alone: the real one may be set up once for a process."""
    spans = Spans()
    monkeypatch.setattr(trace, "get_tracer", spans.provider.get_tracer)
    return spans


def branches(branch: Branch | None) -> list[Branch]:
    return [] if branch is None else [branch, *(below for child in branch.children for below in branches(child))]


def test_each_branch_of_drift_has_a_span_inside_that_of_its_question(spans: Spans, newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync(QUESTION, method="drift")
    [root] = spans.named("invoke_workflow graphrag_drift")
    assert root.attributes is not None
    assert root.attributes["gen_ai.operation.name"] == "invoke_workflow"
    assert root.attributes["graphrag.method"] == "drift"
    assert root.parent is None
    inside = [each for each in spans.all if each is not root]
    assert {each.context.trace_id for each in inside} == {root.context.trace_id}
    assert all(each.parent is not None for each in inside)
    assert {each.name for each in inside} >= {"retrieval", "prime_question", "answer_follow_up"}
    # The root question is answered by local search beside the primer.
    scores = [each.attributes["graphrag.score"] for each in spans.named("answer_follow_up") if each.attributes]
    asked = branches(answer.tree)[1:]
    assert asked
    assert Counter(scores) >= Counter(branch.score for branch in asked)
    assert len(scores) == len(asked) + 1


def test_retrieval_says_by_which_method_and_how_much(spans: Spans, newsroom_index: Index) -> None:
    rows = newsroom_index.retrieve(QUESTION, "basic", 4)
    [retrieval] = spans.all
    assert retrieval.name == "retrieval"
    assert retrieval.kind is SpanKind.INTERNAL
    assert dict(retrieval.attributes or {}) == {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.top_k": 4,
        "graphrag.method": "basic",
        "graphrag.text_units": rows.height,
    }


def test_what_people_ask_is_told_only_where_that_is_allowed(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    with retrieval_span(QUESTION, "basic", 1):
        pass
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    with retrieval_span(QUESTION, "basic", 1):
        pass
    silent, telling = (dict(each.attributes or {}) for each in spans.all)
    assert QUESTION not in silent.values()
    assert telling["gen_ai.retrieval.query.text"] == QUESTION


def test_one_span_is_around_a_call_and_all_its_attempts(spans: Spans) -> None:
    @served
    async def calling(server: ModelServer) -> None:
        server.reply(first(1, failure(503)))
        completion = await chat_of(server, parameters={"temperature": 0.5}).complete(user("one two"))
        [call] = spans.all
        assert call.name == "chat any"
        assert call.kind is SpanKind.CLIENT
        assert dict(call.attributes or {}) == {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "any",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.response.finish_reasons": ("stop",),
            "gen_ai.usage.input_tokens": completion.usage.prompt_tokens,
            "gen_ai.usage.output_tokens": completion.usage.completion_tokens,
            "gen_ai.usage.cache_read.input_tokens": completion.usage.cached_tokens,
            "server.address": "127.0.0.1",
            "server.port": int(server.base_url.split(":")[2].partition("/")[0]),
        }
        assert not any(KEY in str(value) for value in (call.attributes or {}).values())

    calling()


def test_a_streamed_reply_has_a_span_also_if_its_reader_leaves(spans: Spans) -> None:
    @served
    async def streaming(server: ModelServer) -> None:
        text = "".join([piece async for piece in chat_of(server).stream(user("one two three"))])
        leaving = chat_of(server).stream(user("a longer text that is not read to its end, by far"))
        await anext(leaving)
        await leaving.aclose()
        whole, left = spans.named("chat any")
        assert text
        assert whole.attributes is not None
        assert whole.attributes["gen_ai.request.stream"] is True
        assert whole.attributes["gen_ai.usage.output_tokens"]
        assert left.status.status_code is StatusCode.UNSET

    streaming()


def test_texts_that_are_embedded_have_a_span_for_each_call(spans: Spans) -> None:
    @served
    async def embedding(server: ModelServer) -> None:
        embedder = OpenAIEmbedder(settings_of(server), TOKENIZER, limits=Limits(25, patience=QUICK))
        await embedder.embed_passages(["one", "two"])
        [call] = spans.all
        assert call.name == "embeddings any"
        assert call.attributes is not None
        assert call.attributes["gen_ai.usage.input_tokens"] == 2

    embedding()


def test_a_call_that_fails_says_by_which_error(spans: Spans) -> None:
    @served
    async def failing(server: ModelServer) -> None:
        server.reply(lambda request: failure(400, "no such thing"))
        with pytest.raises(ProviderError):
            await chat_of(server).complete(user())
        [call] = spans.all
        assert call.status.status_code is StatusCode.ERROR
        assert call.attributes is not None
        assert call.attributes["error.type"]
        assert "no such thing" in str(call.status.description)

    failing()


def test_without_opentelemetry_a_span_is_nothing(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    with span("retrieval", {}) as tell:
        tell({"graphrag.text_units": 1})
    assert spans.all == ()


def test_questions_that_are_asked_at_once_have_their_own_spans(spans: Spans, newsroom_index: Index) -> None:
    async def ask_all() -> None:
        await asyncio.gather(*(newsroom_index.ask(QUESTION, method="basic") for _ in range(3)))

    asyncio.run(ask_all())
    roots = spans.named("invoke_workflow graphrag_drift")
    assert len({root.context.trace_id for root in roots}) == 3
    for root in roots:
        assert any(each.parent and each.parent.span_id == root.context.span_id for each in spans.named("retrieval"))
