"""Chosen sentences -> the text of an answer: each sentence verbatim, followed by its mark, in an order that reads."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from graphrag_drift.language.detect import spoken
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.selection import Scored, beside_the_point, choose, says_again, score_all
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, candidates_of, neighbour, sentences_of
from graphrag_drift.providers.embedded.support import is_supported
from graphrag_drift.providers.embedded.weights import Knowledge, Rarity
from graphrag_drift.values import Shown

_LARGEST = 0.6  # share of the passages above which a name tells none from another
_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Passages by their number, in order, under a heading or none."""

    heading: str
    members: list[int]


def group(names: Sequence[Sequence[str]], question: Question, rarity: Rarity) -> list[Group]:
    """Groups of at least two passages that share a name the question does not hold; the rest under a last heading.

    The groups are in the order of their first passage. Without two groups there are no headings.
    """
    free = set(range(len(names)))
    groups: list[Group] = []
    while len(groups) < _GROUPS:
        counts = Counter(name for i in sorted(free) for name in names[i] if _is_heading(name, question))
        large = _LARGEST * len(names)
        usable = {name: count for name, count in counts.items() if 2 <= count <= large}
        if not usable:
            break
        best = min(usable, key=lambda name: (-usable[name] * _telling(name, rarity), name))
        members = [i for i in sorted(free) if best in names[i]]
        free -= set(members)
        groups.append(Group(best, members))
    if len(groups) < 2:
        return [Group("", list(range(len(names))))]
    groups.sort(key=lambda part: part.members[0])
    return [*groups, Group(rest_heading(question), sorted(free))] if free else groups


def rest_heading(question: Question) -> str:
    """The heading of what has no other, in the question's language."""
    return spoken(question.language).templates.rest


def _is_heading(name: str, question: Question) -> bool:
    terms = bag_of_title(name)
    return bool(terms) and not terms & question.terms


def _telling(name: str, rarity: Rarity) -> float:
    return math.sqrt(max(map(rarity, bag_of_title(name)), default=0))


_LEAD = 2  # blocks that answer first, whatever their date
_WITHOUT_LEAD = 4  # sentences that are one paragraph, the most relevant first
_UNDER_HEADINGS = 8  # sentences from which an answer gets headings
_PARAGRAPH = 4  # blocks

T = TypeVar("T")
Block = tuple[Candidate, ...]  # sentences that are read together: one that leans, after the one it leans on


def compose(
    chosen: Sequence[Candidate],
    question: Question,
    response_type: str,
    knowledge: Knowledge,
    beside: Set[Candidate] = frozenset(),
) -> str:
    """The chosen sentences, best first, in the form wished for; those `beside` the point come last."""
    form = response_type.casefold()
    blocks = join_antecedents(chosen, knowledge)
    if "single sentence" in form:
        alone = [block[0] for block in blocks if len(block) == 1]
        return paragraph((alone or [sentence for block in blocks for sentence in block])[:1])
    aside = [block for block in blocks if not any(sentence in chosen and sentence not in beside for sentence in block)]
    blocks = [block for block in blocks if block not in aside]
    if not blocks:  # the best sentence was left out, since it leans on one that cannot be shown
        blocks, aside = aside, []
    if "list" in form:
        return "\n".join(f"- {paragraph(block)}" for block in [*blocks, *aside])
    if "single paragraph" in form or sum(map(len, [*blocks, *aside])) <= _WITHOUT_LEAD:
        return paragraph(sentence for block in [*blocks, *aside] for sentence in block)
    lead, body = blocks[:_LEAD], sorted(blocks[_LEAD:], key=lambda block: block[0].order)
    first = paragraph(sentence for block in lead for sentence in block)
    return "\n\n".join([first, *_body(body, aside, sum(map(len, blocks)), question, knowledge)])


def _body(
    blocks: Sequence[Block], aside: Sequence[Block], sentences: int, question: Question, knowledge: Knowledge
) -> list[str]:
    """Paragraphs; where the answer is long, under headings; under the last one what is beside the point."""
    if sentences < _UNDER_HEADINGS:
        groups = [Group("", list(range(len(blocks))))]
    else:
        names = [dict.fromkeys(n for s in block for n, _ in knowledge.names_in(s.sentence.text)) for block in blocks]
        groups = group([list(held) for held in names], question, knowledge.rarity)
    parts = [(part.heading, [blocks[i] for i in part.members]) for part in groups]
    if aside:
        rest = rest_heading(question)
        held = parts.pop()[1] if parts[-1][0] == rest else []
        parts.append((rest, sorted([*held, *aside], key=lambda block: block[0].order)))
    texts: list[str] = []
    for heading, held in parts:
        texts += [f"### {heading}"] if heading else []
        texts += [paragraph(sentence for block in some for sentence in block) for some in evenly(held, _PARAGRAPH)]
    return texts


def join_antecedents(chosen: Sequence[Candidate], knowledge: Knowledge) -> list[Block]:
    """The sentences in their order, those that lean on another after it, corrections with what is right.

    A sentence whose antecedent cannot be shown is left out, unless its row holds nothing else or none would be left.
    """
    blocks: list[Block] = []
    for candidate in chosen:
        if any(candidate in block for block in blocks):
            continue
        block = _block(candidate)
        others = [sentence for held in blocks for sentence in held]
        repeated = [held for held in blocks if any(sentence in block for sentence in held)]
        if repeated:
            at = blocks.index(repeated[0])
            blocks[at] = tuple(sorted({*blocks[at], *block}, key=lambda c: c.sentence.number))
        elif block and not any(says_again(sentence, others, knowledge.rarity) for sentence in block):
            blocks.append(block)
    return blocks or [(candidate,) for candidate in chosen]


def _block(candidate: Candidate) -> Block:
    """A sentence with what it cannot do without; nothing if that is not there."""
    if candidate.sentence.corrects:
        after = neighbour(candidate, 1)
        return (candidate, after) if after else ()
    before = neighbour(candidate, -1)
    if not candidate.sentence.leans or len(sentences_of(candidate.row.text)) == 1:
        return (candidate,)
    return (before, candidate) if before and not before.sentence.leans else ()


def evenly(items: Sequence[T], most: int) -> list[list[T]]:
    """The items in as few parts of at most `most` as there must be, of nearly the same length."""
    parts = -(-len(items) // most)
    bounds = [len(items) * i // parts for i in range(parts + 1)] if parts else []
    return [list(items[start:end]) for start, end in pairwise(bounds)]


_LIMITS = {"single sentence": 1, "single paragraph": 4, "multiple paragraphs": 8}


def answer(question: Question, rows: Sequence[Shown], response_type: str, knowledge: Knowledge) -> str:
    """The answer in Markdown."""
    candidates = candidates_of(rows)
    chosen = evidence(question, rows, candidates, knowledge.rarity, limit_of(response_type))
    beside = beside_the_point(chosen, candidates, question)
    return compose([item.candidate for item in chosen], question, response_type, knowledge, beside)


def limit_of(response_type: str) -> int:
    """How many sentences that form may have."""
    form = response_type.casefold()
    return next((limit for name, limit in _LIMITS.items() if name in form), 10)


def evidence(
    question: Question, rows: Sequence[Shown], candidates: Sequence[Candidate], rarity: Rarity, limit: int
) -> list[Scored]:
    """Those of the candidates, the sentences of `rows`, that answer, best first; none if they support no answer."""
    if not is_supported(question, rows):
        return []
    return choose(score_all(candidates, question), question, rarity, limit)
