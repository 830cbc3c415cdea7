"""Evidence and a question -> the questions it raises: about what the evidence names and the question does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphrag_drift.language.dates import written_date
from graphrag_drift.language.korean import KOREAN, QUESTIONS
from graphrag_drift.providers.embedded.chains import nesting
from graphrag_drift.providers.embedded.choose import Scored, choose, rank
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.forms.material import blocks_of
from graphrag_drift.providers.embedded.needs import needs
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, candidates_of, nearest, occurrences
from graphrag_drift.providers.embedded.support import is_supported
from graphrag_drift.providers.embedded.topics import Topic, is_doing, is_verbal, speaks_of, topics_of
from graphrag_drift.providers.embedded.weights import Knowledge, centroid, nearness
from graphrag_drift.tasks import Findings, Lead
from graphrag_drift.values import Shown

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
        return KOREAN.fill(QUESTIONS.topic, topic=topic.bare)
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
    return f"What is reported about {subject.said} and {topic.phrase}?" if topic else f"Who is {subject.said}?"


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


def _place(subject: Subject, topic: Topic | None) -> str:
    where = f"in {subject.said}"
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
    return KOREAN.fill(
        _korean_template(subject, topic),
        name=subject.name,
        partner=subject.partner,
        topic=topic.bare if topic else "",
    )


def _korean_template(subject: Subject, topic: Topic | None) -> str:
    if topic and subject.kind in ("person", "organization"):
        return QUESTIONS.deed
    if subject.partner:
        return QUESTIONS.partner
    if subject.kind == "person":
        return QUESTIONS.person
    if subject.kind == "place":
        return QUESTIONS.place
    return QUESTIONS.related if topic else QUESTIONS.other


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
    korean = KOREAN.writes(name[-1])
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


_SENTENCES = 6
_MET = 0.5  # probability from which a sentence answers a question that nests nothing, so that nothing is left of it
_HYPOTHESIS = 5


def hypothesize(question: Question, reports: Sequence[Shown], knowledge: Knowledge) -> str:
    """The question, and the sentences of the reports that are most central among those near to it."""
    candidates = candidates_of(reports)
    centre = centroid((candidate.sentence for candidate in candidates), knowledge.rarity)
    relevance = {id(item.candidate): item.share_of(question) for item in rank(question, candidates, knowledge)}
    ranked = sorted(
        candidates,
        key=lambda c: (
            -relevance.get(id(c), 0.0) - 0.5 * nearness(c.sentence, centre, knowledge.rarity),
            c.place,
            c.sentence.start,
        ),
    )
    return " ".join([question.text, *(candidate.sentence.text for candidate in ranked[:_HYPOTHESIS])])


def prime(question: Question, reports: Sequence[Shown], count: int, knowledge: Knowledge) -> Findings:
    """A first answer from reports."""
    return answer_follow_up(question, question, reports, count, knowledge)


def answer_follow_up(
    root: Question, question: Question, rows: Sequence[Shown], count: int, knowledge: Knowledge
) -> Findings:
    """An answer to `question`, scored by what it does for `root`; what is left to ask of a name comes first."""
    candidates = candidates_of(rows)
    chosen = choose(rank(question, candidates, knowledge), question, _SENTENCES)
    chosen = chosen if is_supported(question, rows) else []
    near = [item.candidate for item in rank(root, candidates, knowledge)[:20]]
    raised = [item.candidate for item in chosen] + near
    asked = follow_ups(root if question is root else _both(root, question), raised, rows, count, knowledge)
    blocks = blocks_of([item.candidate for item in chosen], knowledge.rarity)
    text = "\n\n".join(map(paragraph, blocks))
    met = bool(chosen) and chosen[0].probability >= _MET and not nesting(question)
    own = candidates_of(nearest(rows))
    left = [] if met else needs(question, own, count, knowledge, bare=question.text == root.text)
    asked = tuple(dict.fromkeys([*(need.question for need in left), *asked]))[:count]
    leads = tuple(Lead(paragraph([need.lead]), need.strength) for need in left)
    return Findings(text, _score(root, chosen), asked, leads)


def _both(root: Question, question: Question) -> Question:
    """The question, with the terms and names of the root, so that neither is asked about again."""
    return Question(
        question.text,
        question.language,
        {**root.weights, **question.weights},
        (*question.names, *root.names),
        (*question.name_texts, *root.name_texts),
        question.kind,
        question.general,
    )


def _score(root: Question, chosen: Sequence[Scored]) -> float:
    if not chosen:
        return 0.0
    said = frozenset[str]().union(*(item.candidate.sentence.bag for item in chosen))
    total = sum(root.weights.values()) or 1
    covered = sum(value for term, value in root.weights.items() if term in said) / total
    sources = len({item.candidate.row.mark for item in chosen})
    return round(min(100.0, 80 * covered + 5 * min(sources, 4)), 1)
