"""When the embedded reader says that the texts do not tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import polars as pl

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.tasks import AnswerDraft, AnswerQuestion
from graphrag_drift.values import Shown, Span

BIRCH = (
    "Dr. Nora Birch, the chief toxicologist of the Water Board, spoke to reporters in the high school gymnasium. "
    "She said that the wells of Alder Falls were safe again. Reporters asked Ms. Birch about the study that the state "
    "paid for in 2019. Her deputy, Paul Stokes, was sentenced to two years in prison for selling the results."
)
MILL = "The Alder Falls paper mill will close in June. Its owner, Corran Holdings, blames the price of timber."


def rows(*texts: str) -> tuple[Shown, ...]:
    return tuple(
        Shown(mark, "source", text, (Span(f"d{mark}", f"t{mark}", 0, len(text)),)) for mark, text in enumerate(texts, 1)
    )


def ask(question: str, *texts: str) -> AnswerDraft:
    draft = asyncio.run(ExtractiveReader(Lexicon.from_texts(texts)).read(AnswerQuestion(question, rows(*texts))))
    assert isinstance(draft, AnswerDraft)
    return draft


def test_somebody_of_whom_no_text_has_a_word_is_not_answered_about() -> None:
    absent = ask("What did Senator Ilse Quarrington say about the paper mill that will close in June?", BIRCH, MILL)
    assert absent.form == "nothing"
    assert absent.text.startswith(
        "Nothing in the documents answers this directly. Not in the documents: Senator, Ilse, Quarrington."
    )
    assert "The Alder Falls paper mill will close in June. [2]" in absent.text  # which is near
    assert ask("Who blames the price of timber for the end of the Alder Falls paper mill?", BIRCH, MILL).form == "box"


def test_somebody_of_whom_no_text_has_a_word_is_not_answered_about_by_a_chain_of_sentences() -> None:
    async def search(question: str) -> tuple[Shown, ...]:
        return rows(BIRCH, MILL)

    task = AnswerQuestion("Who owns the mill of Ilse Quarrington's deputy?", rows(BIRCH, MILL), search=search)
    draft = asyncio.run(ExtractiveReader(Lexicon.from_texts([BIRCH, MILL])).read(task))
    assert isinstance(draft, AnswerDraft)
    assert draft.form == "nothing"


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
    assert ask(asked, *apart, *filler).text == "Nothing in the documents answers this directly."
    assert "Ann Lowe" in ask(asked, together, *apart, *filler).text


def test_a_word_that_stands_in_a_shown_title_only_is_not_told_as_missing() -> None:
    [row] = rows(MILL)
    task = AnswerQuestion("Did Quarrington visit the opera?", (replace(row, title="Quarrington votes"),))
    draft = asyncio.run(ExtractiveReader(Lexicon.from_texts([MILL])).read(task))
    assert isinstance(draft, AnswerDraft)
    assert draft.items[0].text == "Nothing in the documents answers this directly. Not in the documents: visit, opera."


def test_an_outlet_that_a_question_names_says_where_something_stands_and_not_what() -> None:
    statistics = replace(Lexicon.from_texts([BIRCH, MILL]), outlets=frozenset({"The Evening Globe"}))
    reader = ExtractiveReader(statistics)

    def ask_about(question: str) -> AnswerDraft:
        draft = asyncio.run(reader.read(AnswerQuestion(question, rows(BIRCH, MILL))))
        assert isinstance(draft, AnswerDraft)
        return draft

    assert ask_about("What will happen to the Alder Falls mill in June, according to the Evening Globe?").form == "box"
    assert ask_about("Who owns the Evening Globe?").form == "nothing"  # it is what is asked about


def test_a_chain_that_adds_no_word_of_the_question_is_not_shown_before_the_sentence_that_answers(
    tmp_path: Path,
) -> None:
    first = "Ada Fenn married Bruno Katz in Graz. Clara Idowu sued Dmitri Pavlenko over a boat. "
    texts = [
        first + "Bruno Katz never paid Clara Idowu. Dmitri Pavlenko apologised to Ada Fenn.\n",
        "Greta Holm retired.",
    ]
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings, documents=pl.DataFrame({"title": ["a.txt", "b.txt"], "text": texts}))
    answer = Index.open_sync(settings).ask_sync("Did Bruno Katz pay Clara Idowu?")
    assert answer.text.startswith("Bruno Katz never paid Clara Idowu. [1]")
