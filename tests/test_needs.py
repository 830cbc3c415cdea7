"""What is left to ask of a question of several steps, and how DRIFT comes to its answer without a model."""

from __future__ import annotations

import polars as pl
import pytest

from graphrag_drift import Branch, Index, Settings, build_index_sync
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.needs import bind, needs
from graphrag_drift.providers.embedded.question import Question, understand
from graphrag_drift.providers.embedded.sentences import candidates_of
from graphrag_drift.providers.embedded.weights import Knowledge, knowledge_of
from graphrag_drift.values import Shown, Span

FILM = "Harbour Nights is a 1926 film directed by Ann Hale and written by Piet Brandt. It was shot in Tallow."
DIRECTOR = "Ann Hale was born in Tallow in 1890. Hale was the daughter of Otto Hale. She liked the sea."
FATHER = "Otto Hale was a judge. He died on 3 May 1931 in Ostby."
WRITER = "Piet Brandt was a writer. He died on 9 June 1940 in Kallen."
TITLES = {"Harbour Nights": FILM, "Ann Hale": DIRECTOR, "Otto Hale": FATHER, "Piet Brandt": WRITER}


def row(mark: int, title: str, text: str) -> Shown:
    return Shown(mark, "source", text, (Span(title, title, 0, len(text)),), title, "", 1.0)


ROWS = tuple(row(mark, title, text) for mark, (title, text) in enumerate(TITLES.items(), start=1))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return knowledge_of(Lexicon.from_texts(list(TITLES.values())))


def asked(text: str, knowledge: Knowledge) -> Question:
    return understand(text, knowledge.vocabulary, knowledge.rarity)


@pytest.mark.parametrize(
    ("question", "name", "left"),
    [
        ("Where did the director of Harbour Nights die?", "Ann Hale", "Where did Ann Hale die?"),
        (
            "When was the father of the director of Harbour Nights born?",
            "Ann Hale",
            "When was the father of Ann Hale born?",
        ),
        ("What did the performer of Harbour Nights win?", "Ann Hale", "What did Ann Hale win?"),
        ("When did Harbour Nights's director die?", "Ann Hale", "When did Ann Hale die?"),
        # What stands between the two names is no part of either.
        (
            "What does the fog in Harbour Nights have to do with the director?",
            "Ann Hale",
            "What does the fog in Ann Hale have to do with the director?",
        ),
    ],
)
def test_a_name_takes_the_place_of_what_the_sentence_says(
    question: str, name: str, left: str, knowledge: Knowledge
) -> None:
    lead = candidates_of(ROWS)[0]
    assert bind(asked(question, knowledge), lead, name) == left


def test_nothing_is_left_of_a_question_that_a_sentence_says_whole(knowledge: Knowledge) -> None:
    lead = candidates_of(ROWS)[0]
    assert bind(asked("Who directed Harbour Nights?", knowledge), lead, "Ann Hale") == ""


def test_the_likeliest_name_is_asked_about_first(knowledge: Knowledge) -> None:
    question = asked("Where did the director of Harbour Nights die?", knowledge)
    first, *_ = needs(question, candidates_of(ROWS), 4, knowledge)
    assert first.question == "Where did Ann Hale die?"
    assert first.lead.sentence.text.startswith("Harbour Nights is a 1926 film")
    assert 0.0 < first.strength <= 1.0


def test_a_question_that_asks_for_no_fact_leaves_no_needs(knowledge: Knowledge) -> None:
    question = asked("Summarize what is known about the director of Harbour Nights.", knowledge)
    assert needs(question, candidates_of(ROWS), 4, knowledge) == []


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Index:
    settings = Settings.model_validate({"root": tmp_path_factory.mktemp("films")})
    documents = pl.DataFrame({"id": list(TITLES), "title": list(TITLES), "text": list(TITLES.values())})
    build_index_sync(settings, documents=documents)
    return Index.open_sync(settings)


def answers(branch: Branch) -> dict[str, str]:
    below = {question: text for child in branch.children for question, text in answers(child).items()}
    return {branch.question: branch.answer} | below


def test_drift_asks_what_is_left_with_each_name_that_it_finds_on_the_way(films: Index) -> None:
    answer = films.ask_sync("When did the father of the director of Harbour Nights die?", method="drift")
    assert answer.tree is not None
    asked_and_answered = answers(answer.tree)
    assert "When did the father of Ann Hale die?" in asked_and_answered
    assert "3 May 1931" in asked_and_answered["When did Otto Hale die?"]


@pytest.mark.parametrize("question", ["Who directed Harbour Nights?", "Where did Otto Hale die?"])
def test_drift_begins_with_the_answer_of_local_search(question: str, films: Index) -> None:
    local, drift = (films.ask_sync(question, method=method) for method in ("local", "drift"))
    assert drift.form == local.form
    assert drift.items[0] == local.items[0]
    texts = [item.text for item in drift.items]
    assert len(texts) == len(set(texts))
