"""What may be asked of the server, as pydantic models: everything has a limit, and nothing is an address or a path."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from starlette.requests import ClientDisconnect, Request

from graphrag_drift.index import LONGEST_QUESTION
from graphrag_drift.server.faults import Refused
from graphrag_drift.values import Budget, Filters

_BODY_SECONDS = 30.0
MOST_TURNS = 200
M = TypeVar("M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FilterOptions(_Strict):
    """Which documents to answer from: ISO years, months or days, and values of metadata, title, path, source, ..."""

    since: str = Field("", max_length=10)
    until: str = Field("", max_length=10)
    where: dict[str, str] = Field({}, max_length=20, description="* in a value is anything")

    def filters(self) -> Filters | None:
        """As the engine takes them; None, if all documents pass."""
        filters = Filters(self.since, self.until, tuple(self.where.items()))
        return None if filters == Filters() else filters


class BudgetOptions(_Strict):
    """What the question may take at most; the server has limits of its own."""

    tokens: int | None = Field(None, gt=0)
    money: float | None = Field(None, gt=0)
    tasks: int | None = Field(None, gt=0)
    seconds: float | None = Field(None, gt=0)

    def budget(self) -> Budget | None:
        """As the engine takes it; None, if there is no limit."""
        budget = Budget(self.tokens, self.money, self.tasks, self.seconds)
        return None if budget == Budget() else budget


class AskRequest(_Strict):
    """A question."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    method: str = Field("auto", max_length=20)
    response_type: str = Field("Multiple Paragraphs", max_length=200)
    strict: bool = Field(False, description="Remove sentences that nothing they cite bears out.")
    history: list[tuple[str, str]] = Field([], max_length=MOST_TURNS, description="[question, answer], oldest first")
    filters: FilterOptions = FilterOptions()
    budget: BudgetOptions = BudgetOptions()
    stream: bool = Field(False, description="Send Server-Sent Events; so does the header Accept: text/event-stream.")


class RetrieveRequest(_Strict):
    """A question, of which only the passages are wanted."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    method: Literal["auto", "local", "basic"] = "auto"
    k: int = Field(10, ge=1, le=100)
    filters: FilterOptions = FilterOptions()


class ChatMessage(BaseModel):
    """A message of a conversation; parts that are not text are passed over."""

    model_config = ConfigDict(frozen=True)

    role: str = Field(max_length=20)
    content: str | list[dict[str, JsonValue]] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if not isinstance(self.content, list):
            return self.content or ""
        parts = [part.get("text") for part in self.content if part.get("type") == "text"]
        return "\n".join(part for part in parts if isinstance(part, str))


class StreamOptions(BaseModel):
    """How to stream."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat completion, as OpenAI's clients ask for it; what steers a model (temperature, ...) is passed over."""

    model: str = Field(max_length=100)
    messages: list[ChatMessage] = Field(min_length=1, max_length=2 * MOST_TURNS)
    stream: bool = False
    stream_options: StreamOptions | None = None


async def read_body(request: Request, most: int) -> bytes:
    """The body. Raises: Refused, if it is larger than `most` bytes or does not come."""
    too_large = Refused(413, "too_large", f"the request is larger than {most:,} bytes", {"Connection": "close"})
    if int(request.headers.get("content-length", "0")) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    raise too_large
    except TimeoutError:
        raise Refused(408, "timeout", "the request did not come in time", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refused(400, "incomplete", "the request broke off") from None
    return bytes(body)


async def read_json(request: Request, shape: type[M], most: int) -> M:
    """The body as a `shape`. Raises: Refused, if it is too large or is not one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":  # others could be sent by a page of another site without asking first
        raise Refused(415, "not_json", "send JSON, with the header 'Content-Type: application/json'")
    try:
        return shape.model_validate_json(await read_body(request, most))
    except ValidationError as error:
        raise Refused(400, "invalid_request", _complaint(error)) from None


def _complaint(error: ValidationError) -> str:
    """The first things that are wrong, without what was sent."""
    parts: list[str] = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False)[:3]:
        place = ".".join(str(step)[:40] for step in fault["loc"][:4])
        parts.append(f"{place}: {fault['msg']}" if place else fault["msg"])
    return "the request is not as expected: " + "; ".join(parts)


def schemas() -> dict[str, Any]:
    """The JSON schemas of the requests, by name, for the OpenAPI document."""
    made: dict[str, Any] = {}
    for shape in (AskRequest, RetrieveRequest, ChatRequest):
        schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        made |= schema.pop("$defs", {})
        made[shape.__name__] = schema
    return made
