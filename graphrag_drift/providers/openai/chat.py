"""Any OpenAI-compatible endpoint as a ChatModel, over chat completions, which every such server has.

One attempt a call: `limits.chat_model` puts retries, pacing and a budget around it. Only what the user set is sent.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from graphrag_drift.errors import FormatRefused, ProviderError, TooLong
from graphrag_drift.metering import spend, told_tokens
from graphrag_drift.providers.openai.deadline import Progress
from graphrag_drift.providers.openai.endpoint_url import is_near, url_of
from graphrag_drift.providers.openai.pacing import Passing
from graphrag_drift.providers.openai.spans import call_span
from graphrag_drift.providers.protocols import Completion, Message, ReplyShape, Tokenizer
from graphrag_drift.settings import ModelSettings
from graphrag_drift.tracing import about_usage
from graphrag_drift.values import Usage

if TYPE_CHECKING:
    from graphrag_drift.providers.openai.connection import Connection

Rung = Literal["json_schema_strict", "json_schema", "json_object", "prompt"]
"""How an endpoint can be held to a shape, best first; the last is by the words of the prompt alone."""


_LIMIT_NAMES = ("max_completion_tokens", "max_tokens")
_NEAR_REPLY = 4_000  # tokens: more than a report takes after thoughts of usual length
_CUT = 0.6  # of the tokens counted here: no tokenizer needs so few
_LEAST_CUT = 1_000  # tokens of the smallest context that is cut


class OpenAIChat:
    """A model at an endpoint. Replies that are of no use were paid for too, and count."""

    def __init__(
        self,
        settings: ModelSettings,
        tokenizer: Tokenizer,
        *,
        rung: Rung | None = None,
        connection: Connection | None = None,
        progress: Callable[[], Progress] | None = None,
    ) -> None:
        self._connection = connection
        self._progress = progress
        self._settings = settings
        self._tokenizer = tokenizer
        self._rung = rung or _rung(settings)
        self._usage_in_streams = True
        self._near = self._bounds = is_near(url_of(settings))
        self._parameters = _parameters(settings)

    @property
    def id(self) -> str:
        """See `ChatModel`. Not the rung: a reply that was read is good, however it was come by."""
        return model_id(self._settings)

    @cached_property
    def connection(self) -> Connection:
        """The endpoint; what it needs is loaded by the first call, since a run may find all its replies in a cache."""
        from graphrag_drift.providers.openai.connection import Connection

        return self._connection or Connection(self._settings, progress=self._progress)

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """See `ChatModel`. Raises: Passing, if another attempt may succeed."""
        try:
            reply = await self.connection.post("/chat/completions", self._request(messages, shape))
        except FormatRefused:
            if shape is None or not self._bounds:
                raise
            self._bounds = False  # it may know schemas and no bounds
            reply = await self.connection.post("/chat/completions", self._request(messages, shape))
        choice = _choice(reply)
        text = choice["message"].get("content")
        usage = self._usage(reply.get("usage"), messages, text if isinstance(text, str) else "")
        spend(usage, self._settings.model, self._settings.price)
        self._check_prompt(usage, messages)
        return _completion(choice, usage, f"{self.connection.where}")

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """See `ChatModel`. What was read is paid for also if the reader leaves early."""
        pieces: list[str] = []
        report: Any = None
        finish = ""
        sent = False
        with call_span("chat", self._settings, {"gen_ai.request.stream": True}, current=False) as tell:
            try:
                async with aclosing(self._events(messages)) as events:
                    async for event in events:
                        sent = True
                        report = event.get("usage") or report
                        choice = _choice(event)
                        finish = choice.get("finish_reason") or finish
                        piece = (choice.get("delta") or {}).get("content")
                        if isinstance(piece, str) and piece:
                            pieces.append(piece)
                            yield _sendable(piece)
            finally:
                if sent:
                    usage = self._usage(report, messages, "".join(pieces))
                    spend(usage, self._settings.model, self._settings.price)
                    tell({"gen_ai.response.finish_reasons": [finish], **about_usage(usage)})
            if sent:
                self._check_prompt(usage, messages)
            if finish != "stop":
                how = f"ended with {finish!r}" if finish else "broke off without an end"
                raise ProviderError(f"the streamed reply of {self.connection.where} is not complete: it {how}")

    def _check_prompt(self, usage: Usage, messages: Sequence[Message]) -> None:
        """Raises: TooLong, if the endpoint read much less than it was sent, as Ollama does without a word."""
        if usage.estimated or usage.prompt_tokens < _LEAST_CUT or not self._near:
            return
        counted = sum(self._tokenizer.count(message.content) for message in messages)
        if usage.prompt_tokens >= _CUT * counted:
            return
        fault = TooLong(
            f"{self.connection.where} read {usage.prompt_tokens} tokens of a prompt of about {counted}: it cuts what is"
            " longer than its context; start it with a larger one, or set context_window to the tokens that it takes"
        )
        fault.window, fault.asked = usage.prompt_tokens, counted
        raise fault

    async def _events(self, messages: Sequence[Message]) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a streamed reply; an endpoint that cannot tell usage in streams is not asked to again."""
        request = {**self._request(messages, None), "stream": True}
        if self._usage_in_streams:
            try:
                with_usage = {**request, "stream_options": {"include_usage": True}}
                async with aclosing(self.connection.events("/chat/completions", with_usage)) as events:
                    async for event in events:
                        yield event
                return
            except ProviderError as error:
                if error.parameter != "stream_options":
                    raise
                self._usage_in_streams = False
        async with aclosing(self.connection.events("/chat/completions", request)) as events:
            async for event in events:
                yield event

    def _request(self, messages: Sequence[Message], shape: ReplyShape | None) -> dict[str, Any]:
        rows = [{"role": message.role, "content": _sendable(message.content)} for message in messages]
        form = _response_format(shape, self._rung, bounds=self._bounds) if shape is not None else {}
        return {**form, **self._parameters, "model": self._settings.model, "messages": rows}

    def _usage(self, report: Any, messages: Sequence[Message], text: str) -> Usage:
        """What the endpoint told, else what can be counted here."""
        try:
            details = report.get("prompt_tokens_details") or {}
            prompt, completion = told_tokens(report["prompt_tokens"]), told_tokens(report["completion_tokens"])
            return Usage(1, prompt, completion, min(prompt, told_tokens(details.get("cached_tokens") or 0)))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            prompt = sum(self._tokenizer.count(message.content) for message in messages)
            return Usage(1, prompt, self._tokenizer.count(text), estimated=True)


def _rung(settings: ModelSettings) -> Rung:
    wanted = settings.reply_format
    return "json_schema_strict" if wanted == "auto" or wanted == "json_schema" else wanted


def model_id(settings: ModelSettings) -> str:
    """Endpoint without user and password, model, parameters: what changes replies, and nothing secret.

    Not the limit of a reply: one that was cut is not kept, and the others are as they would be without.
    """
    parts = urlsplit(settings.base_url or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1")
    place = f"{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    shaping = {name: value for name, value in settings.parameters.items() if name not in _LIMIT_NAMES}
    parameters = json.dumps(shaping, sort_keys=True)
    return " ".join(["openai", place, settings.model, settings.api_version or "-", parameters])


def reply_limit(settings: ModelSettings) -> int | None:
    """The most tokens of a reply: as set, under whichever name, else a number for servers near by; None: no limit.

    Those who serve models near by go on for ever unless they are told; others have a limit of their own.
    """
    limits = (settings.parameters.get(name) for name in _LIMIT_NAMES)
    most = next((most for most in limits if isinstance(most, int)), None)
    return most if most is not None or not is_near(url_of(settings)) else _NEAR_REPLY


def _parameters(settings: ModelSettings) -> dict[str, Any]:
    """What is sent with every call. Servers near by know "max_tokens", and not all of them the newer name for it."""
    if not is_near(url_of(settings)):
        return dict(settings.parameters)
    others = {name: value for name, value in settings.parameters.items() if name not in _LIMIT_NAMES}
    return {**others, "max_tokens": reply_limit(settings)}


def _response_format(shape: ReplyShape, rung: Rung, *, bounds: bool = False) -> dict[str, Any]:
    if rung == "prompt":
        return {}
    if rung == "json_object":
        return {"response_format": {"type": "json_object"}}
    wanted = shape.bounded if bounds and shape.bounded is not None else shape.json_schema
    schema: dict[str, Any] = {"name": shape.name, "schema": wanted}
    if rung == "json_schema_strict":
        schema["strict"] = True
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _choice(reply: Mapping[str, Any]) -> dict[str, Any]:
    """The first choice of a reply or event, with a dict under "message"; empty, if there is none."""
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    return {**choice, "message": message if isinstance(message, dict) else {}}


def _completion(choice: Mapping[str, Any], usage: Usage, where: str) -> Completion:
    """Raises: Passing, if there is no text; ProviderError, if the model or a filter refused."""
    message, finish = choice["message"], str(choice.get("finish_reason") or "").lower()
    if not message:
        raise Passing(f"{where} replied without choices")
    if message.get("refusal"):
        raise ProviderError(f"{where} refused (refusal): {str(message['refusal'])[:200]}")
    if finish == "content_filter":
        raise ProviderError(f"the reply of {where} was withheld (content filter)")
    text = message.get("content")
    if text is None and finish == "length":
        text = ""  # a model that thinks used up its room before it said anything
    if not isinstance(text, str):
        raise Passing(f"{where} replied without text")
    return Completion(_sendable(text), finish, usage)


def _sendable(text: str) -> str:
    """`text` with lone surrogates replaced, which no file or request can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
