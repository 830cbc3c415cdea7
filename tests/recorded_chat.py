"""A chat model that says what a real model once said: recorded drafts and reports, as replies to our own prompts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import polars as pl

from graphrag_drift.app import build_index
from graphrag_drift.indexing.chunk import chunk
from graphrag_drift.input.load import load_frame
from graphrag_drift.interop.recorded import Recorded, _Nearest
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.llm.asking import Asking
from graphrag_drift.providers.llm.cache import ReplyCache
from graphrag_drift.providers.llm.cached import Cached
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.protocols import (
    Completion,
    Embedder,
    Maker,
    Message,
    Models,
    ReplyShape,
    Tokenizer,
    Vectors,
)
from graphrag_drift.providers.resolve import models_for, prompts_for
from graphrag_drift.providers.testing import FakeEmbedder
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.settings import Settings
from graphrag_drift.tasks import GraphDraft, ReportDraft
from graphrag_drift.values import Usage

_FENCED = re.compile(r"<(data-[0-9a-f]{6})>\n(.*?)\n</\1>", re.DOTALL)
_GLEANING = "An earlier reading of this text"
_KINDS = {
    "graph_reply": "extract_graph",
    "report_reply": "write_report",
    "claims_reply": "extract_claims",
    "same_reply": "resolve_entities",
}
_SHORT = {
    "extract_claims": '{"claims":[]}',
    "resolve_entities": '{"reason":"They are told apart by their descriptions.","same":false}',
}


Answer = Callable[[str, str, str], str]
"""(kind of prompt, what is asked, the material in it) -> the reply."""


class CountingChat:
    """A chat model that replies by `answer`; `account` is what it was paid for, by the kind of prompt."""

    def __init__(self, answer: Answer, tokenizer: Tokenizer, *, name: str = "counting") -> None:
        self.id = name
        self.account: dict[str, Usage] = {}
        self._answer = answer
        self._tokenizer = tokenizer

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """The reply; two names are never the same, and there are no claims."""
        asked = messages[-1].content
        data = _FENCED.search(asked)
        kind = _KINDS[shape.name] if shape else "summarize_descriptions"
        kind = "glean" if kind == "extract_graph" and _GLEANING in asked else kind
        text = _SHORT.get(kind) or self._answer(kind, asked, data[2] if data else "")
        prompt = sum(self._tokenizer.count(message.content) for message in messages)
        usage = Usage(1, prompt, self._tokenizer.count(text))
        self.account[kind] = self.account.get(kind, Usage()) + usage
        return Completion(text, "stop", usage)

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """Nothing: indexing streams nothing."""
        for _ in ():
            yield ""


def recorded_answers(recorded: Recorded, texts: Sequence[str]) -> Answer:
    """What was recorded: a text's first draft is the reply to its extraction, the others that to its gleaning."""
    nearest = _Nearest(texts)
    placed: dict[str, list[GraphDraft]] = {text: [] for text in texts}
    for draft in recorded.graphs.values():
        placed[texts[nearest.find(_words(draft)) or 0]].append(draft)
    reports = [(frozenset(terms(_said(each))), _json(asdict(each))) for each in recorded.reports.values()]
    prose = " ".join(" ".join(recorded.texts.values()).split()[:100])

    def answer(kind: str, asked: str, said: str) -> str:
        if kind == "write_report":
            wanted = frozenset(terms(said))
            return max(reports, key=lambda report: len(wanted & report[0]) / math.sqrt(len(report[0]) + 1))[1]
        if kind == "summarize_descriptions":
            return prose
        passages = said.split("\n\n")  # of a text that is read once more
        of_text = (placed[text] for text in texts if all(passage in text for passage in passages))
        drafts = placed.get(said) or next(of_text, [])
        return _graph(drafts[1:] if kind == "glean" else drafts[:1])

    return answer


def texts_of(documents: pl.DataFrame, settings: Settings) -> list[str]:
    """The text units that an index of `documents` would read."""
    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    loaded = load_frame(documents, settings.input).documents
    _, units = chunk(loaded, tokenizer=tokenizer, chunking=settings.chunking, copies=settings.copies)
    return units.filter(pl.col("copy_of").is_null())["text"].to_list()


async def paid_for(answer: Answer, settings: Settings, documents: pl.DataFrame) -> dict[str, Usage]:
    """What an index of `documents` asked of the model, by the kind of prompt, and of the embedder ("embed")."""
    reader, chat = _reader(answer, settings)
    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    own = models_for(settings)
    fake = FakeEmbedder() if settings.models.embedding else None
    embedded: list[str] = []
    await build_index(
        settings,
        documents=documents,
        models=Models(
            Maker(lambda _: reader, lambda: reader.id, composes=True),
            Maker(lambda lexicon: _Noting(fake or own.embedder(lexicon), embedded), own.embedder.version),
            tokenizer,
            own.embedding,
        ),
    )
    vectors = Usage(0, sum(map(tokenizer.count, dict.fromkeys(embedded))))
    return {**chat.account, "embed": vectors}


class _Noting:
    """An embedder that writes down what it is given."""

    def __init__(self, embedder: Embedder, embedded: list[str]) -> None:
        self.id, self.dimensions = embedder.id, embedder.dimensions
        self._embedder, self._embedded = embedder, embedded

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self._embedded += texts
        return await self._embedder.embed_passages(texts)

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return await self._embedder.embed_questions(texts)


def _reader(answer: Answer, settings: Settings) -> tuple[LLMReader, CountingChat]:
    assert settings.models.chat is not None
    tokenizer = tokenizer_for(settings.chunking.encoding_model)
    chat = CountingChat(answer, tokenizer, name=model_id(settings.models.chat))
    asker = Cached(Asking({"chat": chat}), ReplyCache(settings.replies_file))
    return LLMReader(asker, prompts_for(settings), tokenizer, gleanings=settings.models.gleanings), chat


def _words(draft: GraphDraft) -> str:
    told = [f"{each.name} {each.description}" for each in draft.entities]
    return " ".join([*told, *(f"{each.source} {each.target} {each.description}" for each in draft.relationships)])


def _graph(drafts: Iterable[GraphDraft]) -> str:
    entities, relationships = [], []
    for draft in drafts:
        entities += [{"name": e.name, "type": e.type, "description": e.description} for e in draft.entities]
        relationships += [
            {"source": r.source, "target": r.target, "description": r.description, "strength": r.strength or 5}
            for r in draft.relationships
        ]
    return _json({"entities": entities, "relationships": relationships})


def _said(report: ReportDraft) -> str:
    return f"{report.title} {report.summary} {' '.join(each.explanation for each in report.findings)}"


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
