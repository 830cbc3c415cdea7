"""A subject and a topic -> a question in English or Korean that reads as one somebody would ask."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphrag_drift.language.josa import has_final
from graphrag_drift.providers.extractive.topics import Topic

_MONTHS = "January February March April May June July August September October November December".split()
_AT_FIRST = frozenset("pier port camp fort dock terminal base gate well".split())
_AT_LAST = frozenset(
    "airport station road street avenue hospital university terminal port yard plant stadium bridge square river "
    "lake sea beach".split()
)
# What one can play a role in: things that happen, or are done by several.
_DOINGS = frozenset(
    "strike trial election lawsuit suit investigation talks deal agreement sale campaign vote dispute crisis scandal "
    "conflict war study project ruling plan policy committee leak outbreak attack protest contract bankruptcy inquiry "
    "truce walkout race runoff fight effort program programme case memo appeal bid takeover debate operation system "
    "industry government research development business team rebellion revolution battle battles class fund panel".split()
)
_DOING_ENDS = ("tion", "sion", "ment", "isis", "ations", "ments", "ings")


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
        articled = [
            re.search(rf"\b[Tt]he {re.escape(self.name)}(?! [a-z]+s?\b(?<!said))", text)
            for text in self.sentences
        ]
        return f"the {self.name}" if sum(map(bool, articled)) * 2 >= len(articled) else self.name


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
    if topic and is_doing(topic):
        return f"What role does {subject.said} play in {topic.phrase}?"
    if subject.partner:
        return f"What does {subject.said} have to do with {subject.partner}?"
    return (
        f"What is reported about {subject.said} and {topic.phrase}?" if topic else f"Who is {subject.said}?"
    )


def _organization(subject: Subject, topic: Topic | None) -> str:
    if topic and subject.says:
        return f"What has {subject.said} said about {topic.phrase}?"
    if subject.partner:
        return f"How are {subject.said} and {subject.partner} connected?"
    if topic and is_doing(topic):
        return f"How is {subject.said} involved in {topic.phrase}?"
    if topic:
        return f"What has {subject.said} to do with {topic.phrase}?"
    return f"What is known about {subject.said}?"


def is_doing(topic: Topic) -> bool:
    """Whether the topic is something that happens or is done, rather than a thing."""
    head = topic.bare.split()[-1]
    return head in _DOINGS or head.endswith(_DOING_ENDS)


def _place(subject: Subject, topic: Topic | None) -> str:
    words = subject.name.casefold().split()
    where = f"{'at' if words[0] in _AT_FIRST or words[-1] in _AT_LAST else 'in'} {subject.said}"
    if topic:
        return f"What is reported about {topic.phrase} {where}?"
    if len(subject.date) >= 10:
        return f"What else happened {where} in {day(subject.date).partition(' ')[2]}?"
    return f"What happened {where}?"


def _event(subject: Subject, topic: Topic | None) -> str:
    return f"What led to {subject.said}, and what came of it?"


def _other(subject: Subject, topic: Topic | None) -> str:
    if subject.partner:
        return f"How are {subject.said} and {subject.partner} connected?"
    return (
        f"What has {subject.said} to do with {topic.phrase}?"
        if topic
        else f"What is known about {subject.said}?"
    )


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
    if last.isascii() and last.isalnum():
        closed = last.lower() in "013678lmnr"
    else:
        closed = has_final(last)
    return word + (after_consonant if closed else after_vowel)


def day(iso: str) -> str:
    """ "2025-03-04" -> "4 March 2025"."""
    year, month, number = (int(part) for part in iso[:10].split("-"))
    return f"{number} {_MONTHS[month - 1]} {year}"
