"""settings -> the providers of a run: language models where they are set, else those that need none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.names.chinese import rjieba_installed
from graphrag_drift.names.japanese import sudachi_installed
from graphrag_drift.names.korean import kiwi_version
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.protocols import Embedder, Maker, Models, Reader, Tokenizer
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.tasks import ROLES
from graphrag_drift.versions import code_version

if TYPE_CHECKING:
    from graphrag_drift.prompts import Prompts
    from graphrag_drift.providers.llm.asking import Asker, Asking
    from graphrag_drift.providers.llm.reader import LLMReader
    from graphrag_drift.providers.openai.endpoints import Endpoints


def models_for(settings: Settings, *, batches: Callable[[str], None] | None = None) -> Models:
    """The reader and the embedder that `models` sets, else the embedded ones; the tokenizer of `chunking`.

    With `batches`, which hears how they fare, models are asked through their provider's Batch API.
    """
    from graphrag_drift.providers.tokens import tokenizer_for

    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    endpoints = cache(partial(_endpoints, settings, tokenizer, batches))
    dimensions = settings.embed_text.dimensions
    reader: Maker[Reader] = Maker(_embedded, _embedded_version)
    embedder: Maker[Embedder] = Maker(partial(_hashed, dimensions=dimensions), partial(_hashed_version, dimensions))
    embedding = f"the embedded embedder with {dimensions} dimensions"
    if settings.models.chat is not None:
        asking = cache(lambda: asking_for(settings, endpoints()))
        read = cache(lambda: _llm(settings, asking(), endpoints(), tokenizer))
        reader = Maker(lambda _: read(), lambda: _llm_version(settings, asking(), tokenizer), composes=True)
    if settings.models.embedding is not None:
        embed = cache(partial(_remote, settings.models.embedding, endpoints))
        embedding = model_id(settings.models.embedding)
        embedder = Maker(lambda _: embed(), partial(model_id, settings.models.embedding))
    return Models(reader, embedder, tokenizer, embedding)


def prompts_for(settings: Settings, entity_types: Sequence[str] = ()) -> Prompts:
    """The prompts of a run, those of `models.prompts_dir` in the places of ours. Raises: PromptError.

    `entity_types` take the place of those of the settings.
    """
    from graphrag_drift.prompts import load_prompts

    models = settings.models
    prompts_dir = settings.root / models.prompts_dir if models.prompts_dir else None
    return load_prompts(prompts_dir, models.language, entity_types or models.entity_types)


def asking_for(settings: Settings, endpoints: Endpoints) -> Asking:
    """Whoever asks the models of all roles."""
    from graphrag_drift.providers.llm.asking import Asking

    return Asking({role: endpoints.chat(model) for role, model in role_models(settings).items()})


def role_models(settings: Settings) -> dict[str, ModelSettings]:
    """The models that are set, by role; "chat" stands in for the others."""
    models = settings.models
    roles: dict[str, ModelSettings | None] = {role: getattr(models, role) for role in ("chat", *ROLES)}
    roles["rate"] = models.rate or models.query
    return {role: model for role, model in roles.items() if model is not None}


def reader_of(asker: Asker, settings: Settings, tokenizer: Tokenizer, prompts: Prompts | None = None) -> LLMReader:
    """The reader that has its questions answered by `asker`; `prompts` None: those of the settings."""
    from graphrag_drift.providers.llm.reader import LLMReader

    return LLMReader(asker, prompts or prompts_for(settings), tokenizer, gleanings=settings.models.gleanings)


def _endpoints(settings: Settings, tokenizer: Tokenizer, batches: Callable[[str], None] | None) -> Endpoints:
    from graphrag_drift.providers.openai.endpoints import Endpoints

    return Endpoints(settings, tokenizer, batches)


def _llm(settings: Settings, asking: Asking, endpoints: Endpoints, tokenizer: Tokenizer) -> LLMReader:
    from graphrag_drift.providers.llm.cached import Cached

    return reader_of(Cached(asking, endpoints.replies), settings, tokenizer)


def _remote(model: ModelSettings, endpoints: Callable[[], Endpoints]) -> Embedder:
    return endpoints().embedder(model)


def _llm_version(settings: Settings, asking: Asking, tokenizer: Tokenizer) -> str:
    """Needs no file of replies."""
    code = code_version("graphrag_drift.providers.llm.indexing")
    return f"{reader_of(asking, settings, tokenizer).indexing_id}+{code}"


def _embedded_version() -> str:
    code = code_version("graphrag_drift.providers.embedded.indexing")
    readers = (f"kiwi-{kiwi_version()}", f"rjieba-{rjieba_installed()}", f"sudachi-{sudachi_installed()}")
    return "+".join(("extractive", *readers, code))


def _hashed_version(dimensions: int) -> str:
    return f"hashed-tfidf-{dimensions}+{code_version('graphrag_drift.providers.embedded.embedder')}"


def _embedded(lexicon: Lexicon) -> Reader:
    from graphrag_drift.providers.embedded.reader import ExtractiveReader

    return ExtractiveReader(lexicon)


def _hashed(lexicon: Lexicon, *, dimensions: int) -> Embedder:
    from graphrag_drift.providers.embedded.embedder import HashedTfidf

    return HashedTfidf(lexicon, dimensions)
