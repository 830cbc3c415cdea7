"""ExtractGraph, ExtractClaims -> what a model reads in a text, with further readings for what the first one missed.

A further reading gets the passages that name more, with the names found so far in them, not the replies; a text whose
reply finds no room is read in halves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from graphrag_drift.errors import InvalidReply
from graphrag_drift.language.detect import either
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.prompts import fenced
from graphrag_drift.providers.llm.asking import CutOff
from graphrag_drift.providers.llm.drafts import Readings, claim_drafts, graph_draft
from graphrag_drift.providers.llm.gleaning import missed_passages
from graphrag_drift.providers.llm.invented import stands_in
from graphrag_drift.providers.llm.render import flat, found_text, list_text
from graphrag_drift.providers.llm.requests import Requests
from graphrag_drift.providers.llm.shapes import ClaimsReply, GraphReply
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.tasks import ClaimDrafts, ExtractClaims, ExtractGraph, GraphDraft, SummarizeDescriptions

_WORDS = 150
_FOLD_TOKENS = 4_000  # of descriptions that are merged at once
_AS_THEY_ARE = 200  # tokens of descriptions that need no model to be one
_MOST_FOLDS = 8
_NEGATION = re.compile(either(lambda language: language.prose.negation))


async def summarize(task: SummarizeDescriptions, requests: Requests, tokenizer: Tokenizer) -> str:
    """One description; few short ones are put together as they are, without asking."""
    dates = task.dates or ("",) * len(task.descriptions)
    dated = {text: date for text, date in zip(map(flat, task.descriptions), dates, strict=True) if text}
    descriptions = _distinct(list(dated))
    if len(descriptions) <= 1 or sum(map(tokenizer.count, descriptions)) <= _AS_THEY_ARE:
        return " ".join(descriptions)
    descriptions = [f"{dated[text]}: {text}" if dated[text] else text for text in descriptions]
    for _ in range(_MOST_FOLDS):
        descriptions = [await _merge(task.name, portion, requests) for portion in _portions(descriptions, tokenizer)]
        if len(descriptions) == 1:
            return descriptions[0]
    raise InvalidReply(f"the descriptions of {task.name!r} do not become fewer by merging", "\n".join(descriptions))


def _distinct(descriptions: Sequence[str]) -> list[str]:
    """Those that say something: not in the words of another, small words apart, nor how another begins.

    One that denies what the other says is no such.
    """
    words = [tuple(content_terms(text)) for text in descriptions]
    denies = [_NEGATION.search(text) is not None for text in descriptions]
    kept: list[int] = []
    for at in sorted(range(len(descriptions)), key=lambda n: (-len(words[n]), n)):
        if not any(words[n][: len(words[at])] == words[at] and denies[n] == denies[at] for n in kept):
            kept.append(at)
    return [descriptions[n] for n in sorted(kept)]


async def _merge(name: str, descriptions: Sequence[str], requests: Requests) -> str:
    if len(descriptions) == 1:
        return descriptions[0]
    shown = {"name": fenced(flat(name)), "descriptions": list_text(descriptions), "words": str(_WORDS)}
    request = requests.request(SummarizeDescriptions, **shown)
    return flat(await requests.text(request))


def _portions(descriptions: Sequence[str], tokenizer: Tokenizer) -> list[list[str]]:
    """In order, each within the limit but at least two, so that merging always leaves fewer."""
    portions: list[list[str]] = [[]]
    size = 0
    for text in descriptions:
        tokens = tokenizer.count(text)
        if size + tokens > _FOLD_TOKENS and len(portions[-1]) > 1:
            portions.append([])
            size = 0
        portions[-1].append(text)
        size += tokens
    return portions


_LISTS = ("entities", "relationships")
_SHOWN_NAMES = 5
_SHORTEST = 400  # characters; a reply to less than this is not too long for want of room


async def extract_graph(
    task: ExtractGraph, requests: Requests, gleanings: int, keeps_invented: bool = False
) -> GraphDraft:
    """The entities and relationships of the text. Raises: InvalidReply, if the first reading fails.

    Names that stand nowhere in the text are left out, and told as a gap, unless it `keeps_invented`; those of the
    prompt's own example always are.
    """
    readings = Readings()
    gaps: list[str] = []
    pending = [task.text]
    while pending:
        text = pending.pop(0)
        if not text.strip():
            continue
        try:
            await _read(replace(task, text=text), requests, gleanings, readings, gaps)
        except CutOff:
            parts = _halves(text)
            if not parts:
                raise
            pending = [*parts, *pending]
    instructions = requests.request(ExtractGraph, text="", document="").messages[0].content
    gaps += _drop_invented(readings, task.text, instructions, keeps_invented)
    return graph_draft(task.text, readings, gaps)


def _drop_invented(readings: Readings, text: str, instructions: str, keeps_invented: bool) -> list[str]:
    """Take what `text` does not name out of the readings; why, in words."""
    names = readings.names
    invented = [key for key, name in names.items() if not stands_in(name, text, instructions)]
    if keeps_invented:
        invented = [key for key in invented if names[key].casefold() in instructions.casefold()]
    if not invented:
        return []
    shown = ", ".join(repr(names[key]) for key in invented[:_SHOWN_NAMES])
    more = f" and {len(invented) - _SHOWN_NAMES} more" if len(invented) > _SHOWN_NAMES else ""
    reason = f"{len(invented)} of {len(names)} names stand nowhere in the text, and were left out: {shown}{more}"
    readings.drop(invented)
    return [reason]


async def extract_claims(task: ExtractClaims, requests: Requests) -> ClaimDrafts:
    """The claims of the text."""
    if not task.text.strip():
        return ClaimDrafts()
    names = list_text(task.entities) if task.entities else "none"
    request = requests.request(ExtractClaims, text=fenced(task.text), entities=names, about=flat(task.about))
    reply, unusable = await requests.shaped(request, ClaimsReply, ("claims",))
    return ClaimDrafts(claim_drafts(task.text, reply.claims), unusable)


async def _read(task: ExtractGraph, requests: Requests, gleanings: int, readings: Readings, gaps: list[str]) -> None:
    """Add what the text says to `readings`, and what could not be read to `gaps`. Raises: CutOff, InvalidReply.

    Further readings are of the passages that name more than was found.
    """
    document = fenced(task.document) if task.document else "not known"
    first = replace(requests.request(ExtractGraph, text=fenced(task.text), document=document), splittable=True)
    reply, unusable = await requests.shaped(first, GraphReply, _LISTS)
    readings.add(reply)
    gaps.extend(unusable)
    for _ in range(gleanings):
        passages = missed_passages(task.text, readings.names.values(), task.document)
        if not passages:
            return
        known = found_text(list(readings.names.values()), readings.pairs, passages)
        again = requests.request(ExtractGraph, text=fenced(passages), document=document)
        try:
            reply, unusable = await requests.shaped(requests.further(again, "glean", found=known), GraphReply, _LISTS)
        except InvalidReply as error:
            gaps.append(f"a further reading failed: {error}")
            return
        gaps.extend(unusable)
        if not readings.add(reply):
            return


def _halves(text: str) -> tuple[str, str] | None:
    """The text in two, between the sentences, else the words, nearest to its middle; None if it is short."""
    if len(text) < _SHORTEST:
        return None
    middle = len(text) // 2
    ends = [end for _, end in split_sentences(text)][:-1] or [n for n, sign in enumerate(text) if sign.isspace()]
    cut = min(ends, key=lambda end: (abs(end - middle), end), default=middle)
    return text[:cut], text[cut:]
