"""Hashed TF-IDF: unit vectors that depend on the text and the corpus alone."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.embedder import HashedTfidf

DATA = Path(__file__).parent.parent / "../shared/data"
CORPUS = [
    "The dockers of Corvane ended their strike after a mediator proposed higher pay.",
    "Lead was found in the water of four schools in the valley.",
    "The trial of the drug was stopped because containers were stuck at the port.",
    "부산항 노조는 12일 파업에 들어간다고 밝혔다.",
    "The election of the mayor was held in April, and turnout was low.",
]
LEXICON = Lexicon.from_texts(CORPUS)


def test_signs_alone_are_no_terms():
    assert not asyncio.run(HashedTfidf(LEXICON, 128).embed_passages([" ... "])).any()


@pytest.mark.parametrize(
    ("question", "best"),
    [("When did the dockers strike?", 0), ("What was in the schools' water?", 1), ("부산항은 왜 파업했나?", 3)],
)
def test_a_question_is_nearest_to_the_passage_with_its_rare_words(question, best):
    embedder = HashedTfidf(LEXICON, 1024)
    scores = asyncio.run(embedder.embed_passages(CORPUS)) @ asyncio.run(embedder.embed_questions([question]))[0]
    assert int(scores.argmax()) == best


def test_a_question_is_not_weighed_by_its_function_words():
    embedder = HashedTfidf(LEXICON, 256)
    asked, plain = asyncio.run(
        embedder.embed_questions(["What is it that the mediator proposed?", "mediator proposed"])
    )
    assert (asked == plain).all()


def test_vectors_are_the_same_in_another_process_whatever_its_hash_seed():
    code = (
        "import asyncio\n"
        "from graphrag_drift.language.statistics import Lexicon\n"
        "from graphrag_drift.providers.embedded.embedder import HashedTfidf\n"
        f"corpus = {CORPUS!r}\n"
        "e = HashedTfidf(Lexicon.from_texts(corpus[::-1]), 64)\n"
        "print(e.id, asyncio.run(e.embed_passages(corpus)).tobytes().hex())"
    )
    here = HashedTfidf(LEXICON, 64)
    expected = f"{here.id} {asyncio.run(here.embed_passages(CORPUS)).tobytes().hex()}"
    env = {"PYTHONHASHSEED": "7", "PATH": "", "PYTHONPATH": str(Path(__file__).parent.parent)}
    there = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == expected


def test_the_terms_that_an_index_holds_give_the_same_vectors_bit_for_bit():
    texts = [
        *CORPUS,
        "",
        " ... ",
        "strike strike strike",
        *(f"{one} {other}" for one in CORPUS for other in CORPUS),
    ] * 20
    held = HashedTfidf(LEXICON, 256).passage_terms(texts)
    again = HashedTfidf(LEXICON, 256).vectors_of(held)
    assert again.tobytes() == asyncio.run(HashedTfidf(LEXICON, 256).embed_passages(texts)).tobytes()
    assert HashedTfidf(LEXICON, 256).vectors_of(HashedTfidf(LEXICON, 256).passage_terms([])).shape == (0, 256)


def test_the_id_names_dimensions_and_corpus():
    other = Lexicon.from_texts(CORPUS[:-1])
    ids = {HashedTfidf(LEXICON, 64).id, HashedTfidf(LEXICON, 128).id, HashedTfidf(other, 64).id}
    assert len(ids) == 3


def test_recall_on_chained_questions_is_that_of_lexical_retrieval():
    if not DATA.is_dir():
        pytest.skip("needs the passages and questions of ../shared/data/musique_100")
    passages, questions = (
        [json.loads(line) for line in (DATA / "musique_100" / name).read_text("utf-8").splitlines()]
        for name in ("corpus.jsonl", "queries.jsonl")
    )
    texts = [f"{passage['title']}\n{passage['text']}" for passage in passages]
    embedder = HashedTfidf(Lexicon.from_texts(texts), 1024)
    scores = (
        asyncio.run(embedder.embed_questions([q["question"] for q in questions]))
        @ asyncio.run(embedder.embed_passages(texts)).T
    )
    first = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    found = [len({*rows} & {*q["gold_docs"]}) / len(q["gold_docs"]) for rows, q in zip(first, questions, strict=True)]
    assert np.mean(found) >= 0.50
