"""A request -> a reply that is made up, as long as a model's would be, and what it would have cost: for estimates.

What the embedded extractor finds in a text stands for what a model would find: about as many names and relationships
(within 10 % of gpt-4o's on a novel and of gpt-3.5's on encyclopedia passages). A cached reply is taken as it is.
Nobody is asked, nothing is cached, and no reply is meant to be true.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from graphrag_drift.errors import InvalidReply, ProviderError
from graphrag_drift.language.detect import language_of
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.llm.asking import Asker, CutOff, Read, Reply, Request
from graphrag_drift.providers.llm.cache import CachedReply, ReplyCache
from graphrag_drift.providers.llm.cached import CachedVectors
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.protocols import Reader, Tokenizer, Vectors
from graphrag_drift.tasks import (
    EntityDraft,
    ExtractClaims,
    ExtractGraph,
    PlaceTextUnit,
    RelationshipDraft,
    Role,
    WriteReport,
    prompt_names,
)
from graphrag_drift.values import Usage

EMBED = "embed"
"""Stands for a prompt and a role where texts are embedded."""

T = TypeVar("T")
Record = dict[str, Any]

_FENCED = re.compile(r"<(data-[0-9a-f]{6})>\n(.*?)\n</\1>", re.DOTALL)
# Measured on replies of gpt-4o to 42 text units of 1,200 tokens, first and further readings together.
_FIRST_READING = 0.42  # of all records
_FURTHER_READING = 0.75  # share of what there is in the passages that are read once more
_ENTITY_WORDS, _RELATIONSHIP_WORDS = 27, 22  # of a description
_RELATIONSHIPS = 1.0  # for an entity
_EVERY = 5  # a name in so many is one that the embedded extractor has no eye for: a thing, a notion
_REPORT_WORDS = 370
_CLAIM_TOKENS = 120  # of the text, for a claim in it
_TEXT_WORDS = {PlaceTextUnit.prompt: 30}  # of a reply in prose
_MOST_TEXT_WORDS = 110  # of one to any other prompt
_REASON_WORDS = 8  # of a string in a reply whose length was never measured


@dataclass
class CallLedger:
    """What requests would cost, by prompt and role, the prompts in the order of the run.

    Of replies that are cached, by prompt: how many; and the tokens of those replies and of ours in their places.
    """

    usage: dict[tuple[str, str], Usage] = field(default_factory=dict)
    cached: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, request: Request, usage: Usage) -> None:
        """Add a call."""
        key = (request.prompt, request.role)
        self.usage[key] = self.usage.get(key, Usage()) + usage

    def count_cached(self, request: Request, theirs: int, ours: int) -> None:
        """Add a reply that costs nothing, of `theirs` tokens where we would have made up one of `ours`."""
        prompt = request.prompt
        self.usage.setdefault((prompt, request.role), Usage())
        self.cached[prompt] = self.cached.get(prompt, 0) + 1
        before = self.lengths.get(prompt, (0, 0))
        self.lengths[prompt] = (before[0] + theirs, before[1] + ours)

    def count_vectors(self, usage: Usage, cached: int) -> None:
        """Add calls for vectors, and vectors that are there already."""
        self.cached[EMBED] = self.cached.get(EMBED, 0) + cached
        self.usage[EMBED, EMBED] = self.usage.get((EMBED, EMBED), Usage()) + usage


class SimulatedEmbedder:
    """An Embedder that counts what `embedder` would send: what is not in `vectors`. Its vectors are zeros."""

    dimensions = 1

    def __init__(
        self, embedder: OpenAIEmbedder, tokenizer: Tokenizer, ledger: CallLedger, vectors: CachedVectors | None
    ) -> None:
        self.id = embedder.id
        self._embedder = embedder
        self._tokenizer = tokenizer
        self._ledger = ledger
        self._vectors = vectors

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(texts, 1), zeros."""
        distinct = [text for text in dict.fromkeys(texts) if text.strip()]
        unknown = [text for text in distinct if self._vectors is None or self._vectors.get(text) is None]
        batches = list(self._embedder.batches(unknown))
        tokens = sum(self._tokenizer.count(text) for batch in batches for text in batch)
        self._ledger.count_vectors(Usage(len(batches), tokens, estimated=True), len(distinct) - len(unknown))
        return np.zeros((len(texts), self.dimensions), np.float32)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`."""
        return await self.embed_passages(texts)


class SimulatedAsker:
    """An Asker that stands for `asker`. `lengths`: by prompt, how much longer than ours the model's replies are."""

    def __init__(
        self,
        asker: Asker,
        extractor: Reader,
        tokenizer: Tokenizer,
        ledger: CallLedger,
        *,
        cache: ReplyCache | None,
        lengths: Mapping[str, float],
    ) -> None:
        self._asker = asker
        self._extractor = extractor
        self._tokenizer = tokenizer
        self._ledger = ledger
        self._cache = cache
        self._lengths = lengths
        self._replies: dict[str, str] = {}
        self._counted: set[str] = set()

    def id_of(self, roles: Sequence[Role]) -> str:
        """That of the asker it stands for."""
        return self._asker.id_of(roles)

    def key(self, request: Request) -> str:
        """That of the asker it stands for."""
        return self._asker.key(request)

    async def ask(self, request: Request, read: Read[T]) -> tuple[T, Reply]:
        """A cached reply or a made-up one. Raises: CutOff, as the cache would."""
        key = self.key(request)
        entry = self._cache.get(key) if self._cache is not None and key not in self._replies else None
        cached = _cached(entry, request, read) if entry is not None else None
        if cached is not None:
            if key not in self._counted:
                self._counted.add(key)
                ours = self._tokenizer.count(await self._make_up(request))
                self._ledger.count_cached(request, self._tokenizer.count(cached[1].text), ours)
            return cached
        if key not in self._replies:
            self._replies[key] = await self._make_up(request)
            prompt = sum(self._tokenizer.count(message.content) for message in request.messages)
            self._ledger.count(request, Usage(1, prompt, self._tokenizer.count(self._replies[key]), estimated=True))
        return read(self._replies[key])[0], Reply(self._replies[key])

    async def stream(self, request: Request, read: Read[str]) -> AsyncGenerator[str, None]:
        """Raises: ProviderError: indexing streams nothing."""
        raise ProviderError(f"prompt {request.prompt!r} is not part of an estimate")
        yield ""

    async def _make_up(self, request: Request) -> str:
        """The text of a reply to `request`."""
        prompt = request.prompt
        material = [match[2] for match in _FENCED.finditer(request.messages[-1].content)]
        if prompt in prompt_names([ExtractGraph]):
            return await self._graph(material[0] if material else "", prompt != ExtractGraph.prompt)
        words = " ".join(material).split() or ["Nothing"]
        longer = self._lengths.get(prompt, 1.0)
        if prompt == WriteReport.prompt:
            return _report(words, round(_REPORT_WORDS * longer))
        if prompt == ExtractClaims.prompt:
            count = longer * self._tokenizer.count(" ".join(words)) / _CLAIM_TOKENS
            return _claims(material[-1] if material else "", count)
        if request.shape is not None:
            return json.dumps(_filled(request.shape.json_schema, " ".join(words[:_REASON_WORDS])), ensure_ascii=False)
        return " ".join(words[: round(_TEXT_WORDS.get(prompt, _MOST_TEXT_WORDS) * longer)])

    async def _graph(self, text: str, gleaning: bool) -> str:
        """The records of a first reading, or those of the further one."""
        draft = await self._extractor.read(ExtractGraph(text, language_of(text)))
        entities = _entities(draft.entities)
        relationships = _relationships(draft.relationships, entities)
        return _json(
            {
                "entities": _part(list(entities.values()), gleaning, self._lengths),
                "relationships": _part(relationships, gleaning, self._lengths),
            }
        )


def _cached(entry: CachedReply, request: Request, read: Read[T]) -> tuple[T, Reply] | None:
    """What a cached reply says; None, if it would be asked for anew. Raises: CutOff."""
    if entry.cut:
        if request.splittable:
            raise CutOff(f"the reply to prompt {request.prompt!r} was cut off before")
        return None
    try:
        return read(entry.reply.text)[0], Reply(entry.reply.text)
    except InvalidReply:
        return None


def _entities(drafts: tuple[EntityDraft, ...]) -> dict[str, Record]:
    """By name as extracted, once; one in `_EVERY` under a word of its sentence, as models name more than names."""
    records: dict[str, Record] = {}
    for draft in drafts:
        if draft.name not in records:
            name = _notion(draft) if len(records) % _EVERY == _EVERY - 1 else draft.name
            description = _cut(draft.description or draft.name, _ENTITY_WORDS)
            records[draft.name] = {"name": name, "type": draft.type, "description": description}
    return records


def _notion(draft: EntityDraft) -> str:
    """The longest word of what is said of an entity that is not in its name."""
    others = set(terms(draft.description)) - set(terms(draft.name))
    return max(sorted(others), key=len, default=draft.name)


def _relationships(drafts: tuple[RelationshipDraft, ...], entities: Mapping[str, Record]) -> list[Record]:
    """As many as a model states: first those that connect what nothing connected yet, then the others."""
    connected: set[str] = set()
    connecting: list[RelationshipDraft] = []
    others: list[RelationshipDraft] = []
    for draft in drafts:
        ends = {draft.source, draft.target}
        (others if ends <= connected else connecting).append(draft)
        connected |= ends
    drafts = (*connecting, *others)[: round(_RELATIONSHIPS * len(entities))]
    return [
        {
            "source": entities[draft.source]["name"] if draft.source in entities else draft.source,
            "target": entities[draft.target]["name"] if draft.target in entities else draft.target,
            "description": _cut(draft.description, _RELATIONSHIP_WORDS),
            "strength": 5,
        }
        for draft in drafts
    ]


def _part(records: list[Record], gleaning: bool, lengths: Mapping[str, float]) -> list[Record]:
    """The records of one reading; where readings are longer than there are records, some are told twice."""
    first = round(len(records) * _FIRST_READING * lengths.get("extract_graph", 1.0))
    further = round(len(records) * _FURTHER_READING * lengths.get("glean", 1.0))
    chosen = range(first, first + further) if gleaning else range(first)
    return [records[number % len(records)] for number in chosen]


def _report(material: list[str], words: int) -> str:
    text = [material[number % len(material)] for number in range(max(words, 20))]
    findings = [text[first : first + 60] for first in range(60, len(text), 60)] or [text]
    return _json(
        {
            "title": " ".join(material[:6]),
            "summary": " ".join(text[:60]),
            "findings": [{"summary": _cut(" ".join(f), 10), "explanation": " ".join(f)} for f in findings],
            "rating": 5.0,
            "rating_explanation": "It matters to those who are named.",
        }
    )


def _claims(text: str, count: float) -> str:
    words = text.split()
    claim = {"subject": " ".join(words[:2]) or "it", "object": "", "type": "a deed", "status": "TRUE"}
    claim |= {"start_date": "", "end_date": "", "description": _cut(text, 25) or "It is.", "quote": _cut(text, 25)}
    return _json({"claims": [claim] * round(count)})


def _filled(schema: Mapping[str, Any], words: str) -> Any:
    """A value of the schema with `words` for every string, one item in a list, and no for an answer."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: _filled(part, words) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [_filled(schema["items"], words)]
    return {"string": words, "boolean": False}.get(schema["type"], 1)


def _cut(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
