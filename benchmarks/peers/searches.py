"""A prompt of a search -> the kind of task that it is, and a reply as long as real ones, in the asker's own format.

Knows the searches of this engine and of Microsoft GraphRAG. The same rules reply to both: the sentences of what is
shown that share most words with the question are the answer, with the asker's citations; the names in them make the
follow-ups. Lengths are those of 31 recorded DRIFT runs (../shared/data/drift_trees): 1,912 characters an answer, five
follow-ups of 81.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

from oracle import SENTENCE, names

Kind = Literal["hypothesize", "primer", "follow_up", "answer", "map", "reduce"]
LENGTH, FOLLOW_UPS, POINTS = 1900, 5, 15
# By the words of a prompt: the kind of task, and where its question, its main question and its material stand.
FENCED = r"<(?:data-\w+)>\n(.*?)\n</data-"
PROMPTS: tuple[tuple[str, Kind, str, str, str], ...] = (
    ("You write the passage that somebody would hope", "hypothesize", r"\nQuestion: (.*)", "", FENCED),
    ("You give a first answer to a question from summ", "primer", r"\nQuestion: (.*)", "", FENCED),
    ("You answer one question of an inquiry", "follow_up", r"\nYour question: (.*)", r"\nMain question: (.*)", FENCED),
    ("You answer a question from the rows shown", "answer", r"\nQuestion: (.*)", "", FENCED),
    ("You prepare the answer to a main question", "map", r"\nMain question: (.*)", "", FENCED),
    ("You write one answer to a question from points", "reduce", r"\nQuestion: (.*)", "", FENCED),
    (
        "Create a hypothetical answer to the following",
        "hypothesize",
        r"following query: (.*)",
        "",
        r"below:\n(.*)\nEnsure",
    ),
    (
        "designed to reason over a knowledge graph",
        "primer",
        r"For the query:\n\n(.*)",
        "",
        r"summaries:\n(.*)\nProvide the",
    ),
    (
        "representing how well the response addresses",
        "follow_up",
        r"\n(.*)\Z",
        r"overall research question: (.*?)\. Based on",
        r"---Data tables---\n(.*?)\n---Goal---",
    ),
    ("---Data tables---", "answer", r"\n(.*)\Z", "", r"---Data tables---\n(.*?)\n---(?:Goal|Target)"),
    ("---Data Reports---", "reduce", r"\n(.*)\Z", "", r"---Data Reports---\n(.*)\n---Target response"),
)
ROW = re.compile(r"(?:\[(\d+)\] |(\d+)\|)")
WORD = re.compile(r"\w{4,}")
COMMON = re.compile(
    r"about|also|come|does|from|have|into|more|said|says|such|tell|than|that|their|them|then|there|these|they|this|"
    r"those|very|well|were|what|when|which|whose|will|with|your"
)
FULL_NAME = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+)+")  # what is surely one
WAYS = (
    "What more is said about {name}, and how does it bear on {topic}?",
    "Who else speaks of {name} when {topic} comes up, and what do they hold?",
    "When and why did {name} come to matter for {topic}, as it is told?",
    "Which examples of {topic} are connected with {name}, and in what way?",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A task of a search; `root` is the main question; `ours`: this engine asks."""

    kind: Kind
    question: str
    root: str
    material: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the material, the number of its row, and how many words of the question it has."""

    text: str
    row: str
    shared: int


def search_task(prompt: str) -> Asked | None:
    """The task that a prompt sets, if it is one of a search."""
    for words, kind, question, root, material in PROMPTS:
        if words in prompt:
            asked = _last(question, prompt)
            return Asked(
                kind, asked, _last(root, prompt) or asked, _last(material, prompt, re.DOTALL), material == FENCED
            )
    return None


def search_reply(asked: Asked) -> str:
    """The reply."""
    topic = " ".join(word for word in dict.fromkeys(WORD.findall(asked.root)) if not COMMON.fullmatch(word.lower()))
    if asked.kind == "hypothesize":
        return " ".join(f"{way.format(name=asked.question.rstrip('?'), topic=topic)[:-1]}." for way in WAYS)
    ranked = rank(asked)
    if asked.kind == "map":
        points = [{"text": each.text, "score": _score(each, asked)} for each in ranked[:POINTS]]
        return json.dumps({"points": points})
    said = _told(ranked, asked.ours)
    if asked.kind in ("answer", "reduce"):
        return said
    best = _score(ranked[0], asked) if ranked else 0
    follow_ups = _follow_ups(asked, ranked, topic)
    if asked.ours:
        return json.dumps({"answer": said, "score": best, "follow_ups": follow_ups})
    answer = "intermediate_answer" if asked.kind == "primer" else "response"
    return json.dumps({answer: f"# {topic}\n\n{said}", "score": best, "follow_up_queries": follow_ups})


def rank(asked: Asked) -> list[Sentence]:
    """The sentences of the material, those that share most words with the question first."""
    wanted = _words(asked.question) | _words(asked.root)
    row, found = "", []
    for line in asked.material.replace("\\n", "\n").splitlines():
        if match := ROW.match(line):
            row = match[1] or match[2]
            line = line[match.end() :]
        for sentence in SENTENCE.findall(line):
            if len(sentence) >= 40:
                found.append(Sentence(sentence.strip(), row, len(wanted & _words(sentence))))
    return sorted(found, key=lambda each: -each.shared)


def _told(ranked: list[Sentence], ours: bool) -> str:
    """Sentences with their citations, LENGTH characters of them."""
    told, length = [], 0
    for each in ranked:
        cited = f"[{each.row}]" if ours else f"[Data: Sources ({each.row})]"
        told.append(f"{each.text.rstrip('.!?')} {cited}." if each.row else each.text)
        length += len(told[-1]) + 1
        if length >= LENGTH:
            break
    return " ".join(told) or "What is shown says nothing of this."


def _follow_ups(asked: Asked, ranked: list[Sentence], topic: str) -> list[str]:
    """Questions about names that stand beside what was asked for; no two prompts are likely to raise the same."""
    near = [each.text for each in ranked[:60]]
    known = asked.question.lower() + asked.root.lower()
    fresh = [name for name in names(" ".join(near), near) if name.lower() not in known]
    fresh.sort(key=lambda name: not FULL_NAME.fullmatch(name))
    first = crc32(asked.material.encode())
    return [WAYS[(first + n) % len(WAYS)].format(name=name, topic=topic) for n, name in enumerate(fresh[:FOLLOW_UPS])]


def _score(sentence: Sentence, asked: Asked) -> int:
    return min(100, 100 * sentence.shared // max(1, len(_words(asked.question) | _words(asked.root))))


def _words(text: str) -> set[str]:
    return {word for word in WORD.findall(text.lower()) if not COMMON.fullmatch(word)}


def _last(pattern: str, prompt: str, flags: int = 0) -> str:
    found: list[Any] = re.findall(pattern, prompt, flags) if pattern else []
    return str(found[-1]).strip() if found else ""
