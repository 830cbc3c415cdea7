"""An embedder that knows words weighs more than one made of terms, whatever the range of its cosines."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from graphrag_drift import Index
from graphrag_drift.providers.embedded.embedder import HashedTfidf
from graphrag_drift.query.evidence import Evidence
from graphrag_drift.query.frontier import FollowUp, choose_follow_ups
from graphrag_drift.query.nearness import UNRELATED, Scan
from graphrag_drift.query.retrieval import Method, rank

DICE = np.random.default_rng(13)
COMMON = DICE.standard_normal(384)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def narrow(meanings: NDArray[np.float64]) -> NDArray[np.float32]:
    """Vectors whose cosines are .7 and up, as those of E5 are, however little the meanings have in common."""
    return unit(2.0 * unit(COMMON) + unit(meanings))


@pytest.fixture(scope="module")
def dense(newsroom_index: Index) -> tuple[Evidence, NDArray[np.float64]]:
    """The newsroom with such vectors, and the meanings behind them."""
    evidence = newsroom_index.graph.evidence
    meanings = DICE.standard_normal((len(evidence.text_unit_ids), 384))
    return replace(evidence, vectors=Scan(narrow(meanings)).within(there(evidence))), meanings


def there(evidence: Evidence) -> NDArray[np.bool_]:
    """Whether each text unit has a vector."""
    return evidence.vectors.cosines(np.zeros(evidence.vectors.dimensions, dtype=np.float32))[0] != UNRELATED


def test_vectors_made_of_terms_are_told_from_those_of_an_embedder(
    newsroom_index: Index, dense: tuple[Evidence, NDArray[np.float64]]
) -> None:
    assert (newsroom_index.graph.evidence.dense, dense[0].dense) == (False, True)
    vectors = dense[0].vectors.sample(20)
    cosines = (vectors @ vectors.T)[np.triu_indices(20, 1)]
    assert 0.7 < cosines.min() < cosines.max() < 0.95


@pytest.mark.parametrize("method", ["basic", "local"])
def test_what_is_asked_in_other_words_is_found_though_a_number_is_all_that_the_index_knows(
    method: Method, dense: tuple[Evidence, NDArray[np.float64]]
) -> None:
    evidence, meanings = dense
    known = next(term for term in ("14", "2026", "10") if term in evidence.postings.columns)
    question = f"czy strajk w porcie trwa już {known} dni, i kto jest mediatorem"
    places: list[int] = []
    for row in np.flatnonzero(there(evidence))[:40]:
        vector = narrow(meanings[row] + 0.8 * DICE.standard_normal(384))
        places += [rank(question, vector, evidence, method=method, k=10).rows.tolist().index(row) + 1]
    assert float(np.mean([1 / place for place in places])) >= 0.9  # the mean reciprocal rank


def test_as_many_follow_ups_are_asked_whatever_the_range_of_the_cosines(newsroom_index: Index) -> None:
    lexicon, evidence = newsroom_index.graph.lexicon, newsroom_index.graph.evidence
    root = "What did the leak of Tank 14 lead to?"
    questions = [
        "Who signed the certificate of Tank 14?",
        "Which wells did the solvent of Tank 14 reach?",
        "What did the repair of Tank 14 cost?",
        "What is the cost of the repair of Tank 14?",
        "When was Tank 14 built?",
    ]
    vectors = asyncio.run(HashedTfidf(lexicon, 384).embed_questions([root, *questions]))
    texts = asyncio.run(HashedTfidf(lexicon, 384).embed_passages(evidence_texts(newsroom_index)))

    def chosen(evidence: Evidence, vectors: NDArray[np.float32]) -> list[str]:
        wanted = np.ones(len(evidence.text_unit_ids), np.float32)
        follow_ups = [FollowUp(question, 0.5) for question in questions]
        options = {"asked": [root], "asked_vectors": vectors[:1], "evidence": evidence, "wanted": wanted, "width": 5}
        choices, _ = choose_follow_ups(follow_ups, vectors[1:], **options)
        return [questions[place] for place, _ in choices]

    plain = chosen(replace(evidence, vectors=Scan(texts)), vectors)
    near = chosen(replace(evidence, vectors=Scan(crowded(texts))), crowded(vectors))
    assert len(plain) == 4
    assert sorted(near) == sorted(plain)


def evidence_texts(index: Index) -> list[str]:
    return [text for text, *_ in index.graph.text_unit_rows]


def crowded(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same vectors, with all cosines above .7."""
    return np.where(vectors.any(axis=1)[:, None], unit(2.0 * unit(COMMON) + vectors), np.float32(0))
