"""Each form of answer by a few rows: what it shows first, its order, nothing twice, every mark where it was."""

import asyncio

import pytest

from graphrag_drift.language.forms import asks_for_change, asks_for_latest, form_of, period_of, surveys
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.marks import MARK
from graphrag_drift.providers.embedded.compose import render
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.tasks import AnswerDraft, AnswerQuestion, ItemDraft
from graphrag_drift.values import Shown, Span

FOUNDED = "The Orlin Mill was founded in Tarrow in 1911. It made sailcloth for the navy."
FIRE = "A fire destroyed the Orlin Mill on 4 May 2024. Nobody was hurt in the fire at the Orlin Mill."
SALE = "Corin Bank bought the ruin of the Orlin Mill on 9 June 2024. The price for the Orlin Mill was $2 million."
REBUILT = "The Orlin Mill opened again on 2 March 2025. Its looms are new."
PETRA = "Petra Voss, a weaver's daughter, runs the Orlin Mill. Petra Voss studied law in Halm."
OTHER = "The ferry to Halm was late. Passengers waited in the rain for the ferry."
TEXTS = (FOUNDED, FIRE, SALE, REBUILT, PETRA, OTHER)
DATES = ("2023-01-10", "2024-05-04", "2024-06-09", "2025-03-02", "2024-07-01", "2024-08-01")


def source(mark: int, text: str, date: str = "", title: str = "") -> Shown:
    return Shown(mark, "source", text, (Span(f"d{mark}", f"t{mark}", 0, len(text)),), title, date, 1 - mark / 20)


ROWS = tuple(source(mark, text, date) for mark, (text, date) in enumerate(zip(TEXTS, DATES, strict=True), start=1))


def draft(question: str, rows: tuple[Shown, ...] = ROWS, wish: str = "Multiple Paragraphs") -> AnswerDraft:
    reader = ExtractiveReader(Lexicon.from_texts([*TEXTS, *(row.text for row in rows)]))
    made = asyncio.run(reader.read(AnswerQuestion(question, rows, wish)))
    assert isinstance(made, AnswerDraft)
    return made


def bare(text: str) -> str:
    return " ".join(MARK.sub("", text).split())


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("Who are the key people?", "people"),
        ("Compare the mill and the bank.", "comparison"),
        ("What are the main themes?", "overview"),
        ("Timeline of the Orlin Mill", "timeline"),
        ("How has the price changed?", "timeline"),
        ("List the owners of the mill", "list"),
        ("Which banks bought mills?", "list"),
        ("How did the fire come about?", "chain"),
        ("When was the mill founded?", None),
        ("Which bank bought the mill?", None),
        ("What happens when the mill is flooded?", None),
        ("What causes the noise?", None),
        ("오르린 공장 연표", "timeline"),
    ],
)
def test_the_words_of_a_question_ask_for_a_form(question: str, form: str | None) -> None:
    assert form_of(question) == form


def test_a_question_speaks_of_a_period_if_it_has_one_date() -> None:
    assert period_of("What happened in May 2024?") == "2024-05"
    assert period_of("What happened in 2024?") == "2024"
    assert period_of("What happened between May 2024 and June 2024?") == ""
    assert period_of("What happened?") == ""


def test_who_matters_and_what_a_period_holds_is_not_found_by_words() -> None:
    assert surveys("Who are the key people?")
    assert surveys("What happened in May 2024?")
    assert not surveys("Timeline of the Orlin Mill")
    assert not surveys("Who runs the Orlin Mill?")


def test_latest_and_change_are_asked_for() -> None:
    assert asks_for_latest("What is the latest on the mill?")
    assert not asks_for_latest("When did the mill open?")
    assert asks_for_change("How has the price of the mill grown?")
    assert not asks_for_change("What was the price of the mill?")


def test_box_has_the_value_and_the_sentence_that_it_was_read_from() -> None:
    made = draft("Who runs the Orlin Mill?")
    assert made.form == "box"
    assert "Petra Voss, a weaver's daughter, runs the Orlin Mill. [5]" in made.items[0].text


@pytest.mark.parametrize("question", ["Who is Petra Voss?", "Petra Voss"])
def test_who_begins_with_the_sentence_that_defines_the_name(question: str) -> None:
    rows = (source(1, "Petra Voss studied law in Halm."), source(2, "Petra Voss is the head of the Orlin Mill."))
    made = draft(question, rows)
    assert (made.form, bare(made.items[0].text)) == ("who", "Petra Voss is the head of the Orlin Mill.")
    assert len(made.items) == 2


def test_who_tells_the_rest_in_the_order_of_time() -> None:
    rows = (
        source(1, "Petra Voss sold the mill to Corin Bank.", "2024-06-09"),
        source(2, "Petra Voss is a weaver and lawyer.", "2024-12-01"),
        source(3, "Petra Voss bought looms in Halm.", "2021-02-03"),
    )
    made = draft("Who is Petra Voss?", rows)
    assert [MARK.findall(item.text)[0] for item in made.items] == ["2", "3", "1"]


def test_timeline_is_dated_and_in_order_and_tells_an_event_once() -> None:
    copy = source(7, "On 4 May 2024 a fire destroyed the Orlin Mill.", "2024-05-05")
    made = draft("Timeline of the Orlin Mill", (*ROWS, copy))
    dates = [item.date for item in made.items]
    assert made.form == "timeline"
    assert dates == sorted(dates)
    assert {"2024-05-04", "2024-06-09", "2025-03-02"} <= set(dates)
    assert bare(made.text).count("fire destroyed the Orlin Mill") == 1
    assert "ferry" not in made.text
    assert all(line.startswith("- **") for line in made.text.splitlines())


def test_timeline_does_not_repeat_the_sentence_that_another_leans_on() -> None:
    text = "The Orlin Mill lost its roof in a storm. It lost 40 looms of the Orlin Mill in the storm."
    made = draft("Timeline of the Orlin Mill storm", (source(1, text, "2024-01-01"),))
    assert made.text.count("lost its roof in a storm") == 1


def test_the_latest_is_newest_first() -> None:
    made = draft("What is the latest news about the Orlin Mill?")
    dates = [item.date for item in made.items]
    assert made.form == "timeline"
    assert dates[0] == "2025-03-02"
    assert dates == sorted(dates, reverse=True)


def test_a_period_holds_what_is_dated_in_it() -> None:
    made = draft("What happened in May 2024?")
    assert [item.date[:7] for item in made.items] == ["2024-05"] * len(made.items)
    assert "A fire destroyed the Orlin Mill on 4 May 2024. [2]" in made.text


def test_list_has_an_item_for_each_thing_and_none_for_a_thing_again() -> None:
    rows = (
        source(1, "Corin Bank bought a mill in Tarrow."),
        source(2, "Halm Bank bought a mill in Norvik."),
        source(3, "Corin Bank bought a mill in Tarrow, it said."),
        source(4, "The ferry was late."),
    )
    made = draft("Which banks bought mills?", rows)
    assert made.form == "list"
    assert [bare(item.text) for item in made.items] == [
        "Corin Bank bought a mill in Tarrow.",
        "Halm Bank bought a mill in Norvik.",
    ]


def test_people_are_the_shown_persons_in_the_order_of_their_weight() -> None:
    def person(mark: int, name: str, text: str) -> Shown:
        return Shown(mark, "entity", text, (Span("d1", "t1", 0, len(text)),), name, "", 1 - mark / 10)

    rows = (
        person(1, "Petra Voss", "Petra Voss runs the Orlin Mill with her brother."),
        person(2, "Omar Reyes", "Omar Reyes is the pilot of the ferry to Halm."),
        source(3, OTHER),
    )
    made = draft("Who are the key people?", rows)
    assert made.form == "people"
    assert [item.heading for item in made.items] == ["Petra Voss", "Omar Reyes"]
    assert made.text.startswith("- **Petra Voss**: Petra Voss runs the Orlin Mill with her brother. [1]")


def test_comparison_shows_what_is_said_of_each_side_and_nothing_under_both() -> None:
    rows = (
        source(1, "The Orlin Mill and the Halm Mill stand in Tarrow."),
        source(2, "The Orlin Mill has 40 looms."),
        source(3, "The Halm Mill has 65 looms."),
    )
    made = draft("What is the difference between the Orlin Mill and the Halm Mill in looms?", rows)
    assert made.form == "comparison"
    assert [item.heading for item in made.items] == ["Orlin Mill", "Halm Mill"]
    assert "40 looms" in made.items[0].text
    assert "65 looms" in made.items[1].text
    assert made.text.count("stand in Tarrow") <= 1


def test_overview_of_a_corpus_tells_each_report_under_its_title() -> None:
    def report(mark: int, title: str, text: str) -> Shown:
        return Shown(mark, "report", text, (Span(f"d{mark}", f"t{mark}", 0, len(text)),), title, "", 1 - mark / 10)

    rows = (
        report(1, "The fire at the mill", "A fire destroyed the Orlin Mill. Nobody was hurt."),
        report(2, "Ferries", "The ferry to Halm was late."),
        report(3, "The mill again", "A fire destroyed the Orlin Mill."),
    )
    made = draft("What are the main themes?", rows)
    assert made.form == "overview"
    assert [item.heading for item in made.items] == ["The fire at the mill", "Ferries"]


def test_passages_begin_with_the_best_and_keep_a_document_together() -> None:
    made = draft("Tell me about the ruin, the price and the fire of the Orlin Mill.")
    assert made.form == "passages"
    assert MARK.findall(made.items[0].text) == ["3"]
    rest = [set(MARK.findall(item.text)) for item in made.items[1:]]
    assert all(len(marks) == 1 for marks in rest)
    assert len(set.union(*rest)) == len(rest)


def test_nothing_says_so_first_then_what_is_missing_then_what_is_near() -> None:
    made = draft("What did Senator Ilse Quarrington say about the ferry that was late?")
    assert made.form == "nothing"
    assert made.items[0].text == (
        "Nothing in the documents answers this directly. Not in the documents: Senator, Ilse, Quarrington."
    )
    assert [bare(item.text) for item in made.items[1:]] == [
        "The ferry to Halm was late.",
        "Passengers waited in the rain for the ferry.",
    ]


def test_every_sentence_of_every_form_stands_in_the_row_of_its_mark_and_once() -> None:
    by_mark = {str(row.mark): row.text for row in ROWS}
    for question in (
        *("Who runs the Orlin Mill?", "Who is Petra Voss?", "Timeline of the Orlin Mill", "What happened in May 2024?"),
        *("How did the fire at the Orlin Mill come about?", "Summarise the story of the Orlin Mill."),
        *("Which banks bought mills?", "Compare Petra Voss and Corin Bank.", "What is the latest about the mill?"),
    ):
        sentences: list[str] = []
        for item in draft(question).items:
            parts = MARK.split(item.text)
            for sentence, mark in zip(parts[::2], parts[1::2], strict=False):
                text = sentence.partition("(reported")[0].strip()
                assert text in by_mark[mark], question
                sentences.append(text)
        assert sentences, question
        assert len(sentences) == len(set(sentences)), question


@pytest.mark.parametrize("question", ["Tell me about the fire, the ruin and the mill.", "Timeline of the Orlin Mill"])
def test_rows_without_evidence_are_no_fault(question: str) -> None:
    rows = tuple(Shown(row.mark, "report", row.text, (), "", row.date) for row in ROWS)
    assert draft(question, rows).items


def test_a_correction_has_no_value_to_be_read_off() -> None:
    text = "CORRECTION: An earlier version said the study was paid for by Halden Port. It was paid for by Corin Bank."
    made = draft("Who paid for the study?", (source(1, text), *ROWS[1:]))
    assert (made.items[0].heading, "Corin Bank" in made.items[0].text) == ("", True)


def test_a_wish_for_one_paragraph_or_a_list_is_kept_in_any_form() -> None:
    items = [ItemDraft("A [1]", "Name"), ItemDraft("B [2]", date="2024-05-04")]
    assert render(items, "timeline", "Multiple Paragraphs", "en") == "- **Name**: A [1]\n- **4 May 2024**: B [2]"
    assert render(items, "passages", "Multiple Paragraphs", "en") == "**Name**: A [1]\n\n**4 May 2024**: B [2]"
    assert render(items, "timeline", "Single Paragraph", "en") == "A [1] B [2]"
    assert render(items, "passages", "List of 5 points", "en") == "- **Name**: A [1]\n- **4 May 2024**: B [2]"
    assert render(items, "box", "Multiple Paragraphs", "en") == "**Name**\n\nA [1] B [2]"
