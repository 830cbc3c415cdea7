"""settings -> JSON asked of an OpenAI-compatible endpoint: one attempt, within a deadline, of a bounded size.

Over the `openai` client, which knows the addresses and headers of OpenAI and Azure; of its replies only the bytes are
taken, since its models accept anything. No retries: those are for `limits.py`. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from ssl import SSLContext
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx2
import openai

from graphrag_drift.errors import EndpointError, ProviderError, SettingsError, TooLong
from graphrag_drift.providers.openai.deadline import Progress
from graphrag_drift.providers.openai.endpoint_url import OPENAI_HOST, is_near, url_of
from graphrag_drift.providers.openai.faults import Where, client_fault, error_in
from graphrag_drift.providers.openai.pacing import Passing, PerLoop
from graphrag_drift.settings import VARIABLE, ModelSettings

T = TypeVar("T")
MOST_BYTES = 20_000_000  # of a reply, inflated
_CONNECT_SECONDS = 5.0
_HINT_SECONDS = 3.0
_PIECE = 1 << 16


class Connection:
    """One endpoint and model. `client` is the OpenAI client of the running loop, for what is not here.

    `progress` tells when anybody last heard of the endpoint. A server near by that was given no deadline has as long
    as it says under /models that it lives: it may be slow.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        most_bytes: int = MOST_BYTES,
        progress: Callable[[], Progress] | None = None,
    ) -> None:
        url = url_of(settings)
        key = _key(settings)
        secrets = (key, unquote(urlsplit(url).password or ""))
        self.where = Where(settings.model, url, tuple(secret for secret in secrets if secret))
        self._settings = settings
        self._most_bytes = most_bytes
        self._answered = False
        self._progress = progress or PerLoop(Progress)
        self._waits = "timeout_seconds" not in settings.model_fields_set and is_near(url)
        self.client = PerLoop(lambda: _client(settings, url, key, self._bounded))

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that is the reply. Raises: ProviderError."""
        try:
            response = await self._within(self.client().post(path, body=body, cast_to=httpx2.Response))
            return self._object(response)
        except Exception as error:
            fault = self._fault(error)
        # Not inside the except block: the client's exception holds the request, and with it the key.
        raise await self._with_hint(fault) if isinstance(fault, EndpointError) else fault

    async def events(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of a streamed reply; the deadline is for each. Raises: ProviderError."""
        stream: openai.AsyncStream[Any] | None = None
        try:
            stream = await self._within(
                self.client().post(path, body=body, cast_to=object, stream=True, stream_cls=openai.AsyncStream[Any])
            )
            self._not_a_page(stream.response)
            pieces = aiter(stream)
            event = await self._within(_next(pieces))
            while True:
                if event is None:
                    return
                self._answered = True
                yield event
                async with asyncio.timeout(self._settings.timeout_seconds):
                    event = await anext(pieces, None)
                self._progress().came()
        except Exception as error:
            fault = self._fault(error)
        finally:
            if stream is not None:
                await stream.close()
        raise await self._with_hint(fault) if isinstance(fault, EndpointError) else fault

    async def models(self) -> list[str]:
        """The names that the endpoint lists under /models. Raises: ProviderError."""
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                response = await self.client().get("/models", cast_to=httpx2.Response)
            listed = self._object(response).get("data") or []
            return [str(model["id"]) for model in listed if isinstance(model, Mapping) and "id" in model]
        except Exception as error:
            fault = self._fault(error)
        raise fault

    async def _within(self, call: Coroutine[Any, Any, T]) -> T:
        """What `call` brings. Raises: TimeoutError, when nothing came of the endpoint in time; as `call`."""
        lives = self._lives if self._waits else None
        try:
            result = await self._progress().within(call, self._settings.timeout_seconds, lives)
        except openai.APIStatusError:
            self._progress().came()
            raise
        self._progress().came()
        return result

    async def _lives(self) -> bool:
        """Whether the server answers at all."""
        with suppress(openai.APIConnectionError, TimeoutError):
            async with asyncio.timeout(_HINT_SECONDS):
                with suppress(openai.APIStatusError):
                    await self.client().get("/models", cast_to=httpx2.Response)
                return True
        return False

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        await self.client().close()

    def _object(self, response: httpx2.Response) -> dict[str, Any]:
        self._not_a_page(response)
        if not response.content.strip():
            raise Passing(f"{self.where} sent an empty reply")
        reply = json.loads(response.content)
        if not isinstance(reply, dict):
            raise Passing(f"{self.where} sent {type(reply).__name__} where an object was expected")
        if isinstance(reply.get("error"), Mapping):
            raise error_in(reply, self.where)
        self._answered = True
        return reply

    def _not_a_page(self, response: httpx2.Response) -> None:
        page = "html" in response.headers.get("content-type", "")
        if page or (response.is_closed and response.content[:200].lstrip()[:1] == b"<"):
            raise EndpointError(f"{self.where} sent a web page: this is not an OpenAI-compatible endpoint")

    def _fault(self, error: Exception) -> ProviderError:
        seconds = self._settings.timeout_seconds
        return client_fault(error, self.where, answered=self._answered, timeout_seconds=seconds)

    async def _with_hint(self, fault: EndpointError) -> EndpointError:
        """`fault`, if it is that the model is unknown, with the models that there are."""
        if fault.status not in (403, 404):
            return fault
        hint = "see what it lists under /models"
        with suppress(ProviderError, TimeoutError):
            async with asyncio.timeout(_HINT_SECONDS):
                names = await self.models()
            near = get_close_matches(self._settings.model, names, 5, 0.4) or names[:5]
            listed = "it is listed" if self._settings.model in names else f"it is not listed, but {near} are"
            hint = f"of {len(names)} models under /models, {listed}"
        hinted = EndpointError(f"{fault}; {hint}")
        hinted.status, hinted.parameter = fault.status, fault.parameter
        return hinted

    async def _bounded(self, response: httpx2.Response) -> None:
        """Put a bound on what is read of `response`, after inflation."""
        encoding = response.headers.pop("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "deflate"):
            raise EndpointError(f"{self.where} sends replies encoded as {encoding!r}, though identity was asked for")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._most_bytes, encoding != "identity", self.where)


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of a stream, inflated in small pieces. Raises: TooLong, before there are more than `most`."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int, inflate: bool, where: Where) -> None:
        self._stream = stream
        self._left = most
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if inflate else None
        self._where = where

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for raw in self._stream:
            piece = raw
            while piece:
                part = self._inflate.decompress(piece, _PIECE) if self._inflate else piece
                piece = self._inflate.unconsumed_tail if self._inflate else b""
                self._left -= len(part)
                if self._left < 0:
                    raise TooLong(f"the reply of {self._where} is longer than what is read of one")
                yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _certificates() -> SSLContext:
    return httpx2.create_ssl_context()  # 20 ms, and the same for every client


async def _next(pieces: AsyncIterator[Any]) -> Any:
    return await anext(pieces, None)


def _client(settings: ModelSettings, url: str, key: str, bounded: Any) -> openai.AsyncOpenAI:
    parts = urlsplit(url)
    name = _key_variable(settings)
    if not parts.hostname:
        raise SettingsError(f"base_url of model {settings.model!r} is no address; expected one like https://host/v1")
    if not key and (settings.api_version or parts.hostname == OPENAI_HOST):
        raise SettingsError(f"no key is set for model {settings.model!r}; set its api_key, or the variable {name}")
    # Out of the address, where logs would show them.
    auth = httpx2.BasicAuth(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    http = httpx2.AsyncClient(
        auth=auth,
        verify=_certificates(),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=settings.concurrent_requests),
        event_hooks={"response": [bounded]},
    )
    seconds = settings.timeout_seconds
    options: dict[str, Any] = {
        "api_key": key or "none",
        "max_retries": 0,
        # To read may take longer, while others are answered: see `_within`.
        "timeout": httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds), read=None),
        "default_headers": {"Accept-Encoding": "identity"},
        "http_client": http,
    }
    if settings.api_version:
        return openai.AsyncAzureOpenAI(azure_endpoint=bare, api_version=settings.api_version, **options)
    return openai.AsyncOpenAI(base_url=bare, **options)


def _key(settings: ModelSettings) -> str:
    """The key that was set, else that of the environment, else "".

    Raises: SettingsError, if it was to come from a variable that is not set.
    """
    if settings.api_key:
        key = settings.api_key.get_secret_value()
        if (unset := VARIABLE.search(key)) is not None:
            raise SettingsError(
                f"the variable {unset[1]!r}, in which the key of model {settings.model!r} is to be, is not set; set it"
                " in the environment or in .env beside the settings"
            )
        return key
    return os.environ.get(_key_variable(settings), "")


def _key_variable(settings: ModelSettings) -> str:
    return "AZURE_OPENAI_API_KEY" if settings.api_version else "OPENAI_API_KEY"
