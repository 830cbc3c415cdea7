"""Pages, Markdown, LaTeX and other texts are read as their readers see them, character by character."""

import json
from pathlib import Path

import pytest

from graphrag_drift.input.decode import clean
from graphrag_drift.input.load import load
from graphrag_drift.settings import InputSettings


def only(folder: Path, name: str, content: str, **settings: object) -> dict[str, object]:
    (folder / name).write_text(content, "utf-8")
    loaded = load(InputSettings.model_validate(settings), folder)
    (row,) = loaded.documents.to_dicts()
    return {**row, "notices": loaded.notices}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Hol\u00adlo\u00ad\nway", "Holloway"),
        ("Jean\u2011Luc, Coca\u2010Cola", "Jean-Luc, Coca-Cola"),
        ("Ber\u200bgen\u2060 Mu\ufeffseum", "Bergen Museum"),
        ("Bergen\u00a0Museum, 1\u202f200 boats", "Bergen Museum, 1\u202f200 boats"),
        ("o\ufb03ce of So\ufb01a", "office of Sofia"),
        ("\uff21\uff22\uff23 \uff11\uff12！", "ABC 12！"),
        ("\U0001d401\U0001d428 Ek", "Bo Ek"),
        ("می\u200cشود, Bo\u200c Ek", "می\u200cشود, Bo Ek"),
        ("Zo\u00c3\u00ab of M\u00c3\u00a1laga \u00e2\u20ac\u201c JosÃ©", "Zoë of Málaga – José"),
        ("it\u00e2\u0080\u0099s", "it’s"),
        ("a FIANC\u00c9” and caf\u00e9 »", "a FIANCÉ” and café »"),
        ("\U000e0041\U000e0042hidden", "hidden"),
    ],
)
def test_characters_are_those_that_a_reader_sees(written: str, kept: str) -> None:
    assert clean(written) == kept


def test_lost_characters_are_told_with_the_file(tmp_path: Path) -> None:
    row = only(tmp_path, "a.txt", "The office of Zo\ufffd Ek was closed.")
    assert row["notices"] == (
        "a.txt: characters were lost or decoded wrongly before it was saved, as in 'Zo\ufffd'; save it anew as UTF-8",
    )


PAGE = """<html lang="nb"><head><title>Ferry stops - Utvik Post</title>
<meta property="og:site_name" content="Utvik Post"><meta name="author" content="Ina Holm">
<meta property="article:published_time" content="2026-02-03T09:00:00Z">
<style>.gone, #trap {display: none} @media print {.shown {display: none}}</style></head><body>
<h1>Ferry <b>sto</b>ps</h1><p>The fer<i>ry</i> to Ut&shy;vik stops.</p>
<p class="gone">Hidden by a sheet.</p><div id="trap"><p hidden>twice</p></div><p hidden>Hidden.</p>
<div aria-hidden="true">Hidden.</div><p style="DISPLAY : none">Hidden.</p>
<p style="position:absolute;left:-9999px">Off.</p>
<p style="font-size:0">Zero.</p><p style="opacity:0.5">Pale.</p>
<p class="shown">Shown.</p><del>Struck.</del><s>Struck.</s>
<template>Never.</template><textarea>Draft.</textarea>
<table><tr><td><p>Vessel</p></td><td><p>Fee</p><p>a day</p></td></tr>
<tr><td>Haldis</td><td>310<br>crowns</td></tr></table>
<table><tr><td><p>Left part.</p><table><tr><td>in</td><td>side</td></tr></table></td>
<td><p>Right part.</p></td></tr></table>
</body></html>"""


def test_a_page_is_what_its_reader_sees_with_what_it_says_of_itself(tmp_path: Path) -> None:
    row = only(tmp_path, "a.html", PAGE)
    assert row["text"] == (
        "Ferry stops\n\nThe ferry to Utvik stops.\n\nPale.\n\nShown.\n\nVessel | Fee a day\nHaldis | 310 crowns\n\n"
        "Left part.\n\nin | side\n\nRight part."
    )
    assert [row[name] for name in ("title", "creation_date", "date_source", "author", "source")] == [
        "Ferry stops",
        "2026-02-03",
        "meta 'article:published_time'",
        "Ina Holm",
        "Utvik Post",
    ]
    assert row["notices"] == ("a.html: 9 hidden or deleted passage(s) left out",)


def test_front_matter_is_metadata_and_marks_in_a_line_are_no_text(tmp_path: Path) -> None:
    written = (
        "---\ntitle: Ferry plan\ndate: 2026-02-03\nauthor: [Ina Holm, Bo Ek]\ntags: [sea, ferry]\n---\n"
        "# Ferry\n\nThe **Hal**dis of [Utvik](http://x.invalid/a_(b)) is *old*. <!-- not said -->"
        "\n\n## Fees\n\nSee snake_case_name.\n"
    )
    row = only(tmp_path, "a.md", written, metadata_columns=["tags"])
    assert row["text"] == "# Ferry\n\nThe Haldis of Utvik is old. \n\n## Fees\n\nSee snake_case_name.\n"
    assert [row[name] for name in ("title", "creation_date", "author", "raw_data")] == [
        "Ferry plan",
        "2026-02-03",
        "Ina Holm, Bo Ek",
        {"tags": "sea, ferry"},
    ]
    assert [section["title"] for section in row["sections"]] == ["Ferry", "Fees"]  # type: ignore[attr-defined]


def test_aliases_in_front_matter_cost_nothing(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert only(tmp_path, "a.md", f"---\n{bomb}---\nThe ferry stops.")["text"] == "The ferry stops."


def test_marks_that_open_and_never_close_are_text(tmp_path: Path) -> None:
    written = "[" * 40_000 + "x\n" + "**" * 20_000 + "\n" + "_" * 20_000 + "\n" + "<!--" * 10_000 + "\n"
    assert only(tmp_path, "a.md", written)["text"] == written


def test_latex_is_read_without_its_commands(tmp_path: Path) -> None:
    written = (
        "\\documentclass{article}\\title{On Quiet Pumps}\\author{Ida M{\\o}e}\\date{3 March 2025}\n\\begin{document}\n"
        "\\maketitle % no text\n\\section{Cold \\emph{rivers}}\nPumps by "
        "Jos\\'e \\textbf{Ib\\'a\\~nez} cost 5\\% more~\\cite{a}.\n"
        "\\begin{figure}x\\caption{A pump.}\\end{figure}\n\\end{document}"
    )
    row = only(tmp_path, "a.tex", written)
    assert row["text"] == "## Cold rivers\n\nPumps by José Ibáñez cost 5% more .\nA pump."
    assert [row[name] for name in ("title", "author", "creation_date")] == ["On Quiet Pumps", "Ida Møe", "2025-03-03"]
    assert row["notices"] == ("a.tex: 1 table(s), figure(s) and formula(s) left out",)


def test_restructured_text_is_read_without_its_directives(tmp_path: Path) -> None:
    written = (
        "==========\nFerry plan\n==========\n\n:Author: Ina Holm\n:Date: 2026-02-03\n\n.. a comment\n\nThe `Haldis "
        "<http://x.invalid>`_ is :ref:`old <age>` and **slow**.\n\nFees\n----\n\n"
        ".. code-block:: python\n\n   never()\n\n"
        ".. note:: Ask first.\n"
    )
    row = only(tmp_path, "a.rst", written)
    assert row["text"] == "# Ferry plan\n\n\nThe Haldis is old and slow.\n\n## Fees\n\nAsk first.\n"
    assert [row[name] for name in ("title", "author", "creation_date")] == ["Ferry plan", "Ina Holm", "2026-02-03"]


def test_a_notebook_is_its_text_and_says_that_code_was_left_out(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Pumps\n", "They are **quiet**."]},
        {"cell_type": "code", "source": "run()", "outputs": []},
        {"cell_type": "markdown", "source": "Ida Moe made them."},
    ]
    row = only(tmp_path, "a.ipynb", json.dumps({"cells": cells, "metadata": {}}))
    assert (row["title"], row["text"]) == ("Pumps", "# Pumps\nThey are quiet.\n\nIda Moe made them.")
    assert row["notices"] == ("a.ipynb: 1 cell(s) of code left out",)


def test_what_is_not_read_is_said_with_how_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("The ferry stops.")
    for name in ("a.doc", "b.odp", "c.png", "d.msg", "e.mp3"):
        (tmp_path / name).write_bytes(b"x")
    assert load(InputSettings(), tmp_path).failures["reason"].to_list() == [
        "is of a type that is not read, .doc; save it as .docx or .pdf",
        "is of a type that is not read, .odp; save it as .pptx or .pdf",
        "is of a type that is not read, .png; run text recognition (OCR) and save the text as .txt or .pdf",
        "is of a type that is not read, .msg; export the mail as .eml or .mbox",
        "is of a type that is not read, .mp3; transcribe it to .vtt, .srt or .txt",
    ]


def test_a_table_in_a_cell_of_another_stays_in_its_row(tmp_path: Path) -> None:
    inner = "<table><tr><td>Frida Noor</td><td>since 2020</td></tr><tr><td>Bo Ek</td></tr></table>"
    page = f"<table><tr><td>Boat</td><td>Skipper</td></tr><tr><td>Haldis</td><td>{inner}</td></tr></table>"
    assert only(tmp_path, "a.html", page)["text"] == "Boat | Skipper\nHaldis | Frida Noor, since 2020; Bo Ek"


def test_the_footer_of_a_page_is_no_part_of_its_article(tmp_path: Path) -> None:
    page = "<body><article><p>It stops.</p><footer>Map: Ina Holm.</footer></article><footer>Cookies</footer></body>"
    assert only(tmp_path, "a.html", page)["text"] == "It stops.\n\nMap: Ina Holm."
