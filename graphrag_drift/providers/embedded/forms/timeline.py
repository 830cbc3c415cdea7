"""timeline: dated items in order, one an event; and the newest ones first where a question asks for the latest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from graphrag_drift.language.dates import says_date
from graphrag_drift.language.figures import figures_of
from graphrag_drift.language.forms import asks_for_change, asks_for_latest, period_of
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.forms.current import series
from graphrag_drift.providers.embedded.forms.material import Block, Material, block_of, date_of, item_of
from graphrag_drift.providers.embedded.forms.summary import is_told, summary
from graphrag_drift.providers.embedded.sentences import Candidate
from graphrag_drift.tasks import ItemDraft

_MOST = 12  # items
_LATEST = 4
_ABOUT = 0.5  # of what the sentence that says most of the question says: below, it is another story
_EACH = 2  # items of one document
_FEW = 3  # sentences with a word of what is asked about a name, from which on those without one are left out


def timeline(material: Material) -> list[ItemDraft]:
    """The events of the question, oldest first; of those asked for as the latest, the newest, newest first."""
    if period := period_of(material.question.text):
        return _in_period(material, period)
    about = _about(material)
    if asks_for_latest(material.question.text):
        newest = sorted(about, key=lambda item: item.candidate.row.date, reverse=True)  # stable: best first of a day
        return [item_of(block, date=date) for date, block in _dated(material, newest, each=1)[:_LATEST]]
    items = _dated(material, about)
    return [item_of(block, date=date) for date, block in sorted(items, key=_time)]


def _time(item: tuple[str, Block]) -> tuple[bool, str, tuple[str, int, int]]:
    """By date, what has none last."""
    date, block = item
    return (not date, date, block[0].order)


def _in_period(material: Material, period: str) -> list[ItemDraft]:
    """What is dated in the period, at most `_MOST` items, by date: the sentences that say its date, the best of them
    first; those that speak of what is asked; how its documents begin, or, of few, what they say most of."""
    sources = [one for one in material.candidates if one.row.kind == "source"]
    chosen = [one for one in sources if says_date(one.sentence.text, period, one.row.date or None)]
    if material.question.predicate_without_dates:
        chosen += [item.candidate for item in _about(material) if date_of(item.candidate).startswith(period)]
    inside = [one for one in sources if one.row.date.startswith(period)]
    chosen += _of_few(material, inside) or _beginnings(material, inside)
    items: list[tuple[str, Block]] = []
    for candidate in dict.fromkeys(chosen):
        block = block_of(candidate)
        if block and len(items) < _MOST and not material.said_already(candidate, (other for _, other in items)):
            items.append((_within(period, candidate), block))
    return [item_of(block, date=date) for date, block in sorted(items, key=lambda item: item[0])]  # stable


def _within(period: str, candidate: Candidate) -> str:
    """The date of what a sentence tells, or of its document, or the period that it says."""
    dates = (date_of(candidate), candidate.row.date)
    return next((date for date in dates if date.startswith(period)), period)


def _beginnings(material: Material, inside: Sequence[Candidate]) -> list[Candidate]:
    """The first sentence that stands alone of each row, in the order of the rows."""
    first = {one.row.mark: one for one in reversed(inside) if not one.sentence.leans}
    return [first[row.mark] for row in material.rows if row.mark in first]


def _of_few(material: Material, inside: Sequence[Candidate]) -> list[Candidate]:
    """Of the sentences of a few documents how each begins, what they say most of, and the rest while there is room;
    none, if there are many."""
    if not 1 <= len({one.document for one in inside}) <= _FEW:
        return []
    leads = {one.document: one for one in reversed(inside) if material.tells(one) and is_told(one.sentence)}
    central = [block[-1] for block in summary(inside, material, 2 * _LATEST)]
    rest = [one for one in inside if material.tells(one) and is_told(one.sentence)]
    return list(dict.fromkeys([*leads.values(), *central, *rest]))[: 2 * _LATEST]


def _about(material: Material) -> list[Scored]:
    """The ranked sentences that are of the story: they say enough of the question.

    What has changed is mostly a figure: where it is, those that hold one. Of a number that changed, those that give it.
    """
    ranked = material.ranked_sources
    if len(counts := series(ranked, material)) > 1:
        return counts
    most = max((material.share(item) for item in ranked), default=0.0)
    about = [item for item in ranked if material.share(item) >= _ABOUT * most]
    asked = [item for item in about if item.covers & material.question.predicate]
    about = asked if len(asked) >= _FEW else about
    figures = [item for item in about if figures_of(item.candidate.sentence.text)]
    return figures if asks_for_change(material.question.text) and 2 * len(figures) > len(about) else about


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
