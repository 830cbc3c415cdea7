"""What every embedder keeps to: unit rows in the order of the texts, whoever makes them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from contracts import Opened, implementations, of_each
from endpoints import KEY, QUICK, TOKENIZER, settings_of
from model_server import ModelServer
from static_folder import made_folder

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.embedder import HashedTfidf
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.limits import Limits
from graphrag_drift.providers.protocols import Embedder
from graphrag_drift.providers.static import StaticEmbedder
from graphrag_drift.providers.testing import FakeEmbedder

TEXTS = [
    "The dockers of Corvane ended their strike after a mediator proposed higher pay.",
    "Lead was found in the water of four schools in the valley.",
    "부산항 노조는 12일 파업에 들어간다고 밝혔다.",
    "A lone \ud800 surrogate, and emoji 👩‍👩‍👧.",
]
DIMENSIONS = 64


def hashed() -> Embedder:
    return HashedTfidf(Lexicon.from_texts(TEXTS), DIMENSIONS)


def fake() -> Embedder:
    return FakeEmbedder(DIMENSIONS)


def remote(server: ModelServer) -> Embedder:
    limits = Limits(4, patience=QUICK)
    embedder = OpenAIEmbedder(settings_of(server), TOKENIZER, dimensions=DIMENSIONS, limits=limits)
    embedder.batch_texts = 2
    return embedder


@asynccontextmanager
async def extractive() -> AsyncGenerator[Embedder, None]:
    yield hashed()


@asynccontextmanager
async def over_an_endpoint() -> AsyncGenerator[Embedder, None]:
    async with ModelServer() as server:
        yield remote(server)


@asynccontextmanager
async def from_a_folder() -> AsyncGenerator[Embedder, None]:
    words = ["[UNK]", *dict.fromkeys(word for text in TEXTS for word in re.findall(r"\w+|[^\w\s]+", text))]
    words = [word.encode("utf-8", "replace").decode() for word in words]
    table = np.random.default_rng(1).normal(size=(len(words), DIMENSIONS)).astype(np.float32)
    with TemporaryDirectory() as folder:
        yield StaticEmbedder(made_folder(Path(folder), {"embeddings": table}, words=words))


@asynccontextmanager
async def faked() -> AsyncGenerator[Embedder, None]:
    yield fake()


EMBEDDERS: dict[str, Opened[Embedder]] = {
    "FakeEmbedder": faked,
    "HashedTfidf": extractive,
    "OpenAIEmbedder": over_an_endpoint,
    "StaticEmbedder": from_a_folder,
}


def test_every_embedder_is_here() -> None:
    # `SimulatedEmbedder` embeds nothing: it says what embedding would cost.
    assert implementations("embed_passages", "embed_questions") - {"SimulatedEmbedder"} == set(EMBEDDERS)


def test_embedders_made_alike_have_one_id_and_it_holds_no_secret() -> None:
    server = ModelServer()
    for one, other in ((hashed(), hashed()), (fake(), fake()), (remote(server), remote(server))):
        assert one.id == other.id
        assert [one.id] == one.id.splitlines()
        assert KEY not in one.id
    settings = settings_of(server, base_url="http://ann:secret@host:9/v1")
    assert OpenAIEmbedder(settings, TOKENIZER).id == "openai host:9/v1 any - {}"


@of_each(EMBEDDERS)
async def test_rows_are_of_length_one_and_zero_for_texts_without_terms(embedder: Embedder) -> None:
    before = embedder.id
    for embed in (embedder.embed_passages, embedder.embed_questions):
        vectors = await embed([*TEXTS, "", " \n"])
        assert vectors.dtype == np.float32
        assert vectors.shape == (6, embedder.dimensions)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-6)
    assert embedder.id == before


@of_each(EMBEDDERS)
async def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    for embed in (embedder.embed_passages, embedder.embed_questions):
        assert (await embed([])).shape == (0, embedder.dimensions)


@of_each(EMBEDDERS)
async def test_row_i_is_that_of_text_i_whatever_was_embedded_before_or_beside(embedder: Embedder) -> None:
    alone = np.concatenate([await embedder.embed_passages([text]) for text in TEXTS])
    assert (alone == (await embedder.embed_passages(TEXTS[::-1]))[::-1]).all()
    assert (alone == (await embedder.embed_passages(TEXTS * 150))[-len(TEXTS) :]).all()
    several = await asyncio.gather(*(embedder.embed_passages([text, ""]) for text in TEXTS))
    assert (alone == [vectors[0] for vectors in several]).all()


@of_each(EMBEDDERS)
async def test_a_question_is_nearest_to_the_passage_that_shares_its_words(embedder: Embedder) -> None:
    [asked] = await embedder.embed_questions(["the water of schools in the valley"])
    assert int(((await embedder.embed_passages(TEXTS)) @ asked).argmax()) == 1


@of_each(EMBEDDERS)
async def test_texts_that_were_given_are_not_changed(embedder: Embedder) -> None:
    texts = [*TEXTS, TEXTS[0]]
    vectors = await embedder.embed_passages(texts)
    vectors[0] = 0  # a row is its caller's
    assert texts == [*TEXTS, TEXTS[0]]
    assert (await embedder.embed_passages(texts))[0].any()
