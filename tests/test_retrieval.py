"""Which text units are found: hand examples, and floors on public sets."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.query.bm25 import POSTINGS, Postings
from graphrag_drift.query.evidence import heading, link, normalise_rows, personalised_pagerank

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import data
import measure
import retrieval

PASSAGES = {
    "The Amber Road": "The Amber Road is a 1987 film directed by Sven Halvorsen and shot in Tallinn.",
    "Sven Halvorsen": "Sven Halvorsen was born in Bergen and died in 2001. He made eleven films.",
    "Bergen": "Bergen is a city on the west coast of Norway with a fish market.",
    "Tallinn": "Tallinn is the capital of Estonia.",
    "Mira Tal": "Mira Tal was born in Riga. She directed plays.",
    "Amber": "Amber is fossil tree resin.",
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of six passages."""
    settings = Settings.model_validate({"root": tmp_path_factory.mktemp("films")})
    frame = pl.DataFrame({"title": list(PASSAGES), "text": list(PASSAGES.values())})
    build_index_sync(settings, documents=frame)
    return Index.open_sync(settings)


def _titles(index: Index, question: str, method: str, k: int) -> list[str]:
    title_of = dict(index.graph.documents.select("id", "title").iter_rows())
    found = index.retrieve(question, method=method, k=k)  # type: ignore[arg-type]
    return [title_of[document] for document in found["document_id"]]


def test_local_follows_the_chain_that_words_do_not_show(films: Index) -> None:
    question = "Where was the director of The Amber Road born?"
    assert _titles(films, question, "local", 2) == ["The Amber Road", "Sven Halvorsen"]
    assert _titles(films, question, "auto", 2) == ["The Amber Road", "Sven Halvorsen"]


def test_local_follows_the_chain_without_titles_or_capitals(tmp_path: Path) -> None:
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings, documents=pl.DataFrame({"text": list(PASSAGES.values())}))
    index = Index.open_sync(settings)
    text_of = dict(index.graph.text_units.select("id", "text").iter_rows())
    found = index.retrieve("where was the director of the amber road born?", method="local", k=2)
    assert [text_of[unit] for unit in found["text_unit_id"]] == [PASSAGES["The Amber Road"], PASSAGES["Sven Halvorsen"]]


def test_ranking_does_not_depend_on_the_order_of_documents(films: Index, tmp_path: Path) -> None:
    settings = Settings.model_validate({"root": tmp_path})
    frame = pl.DataFrame({"title": list(PASSAGES), "text": list(PASSAGES.values())}).reverse()
    build_index_sync(settings, documents=frame)
    for method in ("basic", "local", "auto"):
        question = "Which film director was born in Bergen, or in Riga?"
        assert _titles(Index.open_sync(settings), question, method, 6) == _titles(films, question, method, 6)


def test_fewer_text_units_are_the_first_of_more(films: Index) -> None:
    for method in ("basic", "local", "auto"):
        more = _titles(films, "Where was the director of The Amber Road born?", method, 5)
        assert _titles(films, "Where was the director of The Amber Road born?", method, 3) == more[:3]


def test_repeating_a_term_says_it_more_fully_and_an_empty_text_says_nothing() -> None:
    postings = Postings.from_texts(["pier pier crane", "pier crane fog", ""], ["", "", "pier"])
    # BM25's tf / (tf + 1.2), as a share of what counts as fully said: 1.8 / 2.2 of its limit
    assert postings.shares_of(["pier"])[:, 0].tolist() == pytest.approx([2 / 3.2 * 2.2 / 1.8, 1 / 1.8, 0.0])
    assert postings.scores({"pier": 1.0, "unheard": 9.0})[2] == 0.0


def test_stored_postings_are_the_postings() -> None:
    postings = Postings.from_texts(["파업이 부두를 세웠다", "the strike shut the pier"])
    arrays = postings.arrays()
    again = Postings.from_arrays(arrays)
    assert tuple(arrays) == POSTINGS
    assert list(again.vocabulary) == list(postings.vocabulary)
    assert again.scores({"strike": 1.0}).tolist() == postings.scores({"strike": 1.0}).tolist()


def test_pagerank_of_two_neighbours_by_hand() -> None:
    # a = 1/2 + b/2, b = a/2: two thirds and one third; c is out of reach
    walk = normalise_rows(sp.csr_matrix(np.array([[0, 2, 0], [2, 0, 0], [0, 0, 0]], np.float32))).T.tocsr()
    rank = personalised_pagerank(walk, np.array([3, 0, 0], np.float32), restart=0.5)
    assert rank.tolist() == pytest.approx([2 / 3, 1 / 3, 0], abs=1e-4)
    assert personalised_pagerank(walk, np.zeros(3, np.float32), restart=0.5).tolist() == [0, 0, 0]


def test_the_longest_names_are_linked_and_qualifiers_are_no_part_of_a_heading() -> None:
    names = {"amber": (0,), "the amber road": (1, 4), "road": (2,)}
    assert link("Who made The Amber Road, and what is amber?", names) == [("the amber road", (1, 4)), ("amber", (0,))]
    assert [heading(title) for title in ("Pulse (film)", "Pulse", "2025-03-04-strike.txt", "(12)")] == [
        "Pulse",
        "Pulse",
        "",
        "",
    ]


def test_basic_finds_the_words(films: Index) -> None:
    assert _titles(films, "fossil resin", "basic", 1) == ["Amber"]


def test_scores_never_rise_and_nothing_is_found_twice(films: Index) -> None:
    for method in ("basic", "local", "auto"):
        found = films.retrieve("Who directed a film in Tallinn?", method=method, k=6)  # type: ignore[arg-type]
        assert found["score"].to_list() == sorted(found["score"].to_list(), reverse=True)
        assert found["text_unit_id"].n_unique() == found.height


def test_what_no_text_unit_says_finds_nothing(films: Index) -> None:
    assert films.retrieve("zzyzx", k=3).height == 0
    assert films.retrieve("?!", k=3).height == 0


@pytest.mark.skipif(not data.DATA.is_dir(), reason="the public sets in ../shared/data are absent")
@pytest.mark.parametrize(
    ("name", "passages", "every", "floors"),
    [
        ("multihop_news", 700, 20, {"basic": (0.69, 0.0)}),
        ("musique_100", 700, 1, {"local": (0.66, 0.42)}),
        ("2wiki_51", None, 1, {"local": (0.0, 0.80)}),
    ],
)
def test_floors_hold_and_auto_is_near_the_better_method(
    name: str, passages: int | None, every: int, floors: dict[str, tuple[float, float]], tmp_path: Path
) -> None:
    case = retrieval.CASES[name]
    corpus = case.read().bare().first(passages)
    index = Index.open_sync(measure.index_set(corpus, tmp_path))
    rankings = {m: measure.rank(index, corpus.questions[::every], m, case.k) for m in retrieval.METHODS}
    reached = {method: (measure.recall(found), measure.all_gold(found)) for method, found in rankings.items()}
    for method, (recall, full) in floors.items():
        assert reached[method][0] >= recall
        assert reached[method][1] >= full
    for part in (0, 1):
        assert reached["auto"][part] >= max(reached["basic"][part], reached["local"][part]) - 0.03
