"""Manuals, notes and lists of questions: headings, tables and questions say what the text below them is about."""

import asyncio
from pathlib import Path

import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.language.sections import TURN, find_headings
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.features import PLAIN, features
from graphrag_drift.providers.embedded.question import understand
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.providers.embedded.sentences import Candidate, candidates_of, led_in, sentences_of
from graphrag_drift.providers.embedded.weights import knowledge_of
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Shown, Span

BOAT = """# The harbour boat

## Fuel

Only diesel without sulphur may be used. A full tank lasts nine hours.

## Winter storage

Drain the cooling water before the first frost. The hull is lifted onto the east quay in November.

| part | interval | who |
|---|---|---|
| impeller | 200 hours | the engineer |
| fuel filter | 100 hours | the crew |

A bilge alarm is a float that rings when water stands in the hull.
"""
QUESTIONS = """# Asked at the desk

**Can I take a dog on board?** Yes, if it is on a lead.

**Is there a ramp for wheelchairs?** At low tide it is too steep. Ask the crew for the lift.
"""
OTHER = "# Crew\n\nThe crew has a dog that sleeps in the wheelhouse. The engineer drains a beer on Fridays.\n"


def test_a_passage_is_found_and_chosen_by_the_heading_that_alone_says_what_it_is_about(tmp_path: Path) -> None:
    for name, text in (("boat.md", BOAT), ("desk.md", QUESTIONS), ("crew.md", OTHER)):
        (tmp_path / "input").mkdir(exist_ok=True)
        (tmp_path / "input" / name).write_text(text)
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings)
    index = Index.open_sync(settings)

    def first(question: str) -> str:
        return index.ask_sync(question, method="local").text.partition(" [")[0]

    assert first("How do I prepare for winter storage?") == "Drain the cooling water before the first frost."
    assert first("Can I take a dog?") == "Can I take a dog on board?"
    assert "Yes, if it is on a lead." in index.ask_sync("Can I take a dog?", method="local").text
    assert first("Is there a ramp?") == "Is there a ramp for wheelchairs?"
    assert first("What is a bilge alarm?") == "A bilge alarm is a float that rings when water stands in the hull."
    assert "impeller · 200 hours · the engineer" in first("After how many hours is the impeller changed?")


def row(text: str, sections: tuple[tuple[int, str], ...] = ()) -> Shown:
    return Shown(1, "source", text, (Span("d", "t", 0, len(text)),), score=1.0, sections=sections)


def test_the_first_sentence_below_a_heading_says_what_the_heading_asks_the_next_only_stands_under_it() -> None:
    text = "Fuel\n\nOnly diesel may be used. The tank lasts nine hours."
    rows = [row(text, ((0, ""), (4, "Fuel")))]
    knowledge = knowledge_of(Lexicon.from_texts([text, OTHER]))
    question = understand("which fuel?", knowledge.vocabulary, knowledge.rarity)
    values = features(question, candidates_of(rows))
    both, window = PLAIN.index("both"), PLAIN.index("window")
    assert values[:, window].tolist() == [1.0, 1.0]
    assert values[:, both].tolist() == [1.0, 0.0]


def test_a_clause_is_about_what_stands_before_it_on_its_line() -> None:
    text = "1. Term. The lease begins on 1 May.\n\n2. Rent. The Tenant pays 950 euros a month."
    first, second = candidates_of([row(text)])
    assert led_in(first) >= {"term"}
    assert led_in(second) >= {"rent"}
    reader = ExtractiveReader(Lexicon.from_texts([text, OTHER]))
    reply = asyncio.run(reader.read(AnswerQuestion("How much is the rent?", (row(text),), "Multiple Paragraphs")))
    assert "The Tenant pays 950 euros a month." in reply.text


def test_a_question_and_the_header_of_a_table_state_nothing() -> None:
    table = "| part | interval |\n|---|---|\n| impeller | 200 hours of running |"
    texts = [
        one.sentence.text
        for one in candidates_of([row(f"Is the boat safe at sea? It floats in any weather and sea.\n\n{table}")])
    ]
    assert texts == ["It floats in any weather and sea.", "| impeller | 200 hours of running |"]


def test_code_in_small_letters_may_open_a_sentence() -> None:
    text = "Two people have become one. `entity_merges` says why, e.g. `alias` for a short form."
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "Two people have become one.",
        "`entity_merges` says why, e.g. `alias` for a short form.",
    ]


def test_items_of_a_list_are_sentences_of_their_own() -> None:
    text = "Bring:\n\n- a rope of ten metres;\n- two buckets that do not leak;\n- gloves"
    assert [one.text for one in sentences_of(text)] == [
        "Bring:",
        "a rope of ten metres;",
        "two buckets that do not leak;",
        "gloves",
    ]


def test_a_row_about_another_thing_stands_behind_prose_that_says_as_much() -> None:
    rows = (row("| anchor light | burns as the boat lies at anchor |\n\nAt anchor the boat swings with the tide."),)
    reader = ExtractiveReader(Lexicon.from_texts([one.text for one in rows]))
    reply = asyncio.run(reader.read(AnswerQuestion("Does the boat swing at anchor?", rows, "Multiple Paragraphs")))
    assert reply.text == "At anchor the boat swings with the tide. [1]"


TABLE = "| well | keeper | metres |\n|---|---|---|\n" + "\n".join(
    f"| Well {n} | {name} | {3 * n} |" for n, name in enumerate(("Ada Lund", "Bo Berg", "Cai Holm", "Dag Vik") * 9, 1)
)


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("Who is the keeper of Well 33?", "Well 33 · Ada Lund · 99"),
        ("How deep is Well 12?", "Well 12 · Dag Vik · 36"),
    ],
)
def test_a_row_answers_for_what_its_first_cell_names(question: str, line: str) -> None:
    rows = (row(TABLE), row("All wells are looked after by keepers."))
    reader = ExtractiveReader(Lexicon.from_texts([one.text for one in rows]))
    reply = asyncio.run(reader.read(AnswerQuestion(question, rows, "Multiple Paragraphs")))
    assert line in reply.items[0].text


def test_the_figure_of_another_number_is_no_newer_figure() -> None:
    text = " ".join(f"On day {day} the clerk of Rena counted {7 * day} sacks of barley." for day in range(70, 82))
    reader = ExtractiveReader(Lexicon.from_texts([text, OTHER]))
    asked = AnswerQuestion("How many sacks were counted on day 77?", (row(text),), "Multiple Paragraphs")
    assert asyncio.run(reader.read(asked)).text.startswith("On day 77 the clerk of Rena counted 539 sacks")


def test_a_number_in_brackets_that_a_text_brings_along_is_no_mark_of_an_answer() -> None:
    rows = (row("The mole is 330 metres long.[5] It was built in 1911 by Orlin Harkness [2] and his brother."),)
    reader = ExtractiveReader(Lexicon.from_texts([one.text for one in rows]))
    reply = asyncio.run(reader.read(AnswerQuestion("Who built the mole?", rows, "Multiple Paragraphs")))
    assert "[5]" not in reply.text
    assert "[2]" not in reply.text
    assert "Orlin Harkness (2) and his brother. [1]" in reply.text


@pytest.mark.parametrize("label", ["{name}: {text}", "{name}\n\n{text}", "{name}:\n\n{text}"])
def test_who_speaks_is_not_what_is_spoken_of(label: str) -> None:
    said = (
        "We sold more boats than ever before.",
        "Fuel was dear in spring.",
        "The yard is full until May.",
        "Wages went up.",
    )
    turns = [label.format(name=name, text=text) for text in said for name in ("INA HOLM", "PER LIND")]
    assert {heading.text for heading in find_headings("\n\n".join(turns)) if heading.level == TURN} == {
        "INA HOLM",
        "PER LIND",
    }


def test_a_paragraph_in_a_script_without_capitals_is_no_heading() -> None:
    text = "부두에서 파업이 끝났다.\n\n국제항만노동자연맹(IDF)은 새 협약을 가결했다. 작업은 재개됐다.\n\n배는 떠났다."
    assert find_headings(text) == []


@pytest.mark.parametrize(
    ("question", "is_told"),
    [("How many boats does Ina Holm own?", True), ("How many children does Ina Holm have?", False)],
)
def test_a_number_answers_how_many_only_where_the_thing_counted_is_spoken_of(question: str, is_told: bool) -> None:
    rows = (row("Ina Holm was born in 1961 in Tarrow. Ina Holm has owned three boats since then."),)
    reader = ExtractiveReader(Lexicon.from_texts([one.text for one in rows]))
    reply = asyncio.run(reader.read(AnswerQuestion(question, rows, "Multiple Paragraphs")))
    assert (reply.form != "nothing") is is_told


def test_candidates_know_the_heading_above_them() -> None:
    text = "A full tank lasts nine hours."
    (sentence,) = sentences_of(text)
    assert "fuel" in Candidate(sentence, row(text, ((0, "Fuel"),)), 0).title
