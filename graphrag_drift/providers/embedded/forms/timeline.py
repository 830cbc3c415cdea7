"""timeline: dated items in order, one an event; and the newest ones first where a question asks for the latest."""

from __future__ import annotations

from collections import defaultdict

from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.figures import figures_of
from graphrag_drift.language.forms import asks_for_change, asks_for_latest, period_of
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.forms.material import Block, Material, block_of, date_of, item_of
from graphrag_drift.providers.embedded.forms.summary import is_told, summary
from graphrag_drift.tasks import ItemDraft

_MOST = 12  # items
_LATEST = 4
_ABOUT = 0.5  # of what the sentence that says most of the question says: below, it is another story
_EACH = 2  # items of one document
_FEW = 3  # sentences with a word of what is asked about a name, from which on those without one are left out


def timeline(material: Material) -> list[ItemDraft]:
    """The events of the question, oldest first; of those asked for as the latest, the newest, newest first."""
    if period := period_of(material.question.text):
        return _of_few(material, period) or _in_period(material, period)
    about = _about(material)
    if asks_for_latest(material.question.text):
        newest = sorted(about, key=lambda item: item.candidate.row.date, reverse=True)  # stable: best first of a day
        return [item_of(block, date=date) for date, block in _dated(material, newest, each=1)[:_LATEST]]
    items = _dated(material, about)
    return [item_of(block, date=date) for date, block in sorted(items, key=lambda item: (item[0], item[1][0].order))]


def _of_few(material: Material, period: str) -> list[ItemDraft]:
    """Of the few documents of the period how each begins, and what they say most of; none, if it has none or many."""
    inside = [one for one in material.candidates if one.row.kind == "source" and one.row.date.startswith(period)]
    leads = {one.document: one for one in reversed(inside) if material.tells(one) and is_told(one.sentence)}
    if not 1 <= len({one.document for one in inside}) <= _FEW:
        return []
    blocks = [block for lead in leads.values() if (block := block_of(lead))]
    for block in summary(inside, material, 2 * _LATEST):
        if len(blocks) < 2 * _LATEST and not any(material.said_already(one, blocks) for one in block):
            blocks.append(block)
    return [item_of(block, date=block[0].row.date) for block in sorted(blocks, key=lambda block: block[0].order)]


def _in_period(material: Material, period: str) -> list[ItemDraft]:
    """The sentences that are dated in the period: those that speak of the question, then the beginnings of what the
    documents of that time report, in the order shown; at most `_MOST`, by date."""
    spoken = [item.candidate for item in material.ranked_sources]
    dated = [c for c in spoken if any(date.iso == period for date in find_dates(c.sentence.text, c.row.date or None))]
    if material.question.predicate_without_dates:
        dated += [item.candidate for item in _about(material) if date_of(item.candidate).startswith(period)]
    first = {c.row.mark: c for c in reversed(material.candidates) if c.row.kind == "source" and not c.sentence.leans}
    dated += [first[row.mark] for row in material.rows if row.mark in first and row.date.startswith(period)]
    items: list[tuple[str, Block]] = []
    for candidate in dict.fromkeys(dated):
        block = block_of(candidate)
        if block and len(items) < _MOST and not material.said_already(candidate, (other for _, other in items)):
            items.append((date_of(candidate), block))
    return [item_of(block, date=date) for date, block in sorted(items, key=lambda item: (item[0], item[1][0].order))]


def _about(material: Material) -> list[Scored]:
    """The ranked sentences that are of the story: they say enough of the question.

    What has changed is a figure: of such a question, those that hold one.
    """
    ranked = material.ranked_sources
    if asks_for_change(material.question.text):
        ranked = [item for item in ranked if figures_of(item.candidate.sentence.text)] or ranked
    most = max((material.share(item) for item in ranked), default=0.0)
    about = [item for item in ranked if material.share(item) >= _ABOUT * most]
    asked = [item for item in about if item.covers & material.question.predicate]
    return asked if len(asked) >= _FEW else about


def _dated(material: Material, ranked: list[Scored], each: int = _EACH) -> list[tuple[str, Block]]:
    """(date, block) of the best sentences, at most `each` of a document, first one of each document, each once."""
    count: defaultdict[str, int] = defaultdict(int)
    turns: list[tuple[int, int, Scored]] = []
    for place, item in enumerate(ranked):
        document = item.candidate.document
        turns.append((count[document], place, item))
        count[document] += 1
    several = len(count) > 1 and not asks_for_change(material.question.text)
    items: list[tuple[str, Block]] = []
    for turn, _, item in sorted(turns, key=lambda entry: entry[:2]):
        if (several and turn >= each) or len(items) == _MOST:
            break
        block = block_of(item.candidate)
        if block and not material.said_already(item.candidate, (other for _, other in items)):
            items.append((date_of(item.candidate), block))
    return items
