"""What the embedded extractor finds in each text unit -> which of them a model reads: the core of a corpus.

Text units are linked by the names that they share, and the core are those that a random walk over the links visits
most. Source: KET-RAG, Huang et al. 2025 (arXiv 2502.09304), section 4.1, which links text units by words and vectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil

import numpy as np
import scipy.sparse as sp

from graphrag_drift.tasks.indexing import GraphDraft

_DAMPING = 0.85
_STEPS = 50  # .85 ** 50 is below a thousandth: ranks no longer move
_DIGITS = 12  # of a rank; more would tell apart what is equal but for rounding


def core(drafts: Sequence[GraphDraft], ids: Sequence[str], share: float) -> frozenset[int]:
    """The places of that share of `drafts`, rounded up, whose names link them most; ties go by id."""
    ranks = np.round(_ranks(drafts), _DIGITS)
    order = sorted(range(len(drafts)), key=lambda place: (-ranks[place], ids[place]))
    return frozenset(order[: ceil(share * len(drafts))])


def _ranks(drafts: Sequence[GraphDraft]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(drafts,), their PageRank: a step goes to one of its names, rarer ones likelier, then to any that has it.

    From one that shares no name it goes anywhere.
    """
    named = [sorted({entity.name.casefold() for entity in draft.entities}) for draft in drafts]
    units = Counter(name for names in named for name in names)
    linking = sorted(name for name, count in units.items() if count > 1)
    places = {name: place for place, name in enumerate(linking)}
    cells = [(row, places[name]) for row, names in enumerate(named) for name in names if name in places]
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    has = sp.csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(drafts), len(linking)))
    count = np.array([units[name] for name in linking], dtype=np.float64)
    leaving = has.multiply(np.log1p(len(drafts) / count)).tocsr()
    total = np.asarray(leaving.sum(axis=1)).ravel()
    ranks = np.full(len(drafts), 1.0 / max(len(drafts), 1))
    for _ in range(_STEPS):
        at_names = leaving.T @ (ranks / np.where(total > 0, total, 1.0))
        walked = has @ (at_names / count)
        ranks = _DAMPING * walked + (1.0 - _DAMPING * walked.sum()) / max(len(drafts), 1)
    return ranks
