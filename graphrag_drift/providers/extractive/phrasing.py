"""A subject and a topic -> a question in English or Korean that reads as one somebody would ask."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphrag_drift.language.dates import written_date
from graphrag_drift.language.terms import has_final
from graphrag_drift.providers.extractive.sentences import occurrences
from graphrag_drift.providers.extractive.topics import Topic, is_doing
from graphrag_drift.providers.extractive.word_lists import AT_FIRST, AT_LAST, BODIES

_CLOSED = "013678lmnr"  # digits and letters whose Korean names end with a consonant
# Words that may follow a name which is no adjective: "the Port of Ellery Authority said", not "the Ostrander unit".
_GOES_ON = (
    "said|says|has|had|is|was|were|will|would|and|to|of|in|on|for|that|which|who|as|at|by|from|with|put|told|called|"
    "announced|must|can|could|may"
)
_ENDS = re.compile(rf"[^\w ]|\s(?:{_GOES_ON})\b|\Z")
_ARTICLE = re.compile(r"\b[Tt]he \Z")


@dataclass(frozen=True, slots=True)
class Subject:
    """A name to ask about. `partner` is a name of the question that stands in a sentence with it, or ""."""

    name: str
    kind: str
    terms: frozenset[str]
    worth: float
    partner: str
    says: bool  # the evidence quotes it
    date: str  # of the first sentence that names it, ISO or ""
    sentences: tuple[str, ...]

    @property
    def said(self) -> str:
        """The name as a sentence wants it: "the Transportation Department", where the evidence says so."""
        count = sum(_has_article(self.name, text) for text in self.sentences)
        return f"the {self.name}" if count * 2 >= len(self.sentences) else self.name


def _has_article(name: str, text: str) -> bool:
    return any(
        _ARTICLE.search(text, max(0, start - 5), start) and _ENDS.match(text, end)
        for start, end in occurrences(name, text)
    )


def ask(subject: Subject, topic: Topic | None, *, korean: bool) -> str:
    """A question about `subject`, in the light of `topic` where there is one."""
    if korean:
        return _korean(subject, topic)
    by_kind = {"person": _person, "organization": _organization, "place": _place, "event": _event}
    return by_kind.get(subject.kind, _other)(subject, topic)


def ask_about_topic(topic: Topic, *, korean: bool) -> str:
    """A question about something that has no name."""
    if korean:
        return f"{topic.bare}에 대해서는 무엇이 알려졌나요?"
    verb = "are" if topic.phrase == topic.bare and topic.bare.endswith("s") else "is"
    return (
        f"What {verb} known about {topic.phrase}?"
        if verb == "is"
        else f"What do the articles say about {topic.phrase}?"
    )


def _person(subject: Subject, topic: Topic | None) -> str:
    if topic and subject.says:
        return f"What has {subject.said} said about {topic.phrase}?"
    if topic and _has_roles(topic):
        return f"What role does {subject.said} play in {topic.phrase}?"
    if subject.partner:
        return f"What does {subject.said} have to do with {subject.partner}?"
    return f"What is reported about {subject.said} and {topic.phrase}?" if topic else f"Who is {subject.said}?"


def _organization(subject: Subject, topic: Topic | None) -> str:
    if topic and subject.says:
        return f"What has {subject.said} said about {topic.phrase}?"
    if subject.partner:
        return f"How are {subject.said} and {subject.partner} connected?"
    if topic and _has_roles(topic):
        return f"How is {subject.said} involved in {topic.phrase}?"
    if topic:
        return f"What has {subject.said} to do with {topic.phrase}?"
    return f"What is known about {subject.said}?"


def _has_roles(topic: Topic) -> bool:
    return is_doing(topic) or topic.bare.split()[-1] in BODIES


def _place(subject: Subject, topic: Topic | None) -> str:
    words = subject.name.casefold().split()
    where = f"{'at' if words[0] in AT_FIRST or words[-1] in AT_LAST else 'in'} {subject.said}"
    if topic:
        return f"What is reported about {topic.phrase} {where}?"
    if len(subject.date) >= 10:
        return f"What else happened {where} in {written_date(subject.date).partition(' ')[2]}?"
    return f"What happened {where}?"


def _event(subject: Subject, topic: Topic | None) -> str:
    return f"What led to {subject.said}, and what came of it?"


def _other(subject: Subject, topic: Topic | None) -> str:
    if subject.partner:
        return f"How are {subject.said} and {subject.partner} connected?"
    return f"What has {subject.said} to do with {topic.phrase}?" if topic else f"What is known about {subject.said}?"


def _korean(subject: Subject, topic: Topic | None) -> str:
    name = subject.name
    if topic and subject.kind in ("person", "organization"):
        return f"{josa(topic.bare, '과', '와')} 관련해 {josa(name, '은', '는')} 무엇을 했나요?"
    if subject.partner:
        return f"{josa(name, '과', '와')} {josa(subject.partner, '은', '는')} 어떤 관계인가요?"
    if subject.kind == "person":
        return f"{josa(name, '은', '는')} 누구이며 무엇을 했나요?"
    if subject.kind == "place":
        return f"{name}에서는 무슨 일이 있었나요?"
    if topic:
        return f"{josa(name, '은', '는')} {josa(topic.bare, '과', '와')} 어떤 관련이 있나요?"
    return f"{name}에 대해서는 무엇이 알려졌나요?"


def josa(word: str, after_consonant: str, after_vowel: str) -> str:
    """`word` with the particle that its last sound wants; digits and Latin letters by how they are read."""
    last = word.rstrip(")]'\"”’")[-1:]
    latin = last.isascii() and last.isalnum()
    closed = last.lower() in _CLOSED if latin else has_final(last)
    return word + (after_consonant if closed else after_vowel)
