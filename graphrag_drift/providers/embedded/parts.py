"""A question that asks two things at once -> its parts, and the answer made of theirs: "When did it start and why?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from graphrag_drift.language.detect import either
from graphrag_drift.language.terms import words
from graphrag_drift.marks import marked_sentences
from graphrag_drift.providers.embedded.compose import limit_of, render
from graphrag_drift.providers.embedded.question import Question, stand_alone
from graphrag_drift.tasks import AnswerDraft, ItemDraft

_JOINS = re.compile(either(lambda language: language.asking.joins), re.I)
_SHORTEST = 3  # words of a part
_EACH = 2  # items of a part


def parts_of(text: str, understood: Callable[[str], Question]) -> list[tuple[str, str]]:
    """(as it is written, as it is to be read) of the two questions that `text` joins, of which the second may lean on
    the first; none, if it asks for one thing."""
    match = _JOINS.search(text)
    if match is None or _JOINS.search(text, match.end()):
        return []
    first, second = text[: match.start()].strip(" ,"), text[match.end() :].strip()
    if min(len(words(first)), len(words(second))) < _SHORTEST or not understood(first).kind:
        return []
    return [(first, first), (second.rstrip("?？ "), stand_alone(second, [(first, "")], understood))]


def joined(
    parts: Sequence[str], drafts: Sequence[AnswerDraft], response_type: str, language: str
) -> AnswerDraft | None:
    """One answer of the drafts, each under its part; None, if none of them answers, or both begin with the same."""
    if all(draft.form == "nothing" for draft in drafts):
        return None
    first, second = (_sentences(draft.items[0]) for draft in drafts)
    if first & second:
        return None
    items, told = [], first | second
    for part, draft in zip(parts, drafts, strict=True):
        texts = [draft.items[0].text]
        for item in draft.items[1:]:
            if told.isdisjoint(sentences := _sentences(item)):
                told |= sentences
                texts.append(item.text)
        value = draft.items[0].heading if draft.form == "box" else ""
        heading = f"{part[:1].upper()}{part[1:]}"
        text = " ".join(texts[: min(_EACH, limit_of(response_type))])
        items.append(ItemDraft(text, f"{heading}: {value}" if value else heading))
    probability = min(draft.probability or 0.0 for draft in drafts)
    return AnswerDraft(render(items, "list", response_type, language), "list", tuple(items), probability)


def _sentences(item: ItemDraft) -> set[str]:
    return {sentence for sentence, _ in marked_sentences(item.text)}
