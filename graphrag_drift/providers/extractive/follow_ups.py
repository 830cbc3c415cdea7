"""Evidence and a question -> the questions it raises: about what the evidence names and the question does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graphrag_drift.language.josa import has_final
from graphrag_drift.language.names import find_names
from graphrag_drift.language.vocabulary import Vocabulary
from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.candidates import Candidate
from graphrag_drift.providers.extractive.questions import Question
from graphrag_drift.providers.extractive.topics import Topic, topics_of
from graphrag_drift.providers.extractive.weights import Rarity


@dataclass(frozen=True, slots=True)
class Subject:
    """A name the evidence raises: how often, of which kind, and with which names of the question."""

    name: str
    kind: str
    terms: frozenset[str]
    worth: float
    partner: str


def follow_ups(
    question: Question, evidence: Sequence[Candidate], count: int, vocabulary: Vocabulary, rarity: Rarity
) -> tuple[str, ...]:
    """Up to `count` questions, the most informative first."""
    texts = [candidate.sentence.text for candidate in evidence]
    subjects = _subjects(question, texts, vocabulary, rarity)
    named = frozenset[str]().union(*(subject.terms for subject in subjects), *question.names)
    topics = [topic for topic in topics_of(texts, rarity, avoid=question.terms | named)][:6]
    asked: dict[str, None] = {}
    for text in _ask(question, subjects, topics):
        if len(asked) == count:
            break
        asked.setdefault(text)
    return tuple(asked)


def _subjects(question: Question, texts: Sequence[str], vocabulary: Vocabulary, rarity: Rarity) -> list[Subject]:
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    partners: dict[str, Counter[str]] = {}
    for position, text in enumerate(texts):
        names = names_in(text, vocabulary)
        beside = [known for known, terms in zip(question.name_texts, question.names, strict=False) if terms & frozenset(content_terms(text))]
        for name, kind in dict.fromkeys(names):
            counts[name] += 2 if position < 3 else 1
            kinds.setdefault(name, Counter())[kind] += 1
            partners.setdefault(name, Counter()).update(beside)
    subjects = []
    for name, seen in counts.items():
        terms = frozenset(content_terms(name))
        if terms & question.terms or not terms:
            continue
        kind = max(sorted(kinds[name]), key=lambda k: (k != "other", kinds[name][k]))
        partner = max(sorted(partners[name]), key=lambda p: partners[name][p], default="")
        worth = seen * (1 + (partner != "")) * (max(map(rarity, terms)) / 1000) * (0.6 if kind == "other" else 1.0)
        subjects.append(Subject(name, kind, terms, worth, partner))
    return _without_shorter_forms(sorted(subjects, key=lambda s: (-s.worth, s.name)))


def _without_shorter_forms(subjects: Sequence[Subject]) -> list[Subject]:
    kept: list[Subject] = []
    for subject in subjects:
        if any(subject.terms < other.terms for other in subjects):
            continue
        if all(subject.terms != other.terms for other in kept):
            kept.append(subject)
    return kept


@lru_cache(maxsize=4096)
def _names(text: str, vocabulary: int) -> tuple[tuple[str, str], ...]:
    return tuple((name.name, name.kind) for name in find_names(text, [(0, len(text))], _VOCABULARIES[vocabulary]))


_VOCABULARIES: dict[int, Vocabulary] = {}


def names_in(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, str], ...]:
    """The names of a sentence with their kinds, in order."""
    _VOCABULARIES[id(vocabulary)] = vocabulary
    return _names(text, id(vocabulary))


def _ask(question: Question, subjects: Sequence[Subject], topics: Sequence[Topic]) -> Iterator[str]:
    korean = question.language == "ko"
    for i, subject in enumerate(subjects):
        topic = topics[i % len(topics)].phrase if topics else ""
        yield _korean(subject, topic) if korean else _english(subject, topic)
    for topic in topics:
        yield f"{topic.bare}{_josa(topic.bare, '은', '는')} 어떻게 되었나요?" if korean else f"What is known about {topic.phrase}?"


def _english(subject: Subject, topic: str) -> str:
    name, kind = subject.name, subject.kind
    if kind == "person":
        return f"What role does {name} play in {topic}?" if topic else f"Who is {name}?"
    if subject.partner:
        return f"How are {name} and {subject.partner} connected?"
    if kind == "organization":
        return f"What has {name} said about {topic}?" if topic else f"What has {name} done?"
    if kind == "place":
        return f"What happened in {name}?"
    return f"What is known about {name}?"


def _korean(subject: Subject, topic: str) -> str:
    name, kind = subject.name, subject.kind
    if subject.partner:
        return f"{name}{_josa(name, '과', '와')} {subject.partner}{_josa(subject.partner, '은', '는')} 어떤 관계인가요?"
    if kind == "person" and topic:
        return f"{name}{_josa(name, '은', '는')} {topic}에서 어떤 역할을 했나요?"
    if kind == "place":
        return f"{name}에서는 무슨 일이 있었나요?"
    return f"{name}에 대해 무엇이 알려졌나요?"


def _josa(word: str, after_consonant: str, after_vowel: str) -> str:
    return after_consonant if has_final(word[-1]) else after_vowel
