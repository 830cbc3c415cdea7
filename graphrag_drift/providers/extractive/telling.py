"""Candidates and a community's members -> the sentences that tell most about it, and which belong together.

Source: centroid, entity cover and maximal marginal relevance (Carbonell and Goldstein 1998), with the entity bonus
limited to the community's own members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from graphrag_drift.providers.extractive.candidates import Candidate
from graphrag_drift.providers.extractive.headings import is_korean
from graphrag_drift.providers.extractive.sentences import bag_of_title
from graphrag_drift.providers.extractive.weights import Rarity, centroid, is_near_copy, nearness, weight

_POOL = 160  # sentences compared; rows come most important first
_NEW_MEMBER, _ROW, _SUBJECT = 0.12, 0.25, 0.1
_LEANS, _POINTS, _QUOTED = 0.5, 0.1, 0.08
_REDUNDANT = 0.6  # what likeness to a chosen sentence costs
_FLOOR = 0.12
_FRONT = 60  # characters within which a member is the subject of its sentence
_READABLE = (6, 34)  # content terms; shorter sentences say little, longer ones are hard to read
_FINDINGS, _TOGETHER = 8, 3
_COMMON = 0.5  # share of sentences from which a member tells none from another


@dataclass(frozen=True, slots=True)
class Telling:
    """A sentence, the members it names in order of appearance, and its worth."""

    candidate: Candidate
    members: tuple[str, ...]
    worth: float


def choose_telling(
    candidates: Sequence[Candidate], members: Sequence[str], rarity: Rarity, limit: int
) -> list[Telling]:
    """Up to `limit` sentences, best first.

    None that names no member, or that leans on another, unless there is nothing else.
    """
    usable = [c for c in candidates if not c.sentence.leans and not c.sentence.corrects] or list(candidates)
    usable.sort(key=lambda c: (-c.row.score, c.row.date, c.sentence.text))
    weighed = _weigh(usable[:_POOL], members, rarity)
    pool = [item for item in weighed if item.members] or weighed
    importance = {member: 1.0 / (1 + i) ** 0.5 for i, member in enumerate(members)}
    chosen: list[Telling] = []
    likeness = dict.fromkeys(range(len(pool)), 0.0)
    covered: set[str] = set()
    while likeness and len(chosen) < limit:
        gains = {
            i: pool[i].worth
            + _NEW_MEMBER * sum(importance[m] for m in pool[i].members if m not in covered)
            - _REDUNDANT * like
            for i, like in likeness.items()
        }
        best = max(gains, key=lambda i: (gains[i], -i))
        if chosen and gains[best] < _FLOOR:
            break
        item = pool[best]
        chosen.append(item)
        covered.update(item.members)
        likeness = _less_like(item, pool, likeness, rarity, best)
    return chosen


def _less_like(
    item: Telling, pool: Sequence[Telling], likeness: dict[int, float], rarity: Rarity, taken: int
) -> dict[int, float]:
    """The likeness of what is left to what is chosen, without near copies of `item`."""
    told = item.candidate.sentence
    heavy = weight(told.bag, rarity)
    left: dict[int, float] = {}
    for i, like in likeness.items():
        other = pool[i].candidate.sentence
        if i == taken or is_near_copy(told, other, rarity):
            continue
        shared = weight(told.bag & other.bag, rarity)
        left[i] = max(like, shared / max(1, heavy + weight(other.bag, rarity) - shared))
    return left


def _weigh(candidates: Sequence[Candidate], members: Sequence[str], rarity: Rarity) -> list[Telling]:
    centre = centroid((candidate.sentence for candidate in candidates), rarity)
    keys = [(member, bag_of_title(member)) for member in members]
    return [_telling(candidate, keys, centre, rarity) for candidate in candidates]


def _telling(
    candidate: Candidate, keys: Sequence[tuple[str, frozenset[str]]], centre: dict[str, float], rarity: Rarity
) -> Telling:
    sentence = candidate.sentence
    places = {member: sentence.text.find(member) for member, key in keys if key and key <= sentence.bag}
    named = tuple(sorted(places, key=lambda member: (places[member] % 10_000, member)))
    length = len(sentence.terms)
    worth = nearness(sentence, centre, rarity) + _ROW * candidate.row.score
    worth += _SUBJECT * any(0 <= place < _FRONT for place in places.values())
    worth -= _LEANS * sentence.leans + _POINTS * sentence.points_back
    worth -= _QUOTED * ('"' in sentence.text or "“" in sentence.text)
    worth -= 0.05 * max(0, _READABLE[0] - length) + 0.01 * max(0, length - _READABLE[1])
    return Telling(candidate, named, worth)


def cluster_findings(told: Sequence[Telling]) -> list[list[Telling]]:
    """The sentences in at most `_FINDINGS` groups of up to `_TOGETHER` about the same member, best first."""
    left = list(told)
    counts = Counter(member for item in told for member in item.members)
    common = {member for member, count in counts.items() if count > max(2, _COMMON * len(told))}
    groups: list[list[Telling]] = []
    while left and len(groups) < _FINDINGS:
        first = left[0]
        focus = [member for member in first.members if member not in common]
        near = [
            item for item in left[1:] if any(member in focus for member in item.members) and _same_script(item, first)
        ]
        group = [first, *near[: _TOGETHER - 1]]
        left = [item for item in left if item not in group]
        groups.append(group)
    return groups


def _same_script(one: Telling, other: Telling) -> bool:
    return is_korean(one.candidate.sentence.text) == is_korean(other.candidate.sentence.text)
