"""Forms with an item for each of several things: a list, the people of a story, two sides that are compared."""

from __future__ import annotations

from functools import partial

from graphrag_drift.language.figures import figures_of
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.forms.current import latest_of
from graphrag_drift.providers.embedded.forms.material import Block, Material, block_of, item_of
from graphrag_drift.providers.embedded.forms.passages import passages
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, candidates_of
from graphrag_drift.tasks import ItemDraft
from graphrag_drift.values import Shown

_MOST = 12  # items
_ABOUT = 0.5  # of what the sentence that says most of the question says
_EACH = 2  # sentences of a side


def listing(material: Material) -> list[ItemDraft]:
    """Names that say what is asked for, "Ferry Solvind" of ferries, each with a sentence; then a sentence for each
    thing that those before it do not name, best first.

    Things are names of the kind asked for, or else all that the question does not hold.
    """
    called = _called(material)
    listed: set[str] = set(called)
    blocks: list[Block] = [block for block in called.values() if block]
    named = [item_of(block, heading=name) for name, block in called.items()]
    ranked = sorted(material.ranked_sources, key=lambda item: -_said(item, material))  # stable: best first
    most = max((_said(item, material) for item in ranked), default=0.0)
    for item in ranked:
        if len(blocks) == _MOST or _said(item, material) < _ABOUT * most:
            break
        names = _names(item.candidate, material) - listed
        block = block_of(item.candidate) if item.candidate.sentence.bag & material.question.terms else ()
        if block and (names or not listed) and not material.said_already(item.candidate, blocks):
            listed |= names
            blocks.append(block)
    return [*named, *map(item_of, blocks[len(named) :])]


def _called(material: Material) -> dict[str, Block]:
    """The names that hold the word for the things asked for, each with the best sentence that has it, best first."""
    focus = material.question.focus[-1:]
    called: dict[str, Block] = {}
    for item in material.ranked_sources if focus else ():
        for name in sorted(_names(item.candidate, material)):
            block = block_of(item.candidate)
            if focus[0] in bag_of_title(name) and block and not any(block == other for other in called.values()):
                called.setdefault(name, block)
    return dict(list(called.items())[:_MOST]) if len(called) > 1 else {}


def _said(item: Scored, material: Material) -> float:
    """The weight of the question's terms that the sentence covers, but for the word for the things, as "countries"."""
    weights, focus = material.question.weights, material.question.focus
    return sum(weights[term] for term in item.covers if term not in focus)


def _names(candidate: Candidate, material: Material) -> set[str]:
    names = material.knowledge.names_in(candidate.sentence.text)
    of_kind = {name for name, kind in names if kind == material.question.kind}
    return {name for name in of_kind or dict(names) if not bag_of_title(name) <= material.question.terms}


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
    """For each name of the question what is said of it, and its newest figure; without two names, the best passages."""
    sides = list(zip(material.question.names, material.question.name_texts, strict=True))
    items: list[ItemDraft] = []
    used: set[Candidate] = set()
    for terms, name in sides:
        about = [item for item in material.ranked_sources if terms <= item.covers]
        about.sort(key=partial(_for_side, terms=terms, material=material))
        alike = [item for item in about if _predicate(item, material) == _predicate(about[0], material)]
        figures = [item for item in alike if figures_of(item.candidate.sentence.text)]
        newest = sorted(figures, key=lambda item: item.candidate.row.date, reverse=True)[:1]  # stable: best of a day
        latest = [latest_of(item, about, material) for item in [*about[:1], *newest]]
        first = [*latest, *about[1 : 3 * _EACH]]
        blocks = [block for item in first if (block := block_of(item.candidate)) and not used & {*block}]
        blocks = blocks[:_EACH]
        used.update(candidate for block in blocks for candidate in block)
        if blocks:
            sentences = dict.fromkeys(candidate for block in blocks for candidate in block)
            items.append(item_of(tuple(sentences), heading=name))
    return items if len(items) > 1 else passages(material)


def _for_side(item: Scored, terms: frozenset[str], material: Material) -> tuple[float, bool, float]:
    """What says most of the question first, then what has the name itself, not only beside it, then the best."""
    return (-_predicate(item, material), not terms <= item.candidate.sentence.bag, -item.score)


def _predicate(item: Scored, material: Material) -> float:
    """How much of the question besides its names the sentence says."""
    weights = material.question.weights
    return sum(weights[term] for term in item.covers & material.question.predicate)
