"""settings -> the providers of a run: language models where they are set, else those that need none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from graphrag_drift.language import kiwi
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.openai import model_id
from graphrag_drift.providers.protocols import Embedder, Maker, Models, Reader, Tokenizer
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.versions import code_version

if TYPE_CHECKING:
    from graphrag_drift.providers.endpoints import Endpoints
    from graphrag_drift.providers.llm_reader import LLMReader


def models_for(settings: Settings, *, batches: Callable[[str], None] | None = None) -> Models:
    """The reader and the embedder that `models` sets, else the embedded ones; the tokenizer of `chunking`.

    With `batches`, which hears how they fare, models are asked through their provider's Batch API.
    """
    from graphrag_drift.providers.tiktoken import tokenizer_for

    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    endpoints = cache(partial(_endpoints, settings, tokenizer, batches))
    dimensions = settings.embed_text.dimensions
    reader: Maker[Reader] = Maker(_extractive, _extractive_version)
    embedder: Maker[Embedder] = Maker(partial(_hashed, dimensions=dimensions), partial(_hashed_version, dimensions))
    embedding = f"the embedded embedder with {dimensions} dimensions"
    if settings.models.chat is not None:
        read = cache(partial(_llm, settings, settings.models.chat, tokenizer, endpoints))
        reader = Maker(lambda _: read(), lambda: read().indexing_id, composes=True)
    if settings.models.embedding is not None:
        embed = cache(partial(_remote, settings.models.embedding, endpoints))
        embedder = Maker(lambda _: embed(), lambda: embed().id)
        embedding = model_id(settings.models.embedding)
    return Models(reader, embedder, tokenizer, embedding)


def _endpoints(settings: Settings, tokenizer: Tokenizer, batches: Callable[[str], None] | None) -> Endpoints:
    from graphrag_drift.providers.endpoints import Endpoints

    return Endpoints(settings, tokenizer, batches)


def _llm(
    settings: Settings, chat: ModelSettings, tokenizer: Tokenizer, endpoints: Callable[[], Endpoints]
) -> LLMReader:
    from graphrag_drift.prompts import load_prompts
    from graphrag_drift.providers.asking import Asking
    from graphrag_drift.providers.cached import Cached
    from graphrag_drift.providers.llm_reader import LLMReader

    models = settings.models
    roles = {
        "chat": chat,
        "extract": models.extract,
        "report": models.report,
        "query": models.query,
        "rate": models.rate or models.query,
        "judge": models.judge,
    }
    chats = {role: endpoints().chat(model) for role, model in roles.items() if model is not None}
    prompts_dir = settings.root / models.prompts_dir if models.prompts_dir else None
    prompts = load_prompts(prompts_dir, models.language, models.entity_types)
    asker = Cached(Asking(chats), endpoints().replies)
    return LLMReader(asker, prompts, tokenizer, gleanings=models.gleanings)


def _remote(model: ModelSettings, endpoints: Callable[[], Endpoints]) -> Embedder:
    return endpoints().embedder(model)


def _extractive_version() -> str:
    reader = code_version("graphrag_drift.providers.extractive.reader")
    return "+".join(("extractive", f"kiwi-{kiwi.version()}", reader))


def _hashed_version(dimensions: int) -> str:
    return f"hashed-tfidf-{dimensions}+{code_version('graphrag_drift.providers.embeddings')}"


def _extractive(lexicon: Lexicon) -> Reader:
    from graphrag_drift.providers.extractive.reader import ExtractiveReader

    return ExtractiveReader(lexicon)


def _hashed(lexicon: Lexicon, *, dimensions: int) -> Embedder:
    from graphrag_drift.providers.embeddings import HashedTfidf

    return HashedTfidf(lexicon, dimensions)
