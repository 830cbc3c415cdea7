"""Prompts and whoever answers them, together: a request by the name of its prompt, a reply by its shape."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TypeVar

from graphrag_drift.prompts import NAMES, Prompt, Prompts
from graphrag_drift.providers.llm.asking import Asker, Request, Role
from graphrag_drift.providers.llm.parse import parse_reply, plain
from graphrag_drift.providers.llm.shapes import (
    ClaimsReply,
    CorpusReply,
    FindingsReply,
    GraphReply,
    PointsReply,
    RatingsReply,
    ReportReply,
    SameReply,
    VerdictReply,
    Wire,
    shape_of,
    validated,
)
from graphrag_drift.providers.protocols import Message, ReplyShape
from graphrag_drift.tables import content_id

W = TypeVar("W", bound=Wire)

_SHAPES: dict[str, tuple[type[Wire], Role]] = {
    "extract_graph": (GraphReply, "extract"),
    "glean": (GraphReply, "extract"),
    "extract_claims": (ClaimsReply, "extract"),
    "resolve_entities": (SameReply, "extract"),
    "write_report": (ReportReply, "report"),
    "drift_primer": (FindingsReply, "query"),
    "answer_follow_up": (FindingsReply, "query"),
    "map_reports": (PointsReply, "query"),
    "map_findings": (PointsReply, "query"),
    "rate_reports": (RatingsReply, "rate"),
    "judge_pair": (VerdictReply, "judge"),
    "describe_corpus": (CorpusReply, "extract"),
}
SHAPES: dict[str, ReplyShape] = {name: shape_of(model) for name, (model, _) in _SHAPES.items()}
"""The shape of the reply to each prompt that has one; replies to the others are text."""
_ROLES: dict[str, Role] = {name: role for name, (_, role) in _SHAPES.items()} | {
    "summarize_descriptions": "extract",
    "place_text_unit": "extract",
}
# What is asked for in halves where its reply finds no room.
_SPLITTABLE = ("extract_graph",)
INDEXING = (
    "extract_graph",
    "glean",
    "extract_claims",
    "summarize_descriptions",
    "place_text_unit",
    "resolve_entities",
    "write_report",
)
"""The prompts whose replies are part of an index."""


class Prompted:
    """Renders prompts and has them answered."""

    def __init__(self, asker: Asker, prompts: Prompts) -> None:
        self._asker = asker
        self._prompts = prompts

    @property
    def id(self) -> str:
        """Models, prompts and shapes."""
        return self.id_of(NAMES)

    def id_of(self, names: Sequence[str]) -> str:
        """As `id`, of some prompts and the models that are asked them."""
        roles = sorted({_role(name) for name in names})
        shapes = (f"{name}={SHAPES[name].json_schema!r}" for name in names if name in SHAPES)
        return content_id(self._asker.id_of(roles), *(self._prompts[name].id for name in names), *shapes)

    def request(self, name: str, /, **variables: str) -> Request:
        """The prompt called `name`, filled in, for the model of its role."""
        prompt = self._prompts[name]
        return _request(prompt, prompt.render(**variables), prompt.id)

    def further(self, before: Request, name: str, /, **variables: str) -> Request:
        """`before` with another prompt's words after its own, so that providers' prompt caches hit."""
        prompt = self._prompts[name]
        *first, last = before.messages
        words = prompt.render(**variables)[-1].content
        messages = (*first, Message(last.role, f"{last.content}\n\n{words}"))
        return _request(prompt, messages, content_id(before.prompt_id, prompt.id))

    async def shaped(self, request: Request, model: type[W], lists: Sequence[str] = ()) -> tuple[W, tuple[str, ...]]:
        """The reply as `model`, and why which items of its `lists` were left out. Raises: InvalidReply."""

        def read(text: str) -> tuple[tuple[W, tuple[str, ...]], bool]:
            parsed = parse_reply(text)
            return validated(model, parsed.value, lists), parsed.repaired

        return (await self._asker.ask(request, read))[0]

    async def text(self, request: Request, *, sentinel: bool = False) -> str:
        """The reply as text; with `sentinel` it may be `NO_ANSWER`. Raises: InvalidReply, if it is empty."""
        return (await self._asker.ask(request, partial(plain, sentinel=sentinel)))[0]

    def stream(self, request: Request) -> AsyncGenerator[str, None]:
        """The reply piece by piece, as the model writes it; it may be `NO_ANSWER`."""
        return self._asker.stream(request, partial(plain, sentinel=True))


def _role(name: str) -> Role:
    return _ROLES.get(name, "query")


def _request(prompt: Prompt, messages: tuple[Message, ...], prompt_id: str) -> Request:
    name = prompt.name
    return Request(_role(name), name, prompt_id, messages, SHAPES.get(name), name in _SPLITTABLE)
