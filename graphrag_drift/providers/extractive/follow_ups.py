"""Evidence and a question -> the questions it raises: about what the evidence names and the question does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphrag_drift.providers.extractive.candidates import Candidate
from graphrag_drift.providers.extractive.knowledge import Knowledge
from graphrag_drift.providers.extractive.phrasing import Subject, ask, ask_about_topic
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.sentences import bag_of_title, occurrences
from graphrag_drift.providers.extractive.topics import Topic, is_verbal, speaks_of, topics_of
from graphrag_drift.values import Shown

_TOPICS = 8
_TIMES = 2  # questions about the same topic
_EARLY = 3  # sentences at the front of the evidence count double
_SAYS = re.compile(
    r"(?:,| has| have)? (?:said|says|told|told|called|argued|denied|announced|warned|accused|claimed|urged|wrote)\b"
)
# A paper that was shown something is no part of the story.
_SHOWED_IT = re.compile(r"(?:(?:seen|obtained|reviewed|reported|first reported) by|told) (?:the )?\Z")
_LONGEST_LEAD = 30


@dataclass(slots=True)
class _Seen:
    """What the evidence shows of one name."""

    weight: float
    kinds: Counter[str]
    sentences: list[str]
    date: str


def follow_ups(
    question: Question, evidence: Sequence[Candidate], rows: Sequence[Shown], count: int, knowledge: Knowledge
) -> tuple[str, ...]:
    """Up to `count` questions, the most informative first, each about another name or topic."""
    texts = [candidate.sentence.text for candidate in evidence]
    names = {name for text in texts for name, _ in knowledge.names_in(text)}
    topics = [topic for topic in _topics(question, texts, knowledge) if topic.bare not in names]
    subjects = _subjects(question, evidence, _graph_names(rows), knowledge)
    asked = dict.fromkeys(_ask(question, subjects, topics))
    return tuple(list(asked)[:count])


def _topics(question: Question, texts: Sequence[str], knowledge: Knowledge) -> list[Topic]:
    """What the question is about, then what the evidence is about, without what are parts of names."""
    own = topics_of([question.text.rstrip("?.")], knowledge.rarity, least=1)
    raised = topics_of(texts, knowledge.rarity)
    distinct: list[Topic] = []
    for topic in [*own[:2], *raised]:
        named = any(topic.terms <= held for held in question.names)
        if not named and all(not topic.terms & other.terms for other in distinct):
            distinct.append(topic)
    return distinct[:_TOPICS]


def _graph_names(rows: Sequence[Shown]) -> frozenset[str]:
    """The names that the shown entities and relationships are about: those are surely names."""
    titles = [row.title for row in rows if row.kind in ("entity", "relationship")]
    return frozenset(name for title in titles for name in title.split("; "))


def _subjects(
    question: Question, evidence: Sequence[Candidate], known: frozenset[str], knowledge: Knowledge
) -> list[Subject]:
    seen: dict[str, _Seen] = {}
    for position, candidate in enumerate(evidence):
        text = candidate.sentence.text
        for name, kind in knowledge.names_in(text):
            entry = seen.setdefault(name, _Seen(0.0, Counter(), [], candidate.row.date))
            entry.weight += 2.0 if position < _EARLY else 1.0
            entry.kinds[kind] += 1
            entry.sentences.append(text)
    subjects = [_subject(name, entry, question, name in known, knowledge) for name, entry in seen.items()]
    ranked = sorted((s for s in subjects if s is not None), key=lambda s: (-s.worth, s.name))
    return _without_variants(ranked)


def _subject(name: str, seen: _Seen, question: Question, known: bool, knowledge: Knowledge) -> Subject | None:
    terms = bag_of_title(name)
    if not terms or terms & question.terms or any(is_acronym(name, other) for other in question.name_texts):
        return None
    kind = max(sorted(seen.kinds), key=lambda k: (k != "other", seen.kinds[k]))
    korean = "가" <= name[-1] <= "힣"
    if not known and (kind == "other" or korean) and len(seen.sentences) < 2:
        return None
    if korean and is_verbal(name):
        return None
    if all(_is_shown_to(name, text) for text in seen.sentences):
        return None
    partners = [
        other
        for other, held in zip(question.name_texts, question.names, strict=True)
        if any(held <= bag_of_title(text) for text in seen.sentences)
    ]
    telling = max(map(knowledge.rarity, terms)) / 1000
    worth = seen.weight * telling * (1.0 + bool(partners)) * (1.5 if known else 1.0) * (0.5 if kind == "other" else 1.0)
    says = any(_SAYS.match(text, end) for text in seen.sentences for _, end in occurrences(name, text))
    return Subject(name, kind, terms, worth, partners[0] if partners else "", says, seen.date, tuple(seen.sentences))


def _is_shown_to(name: str, text: str) -> bool:
    """Whether `text` only says who saw or heard it: "according to a memo seen by the Pacific Ledger"."""
    return any(_SHOWED_IT.search(text, max(0, start - _LONGEST_LEAD), start) for start, _ in occurrences(name, text))


def _without_variants(subjects: Sequence[Subject]) -> list[Subject]:
    """Of names that share words ("Pruitt", "Walter Pruitt") the longest, in the best one's place; no acronyms."""
    kept: list[Subject] = []
    for subject in subjects:
        longer = [other for other in subjects if subject.terms < other.terms or is_acronym(subject.name, other.name)]
        best = max(longer, key=lambda s: (s.worth, s.name)) if longer else subject
        if not any(best.terms & other.terms for other in kept):
            kept.append(best)
    return kept


def is_acronym(name: str, full: str) -> bool:
    """Whether `name` is made of the initials of the large words of `full`."""
    initials = "".join(word[0] for word in full.split() if word[0].isupper())
    return len(name) > 1 and name.isupper() and name.replace(".", "") == initials


def _ask(question: Question, subjects: Sequence[Subject], topics: Sequence[Topic]) -> Iterator[str]:
    """One question a subject, about what its own sentences speak of where they do; then one a topic."""
    korean = question.language == "ko"
    used: Counter[str] = Counter()
    for subject in subjects:
        free = [topic for topic in topics if not topic.terms & subject.terms and used[topic.bare] < _TIMES]
        own = [topic for topic in free if any(speaks_of(text, topic) for text in subject.sentences)]
        asked_for = [topic for topic in free if topic.terms & question.terms]
        topic = next(iter([*own, *asked_for]), None)
        if topic is not None:
            used[topic.bare] += 1
        yield ask(subject, topic, korean=korean)
    for topic in topics:
        if not topic.terms & question.terms:
            yield ask_about_topic(topic, korean=korean)
