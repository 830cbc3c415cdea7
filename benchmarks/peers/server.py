"""An OpenAI-compatible server on loopback that answers as a model would, after a set delay, and keeps the books.

    python server.py PORT_FILE [--port N] [--words FOLDER]

`POST /measure {"latency": seconds, "evidence": [sentence, ...]}` forgets what was counted; `GET /measured` says what
was counted since. Vectors mean nothing, or, with `--words`, what words the texts of that folder share. A stream comes
a token at a time, all after the delay. The server has no faults and no limits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

from aiohttp import web
from books import ENCODING, Books, with_schema
from replies import answer, content
from vectors import DIMENSIONS, Checksums, Vectors, Words

PIECE = 4  # characters of a streamed piece, as many as a token has


class ModelServer:
    """The routes, and the books of the current measurement."""

    def __init__(self, vectors: Vectors) -> None:
        self.books = Books()
        self.vectors = vectors

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
        kind, text = answer(asked)
        prompt = "\n".join(content(message) for message in asked["messages"])
        self.books.prompts.setdefault(kind, []).append(with_schema(prompt, asked))
        self.books.replies.append(text)
        await self.wait(kind, began)
        counted = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4}
        usage = {**counted, "total_tokens": sum(counted.values())}
        reply = {"id": f"chatcmpl-{len(self.books.replies)}", "created": 0, "model": asked["model"]}
        if asked.get("stream"):
            usage_too = (asked.get("stream_options") or {}).get("include_usage")
            return web.Response(text=streamed(reply, text, usage if usage_too else None), headers=STREAM)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response({**reply, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def embed(self, request: web.Request) -> web.Response:
        """Vectors, in the order of the texts."""
        began, asked = time.perf_counter(), await request.json()
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        texts = [text if isinstance(text, str) else ENCODING.decode(text) for text in texts]
        self.books.prompts.setdefault("embed", []).extend(texts)
        plain = asked.get("encoding_format", "float") == "float"
        dimensions = min(DIMENSIONS, asked.get("dimensions") or DIMENSIONS)
        rows = ",".join(
            f'{{"object":"embedding","index":{index},"embedding":{self.vectors.row(text, dimensions, plain)}}}'
            for index, text in enumerate(texts)
        )
        await self.wait("embed", began)
        used = sum(map(len, texts)) // 4
        body = f'{{"object":"list","model":{json.dumps(asked["model"])},"data":[{rows}],'
        body += f'"usage":{{"prompt_tokens":{used},"total_tokens":{used}}}}}'
        return web.Response(text=body, content_type="application/json")

    async def wait(self, kind: str, began: float) -> None:
        """Count a call and let the latency pass, of which making the reply was a part."""
        books = self.books
        books.begin(kind)
        await asyncio.sleep(max(0.0, books.latency - (time.perf_counter() - began)))
        books.end(kind, began, time.perf_counter())

    async def measure(self, request: web.Request) -> web.Response:
        """Begin a measurement."""
        asked = await request.json()
        self.books = Books(latency=asked["latency"], evidence=asked.get("evidence", []))
        return web.json_response({})

    async def measured(self, request: web.Request) -> web.Response:
        """What was counted since the measurement began."""
        return web.json_response(self.books.counted())


STREAM = {"Content-Type": "text/event-stream"}


def streamed(reply: dict[str, Any], text: str, usage: dict[str, int] | None) -> str:
    """The events of a streamed reply; `usage` is told by the last, if it is asked for."""

    def event(choices: list[dict[str, Any]], **more: Any) -> str:
        return f"data: {json.dumps({**reply, 'object': 'chat.completion.chunk', 'choices': choices, **more})}\n\n"

    def choice(delta: dict[str, str], finish: str | None = None) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": delta, "finish_reason": finish}]

    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    events = [event(choice({"role": "assistant", "content": ""})), *(event(choice({"content": p})) for p in pieces)]
    events.append(event(choice({}, "stop")))
    if usage is not None:
        events.append(event([], usage=usage))
    return "".join([*events, "data: [DONE]\n\n"])


async def serve(app: web.Application, port_file: Path, port: int) -> None:
    """Serve until the process is ended; the port is in `port_file` once it listens."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    part = port_file.with_suffix(".part")
    part.write_text(str(runner.addresses[0][1]))
    part.rename(port_file)
    await asyncio.Event().wait()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port_file", type=Path)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument(
        "--words", type=Path, help="vectors by the words that texts share; the corpus says which are rare"
    )
    options = parser.parse_args()
    texts = sorted(options.words.glob("*.txt")) if options.words else []
    vectors: Vectors = Words(path.read_text("utf-8") for path in texts) if texts else Checksums()
    asyncio.run(serve(ModelServer(vectors).application(), options.port_file, options.port))


if __name__ == "__main__":
    main()
