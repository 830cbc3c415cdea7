"""A model's settings -> what it can do, by a few tiny real requests; each costs some hundred tokens at most.

From the best means to hold a reply to a shape down to the words of the prompt alone: an endpoint may refuse one, or
take it and reply in prose all the same, and only a reply that can be read counts.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from graphrag_drift.errors import FormatRefused, InvalidReply, ProviderError, SettingsError
from graphrag_drift.providers.llm.parse import parse_reply
from graphrag_drift.providers.openai.chat import Rung
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.openai.endpoints import Capability
from graphrag_drift.providers.openai.limits import Limits, Patience, chat_model
from graphrag_drift.providers.protocols import Message, ReplyShape, Tokenizer
from graphrag_drift.settings import ModelSettings

RUNGS: tuple[Rung, ...] = ("json_schema_strict", "json_schema", "json_object", "prompt")
_SHAPE = ReplyShape(
    "probe",
    {
        "type": "object",
        "properties": {"harbour": {"type": "string"}},
        "required": ["harbour"],
        "additionalProperties": False,
    },
)
_TEXT = (
    "The ferry left the harbour of Norvik on Tuesday with forty passengers and two lorries of fish, an hour late, "
    "since the pilot had been called to a tanker that had lost its rudder off the northern cape during the night. "
)
_MESSAGES = (
    Message("system", 'Reply with one JSON object in this form: {"harbour":"the name of the harbour in the text"}'),
    Message("user", _TEXT),
)
_PATIENCE = Patience(attempts=2, total=15.0)


@dataclass(frozen=True)
class Probe:
    """One model, tried. `problem` is "" if it works; `tokens_reported`, by the endpoint, and `tokens_counted`
    are of the same prompt."""

    problem: str = ""
    capability: Capability | None = None
    streams: bool | None = None
    tokens_reported: int | None = None
    tokens_counted: int | None = None
    seconds: float = 0.0


async def probe_chat(model: ModelSettings, tokenizer: Tokenizer) -> Probe:
    """Try a chat model; a `reply_format` that the user set is the only one tried."""
    began = time.monotonic()
    counted = sum(tokenizer.count(message.content) for message in _MESSAGES)
    problem = ""
    for rung in _rungs(model):
        chat = chat_model(model, tokenizer, limits=Limits(1, patience=_PATIENCE), rung=rung)
        try:
            done = await chat.complete(_MESSAGES, _SHAPE)
            if "harbour" not in str(parse_reply(done.text).value):
                raise InvalidReply("it is not in the form asked for")
        except (FormatRefused, InvalidReply) as error:
            problem = f"it was held to the form by {rung}, and failed: {error}"
            continue
        except (ProviderError, SettingsError) as error:
            return Probe(str(error), seconds=time.monotonic() - began)
        reported = None if done.usage.estimated else done.usage.prompt_tokens
        seconds = time.monotonic() - began
        streams = await _works(lambda chat=chat: _stream(chat))  # type: ignore[misc]
        return Probe("", Capability(rung=rung), streams, reported, counted, seconds)
    return Probe(f"no way was found to get JSON from it; {problem}", seconds=time.monotonic() - began)


async def probe_embedding(model: ModelSettings, tokenizer: Tokenizer) -> Probe:
    """Try an embedding model."""
    began = time.monotonic()
    embedder = OpenAIEmbedder(model, tokenizer, limits=Limits(1, patience=_PATIENCE))
    try:
        vectors = await embedder.embed_passages([_TEXT])
    except (ProviderError, SettingsError) as error:
        return Probe(str(error), seconds=time.monotonic() - began)
    return Probe("", Capability(dimensions=vectors.shape[1]), seconds=time.monotonic() - began)


def _rungs(model: ModelSettings) -> tuple[Rung, ...]:
    return RUNGS if model.reply_format == "auto" else tuple(r for r in RUNGS if r.startswith(model.reply_format))


async def _stream(chat: object) -> None:
    async for _ in chat.stream([Message("user", "Reply with one word.")]):  # type: ignore[attr-defined]
        pass


async def _works(attempt: Callable[[], Awaitable[None]]) -> bool:
    try:
        await attempt()
    except ProviderError:
        return False
    return True
