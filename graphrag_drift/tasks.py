"""What a reader can be asked: one frozen dataclass a task, which knows the type of its reply.

A reply's text cites a row that the task showed by its mark, as in "The strike ended on 3 May [7].".
The words for a language model are not here but in `prompts/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from graphrag_drift.language.language import Form
from graphrag_drift.values import Shown

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """A question to a reader; `R` is the type of the reply."""


@dataclass(frozen=True, slots=True)
class EntityDraft:
    """One mention of an entity. `start`, `end` are characters of the task's text, or None from a model."""

    name: str
    type: str
    description: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class RelationshipDraft:
    """One statement that relates two entities. `strength` is None where a reader only counts statements."""

    source: str
    target: str
    description: str
    strength: float | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class GraphDraft:
    """What one text unit says: its entities and relationships, in the order of the text.

    `gaps` are reasons why something of it is missing: records that could not be used, a further reading that failed.
    """

    entities: tuple[EntityDraft, ...] = ()
    relationships: tuple[RelationshipDraft, ...] = ()
    gaps: tuple[str, ...] = ()


ClaimStatus = Literal["TRUE", "FALSE", "SUSPECTED"]


@dataclass(frozen=True, slots=True)
class ClaimDraft:
    """What a text says that `subject` did or is accused of; `object` is whom it affects, or "".

    Dates are ISO days, months or years, or "". `start`, `end` are where `quote` stands in the task's text, or None.
    """

    subject: str
    object: str
    type: str
    status: ClaimStatus
    description: str
    start_date: str = ""
    end_date: str = ""
    quote: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimDrafts:
    """The claims of one text unit; `gaps` as in `GraphDraft`."""

    claims: tuple[ClaimDraft, ...] = ()
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sameness:
    """Whether two names mean the same, and why."""

    same: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which of two answers meets a criterion better, and why."""

    winner: Literal["first", "second", "tie"]
    reason: str


@dataclass(frozen=True, slots=True)
class FindingDraft:
    """One finding of a report; `explanation` cites shown rows by [mark]."""

    summary: str
    explanation: str


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A community report; `rating` (0-10) says how much its subject matters in the corpus."""

    title: str
    summary: str
    findings: tuple[FindingDraft, ...]
    rating: float
    rating_explanation: str


@dataclass(frozen=True, slots=True)
class Findings:
    """An answer with [marks], how well it answers the root question (0-100), and what to ask next."""

    answer: str
    score: float
    follow_ups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One statement with [marks] that helps to answer, and how much it helps (0-100)."""

    text: str
    score: float


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
class CorpusDescription:
    """What a collection of documents is; `language` is a code such as "en", `persona` a sentence on who reads it."""

    domain: str
    language: str
    persona: str
    entity_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DescribeCorpus(Task[CorpusDescription]):
    """Say what kind of collection the passages are from."""

    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExtractGraph(Task[GraphDraft]):
    """Find the entities and relationships of one text unit."""

    text: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ExtractClaims(Task[ClaimDrafts]):
    """Find what one text unit claims; `entities` are the names that were found in it, `about` is what to look for."""

    text: str
    entities: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class ResolvePair(Task[Sameness]):
    """Do two names, each with its type and description, mean the same? Only asked where it is doubtful."""

    first: EntityDraft
    second: EntityDraft


@dataclass(frozen=True, slots=True)
class SummarizeDescriptions(Task[str]):
    """Make one description of `name` (an entity, or "A; B" for a relationship) from several."""

    name: str
    descriptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceTextUnit(Task[str]):
    """One sentence on where `text` stands in the document called `title`, of which `document` are parts in order."""

    title: str
    document: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class WriteReport(Task[ReportDraft]):
    """Report on a community.

    `entities` and `relationships` come most important first; `sources` are the sentences that mention them;
    `children` are findings of the reports of child communities, where the content did not fit; `claims` are about
    the entities.
    """

    entities: tuple[Shown, ...]
    relationships: tuple[Shown, ...]
    sources: tuple[Shown, ...]
    children: tuple[Shown, ...] = ()
    claims: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesize(Task[str]):
    """HyDE: a hypothetical answer, shaped like `reports` (the nearest ones), for retrieval only."""

    question: str
    reports: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class PrimeQuestion(Task[Findings]):
    """DRIFT's primer: a first answer from reports, and `follow_ups` questions worth asking."""

    question: str
    reports: tuple[Shown, ...]
    follow_ups: int


@dataclass(frozen=True, slots=True)
class AnswerFollowUp(Task[Findings]):
    """Answer `question`, asked for the sake of `root`; `context` is what local search shows."""

    root: str
    question: str
    context: tuple[Shown, ...]
    follow_ups: int


@dataclass(frozen=True, slots=True)
class AnswerQuestion(Task[str | AnswerDraft]):
    """Answer from `context`; "" if it does not hold an answer. `response_type` is a wish for the length."""

    question: str
    context: tuple[Shown, ...]
    response_type: str = "Multiple Paragraphs"


@dataclass(frozen=True, slots=True)
class MapReports(Task[tuple[Point, ...]]):
    """The points in `reports` that help to answer, best first."""

    question: str
    reports: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class MapFindings(Task[tuple[Point, ...]]):
    """The points in `findings` (answers with [marks], scored) that help to answer `question`, best first."""

    question: str
    findings: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class RateReports(Task[tuple[float, ...]]):
    """How much each of `reports` helps to answer `question`: 0 not at all, to 5 entirely; in their order."""

    question: str
    reports: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class ReduceAnswers(Task[str | AnswerDraft]):
    """One answer from `points` (kind "finding", with score; their marks are those of the evidence).

    `text` of a point holds [marks] that the answer keeps. "" if the points do not answer.
    """

    question: str
    points: tuple[Point, ...]
    context: tuple[Shown, ...]  # the rows that the points cite
    response_type: str = "Multiple Paragraphs"


@dataclass(frozen=True, slots=True)
class RewriteQuestion(Task[str]):
    """`question` so that it stands alone; `history` are (question, answer) pairs, oldest first."""

    question: str
    history: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class JudgePair(Task[Verdict]):
    """Which of two answers to `question` meets `criterion` better? Ask in both orders: judges favour a place."""

    question: str
    criterion: str
    first: str
    second: str
