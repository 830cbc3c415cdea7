"""PDF, Word, PowerPoint, Excel and e-books are read as they are seen; what is left out is said."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from graphrag_drift.input.load import Loaded, load
from graphrag_drift.settings import InputSettings

EXTRA = "the extra 'docs' is not installed"
W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:r="{OFFICE}"'
)


def read(folder: Path) -> Loaded:
    return load(InputSettings(), folder)


def only(folder: Path) -> dict[str, object]:
    """The only document of `folder`."""
    (row,) = read(folder).documents.to_dicts()
    return row


def pdf(*pages: Sequence[tuple[float, float, str]], title: str = "") -> bytes:
    """A PDF of pages of (x, y, text in ASCII), each text a line of 11 points."""
    info = f"<< /Title ({title}) /CreationDate (D:20250304100000Z) >>" if title else "<< >>"
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        info,
    ]
    for number, lines in enumerate(pages):
        content = "\n".join(f"BT /F1 11 Tf {x} {y} Td ({text}) Tj ET" for x, y, text in lines)
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {6 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    table = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010d} 00000 n \n" for place in places).encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{table}\n%%EOF".encode())
    return out.getvalue()


def lines(*texts: str, x: float = 60, top: float = 700) -> list[tuple[float, float, str]]:
    return [(x, top - 14 * number, text) for number, text in enumerate(texts)]


def test_words_divided_at_the_end_of_a_line_are_joined_and_hyphens_of_their_own_stay(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason=EXTRA)
    page = lines(
        "The auditors of Wyburn found that the contrac-",
        "tor had paid the state-",
        "owned ferry line twice, and wrote an in-",
        "depth report of it that the mayor Ottoline Grav-",
        "esen read to the council of the town on that day.",
    )
    (tmp_path / "a.pdf").write_bytes(pdf(page))
    assert only(tmp_path)["text"] == (
        "The auditors of Wyburn found that the contractor had paid the state-owned ferry line twice, and wrote an "
        "in-depth report of it that the mayor Ottoline Gravesen read to the council of the town on that day."
    )


def test_letters_that_are_moved_together_are_read_once(tmp_path: Path) -> None:
    """Browsers print letters that are kerned as pieces of their own, which stand partly in their neighbours."""
    pytest.importorskip("pypdfium2", reason=EXTRA)
    wide = 6.6  # points of a letter of Courier at 11
    kerned = [(60, 700, "The Harbor W"), (60 + 11 * wide, 700, "i"), (60 + 11.9 * wide, 700, "re of 2025-04-1")]
    page = [*kerned, (60 + 27.1 * wide, 700, "1 has"), (60 + 31.8 * wide, 700, ",")]
    (tmp_path / "a.pdf").write_bytes(pdf(page, title="A wire"))
    assert only(tmp_path)["text"] == "The Harbor Wire of 2025-04-11 has,"


def test_running_lines_and_page_numbers_are_left_out_and_a_sentence_goes_on_over_the_page(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason=EXTRA)
    pages = [
        [(60, 760, "Report on the Wyburn ferry"), *lines(*body), (300, 30, f"Page {number}")]
        for number, body in enumerate(
            (
                ("The ferry of Wyburn was stopped by the harbour", "office in spring, since the hull had been"),
                ("damaged by ice. Its master is Tom Arrowsmith.", "He found the damage when the ship was docked."),
            ),
            start=1,
        )
    ]
    (tmp_path / "a.pdf").write_bytes(pdf(*pages))
    row = only(tmp_path)
    assert row["text"] == (
        "The ferry of Wyburn was stopped by the harbour office in spring, since the hull had been damaged by ice. Its "
        "master is Tom Arrowsmith. He found the damage when the ship was docked."
    )
    assert row["title"] == "Report on the Wyburn ferry"
    assert read(tmp_path).notices == ("a.pdf: 4 running line(s) and page number(s) left out",)


def test_two_columns_are_read_one_after_the_other_below_their_title(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason=EXTRA)
    left = lines(*[f"left column has line {number:02} of" for number in range(8)], x=40)
    right = lines(*[f"right column has line {number} of" for number in range(8)], x=330)
    mixed = [line for pair in zip(left, right, strict=True) for line in pair]
    heading = (40.0, 740.0, "A title that runs across the whole width of the page, both columns")
    (tmp_path / "a.pdf").write_bytes(pdf([heading, *mixed], title="Two columns at once"))
    row = only(tmp_path)
    text = str(row["text"])
    assert text.startswith(
        "A title that runs across the whole width of the page, both columns\n\nleft column has line 00"
    )
    assert text.index("left column has line 07") < text.index("right column has line 0")
    assert (row["title"], row["creation_date"], row["date_source"]) == (
        "Two columns at once",
        "2025-03-04",
        "PDF properties (last resort)",
    )


def test_a_pdf_with_a_password_says_so_and_one_with_an_empty_password_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason=EXTRA)
    pypdf = pytest.importorskip("pypdf", reason="needs a library that encrypts")
    for name, password in (("empty", ""), ("locked", "secret")):
        writer = pypdf.PdfWriter(io.BytesIO(pdf(lines("The harbour was closed."))))
        writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
        writer.write(tmp_path / f"{name}.pdf")
    loaded = read(tmp_path)
    assert loaded.documents["text"].to_list() == ["The harbour was closed."]
    assert loaded.failures.rows() == [("load", "locked.pdf", "is a PDF with a password; save it without one")]


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def docx(path: Path, body: str, **parts: str) -> None:
    """A Word file with that body; `parts` are footnotes or comments, by their kind."""
    types = "".join(
        f'<Override PartName="/word/{kind}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'wordprocessingml.{"document.main" if kind == "document" else kind}+xml"/>'
        for kind in ("document", *parts)
    )
    relations = "".join(f'<Relationship Id="r{kind}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>' for kind in parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/>{types}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>'
        )
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for kind, content in parts.items():
            archive.writestr(f"word/{kind}.xml", f"<w:{kind} {W}>{content}</w:{kind}>")


def test_all_that_word_shows_is_read_and_what_was_deleted_or_hidden_is_not(tmp_path: Path) -> None:
    pytest.importorskip("mammoth", reason=EXTRA)
    box = f"<w:txbxContent><w:p>{run('The box says that Odd Vale won.')}</w:p></w:txbxContent>"
    docx(
        tmp_path / "a.docx",
        f'<w:p>{run("The board ")}<w:ins w:id="1" w:author="x">{run("of Wyburn ")}</w:ins><w:del w:id="2" w:author="x">'
        f"<w:r><w:delText>reluctantly </w:delText></w:r></w:del>{run('chose ')}<w:sdt><w:sdtContent>{run('Ida Moe')}"
        f"</w:sdtContent></w:sdt>{run('.')}<w:r><w:rPr><w:vanish/></w:rPr><w:t>Secret.</w:t></w:r></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run('A paragraph in a control.')}</w:p></w:sdtContent></w:sdt>"
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
        f'</w:r></w:p><w:p>{run("The dam leaks.")}<w:r><w:footnoteReference w:id="2"/></w:r>'
        '<w:r><w:commentReference w:id="1"/></w:r></w:p>',
        footnotes=f'<w:footnote w:id="2"><w:p>{run("Seen by Bo Ek.")}</w:p></w:footnote>',
        comments=f'<w:comment w:id="1" w:initials="AB"><w:p>{run("Ask Bo again.")}</w:p></w:comment>',
    )
    text = str(only(tmp_path)["text"])
    for part in ("The board of Wyburn chose Ida Moe.", "A paragraph in a control.", "Seen by Bo Ek.", "Ask Bo again."):
        assert part in text
    assert text.count("The box says that Odd Vale won.") == 1
    assert "reluctantly" not in text
    assert "Secret" not in text


def test_a_cell_merged_over_a_million_columns_is_read_once(tmp_path: Path) -> None:
    pytest.importorskip("mammoth", reason=EXTRA)
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="1000000"/></w:tcPr><w:p>' + run("Beds by ward") + "</w:p></w:tc>"
    beds = f"<w:tc><w:p>{run('12')}</w:p><w:p>{run('in use')}</w:p></w:tc>"
    row = f"<w:tr><w:tc><w:p>{run('North')}</w:p></w:tc>{beds}</w:tr>"
    docx(tmp_path / "a.docx", f"<w:tbl><w:tr>{cell}</w:tr>{row}</w:tbl>")
    assert only(tmp_path)["text"] == "Beds by ward\nNorth | 12 in use"


def test_slides_are_read_in_order_with_notes_and_tables_and_hidden_ones_are_not(tmp_path: Path) -> None:
    def shape(text: str, kind: str = "") -> str:
        holder = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else ""
        return f"<p:sp>{holder}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"

    table = "<p:graphicFrame><a:tbl><a:tr>" + "".join(
        f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in ("Fee", "310 crowns")
    )
    bodies = {
        1: shape("Second shown", "title") + shape("7", "sldNum"),
        2: shape("Harbour plan", "title") + shape("The pier grows.") + table + "</a:tr></a:tbl></p:graphicFrame>",
        3: shape("Hidden"),
    }
    with zipfile.ZipFile(tmp_path / "a.pptx", "w") as archive:
        numbers = "".join(f'<p:sldId id="{256 + number}" r:id="rId{number}"/>' for number in (2, 1, 3))
        archive.writestr(
            "ppt/presentation.xml", f"<p:presentation {A}><p:sldIdLst>{numbers}</p:sldIdLst></p:presentation>"
        )
        relations = "".join(
            f'<Relationship Id="rId{number}" Type="{OFFICE}/slide" Target="slides/slide{number}.xml"/>'
            for number in bodies
        )
        archive.writestr(
            "ppt/_rels/presentation.xml.rels", f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>'
        )
        for number, body in bodies.items():
            shown = ' show="0"' if number == 3 else ""
            archive.writestr(f"ppt/slides/slide{number}.xml", f"<p:sld {A}{shown}>{body}</p:sld>")
        archive.writestr(
            "ppt/slides/_rels/slide2.xml.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="n" Type="{OFFICE}/notesSlide" '
            'Target="../notesSlides/notesSlide1.xml"/></Relationships>',
        )
        archive.writestr("ppt/notesSlides/notesSlide1.xml", f"<p:notes {A}>{shape('Say thanks to Ida Moe.')}</p:notes>")
    row = only(tmp_path)
    assert (
        row["text"] == "Harbour plan\n\nThe pier grows.\n\nFee | 310 crowns\n\nSay thanks to Ida Moe.\n\nSecond shown"
    )
    assert row["title"] == "Harbour plan"
    assert row["sections"] == [
        {"start": 0, "title": "Slide 1: Harbour plan", "level": 1},
        {"start": 73, "title": "Slide 2: Second shown", "level": 1},
    ]


def xlsx(path: Path, rows: Sequence[Sequence[str]]) -> None:
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{OFFICE}"><sheets><sheet name="Fees" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )


def test_a_sheet_with_a_column_of_text_is_records_and_another_is_a_table(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine", reason=EXTRA)
    xlsx(tmp_path / "records.xlsx", [("Title", "Text", "Date"), ("Dam", "The dam leaks.", "2025-03-04")])
    xlsx(tmp_path / "table.xlsx", [("Vessel", "Fee"), ("Haldis", "310")])
    rows = read(tmp_path).documents.select("title", "text", "creation_date", "sections").rows()
    assert rows == [
        ("Dam", "The dam leaks.", "2025-03-04", []),
        ("table.xlsx", "Vessel | Fee\nHaldis | 310", "", [{"start": 0, "title": "Fees", "level": 1}]),
    ]


def test_a_book_is_read_chapter_by_chapter(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "OEBPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            "<dc:title>The Weir</dc:title><dc:creator>Ida Moe</dc:creator><dc:date>1998-02-01</dc:date></metadata>"
            '<manifest><item id="two" href="b%20b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="one" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="one"/><itemref idref="two"/></spine></package>',
        )
        archive.writestr("OEBPS/a.xhtml", "<html><body><h1>One</h1><p>It rained.</p></body></html>")
        archive.writestr("OEBPS/b b.xhtml", "<html><body><h1>Two</h1><p>It stopped.</p></body></html>")
    row = only(tmp_path)
    assert (row["title"], row["author"], row["creation_date"]) == ("The Weir", "Ida Moe", "1998-02-01")
    assert row["text"] == "One\n\nIt rained.\n\nTwo\n\nIt stopped."
    assert [section["title"] for section in row["sections"]] == ["One", "Two"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".epub", ".xlsx"])
def test_a_damaged_archive_is_set_aside(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "good.txt").write_text("The harbour was closed.")
    (tmp_path / f"a{suffix}").write_bytes(b"no archive")
    with zipfile.ZipFile(tmp_path / f"b{suffix}", "w") as archive:
        archive.writestr("nothing.xml", "<nothing/>")
    reasons = read(tmp_path).failures["reason"].to_list()
    assert len(reasons) == 2
    assert all("readable" in reason or "optional" in reason for reason in reasons)


def test_a_line_that_recurs_among_others_is_text_and_a_running_line_of_two_parts_is_not(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason=EXTRA)
    pages = []
    for number, body in enumerate(("Its hull was old.", "Its mast was new."), start=1):
        head = [(60.0, 770.0, "Wyburn Review"), *([(400.0, 770.0, f"Page {number}")] if number == 2 else [])]
        pages.append([*head, *lines("It was closed", "by the harbour office.", body), (300.0, 30.0, f"Page {number}")])
    (tmp_path / "a.pdf").write_bytes(pdf(*pages))
    assert " ".join(str(only(tmp_path)["text"]).split()) == (
        "It was closed by the harbour office. Its hull was old. It was closed by the harbour office. Its mast was new."
    )
