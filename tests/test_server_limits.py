"""What a server refuses, faults 96 to 102: foreign hosts and pages, wrong tokens, too much, too many, and who left."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clock import GUARD_SECONDS
from endpoints import obedient, reading, server_in_a_thread
from model_server import Fault, Request, events
from serving import JSON, Served, serving

from graphrag_drift import Index, Settings, SettingsError
from graphrag_drift.server import guard
from graphrag_drift.server.faults import Busy
from graphrag_drift.server.live_index import Limits, LiveIndex
from graphrag_drift.values import Event

TOKEN = "a-token-of-some-length"
ASK = {"question": "Who bought the Aldane Mill?", "method": "local"}
STREAM = {"content-type": "text/event-stream"}
ENDLESS = "Petra Voss sold the Aldane Mill to Corin Bank on Friday. [1] " * 800


@pytest.fixture(scope="module")
def served(newsroom_settings: Settings) -> Iterator[Served]:
    with serving(newsroom_settings, limits=Limits(body=20_000)) as server:
        yield server


@pytest.fixture(scope="module")
def locked(newsroom_settings: Settings) -> Iterator[Served]:
    with serving(newsroom_settings, token=TOKEN, hosts=("news.example",)) as server:
        yield server


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "[x", ""])
def test_fault_96_a_foreign_host_is_refused(served: Served, host: str) -> None:
    response = served.get("/api/status", host=host)
    assert (response.status, response.code) == (400, "unknown_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8765", "[::1]:9"])
def test_fault_96_addresses_of_this_machine_are_its_own(served: Served, host: str) -> None:
    assert served.get("/api/status", host=host).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "http://["]
)
def test_fault_96_pages_of_other_sites_may_not_ask(served: Served, origin: str) -> None:
    response = served.post("/api/ask", ASK, origin=origin)
    assert (response.status, response.code) == (403, "foreign_origin")
    preflight = served.send("OPTIONS", "/api/ask", None, {"origin": origin, "access-control-request-method": "POST"})
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_fault_96_what_a_page_may_send_without_asking_is_refused(served: Served) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = served.post("/api/ask", ASK, **{"content-type": kind})
        assert (response.status, response.code) == (415, "not_json")


@pytest.mark.parametrize("given", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}])
def test_fault_97_without_the_token_nothing_is_told(locked: Served, given: dict[str, str]) -> None:
    for path in ("/api/status", "/v1/models", "/openapi.json", "/api/entities/x", "/nothing"):
        response = locked.get(path, **given)
        assert (response.status, response.code) == (401, "invalid_api_key")
        assert response.headers["www-authenticate"] == "Bearer"
    page = locked.get("/", **given)
    assert page.status == 401
    assert b"Sign in" in page.body
    assert locked.get("/healthz").status == 200


def test_fault_97_with_the_token_everything_is(locked: Served) -> None:
    assert locked.get("/api/status", authorization=f"Bearer {TOKEN}").status == 200
    assert locked.get("/api/status", authorization=f"bearer {TOKEN}", host="news.example:443").status == 200


def test_fault_97_a_browser_signs_in_once_and_keeps_no_token(locked: Served) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    wrong = locked.send("POST", "/login", b"token=wrong", form)
    assert (wrong.status, "set-cookie" in wrong.headers) == (401, False)
    right = locked.send("POST", "/login", f"token={TOKEN}".encode(), form)
    cookie = right.headers["set-cookie"]
    assert (right.status, right.headers["location"]) == (303, "/")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert locked.get("/api/status", cookie=cookie.partition(";")[0]).status == 200
    assert locked.get("/api/status", cookie=f"{guard.COOKIE}={TOKEN}").status == 401


def test_fault_97_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    monkeypatch.setattr(guard.hmac, "compare_digest", lambda one, other: bool(compared.append((one, other))))
    assert not guard.same("\udcff", TOKEN)
    assert compared == [(b"\xff", TOKEN.encode())]


def test_fault_97_a_token_that_no_header_carries_is_refused_before_anybody_is_locked_out() -> None:
    with pytest.raises(SettingsError, match="no header carries"):
        guard.check_address("127.0.0.1", "ключ-от-всех-дверей")


def test_a_fetch_that_the_disk_refuses_is_tried_again(newsroom_index: Index, tmp_path: Path) -> None:
    tries: list[bool] = []
    twice = threading.Event()

    def fetch() -> None:
        tries.append(True)
        if len(tries) > 1:
            twice.set()
        raise PermissionError

    live = LiveIndex(tmp_path, lambda: newsroom_index, Limits(), fetch=fetch, fetch_seconds=0.01)
    try:
        assert twice.wait(GUARD_SECONDS)
    finally:
        live.close()


def test_fault_98_large_deep_and_long_requests_are_refused(served: Served) -> None:
    large = served.post("/api/ask", {**ASK, "response_type": "x" * 30_000})
    assert (large.status, large.code) == (413, "too_large")
    deep = b'{"question": ' + b"[" * 9_000 + b"]" * 9_000 + b"}"
    many = {"model": "local", "messages": [{"role": "user", "content": ""}] * 401}
    wrong: list[tuple[str, Any]] = [
        ("/api/ask", deep),
        ("/api/ask", b"\xff\xfe"),
        ("/api/ask", b""),
        ("/api/ask", []),
        ("/api/ask", {"question": 1}),
        ("/api/ask", {**ASK, "history": [["only one"]]}),
        ("/api/retrieve", {"question": "x", "k": 10**9}),
        ("/v1/chat/completions", many),
    ]
    for path, body in wrong:
        response = served.post(path, body)
        assert (response.status, response.code) == (400, "invalid_request"), body
        assert len(response.body) < 1_000


def test_fault_98_a_body_that_never_ends_is_cut_off(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=GUARD_SECONDS) as connection:
        head = f"POST /api/ask HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        connection.sendall((b"1000\r\n" + b"x" * 0x1000 + b"\r\n") * 6)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_questions_that_the_engine_refuses_say_why(served: Served) -> None:
    unknown = served.post("/api/ask", {"question": "Who?", "method": "best"})
    assert (unknown.status, unknown.code) == (400, "invalid_question")
    assert "there is no method 'best'" in unknown.json["error"]["message"]
    nothing = served.post(
        "/api/ask", {"question": "Who?", "filters": {"where": {"colour": "red"}}}, **{"accept": "text/event-stream"}
    )
    assert (nothing.status, nothing.code) == (400, "invalid_question")


@pytest.mark.parametrize("field", ["base_url", "url", "api_key", "path", "data"])
def test_fault_102_no_request_names_an_address_or_a_file(served: Served, field: str) -> None:
    response = served.post("/api/ask", {**ASK, field: "http://127.0.0.1/"})
    assert (response.status, response.code) == (400, "invalid_request")


def slowly(request: Request) -> Any:
    """A model that does what it is asked, but streams without an end."""
    if not request.get("stream"):
        return obedient(request)
    return Fault(200, tuple(events(ENDLESS, request)), STREAM, pause=0.05)


def until(check: Any) -> None:
    """Wait until `check()` is true."""
    give_up = time.monotonic() + GUARD_SECONDS
    while not check():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.mark.parametrize("method", ["local", "drift"])
def test_fault_99_a_client_who_leaves_ends_the_calls_for_it(root: Path, method: str) -> None:
    with server_in_a_thread(slowly) as model, serving(reading(root, model.base_url)) as server:
        reader = _half_read(server, {**ASK, "method": method, "stream": True}, b"event: token")
        assert model.sending
        reader.close()
        until(lambda: not model.sending)
        calls = len(model.calls)
        assert server.get("/healthz").status == 200
        assert len(model.calls) == calls


def test_fault_99_so_does_one_who_waits_for_the_whole_answer(root: Path) -> None:
    with server_in_a_thread(_hangs) as model, serving(reading(root, model.base_url)) as server:
        reader = _half_read(server, ASK, b"")
        until(lambda: model.calls)
        reader.close()
        until(lambda: not server.live.answering)


def _hangs(request: Request) -> Any:
    return Fault(200, (b"{",), ends="hang")


def _half_read(server: Served, body: dict[str, Any], until_text: bytes) -> socket.socket:
    """A connection that asked, and has read until there was `until_text`."""
    host, port = server.url.removeprefix("http://").split(":")
    content = json.dumps(body).encode()
    connection = socket.create_connection((host, int(port)), timeout=GUARD_SECONDS)
    head = f"POST /api/ask HTTP/1.1\r\nHost: {host}\r\nContent-Type: {JSON['content-type']}\r\n"
    connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    text = b""
    while until_text not in text:
        piece = connection.recv(10_000)
        assert piece, text
        text += piece
    return connection


def test_fault_100_as_many_as_may_wait_do_and_others_are_told_when_to_come_back(root: Path) -> None:
    gate = threading.Event()

    def waits(request: Request) -> Any:
        gate.wait(GUARD_SECONDS)
        return obedient(request)

    limits = Limits(at_once=1, waiting=2)
    with server_in_a_thread(waits) as model, serving(reading(root, model.base_url), limits=limits) as server:
        responses: list[Any] = []
        threads = [threading.Thread(target=lambda: responses.append(server.post("/api/ask", ASK))) for _ in range(8)]
        for thread in threads:
            thread.start()
        until(lambda: len(responses) == 5)
        gate.set()
        for thread in threads:
            thread.join()
    assert sorted(response.status for response in responses) == [200] * 3 + [429] * 5
    refused = [response for response in responses if response.status == 429]
    assert {(response.code, response.headers["retry-after"]) for response in refused} == {("busy", "5")}


def test_questions_of_one_moment_are_counted_before_any_of_them_has_its_turn(newsroom_settings: Settings) -> None:
    async def ask_together(live: LiveIndex) -> list[Any]:
        async def ask() -> list[Event]:
            return [event async for event in live.events("Who is Ingrid Solvay?", method="basic")]

        return await asyncio.gather(*(ask() for _ in range(8)), return_exceptions=True)

    live = LiveIndex(
        newsroom_settings.output_folder, lambda: Index.open_sync(newsroom_settings), Limits(at_once=1, waiting=2)
    )
    try:
        outcomes = asyncio.run(ask_together(live))
    finally:
        live.close()
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) == 5


def test_an_answer_that_takes_too_long_is_given_up(root: Path) -> None:
    brief = Limits(seconds=0.5)
    with server_in_a_thread(_hangs) as model, serving(reading(root, model.base_url), limits=brief) as server:
        response = server.post("/api/ask", ASK)
    assert (response.status, response.code) == (504, "timeout")


def test_a_model_that_fails_is_no_secret_told(root: Path) -> None:
    wrong = Fault(401, (b'{"error": {"message": "bad key sk-123"}}',))
    with server_in_a_thread(lambda _: wrong) as model, serving(reading(root, model.base_url)) as server:
        response = server.post("/api/ask", ASK)
        assert (response.status, response.code) == (502, "model_failed")
        for secret in (model.base_url, "sk-123", str(root)):
            assert secret.encode() not in response.body


def test_every_answer_is_sealed_against_browsers(served: Served) -> None:
    for path in ("/healthz", "/api/status", "/nothing"):
        headers = served.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_a_failure_of_our_own_tells_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: Any) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(served.live, "opened", breaks)
    response = served.get("/api/status")
    assert (response.status, response.code) == (500, "internal_error")
    assert b"secret" not in response.body
