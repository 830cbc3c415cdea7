"""What agents may do with an index, as functions: their parameters and results are the schemas that agents are shown.

It knows no protocol; errors are those of the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from pydantic import Field, RootModel

from graphrag_drift.answer.pages import sources_of
from graphrag_drift.errors import SettingsError
from graphrag_drift.index import LONGEST_QUESTION, Index
from graphrag_drift.marks import without_marks
from graphrag_drift.query.graph import Row
from graphrag_drift.query.reports import reports_on
from graphrag_drift.server.live_index import LiveIndex
from graphrag_drift.server.requests import MOST_TURNS, FilterOptions
from graphrag_drift.values import Answer, Entity, Event, Neighbour, Passage

_MOST = 12  # passages and neighbours of an entity; `neighbours` has more
_LOOKED_AT = 40  # passages, for the reports that rest on them
_LONGEST_NAME = 500  # characters

AsyncObserve = Callable[[Event], Awaitable[None]]
Question = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION, description="A question in plain words.")]
Name = Annotated[
    str,
    Field(min_length=1, max_length=_LONGEST_NAME, description="A name as documents write it, or an id of an entity."),
]
Documents = Annotated[FilterOptions, Field(description="Which documents to look into; {} is all.")]
History = Annotated[
    list[tuple[str, str]],
    Field(max_length=MOST_TURNS, description="Earlier [question, answer] pairs, oldest first."),
]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that fits a question, with its document; a larger `score` fits better."""

    text: str
    document_id: str
    start: int
    end: int
    title: str
    date: str
    source: str
    path: str
    score: float


@dataclass(frozen=True, slots=True)
class Hits:
    """Passages, best first."""

    passages: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The passage of a document that was asked for, and the text `before` and `after` it.

    The passage has the characters `start` to `end` of the document's `characters`.
    """

    passage: Passage
    before: str
    after: str
    characters: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The entities that `title` is related to, strongest first."""

    title: str
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a report."""

    summary: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report on a `community` of `size` entities that belong together; `level` 0 is the broadest."""

    community: int
    level: int
    size: int
    title: str
    summary: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports on communities."""

    reports: tuple[Report, ...]


HitsOutput = RootModel[Hits]
ReadingOutput = RootModel[Reading]
EntityOutput = RootModel[Entity]
NeighboursOutput = RootModel[Neighbours]
ReportsOutput = RootModel[Reports]
AnswerOutput = RootModel[Answer]


async def search(live: LiveIndex, question: str, k: int, documents: FilterOptions) -> Hits:
    """The `k` passages that fit a question best. Raises: SettingsError, ProviderError."""
    index = (await live.opened()).index
    rows = await asyncio.to_thread(index.retrieve, question, "auto", k, documents.filters())
    pairs = rows.select("text_unit_id", "score").rows()
    return Hits(tuple(_hit(index.details.passage(unit), score) for unit, score in pairs))


def _hit(place: Passage, score: float) -> Hit:
    return Hit(**asdict(place), score=score)


async def read(live: LiveIndex, document_id: str, start: int, end: int | None, neighbours: int) -> Reading:
    """The characters `start` to `end` of a document, with `neighbours` text units on either side.

    Without an end it is the text unit that holds `start`. Raises: SettingsError, if there is no such place.
    """
    details = (await live.opened()).index.details
    text = _text(details.graph.texts, document_id)
    if not 0 <= start < max(len(text), 1) or (end is not None and end <= start):
        raise SettingsError(
            f"the document has {len(text)} characters; expected a start below that, and an end above the start"
        )
    units = details.units(document_id)
    inside = [n for n, (first, last) in enumerate(units) if first < (end or start + 1) and last > start]
    stop = min(end, len(text)) if end is not None else max([units[n][1] for n in inside], default=len(text))
    first, last = (inside[0], inside[-1]) if inside else (0, len(units) - 1)
    low = min(units[max(first - neighbours, 0)][0], start) if units else start
    high = max(units[min(last + neighbours, len(units) - 1)][1], stop) if units else stop
    return Reading(details.place(document_id, start, stop), text[low:start], text[stop:high], len(text))


def _text(texts: Mapping[str, str], document_id: str) -> str:
    if document_id not in texts:
        raise SettingsError(f"there is no document with the id {document_id!r}; search gives ids")
    return texts[document_id]


async def document(live: LiveIndex, document_id: str) -> str:
    """The text of a document. Raises: SettingsError, if there is none of that id."""
    return _text((await live.opened()).index.graph.texts, document_id)


async def entity(live: LiveIndex, name: str) -> Entity:
    """An entity with the first of its neighbours and passages. Raises: SettingsError, with the names nearest to it."""
    index = (await live.opened()).index
    whole = await asyncio.to_thread(index.entity, name)
    return replace(whole, neighbours=whole.neighbours[:_MOST], passages=whole.passages[:_MOST])


async def neighbours(live: LiveIndex, name: str, k: int) -> Neighbours:
    """The `k` entities that one is related to most. Raises: SettingsError, as `entity`."""
    details = (await live.opened()).index.details
    row = details.known(name)
    return Neighbours(details.titles[row], await asyncio.to_thread(details.neighbours, row, k))


async def reports(live: LiveIndex, question: str, k: int) -> Reports:
    """The `k` reports that fit a question best; without one those on the largest communities of the top level."""
    index = (await live.opened()).index
    if question.strip():
        chosen = await asyncio.to_thread(_nearest, index, question, k)
    else:
        rows = index.graph.report_rows
        order = sorted(range(len(rows)), key=lambda row: (rows[row]["level"], -rows[row]["size"], row))
        chosen = order[:k]
    return Reports(tuple(_report(index.graph.report_rows[row]) for row in chosen))


def _nearest(index: Index, question: str, k: int) -> list[int]:
    """The rows of the reports on what the passages that fit a question are about."""
    passages = index.retrieve(question, "auto", _LOOKED_AT)
    return reports_on(index.graph, dict(passages.select("text_unit_id", "score").iter_rows()), k)


def _report(row: Row) -> Report:
    findings = [
        Finding(without_marks(finding["summary"]), without_marks(finding["explanation"])) for finding in row["findings"]
    ]
    summary = without_marks(row["summary"])
    return Report(row["community"], row["level"], row["size"], row["title"], summary, tuple(findings))


async def ask(
    live: LiveIndex,
    question: str,
    method: str,
    history: list[tuple[str, str]],
    documents: FilterOptions,
    observe: AsyncObserve,
) -> Answer:
    """The answer to a question; `observe` hears what happens on the way. Raises: as `LiveIndex.events`."""
    events = live.events(question, method=method, history=history, filters=documents.filters())
    async with aclosing(events):
        async for event in events:
            if event.answer is not None:
                return event.answer
            await observe(event)
    raise RuntimeError("the events of a question ended without an answer")


def answer_text(answer: Answer) -> str:
    """An answer as a model reads it: the text, sources with their places, notes."""
    lines = [answer.text]
    sources = [source for source in sources_of(answer) if f"[{source.mark}]" in answer.text]
    if sources:
        lines += ["", "Sources:"]
    for source in sources:
        place = f"document {source.document_id}, characters {source.start}-{source.end}"
        head = ", ".join(filter(None, (source.document_title, source.source, source.date)))
        lines.append(f"[{source.mark}] {head} ({place})")
    return "\n".join([*lines, *(f"Note: {note}." for note in answer.notes)])
