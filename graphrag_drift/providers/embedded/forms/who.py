"""who and what: the sentence that says what something is, then what it did, in the order of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from graphrag_drift.names.roles import person_nouns, roles_of
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.forms.material import Material, block_of, blocks_of, item_of
from graphrag_drift.providers.embedded.sentences import Candidate, headlines_of, occurrences
from graphrag_drift.tasks import ItemDraft

_MORE = 4  # sentences on what it did
_AROUND = 80  # characters beside a name in which a role is looked for
_COPULA = re.compile(r"\s*(?:,|\()?\s*(?:is|was|are|were|became|remains)?\s*(?:an?|the|one of)\b|\s*,\s*\d{2}\b")


def who(material: Material) -> list[ItemDraft]:
    """The sentences that define the name first, then what else is told of it, oldest first."""
    ranked = [item for item in material.ranked if _names_it(item, material)] or material.ranked
    if not ranked:
        return []
    if len(material.question.names) > 1:
        return _related(material, ranked)
    # As ranked, not chosen for what is new of the question, which is but the name.
    told = [item.candidate for item in ranked[: _MORE + 1]]
    pool = [*(item.candidate for item in ranked[: 10 * _MORE]), *headlines_of(material.rows)]
    lead = _defining(pool, material) or ranked[0].candidate
    first, *more = blocks_of([lead, *(c for c in told if c != lead)][: _MORE + 1], material.knowledge.rarity)
    return [item_of(first), *map(item_of, sorted(more, key=lambda block: block[0].order))]


def _related(material: Material, ranked: list[Scored]) -> list[ItemDraft]:
    """What two names have to do with each other: passages that name both first, then those that name one."""
    names = material.question.names
    both = sorted(ranked, key=lambda item: -sum(name <= item.covers for name in names))  # stable: best first
    blocks = blocks_of([item.candidate for item in both[: _MORE + 1]], material.knowledge.rarity)
    return [item_of(block) for block in blocks]


def _names_it(item: Scored, material: Material) -> bool:
    return any(name <= item.covers for name in material.question.names)


def _defining(pool: Sequence[Candidate], material: Material) -> Candidate | None:
    """The sentence that gives the name the role that most give it, else the first that says what it is: "X, a lawyer",
    "X is the head of"."""
    roles = {candidate: _roles(candidate, material) for candidate in dict.fromkeys(pool)}
    counts = Counter(role for own in roles.values() for role in own if role)
    usable = [candidate for candidate, own in roles.items() if own and block_of(candidate)]
    return max(usable, key=lambda candidate: max(counts[role] for role in roles[candidate]), default=None)


def _roles(candidate: Candidate, material: Material) -> frozenset[str]:
    """The roles beside the name in the sentence, "" for one that follows without a word for it; none, if it tells
    nothing of what the name is."""
    text = candidate.sentence.text
    roles: set[str] = set()
    for name in material.question.name_texts:
        for start, end in [*occurrences(name, text)] or occurrences(name.split()[-1], text):
            before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
            roles.update(roles_of(before, after, person_nouns([(before, after, True)])))
            if _COPULA.match(after):
                roles.add("")
    return frozenset(roles)
