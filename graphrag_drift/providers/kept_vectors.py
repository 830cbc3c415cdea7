"""Vectors of an endpoint, kept beside the replies of models, so that no text is paid for twice."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.providers.asking import Reply
from graphrag_drift.providers.replies import Kept, ReplyCache
from graphrag_drift.tables import content_id
from graphrag_drift.values import Usage

Vector = NDArray[np.float32]


class KeptVectors:
    """The vectors that the model with the id `model` made, by text."""

    def __init__(self, cache: ReplyCache, model: str) -> None:
        self._cache = cache
        self._model = model

    def get(self, text: str) -> Vector | None:
        """The vector of `text`, or None."""
        kept = self._cache.get(self._key(text))
        return None if kept is None else np.frombuffer(base64.b64decode(kept.reply.text), "<f4").astype(np.float32)

    async def put(self, vectors: Mapping[str, Vector], tokens: int) -> None:
        """Keep the vectors of one call, which took `tokens`; also if nobody waits for them any more."""
        await asyncio.shield(asyncio.to_thread(self._put, vectors, tokens))

    def _put(self, vectors: Mapping[str, Vector], tokens: int) -> None:
        usage = Usage(1, tokens)
        replies = {}
        for text, vector in vectors.items():
            said = base64.b64encode(vector.astype("<f4").tobytes()).decode()
            replies[self._key(text)] = Kept("embed", Reply(said, usage))
            usage = Usage()  # the call's tokens stand with its first text
        self._cache.put_all(replies)

    def _key(self, text: str) -> str:
        return content_id("vector", self._model, text)
