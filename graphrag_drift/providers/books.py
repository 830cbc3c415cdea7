"""What requests would cost if they were made: kept while replies are foretold, and for vectors that nobody makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from graphrag_drift.providers.asking import Request
from graphrag_drift.providers.kept_vectors import KeptVectors
from graphrag_drift.providers.openai_embeddings import OpenAIEmbedder
from graphrag_drift.providers.protocols import Tokenizer, Vectors
from graphrag_drift.values import Usage

EMBED = "embed"
"""Stands for a prompt and a role where texts are embedded."""


@dataclass
class Books:
    """What requests would cost, by prompt and role. Of replies that are kept, by prompt: how many; and the tokens of
    those replies and of ours in their places."""

    usage: dict[tuple[str, str], Usage] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, request: Request, usage: Usage) -> None:
        """Add a call."""
        key = (request.prompt, request.role)
        self.usage[key] = self.usage.get(key, Usage()) + usage

    def count_kept(self, request: Request, theirs: int, ours: int) -> None:
        """Add a reply that costs nothing, of `theirs` tokens where we would have made up one of `ours`."""
        prompt = request.prompt
        self.roles[prompt] = request.role
        self.kept[prompt] = self.kept.get(prompt, 0) + 1
        before = self.lengths.get(prompt, (0, 0))
        self.lengths[prompt] = (before[0] + theirs, before[1] + ours)

    def count_vectors(self, usage: Usage, kept: int) -> None:
        """Add calls for vectors, and vectors that are there already."""
        self.kept[EMBED] = self.kept.get(EMBED, 0) + kept
        self.usage[EMBED, EMBED] = self.usage.get((EMBED, EMBED), Usage()) + usage


class Counting:
    """An Embedder that counts what `embedder` would send: what is not in `kept`. Its vectors are zeros."""

    dimensions = 1

    def __init__(self, embedder: OpenAIEmbedder, tokenizer: Tokenizer, books: Books, kept: KeptVectors | None) -> None:
        self.id = embedder.id
        self._embedder = embedder
        self._tokenizer = tokenizer
        self._books = books
        self._kept = kept

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(texts, 1), zeros."""
        distinct = [text for text in dict.fromkeys(texts) if text.strip()]
        unknown = [text for text in distinct if self._kept is None or self._kept.get(text) is None]
        batches = list(self._embedder.batches(unknown))
        tokens = sum(self._tokenizer.count(text) for batch in batches for text in batch)
        self._books.count_vectors(Usage(len(batches), tokens, estimated=True), len(distinct) - len(unknown))
        return np.zeros((len(texts), self.dimensions), np.float32)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`."""
        return await self.embed_passages(texts)
