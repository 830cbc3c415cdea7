"""Several processes read texts ahead of the steps, and change nothing of what comes out."""

from __future__ import annotations

import polars as pl
import pytest

from graphrag_drift import Settings, build_index_sync
from graphrag_drift.jobs import ahead, working
from graphrag_drift.language.statistics import _recalled_words
from graphrag_drift.memo import remembering

PLACES = ("Brackwater", "Port Ellery", "Kestrel Point")
DOCUMENTS = pl.DataFrame(
    [
        {
            "id": f"d{number}",
            "title": f"Report {number}",
            "text": f"Tuva Lien of Meridian Terminals met Ina Holm in {PLACES[number % 3]} on day {number}. She left "
            f"the harbour after {number} hours. Ostrander Group paid for pier {number}, said Tuva Lien.",
        }
        for number in range(40)
    ]
)


def files_of(settings: Settings) -> dict[str, bytes]:
    """What was published, by file."""
    (generation,) = (settings.output_folder / "generations").iterdir()
    return {str(file.relative_to(generation)): file.read_bytes() for file in generation.rglob("*") if file.is_file()}


def test_two_processes_make_the_files_that_one_makes_and_read_the_texts_in_its_place(tmp_path, monkeypatch):
    alone, together = (Settings.model_validate({"root": tmp_path / name}) for name in ("alone", "together"))
    build_index_sync(alone, documents=DOCUMENTS)

    def refuse(text: str) -> None:
        raise AssertionError(f"not left to another process: {text!r}")

    for function in ("indexing.chunk._spans", "indexing.copies._shingles", "language.statistics._words_as_written"):
        monkeypatch.setattr(f"graphrag_drift.{function}", refuse)
    monkeypatch.setattr("graphrag_drift.providers.embedded.extraction.extract_graph", refuse)
    build_index_sync(together, documents=DOCUMENTS, jobs=2)
    assert files_of(together) == files_of(alone)


@pytest.mark.parametrize(
    ("work", "texts"),
    [(lambda text: _recalled_words(text), 40), (_recalled_words, 3)],
    ids=["what cannot be sent to a process", "few texts"],
)
def test_the_step_itself_does(work, texts, tmp_path):
    file = tmp_path / "pieces.sqlite"
    with remembering(file), working(2):
        ahead(work, DOCUMENTS["text"].to_list()[:texts])
    assert not file.exists()
