"""who and what: the sentence that says what something is, then what it did, in the order of time."""

from __future__ import annotations

import re

from graphrag_drift.names.roles import roles_of
from graphrag_drift.providers.embedded.choose import Scored, choose
from graphrag_drift.providers.embedded.forms.material import Material, block_of, item_of
from graphrag_drift.providers.embedded.sentences import occurrences
from graphrag_drift.tasks import ItemDraft

_MORE = 4  # sentences on what it did
_AROUND = 80  # characters beside a name in which a role is looked for
_COPULA = re.compile(r"\s*(?:,|\()?\s*(?:is|was|are|were|became|remains)?\s*(?:an?|the|one of)\b|\s*,\s*\d{2}\b")


def who(material: Material) -> list[ItemDraft]:
    """The sentences that define the name first, then what else is told of it, oldest first."""
    ranked = [item for item in material.ranked if _names_it(item, material)] or material.ranked
    if not ranked:
        return []
    defining = [item for item in ranked[: 10 * _MORE] if _defines(item, material)]
    lead = defining[:1] or ranked[:1]
    rest = [item for item in choose(ranked, material.question, _MORE + 1) if item not in lead][:_MORE]
    blocks = material.blocks(lead)
    more = material.blocks([*lead, *rest])[len(blocks) :]
    more.sort(key=lambda block: block[0].order)
    return [item_of(block) for block in [*blocks, *more]]


def _names_it(item: Scored, material: Material) -> bool:
    return any(name <= item.covers for name in material.question.names)


def _defines(item: Scored, material: Material) -> bool:
    """Whether the name stands beside a role, or is said to be something: "X, a lawyer", "X is the head of"."""
    text = item.candidate.sentence.text
    for name in material.question.name_texts:
        last = name.split()[-1]
        for start, end in occurrences(last, text):
            before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
            if _COPULA.match(after) or roles_of(before, after):
                return bool(block_of(item.candidate))
    return False
