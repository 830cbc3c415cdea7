"""Which sentences of an answer are doubted, and what becomes of invented marks, quotes and figures."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from endpoints import ARTICLES

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.facts import Source
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.query.doubts import is_quoted
from graphrag_drift.query.misnamed import NO_NAMES, Names
from graphrag_drift.query.verification import (
    check,
    checked_sentences,
    unsupported_sentences,
    without_sentences,
)
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Branch, Item

EVIDENCE = {
    1: Source(
        "Mill sold", "2025-05-02", "Petra Voss sold the Aldane Mill to Corin Bank on Friday for $2,000,000. It is old."
    ),
    2: Source(
        "Talks",
        "",
        '"Nobody was told before the sale," said Jon Hale of Corin Bank. 부산항 노조는 12일 파업에 들어간다고 밝혔다.',
    ),
}
REPORT = Source(
    "Ferry report 7",
    "2025-05-06",
    "The ferry line lost 12% of its passengers in the spring. It carried 2.4 million people last year, said Ana Ruiz. "
    "A storm closed the northern harbour on April 28 for six hours. Rebuilding the pier takes 5 years and costs from "
    "3 to 4 million dollars. Ruiz, 61, retires next month. Fares rose in 2019. The crew of Tank 14 left for Oslo.",
)


def doubts(text: str, question: str = "") -> list[str]:
    return [each.reason for each in unsupported_sentences(text, EVIDENCE, question)]


@pytest.mark.parametrize(
    "text",
    [
        "Petra Voss sold the Aldane Mill to Corin Bank [1].",
        "Petra Voss sold the mill for $2000000 on Friday. [1]",
        'Jon Hale said: "Nobody was told before the sale" [2].',
        "The Aldane Mill was sold to Corin Bank. Nobody was told before the sale [1][2].",
        "### The sale of the Aldane Mill in 1999\n\nPetra Voss sold the mill to Corin Bank [1].",
        "부산항 노조는 12일 파업에 들어간다고 밝혔다. [2]",
        "Who was told of the sale of the mill?",
        "Petra Voss sold the mill to Corin Bank. [1] (reported 2 May 2025)",
        "In short:",
    ],
)
def test_what_is_borne_out_is_not_doubted(text: str) -> None:
    assert doubts(text) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Petra Voss sold the Aldane Mill for $3 million [1].", "the figure '$3 million' does not stand"),
        ("Petra Voss sold the Aldane Mill to Norvik Bank [1].", "the name 'Norvik' does not stand"),
        ('Jon Hale said: "Everybody was told a week before the sale" [2].', "the words 'Everybody was told"),
        ("The ferries to the northern islands were cancelled after a storm [1].", "about something else"),
        ("Petra Voss sold the Aldane Mill to Corin Bank.", "nothing is cited"),
        ("부산항 노조는 15일 파업에 들어간다고 밝혔다. [2]", "the figure '15일' does not stand"),
    ],
)
def test_what_is_not_borne_out_is_doubted_with_the_reason(text: str, reason: str) -> None:
    [said] = doubts(text)
    assert reason in said


def doubted(text: str, source: Source = REPORT) -> str:
    """Why, or ""."""
    return "; ".join(each.reason for each in unsupported_sentences(f"{text} [1]", {1: source}, ""))


@pytest.mark.parametrize(
    "text",
    [
        "The ferry line lost 12 percent of its passengers.",
        "Some 2,400,000 people used the ferry line last year.",
        "A storm closed the northern harbour for 6 hours.",
        "A storm closed the northern harbour on 28 April 2025.",
        "A storm closed the northern harbour in April 2025.",
        "Ana Ruiz said on 6 May 2025 that the ferry line carried 2.4 million people in 2024.",
        "Rebuilding the pier costs $3 million to $4 million and takes five years.",
        "Rebuilding the pier costs 3 to 4 million dollars.",
        "Ana Ruiz, 61 years old, retires next month.",
        "The ferry line lost 12% of its passengers, and the pier takes 5 years to rebuild.",
        "The ferry line lost passengers in the spring, says report 7. (reported 6 May 2025)",
    ],
)
def test_figures_are_borne_out_in_another_spelling(text: str) -> None:
    assert doubted(text) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The ferry line carried 2.4 billion people last year.", "the figure '2.4 billion' does not stand"),
        ("The ferry line carried 2.4 people last year.", "the figure '2.4' does not stand"),
        ("The ferry line lost 12 of its passengers in the spring.", "the figure '12' does not stand"),
        ("Rebuilding the pier takes 5% of it.", "the figure '5%' does not stand"),
        ("Rebuilding the pier takes 5 months.", "the figure '5 month' does not stand"),
        ("Rebuilding the pier costs €4 million.", "the figure '€4 million' does not stand"),
        ("A storm closed the northern harbour on April 27.", "the date 'April 27' does not stand"),
        ("A storm closed the northern harbour on April 28, 2024.", "the date 'April 28, 2024' does not stand"),
        ("A storm closed the northern harbour in March 2025.", "the date 'March 2025' does not stand"),
        ("The ferry line lost passengers in the spring. (reported 7 May 2025)", "the date '7 May 2025'"),
        ("The ferry line lost 14% of its passengers in the spring.", "the figure '14%' stands only elsewhere"),
        ("The ferry line lost passengers of 14 harbours in the spring.", "the figure '14' stands only elsewhere"),
    ],
)
def test_figures_of_another_size_unit_day_or_place_are_not_borne_out(text: str, reason: str) -> None:
    assert reason in doubted(text)


def test_a_figure_may_stand_in_the_sentence_after_the_one_that_says_of_what() -> None:
    source = Source(
        "", "", "Petra Voss sold the Aldane Mill to Corin Bank. It cost $9 million. A fire broke out in 1911."
    )
    assert doubted("Corin Bank bought the Aldane Mill of Petra Voss for $9 million.", source) == ""
    assert "only elsewhere" in doubted("Corin Bank bought the Aldane Mill of Petra Voss for 1911.", source)


def test_a_figure_of_a_table_has_its_unit_in_the_head() -> None:
    source = Source("", "", "Revenue in millions of dollars\nNorvik 5.2\nCorin 6.1")
    assert doubted("The revenue of Norvik was $5.2 million.", source) == ""


def test_dates_of_other_languages_and_of_texts_without_a_day_of_their_own_are_read() -> None:
    strike = Source("", "2025-05-09", "부산항 노조는 12일 파업에 들어간다고 밝혔다. 임금은 5% 오른다.")
    assert doubted("The 부산항 노조 goes on strike, 파업, on 12 May 2025.", strike) == ""
    undated = Source("", "", "The mill burned down on 1 October, said Petra Voss.")
    assert doubted("The mill of Petra Voss burned down on October 1.", undated) == ""


def test_figures_of_two_sources_in_one_sentence_are_each_looked_for_in_both() -> None:
    text = "The ferry line lost 12% of its passengers and Petra Voss sold the Aldane Mill for $2 million [1][2]."
    assert list(unsupported_sentences(text, {1: REPORT, 2: EVIDENCE[1]}, "")) == []


def test_what_the_question_says_needs_no_evidence() -> None:
    assert (
        doubts("Norvik Bank is not the buyer: the Aldane Mill went to Corin Bank [1].", "Did Norvik Bank buy it?") == []
    )


def test_a_quotation_is_found_in_spite_of_spaces_punctuation_and_a_slip() -> None:
    text = "It was, he said, 'the worst\nnight of the whole year' for the port."
    assert is_quoted("the worst night of the whole year", text)
    assert is_quoted("the worst night of the whole yaer", text)
    assert not is_quoted("the best morning of a short week", text)


def test_sentences_are_taken_out_with_headings_that_hold_nothing_more() -> None:
    text = "### One\n\nA lie. [1]\n\n### Two\n\nThe truth. [2] A lie. [1]"
    places = [(9, 19), (45, 55)]
    assert {text[start:end] for start, end in places} == {"A lie. [1]"}
    assert without_sentences(text, places) == "### Two\n\nThe truth. [2]"


TRIAL = Source(
    "Trial resumes",
    "2025-06-05",
    "The trial of the drug will resume on Monday, the hospital said. The company's director, Amos Tilley, had put the "
    "loss at 40 jobs. The board (DSMB) said in April that the handwriting had not been authenticated. Dr. Wray, the "
    "board's chair, lives in Brackwater, where the water had been tainted.",
)


@pytest.mark.parametrize(
    "text",
    [
        "The trial of the drug resumes on June 9, said the hospital.",
        "The trial of the drug resumes on Monday, 9 June 2025.",
        "It was Brackwater's water that had been tainted, as Wray’s board said.",
        "In April, said the board, the handwriting had not been authenticated.",
        "The Data and Safety Monitoring Board (DSMB) said that the handwriting had not been authenticated.",
    ],
)
def test_stems_possessives_months_and_days_of_the_week_are_no_reason_to_doubt(text: str) -> None:
    source = replace(TRIAL, text=TRIAL.text.replace("The board (", "The data and safety monitoring board ("))
    assert doubted(text, source) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The trial of the drug resumes on June 10, said the hospital.", "the date 'June 10' does not stand"),
        ("The board said in March that the handwriting had not been authenticated.", "the date 'March'"),
        ("The handwriting had been authenticated, the board said in April.", "with a “not”"),
        ("In Brackwater, where the water had not been tainted, lives Wray, the chair.", "without a “not”"),
        ("The director, Amos Tilley, had put the loss at four jobs.", "the figure 'four' does not stand"),
        ("The loss was put at 40 jobs by Tilley, director of Norvik.", "the name 'Norvik'"),
    ],
)
def test_a_changed_day_month_name_or_negation_is_doubted(text: str, reason: str) -> None:
    assert reason in doubted(text, TRIAL)


def states(text: str, source: Source, names: Names = NO_NAMES) -> list[str]:
    return [each.state for each in checked_sentences(text, {1: source}, "", names)]


def test_words_are_not_compared_across_languages_but_figures_dates_and_acronyms_are() -> None:
    assert states("DSMB가 6월 9일 임상시험을 다시 시작한다고 병원이 밝혔다 [1].", TRIAL) == ["unchecked"]
    assert states("DSMB가 6월 10일 임상시험을 다시 시작한다고 병원이 밝혔다 [1].", TRIAL) == ["doubted"]
    assert states("병원은 일자리 50개가 사라진다고 밝혔다 [1].", TRIAL) == ["doubted"]
    assert states("병원은 TCMB가 임상시험을 다시 시작한다고 밝혔다 [1].", TRIAL) == ["doubted"]


def test_an_acronym_with_a_particle_is_the_same_name_within_a_language() -> None:
    source = Source("", "2025-05-09", "병원은 DSMB의 조사가 끝날 때까지 투약을 멈춘다고 밝혔다.")
    assert states("DSMB가 조사할 때까지 투약을 멈춘다고 병원은 밝혔다 [1].", source) == ["stands"]


def test_names_without_capitals_and_at_the_beginning_are_known_from_the_graph() -> None:
    source = Source("", "2025-05-09", "가람은 병원의 조사가 끝날 때까지 투약을 멈춘다고 밝혔다.")
    assert states("나래는 조사가 끝날 때까지 투약을 멈춘다고 밝혔다 [1].", source) == ["stands"]
    assert states("나래는 조사가 끝날 때까지 투약을 멈춘다고 밝혔다 [1].", source, Names(frozenset(["나래"]))) == [
        "doubted"
    ]
    text = "Norvik had put the loss at 40 jobs, the director said [1]."
    assert (states(text, TRIAL), states(text, TRIAL, Names(frozenset(["norvik"])))) == (["stands"], ["doubted"])


LEAK = Source(
    "Panel names solvent",
    "2025-05-30",
    "ALDANE — Two of the three patients live on the east side of Aldane, and drank its water, said Dr. Ilse Wray. "
    "The solvent trichloroethylene leaked from a tank of Corin Storage. A survey of the gravel took nine days. "
    "Nobody had looked at the ledgers. The state knew of neither. Fines are rare in such cases, the panel found. "
    "It could not rule out that velarustat made the effect worse. Its secretary is Bodil Tarn. Letters were not read.",
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Two patients live on the east side of Corin Storage [1].", "has 'Aldane' in the place of 'Corin Storage'"),
        ("Two of the patients drank the water of Aldane, says Bodil Tarn [1].", "'Bodil Tarn' stands only elsewhere"),
        ("A tank of Corin Storage leaked trichloroethylene (Bodil Tarn), a solvent [1].", "'Bodil Tarn'"),
        ("It could not rule out that brenoxin made the effect worse [1].", "the name 'brenoxin' does not stand"),
    ],
)
def test_a_name_that_stands_elsewhere_in_the_source_is_doubted(text: str, reason: str) -> None:
    names = Names(small=frozenset(["brenoxin", "velarustat"]))
    [checked] = checked_sentences(text, {1: LEAK}, "", names)
    assert reason in checked.reason


@pytest.mark.parametrize(
    "text",
    [
        "Two of the three patients live in the east of Aldane [1].",
        "The panel, whose secretary is Bodil Tarn, could not rule out that velarustat made it worse [1].",
        "A tank of Corin Storage leaked the solvent trichloroethylene (TCE) [1].",
        "Aldane did not look at the ledgers, and the state knew of neither [1].",
    ],
)
def test_a_name_that_the_source_has_near_or_is_about_is_not_doubted(text: str) -> None:
    assert doubted(text.removesuffix(" [1]."), LEAK) == ""


def test_a_name_must_stand_in_what_its_own_part_of_a_sentence_cites() -> None:
    sources = {1: LEAK, 2: TRIAL}
    text = "Bodil Tarn is secretary of the panel [1], and the loss was put at 40 jobs by Amos Tilley [2]."
    assert [each.state for each in checked_sentences(text, sources, "")] == ["stands"]
    swapped = text.replace("Bodil Tarn", "Amos Tilley", 1)
    [checked] = checked_sentences(swapped, sources, "")
    assert "'Amos' does not stand" in checked.reason


def test_an_introduction_needs_no_mark_of_its_own_but_what_follows_must_have_its_names() -> None:
    text = "The articles tell of the hospital, of Wray and of lost jobs.\n\n- The loss was put at 40 jobs [1]."
    assert states(text, TRIAL) == ["stands", "stands"]
    assert states(text.replace("Wray", "Norvik"), TRIAL) == ["doubted", "stands"]
    closing = "The loss was put at 40 jobs [1].\n\nSo the hospital has lost its board and its jobs."
    assert states(closing, TRIAL) == ["stands", "doubted"]


def test_what_the_texts_do_not_say_needs_no_source() -> None:
    assert states("The rows do not say who told the hospital of the jobs.", TRIAL) == []
    assert states("The reports say that the hospital was not told of the jobs.", TRIAL) == ["doubted"]


@pytest.fixture
def invented(tmp_path: Path) -> Index:
    """An index whose reader invents marks, figures, names and quotes beside what is true."""
    (tmp_path / "input").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "input" / name).write_text(text, "utf-8")
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings)

    def lies(task: AnswerQuestion) -> str:
        sale = next(row.mark for row in task.context if row.kind == "source" and "sold" in row.text)
        other = next(row.mark for row in task.context if row.kind == "source" and "sold" not in row.text)
        return (
            f"Otto Brand closed the harbour at noon [{other}]. "
            f"Petra Voss sold the Aldane Mill to Corin Bank on Friday [{sale}]. It cost $9 million [{sale}]. "
            f"Arthur Quill signed it at the ministry [{sale}]. The bank will close it in June [9999]. "
            f'She said: "I never wanted this old mill anyway" [{sale}].'
        )

    reader = ScriptedReader({AnswerQuestion: lies})
    own = models_for(settings)
    maker: Maker[Reader] = Maker(lambda _: reader, lambda: "scripted")
    return Index.open_sync(settings, models=Models(maker, own.embedder, own.tokenizer))


def test_no_invention_survives_strict_answers_and_others_are_told(invented: Index) -> None:
    strict = invented.ask_sync("Who bought the Aldane Mill?", method="local", strict=True)
    assert strict.text == "Petra Voss sold the Aldane Mill to Corin Bank on Friday [1]."
    assert [citation.mark for citation in strict.citations] == [1]
    assert any(note.startswith("5 sentence(s) were removed, such as") for note in strict.notes)
    plain = invented.ask_sync("Who bought the Aldane Mill?", method="local")
    assert "$9 million" in plain.text
    assert "[9999]" not in plain.text
    assert any("5 sentence(s) may not be borne out" in note for note in plain.notes)
    assert "1 citation(s) of rows that were not shown were removed" in plain.notes


def test_items_of_a_strict_answer_lose_the_same_sentences_and_have_its_numbers(invented: Index) -> None:
    plain = invented.ask_sync("Who bought the Aldane Mill?", method="local")
    items = tuple(map(Item, re.split(r"(?<=\]\.) ", plain.text)))
    strict = check(replace(plain, items=items), invented.graph, strict=True)
    assert [item.text for item in strict.items] == ["Petra Voss sold the Aldane Mill to Corin Bank on Friday [1]."]
    assert [item.text for item in strict.items] == [strict.text]
    assert len(strict.citations) == 1 < len(plain.citations)


def test_sentences_of_the_tree_are_counted_apart_from_those_of_the_answer(invented: Index) -> None:
    plain = invented.ask_sync("Who bought the Aldane Mill?", method="local")
    tree = Branch("Who sold it?", plain.text, 50.0, plain.citations, (Branch("To whom?", plain.text, 1, ()),))
    notes = check(replace(plain, tree=tree, notes=()), invented.graph).notes
    assert [note.split(", such as")[0] for note in notes] == [
        "5 sentence(s) may not be borne out by what they cite",
        "6 sentence(s) of the questions on the way may not be borne out by what they cite",
    ]
    states = {(each.branch, each.state) for each in check(replace(plain, tree=tree), invented.graph).checks}
    assert {("", "stands"), ("", "doubted"), ("Who sold it?", "stands"), ("To whom?", "doubted")} <= states
