"""auto: which method a question asks for, and why."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from graphrag_drift.language.words import content_terms
from graphrag_drift.query.basic_search import basic_search
from graphrag_drift.query.drift_search import drift_search
from graphrag_drift.query.global_search import global_search
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.linking import link
from graphrag_drift.query.local_search import local_search
from graphrag_drift.values import Event, Method

Search = Callable[[Inquiry], Awaitable[Found]]

SEARCHES: Mapping[Method, Search] = {
    "basic": basic_search,
    "local": local_search,
    "global": global_search,
    "drift": drift_search,
}
_WHOLE_CORPUS = re.compile(
    r"\b(main|major|overall|key|top|most important|recurring|common) (themes?|topics?|stories|story|issues?|events?)\b"
    r"|\b(themes?|topics?|stories) (of|in|across|run)\b"
    r"|\b(across|in|over) (all )?(the|these) (articles|documents|corpus|coverage|news)\b|\bsummari[sz]e\b|\boverview\b"
    r"|주요 (주제|내용|사건|뉴스)|전체(적인|적으로)|요약|전반",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(both|compare|comparison|differ|difference|versus|vs|than|connect(s|ed|ion)?|link(s|ed)?|relat(e|ed|ion))\b"
    r"|비교|차이|관계|연관",
    re.IGNORECASE,
)


async def auto_search(inquiry: Inquiry) -> Found:
    """What the chosen method finds; if that is nothing, what basic finds."""
    method, reason = choose(inquiry)
    inquiry.observe(Event("routed", f"{method}: {reason}"))
    found = await SEARCHES[method](inquiry)
    notes: tuple[str, ...] = (f"auto chose {method}: {reason}",)
    if not found.text and method != "basic":
        found = await basic_search(inquiry)
        notes = (*notes, "it found nothing, so basic was tried")
    return replace(found, notes=(*notes, *found.notes))


def choose(inquiry: Inquiry) -> tuple[Method, str]:
    """(method, reason): whole-corpus wording, names that the graph knows, and words that ask to connect."""
    question = inquiry.question
    names = link(question, inquiry.evidence.names)
    if _WHOLE_CORPUS.search(question) and not names:
        return "global", "the question is about the whole corpus"
    if len(names) > 1 and _COMPARES.search(question):
        return "drift", f"the question asks to connect {len(names)} entities of the graph"
    if names:
        return "local", f"the question names {names[0][0]!r}, which the graph knows"
    if not content_terms(question):
        return "global", "the question has no words to search for"
    return "basic", "the question names nothing that the graph knows"
