"""When the embedded reader says that the texts do not tell."""

from __future__ import annotations

import asyncio

import pytest

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.embedded.support import lacks_personal_fact
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Shown, Span

BIRCH = (
    "Dr. Nora Birch, the chief toxicologist of the Water Board, spoke to reporters in the high school gymnasium. "
    "She said that the wells of Alder Falls were safe again. Reporters asked Ms. Birch about the study that the state "
    "paid for in 2019. Her deputy, Paul Stokes, was sentenced to two years in prison for selling the results."
)
MILL = "The Alder Falls paper mill will close in June. Its owner, Corran Holdings, blames the price of timber."


def ask(question: str, *texts: str) -> str:
    shown = [
        Shown(mark, "source", text, (Span(f"d{mark}", f"t{mark}", 0, len(text)),)) for mark, text in enumerate(texts, 1)
    ]
    return asyncio.run(ExtractiveReader(Lexicon.from_texts(texts)).read(AnswerQuestion(question, tuple(shown))))


def rows(*texts: str) -> list[Shown]:
    return [Shown(mark, "source", text) for mark, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    "question",
    [
        "Where did Nora Birch study toxicology?",
        "Which law school did Dr. Nora Birch attend?",
        "How much is Nora Birch paid by the Water Board?",
        "Where was Nora Birch born?",
        "How old is Nora Birch?",
        "Who is Nora Birch married to?",
        "What is the salary of Nora Birch?",
        "Who is the husband of Nora Birch?",
        "What is Nora Birch's birthplace?",
    ],
)
def test_a_fact_of_a_life_that_no_sentence_about_the_person_tells_is_not_answered(question: str) -> None:
    assert ask(question, BIRCH, MILL) == ""


@pytest.mark.parametrize(
    ("question", "telling"),
    [
        ("Where did Nora Birch study toxicology?", "Nora Birch graduated from Corvane State in 1994."),
        ("How much is Nora Birch paid by the Water Board?", "Ms. Birch has a salary of $140,000."),
        ("Where was Nora Birch born?", "Nora Birch was born in Alder Falls."),
        ("How old is Nora Birch?", "Nora Birch, 54, has led the Water Board since 2015."),
        ("Who is Nora Birch married to?", "Nora Birch spoke first. Her husband, Leo, runs a bakery."),
        ("What sentence did the court give Paul Stokes?", BIRCH),
    ],
)
def test_a_fact_of_a_life_that_is_told_is_answered(question: str, telling: str) -> None:
    assert ask(question, telling, BIRCH, MILL)


@pytest.mark.parametrize(
    "question",
    [
        "Which university employs Nora Birch?",
        "What did the study that Nora Birch was asked about cost?",
        "Where was the founder of Nora Birch's agency born?",
        "Where was the director of the film Nora Birch born?",
        "How old is the paper mill?",
    ],
)
def test_what_is_no_fact_of_the_persons_life_is_left_to_the_words(question: str) -> None:
    assert not lacks_personal_fact(question, ("Nora Birch",) if "Birch" in question else (), rows(BIRCH))


def test_a_fact_told_of_another_person_does_not_count() -> None:
    assert lacks_personal_fact("What sentence did the court give Nora Birch?", ("Nora Birch",), rows(BIRCH[:230]))
    assert lacks_personal_fact("Where was Nora Birch born?", ("Nora Birch",), rows("Paul Stokes was born in Leeds."))


def test_korean_questions_about_a_life_are_held_to_the_same() -> None:
    asked = "윤태건 회장은 어느 대학을 졸업했나?"
    assert lacks_personal_fact(asked, ("윤태건",), rows("윤태건 회장은 3일 부산에서 기자들과 만났다."))
    assert not lacks_personal_fact(asked, ("윤태건",), rows("윤태건 회장은 부산대를 졸업했다."))


def test_somebody_of_whom_no_text_has_a_word_is_not_answered_about() -> None:
    assert ask("What did Senator Ilse Quarrington say about the paper mill that will close in June?", BIRCH, MILL) == ""
    assert ask("Who blames the price of timber for the end of the Alder Falls paper mill?", BIRCH, MILL)


def test_what_many_rows_cover_by_chance_does_not_support_an_answer() -> None:
    """Each word of the question stands somewhere, none beside the others."""
    asked = (
        "Which minister opened the tidal power station that Corran Holdings built near the northern harbor in spring?"
    )
    words = (
        "minister",
        "opened",
        "tidal",
        "power",
        "station",
        "built",
        "northern",
        "harbor",
        "spring",
        "Corran Holdings",
    )
    apart = [f"The {word} was on the list of number {n}, with much else of no account." for n, word in enumerate(words)]
    filler = [f"Item {n} of the list is a plain one and says nothing of note to anybody." for n in range(60)]
    together = "The minister Ann Lowe opened the tidal power station of Corran Holdings near the northern harbor."
    assert ask(asked, *apart, *filler) == ""
    assert "Ann Lowe" in ask(asked, together, *apart, *filler)
