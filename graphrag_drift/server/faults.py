"""What goes wrong with a request -> a status and one sentence, without paths, addresses or tracebacks of the server."""

from __future__ import annotations

import logging
from typing import Any

from graphrag_drift.errors import (
    BudgetExhausted,
    GraphRAGError,
    IndexNotReady,
    ProviderError,
    SettingsError,
    Unavailable,
)

_LOG = logging.getLogger(__name__)


class Refused(GraphRAGError):
    """The server does not do what a request asks: the HTTP `status`, a `code` for programs, and headers."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}

    def as_json(self) -> dict[str, Any]:
        """The error in the form that clients of OpenAI read."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": str(self), "type": kind, "param": None, "code": self.code}}


class Busy(Refused):
    """As many questions wait as may."""

    def __init__(self, waiting: int) -> None:
        super().__init__(429, "busy", f"{waiting} questions are waiting already; ask again later", {"Retry-After": "5"})


class TooSlow(Refused):
    """A question took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(504, "timeout", f"no answer came within {seconds:g} seconds; ask something narrower")


def refusal(error: Exception) -> Refused:
    """What to say of `error` to whoever asked; what is the server's own affair goes to its log."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, SettingsError):  # of a question: nothing else reads settings while one is answered
        return Refused(400, "invalid_question", str(error))
    if isinstance(error, BudgetExhausted):
        return Refused(402, "budget_exhausted", str(error))
    if isinstance(error, Unavailable):
        _LOG.warning("%s", error)
        return Refused(
            503, "model_unavailable", "the model cannot be asked now; try again later", {"Retry-After": "30"}
        )
    if isinstance(error, ProviderError):
        _LOG.warning("%s", error)
        return Refused(502, "model_failed", "the model that answers questions failed; see the log of the server")
    if isinstance(error, IndexNotReady):
        _LOG.warning("%s", error)
        return Refused(503, "index_not_ready", "the index cannot be read; see the log of the server")
    _LOG.error("a request failed", exc_info=error)
    return Refused(500, "internal_error", "the server failed on this request; see its log")
