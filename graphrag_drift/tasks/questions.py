"""What a reader is asked when a question is answered, answers are compared or prompts are tuned: no index hangs on it.

A reply's text cites a row that the task showed by its mark, as in "The strike ended on 3 May [7].".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from graphrag_drift.language.language import Form
from graphrag_drift.tasks.task import Task
from graphrag_drift.values import Shown

Search = Callable[[str], Awaitable[tuple[Shown, ...]]]


@dataclass(frozen=True, slots=True)
class Lead:
    """A sentence with its [mark] whose name a question was asked with, and how likely it is the right one (0-1)."""

    text: str
    strength: float


@dataclass(frozen=True, slots=True)
class Point:
    """One statement with [marks] that helps to answer, and how much it helps (0-100).

    Of what a question of its own found: that `question`, and the sentences that led there, in order.
    """

    text: str
    score: float
    question: str = ""
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """One item of an answer: quoted sentences with [marks]; what it is called by, and its ISO date, or ""."""

    text: str
    heading: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """An answer of a form: `text` is the Markdown of its `items`. `probability` (0-1): that its first sentence answers.

    What a model writes has no items; whoever gives no probability does not know it.
    """

    text: str
    form: Form = "passages"
    items: tuple[ItemDraft, ...] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """An answer with [marks], how well it answers the root question (0-100), and what to ask next, best first.

    `leads`: for the first of `follow_ups`, the sentence whose name each was asked with; of those that a reader raised
    otherwise there are none. `draft`: the answer to the root question in its form, of a reader that
    knows forms.
    """

    answer: str
    score: float
    follow_ups: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()
    draft: AnswerDraft | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which of two answers meets a criterion better, and why."""

    winner: Literal["first", "second", "tie"]
    reason: str


@dataclass(frozen=True, slots=True)
class CorpusDescription:
    """What a collection of documents is; `language` is a code such as "en", `persona` a sentence on who reads it."""

    domain: str
    language: str
    persona: str
    entity_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hypothesize(Task[str]):
    """HyDE: a hypothetical answer, shaped like `reports` (the nearest ones), for retrieval only."""

    prompt = "hypothesize"
    role = "query"

    question: str
    reports: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class PrimeQuestion(Task[Findings]):
    """DRIFT's primer: a first answer from reports, and `follow_ups` questions worth asking."""

    prompt = "drift_primer"
    role = "query"

    question: str
    reports: tuple[Shown, ...]
    follow_ups: int


@dataclass(frozen=True, slots=True)
class AnswerFollowUp(Task[Findings]):
    """Answer `question`, asked for the sake of `root`; `context` is what local search shows.

    `response_type` and `search` are for the root question itself: see `AnswerQuestion`.
    """

    prompt = "answer_follow_up"
    role = "query"

    root: str
    question: str
    context: tuple[Shown, ...]
    follow_ups: int
    response_type: str = field(default="Multiple Paragraphs", compare=False, repr=False)
    search: Search | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnswerQuestion(Task[str | AnswerDraft]):
    """Answer from `context`; "" if it does not hold an answer. `response_type` is a wish for the length.

    `search` shows more rows for a question of the reader's own, to one that reads in steps; None: there are none.
    """

    prompt = "answer_question"
    role = "query"

    question: str
    context: tuple[Shown, ...]
    response_type: str = "Multiple Paragraphs"
    search: Search | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MapReports(Task[tuple[Point, ...]]):
    """The points in `reports` that help to answer, best first."""

    prompt = "map_reports"
    role = "query"

    question: str
    reports: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class MapFindings(Task[tuple[Point, ...]]):
    """The points in `findings` (answers with [marks], scored) that help to answer `question`, best first."""

    prompt = "map_findings"
    role = "query"

    question: str
    findings: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class RateReports(Task[tuple[float, ...]]):
    """How much each of `reports` helps to answer `question`: 0 not at all, to 5 entirely; in their order."""

    prompt = "rate_reports"
    role = "rate"

    question: str
    reports: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class RefineQuestion(Task[tuple[str, ...]]):
    """The questions into which `question` falls, up to five, each to be understood alone; none if it is one already.

    `names` are some that the documents have, of what is near to the question.
    """

    prompt = "refine_question"
    role = "query"

    question: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SelectRelevant(Task[tuple[bool, ...]]):
    """Whether each of `text_units` could help to answer `question` or one of its `parts`; in their order."""

    prompt = "select_relevant"
    role = "rate"

    question: str
    parts: tuple[str, ...]
    text_units: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class MapTextUnits(Task[tuple[Point, ...]]):
    """The claims in `text_units` that help to answer `question` or one of its `parts`, best first."""

    prompt = "map_text_units"
    role = "query"

    question: str
    parts: tuple[str, ...]
    text_units: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class ReduceAnswers(Task[str | AnswerDraft]):
    """One answer from `points` (kind "finding", with score; their marks are those of the evidence).

    `text` of a point holds [marks] that the answer keeps. "" if the points do not answer. `first`: what local search
    answers, to which the points add, if there is a reader of forms.
    """

    prompt = "reduce_answers"
    role = "query"

    question: str
    points: tuple[Point, ...]
    context: tuple[Shown, ...]  # the rows that the points cite
    response_type: str = "Multiple Paragraphs"
    first: AnswerDraft | None = None


@dataclass(frozen=True, slots=True)
class RewriteQuestion(Task[str]):
    """`question` so that it stands alone; `history` are (question, answer) pairs, oldest first."""

    prompt = "rewrite_question"
    role = "query"

    question: str
    history: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class JudgePair(Task[Verdict]):
    """Which of two answers to `question` meets `criterion` better? Ask in both orders: judges favour a place."""

    prompt = "judge_pair"
    role = "judge"

    question: str
    criterion: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class DescribeCorpus(Task[CorpusDescription]):
    """Say what kind of collection the passages are from."""

    prompt = "describe_corpus"
    role = "extract"

    passages: tuple[str, ...]
