"""Forms with an item for each of several things: a list, the people of a story, two sides that are compared."""

from __future__ import annotations

from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.expected import things
from graphrag_drift.providers.embedded.forms.material import Material, block_of, item_of
from graphrag_drift.providers.embedded.forms.passages import passages
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, candidates_of
from graphrag_drift.tasks import ItemDraft
from graphrag_drift.values import Shown

_MOST = 12  # items
_ABOUT = 0.5  # of what the sentence that says most of the question says
_EACH = 2  # sentences of a side
_KNOWN = ("person", "place")


def listing(material: Material) -> list[ItemDraft]:
    """A sentence for each thing that those before it do not name, best first.

    Things are those of the kind asked for, or else the names that the question does not hold.
    """
    ranked = material.ranked_sources
    most = max((material.share(item) for item in ranked), default=0.0)
    told: set[str] = set()
    items: list[ItemDraft] = []
    for item in ranked:
        if len(items) == _MOST or material.share(item) < _ABOUT * most:
            break
        names = _names(item.candidate, material) - told
        block = block_of(item.candidate)
        if block and (names or not told):
            told |= names
            items.append(item_of(block))
    return items


def _names(candidate: Candidate, material: Material) -> set[str]:
    text, question = candidate.sentence.text, material.question
    if question.kind in _KNOWN:
        held = {text[slice(*span)] for span in things(question.kind, text)}
    else:
        held = {name for name, _ in material.knowledge.names_in(text)}
    return {name for name in held if not bag_of_title(name) <= question.terms}


def people(material: Material) -> list[ItemDraft]:
    """The people that are shown, in the order of their weight, each with the sentence that says most of them."""
    shown = [row for row in material.rows if row.kind == "entity"]
    items = []
    for row in shown[:_MOST]:
        sentence = _telling(row)
        if sentence is not None:
            items.append(item_of((sentence,), heading=row.title))
    return items or passages(material)


def _telling(row: Shown) -> Candidate | None:
    return next(iter(candidates_of([row])), None)


def comparison(material: Material) -> list[ItemDraft]:
    """For each name of the question what is said of it, beside each other; without two of them, the best passages."""
    sides = list(zip(material.question.names, material.question.name_texts, strict=True))
    items: list[ItemDraft] = []
    for terms, name in sides:
        about = [item for item in material.ranked_sources if terms <= item.covers]
        about.sort(key=lambda item: (-_predicate(item, material), -item.score))
        blocks = [block for item in about[: 3 * _EACH] if (block := block_of(item.candidate))][:_EACH]
        if blocks:
            sentences = dict.fromkeys(candidate for block in blocks for candidate in block)
            items.append(item_of(tuple(sentences), heading=name))
    return items if len(items) > 1 else passages(material)


def _predicate(item: Scored, material: Material) -> float:
    """How much of the question besides its names the sentence says."""
    weights = material.question.weights
    return sum(weights[term] for term in item.covers & material.question.predicate)
