"""An OpenAI-compatible server on loopback that answers as a model would, after a set delay, and keeps the books.

    python server.py PORT_FILE

`POST /measure {"latency": seconds}` forgets what was counted; `GET /measured` says what was counted since. Tokens
are counted only then, so that counting delays no reply. It has no faults and no limits and does not stream.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import random
import sys
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import tiktoken
from aiohttp import web
from replies import answer, content

DIMENSIONS = 1536


@dataclass
class Books:
    """What was asked since the last measurement began."""

    latency: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    prompts: dict[str, list[str]] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0
    first: float = math.inf
    last: float = 0.0
    took: float = 0.0


class ModelServer:
    """The routes, and the books of the current measurement."""

    def __init__(self) -> None:
        self.books = Books()
        self.encoding = tiktoken.get_encoding("o200k_base")
        draw = random.Random(0)
        self.numbers = [[draw.gauss(0, 1 / math.sqrt(DIMENSIONS)) for _ in range(DIMENSIONS)] for _ in range(64)]
        self.printed = [[f"{number:.6f}" for number in numbers] for numbers in self.numbers]

    def application(self) -> web.Application:
        """The server's routes."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_post("/v1/embeddings", self.embed)
        app.router.add_post("/measure", self.measure)
        app.router.add_get("/measured", self.measured)
        return app

    async def chat(self, request: web.Request) -> web.Response:
        """One reply."""
        began, asked = time.perf_counter(), await request.json()
        if asked.get("stream"):
            return web.json_response({"error": {"message": "this server does not stream"}}, status=400)
        kind, text = answer(asked)
        prompt = "\n".join(content(message) for message in asked["messages"])
        schema = (asked.get("response_format") or {}).get("json_schema")
        # A provider puts the schema before the messages, and charges for it.
        self.books.prompts.setdefault(kind, []).append((json.dumps(schema) + "\n" if schema else "") + prompt)
        self.books.replies.append(text)
        await self.wait(kind, began)
        counted = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4}
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response(
            {
                "id": f"chatcmpl-{len(self.books.replies)}",
                "object": "chat.completion",
                "created": 0,
                "model": asked["model"],
                "choices": [choice],
                "usage": {**counted, "total_tokens": sum(counted.values())},
            }
        )

    async def embed(self, request: web.Request) -> web.Response:
        """Vectors by the text's checksum: one of 64 random ones, rotated, so that hardly two texts share one."""
        began, asked = time.perf_counter(), await request.json()
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        texts = [text if isinstance(text, str) else self.encoding.decode(text) for text in texts]
        self.books.prompts.setdefault("embed", []).extend(texts)
        plain = asked.get("encoding_format", "float") == "float"
        dimensions = min(DIMENSIONS, asked.get("dimensions") or DIMENSIONS)
        rows = ",".join(self.vector(index, text, dimensions, plain) for index, text in enumerate(texts))
        await self.wait("embed", began)
        used = sum(map(len, texts)) // 4
        body = f'{{"object":"list","model":{json.dumps(asked["model"])},"data":[{rows}],'
        body += f'"usage":{{"prompt_tokens":{used},"total_tokens":{used}}}}}'
        return web.Response(text=body, content_type="application/json")

    def vector(self, index: int, text: str, dimensions: int, plain: bool) -> str:
        """One row of the reply, in JSON."""
        turn, which = divmod(crc32(text.encode()), 64)
        turn %= DIMENSIONS
        if plain:
            printed = self.printed[which]
            embedding = "[" + ",".join((printed[turn:] + printed[:turn])[:dimensions]) + "]"
        else:
            numbers = self.numbers[which]
            packed = array("f", (numbers[turn:] + numbers[:turn])[:dimensions]).tobytes()
            embedding = json.dumps(base64.b64encode(packed).decode())
        return f'{{"object":"embedding","index":{index},"embedding":{embedding}}}'

    async def wait(self, kind: str, began: float) -> None:
        """Count a call and let the latency pass, of which making the reply was a part."""
        books = self.books
        books.calls[kind] += 1
        books.in_flight += 1
        books.peak = max(books.peak, books.in_flight)
        books.first = min(books.first, began)
        await asyncio.sleep(max(0.0, books.latency - (time.perf_counter() - began)))
        books.in_flight -= 1
        books.last = time.perf_counter()
        books.took += books.last - began

    async def measure(self, request: web.Request) -> web.Response:
        """Begin a measurement."""
        self.books = Books(latency=(await request.json())["latency"])
        return web.json_response({})

    async def measured(self, request: web.Request) -> web.Response:
        """What was counted since the measurement began."""
        books = self.books
        tokens = {kind: self.count(prompts) for kind, prompts in books.prompts.items()}
        constant = {
            kind: len(prompts) * self.count([shared_start(min(prompts), max(prompts))])
            for kind, prompts in books.prompts.items()
            if len(prompts) > 1 and kind != "embed"
        }
        counted: dict[str, Any] = {
            "calls": dict(books.calls),
            "tokens": tokens,
            "constant_tokens": constant,
            "reply_tokens": self.count(books.replies),
            "embedded_texts": len(books.prompts.get("embed", [])),
            "peak_concurrency": books.peak,
            "span_seconds": max(0.0, books.last - books.first),
            "mean_seconds": books.took / max(1, books.calls.total()),
        }
        return web.json_response(counted)

    def count(self, texts: list[str]) -> int:
        """Tokens of all texts."""
        return sum(len(self.encoding.encode_ordinary(text)) for text in texts)


def shared_start(first: str, last: str) -> str:
    """What both begin with."""
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]


async def serve(port_file: Path) -> None:
    """Serve until the process is ended; the port is in `port_file` once it listens."""
    runner = web.AppRunner(ModelServer().application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    part = port_file.with_suffix(".part")
    part.write_text(str(runner.addresses[0][1]))
    part.rename(port_file)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
