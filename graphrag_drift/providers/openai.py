"""Any OpenAI-compatible endpoint as a ChatModel, over chat completions, which every such server has.

Foreign exceptions become ours in `_fault`; what may pass is tried again with full jitter, the server's own word
(Retry-After) first. Only what the user set is sent. Keys are in no message, id or repr.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from graphrag_drift.errors import EndpointError, ProviderError
from graphrag_drift.providers.metering import spend
from graphrag_drift.providers.protocols import Completion, Message, ReplyShape, Tokenizer
from graphrag_drift.settings import ModelSettings
from graphrag_drift.values import Usage

if TYPE_CHECKING:
    import openai

_LONGEST_WAIT = 120.0  # seconds; an endpoint that asks for more is not waited for
_BACK_OFF = 0.5
_MOST_BACK_OFF = 60.0
_CONNECT_SECONDS = 5.0
_MOST_CHARACTERS = 2_000_000  # of one reply


class Passing(ProviderError):
    """A fault that may pass; `wait` seconds were asked for, or None."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class OpenAIChat:
    """A model at an endpoint; at most `concurrent_requests` calls at once."""

    def __init__(self, settings: ModelSettings, tokenizer: Tokenizer) -> None:
        self._settings = settings
        self._tokenizer = tokenizer
        self._answered = False
        # A client and a semaphore belong to the loop that they were first used in.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[openai.AsyncOpenAI, asyncio.Semaphore]]
        self._clients = WeakKeyDictionary()

    @property
    def id(self) -> str:
        """Endpoint host, model and parameters."""
        host = urlsplit(self._settings.base_url or "https://api.openai.com").netloc.rpartition("@")[2]
        parameters = json.dumps(self._settings.parameters, sort_keys=True)
        return f"openai:{host}/{self._settings.model}?{parameters}"

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """See `ChatModel`. The whole call, retries apart, has `timeout_seconds`."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(Passing),
            stop=stop_after_attempt(self._settings.max_attempts),
            wait=_wait,
            reraise=True,
        ):
            with attempt:
                return await self._complete_once(messages, shape)
        raise AssertionError("tenacity ends by a reply or an error")

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """See `ChatModel`. `timeout_seconds` is the longest pause between two pieces; nothing is tried again."""
        async with self._calling() as client:
            pieces = await client.chat.completions.create(**self._request(messages, None), stream=True)
            iterator = aiter(pieces)
            finish = ""
            while True:
                async with asyncio.timeout(self._settings.timeout_seconds):
                    chunk = await anext(iterator, None)
                if chunk is None:
                    break
                for choice in chunk.choices:
                    finish = choice.finish_reason or finish
                    if choice.delta.content:
                        yield choice.delta.content
            if finish != "stop":
                raise ProviderError(f"the reply of model {self._settings.model!r} broke off ({finish or 'no end'})")

    async def _complete_once(self, messages: Sequence[Message], shape: ReplyShape | None) -> Completion:
        async with self._calling() as client, asyncio.timeout(self._settings.timeout_seconds):
            reply = await client.chat.completions.create(**self._request(messages, shape))
        self._answered = True
        completion = self._completion(reply, messages)
        spend(completion.usage)
        return completion

    def _request(self, messages: Sequence[Message], shape: ReplyShape | None) -> dict[str, Any]:
        sent = [{"role": message.role, "content": message.content} for message in messages]
        request: dict[str, Any] = {"model": self._settings.model, "messages": sent, **self._settings.parameters}
        if shape is not None and self._settings.reply_format == "json_schema":
            schema = {"name": shape.name, "schema": shape.json_schema, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif shape is not None and self._settings.reply_format == "json_object":
            request["response_format"] = {"type": "json_object"}
        return request

    def _completion(self, reply: Any, messages: Sequence[Message]) -> Completion:
        choices = getattr(reply, "choices", None)
        if not choices:
            raise Passing(f"model {self._settings.model!r} replied without choices")
        message, finish = choices[0].message, choices[0].finish_reason or ""
        if message.refusal:
            raise ProviderError(f"model {self._settings.model!r} refused: {message.refusal[:200]}")
        if message.content is None and finish not in ("content_filter", "length"):
            raise Passing(f"model {self._settings.model!r} replied without content")
        text = (message.content or "")[:_MOST_CHARACTERS]
        return Completion(text, finish, self._usage(reply, messages, text))

    def _usage(self, reply: Any, messages: Sequence[Message], text: str) -> Usage:
        told = getattr(reply, "usage", None)
        if told is None:
            prompt = sum(self._tokenizer.count(message.content) for message in messages)
            return Usage(1, prompt, self._tokenizer.count(text), estimated=True)
        details = getattr(told, "prompt_tokens_details", None)
        cached = (getattr(details, "cached_tokens", None) or 0) if details else 0
        return Usage(1, told.prompt_tokens or 0, told.completion_tokens or 0, cached)

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[openai.AsyncOpenAI]:
        """A client that may be called now; whatever it raises is ours."""
        client, places = self._client()
        async with places:
            try:
                yield client
            except ProviderError:
                raise
            except Exception as error:
                raise _fault(error, self._settings, self._answered) from None

    def _client(self) -> tuple[openai.AsyncOpenAI, asyncio.Semaphore]:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = (_connect(self._settings), asyncio.Semaphore(self._settings.concurrent_requests))
        return self._clients[loop]


def _connect(settings: ModelSettings) -> openai.AsyncOpenAI:
    import httpx2
    import openai

    key = settings.api_key.get_secret_value() if settings.api_key else os.environ.get("OPENAI_API_KEY", "")
    if not key and settings.base_url is None:
        raise EndpointError("no key is set for api.openai.com; set models.chat.api_key or the variable OPENAI_API_KEY")
    limits = httpx2.Limits(max_connections=settings.concurrent_requests)
    options: dict[str, Any] = {
        "api_key": key or "none",
        "max_retries": 0,
        "timeout": httpx2.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS),
        "http_client": httpx2.AsyncClient(limits=limits, follow_redirects=False),
    }
    if settings.api_version:
        azure: openai.AsyncOpenAI = openai.AsyncAzureOpenAI(
            azure_endpoint=settings.base_url or "", api_version=settings.api_version, **options
        )
        return azure
    return openai.AsyncOpenAI(base_url=settings.base_url, **options)


def _fault(error: Exception, settings: ModelSettings, answered: bool) -> ProviderError:
    """What `error` means for us; the one place that knows the client's exceptions."""
    import openai

    where = f"model {settings.model!r} at {_shown_url(settings.base_url)}"
    if isinstance(error, openai.RateLimitError):
        if getattr(error, "code", None) == "insufficient_quota":
            return EndpointError(f"the quota for {where} is used up; nothing more can be asked of it")
        wait = _asked_wait(error.response.headers)
        if wait is not None and wait > _LONGEST_WAIT:
            return EndpointError(f"{where} asks to wait {wait:.0f} s; run again then, replies so far are kept")
        return Passing(f"{where} is over its rate limit", wait)
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)):
        hint = "check models.chat: model, base_url and api_key"
        return EndpointError(f"{where} answered {error.status_code}; {hint}")
    if isinstance(error, openai.APIStatusError):
        if error.status_code >= 500 or error.status_code in (408, 409):
            return Passing(f"{where} answered {error.status_code}", _asked_wait(error.response.headers))
        if 300 <= error.status_code < 400:
            return EndpointError(f"{where} redirects elsewhere, which is not followed; correct base_url")
        code = getattr(error, "code", None) or "no reason given"
        return ProviderError(f"{where} answered {error.status_code} ({code})")
    if isinstance(error, json.JSONDecodeError) and error.doc.lstrip().startswith("<"):
        return EndpointError(f"{where} answered a web page: this is not an OpenAI-compatible endpoint")
    if isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError) and not answered:
        return Unreachable(f"{where} cannot be reached; check base_url and whether the server runs")
    return Passing(f"{where} failed: {type(error).__name__}")


class Unreachable(Passing, EndpointError):
    """Nobody was there, and nobody ever answered: tried again a little, then the end of the run."""


def _shown_url(base_url: str | None) -> str:
    if base_url is None:
        return "api.openai.com"
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait, in any of the three ways to say so."""
    try:
        if "retry-after-ms" in headers:
            return float(headers["retry-after-ms"]) / 1000
        said = headers.get("retry-after")
        if said is None:
            return None
        if said.strip().replace(".", "", 1).isdigit():
            return float(said)
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _wait(state: RetryCallState) -> float:
    """The server's word, else full jitter (Brooker 2015, "Exponential Backoff And Jitter")."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Passing) and error.wait is not None:
        return error.wait
    most = min(_MOST_BACK_OFF, _BACK_OFF * 2.0**state.attempt_number)
    if isinstance(error, Unreachable):
        most = min(most, 2.0)
    return random.uniform(0, most)
