"""Faults of an input folder: none ends in a traceback, none loses a record without a word."""

import csv
import gc
import io
import json
import os
import random
import socket
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from graphrag_drift.errors import SettingsError
from graphrag_drift.input.decode import UnreadableError, clean, read_text
from graphrag_drift.input.folder import File, opened
from graphrag_drift.input.load import Loaded, fingerprint_input, load, load_frame
from graphrag_drift.settings import InputSettings

PLAIN = InputSettings()
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
GOOD = "The port strike began on Monday."
MEBI = 1 << 20


def texts(loaded: Loaded) -> dict[str, str]:
    return dict(loaded.documents.select("title", "text").rows())


def reasons(loaded: Loaded) -> dict[str, str]:
    return dict(loaded.failures.select("item", "reason").rows())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An input folder with one good document, and room outside it."""
    inside = tmp_path / "input"
    inside.mkdir()
    (inside / "good.txt").write_text(GOOD)
    return inside


def memory(name: str) -> int:
    """Bytes of this process, by the kernel's name: VmRSS now, VmHWM at most."""
    status = Path("/proc/self/status").read_text("ascii", errors="replace")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))


def png() -> bytes:
    pixels = zlib.compress(random.Random(7).randbytes(3000))
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0 \0\0\0 \x08\x02\0\0\0" + pixels


def test_fault_53_an_empty_folder_names_folder_and_pattern(tmp_path):
    with pytest.raises(SettingsError, match=r"no file in input folder '.*' matches input.file_pattern '\*\*/\*.txt'"):
        load(InputSettings(file_pattern="**/*.txt"), tmp_path)
    assert SettingsError.exit_code == 2


def test_fault_53_a_missing_folder_says_what_helps(tmp_path):
    with pytest.raises(SettingsError, match=r"there is no input folder '.*nowhere'; create it"):
        load(PLAIN, tmp_path / "nowhere")


def test_fault_53_a_folder_of_unreadable_files_gives_the_first_reasons(tmp_path):
    (tmp_path / "a.txt").write_bytes(png())
    (tmp_path / "b.xyz").write_text("?")
    (tmp_path / "c.txt").write_text(" ")
    expected = r"no document in .*: 'a.txt' is a PNG image, not text; 'b.xyz' is of an unknown type.*; 1 without text"
    with pytest.raises(SettingsError, match=expected):
        load(PLAIN, tmp_path)


def test_fault_54_empty_files_and_rows_are_skipped_and_counted(folder):
    (folder / "a.txt").write_text("")
    (folder / "b.md").write_text(" \n\t\r\n")
    (folder / "c.jsonl").write_text('{"text": ""}\n{"text": null}\n{"text": "One."}\n')
    (folder / "d.csv").write_text("text\n")
    (folder / "e.json").write_text("")
    (folder / "f.html").write_text("<html><body></body></html>")
    loaded = load(PLAIN, folder)
    assert sorted(texts(loaded)) == ["c.jsonl (3)", "good.txt"]
    assert loaded.failures.is_empty()
    assert loaded.notices == ("7 without text skipped: a.txt, b.md, c.jsonl line 1, c.jsonl line 2, d.csv, ...",)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.json", "a.jsonl", "a.html"])
def test_fault_55_a_byte_order_mark_is_no_part_of_the_text(folder, name):
    content = {"a.csv": f"text,id\n{GOOD},1\n", "a.html": f"<p>{GOOD}</p>"}.get(name, GOOD)
    if "json" in name:
        content = json.dumps({"text": GOOD})
    for encoding in ("utf-8-sig", "utf-16"):
        (folder / name).write_bytes(content.encode(encoding))
        loaded = load(PLAIN, folder)
        assert set(texts(loaded).values()) == {GOOD}
        assert loaded.documents.height == 2


ENCODED = {
    "windows_1252": ("cp1252", "The mayor said it’s “not aware” of the café’s closing – für 5 €."),
    "smart_quote_only": ("cp1252", "It’s closed."),
    "polish": ("cp1250", "Pracownicy portu rozpoczęli strajk w poniedziałek, powiedział rzecznik."),
    "gbk": ("gbk", "北京市政府今天宣布了新的政策,市长表示支持。公司股价下跌了百分之五。"),
    "short_gbk": ("gbk", "港口工人星期一开始罢工。"),
    "cp949": ("cp949", "항만 노동자들이 월요일 파업에 들어갔다."),
    "big5": ("big5", "港口工人星期一開始罷工。市長表示支持新的政策。"),
    "shift_jis": ("shift_jis", "港湾労働者は月曜日にストライキを開始した。"),
    "euc_jp": ("euc_jp", "港湾労働者は月曜日にストライキを開始した。"),
    "cyrillic": ("cp1251", "Портовые рабочие начали забастовку в понедельник."),
    "utf_16": ("utf-16", "항만 노동자들이 파업에 들어갔다."),
    "utf_16_be": ("utf-16-be", "The port strike began on Monday."),
    "utf_16_le": ("utf-16-le", "항만 노동자들이 월요일 파업에 들어갔다."),
    "utf_32": ("utf-32", "The port strike began on Monday."),
}


@pytest.mark.parametrize("name", ENCODED)
def test_fault_56_legacy_encodings_are_detected(tmp_path, name):
    encoding, text = ENCODED[name]
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    (tmp_path / "b.csv").write_bytes(f"text,id\n{text.replace(',', ' ')},1\n".encode(encoding))
    found = texts(load(PLAIN, tmp_path))
    assert found == {"a.txt": text, "b.csv (1)": text.replace(",", " ")}


def test_fault_56_a_legacy_letter_far_behind_is_not_missed(tmp_path):
    text = "plain ascii line\n" * 100_000 + "Le café est déjà fermé.\n"
    (tmp_path / "a.txt").write_bytes(text.encode("cp1252"))
    assert texts(load(PLAIN, tmp_path)) == {"a.txt": text}


def test_fault_56_utf_8_with_lost_bytes_stays_utf_8(tmp_path):
    text = "항만 노동자들이 월요일 파업에 들어갔다. " * 20
    (tmp_path / "a.txt").write_bytes(text.encode()[:-3])
    assert texts(load(PLAIN, tmp_path)) == {"a.txt": text[:-3] + "\ufffd"}


def test_fault_56_the_charset_that_a_page_declares_is_believed(tmp_path):
    page = '<meta charset="windows-1251"><p>Да. Нет.</p>'
    (tmp_path / "a.html").write_bytes(page.encode("cp1251"))
    assert texts(load(PLAIN, tmp_path)) == {"a.html": "Да. Нет."}


def test_fault_56_no_bytes_give_a_traceback(folder):
    noise = random.Random(56)
    suffixes = ("txt", "html", "csv", "json", "jsonl", "parquet", "docx", "pdf")
    for number in range(160):
        (folder / f"{number}.{suffixes[number % 8]}").write_bytes(noise.randbytes(noise.randrange(1, 600)))
    loaded = load(PLAIN, folder)
    assert "good.txt" in texts(loaded)
    assert loaded.documents.height + loaded.failures.height >= 150


def test_fault_57_control_characters_and_surrogates_are_replaced_one_for_one(tmp_path):
    dirty = "A\0B\x01C\ud83dD\x7fE\x9fF\tG\nH\x0cI"
    assert clean(dirty) == "A B C\ufffdD E F\tG\nH\nI"
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": dirty}) + '\n{"text": "raw \x02 tab\there"}\n')
    (tmp_path / "b.txt").write_bytes(b"NUL \0 and bell \x07 here")
    assert texts(load(PLAIN, tmp_path)) == {
        "a.jsonl (1)": "A B C\ufffdD E F\tG\nH\nI",
        "a.jsonl (2)": "raw   tab\there",
        "b.txt": "NUL   and bell   here",
    }


@pytest.mark.parametrize(
    ("before", "apart", "whole"),
    [("a", "e\u0301", "\u00e9"), ("港", "\u1112\u1161\u11ab", "\ud55c"), ("a", "a\ufeff", "a")],
)
def test_a_text_of_several_pieces_is_cleaned_as_if_it_were_one(before: str, apart: str, whole: str) -> None:
    for places in range(1, len(apart)):  # on the first side of the border between two pieces
        padding = before * (MEBI - places)
        stream = io.TextIOWrapper(io.BytesIO(f"{padding}{apart}. End".encode()), encoding="utf-8")
        assert read_text(stream) == f"{padding}{whole}. End"


def test_fault_57_line_breaks_of_all_systems_become_one(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\rthree\nfour\r\n\r\n")
    (tmp_path / "b.json").write_text(json.dumps({"text": "one\r\ntwo\rthree"}))
    assert texts(load(PLAIN, tmp_path)) == {
        "a.txt": "one\ntwo\nthree\nfour\n\n",
        "b.json": "one\ntwo\nthree",
    }


def test_fault_58_a_file_above_the_cap_is_set_aside_unread(folder):
    with (folder / "huge.txt").open("wb") as huge:
        huge.truncate(3 << 30)  # a hole: no disk is used, and none may be read
    loaded = load(PLAIN, folder)
    assert reasons(loaded) == {"huge.txt": "has 3,221,225,472 bytes; input.max_file_bytes is 2,147,483,648"}
    assert texts(loaded) == {"good.txt": GOOD}


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs the peak of Linux")
def test_fault_58_a_large_file_needs_a_few_times_its_size(tmp_path):
    size = 4_000_000
    (tmp_path / "a.txt").write_text("The strike went on.\n" * (size // 20))
    (tmp_path / "b.txt").write_text(GOOD)
    gc.collect()
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here, whatever tests before this one needed
    load(PLAIN, tmp_path)
    assert memory("VmHWM") - before < 5 * size


def test_fault_59_one_line_without_spaces_loads(tmp_path):
    (tmp_path / "a.txt").write_text("x" * 10_000_000)
    (tmp_path / "b.csv").write_text("text\n" + "y" * 10_000_000 + "\n")
    lengths = {title: len(text) for title, text in texts(load(PLAIN, tmp_path)).items()}
    assert lengths == {"a.txt": 10_000_000, "b.csv (1)": 10_000_000}


def test_fault_60_a_picture_named_txt_is_set_aside(folder):
    (folder / "a.txt").write_bytes(png())
    (folder / "b.csv").write_bytes(b"PK\x03\x04" + png())
    (folder / "c.txt").write_bytes(random.Random(60).randbytes(5000))
    loaded = load(PLAIN, folder)
    assert reasons(loaded) == {
        "a.txt": "is a PNG image, not text",
        "b.csv": "is a ZIP archive, not text",
        "c.txt": "is binary data, not text",
    }
    assert texts(loaded) == {"good.txt": GOOD}


def test_fault_61_a_word_file_that_unpacks_to_gigabytes_is_not_unpacked(folder):
    with zipfile.ZipFile(folder / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 30_000_000)
    loaded = load(PLAIN, folder)
    assert reasons(loaded)["bomb.docx"].endswith("to 30,000,000 bytes in 1 parts")
    assert reasons(loaded)["bomb.docx"].startswith("would unpack from ")


def test_fault_61_archives_are_not_opened(folder):
    with zipfile.ZipFile(folder / "news.zip", "w") as archive:
        archive.writestr("a.txt", GOOD)
    (folder / "news.xyz").write_text(GOOD)
    expected = reasons(load(PLAIN, folder))
    assert expected["news.zip"] == "is of a type that is not read, .zip; unpack it into the input folder"
    assert expected["news.xyz"].startswith("is of an unknown type; known are .txt, .text, .md, ")


def test_fault_61_an_archive_in_a_word_file_is_not_opened(folder):
    with zipfile.ZipFile(folder / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
        archive.writestr("inner.zip", b"PK")
    loaded = load(PLAIN, folder)
    assert loaded.failures.rows() == [("load", "a.docx", "holds another archive, 'inner.zip'")]


def test_fault_61_parquet_that_unpacks_above_the_cap_is_set_aside(folder):
    pl.DataFrame({"text": ["y" * 1000] * 2000}).write_parquet(folder / "bomb.parquet")
    loaded = load(InputSettings(max_file_bytes=1_000_000), folder)
    assert reasons(loaded) == {"bomb.parquet": "unpacks to 2,000,000 bytes of text, above input.max_file_bytes"}


def test_fault_61_html_nested_without_end_is_set_aside(folder):
    (folder / "deep.html").write_text("<div>" * 300_000 + "x")
    assert reasons(load(PLAIN, folder)) == {"deep.html": "has HTML nested deeper than 20,000 levels"}


@POSIX
def test_fault_62_links_that_leave_the_folder_are_refused(folder):
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("Secret.")
    (folder / "file.txt").symlink_to(outside / "secret.txt")
    (folder / "relative.txt").symlink_to("../outside/secret.txt")
    (folder / "sub").symlink_to(outside)
    (folder / "dangling.txt").symlink_to(folder / "nothing.txt")
    (folder / "circle.txt").symlink_to(folder / "circle.txt")
    loaded = load(PLAIN, folder)
    leaves = "is a link that leaves the input folder"
    found = reasons(loaded)
    assert found.pop("circle.txt").startswith("cannot be read: ")
    assert found == {
        "file.txt": leaves,
        "relative.txt": leaves,
        "sub": leaves,
        "dangling.txt": "is a link to nothing",
    }
    assert texts(loaded) == {"good.txt": GOOD}


@POSIX
def test_fault_62_no_pattern_reaches_outside(folder):
    (folder.parent / "secret.txt").write_text("Secret.")
    for pattern in ("../*", "../*.txt", str(folder.parent / "*.txt"), "", "/"):
        with pytest.raises(SettingsError, match="matches"):
            load(InputSettings(file_pattern=pattern), folder)


@POSIX
def test_fault_62_links_inside_the_folder_give_their_file_once(folder):
    (folder / "..data").mkdir()
    (folder / "..data" / "a.txt").write_text("One.")
    (folder / "a.txt").symlink_to("..data/a.txt")
    (folder / "again.txt").symlink_to("good.txt")
    (folder / "loop").symlink_to(folder)
    assert texts(load(PLAIN, folder)) == {"a.txt": "One.", "again.txt": GOOD}


@POSIX
def test_fault_62_a_link_as_input_folder_is_followed(folder):
    (folder.parent / "link").symlink_to(folder)
    assert texts(load(PLAIN, folder.parent / "link")) == {"good.txt": GOOD}


@POSIX
def test_fault_62_odd_names_are_shown_as_text(tmp_path):
    long = "n" * 251 + ".txt"
    for name in (b"line\nbreak.txt", b"bad\xff.txt", b"CON.txt", long.encode(), "한글.txt".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(b"Text of " + name.replace(b"\xff", b"?"))
    titles = set(load(PLAIN, tmp_path).documents["title"])
    assert titles == {"line break.txt", "bad\ufffd.txt", "CON.txt", long, "한글.txt"}


def test_fault_62_ids_are_nothing_but_text(folder):
    rows = [{"id": name, "text": f"Text {name!r}."} for name in ("../../etc/passwd", "/root", "a\0b", "CON", "x" * 300)]
    (folder / "rows.json").write_text(json.dumps(rows))
    before = sorted(folder.parent.rglob("*"))
    ids = set(load(InputSettings(id_column="id"), folder).documents["id"])
    assert {"../../etc/passwd", "/root", "a b", "CON", "x" * 300} < ids
    assert sorted(folder.parent.rglob("*")) == before


@POSIX
def test_fault_63_pipes_sockets_and_devices_are_never_opened(folder, tmp_path, monkeypatch):
    os.mkfifo(folder / "pipe.txt")
    monkeypatch.chdir(folder)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.txt")
        (folder / "device.txt").symlink_to("/dev/zero")
        loaded = load(PLAIN, folder)
        fingerprint_input(PLAIN, folder)
    assert reasons(loaded) == {
        "device.txt": "is a link that leaves the input folder",
        "pipe.txt": "is a pipe, socket or device, not a file",
        "socket.txt": "is a pipe, socket or device, not a file",
    }


@POSIX
def test_fault_63_a_file_that_becomes_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe.txt")
    with pytest.raises(UnreadableError, match="pipe"), opened(File(folder / "pipe.txt", "pipe.txt"), 100):
        pass


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_fault_63_what_may_not_be_read_is_set_aside(folder):
    (folder / "a.txt").write_text("One.")
    (folder / "a.txt").chmod(0)
    (folder / "closed").mkdir(mode=0)
    found = reasons(load(PLAIN, folder))
    (folder / "closed").chmod(0o700)
    assert found == {"a.txt": "cannot be read: Permission denied", "closed": "cannot be listed: Permission denied"}


def read_meanwhile(path: Path, happens: Callable[[], object]) -> None:
    with opened(File(path, path.name), 1000) as raw:
        raw.read()
        happens()


def test_fault_64_a_file_that_changes_while_it_is_read_is_set_aside(folder):
    path = folder / "good.txt"
    with pytest.raises(UnreadableError, match="changed while it was read"):
        read_meanwhile(path, lambda: path.write_text("Something else."))


def test_fault_64_a_deleted_file_is_set_aside(folder):
    path = folder / "good.txt"
    with pytest.raises(UnreadableError, match="was deleted during the run"):
        read_meanwhile(folder / "gone.txt", lambda: None)
    with pytest.raises(UnreadableError, match="was deleted during the run"):
        read_meanwhile(path, path.unlink)


def test_fault_64_a_change_of_the_same_size_and_time_shows_in_the_fingerprint(folder):
    times = (folder / "good.txt").stat()
    before = fingerprint_input(PLAIN, folder)
    (folder / "good.txt").write_text(GOOD.replace("Monday", "Friday"))
    os.utime(folder / "good.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fingerprint_input(PLAIN, folder) != before


def test_fault_65_the_same_document_twice_is_kept_once_and_told(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.txt").write_text(GOOD)
    (tmp_path / "x.txt").write_text(GOOD)
    loaded = load(PLAIN, tmp_path)
    assert loaded.documents["path"].to_list() == ["a/x.txt"]
    assert loaded.failures.is_empty()
    assert loaded.notices == ("1 duplicate(s) skipped: x.txt",)


def test_fault_65_an_id_with_two_texts_keeps_the_first_and_sets_the_other_aside(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "One."}\n{"id": 1, "text": "Other."}\n')
    (tmp_path / "b.jsonl").write_text('{"id": 1, "text": "One."}\n{"id": 2, "text": "Two."}\n')
    loaded = load(InputSettings(id_column="id"), tmp_path)
    assert loaded.documents.select("id", "text").rows() == [("1", "One."), ("2", "Two.")]
    assert reasons(loaded) == {"a.jsonl line 2": "has the id '1' of 'a.jsonl line 1' but another text"}
    assert loaded.notices == ("1 duplicate(s) skipped: b.jsonl line 1",)


def test_fault_65_the_order_of_rows_does_not_show(tmp_path):
    frame = pl.DataFrame({"id": list("cabd"), "title": ["z", "y", "y", "x"], "text": [GOOD + x for x in "1234"]})
    settings = InputSettings(id_column="id", title_column="title")
    assert load_frame(frame, settings).documents.equals(load_frame(frame.reverse(), settings).documents)


def test_fault_66_a_missing_column_names_those_that_exist(folder):
    (folder / "a.csv").write_text("id,body\n1,One.\n")
    (folder / "b.json").write_text('{"id": 1, "body": "One."}')
    pl.DataFrame({"body": ["One."]}).write_parquet(folder / "c.parquet")
    assert reasons(load(InputSettings(text_column="text"), folder)) == {
        "a.csv": "has no column 'text' (input.text_column); it has ['id', 'body']",
        "b.json": "has no field 'text' (input.text_column); it has ['id', 'body']",
        "c.parquet": "has no column 'text' (input.text_column); it has ['body']",
    }


def test_fault_66_ragged_rows_are_set_aside_by_line_and_the_others_load(tmp_path):
    (tmp_path / "a.csv").write_text('id,text\n1,One.\n2,"Two\nlines."\n3\n4,Four,five.\n\n6,Six.\n')
    loaded = load(InputSettings(id_column="id"), tmp_path)
    assert dict(loaded.documents.select("id", "text").rows()) == {"1": "One.", "2": "Two\nlines.", "6": "Six."}
    assert reasons(loaded) == {
        "a.csv line 5": "has 1 fields where the header has 2",
        "a.csv line 6": "has 3 fields where the header has 2",
    }


def test_fault_66_a_quote_that_never_closes_swallows_nothing_unsaid(tmp_path):
    (tmp_path / "a.csv").write_text('id,text\n1,One.\n2,"Two.\n3,Three.\n')
    loaded = load(InputSettings(id_column="id"), tmp_path)
    assert loaded.documents["id"].to_list() == ["1"]
    assert reasons(loaded) == {"a.csv line 3": "is not valid CSV: unexpected end of data"}


def test_fault_66_a_bad_line_of_jsonl_is_named_and_the_others_load(tmp_path):
    lines = [json.dumps({"text": f"Text {number}."}) for number in range(1, 11)]
    lines[6] = '{"text": "Text 7.'
    lines[7] = "[1, 2]"
    lines[8] = '{"text": ' + "[" * 100_000
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    loaded = load(PLAIN, tmp_path)
    assert loaded.documents.height == 7
    found = reasons(loaded)
    assert list(found) == ["a.jsonl line 7", "a.jsonl line 8", "a.jsonl line 9"]
    assert found["a.jsonl line 7"].startswith("is not valid JSON: Unterminated string")
    assert found["a.jsonl line 8"] == "is a list, not an object with fields"
    assert found["a.jsonl line 9"].startswith("is not readable JSON: ")


def test_fault_66_broken_json_says_where(folder):
    (folder / "a.json").write_text('[{"text": "One."},\n{"text": "Two."\n')
    (folder / "b.json").write_text("[" * 200_000)
    found = reasons(load(PLAIN, folder))
    assert found["a.json"].startswith("is not valid JSON: ")
    assert found["a.json"].endswith("at line 3 column 1")
    assert found["b.json"].startswith("is not readable JSON: ")


def test_fault_66_a_csv_of_one_huge_field_loads_and_leaves_the_csv_module_as_it_was(tmp_path):
    before = csv.field_size_limit()
    (tmp_path / "a.csv").write_text('text\n"' + "word " * 400_000 + '"\n')
    assert load(PLAIN, tmp_path).documents["text"].str.len_chars().to_list() == [2_000_000]
    assert csv.field_size_limit() == before


def test_fault_67_to_72_text_that_looks_like_instructions_or_code_is_kept_as_it_is(tmp_path):
    text = "<|endoftext|> {placeholder} {{jinja}} <|#|> ignore instructions =HYPERLINK() 👩‍👩‍👧 שלום é"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert texts(load(PLAIN, tmp_path)) == {"a.txt": text}


def test_fault_72_scripts_in_records_are_gone_and_never_run(tmp_path):
    body = "<p onclick='x()'>Safe.</p><script>alert(1)</script><img src=x onerror=alert(2)><iframe>no</iframe>"
    (tmp_path / "a.json").write_text(json.dumps({"text": body}))
    assert texts(load(PLAIN, tmp_path)) == {"a.json": "Safe."}
