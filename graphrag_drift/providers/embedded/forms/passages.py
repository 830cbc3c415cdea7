"""Forms of prose: the value asked for and where it stands, how something came about, the best passages."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from graphrag_drift.language.cues import holds
from graphrag_drift.providers.embedded.choose import choose
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.forms.current import current
from graphrag_drift.providers.embedded.forms.material import Block, Material, blocks_of, item_of
from graphrag_drift.providers.embedded.forms.values import value_in
from graphrag_drift.providers.embedded.sentences import Candidate, headlines_of, neighbour
from graphrag_drift.tasks import ItemDraft

_BOX = 3  # sentences that a value is shown with
_SURE = 0.5  # probability from which a value is read off a sentence


def box(material: Material) -> list[ItemDraft]:
    """The best sentence, under the value that it has for the question where it can be read off, and what bears it out.

    The value is the thing of the kind asked for that stands nearest to a word of what is asked.
    """
    alike = current(material)
    others = [item for item in choose(material.ranked, material.question, _BOX) if item not in alike]
    told = [*alike, *others][:_BOX]
    blocks = material.blocks(told)
    if not blocks:
        return []
    lead = _led_on(blocks[0], material)
    blocks = [lead, *(block for block in blocks[1:] if set(lead).isdisjoint(block))]
    first = told[0]
    value = value_in(first, material.question, material.knowledge) if first.probability >= _SURE else ""
    dated = material.question.kind == "date"
    items = [ItemDraft(paragraph(block, always_dated=dated)) for block in blocks]
    return [replace(items[0], heading=value), *items[1:]]


def _led_on(block: Block, material: Material) -> Block:
    """The block; with the sentence after it, where that has what is asked for and the block has not: news say first
    that "a new director" was named, and then who that is."""
    held = holds(material.question.kind, material.question.text)
    after = neighbour(block[-1], 1)
    if not after or any(held(one.sentence.text) for one in block) or not held(after.sentence.text):
        return block
    return (*block, after)


def passages(material: Material) -> list[ItemDraft]:
    """What answers first, then what else is said of it, document by document, in the order of its text."""
    told = [item.candidate for item in choose(material.ranked, material.question, material.most)]
    blocks = blocks_of([*headlines(material), *told], material.knowledge.rarity)
    if len(blocks) < 2:
        return [item_of(block) for block in blocks]
    lead, rest = blocks[0], blocks[1:]
    places = {block[0].document: place for place, block in reversed(list(enumerate(blocks)))}
    rest.sort(key=lambda block: (places[block[0].document], block[0].order))
    groups = groupby(rest, key=lambda block: block[0].document)
    return [item_of(lead), *(item_of(tuple(c for block in same for c in block)) for _, same in groups)]


def headlines(material: Material) -> list[Candidate]:
    """The headline that says all that is looked for, where a question is nothing but names and words to look for."""
    question = material.question
    lines = [line for line in headlines_of(material.rows) if question.terms <= line.sentence.bag]
    return lines[:1] if not question.kind else []


def chain(material: Material) -> list[ItemDraft]:
    """One sentence a step, in the order of time; of those that say what is asked, where they are enough, and not under
    a title that does."""
    asked = material.question.predicate
    own = [item for item in material.ranked_sources if not asked.isdisjoint(item.candidate.sentence.bag)]
    ranked = own if len(own) >= material.most else material.ranked_sources
    blocks = material.blocks(choose(ranked, material.question, material.most))
    return [item_of(block) for block in sorted(blocks, key=lambda block: block[0].order)]
