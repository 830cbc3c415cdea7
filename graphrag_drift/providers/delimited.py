"""A reply in the delimiter format of Microsoft GraphRAG and nano-graphrag -> GraphDraft, and what was rejected.

    ("entity"<|>NAME<|>TYPE<|>description)##
    ("relationship"<|>SOURCE<|>TARGET<|>description<|>strength)<|COMPLETE|>

Models keep to it loosely, so a record is found by how it begins, not by what separates it from the one before. Every
record is kept or rejected with a reason. Replies to one text unit, gleaned ones too, are each parsed alone and then
joined: a record must not hang on the end of another reply. It resolves no names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from graphrag_drift.tasks import EntityDraft, GraphDraft, RelationshipDraft

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
    made: EntityDraft | RelationshipDraft
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
        found = _read_records(opening, body, closed)
        if isinstance(found, str):
            rejected.append(Rejected(text[opening.start() : end].strip(), found))
        else:
            repaired += found.repairs[:1]
            if isinstance(found.made, EntityDraft):
                entities.append(found.made)
            else:
                relationships.append(found.made)
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


def _read_records(opening: re.Match[str], body: str, closed: bool) -> _Record | str:
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
