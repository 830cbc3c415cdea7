"""settings -> the providers of a run: for each role the language model that is set, else those that need none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphrag_drift.errors import SettingsError
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.names.chinese import rjieba_installed
from graphrag_drift.names.japanese import sudachi_installed
from graphrag_drift.names.korean import kiwi_version
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.protocols import Embedder, Maker, Models, Reader, Tokenizer
from graphrag_drift.settings import ModelSettings, Settings, role_models
from graphrag_drift.tasks import ROLES, TASKS, AnswerQuestion, ExtractGraph, Task, WriteReport
from graphrag_drift.versions import code_version

if TYPE_CHECKING:
    from graphrag_drift.prompts import Prompts
    from graphrag_drift.providers.llm.asking import Asker, Asking
    from graphrag_drift.providers.llm.reader import LLMReader
    from graphrag_drift.providers.openai.endpoints import Endpoints


def models_for(settings: Settings, *, batches: Callable[[str], None] | None = None) -> Models:
    """Each task's reader: the model of its role, else the embedded reader; the embedder that `models` sets, else the
    embedded one; the tokenizer of `chunking`.

    With `batches`, which hears how they fare, models are asked through their provider's Batch API.
    """
    from graphrag_drift.providers.tokens import tokenizer_for

    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    endpoints = cache(partial(_endpoints, settings, tokenizer, batches))
    dimensions = settings.embed_text.dimensions
    embedder: Maker[Embedder] = Maker(
        partial(_hashed, dimensions=dimensions), partial(_hashed_version, dimensions), name="the embedded embedder"
    )
    embedding = f"the embedded embedder with {dimensions} dimensions"
    if settings.embed_text.folder is not None:
        embedder, embedding = _static(settings, settings.root / settings.embed_text.folder)
    if settings.models.embedding is not None:
        embed = cache(partial(_remote, settings.models.embedding, endpoints))
        embedding = model_id(settings.models.embedding)
        version = partial(model_id, settings.models.embedding)
        embedder = Maker(lambda _: embed(), version, name=settings.models.embedding.model)
    embedded: Maker[Reader] = Maker(_embedded, _embedded_version, name="the embedded reader")
    # Only indexing goes by batches, which want the key of each model at once.
    roles = {kind.role for kind in TASKS if kind.stage or batches is None}
    return Models(embedded, embedder, tokenizer, embedding, readers=_readers(settings, endpoints, tokenizer, roles))


def _readers(
    settings: Settings, endpoints: Callable[[], Endpoints], tokenizer: Tokenizer, roles: Collection[str]
) -> dict[type[Task[Any]], Maker[Reader]]:
    """By task, the reader that asks the model of its role; none for a role without one. Only `roles` will be asked."""
    asking = cache(lambda: asking_for(settings, endpoints(), roles))
    uncached = cache(lambda: reader_of(asking(), settings, tokenizer))  # has an id, and needs no file of replies
    read = cache(lambda: _llm(settings, asking(), endpoints(), tokenizer))
    return {
        kind: Maker(lambda _: read(), partial(_llm_version, uncached, kind), composes=True, name=model.model)
        for kind in TASKS
        if (model := model_of(settings, kind.role)) is not None
    }


async def fit_settings(settings: Settings) -> Settings:
    """`settings` with budgets that fit into the contexts of its models; servers near by are asked for theirs."""
    if not role_models(settings):
        return settings
    from graphrag_drift.providers.openai.endpoints import fit_to_models, learn_windows

    await learn_windows(settings)
    return fit_to_models(settings)


def prompts_for(settings: Settings, entity_types: Sequence[str] = ()) -> Prompts:
    """The prompts of a run, those of `models.prompts_dir` in the places of ours. Raises: PromptError.

    `entity_types` take the place of those of the settings.
    """
    from graphrag_drift.prompts import load_prompts

    models = settings.models
    prompts_dir = settings.root / models.prompts_dir if models.prompts_dir else None
    return load_prompts(prompts_dir, models.language, entity_types or models.entity_types)


def asking_for(settings: Settings, endpoints: Endpoints, roles: Collection[str] = ROLES) -> Asking:
    """Whoever asks the models of these roles."""
    from graphrag_drift.providers.llm.asking import Asking

    models = role_models(settings)
    wanted = {role if role in models else "chat" for role in roles} & models.keys()
    return Asking({role: endpoints.chat(models[role]) for role in sorted(wanted)})


def model_of(settings: Settings, role: str) -> ModelSettings | None:
    """The model that is asked tasks of `role`; None: the embedded reader answers them."""
    models = role_models(settings)
    return models.get(role) or models.get("chat")


def who_reads(models: Models, settings: Settings) -> dict[str, str]:
    """In words for people, by what is done: "extract", "report", "query" and "embed"."""
    extract, report, query = (models.reader_of(kind) for kind in (ExtractGraph, WriteReport, AnswerQuestion))
    other, share = models.reader.name, settings.extract_graph.share
    parts = extract is not models.reader and share < 1.0
    needed = report is not models.reader and settings.community_reports.when == "needed"
    return {
        "extract": f"{extract.name} (a share of {share:g}) and {other}" if parts else extract.name,
        "report": f"{other}, and by {report.name} when a question needs one" if needed else report.name,
        "query": query.name,
        "embed": models.embedder.name,
    }


def reader_of(asker: Asker, settings: Settings, tokenizer: Tokenizer, prompts: Prompts | None = None) -> LLMReader:
    """The reader that has its questions answered by `asker`; `prompts` None: those of the settings."""
    from graphrag_drift.providers.llm.reader import LLMReader

    return LLMReader(
        asker,
        prompts or prompts_for(settings),
        tokenizer,
        gleanings=settings.models.gleanings,
        keeps_invented=settings.extract_graph.invented == "keep",
    )


def _endpoints(settings: Settings, tokenizer: Tokenizer, batches: Callable[[str], None] | None) -> Endpoints:
    from graphrag_drift.providers.openai.endpoints import Endpoints

    return Endpoints(settings, tokenizer, batches)


def _llm(settings: Settings, asking: Asking, endpoints: Endpoints, tokenizer: Tokenizer) -> LLMReader:
    from graphrag_drift.providers.llm.cached import Cached

    return reader_of(Cached(asking, endpoints.replies), settings, tokenizer)


def _remote(model: ModelSettings, endpoints: Callable[[], Endpoints]) -> Embedder:
    return endpoints().embedder(model)


def _llm_version(reader: Callable[[], LLMReader], kind: type[Task[Any]]) -> str:
    return f"{reader().id_of([kind])}+{code_version('graphrag_drift.providers.llm.indexing')}"


def _embedded_version() -> str:
    code = code_version("graphrag_drift.providers.embedded.indexing")
    readers = (f"kiwi-{kiwi_version()}", f"rjieba-{rjieba_installed()}", f"sudachi-{sudachi_installed()}")
    return "+".join(("extractive", *readers, code))


def _hashed_version(dimensions: int) -> str:
    return f"hashed-tfidf-{dimensions}+{code_version('graphrag_drift.providers.embedded.embedder')}"


def _embedded(lexicon: Lexicon) -> Reader:
    from graphrag_drift.providers.embedded.reader import ExtractiveReader

    return ExtractiveReader(lexicon)


def _static(settings: Settings, folder: Path) -> tuple[Maker[Embedder], str]:
    """The embedder in a folder, and its name in the index. Raises: SettingsError."""
    from graphrag_drift.providers.static import StaticEmbedder, static_id

    if settings.models.embedding is not None:
        raise SettingsError("vectors come from models.embedding or from embed_text.folder; set one of the two")
    made = cache(partial(StaticEmbedder, folder))
    name = static_id(folder)
    version = f"{name}+{code_version('graphrag_drift.providers.static')}"
    return Maker(lambda _: made(), lambda: version, name=f"the static embedder in {folder.name}"), name


def _hashed(lexicon: Lexicon, *, dimensions: int) -> Embedder:
    from graphrag_drift.providers.embedded.embedder import HashedTfidf

    return HashedTfidf(lexicon, dimensions)
