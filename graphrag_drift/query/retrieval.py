"""question, Evidence -> text units, best first: lexical (basic), by the graph (local), or the fitter of both (auto)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.language.words import content_terms
from graphrag_drift.query.evidence import Evidence, entity_idf
from graphrag_drift.query.linking import link
from graphrag_drift.query.pagerank import personalised_pagerank

Method = Literal["local", "basic", "auto"]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Floats = NDArray[np.float32]

_FEEDBACK = 10  # text units whose entities are seeds
_FEEDBACK_SHARE = 0.5
_RESTART = 0.5


@dataclass(frozen=True)
class Ranking:
    """Text units of a question, best first, and what the graph made of it.

    `entities` has a score for each row of the table of entities: the seeds of local search.
    """

    rows: NDArray[np.int64]
    scores: Floats
    entities: Floats
    method: Literal["local", "basic"]
    reason: str


def rank(question: str, evidence: Evidence, *, method: Method, embed_question: Embed, k: int) -> Ranking:
    """The `k` text units that answer `question` best; fewer, if fewer have anything to do with it."""
    lexical = _lexical(question, evidence, embed_question)
    entities = entity_scores(question, evidence, lexical)
    chosen: Literal["local", "basic"] = "basic" if method == "basic" else "local"
    scores = lexical if chosen == "basic" else _graph_scores(entities, lexical, evidence)
    reason = "asked for"
    rows = best(scores, evidence.text_unit_ids, k)
    return Ranking(rows, scores[rows], entities[: evidence.entities], chosen, reason)


def entity_scores(question: str, evidence: Evidence, lexical: Floats) -> Floats:
    """(entities + headings,), how much each has to do with the question and with the best lexical text units."""
    idf = entity_idf(evidence.mentions)
    seeds = np.zeros(evidence.mentions.shape[1], dtype=np.float32)
    for _, rows in link(question, evidence.names):
        seeds[list(rows)] += idf[list(rows)] / len(rows)
    top = best(lexical, evidence.text_unit_ids, _FEEDBACK)
    feedback = np.asarray(evidence.mentions[top].T @ lexical[top]).ravel() * idf
    blended = (1 - _FEEDBACK_SHARE) * _unit_sum(seeds) + _FEEDBACK_SHARE * _unit_sum(feedback)
    return personalised_pagerank(evidence.walk, blended, restart=_RESTART)


def best(scores: Floats, ids: Sequence[str], k: int) -> NDArray[np.int64]:
    """The rows of the `k` largest positive scores, largest first, ties by id."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        cut = np.partition(scores[positive], len(positive) - k)[len(positive) - k]
        positive = positive[scores[positive] >= cut]
    ordered = sorted(positive.tolist(), key=lambda row: (-scores[row], ids[row]))
    return np.array(ordered[:k], dtype=np.int64)


def _lexical(question: str, evidence: Evidence, embed_question: Embed) -> Floats:
    counts = Counter(content_terms(question))
    return evidence.postings.scores({term: float(n) for term, n in counts.items()})


def _graph_scores(entities: Floats, lexical: Floats, evidence: Evidence) -> Floats:
    scores = np.asarray(evidence.mentions @ (entities * entity_idf(evidence.mentions))).ravel()
    return (scores / max(float(scores.max()), 1e-9) + lexical / max(float(lexical.max()), 1e-9)).astype(
        np.float32
    )


def _unit_sum(weights: Floats) -> Floats:
    return weights / max(float(weights.sum()), 1e-9)
