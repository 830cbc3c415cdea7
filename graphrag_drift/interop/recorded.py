"""Replies that a model gave to another program -> drafts and reports, and a Reader that gives them again.

Every reply and every record in it is kept or rejected with a reason, and the reasons go with the draft as its gaps. It
makes no tables: drafts go through the same steps as a model's own. What a reply answered is not recorded, so
`place_drafts` finds the text that it is about by its words.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any, TypeVar, cast

from graphrag_drift.errors import InvalidReply, ProviderError
from graphrag_drift.language.terms import terms
from graphrag_drift.providers.llm.drafts import Readings, graph_draft, report_draft
from graphrag_drift.providers.llm.parse import parse_reply
from graphrag_drift.providers.llm.shapes import (
    EntityReply,
    GraphReply,
    PointsReply,
    RelationshipReply,
    ReportReply,
    validated,
)
from graphrag_drift.tables import content_id
from graphrag_drift.tasks import (
    EntityDraft,
    ExtractGraph,
    GraphDraft,
    Point,
    RelationshipDraft,
    ReportDraft,
    Task,
    WriteReport,
)

R = TypeVar("R")

_DELIMITER = re.compile(r"</?\|(?:#\|)?>|(?<=[\"”])\s{0,3}(?:\|>|<\|)(?=\s{0,3}[\"“\d)])")
_DELIMITER_AS_AGREED = re.compile(r"<\|(?:#\|)?>")
_END = re.compile(r"<\|\s{0,3}complete\s{0,3}\|>", re.IGNORECASE)
_OPENING = re.compile(
    rf"(?:\(\s{{0,8}}[\"“”']?(?P<kind>\w{{1,40}})"
    rf"|(?:^|##)[\s\d.*-]{{0,12}}[\"“”']?(?P<bare>entity|relation(?:ship)?))"
    rf"[\"“”']?\s{{0,8}}(?:{_DELIMITER.pattern})",
    re.IGNORECASE | re.MULTILINE,
)
# A bracket inside a description is followed by more of it; also where the reply was cut off there.
_CLOSING = re.compile(r"\)(?=[ \t]{0,8}(?:##|\n|\Z|[\"”`*]))")
_KINDS = {"entity": "entity", "relationship": "relationship", "relation": "relationship"}
_STRENGTH_AT_END = re.compile(r"[\"”]\s{0,3}(\d+(?:\.\d+)?)$")
_QUOTES = '"“”'
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What stands between records and says nothing: separators, fences, list numbers, quotes, headings.
_MARKUP = re.compile(r"[\s#`*\"“”().\d-]*")
_HEADING = re.compile(r"\W*\*\*[^*\n]*\*\*:?|[^\n<>]*:\**")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be used; `where` names the reply or passage it stands in."""

    text: str
    reason: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reply says. `repaired` tells, for each record that was kept though not as agreed, what was wrong.

    `complete`: the end marker is there; without it the model may have had more to say.
    """

    draft: GraphDraft
    rejected: tuple[Rejected, ...] = ()
    repaired: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Record:
    draft: EntityDraft | RelationshipDraft
    repairs: tuple[str, ...]


def is_delimited(reply: str) -> bool:
    """Whether `reply` has a record in this format, or is one that found nothing."""
    return _OPENING.search(reply) is not None or _END.search(reply) is not None


def parse_delimited(reply: str) -> Parsed:
    """The records of one reply, in its order."""
    complete = _END.search(reply) is not None
    text = _END.sub("\n", reply)
    openings = list(_OPENING.finditer(text))
    starts = [opening.start() for opening in openings] + [len(text)]
    rejected = [*_stray(text[: starts[0]])]
    entities: list[EntityDraft] = []
    relationships: list[RelationshipDraft] = []
    repaired: list[str] = []
    for opening, end in zip(openings, starts[1:], strict=True):
        body, after, closed = _body(text[opening.end() : end])
        record = _read_record(opening, body, closed)
        if isinstance(record, str):
            rejected.append(Rejected(text[opening.start() : end].strip(), record))
        else:
            repaired += record.repairs[:1]
            if isinstance(record.draft, EntityDraft):
                entities.append(record.draft)
            else:
                relationships.append(record.draft)
        rejected += _stray(after)
    return Parsed(GraphDraft(tuple(entities), tuple(relationships)), tuple(rejected), tuple(repaired), complete)


def join_drafts(drafts: Iterable[GraphDraft]) -> GraphDraft:
    """What several replies say about one text unit: the first reply's and those of its gleanings, in their order."""
    known = list(drafts)
    return GraphDraft(
        tuple(entity for draft in known for entity in draft.entities),
        tuple(relationship for draft in known for relationship in draft.relationships),
        tuple(gap for draft in known for gap in draft.gaps),
    )


def _body(text: str) -> tuple[str, str, bool]:
    """(fields, what comes after the record, whether anything ends it) of what stands between two openings."""
    closings = [closing.start() for closing in _CLOSING.finditer(text)]
    if closings:
        return text[: closings[-1]], text[closings[-1] + 1 :], True
    separator = text.find("##")
    if separator >= 0:
        return text[:separator], text[separator:], True
    return text, "", False


def _read_record(opening: re.Match[str], body: str, closed: bool) -> _Record | str:
    """The record, or why there is none."""
    word = (opening["kind"] or opening["bare"]).casefold()
    kind = _KINDS.get(word)
    if kind is None:
        return f"a record of the unknown kind {word!r}"
    if not closed:
        return "cut off before its end"
    repairs = [f"kind {word!r} for {kind!r}"] if word != kind else []
    if "“" in opening[0]:
        repairs.append("typographic quotes")
    if re.sub(_DELIMITER_AS_AGREED, "", body) != re.sub(_DELIMITER, "", body):
        repairs.append("damaged delimiter")
    raw = [field.strip() for field in _DELIMITER.split(body)]
    if kind == "relationship" and len(raw) == 3 and (number := _STRENGTH_AT_END.search(raw[2])):
        raw = [*raw[:2], raw[2][: number.start(1)], number[1]]
        repairs.append("no delimiter before the strength")
    fields = [_field(field) for field in raw]
    return _entity(fields, repairs) if kind == "entity" else _relationship(fields, repairs)


def _entity(fields: list[str], repairs: list[str]) -> _Record | str:
    if len(fields) < 3:
        return f"an entity of {len(fields)} fields, expected name, type, description"
    name, kind, description, *more = fields
    if not name:
        return "an entity without a name"
    if more:
        repairs.append("a field too many")
    return _Record(EntityDraft(name, kind, description), tuple(repairs))


def _relationship(fields: list[str], repairs: list[str]) -> _Record | str:
    if len(fields) < 3:
        return f"a relationship of {len(fields)} fields, expected source, target, description, strength"
    source, target, description, *more = fields
    if not source or not target:
        return "a relationship without a source or target"
    strength = _strength(more[-1]) if more else None
    if strength is None:
        repairs.append("no strength")
    if len(more) > 1:
        repairs.append("a field too many")
    return _Record(RelationshipDraft(source, target, description, strength), tuple(repairs))


def _strength(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _field(raw: str) -> str:
    """A field without its quotes, HTML entities and control characters."""
    text = unescape(raw).strip()
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if sum(map(text.count, _QUOTES)) == 1:
        text = text.strip(_QUOTES)
    return " ".join(_CONTROL.sub(" ", text).split())


def _stray(text: str) -> Iterable[Rejected]:
    """What stands outside of records and is not markup, line by line."""
    for line in re.split(r"##|\n", text):
        if not _MARKUP.fullmatch(line) and not _HEADING.fullmatch(line.strip()):
            yield Rejected(line.strip(), "text that is no record")


@dataclass(frozen=True)
class Recorded:
    """What a record of replies holds, by the key of the reply or passage, in its order.

    `texts` are replies in prose: descriptions and answers. `repaired` counts records that were kept though not as
    agreed, by what was wrong with them.
    """

    graphs: Mapping[str, GraphDraft] = field(default_factory=dict)
    reports: Mapping[str, ReportDraft] = field(default_factory=dict)
    points: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    repaired: Mapping[str, int] = field(default_factory=dict)

    @property
    def account(self) -> dict[str, int]:
        """How many replies of each kind; and how many records of each kind, repaired ones among them, or rejected."""
        drafts = self.graphs.values()
        return {
            "extractions": len(self.graphs),
            "reports": len(self.reports),
            "maps": len(self.points),
            "texts": len(self.texts),
            "entities": sum(len(draft.entities) for draft in drafts),
            "relationships": sum(len(draft.relationships) for draft in drafts),
            "repaired": sum(self.repaired.values()),
            "rejected": len(self.rejected),
        }


def import_nano_cache(cache: Mapping[str, Any]) -> Recorded:
    """The replies of nano-graphrag's `kv_store_llm_response_cache.json`: {key: {"return": reply, ...}}."""
    replies: dict[type, dict[str, Any]] = {kind: {} for kind in (Parsed, ReportDraft, tuple, str)}
    rejected: list[Rejected] = []
    repaired: Counter[str] = Counter()
    for key, entry in cache.items():
        reply = entry.get("return") if isinstance(entry, Mapping) else None
        try:
            read = _read(reply)
        except InvalidReply as error:
            rejected.append(Rejected(str(entry if reply is None else reply), str(error), key))
            continue
        replies[type(read)][key] = read
        if isinstance(read, Parsed):
            rejected += [replace(record, where=key) for record in read.rejected]
            repaired.update(read.repaired)
    graphs = {key: replace(parsed.draft, gaps=_gaps(parsed.rejected)) for key, parsed in replies[Parsed].items()}
    return Recorded(graphs, replies[ReportDraft], replies[tuple], replies[str], tuple(rejected), dict(repaired))


def import_openie(passages: Iterable[Mapping[str, Any]]) -> Recorded:
    """Triples [subject, predicate, object] as HippoRAG keeps them, by the passage's `id`.

    A passage has `extracted_entities` and `extracted_triples`; a triple is described as "subject predicate object".
    """
    graphs: dict[str, GraphDraft] = {}
    rejected: list[Rejected] = []
    for passage in passages:
        key = str(passage["id"])
        entities = tuple(EntityDraft(name, "", "") for name in passage["extracted_entities"] if name.strip())
        wrong = [(triple, reason) for triple in passage["extracted_triples"] if (reason := _malformed(triple))]
        records = [Rejected(json.dumps(triple, ensure_ascii=False), reason, key) for triple, reason in wrong]
        relationships = tuple(
            RelationshipDraft(triple[0], triple[2], " ".join(triple))
            for triple in passage["extracted_triples"]
            if not _malformed(triple)
        )
        graphs[key] = GraphDraft(entities, relationships, _gaps(records))
        rejected += records
    return Recorded(graphs, rejected=tuple(rejected))


def as_read(text: str, drafts: Iterable[GraphDraft]) -> GraphDraft:
    """What the drafts say about `text`, joined as the readings of one text are, with the places that bear it out."""
    joined = join_drafts(drafts)
    reply = GraphReply(
        entities=[EntityReply(name=e.name, type=e.type, description=e.description) for e in joined.entities],
        relationships=[
            RelationshipReply(source=r.source, target=r.target, description=r.description, strength=r.strength or 1.0)
            for r in joined.relationships
        ],
    )
    readings = Readings()
    readings.add(reply)
    draft = graph_draft(text, readings, joined.gaps)
    if any(relationship.strength is not None for relationship in joined.relationships):
        return draft
    return replace(draft, relationships=tuple(replace(each, strength=None) for each in draft.relationships))


def place_drafts(drafts: Iterable[GraphDraft], texts: Sequence[str]) -> dict[str, GraphDraft]:
    """Text -> what the drafts say about it: each goes to the text of which it has the rarest words.

    A first reply and its gleanings are joined. Raises: ProviderError, for a draft that shares no word with any text.
    """
    nearest = _Nearest(texts)
    placed: dict[str, list[GraphDraft]] = {text: [] for text in texts}
    for draft in drafts:
        words = _words_of(draft)
        position = nearest.find(words)
        if position is None and words:
            raise ProviderError(f"a recorded reply is about none of the {len(texts)} texts: {words[:60]!r}")
        placed[texts[position or 0]].append(draft)
    return {text: as_read(text, readings) for text, readings in placed.items()}


class RecordedReader:
    """A Reader that gives recorded replies again: a text's draft, and of the reports the one on most of the same names.

    It answers no other task.
    """

    manner = "this answer was recorded earlier"

    def __init__(self, graphs: Mapping[str, GraphDraft], reports: Sequence[ReportDraft] = ()) -> None:
        self._graphs = dict(graphs)
        self._reports = tuple(reports)
        self._nearest = _Nearest([_text_of(report) for report in self._reports])
        self._replies: dict[type[Task[Any]], Callable[[Any], Any]] = {
            ExtractGraph: self._graph,
            WriteReport: self._report,
        }
        self.id = "recorded-" + content_id(repr(sorted(self._graphs.items())), repr(self._reports))

    async def read(self, task: Task[R]) -> R:
        """The recorded reply. Raises: ProviderError, if there is none."""
        reply = self._replies.get(type(task))
        if reply is None:
            known = " and ".join(kind.__name__ for kind in self._replies)
            raise ProviderError(f"no replies to {type(task).__name__!r} were recorded, only to {known}")
        return cast(R, reply(task))

    def _graph(self, task: ExtractGraph) -> GraphDraft:
        if task.text not in self._graphs:
            raise ProviderError(f"no reply was recorded for the text that begins with {task.text[:60]!r}")
        return self._graphs[task.text]

    def _report(self, task: WriteReport) -> ReportDraft:
        titles = [row.title for row in (*task.entities, *task.relationships)]
        position = self._nearest.find(" ".join(titles))
        if position is None:
            raise ProviderError(f"no report was recorded on any of {titles[:5]}")
        return self._reports[position]


class _Nearest:
    """Finds among texts the one that shares the rarest words with another."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [frozenset(terms(text)) for text in texts]
        frequency = Counter(word for words in self._words for word in words)
        self._rarity = {word: math.log1p(len(texts) / count) ** 2 for word, count in frequency.items()}
        self._lengths = [math.sqrt(sum(self._rarity[word] for word in sorted(words))) for words in self._words]

    def find(self, text: str) -> int | None:
        """The position of that text, the first of equals; None, if none shares a word."""
        sought = sorted(set(terms(text)) & self._rarity.keys())
        scores = [
            sum(self._rarity[word] for word in sought if word in words) / max(length, 1e-9)
            for words, length in zip(self._words, self._lengths, strict=True)
        ]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        return best if best is not None and scores[best] > 0 else None


def _read(reply: object) -> Parsed | ReportDraft | tuple[Point, ...] | str:
    """A reply by what it is: records, a report, points of a map, or prose. Raises: InvalidReply."""
    if not isinstance(reply, str) or not reply.strip():
        raise InvalidReply("there is no reply in it")
    if is_delimited(reply):
        return parse_delimited(reply)
    if not reply.lstrip().startswith(("{", "```")):
        return reply
    value = parse_reply(reply).value
    if isinstance(value, Mapping) and "points" in value:
        points, _ = validated(PointsReply, value)
        return tuple(Point(point.text, point.score) for point in points.points)
    report, _ = validated(ReportReply, value)
    return report_draft(report, str)


def _malformed(triple: object) -> str:
    """What is wrong with a triple, "" if nothing."""
    if not isinstance(triple, list) or not all(isinstance(part, str) for part in triple):
        return "no list of texts"
    if len(triple) != 3:
        return f"{len(triple)} parts, expected subject, predicate, object"
    return "" if all(part.strip() for part in triple) else "an empty part"


def _gaps(records: Iterable[Rejected]) -> tuple[str, ...]:
    return tuple(f"{record.reason}: {record.text[:200]!r}" for record in records)


def _words_of(draft: GraphDraft) -> str:
    entities = (f"{entity.name} {entity.description}" for entity in draft.entities)
    relationships = (f"{each.source} {each.target} {each.description}" for each in draft.relationships)
    return " ".join((*entities, *relationships))


def _text_of(report: ReportDraft) -> str:
    findings = (f"{finding.summary} {finding.explanation}" for finding in report.findings)
    return " ".join((report.title, report.summary, *findings))
