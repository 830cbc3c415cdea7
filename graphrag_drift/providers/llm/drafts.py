"""What models replied about one text -> drafts with the places of the text that bear them out.

Readings of one text are joined: an entity is named once, an endpoint that is no entity becomes one of type "other", a
relationship of an entity with itself is a word about that entity. Nothing of a reply is lost on the way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import terms
from graphrag_drift.marks import without_marks
from graphrag_drift.providers.llm.shapes import OTHER, ClaimReply, GraphReply, RelationshipReply, ReportReply
from graphrag_drift.tasks import ClaimDraft, EntityDraft, FindingDraft, GraphDraft, RelationshipDraft, ReportDraft

_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_NOBODY = {"none", "n/a", "null", "unknown", "-"}
_ALIKE = 0.5  # share of a description's terms that a sentence must hold to bear it out though it lacks a name


@dataclass
class Readings:
    """Entities and relationships of one text, as its readings add them."""

    names: dict[str, str] = field(default_factory=dict)
    """By key, the name as first given; in the order in which they were found."""
    types: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, dict[str, None]] = field(default_factory=dict)
    relationships: dict[tuple[str, str, str], float] = field(default_factory=dict)
    """(source key, target key, description) -> strength."""

    def add(self, reply: GraphReply) -> bool:
        """Add a reading; whether it had anything new. A number for a name is that of the list given to it."""
        before = (len(self.names), len(self.relationships))
        listed = list(self.names)
        for entity in reply.entities:
            self._entity(entity.name, entity.type.casefold() or OTHER, entity.description)
        for relationship in reply.relationships:
            self._relationship(relationship, listed)
        return (len(self.names), len(self.relationships)) != before

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Positions of the ends of the relationships in `names`, each pair once."""
        position = {key: number for number, key in enumerate(self.names)}
        return list(dict.fromkeys((position[a], position[b]) for a, b, _ in self.relationships))

    def drop(self, invented: Collection[str]) -> None:
        """Take out these keys of `names`, with what was said of them."""
        for key in invented:
            for kept in (self.names, self.types, self.descriptions):
                del kept[key]
        for a, b, description in [pair for pair in self.relationships if {pair[0], pair[1]} & set(invented)]:
            del self.relationships[a, b, description]

    def _entity(self, name: str, kind: str, description: str) -> str:
        key = _key(name)
        self.names.setdefault(key, name)
        if self.types.get(key, OTHER) == OTHER:
            self.types[key] = kind
        descriptions = self.descriptions.setdefault(key, {})
        if description:
            descriptions[description] = None
        return key

    def _relationship(self, reply: RelationshipReply, listed: Sequence[str]) -> None:
        source, target = (self._end(name, listed, reply.description) for name in (reply.source, reply.target))
        if source == target:
            self.descriptions[source][reply.description] = None
        else:
            self.relationships.setdefault((source, target, reply.description), reply.strength)

    def _end(self, name: str, listed: Sequence[str], description: str) -> str:
        key = _key(name)
        if key not in self.names and name.isdecimal() and 0 < int(name) <= len(listed):
            return listed[int(name) - 1]
        return key if key in self.names else self._entity(name, OTHER, description)


def graph_draft(text: str, readings: Readings, gaps: Sequence[str] = ()) -> GraphDraft:
    """What the readings of `text` found, and where it stands."""
    sentences = [_Sentence.of(text, start, end) for start, end in split_sentences(text)]
    entities = tuple(
        EntityDraft(name, readings.types[key], " ".join(readings.descriptions[key]), *_place(text, name))
        for key, name in readings.names.items()
    )
    relationships = tuple(
        RelationshipDraft(source, target, description, strength, *_statement(sentences, source, target, description))
        for (a, b, description), strength in readings.relationships.items()
        for source, target in [(readings.names[a], readings.names[b])]
    )
    return GraphDraft(entities, relationships, tuple(gaps))


def claim_drafts(text: str, replies: Iterable[ClaimReply]) -> tuple[ClaimDraft, ...]:
    """The claims, with the place of their quotes in `text`."""
    return tuple(
        ClaimDraft(
            claim.subject,
            "" if claim.object.casefold() in _NOBODY else claim.object,
            claim.type.casefold(),
            claim.status,
            claim.description,
            *_dates(claim.start_date, claim.end_date),
            claim.quote,
            *_place(text, claim.quote),
        )
        for claim in replies
    )


def report_draft(reply: ReportReply, tidy: Callable[[str], str]) -> ReportDraft:
    """The report; `tidy` makes citations uniform, and only summary and explanations have any."""
    findings = tuple(FindingDraft(without_marks(f.summary), tidy(f.explanation)) for f in reply.findings)
    title, reason = without_marks(reply.title), without_marks(reply.rating_explanation)
    return ReportDraft(title, tidy(reply.summary), findings, reply.rating, reason)


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    text: str
    terms: frozenset[str]

    @classmethod
    def of(cls, text: str, start: int, end: int) -> _Sentence:
        sentence = text[start:end]
        return cls(start, end, sentence.casefold(), frozenset(terms(sentence)))


def _key(name: str) -> str:
    return _ARTICLE.sub("", " ".join(unicodedata.normalize("NFKC", name).casefold().split())) or name


def _place(text: str, words: str) -> tuple[int, int] | tuple[None, None]:
    """Where `words` first stand in `text`, exactly if they do, else whatever their case and spaces."""
    if not words:
        return None, None
    at = text.find(words)
    if at >= 0:
        return at, at + len(words)
    match = re.search(r"\s+".join(map(re.escape, words.split())), text, re.IGNORECASE)
    return match.span() if match else (None, None)


def _statement(
    sentences: Sequence[_Sentence], source: str, target: str, description: str
) -> tuple[int, int] | tuple[None, None]:
    """The sentence that bears a relationship out: names both ends, or one and most of what is said; the first best."""
    content = frozenset(terms(description))
    ends = [_calls(name) for name in (source, target)]
    best: _Sentence | None = None
    most = 0.0
    for sentence in sentences:
        named = sum(any(call in sentence.text for call in calls) for calls in ends)
        alike = len(content & sentence.terms) / len(content) if content else 0.0
        worth = named + alike if named == 2 or (named == 1 and alike >= _ALIKE) else 0.0
        if worth > most:
            best, most = sentence, worth
    return (best.start, best.end) if best else (None, None)


def _calls(name: str) -> list[str]:
    """The name, and its last word, by which a person is called later."""
    whole = name.casefold()
    return [whole, *(word for word in whole.split()[-1:] if len(word) > 3)]


def _dates(start: str, end: str) -> tuple[str, str]:
    first, last = (match[0] if (match := _DATE.match(date)) else "" for date in (start, end))
    return first, last or first
