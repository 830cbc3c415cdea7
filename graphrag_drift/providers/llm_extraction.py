"""ExtractGraph, ExtractClaims -> what a model reads in a text, with further readings for what the first one missed.

A further reading gets the text with the names found so far, not the replies; a text whose reply finds no room is read
in halves.
"""

from __future__ import annotations

from graphrag_drift.errors import InvalidReply
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.prompts import fenced
from graphrag_drift.providers.asking import CutOff
from graphrag_drift.providers.conversion import Readings, claim_drafts, graph_draft
from graphrag_drift.providers.prompted import Prompted
from graphrag_drift.providers.shapes import ClaimsReply, GraphReply
from graphrag_drift.providers.showing import flat, found_text, list_text
from graphrag_drift.tasks import ClaimDrafts, ExtractClaims, ExtractGraph, GraphDraft

_LISTS = ("entities", "relationships")
_SHORTEST = 400  # characters; a reply to less than this is not too long for want of room


async def extract_graph(task: ExtractGraph, prompted: Prompted, gleanings: int) -> GraphDraft:
    """The entities and relationships of the text. Raises: InvalidReply, if the first reading fails."""
    readings = Readings()
    gaps: list[str] = []
    pending = [task.text]
    while pending:
        text = pending.pop(0)
        if not text.strip():
            continue
        try:
            await _read(text, prompted, gleanings, readings, gaps)
        except CutOff:
            parts = _halves(text)
            if not parts:
                raise
            pending = [*parts, *pending]
    return graph_draft(task.text, readings, gaps)


async def extract_claims(task: ExtractClaims, prompted: Prompted) -> ClaimDrafts:
    """The claims of the text."""
    if not task.text.strip():
        return ClaimDrafts()
    known = list_text(task.entities) if task.entities else "none"
    request = prompted.request("extract_claims", text=fenced(task.text), entities=known, about=flat(task.about))
    reply, unusable = await prompted.shaped(request, ClaimsReply, ("claims",))
    return ClaimDrafts(claim_drafts(task.text, reply.claims), unusable)


async def _read(text: str, prompted: Prompted, gleanings: int, readings: Readings, gaps: list[str]) -> None:
    """Add what `text` says to `readings`, and what could not be read to `gaps`. Raises: CutOff, InvalidReply."""
    first = prompted.request("extract_graph", text=fenced(text))
    reply, unusable = await prompted.shaped(first, GraphReply, _LISTS)
    readings.add(reply)
    gaps.extend(unusable)
    for _ in range(gleanings):
        found = found_text(list(readings.names.values()), readings.pairs)
        try:
            reply, unusable = await prompted.shaped(prompted.further(first, "glean", found=found), GraphReply, _LISTS)
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
