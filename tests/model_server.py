"""An OpenAI-compatible server on loopback that replies what a test says, and misbehaves when told to.

It speaks just enough HTTP/1.1 to be able to break it: chat completions (whole and streamed), embeddings, models,
files and batches. It understands nothing of what it is sent.

    async with ModelServer() as server:
        server.reply(lambda request: {"entities": []})     # a dict is sent as JSON in the message, a str as it is
        ... ModelSettings(model="any", base_url=server.base_url, api_key="any") ...
        assert len(server.calls) == 1

`python tests/model_server.py [milliseconds of latency]` serves the echo handler until it is ended, for benchmarks.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import math
import random
import struct
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

Request = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A reply made by hand: `pieces` of the body, `pause` seconds before each, and how it ends.

    `length` is the Content-Length told; None: none is told, and the end of the connection is the end of the body.
    "hang" leaves the connection open and silent, "reset" aborts it.
    """

    status: int = 200
    pieces: tuple[bytes, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0.0
    ends: Literal["close", "reset", "hang"] = "close"


def failure(status: int, message: str = "no", *, code: str | None = None, **headers: str) -> Fault:
    """An error as OpenAI writes it; `retry_after="3"` is the header Retry-After."""
    body = json.dumps({"error": {"message": message, "type": code, "param": None, "code": code}}).encode()
    return Fault(status, (body,), {name.replace("_", "-"): value for name, value in headers.items()}, len(body))


def whole(body: bytes | str | Mapping[str, Any], **headers: str) -> Fault:
    """`body` with status 200, exactly as it is."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return Fault(200, (raw,), {name.replace("_", "-"): value for name, value in headers.items()}, len(raw))


Reply = str | Mapping[str, Any] | Fault
Handler = Callable[[Request], Reply]


@dataclass(frozen=True)
class Call:
    """One request that came in; `at` is the loop's time in seconds."""

    path: str
    request: Request
    headers: Mapping[str, str]
    at: float


def echo(request: Request) -> str:
    """The last message, again."""
    return str(request["messages"][-1]["content"])


def vector_of(text: str, dimensions: int = 64) -> list[float]:
    """A unit vector of the words of `text`: texts that share words are near each other."""
    vector = [0.0] * dimensions
    for word in text.lower().split() or [""]:
        code = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
        vector[code % dimensions] += 1.0
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]


def tokens_of(text: str) -> int:
    """What the server bills for `text`: a token for four characters."""
    return -(-len(text) // 4)


def completion(text: str | None, request: Request, *, finish: str = "stop", usage: bool = True) -> Request:
    """A chat completion as OpenAI sends it."""
    message = {"role": "assistant", "content": text, "refusal": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
    }
    return body | ({"usage": _usage(text or "", request)} if usage else {})


def _usage(text: str, request: Request) -> Request:
    prompt = sum(tokens_of(str(message["content"])) for message in request.get("messages", ()))
    reply = tokens_of(text)
    details = {"cached_tokens": 0}
    counts = {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}
    return counts | {"prompt_tokens_details": details}


def events(text: str, request: Request, *, finish: str | None = "stop", size: int = 16) -> list[bytes]:
    """The server-sent events of a streamed reply, a piece of `size` characters each."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": request.get("model", "")}
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    deltas: list[tuple[Request, str | None]] = [({"content": part}, None) for part in parts]
    if finish is not None:
        deltas.append(({}, finish))
    chunks = [
        head | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], "usage": None}
        for delta, reason in deltas
    ]
    if (request.get("stream_options") or {}).get("include_usage"):
        chunks.append(head | {"choices": [], "usage": _usage(text, request)})
    return [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"]


class ModelServer:
    """The server; everything that a test may set is an attribute without underscore."""

    def __init__(self, *, latency: float = 0.0, api_key: str | None = None, dimensions: int = 64) -> None:
        self.latency: float | Callable[[Request], float] = latency
        """Seconds for each paid call, or what they are for a request."""
        self.slots: asyncio.Semaphore | None = None
        """How many paid calls are worked on at once; the others wait, and are worked on though their client is gone."""
        self.api_key = api_key
        self.dimensions = dimensions
        self.models = ["any", "embedding"]
        self.calls: list[Call] = []
        self.peak_concurrency = 0
        self.tokens = 0
        self.sending = 0
        """Replies that are on their way now; one that nobody reads any more is, until its next piece."""
        self.batch_polls = 1
        """How often a batch says that it is in progress before it is complete."""
        self.pages: dict[str, Mapping[str, Any]] = {}
        """By path, what is replied to what costs nothing, in place of what this server would say."""
        self.embed: Handler | None = None
        """In place of the vectors of the words."""
        self.port = 0
        self._handler: Handler = echo
        self._sometimes: Callable[[], Fault | None] = lambda: None
        self._limit: tuple[int, float] | None = None
        self._admitted: list[float] = []
        self._active = 0
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, Request] = {}
        self._number = itertools.count(1)
        self._server: asyncio.Server | None = None
        self.connections: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def root_url(self) -> str:
        """What an Azure client is configured with."""
        return f"http://127.0.0.1:{self.port}"

    def reply(self, handler: Handler) -> None:
        """Let `handler` make the replies of chat completions from now on; it gets the request's JSON."""
        self._handler = handler

    def sometimes(self, faults: Sequence[Fault], share: float, seed: int = 0) -> None:
        """Misbehave at `share` of all paid calls, with one of `faults`, as `seed` says."""
        dice = random.Random(seed)
        self._sometimes = lambda: dice.choice(faults) if dice.random() < share else None

    def limit(self, requests: int, seconds: float = 60.0) -> None:
        """Admit at most `requests` in any `seconds`; the others get 429 and are told when to come again."""
        self._limit = (requests, seconds)

    def peak_requests(self, seconds: float) -> int:
        """The largest number of paid calls that came in within any `seconds`."""
        times = sorted(call.at for call in self.calls)
        return max((sum(1 for at in times[i:] if at < start + seconds) for i, start in enumerate(times)), default=0)

    async def __aenter__(self) -> ModelServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=1 << 20, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self.connections):
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        task.add_done_callback(self.connections.discard)
        # Ended by the client, or by leaving the context: nobody is left to be told.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            async for method, path, headers, body in _requests(reader):
                fault = await self._answer(method, path, headers, body)
                self.sending += 1
                try:
                    if not await _send(writer, fault):
                        break
                finally:
                    self.sending -= 1
        with suppress(Exception):
            writer.close()

    async def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Fault:
        path = path.split("?")[0]
        given = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("api-key", "")
        paid = method == "POST" and path.endswith(("/chat/completions", "/embeddings"))
        request: Request = json.loads(body) if body and "json" in headers.get("content-type", "") else {}
        if paid:
            self.calls.append(Call(path, request, headers, asyncio.get_running_loop().time()))
        if self.api_key is not None and given != self.api_key:
            return failure(401, f"Incorrect API key provided: {given}", code="invalid_api_key")
        if not paid and path in self.pages:
            return whole(self.pages[path])
        if not paid:
            return self._manage(method, path.rstrip("/").split("/"), request, body)
        self._active += 1
        self.peak_concurrency = max(self.peak_concurrency, self._active)
        try:
            async with self.slots or nullcontext():
                seconds = self.latency(request) if callable(self.latency) else self.latency
                if seconds:
                    await asyncio.sleep(seconds)
                return self._too_many() or self._sometimes() or self._paid(path, request)
        finally:
            self._active -= 1

    def _too_many(self) -> Fault | None:
        if self._limit is None:
            return None
        now = asyncio.get_running_loop().time()
        requests, seconds = self._limit
        self._admitted = [at for at in self._admitted if at > now - seconds]
        if len(self._admitted) < requests:
            self._admitted.append(now)
            return None
        wait = math.ceil((self._admitted[0] + seconds - now) * 1000)
        return failure(429, "Rate limit reached", code="rate_limit_exceeded", retry_after_ms=str(wait))

    def _paid(self, path: str, request: Request) -> Fault:
        reply = (self.embed or self._embed)(request) if path.endswith("/embeddings") else self._handler(request)
        if isinstance(reply, Fault):
            return reply
        if path.endswith("/embeddings"):
            assert not isinstance(reply, str)
            self.tokens += reply["usage"]["total_tokens"]
            return whole(reply)
        text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        self.tokens += _usage(text, request)["total_tokens"]
        if request.get("stream"):
            return Fault(200, tuple(events(text, request)), {"content-type": "text/event-stream"})
        return whole(completion(text, request))

    def _embed(self, request: Request) -> Request:
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        vectors = [vector_of(text, request.get("dimensions") or self.dimensions) for text in texts]
        return embeddings(vectors, request)

    def _manage(self, method: str, parts: list[str], request: Request, body: bytes) -> Fault:
        """What costs nothing: models, files, batches."""
        match method, parts[2:]:
            case "GET", ["models"]:
                return whole({"object": "list", "data": [_model(name) for name in self.models]})
            case "POST", ["files"]:
                name = f"file-{next(self._number)}"
                self._files[name] = _uploaded(body)
                return whole({"id": name, "object": "file", "bytes": len(self._files[name]), "status": "processed"})
            case "GET", ["files", name, "content"] if name in self._files:
                return whole(self._files[name])
            case "DELETE", ["files", name] if name in self._files:
                del self._files[name]
                return whole({"id": name, "object": "file", "deleted": True})
            case "POST", ["batches"]:
                return whole(self._start_batch(request))
            case "GET", ["batches", name] if name in self._batches:
                return whole(self._poll_batch(name))
            case "POST", ["batches", name, "cancel"] if name in self._batches:
                self._batches[name]["status"] = "cancelled"
                return whole(self._batches[name])
            case "GET", ["batches"]:
                return whole({"object": "list", "data": list(self._batches.values()), "has_more": False})
        return failure(404, "Not found", code="not_found")

    def _start_batch(self, request: Request) -> Request:
        name = f"batch_{next(self._number)}"
        lines = self._files[request["input_file_id"]].splitlines()
        self._batches[name] = request | {
            "id": name,
            "object": "batch",
            "status": "validating",
            "created_at": 0,
            "output_file_id": None,
            "error_file_id": None,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "polls": 0,
        }
        return self._batches[name]

    def _poll_batch(self, name: str) -> Request:
        batch = self._batches[name]
        batch["polls"] += 1
        if batch["status"] in ("validating", "in_progress"):
            batch["status"] = "in_progress"
            if batch["polls"] > self.batch_polls:
                self._complete(batch)
        return batch

    def _complete(self, batch: Request) -> None:
        """Lines that succeed go to one file, in the order they came in, backwards: order is not promised."""
        good: list[bytes] = []
        bad: list[bytes] = []
        for line in self._files[batch["input_file_id"]].splitlines():
            asked = json.loads(line)
            self.calls.append(Call(asked["url"], asked["body"], {}, asyncio.get_running_loop().time()))
            fault = self._paid(asked["url"], asked["body"])
            response = {"status_code": fault.status, "request_id": "", "body": json.loads(b"".join(fault.pieces))}
            row = {"id": f"row-{asked['custom_id']}", "custom_id": asked["custom_id"], "response": response}
            (good if fault.status == 200 else bad).append(json.dumps(row | {"error": None}).encode())
        for key, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                batch[key] = f"file-{next(self._number)}"
                self._files[batch[key]] = b"\n".join(reversed(rows)) + b"\n"
        batch["status"] = "completed"
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}


def embeddings(vectors: Sequence[Sequence[float]], request: Request) -> Request:
    """Vectors as OpenAI sends them, as base64 if that was asked for."""
    packed = request.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() if packed else vector,
        }
        for index, vector in enumerate(vectors)
    ]
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    used = sum(tokens_of(text) for text in texts)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": data, "model": request.get("model", ""), "usage": usage}


def _model(name: str) -> Request:
    return {"id": name, "object": "model", "created": 0, "owned_by": "test"}


def _uploaded(body: bytes) -> bytes:
    """The content of the part called "file" of a multipart body."""
    boundary = body.split(b"\r\n", 1)[0]
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    raise ValueError("the upload has no part called 'file'")


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, str, dict[str, str], bytes]]:
    """(method, path, headers, body) of each request of a connection."""
    while True:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        yield method, path, headers, await _body(reader, headers)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _send(writer: asyncio.StreamWriter, reply: Fault) -> bool:
    """Whether the connection can be used again."""
    kept = reply.length is not None and reply.length == sum(map(len, reply.pieces)) and reply.ends == "close"
    headers = {"content-type": "application/json", "connection": "keep-alive" if kept else "close", **reply.headers}
    if reply.length is not None:
        headers["content-length"] = str(reply.length)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw = f"HTTP/1.1 {reply.status} {'OK' if reply.status == 200 else 'Fault'}\r\n{head}\r\n".encode()
    if reply.pause:
        writer.write(raw)
        for piece in reply.pieces:
            await asyncio.sleep(reply.pause)
            writer.write(piece)
            await writer.drain()
    else:
        silent = reply.ends == "hang" and not reply.pieces
        writer.write(b"" if silent else raw + b"".join(reply.pieces))
        await writer.drain()
    if reply.ends == "hang":
        await asyncio.sleep(3600)
    if reply.ends == "reset":
        await asyncio.sleep(0.01)  # let what was sent go out
        writer.transport.abort()
    return kept


async def _serve(latency: float) -> None:
    async with ModelServer(latency=latency) as server:
        print(server.base_url, flush=True)  # noqa: T201
        await asyncio.sleep(86_400)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0))
