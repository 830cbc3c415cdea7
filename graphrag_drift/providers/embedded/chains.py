"""A question whose answer is a step away -> sentences that lead there: "the mother of the director of X".

The sentence that introduces the bridge, its new name bound, more passages for that name and what of the question is
still unsaid, and the choice made again: up to three times, with a beam. The reader cannot retrieve; a task brings a
`search` of its own (`tasks.AnswerQuestion.search`), which shows rows under marks as the first ones are. Whether a
question is such a chain is told by what the best single sentence leaves unmet. No question is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.terms import content_terms, terms
from graphrag_drift.providers.embedded.choose import Scored, score, vector, weights
from graphrag_drift.providers.embedded.features import (
    BRIDGE,
    FAMILY,
    among_themselves,
    bridge_features,
    features,
    placed_terms,
)
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, candidates_of, occurrences
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks.questions import Search

Floats = NDArray[np.float64]

DEPTH, BEAM = 3, 4
_LEADS = 5  # sentences whose names are followed
_REACH = 25  # characters from a word of the question at which a name counts half
_UNTITLED = 0.35  # what a name counts that no passage is about
_SAID = 0.7  # share of a name's terms in the question from which it is not new
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\Z")


@dataclass(frozen=True, slots=True)
class Chain:
    """`answer` to `question`, after the sentences that lead to it by `names`; `strength` is how likely those are."""

    question: Question
    leads: tuple[Candidate, ...]
    names: tuple[str, ...]
    answer: Scored
    strength: float

    @property
    def probability(self) -> float:
        """That the path is right and its end answers."""
        return self.strength * self.answer.probability


@dataclass(frozen=True)
class Step:
    """A question on the way, what was found for it, how it came about and how likely that is."""

    question: Question
    candidates: Sequence[Candidate]
    leads: tuple[Candidate, ...]
    names: tuple[str, ...]
    strength: float

    @cached_property
    def values(self) -> Floats:
        """(candidates, PLAIN): those that end here are among those that lead on."""
        return features(self.question, self.candidates)


def bridge_values(question: Question, candidates: Sequence[Candidate], plain: Floats) -> Floats:
    """(candidates, BRIDGE)."""
    titles = {_bare(c.row.title) for c in candidates if c.row.kind == "source"}
    asked = question.text.casefold()
    new = [title for title in sorted(titles) if title and title.casefold() not in asked]
    introduced = [any(t in c.sentence.text and t != _bare(c.row.title) for t in new) for c in candidates]
    return bridge_features(candidates, plain, introduced)


async def chains(
    question: Question, candidates: Sequence[Candidate], search: Search, knowledge: Knowledge
) -> list[Chain]:
    """The chains that were found, the likeliest first."""
    beam = [root_step(question, candidates)]
    found: list[Chain] = []
    for _ in range(1, DEPTH):
        steps = [step for before in beam for step in next_steps(before, knowledge)]
        beam = [await _retrieved(step, search) for step in best_steps(steps)]
        beam = best_steps(beam)
        found += [chain for step in beam for chain in _ends(step, knowledge)]
        beam = [step for step in beam if len(step.question.predicate) > 1]
    found.sort(key=lambda chain: (-chain.probability, chain.names))
    return found


def root_step(question: Question, candidates: Sequence[Candidate]) -> Step:
    """Where a chain begins."""
    return Step(question, candidates, (), (), 1.0)


def best_steps(steps: Sequence[Step], count: int = BEAM) -> list[Step]:
    """The likeliest `count`, one a name."""
    ranked = sorted(steps, key=lambda step: (-step.strength, step.names, step.leads[-1].order))
    by_name: dict[str, Step] = {}
    for step in ranked:
        by_name.setdefault(step.names[-1].casefold(), step)
    return list(by_name.values())[:count]


def next_steps(step: Step, knowledge: Knowledge) -> Iterator[Step]:
    """The questions that the names of the best leading sentences raise."""
    if not step.candidates:
        return
    values = bridge_values(step.question, step.candidates, step.values)
    scores = values @ vector("bridge", BRIDGE)
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    titles = {_bare(c.row.title) for c in step.candidates if c.row.kind == "source"}
    for place in np.argsort(-scores, kind="stable")[:_LEADS].tolist():
        lead = step.candidates[place]
        for name, gap in _new_names(lead, step.question, titles, knowledge).items():
            following = _unsaid(step.question, lead, name, knowledge)
            if following.predicate or not step.question.predicate:
                strength = step.strength * float(likely[place]) / (1.0 + gap / _REACH)
                yield Step(following, step.candidates, (*step.leads, lead), (*step.names, name), strength)


async def _retrieved(step: Step, search: Search) -> Step:
    """The step with the passages that its question finds, and those at hand that its name is the title of."""
    name = step.names[-1].casefold()
    rows = list(await search(step.question.text))
    marks = {row.mark for row in rows}
    rows += dict.fromkeys(
        c.row for c in step.candidates if _bare(c.row.title).casefold() == name and c.row.mark not in marks
    )
    titled = any(_bare(row.title).casefold() == name for row in rows)
    return replace(step, candidates=candidates_of(rows), strength=step.strength * (1.0 if titled else _UNTITLED))


def _ends(step: Step, knowledge: Knowledge) -> list[Chain]:
    """The sentences that answer the step's question, if any is about its name."""
    named = frozenset(content_terms(step.names[-1]))
    led = {lead.sentence.text for lead in step.leads}
    places = [
        place
        for place, c in enumerate(step.candidates)
        if named <= (c.sentence.bag | bag_of_title(c.row.title)) and c.sentence.text not in led
    ]
    about = [step.candidates[place] for place in places]
    values = among_themselves(step.values[places], about)
    ranked = score(step.question, about, values, knowledge.rarity)
    return [Chain(step.question, step.leads, step.names, item, step.strength) for item in ranked[:2]]


def _new_names(lead: Candidate, question: Question, titles: set[str], knowledge: Knowledge) -> dict[str, int]:
    """The names of a sentence and its passage that the question lacks, with the characters to its nearest word."""
    text = lead.sentence.text
    names = [name for name, _ in knowledge.names_in(text)]
    names += [title for title in sorted(titles) if " " in title and title in text]
    families = {term[:FAMILY] for term in question.predicate if len(term) >= FAMILY}
    anchors = [
        start
        for start, _, term in placed_terms(text)
        if term in question.predicate or (len(term) >= FAMILY and term[:FAMILY] in families)
    ]
    gaps: dict[str, int] = {}
    for name in dict.fromkeys([*names, _bare(lead.row.title)]):
        own = content_terms(name)
        if not own or sum(term in question.terms for term in own) >= _SAID * len(own):
            continue
        places = [start for start, _ in occurrences(name, text)] or [0]
        gaps[name] = min((abs(start - at) for start in places for at in anchors), default=len(text))
    inner = {n for n in gaps for other in gaps if n != other and n in other}
    return {name: gap for name, gap in gaps.items() if name not in inner}


def _unsaid(question: Question, lead: Candidate, name: str, knowledge: Knowledge) -> Question:
    """What of the question neither the sentence nor its title says, asked of `name`."""
    said = lead.sentence.bag | bag_of_title(lead.row.title)
    rest = [
        word for word in question.text.split() if not (own := question.terms.intersection(terms(word))) or own - said
    ]
    text = f"{' '.join(rest)} {name}"
    own = frozenset(content_terms(name))
    weighed = {term: value for term, value in question.weights.items() if term not in said}
    weighed |= {term: knowledge.rarity(term) for term in own}
    kept = tuple((n, t) for n, t in zip(question.names, question.name_texts, strict=True) if not n & said)
    return replace(
        question,
        text=text,
        weights=weighed,
        names=(own, *(n for n, _ in kept)),
        name_texts=(name, *(t for _, t in kept)),
    )


def _bare(title: str) -> str:
    return _PARENTHESIS.sub("", title)


SIGNS = ("direct", "chain", "unmet", "strength", "agree", "nested")


def path_signs(question: Question, ranked: Sequence[Scored], found: Sequence[Chain]) -> Floats:
    """(SIGNS,): the log-odds of the best single sentence and of the best chain, the share of the predicate that the
    former leaves unsaid, how sure the lead is, the share of the best three chains that end alike, and how many
    relations the question nests ("the N of the N of")."""
    best, chain = ranked[0], found[0]
    predicate = question.predicate
    total = sum(question.weights[term] for term in predicate) or 1
    unmet = sum(question.weights[term] for term in predicate - best.candidate.sentence.bag) / total
    ends = [other.answer.candidate.sentence.text for other in found[:3]]
    return np.array(
        [
            _log_odds(best.probability),
            _log_odds(chain.answer.probability),
            unmet,
            float(np.log(max(chain.strength, 1e-6))),
            ends.count(ends[0]) / 3,
            nesting(question),
        ]
    )


def nesting(question: Question) -> float:
    """How many relations the question nests, at most 3."""
    return float(min(question.relations, 3))


def chain_share(question: Question, ranked: Sequence[Scored], found: Sequence[Chain]) -> float:
    """The probability that the chain answers rather than the single sentence."""
    model = weights()["path"]
    logit = model["bias"] + float(path_signs(question, ranked, found) @ vector("path", SIGNS))
    return float(1.0 / (1.0 + np.exp(-logit)))


def _log_odds(probability: float) -> float:
    p = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))
