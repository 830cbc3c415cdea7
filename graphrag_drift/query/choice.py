"""The signs of a question -> the method that fits it, and why. It reads no text and asks nobody.

What is expected of each method was measured by type of question: see `benchmarks/routing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from graphrag_drift.values import Method

Floats = NDArray[np.float32]

_BROAD, _BROAD_IF_PAID = 6.0, 10.0  # communities over which evidence is spread, from which a question is a broad one
_LONG = 14  # words of a question that asks for more than one thing, or describes at length what it asks for
_MOST_CALLS = 20  # what DRIFT may cost


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
    compares: bool = False
    calls: int = 2
    paid: bool = False


def choose(signs: Signs) -> tuple[Method, str]:
    """The method, and the reason as a clause."""
    if not signs.words:
        return "global", "the question has no words to search for"
    if signs.whole_corpus and not signs.names:
        return _of_the_whole(signs)
    if reason := _needs_rounds(signs):
        return "drift", reason
    if signs.names:
        named = f"the question names {signs.names[0]!r}, which the graph knows"
        saved = ", and more than one call would cost more than it promises" if signs.paid and signs.compares else ""
        return "local", named + saved
    return "basic", "the question names nothing that the graph knows"


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
    given: dict[int, float] = {}
    for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
        named = mentions.indices[mentions.indptr[row] : mentions.indptr[row + 1]]
        kinds = communities[named[named < len(communities)]]
        kinds = kinds[kinds >= 0]
        for kind in kinds.tolist():
            given[kind] = given.get(kind, 0.0) + score * score / len(kinds)
    shares = np.array(list(given.values())) / max(sum(given.values()), 1e-9)
    return float(np.exp(-(shares * np.log(np.maximum(shares, 1e-12))).sum())) if given else 0.0


def _of_the_whole(signs: Signs) -> tuple[Method, str]:
    reason = "the question is about the whole corpus"
    if signs.paid and signs.calls > _MOST_CALLS:
        return "drift", f"{reason}, and to read all its reports would take {signs.calls} calls"
    return "global", reason


def _needs_rounds(signs: Signs) -> str:
    """Why follow-up questions are worth what they cost; "" if they are not."""
    if len(signs.names) > 1 and signs.compares and (not signs.paid or signs.communities > 1):
        apart = f" of {signs.communities} communities" if signs.communities > 1 else ""
        return f"the question asks to connect {len(signs.names)} entities{apart}"
    if signs.spread >= (_BROAD_IF_PAID if signs.paid else _BROAD) and len(signs.names) < 2:
        return f"what the index has to say to it is spread over {signs.spread:.0f} communities"
    if not signs.paid and signs.words >= _LONG:
        return "the question says at length what it asks for, and follow-up questions cost nothing here"
    return ""
