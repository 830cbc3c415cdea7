"""What the engine asks of whoever reads, embeds, counts tokens: protocols, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graphrag_drift.errors import ProviderError
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.tasks.task import Task
from graphrag_drift.values import Usage

R = TypeVar("R")
P = TypeVar("P", covariant=True)
N = TypeVar("N", bound="Named")
Vectors = NDArray[np.float32]


class Named(Protocol):
    """Whatever has an `id`, which names everything that changes what it says."""

    @property
    def id(self) -> str: ...


class Reader(Protocol):
    """Understands text. `id` names everything that changes its replies."""

    @property
    def id(self) -> str: ...

    @property
    def manner(self) -> str:
        """What a user should know of how its answers come about, as a note: a clause without a full stop."""
        ...

    async def read(self, task: Task[R]) -> R:
        """The reply to `task`. Raises: ProviderError, if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class ReplyShape:
    """The JSON schema of a reply and its name, for endpoints that can hold a model to one.

    `bounded` is the same with bounds on lists and strings, for models that would go on for ever; None: there are none.
    Bounds are no part of what a reply is kept under: a reply that was read is good.
    """

    name: str
    json_schema: Mapping[str, Any]
    bounded: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model replied. `finish` is the endpoint's finish_reason: only "stop" is a complete reply."""

    text: str
    finish: str
    usage: Usage


@runtime_checkable
class ReadsElsewhere(Protocol):
    """A reader that other processes can do the work of, see `jobs.py`."""

    def elsewhere(self) -> Callable[[Task[Any]], object]:
        """What reads a text unit as the reader does and has it remembered; it can be pickled."""
        ...


class ChatModel(Protocol):
    """A language model at an endpoint. Wrappers (limits, metering) are ChatModels around a ChatModel."""

    @property
    def id(self) -> str:
        """Endpoint host, model and parameters: everything that changes replies, and no secret."""
        ...

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """One reply. Raises: EndpointError; ProviderError, if only this one failed."""
        ...

    def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """A reply's text, piece by piece, to be closed by whoever leaves early. Raises: as `complete`;
        ProviderError, if it ends without a finish."""
        ...


class Embedder(Protocol):
    """Turns texts into unit vectors. Questions and passages may be embedded by different verbs."""

    @property
    def id(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(texts, dimensions), row i of length 1 for text i; a text without terms has a zero row.

        Raises: NotEmbedded, EndpointError.
        """
        ...

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`, for what is asked."""
        ...


@runtime_checkable
class EmbedsTerms(Protocol):
    """An embedder whose vectors follow from the terms of a passage: an index holds those, in fewer bytes."""

    def passage_terms(self, texts: Sequence[str]) -> pl.DataFrame:
        """All that the vectors of `texts` are made of."""
        ...

    def vectors_of(self, passages: pl.DataFrame) -> Vectors:
        """(texts, dimensions), what `embed_passages` gives for the texts of these `passage_terms`."""
        ...


class Reranker(Protocol):
    """Judges how well texts answer a question, together with the question: a cross-encoder, a ranking endpoint."""

    async def rerank(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """A score for each of `texts`, in their order; larger is better. Raises: ProviderError."""
        ...


class Tokenizer(Protocol):
    """Counts tokens. Never needs a network."""

    @property
    def id(self) -> str: ...

    def count(self, text: str) -> int:
        """The number of tokens of `text`; special tokens in it are plain text."""
        ...


class NotEmbedded(ProviderError):
    """Some texts could not be embedded: why, by position. `vectors` are those of all texts, zero for these."""

    def __init__(self, vectors: Vectors, reasons: Mapping[int, str]) -> None:
        first = next(iter(reasons.values()))
        super().__init__(f"{len(reasons)} of {len(vectors)} texts were not embedded, the first because: {first}")
        self.vectors = vectors
        self.reasons = dict(reasons)


@dataclass(frozen=True)
class Maker(Generic[P]):
    """Makes a provider from the statistics of the corpus. `version` names all that changes what it makes of them.

    `composes` says of a reader that it writes in words of its own, rather than in those of the text; `name` is how
    people call what is made.
    """

    make: Callable[[Lexicon], P]
    version: Callable[[], str]
    composes: bool = False
    name: str = "a reader of your own"

    @staticmethod
    def of(provider: N, *, composes: bool = False, name: str = "") -> Maker[N]:
        """What gives this `provider`, whatever the corpus; its `id` is the version, and the name if there is none."""
        return Maker(lambda _: provider, lambda: provider.id, composes, name or provider.id)

    def __call__(self, lexicon: Lexicon) -> P:
        return self.make(lexicon)

    @property
    def id(self) -> str:
        """Its version; only indexing asks, since finding out may load what is made."""
        return self.version()


@dataclass(frozen=True)
class Models:
    """The providers of one run.

    `reader` answers every task but those that `readers` name, by their class: each has a reader of its own.
    `embedding` names whose vectors an index holds: a question must be embedded by the same. "" is compared to nothing.
    `reranker` orders the text units that retrieval finds anew; None: they stay as they are.
    """

    reader: Maker[Reader]
    embedder: Maker[Embedder]
    tokenizer: Tokenizer
    embedding: str = ""
    reranker: Reranker | None = None
    readers: Mapping[type[Task[Any]], Maker[Reader]] = field(default_factory=dict)

    def reader_of(self, kind: type[Task[Any]]) -> Maker[Reader]:
        """Whoever answers tasks of this class."""
        return self.readers.get(kind, self.reader)
