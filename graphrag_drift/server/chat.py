"""The interface of OpenAI, for programs that speak it: /v1/models and /v1/chat/completions. A method is a model.

Citations come in three forms at once: as a list of sources under the text, as `annotations` of the message, and as the
`sources` that Open WebUI shows. What DRIFT asks on its way is the message's `reasoning_content`.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from graphrag_drift.answer.pages import sources_of
from graphrag_drift.marks import MARK
from graphrag_drift.query import METHODS
from graphrag_drift.server.faults import Refused
from graphrag_drift.server.live_index import LiveIndex
from graphrag_drift.server.requests import ChatMessage, ChatRequest, read_json
from graphrag_drift.server.rest import answer_of, sse, stream, unless_gone
from graphrag_drift.values import Answer, Citation, Event, Usage

_SOURCES = "\n\n**Sources**\n\n"
_OWNER = "graphrag-drift"
_LONGEST_QUOTE = 300  # characters, under a text
_FOOT = re.compile(r"\n\n\*\*(?:Sources|Notes)\*\*\n\n.*", re.DOTALL)


async def models(request: Request, live: LiveIndex) -> Response:
    """The methods, as models."""
    return JSONResponse({"object": "list", "data": [_model(name) for name in METHODS]})


async def model(request: Request, live: LiveIndex) -> Response:
    """One method."""
    return JSONResponse(_model(_known(request.path_params["name"])))


async def completions(request: Request, live: LiveIndex) -> Response:
    """The answer to the last message of a conversation."""
    body = await read_json(request, ChatRequest, live.limits.body)
    method = _known(body.model)
    question, history = conversation(body.messages)
    events = live.events(question, streams=body.stream, method=method, history=history)
    site = str(request.base_url)
    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        chunks = Chunks(body.model, site, usage=usage)
        return await stream(request, events, chunks.render, chunks.fail)
    thoughts: list[str] = []

    async def answer() -> Answer:
        async def overheard() -> Any:
            async for event in events:
                thoughts.extend(thought(event))
                yield event

        return await answer_of(overheard())

    finished = await unless_gone(request, answer())
    if finished is None:
        return Response(status_code=499)
    return JSONResponse(_completion(body.model, finished, site, "".join(thoughts)))


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, list[tuple[str, str]]]:
    """(the question, the turns before it): what users and assistants said; system messages are passed over.

    Raises: Refused, if the last message is not a user's, or says nothing.
    """
    turns: list[tuple[str, str]] = []
    question = ""
    for message in messages:
        if message.role == "user":
            question = f"{question}\n{message.text}".strip()
        elif message.role == "assistant" and question:
            turns.append((question, _FOOT.sub("", message.text)))
            question = ""
    if messages[-1].role != "user" or not question:
        raise Refused(400, "invalid_messages", "the last message must be a user's, and say something")
    return question, turns


def thought(event: Event) -> list[str]:
    """What is told of an event besides the text: which method was chosen, what DRIFT asks."""
    first = event.text.strip().split("\n", 1)[0]
    lines = {"routed": f"{first}\n", "retrieved": f"Found {first}.\n", "asked": f"- {first}\n"}
    return [lines[event.kind]] if event.kind in lines else []


def foot(answer: Answer) -> str:
    """The sources of an answer, and what there is to say of it, as Markdown; "" if there is neither."""
    lines = [f"- {_source_line(source)}" for source in sources_of(answer) if source.mark in _marks(answer)]
    notes = [f"- {_flat(note)}" for note in answer.notes]
    return (_SOURCES + "\n".join(lines)) * bool(lines) + ("\n\n**Notes**\n\n" + "\n".join(notes)) * bool(notes)


def url_citations(answer: Answer, site: str) -> list[dict[str, Any]]:
    """For each mark in the text, its characters and the page that shows what it cites."""
    sources = {source.mark: source for source in answer.citations}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": match.start(),
                "end_index": match.end(),
                "title": sources[int(match[1])].document_title,
                "url": _url(sources[int(match[1])], site),
            },
        }
        for match in MARK.finditer(answer.text)
        if int(match[1]) in sources
    ]


def open_webui_sources(answer: Answer, site: str) -> list[dict[str, Any]]:
    """The list that Open WebUI shows beside a message: the n-th entry is what its [n] opens."""
    return [
        {
            "source": {"id": source.document_id, "name": source.document_title, "url": _url(source, site)},
            "document": [source.quote],
            "metadata": [{"source": _url(source, site), "name": source.document_title, "date": source.date}],
        }
        for source in answer.citations
    ]


class Chunks:
    """The pieces of one streamed completion. What was sent of the text is remembered, so that its end fits."""

    def __init__(self, model: str, site: str, *, usage: bool) -> None:
        self._head = {"id": _id(), "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self._site = site
        self._usage = usage
        self._text = ""
        self._begun = False

    def render(self, event: Event) -> str:
        """The chunks for an event."""
        opening = "" if self._begun else self._chunk({"role": "assistant", "content": ""})
        self._begun = True
        if event.kind == "token":
            self._text += event.text
            return opening + self._chunk({"content": event.text})
        if event.answer is None:
            return opening + "".join(self._chunk({"reasoning_content": text}) for text in thought(event))
        return opening + self._end(event.answer)

    def fail(self, error: Refused) -> str:
        """The last thing that is sent when no more can be."""
        return sse("", error.as_json())

    def _end(self, answer: Answer) -> str:
        text = self._text.rstrip()
        missing = answer.text[len(text) :] if answer.text.startswith(text) else ""
        last = self._chunk({"content": missing + foot(answer)})
        cited = self._chunk({"annotations": url_citations(answer, self._site)})
        listed = self._chunk({}, sources=open_webui_sources(answer, self._site))
        stop = self._chunk({}, "stop")
        usage = sse("", {**self._head, "choices": [], "usage": _usage(answer.usage)}) if self._usage else ""
        return last + (cited + listed if answer.citations else "") + stop + usage + "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return sse("", {**self._head, "choices": [choice], **more})


def _completion(model: str, answer: Answer, site: str, thoughts: str) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": answer.text + foot(answer),
        "refusal": None,
        "reasoning_content": thoughts,
        "annotations": url_citations(answer, site),
    }
    return {
        "id": _id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(answer.usage),
        "sources": open_webui_sources(answer, site),
    }


def _known(method: str) -> str:
    """`method`. Raises: Refused, if there is none of that name."""
    if method not in METHODS:
        raise Refused(404, "model_not_found", f"there is no such model; expected one of {', '.join(METHODS)}")
    return method


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": _OWNER}


def _usage(usage: Usage) -> dict[str, Any]:
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _marks(answer: Answer) -> frozenset[int]:
    return frozenset(int(mark) for mark in MARK.findall(answer.text))


def _source_line(source: Citation) -> str:
    where = ", ".join(part for part in (source.source, source.date, source.path) if part)
    quote = _flat(source.quote)
    quote = quote if len(quote) <= _LONGEST_QUOTE else f"{quote[:_LONGEST_QUOTE].rstrip()} …"
    return f"[{source.mark}] {_flat(source.document_title)}{f' ({_flat(where)})' if where else ''}: “{quote}”"


def _url(source: Citation, site: str) -> str:
    return f"{site}#/document/{source.document_id}/{source.start}-{source.end}"


def _id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _flat(text: str) -> str:
    """One line, in which nothing is taken for HTML or fetched as a picture."""
    return " ".join(text.split()).replace("<", "&lt;").replace("![", "!\\[")
