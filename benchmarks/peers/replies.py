"""A chat request -> the kind of task that it is, and a valid reply in the format that it asks for.

Knows the formats of the engines that are measured: delimiter tuples (Microsoft GraphRAG, nano-graphrag), lines of
LightRAG, JSON by a schema in the prompt (fast-graphrag) or in the request (this engine). An unknown task gets
plain text, and is counted as such. Prompts of searches are for `searches.py`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal
from zlib import crc32

import searches
from oracle import Facts, read

Kind = searches.Kind | Literal["extract", "glean", "check", "describe", "judge", "report", "other"]
Request = dict[str, Any]

MISSED = ("missed in the last extraction", "Based on the last extraction task", "were missed", "reading missed")
TEXTS = (
    re.compile(r"<(?:data-\w+)>\n(.*?)\n</data-", re.DOTALL),
    re.compile(r"---Input Text---\n```\n(.*)\n```", re.DOTALL),
    re.compile(r"\*\*Document\*\*:\n(.*?)\n?<<DOCUMENT_END>>", re.DOTALL),
    re.compile(r".*\nText:\s(.*?)\n#{6,}\s*\nOutput:", re.DOTALL),
)


def answer(request: Request) -> tuple[Kind, str]:
    """The kind of task, which is the stage that the call is counted under, and the reply's content."""
    messages = [(message["role"], content(message)) for message in request["messages"]]
    asked = next(text for role, text in reversed(messages) if role == "user")
    prompt = "\n".join(text for _, text in messages)
    if task := searches.search_task(prompt):
        return task.kind, searches.search_reply(task)
    everything = prompt + json.dumps(request.get("response_format") or {})
    if "Answer YES" in asked or "Answer Y " in asked or asked.rstrip().endswith("letter Y or N."):
        return "check", "NO" if "YES" in asked else "N"
    if '"grouped_facts"' in everything:
        return "describe", '{"grouped_facts": []}'
    kind = kind_of(request, asked, everything)
    if kind in ("extract", "glean"):
        first = next(text for role, text in messages if role == "user")
        return kind, render(read(shown(first), gleaning=kind == "glean"), everything)
    if kind == "judge":
        return kind, json.dumps({"reason": "Nothing says that they are the same.", "same": False})
    if kind == "report":
        return kind, json.dumps(report(asked if len(asked) > 200 else everything))
    said = words(asked)
    return kind, json.dumps({"description": said}) if asks_json(request) else said


def content(message: dict[str, Any]) -> str:
    """A message's text, whether it is a string or a list of parts."""
    parts = message.get("content") or ""
    return parts if isinstance(parts, str) else "".join(part.get("text", "") for part in parts)


def kind_of(request: Request, asked: str, everything: str) -> Kind:
    """By the schema of the request where there is one, else by the words of the prompt."""
    fields = schema_fields(request)
    if any(words in asked for words in MISSED):
        return "glean"
    if {"entities", "relationships"} <= fields:
        return "glean" if sum(m["role"] == "assistant" for m in request["messages"]) else "extract"
    if "same" in fields:
        return "judge"
    if "findings" in fields or ("rating_explanation" in everything and '"findings"' in everything):
        return "report"
    describing = "escription List" in asked or "Current:\n" in asked or "You merge several descriptions" in everything
    if describing or "description" in fields:
        return "describe"
    return "extract" if any(pattern.search(asked) for pattern in TEXTS) else "other"


def schema_fields(request: Request) -> set[str]:
    """The names of the fields at the top of the JSON schema that the request holds the model to."""
    form = request.get("response_format") or {}
    return set(form.get("json_schema", {}).get("schema", {}).get("properties", {}))


def asks_json(request: Request) -> bool:
    """Whether the reply must be JSON."""
    return bool((request.get("response_format") or {}).get("type", "text") != "text")


def shown(prompt: str) -> str:
    """The text unit in an extraction prompt: between known marks, or else the whole prompt's end."""
    for pattern in TEXTS:
        if found := pattern.search(prompt):
            return found[1]
    return prompt[-6000:]


def render(facts: Facts, prompt: str) -> str:
    """The facts in the format that the prompt shows."""
    if "<|#|>" in prompt:
        lines = [f"entity<|#|>{e.name}<|#|>{e.kind}<|#|>{e.description}" for e in facts.entities]
        lines += [f"relation<|#|>{r.source}<|#|>{r.target}<|#|>talk<|#|>{r.description}" for r in facts.relationships]
        return "\n".join([*lines, "<|COMPLETE|>"])
    if "<|>" in prompt:
        rows = [f'("entity"<|>{e.name.upper()}<|>{e.kind.upper()}<|>{e.description})' for e in facts.entities]
        for r in facts.relationships:
            ends = f"{r.source.upper()}<|>{r.target.upper()}"
            rows.append(f'("relationship"<|>{ends}<|>{r.description}<|>{r.strength})')
        return "\n##\n".join(rows) + "\n<|COMPLETE|>"
    return json.dumps(structured(facts, described="desc" if '"desc"' in prompt else "description"))


def structured(facts: Facts, *, described: str) -> dict[str, Any]:
    """The facts as an object; `described` is what the asker calls a description."""
    relationships: list[dict[str, Any]] = [
        {"source": r.source, "target": r.target, described: r.description} for r in facts.relationships
    ]
    reply: dict[str, Any] = {
        "entities": [{"name": e.name, "type": e.kind, described: e.description} for e in facts.entities],
        "relationships": relationships,
    }
    if described == "desc":
        return {**reply, "other_relationships": []}
    for row, relationship in zip(relationships, facts.relationships, strict=True):
        row["strength"] = relationship.strength
    return reply


def report(prompt: str) -> dict[str, Any]:
    """A report of five findings, as long as gpt-4o's (4,050 characters); it cites rows shown as "[7] ..."."""
    marks = list(dict.fromkeys(re.findall(r"^\s*\[(\w+)\] ", prompt, re.MULTILINE)))
    cite = "".join(f" [{mark}]" for mark in marks[:2]) or " [Data: Entities (1); Relationships (1)]"
    said = words(prompt)
    return {
        "title": " ".join(said.split()[:6]),
        "summary": said,
        "rating": 1.0 + crc32(prompt.encode()) % 90 / 10,
        "rating_explanation": "The rating follows from how much is said of these names.",
        "findings": [
            {"summary": f"Finding {number}", "explanation": f"{words(prompt, skip=100 * number, count=100)}{cite}."}
            for number in range(5)
        ],
    }


def words(prompt: str, *, skip: int = 0, count: int = 60) -> str:
    """Some words from the last three quarters of a prompt, without marks of any format."""
    plain = re.sub(r"[^\w’' .,-]+", " ", prompt[len(prompt) // 4 :]).split()
    start = skip % max(1, len(plain) - count)
    return " ".join(plain[start : start + count])
