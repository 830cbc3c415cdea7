"""What a model may reply to each task, as pydantic models, and the JSON schema that holds an endpoint to it.

The schema is strict; what comes back is taken tolerantly where the meaning is plain and refused
in words that the model can act on where it is not. `becomes` is the reply of a task that is made of it, by `drafts.py`
or the reader; a task whose reply no shape becomes is answered with text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from graphrag_drift.errors import InvalidReply
from graphrag_drift.providers.llm.own_keys import in_our_keys
from graphrag_drift.providers.protocols import ReplyShape
from graphrag_drift.tasks import (
    ClaimDrafts,
    CorpusDescription,
    Findings,
    GraphDraft,
    Point,
    ReportDraft,
    Sameness,
    Task,
    Verdict,
    reply_type,
)

_SCORE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:(?:/|out of)\s*(\d+(?:\.\d+)?)|(%))?\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_DIGITS = re.compile(r"(?<![\d.])\d{1,6}(?![\d])")
_NUMBERING = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.):])\s+")
_QUESTION_KEYS = ("question", "query", "follow_up", "follow_up_query", "follow_up_question", "text")


def _text(value: Any) -> Any:
    """A string of what stands for one; lists and objects are left for pydantic to refuse."""
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", _CONTROL.sub(" ", value)).strip()
    return value


def _line(value: Any) -> Any:
    text = _text(value)
    return " ".join(text.split()) if isinstance(text, str) else text


def _name(value: Any) -> Any:
    line = _line(value)
    while isinstance(line, str) and len(line) > 1 and line[0] + line[-1] in ('""', "''", "“”", "**"):
        line = line[1:-1].strip()
    return line


def _kind(value: Any) -> Any:
    name = _name(value)
    return name.casefold() if isinstance(name, str) else name


def _score_of(most: float) -> Callable[[Any], Any]:
    """A validator: 0 to `most`, of "85", "85/100" or "85%"; null says nothing for the thing scored: 0."""

    def score(value: Any) -> Any:
        if value is None:
            return 0.0
        if isinstance(value, str):
            match = _SCORE.fullmatch(value)
            if match is None:
                raise ValueError(f"{value[:40]!r} is no number from 0 to {most:g}")
            of = 100.0 if match[3] else float(match[2] or most)
            value = float(match[1]) * most / of if of else math.nan
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{value!r} is no number from 0 to {most:g}")
        return min(max(float(value), 0.0), most)

    return score


def _questions(value: Any) -> Any:
    """Distinct questions, of strings or of objects that hold one each."""
    listed = [] if value is None else value.split("\n") if isinstance(value, str) else value
    if not isinstance(listed, list):
        return listed
    questions = [_line(_question(item)) for item in listed]
    if not all(isinstance(text, str) for text in questions):
        raise ValueError("a list of questions was expected")
    return [text for text in dict.fromkeys(_NUMBERING.sub("", text) for text in questions) if text]


def _question(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    strings = [value for value in item.values() if isinstance(value, str)]
    named = [item[key] for key in _QUESTION_KEYS if isinstance(item.get(key), str)]
    candidates = named or (strings if len(strings) == 1 else [])
    if not candidates:
        raise ValueError(f"a question was expected, got an object of {sorted(map(str, item))}")
    return candidates[0]


def _marks(value: Any) -> Any:
    """Numbers of rows, of 3, "3", "[3]", "[3][5]", "none" or {"row": 3}."""
    listed = [] if value is None else value if isinstance(value, list) else [value]
    numbers: list[int] = []
    for item in listed:
        item = item.get("row", item) if isinstance(item, dict) else item
        if isinstance(item, bool) or not isinstance(item, (int, float, str)):
            raise ValueError(f"the number of a row was expected, got {str(item)[:40]!r}")
        numbers += [int(digits) for digits in _DIGITS.findall(str(item))]
    return numbers


def _status(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _winner(value: Any) -> Any:
    word = str(value).strip().casefold().removeprefix("answer").strip()
    return {"a": "1", "first": "1", "b": "2", "second": "2", "0": "tie", "none": "tie", "both": "tie"}.get(word, word)


def _strength(value: Any) -> Any:
    """1 to 10; a model that gives none, or not a number, still states the relationship."""
    try:
        return max(_score_of(10.0)(value), 1.0)
    except ValueError:
        return 1.0


Text = Annotated[str, BeforeValidator(_text)]
Line = Annotated[str, BeforeValidator(_line)]
Name = Annotated[str, BeforeValidator(_name), Field(min_length=1)]
Kind = Annotated[str, BeforeValidator(_kind), Field(min_length=1, max_length=40)]
Code = Annotated[str, BeforeValidator(_kind), Field(pattern="^[a-z]{2,3}$")]
Score = Annotated[float, BeforeValidator(_score_of(100.0))]
Rating = Annotated[float, BeforeValidator(_score_of(10.0))]
Relevance = Annotated[float, BeforeValidator(_score_of(5.0))]
Questions = Annotated[list[str], BeforeValidator(_questions)]
Marks = Annotated[list[int], BeforeValidator(_marks)]
Strength = Annotated[float, BeforeValidator(_strength)]
Status = Annotated[Literal["TRUE", "FALSE", "SUSPECTED"], BeforeValidator(_status)]
Winner = Annotated[Literal["1", "2", "tie"], BeforeValidator(_winner)]


# Bounds that no good reply comes near, told to models that would go on for ever. Grammars take no string above 2,000.
_ITEMS = 40
_MOST_ITEMS = {"findings": 12, "follow_ups": 10, "points": 20, "entity_types": 20, "ratings": 400}
_LINE, _SHORT, _LONG = 600, 150, 1_900  # characters
_SHORT_FIELDS = {"name", "type", "source", "target", "subject", "object", "start_date", "end_date", "language"}
_LONG_FIELDS = {"answer", "summary", "explanation"}

OTHER = "other"
"""The type of an entity that is of none of those asked for."""

W = TypeVar("W", bound="Wire")
_MOST_ERRORS = 5


class Wire(BaseModel):
    """What comes from a model; further keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
    becomes: ClassVar[Any] = None
    """The type of the replies that are made of it; None for a part of a reply."""


class EntityReply(Wire):
    """An entity of a text."""

    name: Name
    type: Line = ""
    description: Line = ""


class RelationshipReply(Wire):
    """A relationship of two entities."""

    source: Name
    target: Name
    description: Line = ""
    strength: Strength = 1.0


class GraphReply(Wire):
    """The reply to extract_graph and glean."""

    becomes = GraphDraft
    entities: list[EntityReply]
    relationships: list[RelationshipReply]


class ClaimReply(Wire):
    """A claim of a text."""

    subject: Name
    object: Line = ""
    type: Line = ""
    status: Status
    start_date: Line = ""
    end_date: Line = ""
    description: Line = Field(min_length=1)
    quote: Text = ""


class ClaimsReply(Wire):
    """The reply to extract_claims."""

    becomes = ClaimDrafts
    claims: list[ClaimReply]


class SameReply(Wire):
    """The reply to resolve_entities."""

    becomes = Sameness
    reason: Line = ""
    same: bool


class FindingReply(Wire):
    """A finding of a report."""

    summary: Line = Field(min_length=1)
    explanation: Text = Field(min_length=1)


class ReportReply(Wire):
    """The reply to write_report."""

    becomes = ReportDraft
    title: Line = Field(min_length=1)
    summary: Text = Field(min_length=1)
    findings: list[FindingReply]
    rating: Rating
    rating_explanation: Line = ""


class FindingsReply(Wire):
    """The reply to drift_primer and answer_follow_up, also under the keys that other engines ask for."""

    becomes = Findings
    answer: Text = Field(validation_alias=AliasChoices("answer", "response", "intermediate_answer"))
    score: Score
    follow_ups: Questions = Field(validation_alias=AliasChoices("follow_ups", "follow_up_queries"))


class PointReply(Wire):
    """A point of a batch of reports."""

    text: Text = Field(validation_alias=AliasChoices("text", "description"), min_length=1)
    score: Score


class PointsReply(Wire):
    """The reply to map_reports and map_findings."""

    becomes = tuple[Point, ...]
    points: list[PointReply]


class RatingReply(Wire):
    """The rating of one report, by the number of its row."""

    row: int
    rating: Relevance


class RatingsReply(Wire):
    """The reply to rate_reports."""

    becomes = tuple[float, ...]
    ratings: list[RatingReply]


class QuestionsReply(Wire):
    """The reply to refine_question."""

    becomes = tuple[str, ...]
    questions: Questions


class RelevantReply(Wire):
    """The reply to select_relevant: the numbers of the rows that help."""

    becomes = tuple[bool, ...]
    relevant: Marks


class VerdictReply(Wire):
    """The reply to judge_pair."""

    becomes = Verdict
    reason: Line = ""
    winner: Winner

    @property
    def verdict(self) -> Literal["first", "second", "tie"]:
        """The winner by its place."""
        return "tie" if self.winner == "tie" else "first" if self.winner == "1" else "second"


class CorpusReply(Wire):
    """The reply to describe_corpus."""

    becomes = CorpusDescription
    domain: Line = Field(min_length=1)
    language: Code
    persona: Line = Field(min_length=1)
    entity_types: list[Kind] = Field(min_length=1)


def shape_for(kind: type[Task[Any]], entity_types: tuple[str, ...] = ()) -> ReplyShape | None:
    """What a model is to reply to a task in; None: text. It follows from the type of the task's reply.

    Entities are of `entity_types` or "other"; none: of whatever type the model says.
    """
    reply = reply_type(kind)
    return _graph_shape(entity_types) if reply is GraphDraft and entity_types else _shape_for(reply)


@cache
def _graph_shape(entity_types: tuple[str, ...]) -> ReplyShape:
    shape = shape_of(GraphReply)
    schema = deepcopy(shape.json_schema)
    types = list(dict.fromkeys((*entity_types, OTHER)))
    schema["properties"]["entities"]["items"]["properties"]["type"] = {"type": "string", "enum": types}
    return ReplyShape(shape.name, schema, _bounded(schema))


@cache
def _shape_for(reply: Any) -> ReplyShape | None:
    return next((shape_of(model) for model in Wire.__subclasses__() if model.becomes == reply), None)


def shape_of(model: type[Wire]) -> ReplyShape:
    """The strict schema of a reply: every key required, no others, no references."""
    schema = model.model_json_schema(by_alias=False)
    strict = _strict(schema, schema.get("$defs", {}))
    return ReplyShape(_snake(model.__name__), strict, _bounded(strict))


def validated(model: type[W], value: Any, lists: Sequence[str] = ()) -> tuple[W, tuple[str, ...]]:
    """`value` as `model`, and why which items of its `lists` were left out.

    A bare list stands for the only list of the model, other keys for those asked for where that is plain. Items are
    left out only where most of their list is good.
    Raises: InvalidReply, in words for whoever wrote the reply.
    """
    fields = list(model.model_fields)
    if isinstance(value, list) and len(fields) == 1:
        value = {fields[0]: value}
    value = in_our_keys(model, value)
    try:
        return model.model_validate(value), ()
    except ValidationError as error:
        bad = _bad_items(error, lists)
        if not bad or not isinstance(value, dict):
            raise InvalidReply(_reasons(error)) from error
        sound = {name: [item for n, item in enumerate(value[name]) if n not in bad[name]] for name in bad}
        if any(len(bad[name]) * 2 > len(value[name]) for name in bad):
            raise InvalidReply(_reasons(error)) from error
        reply, _ = validated(model, {**value, **sound})
        counts = (f"{len(bad[name])} of {len(value[name])} {name}" for name in bad)
        return reply, (f"{', '.join(counts)} could not be used: {_reasons(error)}",)


def _bad_items(error: ValidationError, lists: Sequence[str]) -> Mapping[str, set[int]]:
    """By list, the positions of the items that are at fault; empty if anything else is."""
    bad: dict[str, set[int]] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        place = fault["loc"]
        if len(place) < 2 or place[0] not in lists or not isinstance(place[1], int):
            return {}
        bad.setdefault(str(place[0]), set()).add(place[1])
    return bad


def _reasons(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    reasons = [f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults[:_MOST_ERRORS]]
    more = [f"and {len(faults) - _MOST_ERRORS} more"] if len(faults) > _MOST_ERRORS else []
    return "; ".join([*reasons, *more])


def _bounded(strict: Any, name: str = "") -> Any:
    """A strict schema with bounds on its lists and strings, by the names of the fields that hold them."""
    if not isinstance(strict, dict):
        return strict
    bounded = dict(strict)
    if "properties" in strict:
        bounded["properties"] = {key: _bounded(part, key) for key, part in strict["properties"].items()}
    if "items" in strict:
        bounded["items"] = _bounded(strict["items"], name)
        bounded["maxItems"] = _MOST_ITEMS.get(name, _ITEMS)
    if strict.get("type") == "string" and "enum" not in strict:
        bounded["maxLength"] = _LONG if name in _LONG_FIELDS else _SHORT if name in _SHORT_FIELDS else _LINE
    return bounded


def _strict(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _strict(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    strict: dict[str, Any] = {key: schema[key] for key in ("type", "enum") if key in schema}
    if "items" in schema:
        strict["items"] = _strict(schema["items"], definitions)
    if "properties" in schema:
        strict["properties"] = {name: _strict(part, definitions) for name, part in schema["properties"].items()}
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False
    return strict


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
