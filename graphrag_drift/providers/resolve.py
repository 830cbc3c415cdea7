"""settings -> the providers of a run: language models where they are set, else those that need none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from graphrag_drift.language import kiwi
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.openai import Rung, model_id
from graphrag_drift.providers.protocols import Embedder, Maker, Models, Reader, Tokenizer
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.versions import code_version

if TYPE_CHECKING:
    from graphrag_drift.providers.findings import Finding
    from graphrag_drift.providers.limits import Limits
    from graphrag_drift.providers.llm_reader import LLMReader
    from graphrag_drift.providers.replies import ReplyCache


def models_for(settings: Settings) -> Models:
    """The reader and the embedder that `models` sets, else the embedded ones; the tokenizer of `chunking`."""
    from graphrag_drift.providers.tiktoken import tokenizer_for

    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    limits, kept = _SharedLimits(), cache(partial(_kept_replies, settings.replies_file))
    dimensions = settings.embed_text.dimensions
    reader: Maker[Reader] = Maker(_extractive, _extractive_version)
    embedder: Maker[Embedder] = Maker(partial(_hashed, dimensions=dimensions), partial(_hashed_version, dimensions))
    embedding = f"the embedded embedder with {dimensions} dimensions"
    if settings.models.chat is not None:
        read = cache(partial(_llm, settings, settings.models.chat, tokenizer, limits, kept))
        reader = Maker(lambda _: read(), lambda: read().indexing_id, composes=True)
    if settings.models.embedding is not None:
        embed = cache(partial(_remote, settings, settings.models.embedding, tokenizer, limits, kept))
        embedder = Maker(lambda _: embed(), lambda: embed().id)
        embedding = model_id(settings.models.embedding)
    return Models(reader, embedder, tokenizer, embedding)


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


def _kept_replies(path: Path) -> ReplyCache:
    from graphrag_drift.providers.replies import ReplyCache

    return ReplyCache(path)


def _llm(
    settings: Settings, chat: ModelSettings, tokenizer: Tokenizer, limits: _SharedLimits, kept: Callable[[], ReplyCache]
) -> LLMReader:
    from graphrag_drift.prompts import load_prompts
    from graphrag_drift.providers.asking import Asking
    from graphrag_drift.providers.cached import Cached
    from graphrag_drift.providers.findings import load_findings
    from graphrag_drift.providers.limits import chat_model
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
    found = load_findings(settings.cache_folder)
    chats = {
        role: chat_model(model, tokenizer, limits=limits(model), rung=_rung(model, found))
        for role, model in roles.items()
        if model is not None
    }
    prompts_dir = settings.root / models.prompts_dir if models.prompts_dir else None
    prompts = load_prompts(prompts_dir, models.language, models.entity_types)
    asker = Cached(Asking(chats), kept())
    return LLMReader(asker, prompts, tokenizer, gleanings=models.gleanings)


def _rung(model: ModelSettings, found: Mapping[str, Finding]) -> Rung | None:
    """What `doctor` found, unless the user knows better."""
    known = found.get(model_id(model))
    return known.rung if known and model.reply_format == "auto" else None


def _remote(
    settings: Settings,
    model: ModelSettings,
    tokenizer: Tokenizer,
    limits: _SharedLimits,
    kept: Callable[[], ReplyCache],
) -> Embedder:
    from graphrag_drift.providers.findings import load_findings
    from graphrag_drift.providers.kept_vectors import KeptVectors
    from graphrag_drift.providers.openai_embeddings import OpenAIEmbedder

    vectors = KeptVectors(kept(), model_id(model))
    known = load_findings(settings.cache_folder).get(model_id(model))
    dimensions = known.dimensions if known else None
    return OpenAIEmbedder(model, tokenizer, dimensions=dimensions, limits=limits(model), kept=vectors)


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
