"""A model near by -> the tokens of its context, as its server tells them: llama.cpp, vLLM, Ollama and LM Studio.

They tell it in four ways, of which none costs anything. What nobody tells is learned from the error of a prompt that
was too long.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import httpx2

from graphrag_drift.providers.openai.endpoint_url import url_of
from graphrag_drift.settings import ModelSettings

_SECONDS = 3.0
_OLLAMA_DEFAULT = 4_096
"""What Ollama gives a model that it has not loaded yet, on machines with less than 24 GB of video memory."""
_KEYS = ("max_model_len", "loaded_context_length", "context_length", "context_window", "n_ctx", "max_context_length")
_NUM_CTX = re.compile(r"num_ctx\s+(\d+)")


async def window_of(model: ModelSettings) -> int | None:
    """The tokens of the context of `model`; None, if its server does not say."""
    root = url_of(model).rstrip("/").removesuffix("/v1")
    key = model.api_key.get_secret_value() if model.api_key else ""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    name = model.model

    async def ask(path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        response = await (client.get(path) if body is None else client.post(path, json=body))
        value = response.json() if response.status_code == 200 else {}
        return value if isinstance(value, Mapping) else {}

    with suppress(httpx2.HTTPError, TimeoutError, ValueError, RecursionError):
        async with (
            asyncio.timeout(_SECONDS),
            httpx2.AsyncClient(base_url=root, headers=headers, trust_env=False) as client,
        ):
            return (
                _listed(await ask("/v1/models"), "data", name)
                or _listed(await ask("/api/v0/models"), "data", name)
                or _listed(await ask("/api/ps"), "models", name)
                or _shown(await ask("/api/show", {"model": name}))
            )
    return None


def _listed(reply: Mapping[str, Any], key: str, name: str) -> int | None:
    """The context of model `name` in a list; that of another one only if the server has no choice of models."""
    rows = [row for row in reply.get(key) or [] if isinstance(row, Mapping)]
    names: Callable[[Mapping[str, Any]], tuple[object, ...]] = lambda row: tuple(  # noqa: E731
        str(row.get(field) or "").removesuffix(":latest") for field in ("id", "name", "model")
    )
    named = [row for row in rows if name.removesuffix(":latest") in names(row)]
    for row in named or (rows if len(rows) == 1 else []):
        meta = row.get("meta")
        places = (meta, row) if isinstance(meta, Mapping) else (row,)
        for place in places:
            for field in _KEYS:
                if isinstance(place.get(field), int) and place[field] > 0:
                    return int(place[field])
    return None


def _shown(reply: Mapping[str, Any]) -> int | None:
    """What Ollama will give a model that it has not loaded."""
    info = reply.get("model_info")
    if not isinstance(info, Mapping):
        return None
    most = next((value for key, value in info.items() if str(key).endswith(".context_length")), None)
    match = _NUM_CTX.search(str(reply.get("parameters") or ""))
    wanted = int(match[1]) if match else _OLLAMA_DEFAULT
    return min(wanted, most) if isinstance(most, int) and most > 0 else wanted
