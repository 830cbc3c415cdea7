"""Faults 44 to 51: what an embedding endpoint may do wrong. No vector is taken on trust, none is asked for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from endpoints import QUICK, TOKENIZER, served, settings_of
from model_server import ModelServer, Request, embeddings, failure, vector_of, whole

from graphrag_drift.errors import EndpointError, GraphRAGError, ProviderError
from graphrag_drift.metering import metered
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.limits import Limits
from graphrag_drift.values import Usage

TEXTS = [f"text number {number}" for number in range(20)]
BAD = "text number 7"


def embedder_of(server: ModelServer, **options: Any) -> OpenAIEmbedder:
    return OpenAIEmbedder(settings_of(server), TOKENIZER, limits=Limits(25, patience=QUICK), **options)


def expected(texts: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array([vector_of(text) for text in texts], np.float32)


def vectors_of(request: Request) -> list[list[float]]:
    return [vector_of(text) for text in request["input"]]


def changed(change: Callable[[Request, list[list[float]]], None]) -> Callable[[Request], Request]:
    """A handler whose vectors were changed."""

    def handler(request: Request) -> Request:
        vectors = vectors_of(request)
        change(request, vectors)
        return embeddings(vectors, request)

    return handler


def spoiled(value: float) -> Callable[[Request], Request]:
    """A handler that sends vectors of `value` for one text."""

    def spoil(request: Request, vectors: list[list[float]]) -> None:
        if BAD in request["input"]:
            vectors[request["input"].index(BAD)] = [value] * 64

    return changed(spoil)


def first_time(wrong: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """A handler that is wrong once."""
    calls: list[Request] = []

    def handler(request: Request) -> Any:
        calls.append(request)
        return wrong(request) if len(calls) == 1 else embeddings(vectors_of(request), request)

    return handler


async def got_over(server: ModelServer) -> None:
    """All vectors are there, by one call more."""
    vectors = await embedder_of(server).embed_passages(TEXTS)
    np.testing.assert_allclose(vectors, expected(TEXTS), atol=1e-6)
    assert len(server.calls) == 2


async def set_aside(server: ModelServer, reason: str) -> None:
    """All vectors are there but one, which is told."""
    done = await embedder_of(server).embed(TEXTS)
    assert list(done.failed) == [7]
    assert reason in done.failed[7]
    assert not done.vectors[7].any()
    others = [text for text in TEXTS if text != BAD]
    np.testing.assert_allclose(np.delete(done.vectors, 7, axis=0), expected(others), atol=1e-6)
    with pytest.raises(ProviderError, match="1 of 20 texts were not embedded"):
        await embedder_of(server).embed_passages(TEXTS)


@served
async def test_vectors_come_in_batches_in_the_order_of_the_texts(server: ModelServer) -> None:
    texts = [f"text number {number}" for number in range(150)]
    with metered() as meter:
        vectors = await embedder_of(server).embed_passages(texts)
    np.testing.assert_allclose(vectors, expected(texts), atol=1e-6)
    assert sorted(len(call.request["input"]) for call in server.calls) == [22, 64, 64]
    assert meter.usage == Usage(3, server.tokens)


@served
async def test_batches_are_bounded_in_tokens(server: ModelServer) -> None:
    texts = [f"{number} {'word ' * 50}" for number in range(10)]
    embedder = embedder_of(server)
    embedder.batch_tokens = 200
    await embedder.embed_passages(texts)
    assert max(sum(map(TOKENIZER.count, call.request["input"])) for call in server.calls) <= 200


@served
async def test_no_text_is_embedded_twice_and_blank_ones_never(server: ModelServer) -> None:
    vectors = await embedder_of(server).embed_passages(["one", "", "two", "one", "  \n"])
    assert [call.request["input"] for call in server.calls] == [["one", "two"]]
    assert vectors[0].tolist() == vectors[3].tolist()
    assert not vectors[1].any()
    assert not vectors[4].any()


@served
async def test_only_what_the_user_set_is_sent(server: ModelServer) -> None:
    settings = settings_of(server, parameters={"dimensions": 16})
    embedder = OpenAIEmbedder(settings, TOKENIZER)
    await embedder.embed_questions(["one"])
    assert server.calls[0].request == {"model": "any", "input": ["one"], "dimensions": 16}
    assert embedder.dimensions == 16


def test_dimensions_that_are_not_known_are_not_invented() -> None:
    with pytest.raises(GraphRAGError, match="not known"):
        _ = embedder_of(ModelServer()).dimensions


@served
async def test_fault_44_a_vector_too_few_is_asked_for_again(server: ModelServer) -> None:
    server.embed = first_time(changed(lambda _, vectors: vectors.pop()))  # type: ignore[arg-type]
    await got_over(server)


@served
async def test_fault_44_a_vector_too_few_always_halves_the_batch(server: ModelServer) -> None:
    def drop(request: Request, vectors: list[list[float]]) -> None:
        if BAD in request["input"]:
            vectors.pop()

    server.embed = changed(drop)
    await set_aside(server, "a vector for each text")


@served
async def test_fault_45_another_dimension_than_the_index_has_ends_the_run(server: ModelServer) -> None:
    with pytest.raises(EndpointError, match="64 dimensions, 1536 were expected"):
        await embedder_of(server, dimensions=1536).embed_passages(TEXTS)
    assert len(server.calls) == 1


@served
async def test_fault_46_a_dimension_that_changes_ends_the_run(server: ModelServer) -> None:
    embedder = embedder_of(server)
    await embedder.embed_passages(TEXTS)
    server.dimensions = 32
    with pytest.raises(EndpointError, match="32 dimensions, 64 were expected"):
        await embedder.embed_passages(["another text"])


@served
async def test_fault_46_vectors_of_several_dimensions_end_the_run(server: ModelServer) -> None:
    server.embed = changed(lambda _, vectors: vectors[3].pop())  # type: ignore[arg-type]
    with pytest.raises(EndpointError, match="63 dimensions"):
        await embedder_of(server).embed_passages(TEXTS)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_fault_47_a_vector_that_is_not_finite_is_asked_for_again_then_set_aside(value: float) -> None:
    @served
    async def check(server: ModelServer) -> None:
        server.embed = first_time(spoiled(value))
        await got_over(server)
        assert server.calls[1].request["input"] == [BAD]
        server.embed = spoiled(value)
        await set_aside(server, "not finite")

    check()


@served
async def test_fault_48_a_vector_of_zeros_is_set_aside(server: ModelServer) -> None:
    server.embed = spoiled(0.0)
    await set_aside(server, "vector of zeros")


@served
async def test_fault_49_vectors_in_another_order_find_their_texts(server: ModelServer) -> None:
    def shuffled(request: Request) -> Request:
        reply = embeddings(vectors_of(request), request)
        return reply | {"data": sorted(reply["data"], key=lambda row: row["index"] * 7 % 20)}

    server.embed = shuffled
    np.testing.assert_allclose(await embedder_of(server).embed_passages(TEXTS), expected(TEXTS), atol=1e-6)
    assert len(server.calls) == 1


@served
async def test_fault_50_base64_is_decoded(server: ModelServer) -> None:
    server.embed = lambda request: embeddings(vectors_of(request), request | {"encoding_format": "base64"})
    np.testing.assert_allclose(await embedder_of(server).embed_passages(TEXTS), expected(TEXTS), atol=1e-6)


@served
async def test_fault_51_an_empty_list_is_asked_for_again(server: ModelServer) -> None:
    server.embed = first_time(lambda request: embeddings([], request))
    await got_over(server)


@served
async def test_a_text_that_is_refused_costs_only_itself(server: ModelServer) -> None:
    def handler(request: Request) -> Any:
        too_long = failure(400, "This model's maximum context length is 8192 tokens")
        return too_long if BAD in request["input"] else embeddings(vectors_of(request), request)

    server.embed = handler
    await set_aside(server, "too long for the model")


@served
async def test_transport_faults_of_batches_are_retried(server: ModelServer) -> None:
    server.sometimes([failure(500), whole(b"{"), failure(429, retry_after_ms="20")], 0.3, seed=5)
    texts = [f"text number {number}" for number in range(300)]
    embedder = embedder_of(server)
    embedder.batch_texts = 10
    embedder_vectors, again = await asyncio.gather(embedder.embed_passages(texts), embedder.embed_questions(texts[:5]))
    np.testing.assert_allclose(embedder_vectors, expected(texts), atol=1e-6)
    np.testing.assert_allclose(again, expected(texts[:5]), atol=1e-6)
