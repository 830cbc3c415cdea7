"""texts -> unit vectors of an endpoint's embedding model, in batches; none is taken on trust, none is asked for twice.

A batch that comes back wrong is asked for once more and then halved, until what is wrong is one text.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.errors import EndpointError, GraphRAGError, ProviderError
from graphrag_drift.metering import spend, told_tokens
from graphrag_drift.providers.llm.cached import CachedVectors
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.openai.limits import Limits, limits_of
from graphrag_drift.providers.openai.spans import call_span
from graphrag_drift.providers.protocols import NotEmbedded, Tokenizer, Vectors
from graphrag_drift.settings import ModelSettings
from graphrag_drift.values import Usage

if TYPE_CHECKING:
    from graphrag_drift.providers.openai.connection import Connection

_SHORTEST = 1e-6  # length of a vector that says something


class WrongVectors(ProviderError):
    """A reply does not hold a vector for each text."""


@dataclass(frozen=True)
class Embedded:
    """(texts, dimensions) unit vectors; for the texts at the positions in `failed`, and for blank ones, zeros."""

    vectors: Vectors
    failed: Mapping[int, str]


class OpenAIEmbedder:
    """An Embedder at an endpoint. `dimensions`: what the index has or `doctor` found; None: as the first reply has."""

    def __init__(
        self,
        settings: ModelSettings,
        tokenizer: Tokenizer,
        *,
        dimensions: int | None = None,
        limits: Limits | None = None,
        cached: CachedVectors | None = None,
        connection: Connection | None = None,
    ) -> None:
        self._settings = settings
        self._tokenizer = tokenizer
        self._dimensions = dimensions
        self._limits = limits or limits_of(settings)
        self.batch_texts = 16 if self._limits.climbs else 64
        """The most texts of one call."""
        self.batch_tokens = 2_000 if self._limits.climbs else 16_000
        """The most tokens of the texts of one call, unless it has one text only. A processor takes seconds for 2,000,
        and what came back is kept."""
        self._cached = cached
        self._connection = connection

    @property
    def id(self) -> str:
        """Endpoint, model and parameters."""
        return model_id(self._settings)

    @property
    def dimensions(self) -> int:
        """Raises: GraphRAGError, before they are known."""
        if self._dimensions is None:
            raise GraphRAGError(f"the dimensions of {self._settings.model!r} are not known before it embeds something")
        return self._dimensions

    @cached_property
    def connection(self) -> Connection:
        """The endpoint; what it needs is loaded by the first call."""
        from graphrag_drift.providers.openai.connection import Connection

        return self._connection or Connection(self._settings, progress=self._limits.progress)

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        result = await self.embed(texts)
        if result.failed:
            raise NotEmbedded(result.vectors, result.failed)
        return result.vectors

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return await self.embed_passages(texts)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors, and why which texts have none. Raises: EndpointError, BudgetExhausted."""
        by_text: dict[str, NDArray[np.float32] | str] = {}
        unknown = []
        for text in dict.fromkeys(text for text in texts if text.strip()):
            cached = self._cached.get(text) if self._cached else None
            if cached is None:
                unknown.append(text)
            else:
                by_text[text] = self._of_right_width(cached)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._embed(batch)) for batch in self.batches(unknown)]
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        by_text |= zip(unknown, (vector for task in tasks for vector in task.result()), strict=True)
        vectors = np.zeros((len(texts), self._dimensions or 0), np.float32)
        failed = {}
        for row, text in enumerate(texts):
            vector = by_text.get(text)
            if isinstance(vector, str):
                failed[row] = vector
            elif vector is not None:
                vectors[row] = vector
        return Embedded(vectors, failed)

    def batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """The texts as they are sent, a list a call."""
        batch: list[str] = []
        tokens = 0
        for text in texts:
            length = self._tokenizer.count(text)
            if batch and (len(batch) == self.batch_texts or tokens + length > self.batch_tokens):
                yield batch
                batch, tokens = [], 0
            batch.append(text)
            tokens += length
        if batch:
            yield batch

    async def _embed(self, texts: Sequence[str], again: bool = True) -> list[NDArray[np.float32] | str]:
        """The vector of each text, or why it has none."""
        try:
            vectors: list[NDArray[np.float32] | str] = list(await self._ask(texts))
        except EndpointError:
            raise
        except ProviderError as error:
            if again and isinstance(error, WrongVectors):
                return await self._embed(texts, again=False)
            if len(texts) == 1:
                return [str(error)]
            middle = len(texts) // 2
            return [*await self._embed(texts[:middle], again), *await self._embed(texts[middle:], again)]
        for row, vector in enumerate(vectors):
            reason = _wrong(vector)
            if reason and again:
                vectors[row] = (await self._embed([texts[row]], again=False))[0]
            elif reason:
                vectors[row] = f"{self.connection.where} sent {reason}"
        return vectors

    async def _ask(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        tokens = sum(map(self._tokenizer.count, texts)) if self._limits.counts_tokens else 0
        sent = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]  # no request holds a lone surrogate
        body = {**self._settings.parameters, "model": self._settings.model, "input": sent}
        whole = len(texts) == 1
        with call_span("embeddings", self._settings) as tell:
            reply, usage = await self._limits.call(
                lambda: self._paid_reply(body), tokens, lambda answer: answer[1], whole=whole
            )
            tell({"gen_ai.usage.input_tokens": usage.prompt_tokens})
        try:
            vectors = _vectors(reply, len(texts))
        except (KeyError, TypeError, ValueError) as error:
            raise WrongVectors(f"{self.connection.where} did not send a vector for each text ({error})") from None
        sound = [self._of_right_width(vector) for vector in vectors]
        if self._cached:
            good = {text: vector for text, vector in zip(texts, sound, strict=True) if not _wrong(vector)}
            await self._cached.put(good, usage.prompt_tokens)
        return sound

    def _of_right_width(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """`vector`, as wide as the first one. Raises: EndpointError."""
        if self._dimensions is None:
            self._dimensions = len(vector)
        if len(vector) != self._dimensions:
            expected = f"{self._dimensions} were expected"
            raise EndpointError(f"{self.connection.where} sent vectors of {len(vector)} dimensions, {expected}")
        return vector

    async def _paid_reply(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], Usage]:
        reply = await self.connection.post("/embeddings", body)
        try:
            usage = Usage(1, told_tokens(reply["usage"]["prompt_tokens"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            usage = Usage(1, sum(map(self._tokenizer.count, body["input"])), estimated=True)
        spend(usage, self._settings.model, self._settings.price)
        return reply, usage


def _vectors(reply: Mapping[str, Any], count: int) -> list[NDArray[np.float32]]:
    """Unit vectors by their index. Raises: ValueError, KeyError, TypeError, if there is not one for each text."""
    rows = sorted(reply["data"], key=lambda row: int(row["index"]))
    if [row["index"] for row in rows] != list(range(count)):
        raise ValueError(f"{len(rows)} for {count} texts")
    vectors = []
    for row in rows:
        numbers = row["embedding"]
        if isinstance(numbers, str):
            numbers = np.frombuffer(base64.b64decode(numbers), "<f4")
        vector = np.asarray(numbers, np.float32)
        if vector.ndim != 1:
            raise ValueError(f"{vector.ndim} axes in a vector")
        with np.errstate(all="ignore"):
            length = np.sqrt(np.sum(vector.astype(np.float64) ** 2))
            vectors.append(np.zeros_like(vector) if length < _SHORTEST else (vector / length).astype(np.float32))
    return vectors


def _wrong(vector: NDArray[np.float32] | str) -> str:
    """Why a vector is of no use, or ""."""
    if isinstance(vector, str):
        return ""
    if not np.isfinite(vector).all():
        return "a vector that is not finite"
    return "" if vector.any() else "a vector of zeros"
