"""The tasks of DRIFT and global search by the embedded reader: primer, follow-ups, points, one reduced answer."""

import asyncio
import re

import pytest

from graphrag_drift.language.korean import with_josa
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.tasks import (
    AnswerDraft,
    AnswerFollowUp,
    Findings,
    Hypothesize,
    MapReports,
    Point,
    PrimeQuestion,
    ReduceAnswers,
)
from graphrag_drift.values import Shown, Span

SUMMARY = (
    "Members of the Dockworkers Federation began a strike at Halden Port over automated cranes. "
    "Meridian Shipping offered the Dockworkers Federation a raise of 9 percent."
)
FINDING = (
    "Rosa Lind, president of the Dockworkers Federation, said the strike at Halden Port would last. "
    "Senator Paul Weber of Norbury urged Meridian Shipping to end the strike with new talks. "
    "The talks in Norbury failed, Paul Weber said."
)
WATER = "Solvent from a tank of Lodestar Storage poisoned the water of Brackwater. Two people in Brackwater died."
KOREAN = (
    "나래해운은 가람테라퓨틱스 지분 12.4%를 보유한 2대 주주다. "
    "오세린 부사장은 나래해운의 임상시험 지원을 이끌었다. 오세린 부사장은 임상시험을 멈추지 않겠다고 말했다."
)


def row(mark: int, text: str, title: str = "", kind: str = "finding", score: float = 0.5) -> Shown:
    return Shown(mark, kind, text, (Span(f"d{mark}", f"t{mark}", 0, len(text)),), title, "", score)  # type: ignore[arg-type]


REPORTS = (
    row(1, SUMMARY, "Halden Port strike", "report", 0.9),
    row(2, FINDING, "Halden Port strike", "finding", 0.9),
    row(3, WATER, "Brackwater and Lodestar Storage", "report", 0.6),
)


def embedded() -> ExtractiveReader:
    return ExtractiveReader(Lexicon.from_texts([SUMMARY, FINDING, WATER, KOREAN]))


def prime(question: str, reports: tuple[Shown, ...] = REPORTS, follow_ups: int = 5) -> Findings:
    return asyncio.run(embedded().read(PrimeQuestion(question, reports, follow_ups)))


def reduced(task: ReduceAnswers) -> AnswerDraft:
    draft = asyncio.run(embedded().read(task))
    assert isinstance(draft, AnswerDraft)
    return draft


def test_primer_answers_from_reports_and_scores_it():
    findings = prime("Why did members of the Dockworkers Federation strike at Halden Port?")
    assert "began a strike at Halden Port over automated cranes. [1]" in findings.answer
    assert 60 <= findings.score <= 100


def test_what_the_reports_do_not_speak_of_scores_nothing():
    findings = prime("Who won the World Cup in Qatar?")
    assert (findings.answer, findings.score) == ("", 0.0)


def test_follow_ups_are_distinct_questions_about_what_the_question_does_not_name():
    asked = prime("Why did the Dockworkers Federation strike?").follow_ups
    assert len(asked) == len(set(asked)) == 5
    assert all(text.endswith("?") and text[0].isupper() for text in asked)
    news = ("Rosa Lind", "Meridian Shipping", "Paul Weber", "Norbury", "Halden Port", "talks", "cranes", "raise")
    assert all(any(name in text for name in news) for text in asked)


def test_follow_up_about_an_organization_asks_for_its_connection():
    asked = prime("Why did the Dockworkers Federation strike?", follow_ups=8).follow_ups
    assert any(re.search(r"\b(connected|role|involved|said|to do with)\b", text) for text in asked)


def test_number_of_follow_ups_is_kept():
    assert len(prime("What happened at Halden Port?", follow_ups=2).follow_ups) == 2
    assert prime("What happened at Halden Port?", follow_ups=0).follow_ups == ()


def test_follow_up_does_not_ask_about_names_of_the_root():
    task = AnswerFollowUp("Who is Rosa Lind?", "What is known about Meridian Shipping?", REPORTS, 6)
    asked = asyncio.run(embedded().read(task)).follow_ups
    assert asked
    assert not any(re.match(r"(Who is|What role does) Rosa Lind", text) for text in asked)


def test_answer_to_a_follow_up_is_scored_by_what_it_does_for_the_root():
    question = "What did Rosa Lind say about the strike at Halden Port?"
    near = AnswerFollowUp("Why is there a strike at Halden Port?", question, REPORTS, 3)
    far = AnswerFollowUp("Who poisoned the water of Brackwater?", question, REPORTS, 3)
    assert asyncio.run(embedded().read(near)).score > asyncio.run(embedded().read(far)).score


def test_korean_question_raises_korean_questions_with_fitting_particles():
    asked = prime("나래해운은 어떤 회사인가?", (row(1, KOREAN),)).follow_ups
    assert asked
    assert all(re.search("[가-힣]", text) and text.endswith("?") for text in asked)


@pytest.mark.parametrize(
    ("word", "expected"), [("오세린", "오세린은"), ("나래", "나래는"), ("IDF", "IDF는"), ("3", "3은")]
)
def test_particles_follow_the_last_sound(word: str, expected: str):
    assert with_josa(word, "은", "는") == expected


def test_hypothesis_holds_the_question_and_sentences_of_the_nearest_reports():
    text = asyncio.run(embedded().read(Hypothesize("Why is there a strike at Halden Port?", REPORTS)))
    assert text.startswith("Why is there a strike at Halden Port? ")
    assert "Members of the Dockworkers Federation began a strike" in text


def test_points_cite_reports_and_come_best_first():
    points = asyncio.run(embedded().read(MapReports("Who poisoned the water of Brackwater?", REPORTS)))
    assert points[0].text == "Solvent from a tank of Lodestar Storage poisoned the water of Brackwater. [3]"
    assert [p.score for p in points] == sorted((p.score for p in points), reverse=True)
    assert all(0 < p.score <= 100 for p in points)


@pytest.mark.parametrize("question", ["What are the main topics?", "Summarize the news.", "주요 주제는 무엇인가요?"])
def test_question_about_the_whole_corpus_gets_the_summaries_of_the_reports_by_rank(question: str):
    reports = (*REPORTS, *(row(n, WATER.replace("Two", str(n)), f"Report {n}", "report", 0.1) for n in (4, 5)))
    points = asyncio.run(embedded().read(MapReports(question, reports)))
    assert [re.findall(r"\[(\d)\]", p.text) for p in points][:4] == [["1"], ["1"], ["3"], ["3"]]
    assert not any("[2]" in p.text for p in points)  # a finding of the report that [1] sums up


def test_where_reports_are_few_their_findings_are_told_as_well():
    points = asyncio.run(embedded().read(MapReports("What are the main topics?", REPORTS)))
    assert [re.findall(r"\[(\d)\]", p.text) for p in points] == [["1"], ["1"], ["2"], ["2"], ["3"], ["3"]]


def test_overview_stands_under_the_titles_of_its_reports():
    question = "What are the main topics?"
    points = asyncio.run(embedded().read(MapReports(question, REPORTS)))
    draft = reduced(ReduceAnswers(question, points, REPORTS))
    assert draft.form == "overview"
    assert [item.heading for item in draft.items] == ["Halden Port strike", "Brackwater and Lodestar Storage"]


def test_reduced_answer_says_each_sentence_once_with_its_mark():
    first = "Members of the Dockworkers Federation began a strike at Halden Port over automated cranes. [1]"
    second = "Rosa Lind, president of the Dockworkers Federation, said the strike at Halden Port would last. [2]"
    points = (Point(first, 90.0), Point(f"{second} {first}", 80.0), Point(second, 70.0))
    task = ReduceAnswers("What is known about the strike at Halden Port?", points, REPORTS)
    text = reduced(task).text
    assert (text.count(first), text.count(second)) == (1, 1)


def test_points_that_speak_of_something_else_are_no_answer():
    points = (Point("Two people in Brackwater died. [3]", 90.0),)
    draft = reduced(ReduceAnswers("Who won the World Cup in Qatar?", points, REPORTS))
    assert (draft.form, "[3]" in draft.text) == ("nothing", False)


def test_dates_of_points_stay_with_their_sentences():
    said = "Two people in Brackwater died. (reported 8 April 2025) [3]"
    rows = (Shown(3, "finding", "Two people in Brackwater died. (reported 8 April 2025)", (), "Water", "", 0.5),)
    assert reduced(ReduceAnswers("Who died in Brackwater?", (Point(said, 90.0),), rows)).text == said
