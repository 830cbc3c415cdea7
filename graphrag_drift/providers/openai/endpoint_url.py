"""settings -> the address of an endpoint, and whether it is near: loopback or a private network. Looks no name up."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from graphrag_drift.settings import ModelSettings

OPENAI_HOST = "api.openai.com"


def url_of(settings: ModelSettings) -> str:
    """The address of the endpoint: as set, as the environment says, or OpenAI's."""
    if settings.api_version:
        return settings.base_url or os.environ.get("AZURE_OPENAI_ENDPOINT") or ""
    return settings.base_url or os.environ.get("OPENAI_BASE_URL") or f"https://{OPENAI_HOST}/v1"


def is_near(url: str) -> bool:
    """Whether `url` is on this machine or in a private network: such a server often does one call after another."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:  # a name without a dot is one of a machine or a container near by
        return bool(host) and ("." not in host or host.endswith((".local", ".localhost", ".lan", ".internal")))
    return address.is_loopback or address.is_private or address.is_link_local
