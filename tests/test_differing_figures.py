"""Figures that differ between reports are named with their dates."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from graphrag_drift import Index
from graphrag_drift.query.conflicts import Dated, differing_figures

FIRST = Dated("The fire at the Aldane mill destroyed 40 looms, the owner said.", "Fire", "2025-05-04")
LATER = Dated("The fire at the Aldane mill had destroyed 65 looms, inspectors found.", "Findings", "2025-05-09")
OTHER = Dated("The mill at Norvik bought 12 looms from a dealer in Bergen.", "Trade", "2025-05-01")
QUESTION = "How many looms did the fire at the Aldane mill destroy?"


def told(question: str, stated: Dated, *shown: Dated) -> str:
    def worth(terms: Iterable[str]) -> float:
        return float(len(set(terms)))

    return differing_figures([stated], [stated, *shown], question, worth)


def test_two_figures_for_one_thing_are_named_with_their_dates_the_oldest_first() -> None:
    assert told(QUESTION, LATER, OTHER, FIRST) == (
        "reports differ: “Aldane mill destroyed 40 looms” (4 May 2025, Fire);"
        " “Aldane mill had destroyed 65 looms” (9 May 2025, Findings)"
    )


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (OTHER, "it is about something else"),
        (Dated(LATER.text, "Findings", FIRST.date), "it is of the same day"),
        (Dated(LATER.text, "Findings", ""), "it has no date"),
        (Dated(LATER.text.replace("65", "all"), "Findings", LATER.date), "it has no figure"),
        (Dated("The fire at the Aldane mill destroyed 65 looms, not 40.", "Findings", LATER.date), "it says so itself"),
        (Dated("The fire at the Aldane mill destroyed 65% of its looms.", "Findings", LATER.date), "of another unit"),
        (Dated("The fire at the Aldane mill destroyed its looms at 6 p.m.", "Findings", LATER.date), "a time of day"),
        (Dated("The fire at the Aldane mill destroyed its 12-year-old looms.", "Findings", LATER.date), "an age"),
    ],
)
def test_no_difference_is_made_of_figures_that_do_not_contradict_each_other(other: Dated, why: str) -> None:
    assert told(QUESTION, FIRST, other) == "", why


def test_figures_that_were_not_asked_for_are_left_alone() -> None:
    assert told("Where was the fire that destroyed the looms?", FIRST, LATER) == ""
    assert told("What did Norvik and Bergen agree on in the winter?", FIRST, LATER) == ""


def test_the_day_after_a_figure_is_not_what_it_counts() -> None:
    first = Dated("Members of Local 41 voted 884 to 131 on Sunday to handle medicine.", "Vote", "2025-03-18")
    later = Dated("Members of Local 41 voted 1,512 to 603 on Sunday to ratify it.", "Contract", "2025-03-31")
    assert told("How did the members of Local 41 vote?", later, first) == ""


def test_sums_of_money_are_compared_by_value() -> None:
    rich = Dated("Aldane's owner left debts of $2.3 million to the bank.", "Debts", "2025-06-02")
    same = Dated("The owner of Aldane left debts of $2,300,000 to the bank.", "Again", "2025-06-05")
    more = Dated("The owner of Aldane left debts of $2.6 million to the bank, it said.", "More", "2025-06-18")
    question = "How large are the debts that Aldane's owner left to the bank?"
    assert told(question, rich, same) == ""
    assert told(question, rich, same, more).count("(") == 2


def test_korean_figures_with_their_counters() -> None:
    first = Dated("알데인 공장 화재로 직기 40대가 탔다고 주인이 말했다.", "화재", "2025-05-04")
    later = Dated("알데인 공장 화재로 직기 65대가 탔다고 조사관이 밝혔다.", "조사", "2025-05-09")
    said = told("알데인 공장 화재로 직기 몇 대가 탔나?", first, later)
    assert "40대가" in said
    assert "65대가" in said


@pytest.mark.parametrize("method", ["basic", "local", "drift"])
def test_in_the_newsroom_corrected_and_growing_figures_are_named(method: str, newsroom_index: Index) -> None:
    question = "How much did Ostrander Group give to a political committee that supports Mayor Harlan Whitlock?"
    corrected = newsroom_index.ask_sync(question, method=method)  # type: ignore[arg-type]
    [note] = [note for note in corrected.notes if note.startswith("reports differ")]
    assert "$520,000" in note
    assert "2 May 2025" in note
    assert "$250,000" in note
    plain = newsroom_index.ask_sync("Who piloted the Narae Pioneer to Pier 3?", method=method)  # type: ignore[arg-type]
    assert not any(note.startswith("reports differ") for note in plain.notes)


def test_citations_carry_the_dates_of_their_documents(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who piloted the Narae Pioneer to Pier 3?", method="local")
    assert answer.citations
    for citation in answer.citations:
        assert citation.date == newsroom_index.graph.heads[citation.document_id][1] != ""


def test_two_events_that_have_days_of_their_own_are_no_difference() -> None:
    one = Dated("The checkout of the Aldane shop failed for 47 minutes on 14 January 2025.", "First", "2025-01-14")
    other = Dated("The checkout of the Aldane shop failed for 12 minutes on 21 June 2025.", "Second", "2025-06-21")
    assert told("How long did the checkout of the Aldane shop fail?", one, other) == ""
    undated = Dated("The checkout of the Aldane shop failed for 12 minutes.", "Second", "2025-06-21")
    assert told("How long did the checkout of the Aldane shop fail?", one, undated)
