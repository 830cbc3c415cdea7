"""A call of a model -> its span."""

from __future__ import annotations

from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from graphrag_drift.providers.openai.endpoint_url import url_of
from graphrag_drift.settings import ModelSettings
from graphrag_drift.tracing import Attributes, Tell, span

_PARAMETERS = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "seed": "gen_ai.request.seed",
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
}


def call_span(
    operation: str, settings: ModelSettings, more: Attributes | None = None, *, current: bool = True
) -> AbstractContextManager[Tell]:
    """Around a call of the model of `settings`; see `span`."""
    url = urlsplit(url_of(settings))
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "openai",  # the manner of asking: no compatible endpoint tells who is behind it
        "gen_ai.request.model": settings.model,
        "server.address": url.hostname or "",
        "server.port": url.port or (80 if url.scheme == "http" else 443),
        **{
            _PARAMETERS[name]: value
            for name, value in settings.parameters.items()
            if name in _PARAMETERS and isinstance(value, int | float)
        },
        **(more or {}),
    }
    return span(f"{operation} {settings.model}", attributes, client=True, current=current)
