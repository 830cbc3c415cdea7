"""How near `index --estimate` comes to what then happens: real recorded replies, and an oracle, as the model.

    python benchmarks/estimate.py

Each corpus is estimated with nothing known and again when a fifth of it has been indexed, whose replies are kept; then
it is indexed with a model that says what was recorded, counted by the same tokenizer. Shown is how far off
the estimate is, in percent of what happened, by stage and in all.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE / "peers")]

from data import christmas_carol, podcast_episodes, recorded_cache  # noqa: E402
from measure import print_head  # noqa: E402
from recorded_chat import Answer, paid_for, recorded_answers, texts_of  # noqa: E402
from replies import answer as oracle_reply  # noqa: E402
from replies import report as oracle_report  # noqa: E402

from graphrag_drift.commands.estimate import Estimate, estimate_index  # noqa: E402
from graphrag_drift.interop.recorded import import_nano_cache  # noqa: E402
from graphrag_drift.settings import Settings  # noqa: E402
from graphrag_drift.values import Usage  # noqa: E402

CACHES: dict[str, Literal["gpt4o", "dickens"]] = {"gpt-4o, novel": "gpt4o", "another, novel": "dickens"}
STAGES = {
    "extract_graph": "extract",
    "glean": "glean",
    "resolve_entities": "doubtful names",
    "summarize_descriptions": "descriptions",
    "write_report": "reports",
    "embed": "embeddings",
}
SHARE = 5
EPISODES, CHARACTERS = 21, 24_000


def podcasts() -> pl.DataFrame:
    """Episodes, cut to about five text units each."""
    episodes = podcast_episodes().documents.head(EPISODES)
    return episodes.select("id", pl.col("text").str.head(CHARACTERS))


def part_of(documents: pl.DataFrame) -> pl.DataFrame:
    """A fifth of the documents, or the beginning of a single one."""
    if len(documents) > 1:
        return documents.gather_every(SHARE)
    return documents.with_columns(pl.col("text").str.head(pl.col("text").str.len_chars() // SHARE))


def oracle_answers(kind: str, asked: str, said: str) -> str:
    """What the model of benchmarks/peers_index.py says."""
    if kind == "write_report":
        return json.dumps(oracle_report(asked))
    if kind == "summarize_descriptions":
        return " ".join(asked.split()[-60:])
    shape: dict[str, Any] = {"json_schema": {"schema": {"properties": {"entities": {}, "relationships": {}}}}}
    reply: str = oracle_reply({"messages": [{"role": "user", "content": asked}], "response_format": shape})[1]
    return reply


def estimated(estimate: Estimate) -> dict[str, Usage]:
    """What is expected, by stage."""
    return {stage.name: stage.expected for stage in estimate.stages}


def share_off(expected: Usage, happened: Usage) -> list[str]:
    """Calls, prompt and completion tokens of an estimate, each in percent of what happened."""
    cells = []
    for name in ("calls", "prompt_tokens", "completion_tokens"):
        one, other = getattr(expected, name), getattr(happened, name)
        cells.append(f"{(one - other) / other:+.0%}" if other else "")
    return cells


def rows(label: str, expected: Mapping[str, Usage], happened: Mapping[str, Usage]) -> list[str]:
    """A row a stage, and one of all."""
    by_stage = {STAGES[kind]: usage for kind, usage in happened.items()}
    made = []
    for stage, usage in by_stage.items():
        off = share_off(expected.get(stage, Usage()), usage)
        made.append(f"| {label} | {stage} | {usage.calls or ''} | {' | '.join(off)} |")
    chat = [stage for stage in by_stage if stage != "embeddings"]
    one, other = (sum((of.get(stage, Usage()) for stage in chat), Usage()) for of in (expected, by_stage))
    return [*made, f"| {label} | all | {other.calls} | {' | '.join(share_off(one, other))} |"]


async def compare(
    name: str, documents: pl.DataFrame, answer: Answer | Callable[[list[str]], Answer], size: int
) -> None:
    """Print the rows of one corpus."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(folder, size)
        texts = texts_of(documents, settings)
        replies: Any = answer(texts) if name in CACHES else answer  # type: ignore[call-arg, arg-type]
        began = time.monotonic()
        blind = await estimate_index(settings, documents=documents)
        seconds = time.monotonic() - began
        elsewhere = settings.model_copy(update={"output": settings.output.model_copy(update={"folder": "part"})})
        await paid_for(replies, elsewhere, part_of(documents))
        informed = await estimate_index(settings, documents=documents)
        rest = await paid_for(replies, settings, documents)
    with tempfile.TemporaryDirectory() as folder:
        happened = await paid_for(replies, settings_in(folder, size), documents)
    label = f"{name}, {len(texts)} text units, {seconds:.1f} s"
    print("\n".join(rows(label, estimated(blind), happened)))
    print("\n".join(rows(f"{name}, a fifth known", estimated(informed), rest)), flush=True)


def settings_in(folder: str, size: int) -> Settings:
    """A project whose models cannot be reached."""
    models = {role: {"model": role, "base_url": "http://127.0.0.1:9/v1"} for role in ("chat", "embedding")}
    chunking = {"size": size, "overlap": size // 12}
    return Settings.model_validate({"root": folder, "chunking": chunking, "models": models})


async def main() -> None:
    """Print the table."""
    print_head("corpus", "stage", "calls", "calls off", "prompt tokens off", "completion tokens off")
    novel = christmas_carol().documents
    for name, run in CACHES.items():
        recorded = import_nano_cache(recorded_cache(run))
        await compare(name, novel, lambda texts, said=recorded: recorded_answers(said, texts), 1200)  # type: ignore[misc]
    await compare("oracle, podcasts", podcasts(), oracle_answers, 1200)


if __name__ == "__main__":
    asyncio.run(main())
