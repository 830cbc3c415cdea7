"""What tests of endpoints share: a server for the time of a test, and limits whose waits are short."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from clock import run_clocked
from command_line import run_command
from model_server import Fault, ModelServer, Reply, Request, echo

from graphrag_drift import Settings, build_index_sync
from graphrag_drift.each import Failed, each
from graphrag_drift.providers.openai.limits import LimitedChat, Limits, Patience, chat_model
from graphrag_drift.providers.protocols import ChatModel, Message
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.settings import ModelSettings

KEY = "sk-canary-0123456789"
TOKENIZER = ApproximateTokenizer("o200k_base")
QUICK = Patience(attempts=4, base=0.01, most=0.04, total=1.5, away=1.5, failures=5, pause=0.05)

ARTICLES = {
    "fire.txt": "Mill fire\n\nA fire destroyed the Aldane Mill on Monday. Owner Petra Voss said nobody was hurt.",
    "sale.txt": "Mill sold\n\nPetra Voss sold the Aldane Mill to Corin Bank on Friday for $2 million.",
}
NAME = re.compile(r"Petra Voss|Aldane Mill|Corin Bank")


def obedient(request: dict[str, Any]) -> str | dict[str, Any]:
    """A model that does what it is asked, in the simplest way."""
    shape = request.get("response_format", {}).get("json_schema", {}).get("name", "")
    said = request["messages"][-1]["content"]
    mark = (re.findall(r"\[(\d+)\]", said) or ["1"])[0]
    names = list(dict.fromkeys(NAME.findall(said)))
    finding = {"summary": "A sale", "explanation": f"The mill was sold. [{mark}]"}
    replies: dict[str, dict[str, Any]] = {
        "graph_reply": {
            "entities": [{"name": name, "type": "person", "description": f"{name} of the mill"} for name in names],
            "relationships": [
                {"source": a, "target": b, "description": f"{a} and {b}", "strength": 7}
                for a, b in itertools.pairwise(names)
            ],
        },
        "report_reply": {
            "title": "The mill",
            "summary": f"A mill changed hands. [{mark}]",
            "findings": [finding],
            "rating": 5,
            "rating_explanation": "It is all there is.",
        },
        "findings_reply": {
            "answer": f"Petra Voss sold it. [{mark}]",
            "score": "80/100",
            "follow_ups": ["What did Corin Bank pay?", {"question": "Who was hurt?"}],
        },
        "same_reply": {"reason": "They are two.", "same": False},
        "points_reply": {"points": [{"text": f"The mill was sold. [{mark}]", "score": 90}]},
    }
    return replies.get(shape, f"Petra Voss sold the mill to Corin Bank. [{mark}] Invented. [9999]")


def served(test: Callable[[ModelServer], Awaitable[None]]) -> Callable[[], None]:
    """A test that gets a server of its own, and a clock that waits for nobody."""

    def run() -> None:
        async def inside() -> None:
            async with ModelServer() as server:
                await test(server)

        run_clocked(inside())

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


def settings_of(server: ModelServer, **options: Any) -> ModelSettings:
    return ModelSettings(
        **{"model": "any", "base_url": server.base_url, "api_key": KEY, "timeout_seconds": 60.0} | options
    )


def chat_of(
    server: ModelServer, *, patience: Patience = QUICK, limits: Limits | None = None, **options: Any
) -> LimitedChat:
    settings = settings_of(server, **options)
    within = limits or Limits(settings.concurrent_requests, patience=patience)
    return chat_model(settings, TOKENIZER, limits=within)


def user(text: str = "hello") -> list[Message]:
    return [Message("user", text)]


async def ask_each(chat: ChatModel, items: Sequence[str], concurrency: int = 25) -> list[str | Failed]:
    """What a run makes of items: the echo of each, or why it was set aside."""

    async def ask(item: str) -> str:
        return (await chat.complete(user(item))).text

    return await each(items, ask, concurrency=concurrency)


def first(times: int, reply: Reply, then: Callable[[Request], Reply] = echo) -> Callable[[Request], Reply]:
    """A handler that gives `reply` so many times."""
    left = [times]

    def handler(request: Request) -> Reply:
        left[0] -= 1
        return reply if left[0] >= 0 else then(request)

    return handler


def for_item(item: str, fault: Fault) -> Callable[[Request], Reply]:
    """A handler that fails for one item, always."""
    return lambda request: fault if request["messages"][-1]["content"] == item else echo(request)


def gaps_of(server: ModelServer) -> list[float]:
    """Seconds between the calls that came in."""
    times = [call.at for call in server.calls]
    return [later - earlier for earlier, later in pairwise(times)]


@contextmanager
def server_in_a_thread(handler: Callable[[Request], Reply] = obedient) -> Iterator[ModelServer]:
    """A server for tests of the command line."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = ModelServer()
    server.reply(handler)
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def project(root: Path, url: str, price: str = "{input: 100, output: 200}") -> None:
    """A project folder with the articles, read by the model at `url`."""
    (root / "input").mkdir()
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    point(root, url, price)


def point(root: Path, url: str, price: str = "{input: 100, output: 200}") -> None:
    """Let the model at `url` read the project."""
    chat = f"{{model: any, base_url: '{url}', api_key: none, price: {price}, concurrent_requests: 2}}"
    (root / "settings.yaml").write_text(f"models:\n  chat: {chat}\n", "utf-8")


def run(*arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    """What the command line makes of `arguments`."""
    return run_command(*arguments, "-r", str(root))


def indexed(root: Path, url: str, **model: Any) -> Settings:
    """The project, indexed; `model` are further settings of its model."""
    project(root, url)
    settings = reading(root, url, **model)
    build_index_sync(settings)
    return settings


def reading(root: Path, url: str, **model: Any) -> Settings:
    """Let the model at `url` read the project; its settings, with those of `model` for the model."""
    point(root, url)
    price = {"input": 1, "output": 2}
    chat = {"model": "any", "base_url": url, "api_key": "none", "max_attempts": 2, "price": price, **model}
    return Settings.model_validate({"root": root, "models": {"chat": chat}})
