"""An asker, or texts to embed -> the same reply or vector asked for only once, today and in later runs.

Requests that are alike and under way at the same time wait for one another. It never asks for a reply in another way
than the asker it is around would.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.errors import InvalidReply
from graphrag_drift.providers.llm.asking import Asker, CutOff, Read, Reply, Request
from graphrag_drift.providers.llm.cache import CachedReply, ReplyCache
from graphrag_drift.tables import content_id
from graphrag_drift.tasks import Role
from graphrag_drift.values import Usage

Vector = NDArray[np.float32]


class CachedVectors:
    """The vectors that the model with the id `model` made, by text."""

    def __init__(self, cache: ReplyCache, model: str) -> None:
        self._cache = cache
        self._model = model

    def get(self, text: str) -> Vector | None:
        """The vector of `text`, or None."""
        entry = self._cache.get(self._key(text))
        return None if entry is None else np.frombuffer(base64.b64decode(entry.reply.text), "<f4").astype(np.float32)

    async def put(self, vectors: Mapping[str, Vector], tokens: int) -> None:
        """Keep the vectors of one call, which took `tokens`; also if nobody waits for them any more."""
        await asyncio.shield(asyncio.to_thread(self._put, vectors, tokens))

    def _put(self, vectors: Mapping[str, Vector], tokens: int) -> None:
        usage = Usage(1, tokens)
        replies = {}
        for text, vector in vectors.items():
            encoded = base64.b64encode(vector.astype("<f4").tobytes()).decode()
            replies[self._key(text)] = CachedReply("embed", Reply(encoded, usage))
            usage = Usage()  # the call's tokens stand with its first text
        self._cache.put_all(replies)

    def _key(self, text: str) -> str:
        return content_id("vector", self._model, text)


T = TypeVar("T")


class Cached:
    """An Asker around `asker` that keeps its replies in `cache`."""

    def __init__(self, asker: Asker, cache: ReplyCache) -> None:
        self._asker = asker
        self._cache = cache
        self._under_way: dict[str, asyncio.Lock] = {}

    def id_of(self, roles: Sequence[Role]) -> str:
        """That of the asker: the cache changes no reply."""
        return self._asker.id_of(roles)

    def key(self, request: Request) -> str:
        """That of the asker."""
        return self._asker.key(request)

    async def ask(self, request: Request, read: Read[T]) -> tuple[T, Reply]:
        """As the asker; a reply from the cache has no usage, and one that `read` no longer takes is asked for anew."""
        key = self.key(request)
        async with self._alone(key):
            cached = self._cached(request, key, read)
            if cached is not None:
                return cached
            try:
                value, reply = await self._asker.ask(request, read)
            except CutOff:
                if request.splittable:
                    await self._keep(key, CachedReply(request.prompt, Reply("", Usage(1, estimated=True)), cut=True))
                raise
            except InvalidReply as error:
                rejected = (key, request.prompt, str(error), error.reply)
                await asyncio.shield(asyncio.to_thread(self._cache.reject, *rejected))
                raise
            await self._keep(key, CachedReply(request.prompt, reply))
            return value, reply

    async def stream(self, request: Request, read: Read[str]) -> AsyncGenerator[str, None]:
        """As the asker; a reply from the cache comes in one piece."""
        key = self.key(request)
        cached = self._cached(request, key, read)
        if cached is not None:
            yield cached[1].text
            return
        pieces = []
        async with aclosing(self._asker.stream(request, read)) as coming:
            async for piece in coming:
                pieces.append(piece)
                yield piece
        text = "".join(pieces)
        read(text)
        await self._keep(key, CachedReply(request.prompt, Reply(text, Usage(1, estimated=True))))

    def _cached(self, request: Request, key: str, read: Read[T]) -> tuple[T, Reply] | None:
        """Raises: CutOff, if the reply is known to be too long."""
        entry = self._cache.get(key)
        if entry is None or (entry.cut and not request.splittable):
            return None
        if entry.cut:
            raise CutOff(f"the reply to prompt {request.prompt!r} was cut off before")
        try:
            value, _ = read(entry.reply.text)
        except InvalidReply:
            return None
        return value, Reply(entry.reply.text, Usage(), entry.reply.repaired)

    async def _keep(self, key: str, entry: CachedReply) -> None:
        # In a thread: another process that writes may make this one wait. What is paid for is kept even if nobody
        # waits for it any more.
        await asyncio.shield(asyncio.to_thread(self._cache.put, key, entry))

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncGenerator[None, None]:
        lock = self._under_way.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._under_way.pop(key, None)
