"""Readers, chat models and embedders for tests: they say what they are told to, and remember what they were asked.

No network, no key, nothing random. They are public so that tests of programs that use this package can use them.

    chat = ScriptedChat(['{"same":true,"reason":"one person"}'])
    reader = LLMReader(Asking({"chat": chat}), load_prompts(), tokenizer)
    assert chat.asked == []
"""

from __future__ import annotations

import math
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from graphrag_drift.errors import ProviderError
from graphrag_drift.providers.protocols import ChatModel, Completion, Embedder, Message, Reader, ReplyShape, Vectors
from graphrag_drift.tasks import Task
from graphrag_drift.values import Usage

R = TypeVar("R")
Reply = str | Completion | Exception


class ScriptedChat:
    """A ChatModel that gives `replies` one after the other, or what a function makes of the messages.

    A `str` is a complete reply, a `Completion` itself, an exception is raised. `asked` are the messages of each call,
    `shapes` the shapes asked for. Tokens are words.
    """

    def __init__(
        self, replies: Sequence[Reply] | Callable[[Sequence[Message]], Reply], *, name: str = "scripted"
    ) -> None:
        self.id = name
        self.asked: list[tuple[Message, ...]] = []
        self.shapes: list[ReplyShape | None] = []
        self._replies = replies

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """The next reply. Raises: ProviderError, if there is none left."""
        reply = self._next(messages, shape)
        if isinstance(reply, Completion):
            return reply
        words = sum(len(message.content.split()) for message in messages)
        return Completion(reply, "stop", Usage(1, words, len(reply.split())))

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The next reply, word by word. Raises: ProviderError, if it is not complete."""
        reply = self._next(messages, None)
        text = reply.text if isinstance(reply, Completion) else reply
        for number, word in enumerate(text.split(" ")):
            yield f" {word}" if number else word
        if isinstance(reply, Completion) and reply.finish != "stop":
            raise ProviderError(f"the stream ended with {reply.finish!r}")

    def _next(self, messages: Sequence[Message], shape: ReplyShape | None) -> str | Completion:
        self.asked.append(tuple(messages))
        self.shapes.append(shape)
        if callable(self._replies):
            reply = self._replies(messages)
        elif len(self.asked) <= len(self._replies):
            reply = self._replies[len(self.asked) - 1]
        else:
            raise ProviderError(f"the script has {len(self._replies)} replies, and was asked once more")
        if isinstance(reply, Exception):
            raise reply
        return reply


class ScriptedReader:
    """A Reader that answers each type of task with the reply, or the function of the task, that `replies` has for it.

    `asked` are the tasks, in order.
    """

    manner = "this answer was scripted for a test"

    def __init__(self, replies: Mapping[type[Task[Any]], Any], *, name: str = "scripted") -> None:
        self.id = name
        self.asked: list[Task[Any]] = []
        self._replies = replies

    async def read(self, task: Task[R]) -> R:
        """The reply to `task`. Raises: ProviderError, if there is none for its type; an exception that is one."""
        self.asked.append(task)
        if type(task) not in self._replies:
            raise ProviderError(f"the script has no reply to {type(task).__name__!r}")
        reply = self._replies[type(task)]
        value = reply(task) if callable(reply) else reply
        if isinstance(value, Exception):
            raise value
        return cast(R, value)


class FakeEmbedder:
    """An Embedder by counted words: texts that share words are near. Its vectors mean nothing else."""

    def __init__(self, dimensions: int = 64) -> None:
        self.id = f"fake-{dimensions}"
        self.dimensions = dimensions
        self.embedded: list[str] = []

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(texts, dimensions), rows of length 1, zero for a text without words."""
        self.embedded += texts
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().split():
                vectors[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % self.dimensions] += 1.0
            length = math.sqrt(float((vectors[row] ** 2).sum()))
            vectors[row] /= length or 1.0
        return vectors

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`."""
        return await self.embed_passages(texts)


if TYPE_CHECKING:
    # A fake that falls behind its protocol is an error of types.
    _chat: ChatModel = ScriptedChat([])
    _reader: Reader = ScriptedReader({})
    _embedder: Embedder = FakeEmbedder()
