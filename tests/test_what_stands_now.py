"""What one expects beyond the best sentence: the last figure, who somebody is, how two relate, what a text is about;
and a refusal where no sentence can hold what is asked for."""

import asyncio

import pytest

from graphrag_drift.language.cues import holds, kind_of_question
from graphrag_drift.language.forms import asks_for_period, asks_for_relation
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.marks import MARK
from graphrag_drift.providers.embedded.parts import parts_of
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.embedded.sentences import sentences_of
from graphrag_drift.tasks import AnswerDraft, AnswerQuestion, RewriteQuestion
from graphrag_drift.values import Shown, Span


def source(mark: int, text: str, date: str = "", title: str = "", document: str = "") -> Shown:
    spans = (Span(document or f"d{mark}", f"t{mark}", 0, len(text)),)
    return Shown(mark, "source", text, spans, title, date, 1 - mark / 20)


def draft(question: str, *rows: Shown) -> AnswerDraft:
    reader = ExtractiveReader(Lexicon.from_texts([row.text for row in rows]))
    made = asyncio.run(reader.read(AnswerQuestion(question, rows, "Multiple Paragraphs")))
    assert isinstance(made, AnswerDraft)
    return made


def bare(text: str) -> str:
    return " ".join(MARK.sub("", text).split())


TOLL = (
    source(1, "A fire at the Orlin Mill killed at least 12 people and injured 30 others.", "2024-05-04"),
    source(2, "A fire at the Orlin Mill killed at least 19 people and injured 31 others.", "2024-05-07"),
    source(3, "A fire at the Orlin Mill killed at least 15 people and injured 40 others.", "2024-05-05"),
    source(4, "A fire at the Halm Mill killed at least 3 people and injured 2 others.", "2025-01-01"),
)


def test_of_figures_for_one_thing_the_latest_comes_first_and_that_of_another_does_not() -> None:
    made = draft("How many people did the fire at the Orlin Mill kill?", *TOLL)
    assert "19 people" in made.items[0].text
    assert "Halm" not in made.items[0].text


def test_within_a_text_that_grows_the_last_figure_counts() -> None:
    text = " ".join(row.text for row in TOLL[:1] + TOLL[2:3] + TOLL[1:2])
    made = draft("How many people did the fire at the Orlin Mill kill?", source(1, text, "2024-05-04"))
    assert "19 people" in made.items[0].text


def test_a_comparison_shows_the_latest_figure_of_each_side() -> None:
    made = draft("Compare the fires at the Orlin Mill and the Halm Mill", *TOLL)
    assert [item.heading for item in made.items] == ["Orlin Mill", "Halm Mill"]
    assert "19 people" in made.items[0].text


def test_a_figure_in_a_question_is_held_against_the_latest_of_its_kind() -> None:
    made = draft(
        "Has the Orlin Gazette passed 20,000 subscribers?",
        source(1, "The Orlin Gazette lets its subscribers read 20 other papers, it said.", "2024-01-01"),
        source(2, "The Orlin Gazette has 15,000 paying subscribers.", "2023-01-01"),
        source(3, "The Orlin Gazette has 26,000 paying subscribers.", "2024-02-01"),
    )
    assert "26,000" in made.items[0].text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How old is Petra Voss?", "Petra Voss runs the Orlin Mill. Omar Reyes, 41, is its clerk."),
        ("How many votes did Petra Voss get?", "Petra Voss praised the new pier. The committee cast 9 votes."),
        ("How much was Corin Bank's revenue?", "Corin Bank welcomed the deal. Revenue of the mill was $4 million."),
    ],
)
def test_what_no_sentence_can_hold_of_the_name_is_refused(question: str, text: str) -> None:
    made = draft(question, source(1, text), source(2, "The ferry to Halm was late."))
    assert made.form == "nothing"


def test_what_a_sentence_holds_of_the_name_is_answered() -> None:
    made = draft("How old is Omar Reyes?", source(1, "Omar Reyes, 41, is the clerk of the Orlin Mill."))
    assert (made.form, made.items[0].heading) == ("box", "41")


def test_who_takes_no_other_of_the_surname_and_no_line_that_is_only_spoken() -> None:
    made = draft(
        "Who is Omar Reyes?",
        source(1, "OMAR REYES: I mean, that is what we always said.", "2024-01-01"),
        source(2, "Tilda Reyes, a baker, lives in Halm.", "2024-01-02"),
        source(3, "Omar Reyes, clerk to the Orlin Mill, left on Monday.", "2024-01-03"),
    )
    assert bare(made.items[0].text).startswith("Omar Reyes, clerk to the Orlin Mill")
    assert "I mean" not in made.text


def test_an_apposition_without_an_article_says_who_somebody_is() -> None:
    line = "With me are Omar Reyes, chief executive officer, Petra Voss, chief financial officer, and Ilse Brandt."
    made = draft("Who is Omar Reyes?", source(1, "Omar Reyes thanked the guests of the mill."), source(2, line))
    assert "chief executive officer" in made.items[0].text


def test_how_two_relate_is_told_by_the_passage_that_names_both_closest() -> None:
    text = (
        "Forward Halm is a committee. It has an office at the port. Its members meet on Mondays. "
        "Its treasurer is Tilda Reyes. She is the wife of Omar Reyes."
    )
    made = draft(
        "What is the relationship between Omar Reyes and Forward Halm?",
        source(1, "Omar Reyes went to Tarrow."),
        source(2, "Forward Halm spent $4,000 on posters."),
        source(3, text),
    )
    assert bare(made.items[0].text) == ("Its [Forward Halm's] treasurer is Tilda Reyes. She is the wife of Omar Reyes.")


def test_a_document_that_is_asked_about_is_summarised_by_what_it_says_most_of() -> None:
    text = (
        "Tilda Reyes left Halm to look for her brother Omar Reyes in the mountains. The weather was fine. "
        "Omar Reyes had gone to Tarrow with the Orlin Band to sing. A dog barked somewhere behind the old fence. "
        "In Tarrow the Orlin Band met Tilda Reyes, who forgave Omar Reyes at last."
    )
    made = draft(
        "What is The Song of Tarrow about?",
        source(1, text, title="The Song of Tarrow"),
        source(2, "The ferry to Halm was late again.", title="Ferries"),
    )
    assert made.form == "overview"
    assert "Omar Reyes" in made.text
    assert "ferry" not in made.text
    assert "dog" not in made.text


def test_what_a_name_did_in_a_period_is_a_timeline_of_that_period() -> None:
    made = draft(
        "What did Corin Bank report in April 2024?",
        source(1, "Corin Bank reported that its revenue in Halm rose by 4% on strong sales.", "2024-04-20"),
        source(2, "Corin Bank reported that its revenue in Halm fell by 9% on weak sales.", "2023-04-20"),
    )
    assert made.form == "timeline"
    assert "rose by 4%" in made.text
    assert "fell by 9%" not in made.text


def test_a_period_or_a_relation_is_asked_for_if_a_question_has_no_other_words() -> None:
    assert asks_for_period("What did Corin Bank report in April 2024?", ["corin bank"])
    assert not asks_for_period("What did Corin Bank pay the mill in April 2024?", ["corin bank"])
    assert not asks_for_period("What did Corin Bank report?", ["corin bank"])
    assert asks_for_relation(
        "What is the relationship between Omar Reyes and Corin Bank?", ["omar reyes", "corin bank"]
    )
    assert not asks_for_relation("What did Omar Reyes pay Corin Bank?", ["omar reyes", "corin bank"])


def test_a_list_of_things_begins_with_the_names_that_say_what_they_are() -> None:
    made = draft(
        "List the ferries that serve Halm",
        source(1, "Passengers to Halm waited for hours. The Ferry Solvind serves Halm from Tarrow."),
        source(2, "In winter the Ferry Arn goes to Halm as well."),
        source(3, "Halm Bank serves the people of Halm."),
    )
    assert [item.heading for item in made.items[:2]] == ["Ferry Solvind", "Ferry Arn"]


def test_a_short_sentence_is_not_lost_in_a_long_one_that_holds_its_words() -> None:
    long = (
        "On the way home from Tarrow through the rain, past the ferry and the closed shops of Halm, the clerk of the "
        "mill told Tilda that Omar Reyes had never liked the old loom, nor the noise, nor the long winter evenings."
    )
    made = draft("Who is Omar Reyes?", source(1, long), source(2, "Omar Reyes, clerk to the mill."))
    assert bare(made.items[0].text).startswith("Omar Reyes, clerk to the mill.")


def test_words_of_asking_are_not_named_as_missing() -> None:
    made = draft("What caused the eruption of Tambora?", source(1, "The ferry to Halm was late."))
    assert made.form == "nothing"
    assert "caused" not in made.text
    assert "eruption" in made.text


def test_a_day_is_told_of_by_what_says_it_later_too() -> None:
    made = draft(
        "What happened on May 4, 2024?",
        source(1, "The ferry to Halm was late.", "2024-05-04"),
        source(2, "The inquiry into the fire of May 4 at the Orlin Mill began on Monday.", "2024-09-02"),
        source(3, "The Orlin Mill reopened in September.", "2024-09-03"),
    )
    assert [MARK.findall(item.text)[0] for item in made.items] == ["2", "1"]
    assert {item.date for item in made.items} == {"2024-05-04"}


def test_a_figure_of_a_period_is_taken_from_what_was_reported_in_it() -> None:
    made = draft(
        "How many subscribers did the Orlin Gazette have in May 2023?",
        source(1, "The Orlin Gazette has 15,000 subscribers.", "2023-05-09"),
        source(2, "The Orlin Gazette has 26,000 subscribers.", "2024-02-01"),
        source(3, "The Orlin Gazette has 9,000 subscribers.", "2022-05-01"),
    )
    assert "15,000" in made.items[0].text


def test_a_code_is_a_name_and_its_number_tells_it_from_others() -> None:
    old = source(1, "The OR-4 loom was released in Halm on 4 May 2023.")
    assert draft("when will the or-5 be released", old).form == "nothing"
    assert draft("when was the or-4 released", old).form == "box"


def test_a_value_has_its_whole_unit_and_is_of_no_other_of_the_given_name() -> None:
    made = draft("How long was the Orlin Mill closed?", source(1, "The Orlin Mill was closed for 16 days in spring."))
    assert made.items[0].heading == "16 days"
    ages = draft(
        "How old is Omar Reyes?",
        source(1, "Omar Reyes, 41, is the clerk of the Orlin Mill."),
        source(2, "Omar Brandt, 66, is a baker in Halm."),
    )
    assert "66" not in ages.items[0].text


def test_the_latest_figure_of_something_else_is_not_what_is_asked() -> None:
    made = draft(
        "How many gallons of paint leaked?",
        source(1, "About 1,200 gallons of paint leaked at Halm, the state said.", "2024-05-04"),
        source(2, "Tanks that hold more than 50,000 gallons of paint are examined once a year.", "2024-08-01"),
    )
    assert "1,200 gallons" in made.items[0].text


def test_who_tells_nothing_that_only_stands_beside_the_name() -> None:
    text = "Omar Reyes runs the Orlin Mill. Its looms are new. The ferry to Halm was late."
    made = draft("Who is Omar Reyes?", source(1, text, title="The Orlin Mill"))
    assert bare(made.text) == "Omar Reyes runs the Orlin Mill."


def test_of_a_short_document_of_a_period_all_is_told() -> None:
    text = (
        "The builder of the new pier went bankrupt on Thursday, the town said. "
        "The opening of the pier was put off to the spring of next year."
    )
    made = draft("What happened in June 2024?", source(1, text, "2024-06-03"))
    assert "bankrupt" in made.text
    assert "put off" in made.text
    assert {item.date for item in made.items} == {"2024-06-03"}


def test_a_list_needs_no_word_for_the_things_in_the_texts() -> None:
    made = draft(
        "List the enterprises that bought looms from the Orlin Mill",
        source(1, "Corin Bank bought looms from the Orlin Mill."),
        source(2, "Halm Textiles bought looms from the Orlin Mill."),
    )
    assert (made.form, len(made.items)) == ("list", 2)


def test_what_changed_is_no_figure_alone() -> None:
    made = draft(
        "What changed about the alerts?",
        source(1, "The alerts go to the engineer on duty now.", "2025-06-21"),
        source(2, "The alerts come at 80 % of the space.", "2025-03-02"),
    )
    assert "engineer on duty" in made.text


def test_the_verb_of_a_request_is_no_part_of_a_name() -> None:
    made = draft(
        "Compare OR-101 and OR-130",
        source(1, "OR-101 lasted 47 minutes."),
        source(2, "OR-130 lasted 12 minutes."),
    )
    assert [item.heading for item in made.items] == ["OR-101", "OR-130"]


@pytest.mark.parametrize("question", ["What does the Orlin Mill cost?", "What did the loom weigh?"])
def test_what_something_costs_is_a_figure(question: str) -> None:
    assert kind_of_question(question) == "number"


def test_another_form_of_a_verb_is_no_reason_to_refuse() -> None:
    text = "The alerts went to Omar Reyes, who left the company in April. Nobody had been told of it."
    made = draft("Did anyone leave the company?", source(1, text), source(2, "The ferry to Halm was late."))
    assert made.form == "box"
    assert "left the company" in made.text


def test_a_headline_that_gives_the_figure_answers_where_no_sentence_does() -> None:
    lines = "Orlin Mill sells its looms to Halm for $12 million\n\nThe mill had looked for a buyer since the spring."
    made = draft(
        "How much did Halm pay for the looms of the Orlin Mill?",
        source(1, lines, title="Orlin Mill sells its looms to Halm for $12 million"),
        source(2, "Halm was rebuilt after the flood. The town has a new bridge and a new school."),
    )
    assert "$12 million" in made.items[0].text


def test_words_of_a_name_that_stand_apart_in_the_question_name_nothing() -> None:
    rows = (
        source(1, "The boy, 10, waits for another liver, his doctors in Halm said on Monday."),
        Shown(2, "entity", "A club of former pupils.", (), "Old Boys", "", 0.5),
    )
    reader = ExtractiveReader(Lexicon.from_texts([row.text for row in rows]))
    assert reader._shown("How old is the boy who needs another liver?", rows).names == ()
    assert reader._shown("What do the old boys do?", rows).names


def test_a_question_of_a_period_and_no_more_words_asks_for_all_of_it() -> None:
    assert asks_for_period("What went on in February 2024?")
    assert asks_for_period("What took place in May 2024?")
    assert not asks_for_period("Which strikes went on in February 2024?")


CALLS = tuple(
    source(mark, f"We crossed {count} million active looms at the Orlin Mill this quarter, a record.", date)
    for mark, (count, date) in enumerate((("110", "2024-10-22"), ("200", "2025-01-28"), ("270", "2025-04-21")), 1)
)


def test_a_date_in_a_question_chooses_among_dated_documents() -> None:
    made = draft("How many looms were active at the Orlin Mill in January 2025?", *CALLS)
    assert "200 million" in made.items[0].text
    assert "270" not in made.text


@pytest.mark.parametrize(
    ("text", "date"), [("and three months later?", "January 2025"), ("What about the year before?", "October 2023")]
)
def test_a_question_for_another_time_is_the_one_before_at_that_time(text: str, date: str) -> None:
    reader = ExtractiveReader(Lexicon.from_texts([row.text for row in CALLS]))
    before = "How many looms were active at the Orlin Mill in October 2024?"
    asked = reader._rewrite(RewriteQuestion(text, ((before, "110 million."),)))
    assert asked == f"How many looms were active at the Orlin Mill in {date}?"
    asked = reader._rewrite(RewriteQuestion(text, (("How many looms are active?", "In October 2024, 110 million."),)))
    assert asked == f"How many looms are active? ({date})"


def test_a_number_that_changed_is_told_by_those_who_give_it() -> None:
    made = draft(
        "How has the number of looms at Mill 9 changed over the years?",
        source(1, "Mill 9 has more than 110 looms now. The new number of Mill 9 was seen on its looms.", "2021-10-22"),
        source(2, "Mill 9 looms are the envy of all weavers in the valley of the Orlin.", "2022-01-28"),
        source(3, "Visitors to Mill 9 can see some 270 power looms at work.", "2023-04-21"),
    )
    assert [item.date for item in made.items] == ["2021-10-22", "2023-04-21"]
    assert "envy" not in made.text


def test_the_name_of_a_file_before_a_speaker_begins_no_sentence() -> None:
    assert [s.text for s in sentences_of("Talk 12 (Halm), part_2.txt OMAR REYES: I was born in Halm.")] == [
        "OMAR REYES: I was born in Halm."
    ]
    prose = "settings.json holds the keys. Edit readme.md to change it."
    assert [s.text for s in sentences_of(prose)] == ["settings.json holds the keys.", "Edit readme.md to change it."]


def test_what_is_pointed_at_without_a_name_is_all_there_is() -> None:
    reader = ExtractiveReader(Lexicon.from_texts([row.text for row in CALLS]))
    assert reader._understand("What do they keep coming back to in these calls?").general
    assert reader._understand("What comes up again and again?").general
    assert not reader._understand("What do weavers keep in these looms of Halm?").general


def test_a_headline_that_names_who_is_asked_for_answers() -> None:
    title = "Orlin Mill appoints Dr. Bela Orsay as head of weaving"
    lines = f"{title}\n\nThe Orlin Mill has a new head of weaving. The post was empty for a year."
    made = draft("Who is head of weaving at the Orlin Mill?", source(1, lines, title=title), *TOLL)
    assert "Bela Orsay" in made.items[0].text


def test_who_is_named_in_the_next_sentence_is_shown_with_it() -> None:
    text = "The Orlin Mill has a new head of weaving. Bela Orsay came from Tarrow, where she had run a school."
    made = draft("Who is head of weaving at the Orlin Mill?", source(1, text), *TOLL)
    assert "Bela Orsay" in made.items[0].text


def test_a_choice_between_two_names_shows_both() -> None:
    made = draft("Which was deadlier, the fire at the Orlin Mill or that at the Halm Mill?", *TOLL)
    assert [item.heading for item in made.items] == ["Orlin Mill", "Halm Mill"]
    assert "19 people" in made.items[0].text
    assert "3 people" in made.items[1].text


def test_who_holds_an_office_is_told_by_its_name() -> None:
    rows = (
        source(1, "Orlin Mill was praised by Omar Reyes of Halm, who sells looms to it every spring."),
        source(2, "Bela Orsay of Tarrow wrote a book on Orlin Mill and its looms."),
    )
    assert draft("Who is the president of Orlin Mill?", *rows).form == "nothing"
    told = source(3, "Orlin Mill is led by its chief executive, Tilda Reyes.")
    assert "Tilda Reyes" in draft("Who is the chief executive of Orlin Mill?", *rows, told).items[0].text


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much does the second ferry cost?", "48 million crowns"),
        ("How many looms does the second mill have?", "40 looms"),
    ],
)
def test_a_value_is_read_off_with_what_it_counts(question: str, value: str) -> None:
    made = draft(
        question,
        source(1, "The council of Halm voted 9 to 2 to buy a second ferry for 48 million crowns."),
        source(2, "The second mill of Halm has 40 looms. It had 31 in spring."),
    )
    assert made.items[0].heading == value


@pytest.mark.parametrize(
    ("question", "told", "other"),
    [
        ("How long was the strike at the Orlin yard?", "It took 18 days.", "It was joined by 640 workers."),
        (
            "How tall is the crane at the Orlin yard?",
            "It stands 48 metres above the quay.",
            "It lifts 90 boxes an hour.",
        ),
        ("How much does Omar Reyes of the Orlin yard earn?", "Omar Reyes gets $90,000.", "Omar Reyes is one of 640."),
    ],
)
def test_a_figure_is_of_what_the_question_measures(question: str, told: str, other: str) -> None:
    kind = kind_of_question(question)
    assert kind == "number"
    assert holds(kind, question)(told)
    assert not holds(kind, question)(other)


def test_what_this_is_about_is_all_there_is() -> None:
    reader = ExtractiveReader(Lexicon.from_texts([row.text for row in CALLS]))
    assert reader._understand("What is this about?").general
    assert not reader._understand("Who is he?").general


def test_a_question_that_asks_two_things_is_answered_in_two_parts() -> None:
    rows = (
        source(1, "About 640 workers of the Orlin yard walked out on 14 May 2026 over the night shift."),
        source(2, "The strike of the workers at the Orlin yard took 18 days. The town of Halm was glad."),
    )
    made = draft("How many workers of the Orlin yard walked out and how long was the strike?", *rows)
    assert [item.heading.partition(":")[0] for item in made.items] == [
        "How many workers of the Orlin yard walked out",
        "How long was the strike",
    ]
    assert "640 workers" in made.items[0].heading
    assert "18 days" in made.items[1].text


@pytest.mark.parametrize("question", ["When and where was Omar Reyes born?", "Who won and how?", "What did he say?"])
def test_a_question_for_one_thing_has_no_parts(question: str) -> None:
    reader = ExtractiveReader(Lexicon.from_texts(["Omar Reyes won."]))
    assert parts_of(question, reader._understand) == []


def test_who_runs_something_is_told_by_an_office() -> None:
    made = draft(
        "Who runs the Orlin yard?",
        source(1, "Crews of the Orlin yard were glad that the ferry came in time, said Siri Voll."),
        source(2, "The director of the Orlin yard is Jonas Hamre. He came from Tarrow."),
    )
    assert made.form == "box"
    assert "Jonas Hamre" in made.items[0].text


def test_a_day_of_the_week_is_no_value_where_nobody_can_tell_which() -> None:
    text = "Bela Orsay joined the Orlin Mill on Monday and stayed for years."
    question = "When did Bela Orsay join the Orlin Mill?"
    assert draft(question, source(1, text)).items[0].heading == ""
    assert draft(question, source(1, text, "2024-05-07")).items[0].heading == "Monday"
