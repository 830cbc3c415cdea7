"""What the test server was asked since a measurement began, and what is to be said of it.

Tokens are counted, and prompts searched for evidence, only when somebody asks: that delays no reply.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import tiktoken

Request = dict[str, Any]
ENCODING = tiktoken.get_encoding("o200k_base")
BETWEEN_WORDS = re.compile(r"(?:\\n|[^\w])+")


@dataclass
class Books:
    """`evidence` are sentences, of which it is told how many some chat prompt held."""

    latency: float = 0.0
    evidence: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    prompts: dict[str, list[str]] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)
    spans: list[tuple[str, float, float]] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0

    def begin(self, kind: str) -> None:
        """A call has come."""
        self.calls[kind] += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def end(self, kind: str, began: float, ended: float) -> None:
        """A call is answered."""
        self.in_flight -= 1
        self.spans.append((kind, began, ended))

    def counted(self) -> dict[str, Any]:
        """The figures."""
        chat = {kind: prompts for kind, prompts in self.prompts.items() if kind != "embed"}
        took = [ended - began for _, began, ended in self.spans]
        return {
            "calls": dict(self.calls),
            "tokens": {kind: count_tokens(prompts) for kind, prompts in self.prompts.items()},
            "constant_tokens": {
                kind: len(prompts) * count_tokens([shared_start(min(prompts), max(prompts))])
                for kind, prompts in chat.items()
                if len(prompts) > 1
            },
            "reply_tokens": count_tokens(self.replies),
            "embedded_texts": len(self.prompts.get("embed", [])),
            "peak_concurrency": self.peak,
            "span_seconds": max((span[2] for span in self.spans), default=0.0)
            - min((span[1] for span in self.spans), default=0.0),
            "mean_seconds": sum(took) / max(1, len(took)),
            "busy_seconds": busy([span for span in self.spans if span[0] != "embed"]),
            "stages": stages([span for span in self.spans if span[0] != "embed"]),
            "shown": count_shown(self.evidence, [prompt for prompts in chat.values() for prompt in prompts]),
        }


def count_tokens(texts: Sequence[str]) -> int:
    """Tokens of all texts."""
    return sum(len(ENCODING.encode_ordinary(text)) for text in texts)


def shared_start(first: str, last: str) -> str:
    """What both begin with."""
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]


def busy(spans: Sequence[tuple[str, float, float]]) -> float:
    """Seconds in which at least one call was under way."""
    total, until = 0.0, -math.inf
    for _, began, ended in sorted(spans, key=lambda span: span[1]):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


def stages(spans: Sequence[tuple[str, float, float]]) -> list[str]:
    """The kinds of calls that had to wait for all calls before them: a new stage begins when none is in flight."""
    told: list[str] = []
    until = -math.inf
    for kind, began, ended in sorted(spans, key=lambda span: span[1]):
        if began >= until:
            told.append(kind)
        until = max(until, ended)
    return told


def count_shown(sentences: Sequence[str], prompts: Sequence[str]) -> int:
    """How many sentences stand word for word in a prompt, whatever stands between the words."""
    shown = "\n".join(f" {plain(prompt)} " for prompt in prompts)
    return sum(f" {plain(sentence)} " in shown for sentence in sentences)


def plain(text: str) -> str:
    """The words of a text, also of one that was quoted with backslashes."""
    return " ".join(BETWEEN_WORDS.split(text)).strip()


def with_schema(prompt: str, request: Request) -> str:
    """A prompt as it is charged for: a provider puts the schema before the messages."""
    schema = (request.get("response_format") or {}).get("json_schema")
    return f"{json.dumps(schema)}\n{prompt}" if schema else prompt
