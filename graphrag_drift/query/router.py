"""auto: which method a question asks for, and why; and the next one where the first finds nothing.

The choice itself is made in `choice.py`. It costs no call: what is looked up is looked up by words.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import numpy as np

from graphrag_drift.language.terms import content_terms, words
from graphrag_drift.query.basic_search import basic_search
from graphrag_drift.query.choice import Signs, choose, fallback, spread_of
from graphrag_drift.query.drift_search import drift_search
from graphrag_drift.query.global_search import global_search
from graphrag_drift.query.inquiry import Found, Inquiry
from graphrag_drift.query.linking import link
from graphrag_drift.query.local_search import local_search
from graphrag_drift.query.report_selection import reports_at
from graphrag_drift.query.retrieval import rank
from graphrag_drift.values import Event, Method

Search = Callable[[Inquiry], Awaitable[Found]]

SEARCHES: Mapping[Method, Search] = {
    "basic": basic_search,
    "local": local_search,
    "global": global_search,
    "drift": drift_search,
}
_BEST = 10  # text units whose communities are counted
_CHARACTERS = 4  # of a report, to a token: enough to guess calls by
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
    """What the chosen method finds; if that is nothing, what the next one does.

    A reader who has read text units and says that they hold no answer is believed: another selection of them would
    answer unanswerable questions far more often than it would mend a wrong refusal.
    """
    signs = signs_of(inquiry)
    method, reason = choose(signs)
    inquiry.observe(Event("routed", f"{method}: {reason}"))
    found = await SEARCHES[method](inquiry)
    notes: tuple[str, ...] = (f"auto chose {method}: {reason}",)
    following = fallback(method, signs)
    if not found.text and following and not any(row.kind == "source" for row in inquiry.ledger.rows.values()):
        inquiry.observe(Event("routed", f"{following}: {method} found nothing"))
        notes = (*notes, *found.notes, f"{method} found nothing, so {following} was tried")
        found = await SEARCHES[following](inquiry)
    return replace(found, notes=(*notes, *found.notes))


def signs_of(inquiry: Inquiry) -> Signs:
    """What the question and the index tell of which method fits."""
    question, graph, evidence = inquiry.question, inquiry.graph, inquiry.evidence
    names = link(question, evidence.names)
    unembedded = np.zeros(evidence.vectors.shape[1], dtype=np.float32)
    best = rank(question, unembedded, evidence, method="basic", k=_BEST)
    first = [rows[0] for _, rows in names if rows[0] < evidence.entities]
    titles = graph.entities["title"]
    whole = _WHOLE_CORPUS.search(question) is not None
    return Signs(
        words=len(words(question)) if content_terms(question) else 0,
        names=tuple(titles[rows[0]] if rows[0] < evidence.entities else name for name, rows in names),
        communities=len(set(graph.root_communities[first].tolist())),
        spread=spread_of(best.rows, best.scores, evidence.mentions, graph.root_communities),
        whole_corpus=whole,
        compares=_COMPARES.search(question) is not None,
        calls=_calls_of_global(inquiry) if whole else 2,
        paid=inquiry.paid,
    )


def _calls_of_global(inquiry: Inquiry) -> int:
    settings = inquiry.settings.global_search
    read = reports_at(inquiry.graph, settings.community_level)
    tokens = sum(len(report["full_content"]) for report in read) // _CHARACTERS
    return tokens // settings.data_max_tokens + 2
