"""Which text units are found: hand examples, and floors on public sets."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
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


@pytest.mark.skipif(not retrieval.DATA.is_dir(), reason="the public sets in ../shared/data are absent")
@pytest.mark.parametrize(
    ("name", "every", "floors"),
    [
        ("multihop_news", 10, {"basic": (0.69, 0.0)}),
        ("musique_100", 1, {"local": (0.66, 0.42)}),
        ("2wiki_51", 1, {"local": (0.0, 0.80)}),
    ],
)
def test_floors_hold_and_auto_is_near_the_better_method(
    name: str, every: int, floors: dict[str, tuple[float, float]], tmp_path: Path
) -> None:
    chosen = next(one for one in retrieval.SETS if one.name == name)
    index = retrieval.build(chosen, tmp_path)
    reached = {method: retrieval.shares(retrieval.ask(index, chosen, method, every)) for method in retrieval.METHODS}
    for method, (recall, full) in floors.items():
        assert reached[method][0] >= recall
        assert reached[method][1] >= full
    for measure in (0, 1):
        assert reached["auto"][measure] >= max(reached["basic"][measure], reached["local"][measure]) - 0.03
