"""The embedded reader's answers on real questions stay as good as they were measured: see `benchmarks/answers.py`."""

import sys
from functools import lru_cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import answers
import data

pytestmark = pytest.mark.skipif(not data.DATA.is_dir(), reason="the real data is not at ../shared/data")


@lru_cache(maxsize=2)
def counts(name: str) -> dict[str, int]:
    return dict(answers.measure(*answers.SETS[name]()).counts)


def test_news_answers_hold_the_gold_answer_and_quote_the_evidence():
    found = counts("multihop_news")
    assert found["hit"] >= 0.52 * found["stringed"]
    assert found["quoted"] >= 0.56 * found["evidence"]


def test_unanswerable_news_questions_are_refused_and_few_others():
    found = counts("multihop_news")
    assert found["right"] >= 0.84 * found["null"]
    assert found["wrong"] <= 0.14 * found["answerable"]


def test_chained_questions_are_answered_from_what_was_found():
    found = counts("musique_100")
    assert found["hit"] >= 0.55 * found["shown"]
    assert found["wrong"] <= 0.06 * found["answerable"]
