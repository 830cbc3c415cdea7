"""What travels alone: answers, citations, shown rows, budgets and events, as frozen dataclasses.

What there are many of (documents, entities, ...) is a table: see `tables.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypedDict

from graphrag_drift.errors import SettingsError

Method = Literal["auto", "local", "global", "drift", "lazy", "basic"]
"""A way to answer, by its name in `query.METHODS`."""
QuestionEvent = Literal["routed", "retrieved", "primed", "asked", "answered", "tested", "mapped", "token", "done"]
StepEvent = Literal["started", "working", "finished", "skipped"]
ShownKind = Literal["source", "entity", "relationship", "report", "claim", "finding"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of the text of document `document_id`, inside text unit `text_unit_id`."""

    document_id: str
    text_unit_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One row that a reader gets to see, under the mark by which an answer may cite it.

    `spans` is the evidence behind the row. A source has one span, of which `text` is exactly the text;
    other rows (a report's finding, a relationship's description) have the spans they were made from, or
    none, and then cannot be cited. `title` is the name of the document, entity or report; `date` is an ISO
    date or ""; `score` says how much the row matters to the question (0-1, larger is more). `head` stands before the
    text where a model reads it: the summary of a finding. `sections` are the titles of the chapter and section, highest
    first, in which the text stands, each with the character of it from which they hold.
    """

    mark: int
    kind: ShownKind
    text: str
    spans: tuple[Span, ...] = ()
    title: str = ""
    date: str = ""
    score: float = 0.0
    head: str = ""
    sections: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """What [1] in an answer stands for, where `mark` is 1: the `quote` is exactly `document.text[start:end]`.

    `document_id`, `document_title` and `text_unit_id` say where; `date` is the document's ISO date or "". `start` and
    `end` count characters. `path` is the document's file below the input folder, `source` its outlet, each "" if none.
    """

    mark: int
    document_id: str
    document_title: str
    text_unit_id: str
    start: int
    end: int
    quote: str
    date: str = ""
    path: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent at a model. The embedded readers spend nothing.

    `calls` are requests, `prompt_tokens` and `completion_tokens` what was sent and replied; `cached_tokens` are the
    prompt tokens that the provider took from its own prompt cache. `estimated` says that an endpoint did not tell, and
    tokens were counted here. `money` is at the prices of the settings, 0 where none is set.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    estimated: bool = False
    money: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.estimated or other.estimated,
            self.money + other.money,
        )

    def __str__(self) -> str:
        """Calls, tokens and money in words."""
        tokens = f"{self.prompt_tokens} prompt and {self.completion_tokens} completion tokens"
        cached = f", {self.cached_tokens} of the prompt's from the provider's cache" if self.cached_tokens else ""
        money = f", {self.money:.4f} at your prices" if self.money else ""
        return f"{self.calls} calls, {tokens}{cached}{' (estimated)' * self.estimated}{money}"


@dataclass(frozen=True, slots=True)
class Budget:
    """What one question, or one run of indexing, may take at most; None: no limit of that kind.

    `tokens` are those of the rows that are shown to the reader, over all tasks, and also those that models are paid
    for; `money` is at the prices of the settings. `tasks`, what the reader is asked, and `seconds`, counted from
    the question, are for questions only: when one is used up, the answer is made from what is there, and a note
    says what was left out.
    """

    tokens: int | None = None
    money: float | None = None
    tasks: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, init=False)
class Filters:
    """Which documents a question is answered from; "" and () let all pass.

    `since` and `until` are dates, or ISO years, months or days, both included. `where` is a dict, or pairs, of a key
    (a metadata column, id, title, path, language, source or author) and a value, in which * stands for anything;
    all of them must hold. They are kept as ISO dates and pairs:

        Filters(since=date(2026, 3, 1), where={"source": "Harbor *"})
        == Filters(since="2026-03-01", where=(("source", "Harbor *"),))

    Raises: SettingsError, for a date or pairs of another type.
    """

    since: str
    until: str
    where: tuple[tuple[str, str], ...]

    def __init__(
        self,
        since: str | date = "",
        until: str | date = "",
        where: Mapping[str, object] | Iterable[tuple[str, object]] = (),
    ) -> None:
        object.__setattr__(self, "since", _iso(since, "since"))
        object.__setattr__(self, "until", _iso(until, "until"))
        object.__setattr__(self, "where", _pairs(where))


def _iso(day: object, option: str) -> str:
    if isinstance(day, datetime):
        return day.date().isoformat()
    if isinstance(day, date):
        return day.isoformat()
    if isinstance(day, str):
        return day
    raise SettingsError(f"{option} {day!r} is no date; expected a datetime.date, or a text as in '2026-03-01'")


def _pairs(where: object) -> tuple[tuple[str, str], ...]:
    """The values as text, None as ""."""
    pairs = where.items() if isinstance(where, Mapping) else where
    try:
        if isinstance(pairs, str):
            raise TypeError
        return tuple((str(key), "" if value is None else str(value)) for key, value in pairs)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise SettingsError(f"where {where!r} is no filter; expected a dict, as in {{'source': 'Reuters'}}") from None


@dataclass(frozen=True, slots=True)
class Branch:
    """A question that DRIFT asked, its answer, its score (0-100) and what it led to.

    `children` come in the order of their `relevance` (0-1), which is how near a question is to the root's.
    `follow_ups` are the questions that the answer raised and that were not asked; `usage` is what this answer took.
    """

    question: str
    answer: str
    score: float
    citations: tuple[Citation, ...] = ()
    children: tuple[Branch, ...] = ()
    relevance: float = 1.0
    usage: Usage = field(default_factory=Usage)
    follow_ups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an answer: quoted sentences with [marks] of citations, its name and its ISO date, or ""."""

    text: str
    heading: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What came of looking a sentence of an answer up in what it cites.

    "stands": the words, figures, names and dates of it stand there; "doubted": some do not, and the `reason` says
    which; "unchecked": what it cites is in another language, and its figures, dates and acronyms stand there. `branch`
    is the question of DRIFT whose answer has the sentence; "" of the text's own.
    """

    sentence: str
    state: Literal["stands", "doubted", "unchecked"]
    reason: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and all that it rests on. "Nothing found" is an Answer without citations.

    - `question`: as it was asked.
    - `text`: Markdown, with a mark such as [1] behind what is cited.
    - `method`: the one that was asked for; a note says which one "auto" chose.
    - `citations`: one for each mark, in their order.
    - `tree`: the questions that DRIFT asked, from the first one; None of other methods.
    - `usage`: what was spent at models.
    - `notes`: clauses on how the answer came about, and what to doubt of it or what was left out.
    - `form`: what the answer looks like: "box", "who", "list", "people", "timeline", "chain", "comparison", "overview",
      "passages", or "nothing" if no document answers.
    - `items`: what the text is made of; none of what a model wrote.
    - `probability`: that the first sentence answers (0-1); None, if nobody can tell.
    - `checks`: what came of looking each sentence up in what it cites, those of the text first, then of the tree.
    """

    question: str
    text: str
    method: Method
    citations: tuple[Citation, ...] = ()
    tree: Branch | None = None
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
    form: str = "passages"
    items: tuple[Item, ...] = ()
    probability: float | None = None
    checks: tuple[Check, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All of it as dicts, lists, texts and numbers, as `query --json` prints it."""
        from graphrag_drift.answer.as_json import answer_json

        return answer_json(self)

    def save(self, path: str | Path) -> Path:
        """Write it into the file `path`, which is returned: .json, to be loaded again, or a page as .md or .html.

        Raises: SettingsError, for another suffix, or a file that cannot be written.
        """
        from graphrag_drift.answer.files import save_answer

        return save_answer(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Answer:
        """The answer that was saved in the .json file `path`. Raises: SettingsError, if it holds none."""
        from graphrag_drift.answer.as_json import load_answer

        return load_answer(Path(path))

    def _repr_markdown_(self) -> str:
        """How a notebook shows it as Markdown: text, the tree of DRIFT, sources and notes."""
        from graphrag_drift.answer.pages import markdown_page

        return markdown_page(self)

    def _repr_html_(self) -> str:
        """How a notebook shows it as HTML, with marks that lead to their sources."""
        from graphrag_drift.answer.pages import html_part

        return html_part(self)


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `start` to `end` of document `document_id`, which are the `text`.

    `title` is the document's headline, `date` its ISO date; `path` is its file below the input folder, `source` its
    outlet. Each is "" if there is none.
    """

    document_id: str
    title: str
    date: str
    start: int
    end: int
    text: str
    path: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """Another `name` of an entity, the `reason` for which it is one, and for people the `evidence`, each "" if none."""

    name: str
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity that another is related to: its `id` and `title`, the `description` and the `weight` of that, and
    the passages that it rests on, as `evidence`."""

    id: str
    title: str
    description: str
    weight: float
    evidence: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The `title` and `summary` of the report on a `community`, by its number."""

    community: int
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Entity:
    """What an index knows of somebody or something.

    `title` is its main name and `kind` what it is ("person", ...). The `description` rests on the passages of
    `evidence`. `frequency` counts the text units that name it, `degree` the entities that it is related to. `aliases`
    are its other names, `neighbours` come strongest first, `passages` (sentences that name it) oldest first and those
    without a date last, `reports` on its communities deepest first. Of neighbours and passages there are at most 60.
    """

    id: str
    title: str
    kind: str
    description: str
    evidence: tuple[Passage, ...]
    frequency: int
    degree: int
    aliases: tuple[Alias, ...]
    neighbours: tuple[Neighbour, ...]
    passages: tuple[Passage, ...]
    reports: tuple[ReportHead, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while a question was answered or an index was built: its `kind`, and what that has.

    Of a question there is a `text` for people:

    - "routed": "auto" chose a method; the text says why.
    - "retrieved": rows were found; the text says how many.
    - "primed": DRIFT has a first answer from reports, which is the text.
    - "asked", "answered": a follow-up question of DRIFT, and then with its answer.
    - "tested": lazy search asked which of some text units help; the text says how many did so far.
    - "mapped": points were drawn from reports or findings; the text says how many.
    - "token": a piece of the final text, as it is written.
    - "done": the last event of a stream; only it has the `answer`.

    Of an index there is the `step` of the pipeline, by its name:

    - "started", "finished": it ran; "skipped": what it made is up to date.
    - "working": `done` of its `total` items are read.
    """

    kind: QuestionEvent | StepEvent
    text: str = ""
    answer: Answer | None = None
    step: str = ""
    done: int = 0
    total: int = 0


Observe = Callable[[Event], None]
"""Whoever follows what happens: a progress bar, a stream, a trace, a server."""


def ignore(event: Event) -> None:
    """An observer that looks away."""


class StreamOptions(TypedDict, total=False):
    """What `Index.stream` takes besides the question, by name; `Index.ask` says what each is."""

    method: Method
    response_type: str
    budget: Budget | None
    history: Sequence[tuple[str, str]]
    filters: Filters | None
    strict: bool


class AskOptions(StreamOptions, total=False):
    """What `Index.ask_sync` takes besides the question, by name; `Index.ask` says what each is."""

    observe: Observe
    streams: bool


class ResumeOptions(TypedDict, total=False):
    """What `Index.resume_sync` takes besides the answer, by name; `Index.resume` says what each is."""

    rounds: int
    response_type: str
    budget: Budget | None
    observe: Observe
