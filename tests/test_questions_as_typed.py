"""Questions as people type them: misspelled words, follow-ups, and questions that no search by words answers."""

from __future__ import annotations

import pytest

from graphrag_drift import Index
from graphrag_drift.language.spelling import mend_spelling, written_otherwise
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.providers.embedded.question import Question, stand_alone, understand

TEXTS = (
    "The mayor, Miriam Oyelaran, stopped the trial. The collapse of a broad wall was seen by Oyelaran.",
    "Many said that Miriam Oyelaran wrote of stores in Port Ellery. The port was shut by Miriam Oyelaran.",
    "The strike at the port of Port Ellery was ended by Ingrid Solvay. It was Ingrid Solvay who proposed a truce.",
)
STATISTICS = Statistics.from_texts(TEXTS)


def asked(text: str) -> Question:
    return understand(text, STATISTICS, STATISTICS.rarity)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how old is miriam oyelaren", "how old is miriam oyelaran"),
        ("who is Miriam Oyelran", "who is Miriam oyelaran"),
        ("who is Miriam Oyelarann", "who is Miriam oyelaran"),
        ("who is Miraim Oyelaran", "who is miriam Oyelaran"),
        ("why was the trial stoped", "why was the trial stopped"),
        ("the colapse of a wall", "the collapse of a wall"),
        ("the strke at the port", "the strike at the port"),
        ("who propozed a truce", "who proposed a truce"),
    ],
)
def test_a_word_with_one_wrong_letter_is_read_as_the_documents_have_it(typed: str, meant: str) -> None:
    assert mend_spelling(typed, STATISTICS)[0] == meant


@pytest.mark.parametrize(
    "question",
    [
        "How long should bread rise?",  # not "broad"
        "What did Oyelaran write?",  # not "wrote"
        "What are the main stories?",  # not "stores"
        "Who stops the trials of Oyelaran's mayors?",  # known by their stems
        "Was Pott there?",  # too far from any name by its length, or short
        "",
    ],
)
def test_another_word_is_no_misspelling(question: str) -> None:
    assert mend_spelling(question, STATISTICS) == (question, {})


def test_what_was_read_for_what_is_told() -> None:
    assert mend_spelling("oyelaren and oyelaren", STATISTICS) == ("oyelaran and oyelaran", {"oyelaren": "oyelaran"})


def test_a_short_word_is_mended_where_it_makes_a_name_with_the_word_before_it() -> None:
    statistics = Statistics.from_texts(["Amy Hood spoke. The hood of the car was red. Hold it."])
    assert mend_spelling("who is amy hod", statistics) == ("who is amy hod", {})
    mended = mend_spelling("who is amy hod", statistics, {"amy hood"}.__contains__)
    assert mended == ("who is amy hood", {"hod": "hood"})


def test_an_acronym_that_the_documents_do_not_have_is_spelled_out() -> None:
    assert mend_spelling("Who is the CEO of Halm?", STATISTICS)[0] == "Who is the chief executive of Halm?"
    known = Statistics.from_texts(["The CEO of Halm spoke."])
    assert mend_spelling("Who is the CEO of Halm?", known)[0] == "Who is the CEO of Halm?"


def test_an_office_has_two_ways_of_writing() -> None:
    assert written_otherwise("Who is the CEO of Halm?") == {"chief", "execut"}
    assert written_otherwise("Who is chief executive of Halm?") == {"ceo"}
    assert written_otherwise("Who is the mayor of Halm?") == frozenset()


def test_a_question_that_names_something_or_has_no_history_stands_alone() -> None:
    history = [("Who is Ingrid Solvay?", "Ingrid Solvay ended the strike.")]
    assert stand_alone("What did she propose?", [], asked) == "What did she propose?"
    assert stand_alone("When was Port Ellery shut?", history, asked) == "When was Port Ellery shut?"


def test_a_follow_up_is_about_what_the_question_before_was_about() -> None:
    history = [("Who is Ingrid Solvay?", "She ended the strike at the port.")]
    assert stand_alone("What did she propose?", history, asked) == "What did she propose? (Ingrid Solvay)"


def test_a_follow_up_is_about_the_subject_of_the_last_answer() -> None:
    history = [("Who ended the strike?", "The strike was ended by Ingrid Solvay. [1]")]
    assert stand_alone("What did she propose?", history, asked) == "What did she propose? (Ingrid Solvay ended strike)"


def test_a_word_that_an_answer_writes_small_is_not_its_subject() -> None:
    history = [("Who is Ingrid Solvay?", "She ended the strike at the port.")]
    assert "port" not in stand_alone("What did she propose?", history, asked).casefold()


def test_the_subject_is_carried_over_several_turns() -> None:
    history = [("Who is Ingrid Solvay?", "A mediator."), ("What did she propose?", "A truce.")]
    assert "Ingrid Solvay" in stand_alone("And when?", history, asked)


def test_key_people_are_those_whom_the_graph_connects_most(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who are the key people?", method="local")
    entities = newsroom_index.graph.entities
    kinds = dict(entities.select("title", "type").iter_rows())
    degrees = dict(entities.select("title", "degree").iter_rows())
    assert answer.form == "people"
    assert {kinds[item.heading] for item in answer.items} == {"person"}
    middle = sorted(degrees[title] for title, kind in kinds.items() if kind == "person")[len(degrees) // 4]
    assert all(degrees[item.heading] >= middle for item in answer.items[:3])


def test_a_period_is_answered_from_its_documents(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("What happened in April 2025?", method="local")
    assert answer.form == "timeline"
    assert [item.date[:7] for item in answer.items] == ["2025-04"] * len(answer.items)
    assert len(answer.items) > 3


def test_the_latest_is_answered_from_the_newest_documents(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("What is the latest news about Brackwater?", method="local")
    dates = [item.date for item in answer.items]
    assert answer.form == "timeline"
    assert dates == sorted(dates, reverse=True)
    assert dates[0] >= "2025-07"


def test_a_misspelled_question_is_answered_and_the_reading_is_noted(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who is Miriam Oyelaren?", method="local")
    assert answer.question == "Who is Miriam Oyelaren?"
    assert answer.form == "who"
    assert any("'Oyelaren'" in note and "'oyelaran'" in note for note in answer.notes)


def test_the_main_people_of_something_are_those_who_are_named_with_it(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who are the main people at Ostrander Group?", method="local")
    headings = [item.heading for item in answer.items]
    assert headings[0] == "Victor Ostrander"
    assert "Helen Strand" in headings
