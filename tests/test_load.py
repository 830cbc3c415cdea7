"""Every format gives the documents that its file holds."""

import io
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from graphrag_drift.errors import SettingsError
from graphrag_drift.input.load import Loaded, fingerprint_input, load, load_frame
from graphrag_drift.settings import InputSettings
from graphrag_drift.tables import DOCUMENTS, FAILURES, content_id

PODCASTS = Path(__file__).parents[1] / "../shared/data/podcasts"
AP = {
    "itemid": "ap-1",
    "headline": "Dockers walk out",
    "versioncreated": "2025-03-03T14:05:00Z",
    "body": "<p>CORVANE (AP) &mdash; Dockers <b>walked</b> out.</p><p>The port&#8217;s closed.</p>",
    "meta": {"desk": "business"},
}
AP_SETTINGS = InputSettings(
    id_column="itemid",
    title_column="headline",
    text_column="body",
    date_column="versioncreated",
    metadata_columns=("meta.desk",),
)
AP_TEXT = "CORVANE (AP) — Dockers walked out.\n\nThe port’s closed."


def texts(loaded: Loaded) -> list[tuple[str, str]]:
    return loaded.documents.select("title", "text").rows()


def write(folder: Path, **files: str | bytes) -> Path:
    """Files by name, with "__" for a dot."""
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(raw)
    return folder


def pdf(*pages: str) -> bytes:
    """A PDF with a line of ASCII text on each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, line in enumerate(pages):
        content = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * number} 0 R >>"
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
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF".encode())
    return out.getvalue()


def test_a_text_files_document_has_the_files_name_as_its_title(tmp_path):
    write(tmp_path, strike__txt="The port strike began on Monday.\r\nNobody knew why.\n")
    loaded = load(InputSettings(), tmp_path)
    text = "The port strike began on Monday.\nNobody knew why.\n"
    assert loaded.documents.to_dicts() == [
        {
            "id": content_id("strike.txt", text),
            "human_readable_id": 0,
            "title": "strike.txt",
            "text": text,
            "text_unit_ids": [],
            "creation_date": "",
            "raw_data": None,
            "path": "strike.txt",
            "language": "en",
            "copy_of": None,
            "source": "",
            "author": "",
            "date_source": "",
            "sections": [],
        }
    ]
    assert dict(loaded.documents.schema) == DOCUMENTS
    assert dict(loaded.failures.schema) == FAILURES
    assert loaded.failures.is_empty()
    assert loaded.notices == ()


def test_documents_are_ordered_by_title_whatever_the_folders(tmp_path):
    for name in ("b/one.txt", "a/two.txt", "a/deep/one.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"Text of {name}.")
    rows = load(InputSettings(), tmp_path).documents.select("human_readable_id", "title", "path").rows()
    assert rows == [(0, "one.md", "a/deep/one.md"), (1, "one.txt", "b/one.txt"), (2, "two.txt", "a/two.txt")]


@pytest.mark.parametrize(
    ("pattern", "titles"),
    [
        ("**/*", ["a.txt", "b.md", "c.txt"]),
        ("*", ["a.txt"]),
        ("**/*.txt", ["a.txt", "c.txt"]),
        ("sub/*", ["b.md"]),
        ("*/deep/[a-c].txt", ["c.txt"]),
    ],
)
def test_the_pattern_is_a_glob_below_the_folder(tmp_path, pattern, titles):
    (tmp_path / "sub/deep").mkdir(parents=True)
    for name in ("a.txt", "sub/b.md", "sub/deep/c.txt", ".hidden.txt"):
        (tmp_path / name).write_text(f"Text of {name}.")
    assert load(InputSettings(file_pattern=pattern), tmp_path).documents["title"].to_list() == titles


def test_a_date_comes_from_the_column_or_from_the_first_lines(tmp_path):
    rows = 'id,text,when\n1,One.,2025-03-03T10:00:00Z\n2,Two.,"Tue, 4 Mar 2025 10:00:00 GMT"\n'
    rows += '3,Three.,soon\n4,"CORVANE, March 6, 2025 - Four.",\n5,Five.,2025년 3월 7일\n'
    write(tmp_path, news__csv=rows)
    loaded = load(InputSettings(id_column="id", date_column="when"), tmp_path)
    dates = dict(loaded.documents.select("id", "creation_date").rows())
    assert dates == {"1": "2025-03-03", "2": "2025-03-04", "3": "", "4": "2025-03-06", "5": "2025-03-07"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ap.json", json.dumps(AP)),
        ("ap.json", json.dumps([AP])),
        ("ap.json", json.dumps({"data": {"count": 1, "items": [AP]}})),
        ("ap.json", json.dumps(AP) + "\n" + json.dumps({**AP, "itemid": "ap-2", "body": " "})),
        ("ap.jsonl", json.dumps(AP) + "\n\n"),
        ("ap.ndjson", json.dumps(AP)),
    ],
    ids=["object", "array", "object with a list", "lines in .json", "jsonl", "ndjson"],
)
def test_json_with_html_bodies_and_a_byte_order_mark_is_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content.encode())
    document = load(AP_SETTINGS, tmp_path).documents.to_dicts()[0]
    assert document["id"] == "ap-1"
    assert document["title"] == "Dockers walk out"
    assert document["text"] == AP_TEXT
    assert document["creation_date"] == "2025-03-03"
    assert document["raw_data"] == {"meta.desk": "business"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", 'id,text,n\n7,"One, and\ntwo.",3\n8,Three.,\n'),
        ("rows.csv", 'id;text;n\r\n7;"One, and\r\ntwo.";3\r\n8;Three.;\r\n'),
        ("rows.tsv", 'id\ttext\tn\n7\t"One, and\ntwo."\t3\n8\tThree.\t\n'),
        ("rows.json", '[{"id": 7, "text": "One, and\\ntwo.", "n": 3}, {"id": 8, "text": "Three."}]'),
        ("rows.jsonl", '{"id": 7, "text": "One, and\\ntwo.", "n": 3}\n{"id": 8, "text": "Three.", "n": null}'),
    ],
    ids=["csv", "csv with semicolons", "tsv", "json", "jsonl"],
)
def test_rows_are_documents_named_after_file_and_row(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    loaded = load(InputSettings(id_column="id", metadata_columns=("n",)), tmp_path)
    assert loaded.documents.select("id", "title", "text", "raw_data").rows() == [
        ("7", f"{name} (1)", "One, and\ntwo.", {"n": "3"}),
        ("8", f"{name} (2)", "Three.", {"n": None}),
    ]
    assert loaded.failures.is_empty()


def test_parquet_is_read(tmp_path):
    frame = pl.DataFrame({"id": [1, 2], "text": ["One.", "Two."], "other": [[1], [2]]})
    frame.write_parquet(tmp_path / "rows.parquet")
    loaded = load(InputSettings(id_column="id", metadata_columns=("other",)), tmp_path)
    assert loaded.documents.select("id", "title", "text", "raw_data").rows() == [
        ("1", "rows.parquet (1)", "One.", {"other": "[1]"}),
        ("2", "rows.parquet (2)", "Two.", {"other": "[2]"}),
    ]


def test_html_becomes_paragraphs_without_scripts_and_menus(tmp_path):
    page = (
        "<html><head><title>Daily</title><style>p{}</style></head><body><nav>Home</nav><h1>Dockers\n walk out</h1>"
        "<div>One &amp; two <b>bo</b>ld.<p>Three<br>four</p>tail</div><ul><li>a</li><li>b</li></ul>"
        "<table><tr><td>x</td><td>y</td></tr></table><script>alert(1)</script></body></html>"
    )
    write(tmp_path, page__html=page, untitled__htm="<title>Daily</title><p>No heading.")
    assert texts(load(InputSettings(), tmp_path)) == [
        ("Daily", "No heading."),
        ("Dockers walk out", "Dockers walk out\n\nOne & two bold.\n\nThree\nfour\n\ntail\n\na\nb\n\nx | y"),
    ]


def test_plain_text_keeps_what_only_looks_like_markup(tmp_path):
    text = "If a < b and c > d, then <unknown> holds & 5 &lt; 6."
    (tmp_path / "rows.json").write_text(json.dumps({"text": text}))
    write(tmp_path, page__md="# Title\n\n<p>kept</p>\n")
    assert texts(load(InputSettings(), tmp_path)) == [
        ("Title", "# Title\n\n<p>kept</p>\n"),
        ("rows.json", text),
    ]


def test_pdf_pages_are_paragraphs(tmp_path):
    pytest.importorskip("pypdfium2", reason="the extra 'docs' is not installed")
    write(tmp_path, a__pdf=pdf("First page.", "Second page."), scan__pdf=pdf(""), broken__pdf=b"%PDF-1.4 nothing")
    loaded = load(InputSettings(), tmp_path)
    assert texts(loaded) == [("a.pdf", "First page.\n\nSecond page.")]
    reasons = dict(loaded.failures.select("item", "reason").rows())
    assert reasons["scan.pdf"] == "is a PDF without text, perhaps a scan; run text recognition (OCR) on it first"
    assert reasons["broken.pdf"].startswith("is not a readable PDF: ")


def test_word_paragraphs_and_tables_are_read_in_order(tmp_path):
    docx = pytest.importorskip("docx", reason="the extra 'docs' is not installed")
    document = docx.Document()
    document.add_paragraph("First.")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "x", "y"
    document.add_paragraph("Last.")
    document.save(tmp_path / "a.docx")
    write(tmp_path, broken__docx=b"no archive")
    loaded = load(InputSettings(), tmp_path)
    assert texts(loaded) == [("a.docx", "First.\n\nx | y\n\nLast.")]
    assert loaded.failures.rows() == [("load", "broken.docx", "is not a readable Word file: not a ZIP archive")]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("a.pdf", "pypdfium2"),
        ("a.docx", "mammoth"),
        ("a.xlsx", "python_calamine"),
        ("a.rss", "feedparser"),
        ("a.vtt", "webvtt"),
    ],
)
def test_a_missing_extra_sets_the_file_aside_and_names_the_line_that_installs_it(tmp_path, monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(b"Text.")
    write(tmp_path, b__txt="Text.")
    loaded = load(InputSettings(), tmp_path)
    reason = 'needs an optional dependency: pip install "graphrag-drift[docs]"'
    assert loaded.failures.rows() == [("load", name, reason)]


def test_a_polars_frame_is_loaded_like_rows():
    frame = pl.DataFrame({"key": [2, 1], "body": ["Zwei.", "One."], "name": ["b", "a"], "day": ["2025-03-03", None]})
    settings = InputSettings(id_column="key", text_column="body", title_column="name", date_column="day")
    loaded = load_frame(frame, settings)
    assert loaded.documents.select("id", "title", "text", "creation_date", "path").rows() == [
        ("1", "a", "One.", "", ""),
        ("2", "b", "Zwei.", "2025-03-03", ""),
    ]


def test_other_libraries_frames_are_loaded_through_arrow():
    table = pl.DataFrame({"text": ["One.", "Two."], "title": ["a", None]}).to_arrow()
    assert texts(load_frame(table, InputSettings(title_column="title"))) == [("(2)", "Two."), ("a", "One.")]


def test_a_pandas_frame_is_loaded():
    pandas = pytest.importorskip("pandas", minversion="2.2", reason="pandas is not installed")
    frame = pandas.DataFrame({"text": ["One.", "Two."], "title": ["a", float("nan")]})
    assert texts(load_frame(frame, InputSettings(title_column="title"))) == [("(2)", "Two."), ("a", "One.")]


def test_a_frame_without_the_text_column_is_refused():
    with pytest.raises(SettingsError, match=r"the frame has no column 'text' \(input.text_column\); it has \['body'\]"):
        load_frame(pl.DataFrame({"body": ["One."]}), InputSettings(text_column="text"))
    with pytest.raises(SettingsError, match=r"the frame has no column that is text; name it in input.text_column"):
        load_frame(pl.DataFrame({"price": ["1"]}), InputSettings())


def test_a_column_that_no_record_has_is_told(tmp_path):
    write(tmp_path, rows__jsonl='{"text": "One."}\n{"text": "Two."}')
    loaded = load(InputSettings(id_column="idd"), tmp_path)
    assert loaded.notices == ("no record of 'rows.jsonl' has a 'idd' (input.id_column)",)


def test_an_unknown_encoding_is_a_settings_error(tmp_path):
    write(tmp_path, a__txt="One.")
    for name in ("latin-99", "base64"):
        with pytest.raises(SettingsError, match=f"input.encoding '{name}'"):
            load(InputSettings(encoding=name), tmp_path)


def test_a_given_encoding_is_used_and_not_guessed(tmp_path):
    write(tmp_path, a__txt="Ü".encode("cp1252"), b__txt="항만".encode("cp949"))
    loaded = load(InputSettings(encoding="cp949"), tmp_path)
    assert texts(loaded) == [("b.txt", "항만")]
    assert loaded.failures["item"].to_list() == ["a.txt"]


def test_the_fingerprint_follows_names_bytes_and_settings(tmp_path):
    settings = InputSettings()
    write(tmp_path, a__txt="One.", b__txt="Two.")
    first = fingerprint_input(settings, tmp_path)
    assert fingerprint_input(settings, tmp_path) == first
    (tmp_path / "a.txt").rename(tmp_path / "c.txt")
    renamed = fingerprint_input(settings, tmp_path)
    write(tmp_path, b__txt="Two!")
    changed = fingerprint_input(settings, tmp_path)
    other = fingerprint_input(InputSettings(text_column="body"), tmp_path)
    write(tmp_path, a__txt="One.", b__txt="Two.")
    (tmp_path / "c.txt").unlink()
    assert fingerprint_input(settings, tmp_path) == first
    assert len({first, renamed, changed, other}) == 4


def letters(text: str) -> str:
    """What a reader sees of it, whatever the lines: loading joins lines and drops control characters."""
    return "".join(character for character in text if character.isprintable() and not character.isspace())


@pytest.mark.skipif(not PODCASTS.exists(), reason="../shared/data is not here")
def test_every_podcast_loads_with_all_its_letters():
    settings = InputSettings(file_pattern="corpus.jsonl", id_column="id", title_column="id")
    loaded = load(settings, PODCASTS)
    written = {row["id"]: row["text"] for row in map(json.loads, (PODCASTS / "corpus.jsonl").open(encoding="utf-8"))}
    texts = dict(loaded.documents.select("id", "text").iter_rows())
    assert [key for key, text in written.items() if letters(texts[key]) != letters(text)] == []
    assert loaded.failures.is_empty()


def test_columns_called_id_title_and_date_are_taken_without_a_setting(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"id": "n1", "title": "Fire", "date": "2025-03-04", "text": "A mill burnt."}', "utf-8"
    )
    documents = load(InputSettings(), tmp_path).documents
    assert documents.select("id", "title", "creation_date").rows() == [("n1", "Fire", "2025-03-04")]


def test_files_that_number_their_records_each_from_1_lose_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 1, "text": "Text of file {name}."}}', "utf-8")
    loaded = load(InputSettings(), tmp_path)
    assert (loaded.documents.height, loaded.failures.height) == (2, 0)


def test_an_index_inside_the_input_folder_is_not_read_as_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A mill burnt.", "utf-8")
    (tmp_path / "output" / "generations").mkdir(parents=True)
    (tmp_path / "output" / "manifest.json").write_text("{}", "utf-8")
    assert load(InputSettings(), tmp_path).documents["title"].to_list() == ["a.txt"]
