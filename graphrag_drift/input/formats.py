"""the suffix of a file -> what reads it, or how to convert it to what can be read"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from graphrag_drift.input import delimited, feeds, json_records, mail, markup, office, pdf, subtitles, text
from graphrag_drift.input.decode import open_text, read_text
from graphrag_drift.input.extracted import Extracted, Format
from graphrag_drift.input.html import read_page
from graphrag_drift.settings import InputSettings


def _html(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    yield read_page(read_text(open_text(raw, settings.encoding)))


FORMATS: dict[str, Format] = {
    ".txt": text.plain,
    ".text": text.plain,
    ".md": text.markdown,
    ".markdown": text.markdown,
    ".rst": markup.restructured,
    ".tex": markup.latex,
    ".ipynb": text.notebook,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".csv": delimited.csv_file,
    ".tsv": delimited.tsv_file,
    ".json": json_records.json_file,
    ".jsonl": json_records.json_lines,
    ".ndjson": json_records.json_lines,
    ".parquet": delimited.parquet_file,
    ".xlsx": office.workbook,
    ".xls": office.workbook,
    ".ods": office.workbook,
    ".pdf": pdf.pdf_file,
    ".docx": office.word_file,
    ".pptx": office.slides,
    ".epub": office.book,
    ".eml": mail.message_file,
    ".mbox": mail.mailbox_file,
    ".rss": feeds.feed_file,
    ".atom": feeds.feed_file,
    ".xml": feeds.feed_file,
    ".vtt": subtitles.webvtt,
    ".srt": subtitles.subrip,
}
"""What reads the files of each suffix."""

_OFFICE = "save it as .docx or .pdf"
_UNPACK = "unpack it into the input folder"
_RECOGNISE = "run text recognition (OCR) and save the text as .txt or .pdf"
_TRANSCRIBE = "transcribe it to .vtt, .srt or .txt"
CONVERSIONS: dict[str, str] = {
    **dict.fromkeys((".doc", ".rtf", ".odt", ".pages", ".wpd", ".docm"), _OFFICE),
    **dict.fromkeys((".ppt", ".odp", ".key"), "save it as .pptx or .pdf"),
    **dict.fromkeys((".xlsb", ".numbers"), "save it as .xlsx or .csv"),
    **dict.fromkeys((".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst"), _UNPACK),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp", ".bmp", ".heic"), _RECOGNISE),
    **dict.fromkeys((".mp3", ".wav", ".m4a", ".ogg", ".flac", ".mp4", ".mov", ".mkv", ".webm", ".avi"), _TRANSCRIBE),
    **dict.fromkeys((".msg", ".pst", ".ost"), "export the mail as .eml or .mbox"),
    **dict.fromkeys((".mhtml", ".mht", ".webarchive"), "save the page as .html"),
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".fb2", ".djvu"), "convert it to .epub or .pdf"),
    **dict.fromkeys((".yaml", ".yml", ".toml"), "save it as .json"),
    **dict.fromkeys((".sqlite", ".db", ".arrow", ".feather", ".orc", ".avro"), "export its table as .parquet or .csv"),
    **dict.fromkeys((".adoc", ".asciidoc", ".org", ".textile", ".wiki"), "convert it to .md or .html"),
    **dict.fromkeys((".ass", ".ssa", ".sbv", ".ttml", ".dfxp"), "convert it to .vtt or .srt"),
}
"""How to convert the files of suffixes that are not read."""


def unknown(suffix: str) -> str:
    """Why a file with that suffix is not read, and what to do."""
    if suffix in CONVERSIONS:
        return f"is of a type that is not read, {suffix}; {CONVERSIONS[suffix]}"
    known = ", ".join(FORMATS)
    return f"is of an unknown type; known are {known}; convert it to one of them, or call plain text .txt"
