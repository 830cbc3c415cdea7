"""Contextual retrieval: what text units are found by besides their text."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.app import IndexRun
from graphrag_drift.errors import ProviderError, SettingsError
from graphrag_drift.indexing.chunk import cut
from graphrag_drift.indexing.contextualize import contextualize, excerpt
from graphrag_drift.indexing.copies import link_copies
from graphrag_drift.language.dates import written_date
from graphrag_drift.language.sections import Heading, find_headings, section, sections
from graphrag_drift.providers.protocols import Maker, Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.providers.tokens import ApproximateTokenizer
from graphrag_drift.settings import ContextualRetrievalSettings
from graphrag_drift.tables import DOCUMENTS
from graphrag_drift.tasks import ExtractGraph, GraphDraft, PlaceTextUnit
from graphrag_drift.tasks import Task as AnyTask

REPORT = """# The harbour

## Cranes

{cranes}

## Wages

{wages}
"""
CRANES = " ".join(f"Crane number {n} was lifted onto the quay by two tugs in the rain." for n in range(9))
WAGES = " ".join(f"The pilots of shift {n} asked for another coin a day and were told to wait." for n in range(9))


def settings(root: Path, context: str) -> Settings:
    return Settings.model_validate(
        {
            "root": root,
            "input": {"metadata_columns": ["source", "url"]},
            "chunking": {"size": 80},
            "contextual_retrieval": {"context": context},
        }
    )


FRAME = pl.DataFrame(
    {
        "title": ["A year at Port Ellery", "Elsewhere"],
        "text": [REPORT.format(cranes=CRANES, wages=WAGES), "Nothing happened anywhere."],
        "date": ["2025-03-04", "2025-05-01"],
        "source": ["Harbor Wire", "The Gazette"],
        "url": ["https://example.org/ellery", ""],
    }
)


def built(root: Path, context: str, models: Models | None = None) -> tuple[Index, IndexRun]:
    chosen = settings(root, context)
    run = build_index_sync(chosen, documents=FRAME, models=models)
    return Index.open_sync(chosen, models=models), run


def found(index: Index, question: str) -> list[str]:
    rows = index.retrieve(question, method="basic", k=20)
    return index.graph.text_units.join(rows, left_on="id", right_on="text_unit_id", how="semi")["text"].to_list()


def test_a_text_unit_is_found_by_its_section_date_and_source_though_its_text_says_none_of_them(tmp_path: Path) -> None:
    index, _ = built(tmp_path, "head")
    wages = [text for text in found(index, "wages") if "Wages" not in text]
    assert wages
    assert all("pilots" in text and "Crane" not in text for text in wages)
    assert any("Crane" in text for text in found(index, "Harbor Wire"))
    assert any("Crane" in text for text in found(index, "March"))
    assert found(index, "the Gazette") == ["Nothing happened anywhere."]
    assert not found(index, "example.org")


def test_with_titles_alone_it_is_found_by_its_title_only(tmp_path: Path) -> None:
    index, _ = built(tmp_path, "title")
    assert not found(index, "Harbor Wire March")
    assert len(found(index, "Ellery")) == index.graph.text_units.height - 1


def test_a_change_of_contexts_reads_no_text_unit_again(tmp_path: Path) -> None:
    built(tmp_path, "title")
    _, run = built(tmp_path, "head")
    ran = {step for step, reasons in run.steps.items() if reasons}
    assert ran == {"contextualize", "index_terms", "embed"}


def test_sections_are_the_headings_above_the_highest_first() -> None:
    headings = [Heading(10, 1, "Report"), Heading(50, 2, "North"), Heading(90, 3, "Ports"), Heading(200, 2, "South")]
    assert section(headings, 5) == []
    assert section(headings, 100) == ["Report", "North", "Ports"]
    assert section(headings, 200) == ["Report", "South"]


def test_dates_are_written_as_texts_write_them() -> None:
    assert written_date("2025-03-04") == "4 March 2025"
    assert written_date("2025-03") == "March 2025"
    assert written_date("2025") == "2025"
    assert written_date("2025-03-04", "ko") == "2025년 3월 4일"
    assert written_date("spring") == "spring"
    assert written_date("") == ""


def test_of_a_long_document_its_beginning_is_shown_and_what_stands_around() -> None:
    tokens = [300] * 40
    assert excerpt(tokens[:10], 4) == list(range(10))
    assert excerpt(tokens, 20) == [0, 1, 2, 17, 18, 19, 20, 21, 22, 23]


def scripted(root: Path, place: Any) -> tuple[Models, ScriptedReader]:
    own = models_for(settings(root, "head"))
    script: dict[type[AnyTask[Any]], Any] = {ExtractGraph: GraphDraft(), PlaceTextUnit: place}
    reader = ScriptedReader(script)
    maker: Maker[Any] = Maker(lambda _: reader, lambda: reader.id, composes=True)
    return Models(maker, own.embedder, own.tokenizer), reader


def test_a_sentence_by_the_model_places_each_text_unit_of_a_longer_document(tmp_path: Path) -> None:
    models, reader = scripted(tmp_path, lambda task: "It is about gantries." if "Crane" in task.text else "Of pay.")
    index, run = built(tmp_path, "sentence", models)
    asked = [task for task in reader.asked if isinstance(task, PlaceTextUnit)]
    assert len(asked) == index.graph.text_units.height - 1  # the short document is its own context
    assert all(task.title == "A year at Port Ellery" and task.text in task.document for task in asked)
    assert all("Crane" in text for text in found(index, "gantries"))
    assert found(index, "gantries")
    assert run.failures.is_empty()


def test_a_sentence_that_fails_is_named_and_the_text_unit_keeps_its_head(tmp_path: Path) -> None:
    models, _ = scripted(tmp_path, ProviderError("no"))
    index, run = built(tmp_path, "sentence", models)
    assert set(run.failures["step"]) == {"contextualize"}
    assert all(item.startswith("A year at Port Ellery (part ") for item in run.failures["item"])
    assert any("Crane" in text for text in found(index, "Harbor Wire"))


def test_sentences_without_a_model_are_a_mistake_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"set models\.extract or models\.chat, or contextual_retrieval\.context"):
        built(tmp_path, "sentence")


def peak_bytes(step: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_contexts_and_copies_of_a_long_document_need_a_few_times_its_text(tmp_path: Path) -> None:
    text = " ".join(f"The keeper of light {n} wrote that the sea was calm at {n % 24} o'clock." for n in range(8_000))
    rows = [{"id": each, "title": "The log", "text": text, "text_unit_ids": []} for each in ("d", "e")]
    documents = pl.DataFrame(rows, schema=DOCUMENTS)
    units = cut(documents, tokenizer=ApproximateTokenizer("o200k_base"), size=100, overlap=0)
    chosen = settings(tmp_path, "head").contextual_retrieval

    def contexts() -> object:
        return asyncio.run(contextualize(documents, units, settings=chosen))

    assert units.height > 1_000
    assert peak_bytes(contexts) < 6 * 2 * len(text)
    assert peak_bytes(lambda: link_copies(documents, units, threshold=0.8)) < 12 * 2 * len(text) + 40_000_000


def test_each_heading_is_looked_at_once_whatever_the_number_of_text_units() -> None:
    headings = (Heading(n, 7, f"Heading {n}") for n in range(0, 100_000, 2))  # a generator gives each only once
    paths = sections(headings, range(1, 100_000, 2))
    assert next(paths) == ["Heading 0"]
    assert list(paths)[-1] == ["Heading 99998"]


def test_a_question_too_long_to_be_read_ends_in_a_sentence(tmp_path: Path) -> None:
    index, _ = built(tmp_path, "head")
    with pytest.raises(SettingsError, match="the question has 138,000 characters, at most 10,000 are read"):
        index.ask_sync("Why so? " * 17_249 + "Why now?", method="basic")


def path(text: str, words: str) -> list[str]:
    """The headings under which `words` stand."""
    return section(find_headings(text), text.index(words))


def test_the_rows_of_a_table_stand_under_its_header_and_what_follows_does_not() -> None:
    rows = "\n".join(f"| Ward {n} | {n * 7} beds |" for n in range(1_500))
    text = f"# Wards\n\n| Ward | Beds |\n|---|---|\n{rows}\n\nThe wards are old."
    assert path(text, "| Ward 3 ") == ["Wards", "Ward · Beds"]
    assert path(text, "| Ward 1400 ") == ["Wards", "Ward · Beds"]
    assert path(text, "The wards are old") == ["Wards"]


def test_a_chapter_a_speaker_and_a_message_are_sections() -> None:
    book = "The Light\n\nCHAPTER II. THE GALE\n\nIt blew for days.\n\nA picture of the gale\n\nThe lamp held."
    assert path(book, "The lamp") == ["CHAPTER II. THE GALE", "A picture of the gale"]
    talk = "ANNA: Good evening.\n\nOLE: Hello.\n\nANNA: What of the lamp?\n\nOLE: It is lit. It burns oil."
    assert path(talk, "It burns") == ["OLE"]
    mail = "From: Ina Holm\nTo: Ole Moe\nSubject: The lamp\n\nLit?\n\nFrom: Ole Moe\nSubject: Re: The lamp\n\nYes."
    assert path(mail, "Yes.") == ["Re: The lamp · Ole Moe"]


def test_a_record_of_keys_and_values_has_no_speakers() -> None:
    assert path("Name: Ina Holm\nPost: Keeper\n\nName: Ole Moe\nPost: Pilot\n\nBoth are paid.", "Both") == []


def test_a_text_unit_is_found_by_the_slides_that_it_stands_in_and_holds_though_no_text_names_them() -> None:
    text = "The pumps leak.\n\nThe lock is shut at night.\n\nOda Lindal: It rains."
    starts = [("Slide 1: Pumps of Grenholt", 0), ("Slide 2: Locks", 17), ("Oda Lindal, 0:00:07", 45)]
    parts = [{"start": start, "title": title, "level": 1} for title, start in starts]
    row = {"id": "d", "title": "Works", "text": text, "sections": parts}
    documents = pl.DataFrame([{name: row.get(name) for name in DOCUMENTS}], schema=DOCUMENTS)
    places = [("a", 0, len(text)), ("b", 17, 43), ("c", 45, len(text))]
    units = pl.DataFrame([{"id": id, "document_id": "d", "start": start, "end": end} for id, start, end in places])
    frame, _ = asyncio.run(contextualize(documents, units, settings=ContextualRetrievalSettings()))
    assert frame["context"].to_list() == [
        "Works · Slide 1: Pumps of Grenholt · Slide 2: Locks",
        "Works · Slide 2: Locks",
        "Works · Oda Lindal, 0:00:07",
    ]
