"""The server's own interface: /api/... and /healthz."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import asdict
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from graphrag_drift.answer.as_json import answer_json
from graphrag_drift.server.faults import Refused, refusal
from graphrag_drift.server.live_index import LiveIndex
from graphrag_drift.server.requests import AskRequest, RetrieveRequest, read_json
from graphrag_drift.values import Answer, Event

R = TypeVar("R")
Events = AsyncGenerator[Event, None]
_QUIET_SECONDS = 15.0  # after which a comment tells those between that the connection lives
_STREAM_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_GONE = Response(status_code=499)


async def ask(request: Request, live: LiveIndex) -> Response:
    """The answer to a question; or, as Server-Sent Events, what happens until there is one, and then it."""
    body = await read_json(request, AskRequest, live.limits.body)
    streams = body.stream or "text/event-stream" in request.headers.get("accept", "")
    events = live.events(
        body.question,
        streams=streams,
        method=body.method,
        response_type=body.response_type,
        strict=body.strict,
        history=body.history,
        filters=body.filters.filters(),
        budget=body.budget.budget(),
    )
    if streams:
        return await stream(request, events, _as_event, _as_error)
    answer = await unless_gone(request, answer_of(events))
    return JSONResponse(answer_json(answer)) if answer is not None else _GONE


async def retrieve(request: Request, live: LiveIndex) -> Response:
    """The passages that fit a question best."""
    body = await read_json(request, RetrieveRequest, live.limits.body)
    opened = await live.opened()
    filters = body.filters.filters()
    rows = await asyncio.to_thread(opened.index.retrieve, body.question, body.method, body.k, filters)
    return JSONResponse({"passages": rows.to_dicts()})


async def entity(request: Request, live: LiveIndex) -> Response:
    """An entity, by its title, alias or id."""
    details = (await live.opened()).details
    row = details.find(request.path_params["name"])
    if row is None:
        raise Refused(404, "not_found", "there is no entity of that name")
    return JSONResponse(asdict(await asyncio.to_thread(details.entity, row)))


async def document(request: Request, live: LiveIndex) -> Response:
    """A document, by its id."""
    details = (await live.opened()).details
    content = await asyncio.to_thread(details.document, request.path_params["id"])
    if content is None:
        raise Refused(404, "not_found", "there is no document with that id")
    return JSONResponse(content)


async def status(request: Request, live: LiveIndex) -> Response:
    """What the index holds, which generation it is, and who made it."""
    opened = await live.opened()
    manifest = opened.index.manifest
    return JSONResponse(
        {
            "generation": manifest.generation,
            "package": manifest.package,
            "models": dict(manifest.models),
            "counts": {name: rows for name, rows in manifest.counts.items() if "/" not in name},
            "fault": live.fault,
        }
    )


async def health(request: Request) -> Response:
    """Whether the server answers."""
    return JSONResponse({"status": "ok"})


async def answer_of(events: Events) -> Answer:
    """The answer that `events` end with."""
    async with aclosing(events):
        async for event in events:
            if event.answer is not None:
                return event.answer
    raise RuntimeError("the events of a question ended without an answer")


async def unless_gone(request: Request, work: Awaitable[R]) -> R | None:
    """The result of `work`; None, if who asked left before, upon which it is cancelled."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def stream(
    request: Request, events: Events, render: Callable[[Event], str], fail: Callable[[Refused], str]
) -> Response:
    """`events` as a stream of what `render` makes of each; what goes wrong before the first one is raised."""
    first = await unless_gone(request, anext(events))  # a question that is refused still has a status of its own
    if first is None:
        await events.aclose()
        return _GONE

    async def pieces() -> AsyncGenerator[str, None]:
        async with aclosing(events):
            yield render(first)
            try:
                async for piece in _with_signs_of_life(events):
                    yield render(piece) if piece is not None else ": \n\n"
            except Exception as error:
                yield fail(refusal(error))

    return StreamingResponse(pieces(), media_type="text/event-stream", headers=_STREAM_HEADERS)


async def _with_signs_of_life(events: Events) -> AsyncGenerator[Event | None, None]:
    """`events`, and None whenever there was none for a while."""
    coming: asyncio.Task[Event] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({coming}, timeout=_QUIET_SECONDS)
            if not done:
                yield None
                continue
            task, coming = coming, None
            try:
                yield task.result()
            except StopAsyncIteration:
                return
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await coming


def sse(kind: str, content: Any) -> str:
    """A Server-Sent Event; without a `kind` it is a message."""
    head = f"event: {kind}\n" if kind else ""
    return f"{head}data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _as_event(event: Event) -> str:
    return sse(event.kind, {"text": event.text} if event.answer is None else answer_json(event.answer))


def _as_error(error: Refused) -> str:
    return sse("error", error.as_json())
