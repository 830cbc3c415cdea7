"""The server as an ASGI application, and as a process: paths -> functions, errors -> answers, signals -> an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.server import chat, rest
from graphrag_drift.server.faults import Refused, refusal
from graphrag_drift.server.guard import COOKIE, Guard, same, session_of
from graphrag_drift.server.live_index import LiveIndex
from graphrag_drift.server.openapi import openapi
from graphrag_drift.server.page import Page, explorer_page, sign_in_page
from graphrag_drift.server.requests import read_body

Handler = Callable[[Request, LiveIndex], Awaitable[Response]]
_GRACE_SECONDS = 10


def create_app(live: LiveIndex, *, token: str = "", hosts: Sequence[str] = ()) -> Starlette:
    """The application that answers from `live`, which it closes when it ends.

    Requests need the `token`, if there is one, and must be for one of `hosts`, localhost, or an address in digits.
    """

    def route(path: str, handler: Handler, *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await handler(request, live)

        return Route(path, endpoint, methods=methods or ["GET"])

    async def description(request: Request) -> Response:
        return JSONResponse(openapi(token=bool(token)))

    async def login(request: Request) -> Response:
        return await _login(request, token)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(live.close)

    return Starlette(
        routes=[
            route("/", _Explorer().answer),
            Route("/login", login, methods=["POST"]),
            Route("/healthz", rest.health),
            Route("/openapi.json", description),
            route("/api/ask", rest.ask, "POST"),
            route("/api/retrieve", rest.retrieve, "POST"),
            route("/api/entities/{name:path}", rest.entity),
            route("/api/documents/{id}", rest.document),
            route("/api/status", rest.status),
            route("/v1/models", chat.models),
            route("/v1/models/{name}", chat.model),
            route("/v1/chat/completions", chat.completions, "POST"),
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts)],
        exception_handlers={HTTPException: _no_such_path, GraphRAGError: _failed, Exception: _failed},
        lifespan=lifespan,
    )


class _Explorer:
    """The page, made once for each generation."""

    def __init__(self) -> None:
        self._made: tuple[str, Page] | None = None
        self._making = asyncio.Lock()

    async def answer(self, request: Request, live: LiveIndex) -> Response:
        """The page of the newest generation."""
        opened = await live.opened()
        async with self._making:
            if self._made is None or self._made[0] != opened.generation:
                page = await asyncio.to_thread(explorer_page, opened.details, opened.generation, served=True)
                self._made = (opened.generation, page)
        page = self._made[1]
        return HTMLResponse(page.html, headers={"content-security-policy": page.policy + "; frame-ancestors 'none'"})


async def _login(request: Request, token: str) -> Response:
    """Give a browser that knows the token a cookie in its place."""
    fields = parse_qs((await read_body(request, 2_000)).decode("utf-8", "replace"))
    if not token or not same(fields.get("token", [""])[0], token):
        html, policy = sign_in_page(wrong=True)
        return HTMLResponse(html, 401, {"content-security-policy": policy})
    response = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, session_of(token), httponly=True, samesite="strict", secure=secure)
    return response


async def _failed(request: Request, error: Exception) -> Response:
    refused = refusal(error)
    return JSONResponse(refused.as_json(), refused.status, refused.headers)


async def _no_such_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")
    message = {404: "there is nothing here; see /openapi.json", 405: "this path takes another method"}
    return await _failed(request, Refused(status, code, message.get(status, "the request was refused")))


class _Server(uvicorn.Server):
    """uvicorn, which tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[int], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: Any = None) -> None:
        """Listen."""
        await super().startup(sockets)
        if self.started:
            self._listening(self.servers[0].sockets[0].getsockname()[1])


def run(app: Starlette, host: str, port: int, listening: Callable[[int], None]) -> bool:
    """Serve until SIGINT or SIGTERM; `listening` is called with the port. False: the address cannot be had.

    Answers under way have some seconds to end, and are cancelled then.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        lifespan="on",
    )
    server = _Server(config, listening)
    try:
        server.run()
    except SystemExit:  # uvicorn's word for an address that is taken
        return False
    except KeyboardInterrupt:
        pass
    return server.started
