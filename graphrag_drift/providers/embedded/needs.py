"""A question of several steps and evidence -> the questions that are left once a name of the evidence is bound.

"When did the mother of the director of X die?", over "X is a film directed by Ann Hale.", leaves "When did the mother
of Ann Hale die?": what a sentence says of the question, and the name that stands for it, take each other's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphrag_drift.language.language import Form
from graphrag_drift.language.terms import terms, words
from graphrag_drift.providers.embedded.chains import Step, best_steps, next_steps, root_step
from graphrag_drift.providers.embedded.features import FAMILY
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, occurrences
from graphrag_drift.providers.embedded.weights import Knowledge

_NOUN = r"(?:(?:the|an?|this|that|whose)\s+)?(?:[\w-]+\s+){1,2}"
_ARTICLE = re.compile(r"\b(?:the|an?|this|that)\s+\Z", re.I)
_RELATION = re.compile(rf"\b{_NOUN}of\s+(?:the\s+)?\Z", re.I)  # "the performer of" X
_CLAUSE = re.compile(rf"\b{_NOUN}(?:that|which|who|where)\s+(?:[\w-]+\s+){{0,2}}\Z", re.I)  # "the state where" X ...
_CLAUSE_ENDS = re.compile(r"\s+(?:is|was|are|were)\s+[\w-]+(?=\W*\Z)", re.I)  # ... "is located"
_POSSESSIVE = re.compile(r"['’]s?(?=\s|\Z)")
_UNOWNED = re.compile(r"['’]s?\Z")
_KIN = re.compile(r"\s+[\w-]+")
_ASKED_FOR = re.compile(r"\b(?:which|what|whose|how (?:many|much))\s+\Z", re.I)  # before what stands for the answer
_BETWEEN = 2  # words between two of one phrase
_IDENTIFIES = re.compile(r"(?:who|what)\s+(?:is|was|are|were)\b", re.I)  # "Who is X's father?" asks for the relation


STEPPED: frozenset[Form] = frozenset(("box", "passages", "comparison"))
"""Forms of questions that one fact may answer, after others."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is left to ask, the sentence whose name it is asked with, and how likely that is the right one (0-1)."""

    question: str
    lead: Candidate
    strength: float


def needs(
    question: Question, candidates: Sequence[Candidate], count: int, knowledge: Knowledge, *, bare: bool = False
) -> list[Need]:
    """Up to `count`, the likeliest first; none of a question that no name of the evidence can be bound in.

    `bare`: also where a name only takes the place of another, whose relation the question leaves unsaid.
    """
    candidates = [candidate for candidate in candidates if candidate.row.kind == "source"]
    if question.language == "ko" or not question.predicate or question.form not in STEPPED:
        return []
    steps = best_steps(list(next_steps(root_step(question, candidates), knowledge)), count)
    asked = ((_bound(question, step, knowledge, bare=bare), step) for step in steps)
    return [Need(text, step.leads[-1], step.strength) for text, step in asked if text]


def _bound(question: Question, step: Step, knowledge: Knowledge, *, bare: bool) -> str:
    """What is left to ask with the last name of `step`; "" if that is no name, or takes the place of another kind's."""
    lead, name = step.leads[-1], step.names[-1]
    kinds = dict(knowledge.names_in(lead.sentence.text)) | dict(knowledge.names_in(name))
    if name not in kinds:
        return ""
    of_question = dict(knowledge.names_in(question.text))
    alike = {kinds[name], "other"}
    same = all(of_question.get(own, "other") in alike for own in question.name_texts)
    return bind(question, lead, name, bare=bare and same)


def bind(question: Question, lead: Candidate, name: str, *, bare: bool = True) -> str:
    """`question` with `name` in place of what `lead` says of it; "" if nothing would be left to ask.

    Also "", unless `bare`, if that is nothing but a name.
    """
    said = lead.sentence.bag | bag_of_title(lead.row.title)
    families = {term[:FAMILY] for term in said if len(term) >= FAMILY}
    text = question.text
    states = [(start, end, _is_said(text[start:end], question, said, families)) for start, end in _units(question)]
    run = _best_run(states, question)
    if run is None:
        return ""
    start, end = _with_relation(*run, question)
    if not bare and not _asks(text[start:end], question):
        return ""
    suffix = found.group() if (found := _POSSESSIVE.match(text, end)) else ""
    end += len(suffix)
    bound = f"{text[:start]}{name}{suffix}{text[end:]}"
    return bound if _asks(f"{text[:start]} {text[end:]}", question) else ""


def _with_relation(start: int, end: int, question: Question) -> tuple[int, int]:
    """The stretch with its article and, if it is but a name, with the relation that leads from it to another: "the
    performer of X", "X's father", "the state where X is located". Something stays to be asked."""
    text = question.text
    if article := _ARTICLE.search(text[:start]):
        start = article.start()
    if _asks(text[start:end], question):
        return start, end
    wider: list[tuple[int, int]] = []
    if relation := _RELATION.search(text[:start]):
        wider.append((relation.start(), end))
    if clause := _CLAUSE.search(text[:start]):
        closing = _CLAUSE_ENDS.match(text, end)
        wider.append((clause.start(), closing.end() if closing else end))
    possessive = _POSSESSIVE.match(text, end)
    kin = _KIN.match(text, possessive.end()) if possessive else None
    if kin and (_POSSESSIVE.match(text, kin.end()) or not _IDENTIFIES.match(text)):
        wider.append((start, kin.end()))
    whole = (stretch for stretch in wider if _asks(f"{text[: stretch[0]]} {text[stretch[1] :]}", question))
    return next(whole, (start, end))


def _units(question: Question) -> Iterator[tuple[int, int]]:
    """The spans of the words of a question, each name as one."""
    text = question.text
    named = sorted(span for name in question.name_texts for span in occurrences(name, text))
    for start, end in words(text):
        around = next((span for span in named if span[0] <= start < span[1]), (start, end))
        if around[0] == start:
            yield start, max(end, around[1])


def _is_said(word: str, question: Question, said: frozenset[str], families: set[str]) -> bool | None:
    """Whether the sentence says the word; None of a word that asks for nothing."""
    own = question.terms.intersection(terms(word))
    if not own:
        return None
    return all(term in said or (len(term) >= FAMILY and term[:FAMILY] in families) for term in own)


def _best_run(states: Sequence[tuple[int, int, bool | None]], question: Question) -> tuple[int, int] | None:
    """(start, end) of the weightiest stretch of words that are all said, from such a word to such a word.

    One with a name goes before others; what is asked for is none.
    """
    best: tuple[bool, int, int, int] | None = None
    for run in _runs(states):
        text = question.text[run[0][0] : run[-1][1]]
        if _ASKED_FOR.search(question.text[: run[0][0]]):
            continue
        weight = sum(question.weights[term] for term in question.terms.intersection(terms(text)))
        named = any(name in text for name in question.name_texts)
        if best is None or (named, weight) > best[:2]:
            best = (named, weight, run[0][0], run[0][0] + len(_UNOWNED.sub("", text)))
    if best is None:
        return None
    start, end = best[2:]
    if question.text.count("(", start, end) > question.text.count(")", start, end):
        end = max(end, question.text.find(")", end) + 1)
    return start, end


def _runs(states: Sequence[tuple[int, int, bool | None]]) -> Iterator[list[tuple[int, int]]]:
    """The stretches of said words, with up to `_BETWEEN` between two that ask for nothing: "of the", and not "have to
    do with the"."""
    run: list[tuple[int, int]] = []
    between = 0
    for start, end, state in states:
        if run and (state is False or (state and between > _BETWEEN)):
            yield run
            run = []
        if state:
            run.append((start, end))
        between = between + 1 if state is None else 0
    if run:
        yield run


def _asks(text: str, question: Question) -> bool:
    """Whether `text` has a word of the question that is of no name, as the question writes names."""
    pairs = zip(question.names, question.name_texts, strict=True)
    named = frozenset[str]().union(*(name for name, written in pairs if written in question.text))
    return bool((question.terms - named).intersection(terms(text)))
