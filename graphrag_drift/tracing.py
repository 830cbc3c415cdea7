"""Spans of OpenTelemetry for questions, retrieval, what readers are asked, and calls of models.

Their names and attributes are those of the GenAI conventions 0.1; what those have no name for begins with "graphrag.".
Nothing is loaded from here: without a program that has set up OpenTelemetry there is nobody to tell, and it costs
nothing. What people asked is told only if OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is "true".
"""

from __future__ import annotations

import os
import re
import sys
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from graphrag_drift.tasks import Findings, Task
from graphrag_drift.values import Usage

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

Attributes = Mapping[str, str | int | float | bool | Sequence[str]]
Tell = Callable[[Attributes], None]
"""Adds attributes to an open span."""

_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def span(
    name: str, attributes: Attributes, *, client: bool = False, current: bool = True
) -> AbstractContextManager[Tell]:
    """A span around a block; the block may tell more.

    `client`: another process does the work. Not `current`: spans that are opened inside are none of its children, as
    is right for a generator, which may go on in another context than it began in.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return nullcontext(ignore)
    return _opened(trace.get_tracer("graphrag_drift"), name, attributes, client=client, current=current)


def ignore(attributes: Attributes) -> None:
    """Nobody is there to tell."""


@contextmanager
def _opened(tracer: Tracer, name: str, attributes: Attributes, *, client: bool, current: bool) -> Iterator[Tell]:
    from opentelemetry.trace import SpanKind, Status, StatusCode, use_span

    opened = tracer.start_span(name, kind=SpanKind.CLIENT if client else SpanKind.INTERNAL, attributes=attributes)
    try:
        with use_span(opened, record_exception=False, set_status_on_exception=False) if current else nullcontext():
            yield opened.set_attributes
    except (Exception, CancelledError) as error:
        opened.set_attribute("error.type", type(error).__name__)
        opened.set_status(Status(StatusCode.ERROR, str(error)))
        raise
    finally:
        opened.end()


def question_span(question: str, method: str) -> AbstractContextManager[Tell]:
    """Around all that is done to answer a question."""
    attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": "graphrag_drift",
        "graphrag.method": method,
        **content("graphrag.question", question),
    }
    return span("invoke_workflow graphrag_drift", attributes)


def retrieval_span(question: str, method: str, k: int) -> AbstractContextManager[Tell]:
    """Around the ranking of text units."""
    attributes: Attributes = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.top_k": k,
        "graphrag.method": method,
        **content("gen_ai.retrieval.query.text", question),
    }
    return span("retrieval", attributes)


def task_span(task: Task[Any]) -> AbstractContextManager[Tell]:
    """Around the reply of a reader to `task`; a branch of DRIFT is the span "answer_follow_up"."""
    name = _WORD.sub("_", type(task).__name__).lower()
    return span(name, {"graphrag.task": name, **content("graphrag.question", getattr(task, "question", ""))})


def about_reply(reply: object) -> Attributes:
    """What is told of the reply to a task: of an answer of DRIFT its score (0-100) and the follow-ups it raised."""
    if not isinstance(reply, Findings):
        return {}
    return {"graphrag.score": reply.score, "graphrag.follow_ups": len(reply.follow_ups)}


def about_usage(usage: Usage) -> Attributes:
    """What a model took, in tokens."""
    return {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
    }


def content(key: str, text: str) -> dict[str, str]:
    """What people wrote, if it may be told."""
    return {key: text} if os.environ.get(_CONTENT, "").lower() == "true" else {}
