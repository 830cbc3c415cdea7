"""The public sets are read whole, and what a benchmark lacks is said in a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import data
import measure

real = pytest.mark.skipif(not data.DATA.is_dir(), reason="the public sets in ../shared/data are absent")


@real
@pytest.mark.parametrize(
    ("read", "documents", "questions"),
    [
        (data.newsroom, 60, 62),
        (data.multihop_news, 981, 2556),
        (data.musique_100, 1890, 100),
        (data.wiki_51, 421, 51),
        (data.wiki_1000, 6119, 477),
        (data.hotpotqa_200, 1971, 200),
        (data.podcasts, 1669, 125),
        (data.podcast_episodes, 60, 0),
        (data.earnings_calls, 41, 40),
        (data.christmas_carol, 1, 0),
    ],
)
def test_a_set_is_read_whole_and_its_gold_is_among_its_documents(
    read: Callable[[], data.Corpus], documents: int, questions: int
) -> None:
    corpus = read()
    ids = set(corpus.documents["id"])
    assert (len(corpus.documents), len(ids), len(corpus.questions)) == (documents, documents, questions)
    assert all(question.gold <= ids for question in corpus.questions)
    assert not any(question.gold for question in corpus.questions if not question.answerable)


@real
def test_annotated_texts_and_recorded_replies_are_read_whole() -> None:
    assert len(data.redocred_dev()) == 500
    assert sum(len(sentence.entities) for sentence in data.klue_ner_ko()) == 14_257
    assert len(data.in_the_news()) == 3_546
    assert len(data.openie_records()) == 1_890
    assert [len(data.recorded_cache("gpt4o")), len(data.recorded_cache("dickens"))] == [187, 151]
    assert [len(data.llm_replies_newsroom()), len(data.llm_replies_newsroom(faulty=True))] == [164, 62]
    assert sum(step.answer is not None for tree in data.drift_trees() for step in tree.steps) == 1_890
    assert len(data.plain_questions()) == 75
    assert data.graphrag_index("dulce").relationships.height == 107


def test_an_absent_file_and_a_missing_package_end_a_script_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^this benchmark needs .*absent\.jsonl$"):
        data.read_lines(tmp_path / "absent.jsonl")
    with pytest.raises(
        SystemExit, match=r"^this benchmark needs no_such_package: run `pip install --group benchmarks`"
    ):
        measure.require("json", "no_such_package")


def test_measures_of_what_was_found() -> None:
    rankings = [
        measure.Ranking(frozenset("ab"), ("x", "a", "b")),
        measure.Ranking(frozenset("c"), ("d",)),
    ]
    assert measure.recall(rankings) == 0.5
    assert measure.recall(rankings, 2) == 0.25
    assert measure.all_gold(rankings) == 0.5
