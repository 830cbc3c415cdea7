"""The example corpus keeps its promises: sizes, languages, and evidence that stands verbatim in the articles.

Deliberately does not index or query anything.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
ARTICLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((NEWSROOM / "articles").glob("*.txt"))}
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (NEWSROOM / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
AT_LEAST = {
    "single_fact": 14,
    "multi_hop": 8,
    "comparison": 4,
    "temporal": 5,
    "whole_corpus": 4,
    "korean": 6,
    "unanswerable": 6,
}
BYLINE = re.compile(r"(By .+|.+ 기자) \| [^|]+ \| (\d{4}-\d{2}-\d{2})")
WIRE_COPIES = [
    (
        "2025-03-03-harbor-wire-dockers-walk-out.txt",
        "2025-03-03-corvane-courier-port-shut-as-dockers-strike.txt",
        "2025-03-04-tamsin-post-dockers-strike-shuts-port-ellery.txt",
    ),
    (
        "2025-04-08-harbor-wire-brackwater-do-not-drink.txt",
        "2025-04-08-pacific-ledger-solvent-found-in-brackwater-water.txt",
    ),
    ("2025-05-09-hannuri-garam-trial-paused.txt", "2025-05-09-saebyeok-garam-trial-paused.txt"),
    ("2025-06-02-harbor-wire-ostrander-chapter-11.txt", "2025-06-02-tamsin-post-ostrander-bankrupt.txt"),
    ("2025-06-11-harbor-wire-runoff.txt", "2025-06-11-corvane-courier-oyelaran-leads-runoff.txt"),
]


def body(text: str) -> str:
    return text.split("\n\n", 1)[1]


def is_korean(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return sum("가" <= char <= "힣" for char in letters) > 0.5 * len(letters)


def sentences(text: str) -> set[str]:
    return set(re.split(r"(?<=[.?!\"])\s+", body(text).strip()))


def test_corpus_has_enough_articles_and_korean_ones() -> None:
    assert len(ARTICLES) >= 52
    assert sum(is_korean(text) for text in ARTICLES.values()) >= 12


@pytest.mark.parametrize("name", ARTICLES)
def test_article_has_headline_byline_and_150_to_700_words(name: str) -> None:
    headline, byline, blank = ARTICLES[name].split("\n")[:3]
    match = BYLINE.fullmatch(byline)
    assert headline
    assert not blank
    assert match is not None
    assert name.isascii()
    assert name.startswith(match[2])
    assert 150 <= len(body(ARTICLES[name]).split()) <= 700


@pytest.mark.parametrize("copies", WIRE_COPIES, ids=lambda copies: copies[0])
def test_wire_copies_share_all_but_a_sentence_or_two(copies: tuple[str, ...]) -> None:
    original, *others = (sentences(ARTICLES[name]) for name in copies)
    for other in others:
        assert 1 <= len(original ^ other) <= 3


def test_corrections_say_so() -> None:
    assert sum("\nCORRECTION: " in text for text in ARTICLES.values()) >= 3


def test_question_ids_are_unique_and_every_type_is_there_often_enough() -> None:
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS) >= 46
    counts = Counter(question["type"] for question in QUESTIONS)
    assert counts.keys() == AT_LEAST.keys()
    assert {kind: counts[kind] for kind in AT_LEAST if counts[kind] < AT_LEAST[kind]} == {}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_every_quote_stands_verbatim_in_a_gold_article(question: dict[str, Any]) -> None:
    assert question.keys() == {"id", "type", "question", "language", "gold", "evidence", "answer"}
    assert question["answer"]
    assert (question["language"] == "ko") == is_korean(question["question"])
    for evidence in question["evidence"]:
        assert evidence["quote"].strip()
        assert evidence["quote"] in body(ARTICLES[evidence["article"]])
    assert question["gold"] == sorted({evidence["article"] for evidence in question["evidence"]})


def test_only_unanswerable_questions_have_no_gold() -> None:
    assert {q["id"] for q in QUESTIONS if not q["gold"]} == {q["id"] for q in QUESTIONS if q["type"] == "unanswerable"}
    assert {q["answer"] for q in QUESTIONS if not q["gold"]} == {"The articles do not say."}


def test_korean_questions_are_asked_in_korean() -> None:
    assert {q["language"] for q in QUESTIONS if q["type"] == "korean"} == {"ko"}
