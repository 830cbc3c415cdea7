"""A request -> a reply that is made up, as long as a model's would be, and what it would have cost: for estimates.

What the embedded extractor finds in a text stands for what a model would find: about as many names and relationships
(within 10 % of gpt-4o's on a novel and of gpt-3.5's on encyclopedia passages). A reply that is kept is taken as it is.
Nobody is asked, nothing is kept, and no reply is meant to be true.
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
from graphrag_drift.providers.llm.asking import Asker, CutOff, Read, Reply, Request, Role
from graphrag_drift.providers.llm.cache import Kept, ReplyCache
from graphrag_drift.providers.llm.cached import KeptVectors
from graphrag_drift.providers.openai.embeddings import OpenAIEmbedder
from graphrag_drift.providers.protocols import Reader, Tokenizer, Vectors
from graphrag_drift.tasks import EntityDraft, ExtractGraph, RelationshipDraft
from graphrag_drift.values import Usage

EMBED = "embed"
"""Stands for a prompt and a role where texts are embedded."""


@dataclass
class Books:
    """What requests would cost, by prompt and role. Of replies that are kept, by prompt: how many; and the tokens of
    those replies and of ours in their places."""

    usage: dict[tuple[str, str], Usage] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, request: Request, usage: Usage) -> None:
        """Add a call."""
        key = (request.prompt, request.role)
        self.usage[key] = self.usage.get(key, Usage()) + usage

    def count_kept(self, request: Request, theirs: int, ours: int) -> None:
        """Add a reply that costs nothing, of `theirs` tokens where we would have made up one of `ours`."""
        prompt = request.prompt
        self.roles[prompt] = request.role
        self.kept[prompt] = self.kept.get(prompt, 0) + 1
        before = self.lengths.get(prompt, (0, 0))
        self.lengths[prompt] = (before[0] + theirs, before[1] + ours)

    def count_vectors(self, usage: Usage, kept: int) -> None:
        """Add calls for vectors, and vectors that are there already."""
        self.kept[EMBED] = self.kept.get(EMBED, 0) + kept
        self.usage[EMBED, EMBED] = self.usage.get((EMBED, EMBED), Usage()) + usage


class Counting:
    """An Embedder that counts what `embedder` would send: what is not in `kept`. Its vectors are zeros."""

    dimensions = 1

    def __init__(self, embedder: OpenAIEmbedder, tokenizer: Tokenizer, books: Books, kept: KeptVectors | None) -> None:
        self.id = embedder.id
        self._embedder = embedder
        self._tokenizer = tokenizer
        self._books = books
        self._kept = kept

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(texts, 1), zeros."""
        distinct = [text for text in dict.fromkeys(texts) if text.strip()]
        unknown = [text for text in distinct if self._kept is None or self._kept.get(text) is None]
        batches = list(self._embedder.batches(unknown))
        tokens = sum(self._tokenizer.count(text) for batch in batches for text in batch)
        self._books.count_vectors(Usage(len(batches), tokens, estimated=True), len(distinct) - len(unknown))
        return np.zeros((len(texts), self.dimensions), np.float32)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`."""
        return await self.embed_passages(texts)


T = TypeVar("T")
Record = dict[str, Any]

_FENCED = re.compile(r"<(data-[0-9a-f]{6})>\n(.*?)\n</\1>", re.DOTALL)
# Measured on replies of gpt-4o to 42 text units of 1,200 tokens, first and further readings together.
_FIRST_READING = 0.42  # of all records
_ENTITY_WORDS, _RELATIONSHIP_WORDS = 27, 22  # of a description
_RELATIONSHIPS = 1.0  # for an entity
_EVERY = 5  # a name in so many is one that the embedded extractor has no eye for: a thing, a notion
_REPORT_WORDS = 370
_DESCRIPTION_WORDS = 110
_PLACING_WORDS = 30
_TOKENS_A_CLAIM = 120  # of the text, for a claim in it


class Foretold:
    """An Asker that stands for `asker`. `lengths`: by prompt, how much longer than ours the model's replies are."""

    def __init__(
        self,
        asker: Asker,
        extractor: Reader,
        tokenizer: Tokenizer,
        books: Books,
        *,
        cache: ReplyCache | None,
        lengths: Mapping[str, float],
    ) -> None:
        self._asker = asker
        self._extractor = extractor
        self._tokenizer = tokenizer
        self._books = books
        self._cache = cache
        self._lengths = lengths
        self._made: dict[str, str] = {}
        self._seen: set[str] = set()

    def id_of(self, roles: Sequence[Role]) -> str:
        """That of the asker it stands for."""
        return self._asker.id_of(roles)

    def key(self, request: Request) -> str:
        """That of the asker it stands for."""
        return self._asker.key(request)

    async def ask(self, request: Request, read: Read[T]) -> tuple[T, Reply]:
        """A kept reply or a made-up one. Raises: CutOff, as the cache would."""
        key = self.key(request)
        kept = self._cache.get(key) if self._cache is not None and key not in self._made else None
        known = _known(kept, request, read) if kept is not None else None
        if known is not None:
            if key not in self._seen:
                self._seen.add(key)
                ours = self._tokenizer.count(await self._make_up(request))
                self._books.count_kept(request, self._tokenizer.count(known[1].text), ours)
            return known
        if key not in self._made:
            self._made[key] = await self._make_up(request)
            prompt = sum(self._tokenizer.count(message.content) for message in request.messages)
            self._books.count(request, Usage(1, prompt, self._tokenizer.count(self._made[key]), estimated=True))
        return read(self._made[key])[0], Reply(self._made[key])

    async def stream(self, request: Request, read: Read[str]) -> AsyncGenerator[str, None]:
        """Raises: ProviderError: indexing streams nothing."""
        raise ProviderError(f"prompt {request.prompt!r} is not part of an estimate")
        yield ""

    async def _make_up(self, request: Request) -> str:
        """The text of a reply to `request`."""
        shown = [match[2] for match in _FENCED.finditer(request.messages[-1].content)]
        longer = self._lengths.get(request.prompt, 1.0)
        if request.prompt in ("extract_graph", "glean"):
            return await self._graph(shown[0] if shown else "", request.prompt == "glean")
        said = " ".join(shown).split() or ["Nothing"]
        if request.prompt == "write_report":
            return _report(said, round(_REPORT_WORDS * longer))
        if request.prompt == "extract_claims":
            return _claims(shown[-1] if shown else "", longer * self._tokenizer.count(" ".join(said)) / _TOKENS_A_CLAIM)
        if request.prompt == "resolve_entities":
            return _json({"reason": "They differ in what is said of them.", "same": False})
        words = _PLACING_WORDS if request.prompt == "place_text_unit" else _DESCRIPTION_WORDS
        return " ".join(said[: round(words * longer)])

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


def _known(kept: Kept, request: Request, read: Read[T]) -> tuple[T, Reply] | None:
    """What a kept reply says; None, if it would be asked for anew. Raises: CutOff."""
    if kept.cut:
        if request.splittable:
            raise CutOff(f"the reply to prompt {request.prompt!r} was cut off before")
        return None
    try:
        return read(kept.reply.text)[0], Reply(kept.reply.text)
    except InvalidReply:
        return None


def _entities(drafts: tuple[EntityDraft, ...]) -> dict[str, Record]:
    """By name as extracted, once; one in `_EVERY` under a word of its sentence, as models name more than names."""
    records: dict[str, Record] = {}
    for draft in drafts:
        if draft.name not in records:
            name = _notion(draft) if len(records) % _EVERY == _EVERY - 1 else draft.name
            said = _cut(draft.description or draft.name, _ENTITY_WORDS)
            records[draft.name] = {"name": name, "type": draft.type, "description": said}
    return records


def _notion(draft: EntityDraft) -> str:
    """The longest word of what is said of an entity that is not in its name."""
    others = set(terms(draft.description)) - set(terms(draft.name))
    return max(sorted(others), key=len, default=draft.name)


def _relationships(drafts: tuple[RelationshipDraft, ...], entities: Mapping[str, Record]) -> list[Record]:
    """As many as a model states: first those that connect what nothing connected yet, then the others."""
    joined: set[str] = set()
    telling: list[RelationshipDraft] = []
    others: list[RelationshipDraft] = []
    for draft in drafts:
        ends = {draft.source, draft.target}
        (others if ends <= joined else telling).append(draft)
        joined |= ends
    drafts = (*telling, *others)[: round(_RELATIONSHIPS * len(entities))]
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
    further = round(len(records) * (1 - _FIRST_READING) * lengths.get("glean", 1.0))
    chosen = range(first, first + further) if gleaning else range(first)
    return [records[number % len(records)] for number in chosen]


def _report(said: list[str], words: int) -> str:
    text = [said[number % len(said)] for number in range(max(words, 20))]
    findings = [text[first : first + 60] for first in range(60, len(text), 60)] or [text]
    return _json(
        {
            "title": " ".join(said[:6]),
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


def _cut(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
