"""settings -> the providers of a run: language models where they are set, else those that need none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from graphrag_drift.language import kiwi
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.protocols import Embedder, Models, Reader, Tokenizer
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.versions import code_version

if TYPE_CHECKING:
    from graphrag_drift.providers.limits import Limits


def models_for(settings: Settings) -> Models:
    """The reader and the embedder that `models` sets, else the embedded ones; the tokenizer of `chunking`."""
    from graphrag_drift.providers.tiktoken import tokenizer_for

    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    limits = _SharedLimits()
    dimensions = settings.embed_text.dimensions
    read: Callable[[Lexicon], Reader] = _extractive
    embed: Callable[[Lexicon], Embedder] = partial(_hashed, dimensions=dimensions)
    read_version: Callable[[], str] = _extractive_version
    embed_version: Callable[[], str] = partial(_hashed_version, dimensions)
    if settings.models.chat is not None:
        reader = cache(partial(_llm, settings, settings.models.chat, tokenizer, limits))
        read, read_version = (lambda _: reader()), (lambda: reader().id)
    if settings.models.embedding is not None:
        embedder = cache(partial(_remote, settings.models.embedding, tokenizer, limits))
        embed, embed_version = (lambda _: embedder()), (lambda: embedder().id)
    return Models(read, embed, tokenizer, lambda: f"{read_version()}+{embed_version()}")


class _SharedLimits:
    """Roles that ask the same model of the same endpoint share its limits: those of the first to ask."""

    def __init__(self) -> None:
        self._limits: dict[tuple[object, ...], Limits] = {}

    def __call__(self, model: ModelSettings) -> Limits:
        from graphrag_drift.providers.limits import limits_of

        whom = (model.base_url, model.api_version, model.model, model.api_key)
        if whom not in self._limits:
            self._limits[whom] = limits_of(model)
        return self._limits[whom]


def _llm(settings: Settings, chat: ModelSettings, tokenizer: Tokenizer, limits: _SharedLimits) -> Reader:
    from graphrag_drift.prompts import load_prompts
    from graphrag_drift.providers.asking import Asking
    from graphrag_drift.providers.cached import Cached
    from graphrag_drift.providers.limits import chat_model
    from graphrag_drift.providers.llm_reader import LLMReader
    from graphrag_drift.providers.replies import ReplyCache

    models = settings.models
    roles = {
        "chat": chat,
        "extract": models.extract,
        "report": models.report,
        "query": models.query,
        "rate": models.rate or models.query,
        "judge": models.judge,
    }
    chats = {
        role: chat_model(model, tokenizer, limits=limits(model)) for role, model in roles.items() if model is not None
    }
    prompts_dir = settings.root / models.prompts_dir if models.prompts_dir else None
    prompts = load_prompts(prompts_dir, models.language, models.entity_types)
    asker = Cached(Asking(chats), ReplyCache(settings.replies_file))
    return LLMReader(asker, prompts, tokenizer, gleanings=models.gleanings)


def _remote(model: ModelSettings, tokenizer: Tokenizer, limits: _SharedLimits) -> Embedder:
    from graphrag_drift.providers.openai_embeddings import OpenAIEmbedder

    return OpenAIEmbedder(model, tokenizer, limits=limits(model))


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
