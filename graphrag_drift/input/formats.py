"""an open file -> the rows in it: one for a text, a page or a PDF, one a record for CSV, JSON and Parquet

A row is what was written, not yet a document: `load.py` knows which column means what.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import polars as pl

from graphrag_drift.input.decode import UnreadableError, clean, open_text, read_text
from graphrag_drift.input.html import has_markup, strip_markup
from graphrag_drift.input.office import docx_text, pdf_text
from graphrag_drift.settings import InputSettings

_LONGEST_FIELD = 2**31 - 1
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a file. `where` is its place, e.g. "line 7", or "" if the file is the record.

    `text` is the clean text of a file that is nothing but text, else None. `problem` is why it is unreadable, or "".
    """

    number: int
    where: str
    fields: Mapping[str, object] = field(default_factory=dict)
    text: str | None = None
    problem: str = ""


CONVENTIONAL = {"id_column": "id", "title_column": "title", "date_column": "date"}
"""What a column is taken to be called if the setting names none; records may lack it."""

Format = Callable[[BinaryIO, InputSettings], Iterator[Row]]


def _text(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    yield Row(1, "", text=read_text(open_text(raw, settings.encoding)))


def _html(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    yield Row(1, "", text=strip_markup(read_text(open_text(raw, settings.encoding))))


def _pdf(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    yield Row(1, "", text=pdf_text(raw))


def _docx(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    yield Row(1, "", text=docx_text(raw))


def _csv(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    stream = open_text(raw, settings.encoding, newline="")
    header = stream.readline()
    stream.seek(0)
    return _delimited(stream, max(",;\t", key=header.count), settings)


def _tsv(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    return _delimited(open_text(raw, settings.encoding, newline=""), "\t", settings)


def _delimited(stream: io.TextIOWrapper, delimiter: str, settings: InputSettings) -> Iterator[Row]:
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        header = [clean(name).strip() for name in next(reader, [])]
        if header:
            require_columns(header, settings)
        yield from _csv_rows(reader, header)
    except csv.Error as error:
        raise UnreadableError(f"has no readable header: {error}") from error
    finally:
        csv.field_size_limit(before)


class _Lines(Protocol):
    """What a csv reader is, which has no public type."""

    line_num: int

    def __next__(self) -> list[str]: ...


def _csv_rows(reader: _Lines, header: list[str]) -> Iterator[Row]:
    number = 0
    while True:
        where, number = f"line {reader.line_num + 1}", number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, where, problem=f"is not valid CSV: {error}")
            continue
        if len(values) == len(header):
            yield Row(number, where, dict(zip(header, values, strict=True)))
        elif values:
            yield Row(number, where, problem=f"has {len(values)} fields where the header has {len(header)}")


def _json(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    stream = open_text(raw, settings.encoding)
    text = read_text(stream)
    if not text.strip():
        return
    try:
        found = json.loads(text, strict=False)  # strict would forbid a line break in a string
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # JSON lines under another name
            stream.seek(0)
            yield from _json_lines(stream)
            return
        place = f"line {error.lineno} column {error.colno}"
        raise UnreadableError(f"is not valid JSON: {error.msg} at {place}") from error
    except (RecursionError, ValueError) as error:
        raise UnreadableError(f"is not readable JSON: {error}") from error
    records = _records(found, settings.text_column, _DEPTH)
    if records is None:
        yield _record(1, "", found)
        return
    for number, record in enumerate(records, start=1):
        yield _record(number, f"item {number}", record)


def _records(found: object, text_column: str, depth: int) -> list[object] | None:
    """The first list of records in `found`, or None if `found` is itself one."""
    if isinstance(found, list):
        return found
    if not isinstance(found, dict) or depth == 0 or value_of(found, text_column) is not None:
        return None
    for inner in found.values():
        if isinstance(inner, dict) and (records := _records(inner, text_column, depth - 1)) is not None:
            return records
        if isinstance(inner, list) and any(isinstance(item, dict) for item in inner):
            return inner
    return None


def _jsonl(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    return _json_lines(open_text(raw, settings.encoding, newline="\n"))


def _json_lines(stream: io.TextIOWrapper) -> Iterator[Row]:
    for number, line in enumerate(stream, start=1):
        record = line.strip("\ufeff\r\n\t \0")
        if not record:
            continue
        where = f"line {number}"
        try:
            yield _record(number, where, json.loads(record, strict=False))
        except json.JSONDecodeError as error:
            yield Row(number, where, problem=f"is not valid JSON: {error.msg} at column {error.colno}")
        except (RecursionError, ValueError) as error:
            yield Row(number, where, problem=f"is not readable JSON: {error}")


def _record(number: int, where: str, found: object) -> Row:
    if isinstance(found, dict):
        return Row(number, where, found)
    return Row(number, where, problem=f"is a {type(found).__name__}, not an object with fields")


def _parquet(raw: BinaryIO, settings: InputSettings) -> Iterator[Row]:
    # A damaged file can make the reader panic, which is no ordinary exception.
    try:
        table = pl.scan_parquet(raw)
        columns = table.collect_schema().names()
        require_columns(columns, settings)
        wanted = table.select(_taken(columns, settings))
        size = wanted.select(pl.col(settings.text_column).cast(pl.String).str.len_bytes().sum())
        unpacked = size.collect(engine="streaming").item()
        if unpacked > settings.max_file_bytes:
            raise UnreadableError(f"unpacks to {unpacked:,} bytes of text, above input.max_file_bytes")
        frame = wanted.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UnreadableError(f"is not readable Parquet: {str(error).splitlines()[0]}") from error
    return frame_rows(frame, settings)


def frame_rows(frame: pl.DataFrame, settings: InputSettings) -> Iterator[Row]:
    """The rows of a frame that has the columns that the settings name, which alone are taken."""
    for number, fields in enumerate(frame.select(_taken(frame.columns, settings)).iter_rows(named=True), start=1):
        yield Row(number, f"row {number}", fields)


def require_columns(columns: list[str], settings: InputSettings) -> None:
    """Raises: UnreadableError, if a column that the settings name is not among `columns`."""
    for setting, name in named_columns(settings):
        if name not in columns:
            raise UnreadableError(f"has no column {name!r} (input.{setting}); it has {columns}")


def _taken(columns: list[str], settings: InputSettings) -> list[str]:
    conventional = {name for name in CONVENTIONAL.values() if name in columns}
    return sorted({name for _, name in named_columns(settings)} | conventional)


def named_columns(settings: InputSettings) -> list[tuple[str, str]]:
    """The settings that name columns, each with a column that it names."""
    pairs = [
        ("text_column", settings.text_column),
        ("id_column", settings.id_column),
        ("title_column", settings.title_column),
        ("date_column", settings.date_column),
        *(("metadata_columns", name) for name in settings.metadata_columns),
    ]
    return [(setting, name) for setting, name in pairs if name]


def value_of(fields: Mapping[str, object], column: str) -> object:
    """The value of a column; in JSON "a.b" is field b of object a, unless there is a field of that name."""
    if column in fields:
        return fields[column]
    head, dot, rest = column.partition(".")
    inner = fields.get(head)
    return value_of(inner, rest) if dot and isinstance(inner, dict) else None


def as_text(value: object) -> str:
    """A field as clean text: "" for nothing, markup stripped, lists and objects as JSON."""
    if value is None or value != value:  # NaN, by which pandas says that there is none
        return ""
    if isinstance(value, str):
        text = clean(value)
        return strip_markup(text) if has_markup(text) else text
    if isinstance(value, list | dict):
        return clean(json.dumps(value, ensure_ascii=False, default=str))
    return clean(str(value))


FORMATS: dict[str, Format] = {
    ".txt": _text,
    ".md": _text,
    ".markdown": _text,
    ".html": _html,
    ".htm": _html,
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
    ".pdf": _pdf,
    ".docx": _docx,
}
