"""CSV, TSV, Parquet and frames -> a document a row

A file of separated values may open with `sep=`, a byte order mark and lines about itself, and may use commas,
semicolons, tabs or bars. What is ragged is set aside by its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO, Protocol

import polars as pl

from graphrag_drift.input.decode import UnreadableError, clean, open_text
from graphrag_drift.input.extracted import Extracted
from graphrag_drift.input.records import (
    AUTHORS,
    DATES,
    IDS,
    LANGUAGES,
    SOURCES,
    TEXTS,
    TITLES,
    extract_record,
    named_columns,
    plain_name,
    text_columns,
    text_field,
)
from graphrag_drift.settings import InputSettings

_LONGEST_FIELD = 2**31 - 1
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 30
_SAMPLE = 1 << 18  # characters
_SEP = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
_LONGEST_NAME = 60  # characters of a column's name
_USUAL = frozenset((*TEXTS, *TITLES, *DATES, *IDS, *AUTHORS, *SOURCES, *LANGUAGES))


def csv_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The rows of a file of values separated by commas, semicolons, tabs or bars, whichever it is."""
    yield from _rows(open_text(raw, settings.encoding, newline=""), "", settings)


def tsv_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The rows of a file of values separated by tabs."""
    yield from _rows(open_text(raw, settings.encoding, newline=""), "\t", settings)


class _Lines(Protocol):
    """What a csv reader is, which has no public type."""

    line_num: int

    def __next__(self) -> list[str]: ...


def _rows(stream: io.TextIOWrapper, delimiter: str, settings: InputSettings) -> Iterator[Extracted]:
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        told = _SEP.match(stream.readline(100).lstrip("\ufeff"))
        stream.seek(0)
        delimiter = delimiter or (told[1] if told else _delimiter(stream))
        skipped, header, sample = _header(stream, delimiter, 1 if told else 0, settings)
        if not header:
            return
        column = text_field(header, sample, settings)
        _check_columns(header, settings)
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        for _ in range(skipped):
            next(reader, None)
        for number, where, values in _records(reader, len(header)):
            if isinstance(values, str):
                yield Extracted(number, where, problem=values)
            else:
                yield extract_record(number, where, dict(zip(header, values, strict=True)), settings, column)
    except csv.Error as error:
        raise UnreadableError(f"has no readable header: {error}") from error
    finally:
        csv.field_size_limit(before)


def _delimiter(stream: io.TextIOWrapper) -> str:
    """The sign that divides most of the first rows into the same number of fields, more than one if any does."""
    lines = stream.read(_SAMPLE)
    stream.seek(0)
    best, order = ",", (0, 0, 0)
    for sign in _DELIMITERS:
        widths = [len(row) for row in _sample_rows(lines, sign) if row]
        width, rows = _usual_width(widths)
        head = len(widths) > 0 and widths[0] == width
        rank = (width > 1, rows * (2 if head else 1), width)
        if rank > order:
            best, order = sign, rank
    return best


def _usual_width(widths: Sequence[int]) -> tuple[int, int]:
    """(how many fields most rows have, how many rows those are); rows of one field are no table if there are others."""
    times = Counter(widths)
    width = max(times, key=lambda width: (times[width] * (1 + (width > 1)), width), default=1)
    return width, times[width]


def _sample_rows(text: str, delimiter: str) -> list[list[str]]:
    rows = []
    try:
        for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLE_LINES):
            rows.append(row)
    except csv.Error:
        pass
    return rows


def _header(
    stream: io.TextIOWrapper, delimiter: str, told: int, settings: InputSettings
) -> tuple[int, list[str], list[dict[str, str]]]:
    """(how many rows come before the first record, the columns' names, the first records).

    The header is the first of the rows that have as many fields as most of what follows, or the first with a name
    that is asked for; what stands before it is about the file. A first row of prose is a record: then columns are
    numbered.
    """
    rows = [[clean(value).strip() for value in row] for row in _sample_rows(stream.read(_SAMPLE), delimiter)]
    stream.seek(0)
    body = rows[told:]
    if not any(body):
        return 0, [], []
    width = _usual_width([len(row) for row in body if row])[0]
    named = {plain_name(name) for _, name in named_columns(settings)}
    names = [
        set(map(plain_name, row)) if not at or len(row) > 1 or width == 1 else set() for at, row in enumerate(body)
    ]
    telling = [at for group in (named, _USUAL) for at, row in enumerate(names) if row & group]
    place = telling[0] if telling else next(at for at, row in enumerate(body) if len(row) == width)
    header = _distinct(body[place])
    skipped = told + place + 1
    if not text_columns(settings) and any(len(name) > _LONGEST_NAME for name in header):
        header, skipped = [f"column {number}" for number in range(1, len(header) + 1)], skipped - 1
    sample = [dict(zip(header, row, strict=False)) for row in rows[skipped:]]
    return skipped, header, sample


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that are there before, and for those that are empty."""
    distinct: list[str] = []
    for number, name in enumerate(names, start=1):
        distinct.append(name if name and name not in distinct else f"{name or 'column'} {number}")
    return distinct


def _records(reader: _Lines, width: int) -> Iterator[tuple[int, str, list[str] | str]]:
    """(number, place, the values or why there are none) of each row that is not empty."""
    number = 0
    while True:
        where, number = f"line {reader.line_num + 1}", number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, where, f"is not valid CSV: {error}"
            continue
        if len(values) > width and not any(value.strip() for value in values[width:]):
            values = values[:width]
        if len(values) == width:
            yield number, where, values
        elif values:
            yield number, where, f"has {len(values)} fields where the header has {width}"


def parquet_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The rows of a Parquet file, of which only the columns are read that mean something here."""
    # A damaged file can make the reader panic, which is no ordinary exception.
    try:
        table = pl.scan_parquet(raw)
        columns = table.collect_schema().names()
        column = text_field(columns, table.head(100).collect().to_dicts(), settings)
        _check_columns(columns, settings)
        wanted = table.select(_wanted(columns, column, settings))
        size = wanted.select(pl.col(column).cast(pl.String, strict=False).str.len_bytes().sum())
        unpacked = size.collect(engine="streaming").item()
        if unpacked > settings.max_file_bytes:
            raise UnreadableError(f"unpacks to {unpacked:,} bytes of text, above input.max_file_bytes")
        frame = wanted.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UnreadableError(f"is not readable Parquet: {str(error).splitlines()[0]}") from error
    yield from _frame_rows(frame, column, settings)


def frame_rows(frame: pl.DataFrame, settings: InputSettings) -> Iterator[Extracted]:
    """The rows of a frame.

    Raises: UnreadableError, if it lacks a column that the settings name, or has none that is text.
    """
    column = text_field(frame.columns, frame.head(100).to_dicts(), settings)
    _check_columns(frame.columns, settings)
    yield from _frame_rows(frame.select(_wanted(frame.columns, column, settings)), column, settings)


def _frame_rows(frame: pl.DataFrame, column: str, settings: InputSettings) -> Iterator[Extracted]:
    for number, fields in enumerate(frame.iter_rows(named=True), start=1):
        yield extract_record(number, f"row {number}", fields, settings, column)


def table_rows(header: Sequence[str], rows: Sequence[Sequence[str]], settings: InputSettings) -> Iterator[Extracted]:
    """The rows of a table that has a column of text.

    Raises: UnreadableError as `frame_rows` does.
    """
    names = _distinct(header)
    records = [dict(zip(names, row, strict=False)) for row in rows]
    column = text_field(names, records, settings)
    _check_columns(names, settings)
    for number, fields in enumerate(records, start=1):
        yield extract_record(number, f"row {number}", fields, settings, column)


def _check_columns(columns: Sequence[str], settings: InputSettings) -> None:
    """Raises: UnreadableError, if a column that the settings name is not among `columns`."""
    for setting, name in named_columns(settings):
        if setting != "text_column" and name not in columns:
            raise UnreadableError(f"has no column {name!r} (input.{setting}); it has {list(columns)}")


def _wanted(columns: Sequence[str], text: str, settings: InputSettings) -> list[str]:
    named = {name for setting, name in named_columns(settings) if setting != "text_column"}
    usual = {name for name in columns if plain_name(name) in _USUAL - set(TEXTS)}
    return sorted({text} | named | usual)
