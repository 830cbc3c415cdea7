"""What goes wrong at an endpoint -> our errors: the one place that knows the statuses, and the client's exceptions.

`Passing` may pass, `EndpointError` ends the run, any other ProviderError is the fault of one item.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from graphrag_drift.errors import EndpointError, FormatRefused, ProviderError, TooLong, Unavailable
from graphrag_drift.providers.openai.pacing import Late, Passing, Rejected

_SHOWN = 300  # characters of what an endpoint says
_PASSING = {408, 409, 425, 429}
_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_CONTENT = re.compile(r"content.?(filter|policy|management)|responsible.?ai|flagged|moderation", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context.{0,5}(length|window|size)|maximum.{0,20}(context|tokens)|too (long|many tokens)|exceed\w*.{0,30}context",
    re.IGNORECASE,
)
_WINDOW = re.compile(r"context.{0,5}(?:length|window|size)\D{0,30}(\d{3,8})", re.IGNORECASE)
_ASKED = re.compile(r"(?:request|prompt|requested|resulted in)\D{0,20}(\d{3,8}) ?(?:tokens|\))", re.IGNORECASE)
_PARAMETER = re.compile(r"(unsupported|unknown|unrecognized|invalid).{0,3}(parameter|value|argument|request argument)")
_FIELD = re.compile(r"\b(stream_options|response_format)\b")  # that we send unasked, and not every endpoint knows
_FORMAT = re.compile(
    r"response_format|json_schema|json_object|structured.?output|grammar|max(items|length)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Where:
    """The model and endpoint that messages name; `secrets` are never shown, whoever says them."""

    model: str
    url: str
    secrets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"model {self.model!r} at {shown_url(self.url)}"

    def quoted(self, words: object) -> str:
        """What an endpoint said, made short, without secrets."""
        text = " ".join(str(words).split())
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text[:_SHOWN]


def shown_url(url: str) -> str:
    """`url` without user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def status_fault(status: int, error: Any, headers: Mapping[str, str], where: Where) -> ProviderError:
    """What a reply with `status` means, which the fault holds; `error` is the body's "error", or else the body."""
    body = error if isinstance(error, Mapping) else {"message": error or ""}
    words = where.quoted(body.get("message") or body.get("detail") or "")
    param = str(body.get("param") or "")
    fault = _meaning(status, body, words, headers, where)
    field = _FIELD.search(f"{param} {words}")
    fault.status, fault.parameter = status, field[0] if field else param
    if isinstance(fault, TooLong):
        fault.window = _number(body.get("n_ctx"), _WINDOW.search(words))
        fault.asked = _number(body.get("n_prompt_tokens"), _ASKED.search(words))
    return fault


def _number(value: object, match: re.Match[str] | None) -> int | None:
    """A number of tokens that an error names, in a field of its own or in its words."""
    return value if isinstance(value, int) else int(match[1]) if match else None


def _meaning(
    status: int, body: Mapping[str, Any], words: str, headers: Mapping[str, str], where: Where
) -> ProviderError:
    codes = {str(body.get("code") or ""), str(body.get("type") or "")}
    message = f"{where} answered {status}{': ' if words else ''}{words}"
    if codes & _QUOTA or status == 402:
        return Unavailable(f"{message}; the quota is used up: what is paid for is kept, run again when there is more")
    if status in _PASSING or status >= 500:
        wait = asked_wait(headers)
        away = status == 503 and wait is None
        return Passing(message, wait, busy=status == 429 or (status == 503 and not away), away=away)
    if status < 400:
        to = f" to {shown_url(headers['location'])}" if "location" in headers else ""
        hint = "redirects are not followed, so that the key stays with whom it was given; correct base_url"
        return EndpointError(f"{where} redirects{to}; {hint}")
    return _refused(status, f"{words} {' '.join(sorted(codes))}", str(body.get("param") or ""), message)


def _refused(status: int, words: str, param: str, message: str) -> ProviderError:
    """A status of 400 to 499 that will not pass."""
    if _CONTENT.search(words):
        return ProviderError(f"{message} (content filter)")
    if status == 413 or (status in (400, 422) and _TOO_LONG.search(words)):
        return TooLong(f"{message} (too long for the model; set context_window to the tokens that it takes)")
    if status in (401, 403):
        return EndpointError(f"{message}; check api_key, and whether it may use this model")
    if status in (404, 405, 410):
        return EndpointError(f"{message}; check model and base_url, which often ends in /v1")
    if _FORMAT.search(f"{param} {words}"):
        hint = "run 'graphrag-drift doctor', or set reply_format to what the endpoint can do: json_object or prompt"
        return FormatRefused(f"{message}; {hint}")
    if _PARAMETER.search(words.lower()):
        return EndpointError(f"{message}; remove it from parameters, or correct it")
    return Rejected(message)


def client_fault(error: Exception, where: Where, *, answered: bool, timeout_seconds: float) -> ProviderError:
    """What an exception of the client means; `answered`: somebody was there before."""
    own = _cause(error, ProviderError)
    if isinstance(own, ProviderError):
        return own
    if isinstance(error, openai.APIStatusError):
        return status_fault(error.status_code, error.body, error.response.headers, where)
    if isinstance(error, (TimeoutError, openai.APITimeoutError)):
        if not answered and _cause(error, httpx2.ConnectTimeout):
            return Unavailable(f"{where} cannot be reached; check base_url, and whether the server runs")
        return Late(f"{where} did not answer within {timeout_seconds:g} s")
    if isinstance(error, openai.APIConnectionError):
        refused = _cause(error, httpx2.ConnectError)
        if refused is not None and not answered:
            reason = where.quoted(refused) or "connection failed"
            return Unavailable(f"{where} cannot be reached ({reason}); check base_url, and whether the server runs")
        how = "is not there any more" if refused is not None else "broke the connection"
        return Passing(f"{where} {how} ({type(error.__cause__ or error).__name__})", away=refused is not None)
    if isinstance(error, openai.APIError):  # an event of a stream
        return status_fault(_status_in(error.body), error.body, {}, where)
    if isinstance(error, (ValueError, RecursionError, httpx2.HTTPError)):
        return Passing(f"the reply of {where} cannot be read ({type(error).__name__})")
    if isinstance(error, openai.OpenAIError):
        return EndpointError(f"{where} cannot be asked: {where.quoted(error)}")
    raise error  # a mistake of ours, or of the settings


def error_in(body: Mapping[str, Any], where: Where) -> ProviderError:
    """What the error in a body means that came with status 200, as some gateways send it."""
    return status_fault(_status_in(body["error"]), body["error"], {}, where)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that the endpoint asks to wait, in any of the three ways to say so."""
    try:
        if "retry-after-ms" in headers:
            wait = float(headers["retry-after-ms"]) / 1000
        else:
            wait = _seconds(headers["retry-after"].strip(), headers.get("date"))
    except (KeyError, ValueError, TypeError):
        return None
    return wait if 0 <= wait < float("inf") else None


def _seconds(wait: str, date: str | None) -> float:
    """A number of seconds, or a date, which is compared with the endpoint's own clock if that is told."""
    try:
        return float(wait)
    except ValueError:
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return max(0.0, (parsedate_to_datetime(wait) - now).total_seconds())


def _status_in(error: Any) -> int:
    code = str(error.get("code")) if isinstance(error, Mapping) else ""
    return int(code) if re.fullmatch("[45][0-9][0-9]", code) else 500


def _cause(error: BaseException, kind: type[Exception]) -> Any:
    """The first of `error` and its causes that is a `kind`, or None."""
    at: BaseException | None = error
    while at is not None and not isinstance(at, kind):
        at = at.__cause__
    return at
