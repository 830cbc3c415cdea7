"""Put questions to an index of this engine over a chat model: URL WORK METHOD LATENCY QUESTIONS OUT.

WORK is where `run_graphrag_drift.py` indexed. No reply is taken from a cache.
"""

import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from asking import ask_all

from graphrag_drift import Index, Settings

url, work, method, latency, questions, out = sys.argv[1:]


async def ask(question: str) -> AsyncIterator[str]:
    """Without latency the answer as a whole; else the primer's answers, if there are any, and the text as it comes."""
    if not float(latency):
        yield (await index.ask(question, method=method)).text  # type: ignore[arg-type]
        return
    async for event in index.stream(question, method=method):  # type: ignore[arg-type]
        if event.kind in ("primed", "token"):
            yield event.text


with tempfile.TemporaryDirectory() as cache:
    settings = json.loads((Path(work) / "settings.json").read_text("utf-8"))
    index = Index.open_sync(Settings.model_validate({**settings, "models": {**settings["models"], "cache_dir": cache}}))
    ask_all(ask, json.loads(Path(questions).read_text("utf-8")), url, float(latency), Path(out))
