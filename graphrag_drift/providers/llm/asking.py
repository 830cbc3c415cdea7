"""A request -> a reply that was read, asked once more if the first could not be: what stands between tasks and calls.

    Cached(Asking({"chat": chat}), cache).ask(request, read)

Transport faults are not for here: the chat model has its own retries. A reply that was cut off is never read.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from graphrag_drift.errors import InvalidReply, SettingsError
from graphrag_drift.providers.protocols import ChatModel, Completion, Message, ReplyShape
from graphrag_drift.tables import content_id
from graphrag_drift.tasks import Role
from graphrag_drift.values import Usage

T = TypeVar("T")

_SHOWN_AGAIN = 4_000  # characters of a useless reply that the model is shown when it is asked once more


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked: the messages of prompt `prompt`, and the shape of its reply (None: text).

    `splittable`: whoever asks can do with less at a time, so a reply that was cut off is not asked for again.
    """

    role: Role
    prompt: str
    prompt_id: str
    messages: tuple[Message, ...]
    shape: ReplyShape | None = None
    splittable: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as the model wrote it, what all calls for it cost, and whether it had to be repaired."""

    text: str
    usage: Usage = field(default_factory=Usage)
    repaired: bool = False


class CutOff(InvalidReply):
    """A reply ended for want of room."""


Read = Callable[[str], tuple[T, bool]]
"""The value of a reply's text, and whether it had to be repaired. Raises: InvalidReply, with what is wrong with it."""


class Asker(Protocol):
    """Whoever gets a request answered. `Cached` is one around another."""

    def id_of(self, roles: Sequence[Role]) -> str:
        """Everything but the requests that changes the replies to requests of these roles."""
        ...

    def key(self, request: Request) -> str:
        """Equal for requests that get the same reply: model, endpoint, parameters, prompt, schema and input."""
        ...

    async def ask(self, request: Request, read: Read[T]) -> tuple[T, Reply]:
        """What `read` makes of the reply, and the reply. Raises: InvalidReply; what the model raises."""
        ...

    def stream(self, request: Request, read: Read[str]) -> AsyncGenerator[str, None]:
        """The text of a reply, piece by piece; never asked for again. Only what `read` takes is kept."""
        ...


class Asking:
    """Asks the model of a request's role ("chat" where a role has none), and once more if the reply is of no use.

    A role that has neither is no fault until it is asked: SettingsError.
    """

    def __init__(self, chats: Mapping[str, ChatModel]) -> None:
        self._chats = dict(chats)

    def id_of(self, roles: Sequence[Role]) -> str:
        """The models by role."""
        return content_id("asking", *(f"{role}={self._chat(role).id}" for role in roles))

    def key(self, request: Request) -> str:
        """See `Asker`. How the endpoint was held to the shape is not in it: a reply that was read is good."""
        return request_key(request, self._chat(request.role).id)

    async def ask(self, request: Request, read: Read[T]) -> tuple[T, Reply]:
        """See `Asker`. What is raised last holds the reply; both replies count in its usage."""
        first = await self._complete(request, request.messages)
        try:
            value, repaired = _read(first, request, read)
            return value, Reply(first.text, first.usage, repaired)
        except InvalidReply as error:
            if first.finish == "content_filter" or (isinstance(error, CutOff) and request.splittable):
                raise
            again = (*request.messages, *_what_was_wrong(first, error))
        second = await self._complete(request, again)
        value, repaired = _read(second, request, read, "asked once more, ")
        return value, Reply(second.text, first.usage + second.usage, repaired)

    def stream(self, request: Request, read: Read[str]) -> AsyncGenerator[str, None]:
        """See `Asker`."""
        return self._chat(request.role).stream(request.messages)

    async def _complete(self, request: Request, messages: tuple[Message, ...]) -> Completion:
        return await self._chat(request.role).complete(messages, request.shape)

    def _chat(self, role: str) -> ChatModel:
        chat = self._chats.get(role) or self._chats.get("chat")
        if chat is None:
            raise SettingsError(f"no model is set for {role!r}, only for {sorted(self._chats)}; set models.{role}")
        return chat


def request_key(request: Request, model: str) -> str:
    """The key of `request` to the chat model with the id `model`; a batch of requests uses the same."""
    shape = content_id(*sorted(_flat(request.shape.json_schema))) if request.shape else ""
    parts = (part for message in request.messages for part in (message.role, message.content))
    return content_id("reply", model, request.prompt_id, shape, *parts)


def _flat(schema: object, path: str = "") -> list[str]:
    """The leaves of a schema with their paths; the order of its keys does not count."""
    if isinstance(schema, Mapping):
        return [leaf for key in schema for leaf in _flat(schema[key], f"{path}/{key}")]
    if isinstance(schema, (list, tuple)):
        return [leaf for n, item in enumerate(schema) for leaf in _flat(item, f"{path}/{n}")]
    return [f"{path}={schema!r}"]


def _read(completion: Completion, request: Request, read: Read[T], how: str = "") -> tuple[T, bool]:
    subject = f"{how}the reply to prompt {request.prompt!r}"
    if completion.finish == "length":
        raise CutOff(f"{subject} was cut off; allow longer replies, or give the model less at a time", completion.text)
    if completion.finish != "stop":
        raise InvalidReply(f"{subject} is not complete: it ended with {completion.finish!r}", completion.text)
    try:
        return read(completion.text)
    except InvalidReply as error:
        raise InvalidReply(f"{subject} cannot be used: {error}", completion.text) from error


def _what_was_wrong(completion: Completion, error: InvalidReply) -> tuple[Message, Message]:
    """The useless reply, and what to do about it: two messages, since many models want roles to alternate."""
    shown = Message("assistant", completion.text[:_SHOWN_AGAIN] or "(nothing)")
    if isinstance(error, CutOff):
        wish = "Your reply was cut off because it was too long. Reply again, complete and at most half as long: keep "
        return shown, Message("user", wish + "what matters most.")
    reason = str(error.__cause__ or error)
    return shown, Message("user", f"Your reply cannot be used: {reason}. Reply again, complete, in the form asked for.")
