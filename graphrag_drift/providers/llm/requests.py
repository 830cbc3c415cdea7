"""Prompts and whoever answers them, together: a task -> the request with its prompt; a request -> the reply, read."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from graphrag_drift.errors import EndpointError, InvalidReply
from graphrag_drift.prompts import Prompts
from graphrag_drift.providers.llm.asking import Asker, Request
from graphrag_drift.providers.llm.parse import parse_reply, plain
from graphrag_drift.providers.llm.shapes import Wire, shape_for, validated
from graphrag_drift.providers.protocols import Message, ReplyShape
from graphrag_drift.tables import content_id
from graphrag_drift.tasks import Task, prompt_names

W = TypeVar("W", bound=Wire)

_HOPELESS = 8  # replies to a prompt of indexing of which not one could be used, after which no more are paid for


class Requests:
    """Renders the prompts of tasks and has them answered."""

    def __init__(self, asker: Asker, prompts: Prompts) -> None:
        self._asker = asker
        self._prompts = prompts
        self._useless: Counter[str] = Counter()
        self._useful: set[str] = set()

    def id_of(self, kinds: Sequence[type[Task[Any]]]) -> str:
        """What changes the replies to tasks of these kinds: the models that are asked, prompts and shapes."""
        roles = sorted({kind.role for kind in kinds})
        prompts = (self._prompts[name].id for name in prompt_names(kinds))
        shapes = (
            f"{name}={shape.json_schema!r}"
            for kind in kinds
            if (shape := self._shape_for(kind)) is not None
            for name in prompt_names([kind])
        )
        return content_id(self._asker.id_of(roles), *prompts, *shapes)

    def request(self, kind: type[Task[Any]], /, **variables: str) -> Request:
        """The prompt of a task, filled in, for the model of its role."""
        prompt = self._prompts[kind.prompt]
        messages = prompt.render(**variables)
        return Request(kind.role, prompt.name, prompt.id, messages, self._shape_for(kind))

    def further(self, before: Request, name: str, /, **variables: str) -> Request:
        """`before` with another prompt's words after its own; and that prompt's instructions, if it has some, instead
        of its own."""
        prompt = self._prompts[name]
        *first, last = before.messages
        *own, words = prompt.render(**variables)
        messages = (*(own or first), Message(last.role, f"{last.content}\n\n{words.content}"))
        prompt_id = content_id(before.prompt_id, prompt.id)
        return replace(before, prompt=name, prompt_id=prompt_id, messages=messages, splittable=False)

    async def shaped(self, request: Request, model: type[W], lists: Sequence[str] = ()) -> tuple[W, tuple[str, ...]]:
        """The reply as `model`, and why which items of its `lists` were left out.

        Raises: InvalidReply; EndpointError, if none of the first replies to a prompt of indexing can be used: a model
        that writes in keys of its own does so for every text.
        """

        def read(text: str) -> tuple[tuple[W, tuple[str, ...]], bool]:
            try:
                parsed = parse_reply(text)
                value = validated(model, parsed.value, lists), parsed.repaired
            except InvalidReply as error:
                self._count_useless(request, error)
                raise
            self._useful.add(request.prompt)
            return value

        return (await self._asker.ask(request, read))[0]

    async def text(self, request: Request, *, sentinel: bool = False) -> str:
        """The reply as text; with `sentinel` it may be `NO_ANSWER`. Raises: InvalidReply, if it is empty."""
        return (await self._asker.ask(request, partial(plain, sentinel=sentinel)))[0]

    def stream(self, request: Request) -> AsyncGenerator[str, None]:
        """The reply piece by piece, as the model writes it; it may be `NO_ANSWER`."""
        return self._asker.stream(request, partial(plain, sentinel=True))

    def _shape_for(self, kind: type[Task[Any]]) -> ReplyShape | None:
        return shape_for(kind, self._prompts.entity_types)

    def _count_useless(self, request: Request, error: InvalidReply) -> None:
        """Raises: EndpointError, once it is the last that is worth paying for."""
        self._useless[request.prompt] += 1
        useless = self._useless[request.prompt]
        if request.role != "query" and request.prompt not in self._useful and useless >= _HOPELESS:
            raise EndpointError(
                f"none of the first {useless} replies to prompt {request.prompt!r} could be used, the last because "
                f"{error}; set another model, or parameters under which it keeps to the form asked for"
            ) from error
