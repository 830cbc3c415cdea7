"""A document's title and date are those that stand over it, never what a sentence speaks of."""

from pathlib import Path

import pytest

from graphrag_drift.input.dates import date_in_name, read_date
from graphrag_drift.input.heads import Head, read_head
from graphrag_drift.input.load import load
from graphrag_drift.settings import InputSettings

BODY = "\n\nThe board met in the hall and voted to close the harbour for good. It was a long day for Ida Moe.\n"
NEWSROOM = Path(__file__).parents[1] / "examples" / "newsroom" / "articles"


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (
            "Port shut as dockers strike\nBy Ann Ray, Quay News | Harbor Wire | 2025-03-18" + BODY,
            Head("Port shut as dockers strike", "2025-03-18", "header line", "Ann Ray, Quay News", "Harbor Wire"),
        ),
        ("Port shut" + BODY, Head("Port shut")),
        ("Port shut for a long time after\nfire took the hall\n\nPublished: 3 March 2025" + BODY,
         Head("Port shut for a long time after fire took the hall", "2025-03-03", "header line")),
        ("LYON, March 6, 2025 (Quay News) - Four people saw the fire that took the hall." + BODY,
         Head("", "2025-03-06", "dateline")),
        ("Date: 3 March 2025\nTo: all\nSubject: Closing" + BODY, Head("Closing", "2025-03-03", "header line")),
        ("# Port shut\n\n3 March 2025" + BODY, Head("Port shut", "2025-03-03", "header line")),
        ("입력 2025.03.04 10:20" + BODY, Head("", "2025-03-04", "header line")),
    ],
)  # fmt: skip
def test_headline_byline_and_dateline_are_read(text: str, head: Head) -> None:
    assert read_head(text) == head


@pytest.mark.parametrize(
    "text",
    [
        "Ida Moe was born on 10 December 1915 in Rena.\nShe ran the mill.\n",
        "Present: A. Lund, B. Moe. The lease of 3 May 1987 was read.\n",
        "The bank will close its branch on\n1 November 2031, said Per Anker\nof the bank." + BODY,
        "The lease of 3 May 1987" + BODY,
        "Ida Moe, 10 December 1915 – 3 May 1999" + BODY,
        "On 3 March 2025 - the day of the fire - the harbour was closed for good." + BODY,
        BODY + "\nPublished by the town. The next vote is on 3 May 2031.",
    ],
)
def test_a_date_that_a_sentence_speaks_of_is_not_the_documents(text: str) -> None:
    assert read_head(text).date == ""


@pytest.mark.parametrize(
    "text",
    [
        "Only a line of text without an end",
        "The port was shut by the strike of the dockers and\nit stays so until the end of the month." + BODY,
        "- first point\n- second point" + BODY,
        "Name\tFee\n\nHaldis\t310" + BODY,
        "It rained. It stopped" + BODY,
    ],
)
def test_a_first_line_that_reads_as_no_headline_is_no_title(text: str) -> None:
    assert read_head(text).title == ""


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("1709251200", "2024-03-01"),
        ("1709251200000", "2024-03-01"),
        ("1771234567.0002", "2026-02-16"),
        ("2025-03-03T10:00:00Z", "2025-03-03"),
        ("Tue, 4 Mar 2025 10:00:00 GMT", "2025-03-04"),
        ("20250304", "2025-03-04"),
        ("2025-03", "2025-03"),
        ("2024", "2024"),
        ("March 2024", "2024-03"),
        ("13/04/2025", "2025-04-13"),
        ("3.4.2025", "2025-04-03"),
        ("2025年3月4日", "2025-03-04"),
        ("D:20261128020521+00'00'", "2026-11-28"),
        ("03/04/2025", ""),
        ("soon", ""),
        ("12", ""),
        ("Q3 2024", ""),
        ("99999999999999999999", ""),
    ],
)
def test_dates_of_fields_are_read(written: str, iso: str) -> None:
    assert read_date(written) == iso


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("3. März 2025", "2025-03-03"),
        ("le 3 mars 2025", "2025-03-03"),
        ("3 марта 2025 г.", "2025-03-03"),
        ("3 Mart 2025", "2025-03-03"),
        ("12 มีนาคม 2025", "2025-03-12"),
        ("Vienna Opera 2025", ""),
    ],
)
def test_dates_of_fields_are_read_in_several_languages(written: str, iso: str) -> None:
    pytest.importorskip("dateparser", reason="the extra 'docs' is not installed")
    assert read_date(written) == iso


def test_a_files_name_dates_a_document_that_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "2025-03-18-harbour.txt").write_text("The harbour was closed on 1 May 1990.")
    row = load(InputSettings(), tmp_path).documents.row(0, named=True)
    assert (row["creation_date"], row["date_source"]) == ("2025-03-18", "file name")
    assert [date_in_name(name) for name in ("20250318.txt", "a_2025_03_18", "1234567890123", "v2025-13-40")] == [
        "2025-03-18",
        "2025-03-18",
        "",
        "",
    ]


def test_files_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    for name in ("alpha", "beta"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(f"The {name} sensor is made in Turin.")
    assert load(InputSettings(), tmp_path).documents["title"].to_list() == ["alpha/README.md", "beta/README.md"]


def test_every_article_of_the_newsroom_has_its_headline_date_author_and_source() -> None:
    documents = load(InputSettings(), NEWSROOM).documents
    for path, title, date, author, source, text in documents.select(
        "path", "title", "creation_date", "author", "source", "text"
    ).rows():
        assert (title, path[:10]) == (text.partition("\n")[0], date)
        assert author
        assert source


@pytest.mark.parametrize(
    "text",
    [
        "Harbour | Due\nRena | 2026-03-01\nMoss | 2026-04-01",
        "| Well | Depth (m) |\n|---|---|\n| By Anna | 2026-03-01 |" + BODY,
    ],
)
def test_the_cells_of_a_table_say_nothing_of_the_document(text: str) -> None:
    assert read_head(text) == Head()


def test_what_somebody_says_first_is_no_headline() -> None:
    assert read_head("ANN: When did you join the choir?\n\nBO: In 2009.\n\nANN: And who led it?").title == ""


def test_a_small_byline_below_a_headline_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The Ballad of Orsa\nby Nora Whitlock" + BODY)
    row = load(InputSettings(), tmp_path).documents.row(0, named=True)
    assert (row["title"], row["author"]) == ("The Ballad of Orsa", "Nora Whitlock")
