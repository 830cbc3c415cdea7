"""A server of an index for the time of a test: the real application at a free port of this machine."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from graphrag_drift import Index, Settings
from graphrag_drift.server.app import create_app
from graphrag_drift.server.live_index import Limits, LiveIndex

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error."""
        return str(self.json["error"]["code"])


@dataclass(frozen=True)
class Served:
    """A server that listens."""

    url: str
    live: LiveIndex

    def get(self, path: str, **headers: str) -> Response:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, content, {**JSON, **headers})

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Response:
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.build_opener(_Stays).open(request, timeout=120) as response:
                return _response(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return _response(error.code, error.headers, error.read())


def _response(status: int, headers: Any, body: bytes) -> Response:
    return Response(status, {name.lower(): value for name, value in headers.items()}, body)


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@contextmanager
def serving(
    settings: Settings,
    *,
    models: Any = None,
    limits: Limits | None = None,
    token: str = "",
    hosts: tuple[str, ...] = (),
) -> Iterator[Served]:
    """A server of the index of `settings`, whose questions `models` answer, if they are given."""
    live = LiveIndex(settings.output_folder, lambda: Index.open_sync(settings, models=models), limits or Limits())
    app = create_app(live, token=token, hosts=hosts)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield Served(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", live)
    finally:
        server.should_exit = True
        thread.join()


def sse_events(body: bytes) -> list[tuple[str, Any]]:
    """(kind, content) of each Server-Sent Event; "[DONE]" stays a text."""
    events = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            data = fields["data"]
            events.append((fields.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return events
