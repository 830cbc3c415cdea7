"""settings -> the providers of a run: a language model where one is set, else readers that need none."""

from __future__ import annotations

from functools import cache, partial

from graphrag_drift.language import kiwi
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.protocols import Embedder, Models, Reader, Tokenizer
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.versions import code_version


def models_for(settings: Settings) -> Models:
    """The reader that `models` sets, the embedded embedder, and the tokenizer of `chunking.encoding_model`."""
    from graphrag_drift.providers.tiktoken import tokenizer_for

    dimensions = settings.embed_text.dimensions
    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    embedder = partial(_hashed, dimensions=dimensions)
    if settings.models.chat is None:
        return Models(_extractive, embedder, tokenizer, partial(_embedded_version, dimensions))
    reader = cache(partial(_llm, settings, settings.models.chat, tokenizer))
    return Models(lambda _: reader(), embedder, tokenizer, lambda: f"{reader().id}+{_embedder_version(dimensions)}")


def _llm(settings: Settings, chat: ModelSettings, tokenizer: Tokenizer) -> Reader:
    from graphrag_drift.prompts import load_prompts
    from graphrag_drift.providers.asking import Asking
    from graphrag_drift.providers.cached import Cached
    from graphrag_drift.providers.limits import chat_model
    from graphrag_drift.providers.llm_reader import LLMReader
    from graphrag_drift.providers.replies import ReplyCache

    models = settings.models
    roles = {"chat": chat, "extract": models.extract, "report": models.report, "query": models.query}
    chats = {role: chat_model(model, tokenizer) for role, model in roles.items() if model is not None}
    prompts = load_prompts(settings.root / models.prompts_dir if models.prompts_dir else None)
    asker = Cached(Asking(chats), ReplyCache(settings.replies_file))
    return LLMReader(asker, prompts, tokenizer, gleanings=models.gleanings)


def _embedded_version(dimensions: int) -> str:
    reader = code_version("graphrag_drift.providers.extractive.reader")
    return "+".join(("extractive", f"kiwi-{kiwi.version()}", reader, _embedder_version(dimensions)))


def _embedder_version(dimensions: int) -> str:
    return f"hashed-tfidf-{dimensions}+{code_version('graphrag_drift.providers.embeddings')}"


def _extractive(lexicon: Lexicon) -> Reader:
    from graphrag_drift.providers.extractive.reader import ExtractiveReader

    return ExtractiveReader(lexicon)


def _hashed(lexicon: Lexicon, *, dimensions: int) -> Embedder:
    from graphrag_drift.providers.embeddings import HashedTfidf

    return HashedTfidf(lexicon, dimensions)
