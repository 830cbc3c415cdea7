"""settings -> chat models and embedders at endpoints; roles that ask the same model share its limits and connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from graphrag_drift.context_window import budget_in, fitted
from graphrag_drift.providers.llm.cache import ReplyCache
from graphrag_drift.providers.llm.cached import CachedVectors
from graphrag_drift.providers.openai.chat import Rung, model_id
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.endpoint_url import is_near, url_of
from graphrag_drift.providers.openai.limits import LimitedChat, Limits, Patience, chat_model, limits_of
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.settings import ModelSettings, Settings, role_models

if TYPE_CHECKING:
    from graphrag_drift.providers.openai.batches import Batches


FILE_NAME = "endpoints.json"


class Capability(BaseModel):
    """What a model at an endpoint can do, as far as it was tried."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rung: Rung | None = None
    """How it can best be held to the shape of a reply."""
    dimensions: int | None = None
    """Of the vectors of an embedding model."""
    context_window: int | None = None
    """Tokens, as the server said or an error taught."""
    tokens_for_one: float | None = None
    """Tokens of the model for one of ours."""
    tokens_per_second: float | None = None
    """Of its replies, one call at a time; one of the prompt counts as a fourth."""


_CAPABILITIES = TypeAdapter(dict[str, Capability])


def load_capabilities(folder: Path) -> Mapping[str, Capability]:
    """What `doctor` found, by model id (model, endpoint, parameters); nothing, if the file cannot be read."""
    try:
        return _CAPABILITIES.validate_json((folder / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return {}


def save_capabilities(folder: Path, capabilities: Mapping[str, Capability]) -> Path:
    """Add `capabilities` to those of the file; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {**load_capabilities(folder), **capabilities}
    path = folder / FILE_NAME
    values = {key: each.model_dump(exclude_none=True) for key, each in sorted(known.items())}
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    return path


def learn_capability(folder: Path, model: ModelSettings, **values: object) -> None:
    """Add `values` to what is known of `model`; where the file cannot be written, it is learned again."""
    before = load_capabilities(folder).get(model_id(model), Capability())
    known = before.model_copy(update=values)
    if known != before:
        with suppress(OSError):
            save_capabilities(folder, {model_id(model): known})


async def learn_windows(settings: Settings) -> None:
    """Ask the servers near by how much their models take; one may have been started anew with more."""
    models = {model_id(model): model for model in role_models(settings).values()}
    near = [model for model in models.values() if model.context_window is None and is_near(url_of(model))]
    if near:
        from graphrag_drift.providers.openai.windows import window_of

        for model, window in zip(near, await asyncio.gather(*map(window_of, near)), strict=True):
            if window is not None:
                learn_capability(settings.cache_folder, model, context_window=window)


def fit_to_models(settings: Settings) -> Settings:
    """`settings` with budgets that fit into the contexts of its models, as far as they are known."""
    models = role_models(settings)
    known = load_capabilities(settings.cache_folder) if models else {}

    def budget_of(role: str) -> int | None:
        model = models.get(role) or models.get("chat")
        if model is None:
            return None
        found = known.get(model_id(model), Capability())
        window = model.context_window or found.context_window
        return budget_in(window, found.tokens_for_one) if window else None

    return fitted(settings, budget_of)


# A batch takes whatever comes; a request that failed goes with the next one, once.
_ANY_NUMBER = 1_000_000
_BATCHED = Patience(attempts=2, base=0.0, most=0.0)


class Endpoints:
    """What the models of one run have in common. `batches` hears how batches fare; None: calls go one by one."""

    def __init__(self, settings: Settings, tokenizer: Tokenizer, batches: Callable[[str], None] | None = None) -> None:
        self._settings = settings
        self._tokenizer = tokenizer
        self._notice = batches
        self._limits: dict[tuple[object, ...], Limits] = {}
        self._batches: dict[str, Batches] = {}
        self._capabilities = load_capabilities(settings.cache_folder)

    @cached_property
    def replies(self) -> ReplyCache:
        """The cached replies and vectors of the project."""
        return ReplyCache(self._settings.replies_file)

    def chat(self, model: ModelSettings) -> LimitedChat:
        """A chat model; what `doctor` found of it counts, unless the user set a reply_format."""
        rung = self._capability(model).rung if model.reply_format == "auto" else None
        priced, connection = self._priced(model), self._batch(model)
        chat = chat_model(priced, self._tokenizer, limits=self._limits_of(model), rung=rung, connection=connection)
        chat.learn_window = partial(self._learn_window, model)
        return chat

    def _learn_window(self, model: ModelSettings, window: int) -> None:
        learn_capability(self._settings.cache_folder, model, context_window=window)

    def embedder(self, model: ModelSettings) -> OpenAIEmbedder:
        """An embedder, whose vectors are as wide as `doctor` found."""
        return OpenAIEmbedder(
            self._priced(model),
            self._tokenizer,
            dimensions=self._capability(model).dimensions,
            limits=self._limits_of(model),
            cached=CachedVectors(self.replies, model_id(model)),
            connection=self._batch(model),
        )

    def _capability(self, model: ModelSettings) -> Capability:
        return self._capabilities.get(model_id(model), Capability())

    def _limits_of(self, model: ModelSettings) -> Limits:
        """Of whoever asks first."""
        whom = (model.base_url, model.api_version, model.model, model.api_key)
        if whom not in self._limits:
            batched = self._notice is not None
            self._limits[whom] = (
                Limits(_ANY_NUMBER, patience=_BATCHED, probe_seconds=0.0, drains=False) if batched else limits_of(model)
            )
        return self._limits[whom]

    def _batch(self, model: ModelSettings) -> Batches | None:
        if self._notice is None:
            return None
        whom = model_id(model)
        if whom not in self._batches:
            from graphrag_drift.providers.openai.batches import Batches

            self._batches[whom] = Batches(model, self._tokenizer, self._settings.cache_folder, self._notice)
        return self._batches[whom]

    def _priced(self, model: ModelSettings) -> ModelSettings:
        if self._notice is None or model.price is None:
            return model
        return model.model_copy(update={"price": model.price.in_batches()})
