"""What a reader is asked while an index is made, and what it replies: an index is made anew when this file changes.

A reply's text cites a row that the task showed by its mark, as in "The strike ended on 3 May [7].".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphrag_drift.tasks.task import Task
from graphrag_drift.values import Shown


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
class ExtractGraph(Task[GraphDraft]):
    """Find the entities and relationships of one text unit.

    `document` says where it is from, in lines like "title: ...", "date: 2025-06-09", "author: ...", "source: ...",
    "section: ...".
    """

    prompt = "extract_graph"
    further_prompts = ("glean",)
    role = "extract"
    stage = "extract"

    text: str
    language: str = "en"
    document: str = ""


@dataclass(frozen=True, slots=True)
class ExtractClaims(Task[ClaimDrafts]):
    """Find what one text unit claims; `entities` are the names that were found in it, `about` is what to look for."""

    prompt = "extract_claims"
    role = "extract"
    stage = "claims"

    text: str
    entities: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class SummarizeDescriptions(Task[str]):
    """Make one description of `name` (an entity, or "A; B" for a relationship) from several, in the order of time.

    `dates` are those of the documents that say so, one a description, "" where it is not known; or none at all.
    """

    prompt = "summarize_descriptions"
    role = "extract"
    stage = "descriptions"

    name: str
    descriptions: tuple[str, ...]
    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceTextUnit(Task[str]):
    """One sentence on where `text` stands in the document called `title`, of which `document` are parts in order."""

    prompt = "place_text_unit"
    role = "extract"
    stage = "contexts"

    title: str
    document: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ResolvePair(Task[Sameness]):
    """Do two names, each with its type and description, mean the same? Only asked where it is doubtful."""

    prompt = "resolve_entities"
    role = "extract"
    stage = "doubtful names"

    first: EntityDraft
    second: EntityDraft


@dataclass(frozen=True, slots=True)
class WriteReport(Task[ReportDraft]):
    """Report on a community.

    `entities` and `relationships` come most important first; `sources` are the sentences that mention them;
    `children` are findings of the reports of child communities, where the content did not fit; `claims` are about
    the entities.
    """

    prompt = "write_report"
    role = "report"
    stage = "reports"

    entities: tuple[Shown, ...]
    relationships: tuple[Shown, ...]
    sources: tuple[Shown, ...]
    children: tuple[Shown, ...] = ()
    claims: tuple[Shown, ...] = ()
