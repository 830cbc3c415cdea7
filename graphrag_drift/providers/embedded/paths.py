"""What DRIFT found on several ways -> one answer: that of local search, the best other way, and what else was found.

A way is a sentence that answers, and the sentences that led to it. All are weighed alike: the first answer of local
search, what the first reading found, and what each question asked with a new name found. The weights are data that
`benchmarks/train_paths.py` made from public sets.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.marks import marked_sentences
from graphrag_drift.providers.embedded.chains import nesting
from graphrag_drift.providers.embedded.choose import Scored, choose, rank, says_again, score
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.compose import LISTED, limit_of, render
from graphrag_drift.providers.embedded.features import PLAIN, features
from graphrag_drift.providers.embedded.forms.material import blocks_of, whole
from graphrag_drift.providers.embedded.needs import STEPPED
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.reduce import cited_sentences
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks import AnswerDraft, ItemDraft, Point, ReduceAnswers

Floats = NDArray[np.float64]

_OPERATED = ("choice", "yes/no")  # kinds of things that come of comparing two, rather than of a way
_ADDED = 3  # sentences below the first answer
_LEAST = 0.3  # of the question, that such a sentence says
_CERTAIN = 0.8  # probability from which no other way is shown
_PER_QUESTION = 3  # sentences of one finding that may answer
_DIRECT = 6
SIGNS = (
    "odds",
    "said",
    "whole",
    "rest",
    "fits",
    "near",
    "titled",
    "agree",
    "first",
    "chained",
    "chained_odds",
    "chained_said",
    "chained_whole",
    "chained_titled",
    "strength",
    "subject",
    "second",
    "nested",
)
"""Of each way: the log-odds that its sentence answers its question; the shares of its words that the sentence says
(`said`: the predicate with its names), that all of the way says of the root question (`whole`), and that the sentence
says of what the leads leave unsaid (`rest`); whether there is a thing of the kind asked for, and how near to what is
asked; the names in the title; the share of ways that end alike; whether it is how local search begins. Of one with
leads: the same again, how likely they are, whether the sentence is about their name, whether there are two, and how
nested the question is."""


@dataclass(frozen=True, slots=True)
class Path:
    """`answer` to `question`, after `leads`, which are right with the probability `strength`; `first`: it is how local
    search begins."""

    question: Question
    leads: tuple[Candidate, ...]
    answer: Scored
    strength: float = 1.0
    first: bool = False


def paths_of(
    root: Question, task: ReduceAnswers, knowledge: Knowledge, understand: Callable[[str], Question]
) -> list[Path]:
    """All ways to an answer that the findings hold."""
    assert task.first is not None
    beginning = list(cited_sentences([Point(item.text, 50.0) for item in task.first.items], task.context))
    paths: list[Path] = []
    if beginning and task.first.form != "nothing":
        for scored in _scored(root, beginning[:1], knowledge):
            paths.append(Path(root, tuple(beginning[1:]), scored, first=True))
    for point in task.points:
        sentences = list(cited_sentences([point], task.context))
        if not point.leads:
            if point.question in ("", root.text):
                paths += [Path(root, (), item) for item in rank(root, sentences, knowledge)[:_DIRECT]]
            continue
        leads = tuple(cited_sentences([Point(lead.text, 50.0) for lead in point.leads], task.context))
        question = understand(point.question)
        about = [c for c in sentences if c not in leads]
        strength = math.prod(lead.strength for lead in point.leads)
        paths += [Path(question, leads, item, strength) for item in rank(question, about, knowledge)[:_PER_QUESTION]]
    return paths


def _scored(question: Question, candidates: Sequence[Candidate], knowledge: Knowledge) -> list[Scored]:
    return score(question, candidates, features(question, candidates), knowledge.rarity)


def path_values(root: Question, paths: Sequence[Path]) -> Floats:
    """(paths, SIGNS)."""
    ends = [" ".join(path.answer.candidate.sentence.text.split()) for path in paths]
    rows = [_signs(root, path, ends.count(end) / len(ends)) for path, end in zip(paths, ends, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(SIGNS))


def _signs(root: Question, path: Path, agree: float) -> list[float]:
    candidate = path.answer.candidate
    own = dict(zip(PLAIN, features(path.question, [candidate])[0].tolist(), strict=True))
    fits = features(root, [candidate])[0][PLAIN.index("fits")]
    led = frozenset[str]().union(*(lead.sentence.bag | bag_of_title(lead.row.title) for lead in path.leads))
    ends = candidate.sentence.bag | candidate.title
    left = root.predicate - led
    odds, whole = _log_odds(path.answer.probability), _share(root.terms & (led | ends), root.terms, root)
    chained = float(bool(path.leads) and not path.first)
    return [
        odds,
        own["both"],
        whole,
        _share(left & ends, left, root),
        float(fits),
        own["near"],
        own["titled"],
        agree,
        float(path.first),
        chained,
        chained * odds,
        chained * own["both"],
        chained * whole,
        chained * own["titled"],
        chained * math.log(max(path.strength, 1e-4)),
        chained * own["subject"],
        chained * (len(path.leads) > 1),
        chained * nesting(root),
    ]


def _share(said: frozenset[str], of: frozenset[str], root: Question) -> float:
    """The share of `of`, by weight, that `said` is; all of nothing."""
    total = sum(root.weights[term] for term in of)
    return sum(root.weights[term] for term in said) / total if total else 1.0


def _log_odds(probability: float) -> float:
    p = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))


@cache
def weights_of_paths() -> Floats:
    """(SIGNS,), what the training script wrote."""
    text = files("graphrag_drift.providers.embedded").joinpath("path_weights.json").read_text("utf-8")
    weights = json.loads(text)
    return np.array([weights[name] for name in SIGNS], dtype=np.float64)


def _once(items: Sequence[ItemDraft]) -> list[ItemDraft]:
    """The items without those whose sentences all stand in earlier ones."""
    kept: list[ItemDraft] = []
    seen: set[str] = set()
    for item in items:
        sentences = {text for text, _ in marked_sentences(item.text)} or {item.text}
        if sentences - seen:
            kept.append(item)
        seen |= sentences
    return kept


def add_findings(
    root: Question,
    task: ReduceAnswers,
    first: AnswerDraft,
    knowledge: Knowledge,
    understand: Callable[[str], Question],
) -> AnswerDraft:
    """`first`; where it is not sure, the best other way; then what the findings say besides. Nothing twice."""
    if first.form == "nothing" or first.form not in STEPPED or root.general or root.kind in _OPERATED:
        ways: list[ItemDraft] = []
    else:
        ways = _other_way(root, task, first, knowledge, understand)
    form, own = first.form, [*first.items[:1], *ways, *first.items[1:]]
    if form != "nothing" and form not in LISTED:
        own = _once([*own, *_added(root, task, own, knowledge)])
    text = render(own, form, task.response_type, root.language) if own != list(first.items) else first.text
    return replace(first, text=text, items=tuple(own))


def _other_way(
    root: Question,
    task: ReduceAnswers,
    first: AnswerDraft,
    knowledge: Knowledge,
    understand: Callable[[str], Question],
) -> list[ItemDraft]:
    """The sentence at the end of the best way that ends otherwise, and what led there, the last first."""
    paths = paths_of(root, task, knowledge, understand)
    if not paths or (first.probability or 0.0) >= _CERTAIN:
        return []
    begins = {path.answer.candidate.sentence.text for path in paths if path.first}
    worth = path_values(root, paths) @ weights_of_paths()
    others = [i for i, path in enumerate(paths) if path.answer.candidate.sentence.text not in begins]
    if not others:
        return []
    best = paths[max(others, key=lambda i: (worth[i], -i))]
    shown = [best.answer.candidate, *reversed(best.leads)]
    return [ItemDraft(paragraph(whole(candidate))) for candidate in dict.fromkeys(shown)]


def _added(
    root: Question, task: ReduceAnswers, items: Sequence[ItemDraft], knowledge: Knowledge
) -> Iterator[ItemDraft]:
    """The sentences of the findings that say most of what is asked, as far as `items` do not say them."""
    wanted = min(_ADDED, limit_of(task.response_type) - len(items))
    if wanted < 1:
        return
    told = cited_sentences([Point(item.text, 50.0) for item in items], task.context)
    rest = [c for c in cited_sentences(task.points, task.context) if not says_again(c, told, knowledge.rarity)]
    chosen = [item for item in choose(rank(root, rest, knowledge), root, wanted) if item.share_of(root) >= _LEAST]
    for block in blocks_of([item.candidate for item in chosen], knowledge.rarity):
        yield ItemDraft(paragraph(block))
