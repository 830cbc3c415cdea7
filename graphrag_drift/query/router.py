"""auto: which method a question asks for, and why; and the next one where the first finds nothing.

It costs no call: what is looked up is looked up by words. Read `auto_search`, then `signs_of` (what a question and the
index tell) and `choose` (what follows from it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.language.detect import either
from graphrag_drift.language.forms import ABOUT_TEXTS, asks_for_latest, form_of, surveys
from graphrag_drift.language.terms import STOPWORDS, content_terms, words
from graphrag_drift.patterns import lazy_pattern
from graphrag_drift.query.evidence import link
from graphrag_drift.query.global_search import reports_at
from graphrag_drift.query.inquiry import Inquiry, SearchResult, search
from graphrag_drift.query.retrieval import rank
from graphrag_drift.values import Event, Method

Floats = NDArray[np.float32]

_BROAD = 10.0  # communities over which evidence is spread, from which a question is a broad one
_MOST_CALLS = 20  # about what lazy search costs


@dataclass(frozen=True)
class Signs:
    """What a question and the index tell before anything is searched.

    `names`: those the graph knows; `communities`: how many of level 0 these are in, `spread`: over how many the best
    evidence is spread; `calls`: what global search would ask the reader; `paid`: whether each such call costs.
    """

    words: int
    names: tuple[str, ...] = ()
    communities: int = 0
    spread: float = 0.0
    whole_corpus: bool = False
    form: str = ""
    compares: bool = False
    calls: int = 2
    paid: bool = False


def choose(signs: Signs) -> tuple[Method, str]:
    """The method, and the reason as a clause."""
    if not signs.words:
        return "global", "the question has no words to search for"
    if signs.form == "people":
        return "local", "the question is for people, whom the graph knows by weight"
    if signs.whole_corpus and not signs.names:
        return _of_the_whole(signs)
    if not signs.paid:
        return _of_free(signs)
    if reason := _connects(signs):
        return "drift", reason
    if signs.spread >= _BROAD and len(signs.names) < 2:
        return "lazy", f"what the index has to say to it is spread over {signs.spread:.0f} communities"
    if signs.names:
        named = f"the question names {signs.names[0]!r}, which the graph knows"
        saved = ", and more than one call would cost more than it promises" if signs.compares else ""
        return "local", named + saved
    return "basic", "the question names nothing that the graph knows"


def _of_free(signs: Signs) -> tuple[Method, str]:
    """Where no call costs anything, all that local search reads is read; DRIFT goes on where it connects entities."""
    if len(signs.names) > 1 and signs.compares and signs.form != "comparison":
        return "drift", f"the question asks to connect {len(signs.names)} entities"
    if signs.names:
        return "local", f"the question names {signs.names[0]!r}, which the graph knows"
    return "local", "the evidence and what the graph has around it are read"


def fallback(method: Method, signs: Signs) -> Method | None:
    """What to try when `method` found nothing to read, or no report had the answer; None: nothing."""
    if method == "global":
        return "local" if signs.paid else "drift"
    return "basic" if method == "local" else None


def spread_of(
    rows: NDArray[np.int64], scores: Floats, mentions: sp.csr_matrix, communities: NDArray[np.int64]
) -> float:
    """Over how many communities the evidence is spread: the exponential of the entropy of its shares; 0 for none.

    Each text unit of `rows` gives its score, squared, to the communities (-1: none) of the entities that it mentions.
    Source: Hill 1973, the effective number of kinds.
    """
    weight_of: dict[int, float] = {}
    for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
        named = mentions.indices[mentions.indptr[row] : mentions.indptr[row + 1]]
        kinds = communities[named[named < len(communities)]]
        kinds = kinds[kinds >= 0]
        for kind in kinds.tolist():
            weight_of[kind] = weight_of.get(kind, 0.0) + score * score / len(kinds)
    shares = np.array(list(weight_of.values())) / max(sum(weight_of.values()), 1e-9)
    return float(np.exp(-(shares * np.log(np.maximum(shares, 1e-12))).sum())) if weight_of else 0.0


def _of_the_whole(signs: Signs) -> tuple[Method, str]:
    reason = "the question is about the whole corpus"
    if signs.paid and signs.calls > _MOST_CALLS:
        return "lazy", f"{reason}, and to read all its reports would take {signs.calls} calls"
    return "global", reason


def _connects(signs: Signs) -> str:
    """Why follow-up questions are worth what they cost; "" if they are not."""
    if len(signs.names) > 1 and signs.compares and signs.communities > 1:
        return f"the question asks to connect {len(signs.names)} entities of {signs.communities} communities"
    return ""


_BEST = 10  # text units whose communities are counted
_CHARACTERS = 4  # of a report, to a token: enough to guess calls by
_WHOLE_CORPUS = lazy_pattern(either(lambda language: language.asking.whole_corpus), re.IGNORECASE)
_COMPARES = lazy_pattern(either(lambda language: language.asking.compares), re.IGNORECASE)


async def auto_search(inquiry: Inquiry) -> SearchResult:
    """What the chosen method finds; if that is nothing, what the next one does.

    A reader who has read text units and says that they hold no answer is believed: another selection of them would
    answer unanswerable questions far more often than it would mend a wrong refusal.
    """
    signs = signs_of(inquiry)
    method, reason = choose(signs)
    inquiry.observe(Event("routed", f"{method}: {reason}"))
    result = await search(inquiry, method)
    notes: tuple[str, ...] = (f"auto chose {method}: {reason}",)
    following = fallback(method, signs)
    if not result.answered and following and not any(row.kind == "source" for row in inquiry.ledger.rows.values()):
        inquiry.observe(Event("routed", f"{following}: {method} found nothing"))
        notes = (*notes, *result.notes, f"{method} found nothing, so {following} was tried")
        result = await search(inquiry, following)
    return replace(result, notes=(*notes, *result.notes))


def signs_of(inquiry: Inquiry) -> Signs:
    """What the question and the index tell of which method fits."""
    question, graph, evidence = inquiry.question, inquiry.graph, inquiry.evidence
    names = link(question, evidence.names)
    unembedded = np.zeros(evidence.vectors.dimensions, dtype=np.float32)
    best = rank(question, unembedded, evidence, method="basic", k=_BEST)
    first = [rows[0] for _, rows in names if rows[0] < evidence.entities]
    titles = graph.entities["title"]
    whole = _WHOLE_CORPUS.search(question) is not None or _names_no_subject(question)
    return Signs(
        words=len(words(question)) if content_terms(question) else 0,
        names=tuple(titles[rows[0]] if rows[0] < evidence.entities else name for name, rows in names),
        communities=len(set(graph.root_communities[first].tolist())),
        spread=spread_of(best.rows, best.scores, evidence.mentions, graph.root_communities),
        whole_corpus=whole,
        form=form_of(question) or "",
        compares=_COMPARES.search(question) is not None,
        calls=_calls_of_global(inquiry) if whole else 2,
        paid=inquiry.paid,
    )


def _names_no_subject(question: str) -> bool:
    """Whether all its words are about asking, "What happened?", "What is this about?", and so about everything there
    is."""
    content = set(content_terms(question))
    if form_of(question) == "overview":
        content -= STOPWORDS
    return ABOUT_TEXTS.issuperset(content) and not (surveys(question) or asks_for_latest(question))


def _calls_of_global(inquiry: Inquiry) -> int:
    settings = inquiry.settings.global_search
    read = reports_at(inquiry.graph, settings.community_level)
    tokens = sum(len(report["full_content"]) for report in read) // _CHARACTERS
    return tokens // settings.data_max_tokens + 2
