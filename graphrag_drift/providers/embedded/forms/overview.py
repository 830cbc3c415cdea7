"""overview: what a subject or a whole corpus is about, in a few sentences or under the names of its themes."""

from __future__ import annotations

from graphrag_drift.providers.embedded.choose import choose
from graphrag_drift.providers.embedded.forms.material import Material, item_of
from graphrag_drift.providers.embedded.forms.summary import summary
from graphrag_drift.providers.embedded.sentences import Candidate
from graphrag_drift.tasks import ItemDraft

_THEMES = 7
_SENTENCES = 6


def overview(material: Material) -> list[ItemDraft]:
    """A subject's best sentences in the order of time; of a whole corpus, its themes."""
    if material.question.general:
        return themes(material)
    asked = material.question.terms
    own = [one for one in material.candidates if one.title and (one.title <= asked or asked <= one.title)]
    if len({one.document for one in own}) == 1:
        blocks = summary(own, material, _SENTENCES)
        return [item_of(block) for block in sorted(blocks, key=lambda block: block[0].order)]
    blocks = material.blocks(choose(material.ranked, material.question, _SENTENCES))
    lead, rest = blocks[:1], sorted(blocks[1:], key=lambda block: block[0].order)
    return [item_of(block) for block in [*lead, *rest]]


def themes(material: Material) -> list[ItemDraft]:
    """For each of the largest reports its first sentence, under its title; where there are few, more of each.

    Of documents, where no report is shown.
    """
    by_title: dict[str, list[Candidate]] = {}
    of_reports = [candidate for candidate in material.candidates if candidate.row.kind in ("report", "finding")]
    for candidate in of_reports or material.candidates:
        by_title.setdefault(candidate.row.title, []).append(candidate)
    items: list[ItemDraft] = []
    blocks: list[tuple[Candidate, ...]] = []
    most = max(1, _SENTENCES // max(1, len(by_title)))
    for title, sentences in list(by_title.items())[:_THEMES]:
        chosen: list[Candidate] = []
        for candidate in sentences:
            new = not candidate.sentence.leans and not material.said_already(candidate, [*blocks, tuple(chosen)])
            if title and new and len(chosen) < most:
                chosen.append(candidate)
        if chosen:
            blocks.append(tuple(chosen))
            items.append(item_of(tuple(chosen), heading=title))
    return items or [item_of(block) for block in material.blocks(choose(material.ranked, material.question, 4))]
