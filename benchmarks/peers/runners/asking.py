"""Ask an engine its questions one after another, and write down what each took. Runs in every engine's environment."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

Engine = Callable[[str], AsyncIterator[str]]
"""The useful texts of an answer to a question, as they come."""


def ask_all(ask: Engine, questions: list[dict[str, Any]], url: str, latency: float, out: Path) -> None:
    """Write a JSON list: of each question what this process and the server used for it."""
    out.write_text(json.dumps(asyncio.run(_ask_all(ask, questions, url, latency))), "utf-8")


async def _ask_all(ask: Engine, questions: list[dict[str, Any]], url: str, latency: float) -> list[dict[str, Any]]:
    """The books of the server are opened and read between the questions, outside what is measured."""
    return [await _ask(ask, asked, url, latency) for asked in questions]


async def _ask(ask: Engine, asked: dict[str, Any], url: str, latency: float) -> dict[str, Any]:
    _call(f"{url}/measure", {"latency": latency, "evidence": asked["evidence"]})
    used, began = _cpu(), time.perf_counter()
    first = None
    text = ""
    async for piece in ask(asked["question"]):
        first = first if first is not None or not piece else time.perf_counter() - began
        text += piece
    wall = time.perf_counter() - began
    cpu = _cpu() - used
    row = {"question": asked["question"], "cpu": cpu, "wall": wall, "first": first, "text": text}
    sys.stderr.write(f"{cpu:.3f} CPU s, {wall:.3f} s: {asked['question']}\n")
    return {**row, **_call(f"{url}/measured")}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _call(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"})) as reply:
        return dict(json.load(reply))
