"""input folder or frame -> documents

What cannot be read is set aside as a row of failures, what is left out on purpose is told in notices. Of the text, each
paragraph stands on one line. Nothing here looks at what a text says, but for its language and for the headline and the
date that stand over it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.input.characters import garbled
from graphrag_drift.input.dates import date_in_name, day_first, read_date
from graphrag_drift.input.decode import UnreadableError
from graphrag_drift.input.delimited import frame_rows
from graphrag_drift.input.extracted import Extracted, Section
from graphrag_drift.input.folder import File, find_files, fingerprint_input, opened
from graphrag_drift.input.formats import FORMATS, unknown
from graphrag_drift.input.heads import Head, read_head
from graphrag_drift.input.records import as_text, named_columns, names_in, value_of
from graphrag_drift.language.detect import language_of
from graphrag_drift.language.lines import unwrap
from graphrag_drift.memo import as_json, recalled
from graphrag_drift.settings import InputSettings
from graphrag_drift.tables import DOCUMENTS, FAILURES, LAST_RESORT, conform, content_id

__all__ = ["Loaded", "fingerprint_input", "load", "load_frame"]

_NAMED = 5  # of what was skipped or set aside, so many are named in a message
_EXAMPLES = 3  # of dates that cannot be read
_TOLD = 20  # notices of one kind that are told one by one


class ArrowStream(Protocol):
    """A table of another library that can be handed over: pandas 2.2 and later, pyarrow, DuckDB, ..."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an input holds: its documents, what could not be read and why, what was left out on purpose."""

    documents: pl.DataFrame
    failures: pl.DataFrame
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Document:
    """A row of the table to come. `unnamed`: nothing but its file gives it a title."""

    id: str
    title: str
    text: str
    creation_date: str
    date_source: str
    author: str
    source: str
    language: str
    sections: tuple[Section, ...]
    metadata: tuple[str | None, ...]
    path: str
    item: str
    unnamed: bool


@dataclass(slots=True)
class _Pile:
    """What has been read so far."""

    documents: list[_Document] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, other: _Pile) -> None:
        self.documents += other.documents
        self.failures += other.failures
        self.empty += other.empty
        self.notices += other.notices


def load(settings: InputSettings, folder: Path) -> Loaded:
    """The documents of `folder`, by title and id.

    Raises: SettingsError, if there is no such folder, no file that matches, or no document in what does.
    """
    _check_encoding(settings)
    pile = _Pile()
    for file in find_files(settings, folder):
        try:
            pile.add(_read_file(file, settings))
        except UnreadableError as error:
            pile.failures.append((file.name, str(error)))
    return _loaded(pile, settings, repr(settings.uri) if settings.uri else f"the input folder {str(folder)!r}")


def load_frame(frame: pl.DataFrame | ArrowStream, settings: InputSettings) -> Loaded:
    """The rows of a polars or pandas frame, or of an Arrow table, as documents.

    Raises: SettingsError, if a column that the settings name is missing or there is no document.
    """
    table = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)
    try:
        pile = _read_rows(frame_rows(table, settings), "", settings)
    except UnreadableError as error:
        raise SettingsError(f"the frame {error}") from error
    return _loaded(pile, settings, "the frame")


def _check_encoding(settings: InputSettings) -> None:
    try:
        "".encode(settings.encoding or "utf-8")
    except LookupError as error:
        raise SettingsError(f"input.encoding {settings.encoding!r} is not a known text encoding") from error


def _read_file(file: File, settings: InputSettings) -> _Pile:
    suffix = PurePosixPath(file.name).suffix.lower()
    kind = FORMATS.get(suffix)
    if file.problem or kind is None:
        raise UnreadableError(file.problem or unknown(suffix))
    with opened(file, settings.max_file_bytes) as raw:
        try:
            pile = _read_rows(kind(raw, settings), file.name, settings)
        except UnicodeDecodeError as error:
            raise UnreadableError(f"is not in the encoding {error.encoding!r}: {error.reason}") from error
    if not (pile.documents or pile.failures or pile.empty):
        pile.empty.append(file.name)
    return pile


def _read_rows(rows: Iterable[Extracted], path: str, settings: InputSettings) -> _Pile:
    pile = _Pile()
    unseen = {name: setting for setting, name in named_columns(settings) if setting != "text_column"}
    documents: list[Extracted] = []
    records = 0
    for row in rows:
        is_record = bool(row.fields and row.where)
        records += is_record
        unseen = {name: setting for name, setting in unseen.items() if value_of(row.fields, name) is None}
        pile.notices += [_about(path, row.where, notice) for notice in row.notices]
        if row.problem:
            pile.failures.append((_item(path, row), row.problem))
        elif row.text and not row.text.isspace():
            documents.append(row if row.sections else replace(row, text=unwrap(row.text)))
        elif row.number:
            pile.empty.append(_item(path, row))
    dates = _Dates.of(documents)
    pile.documents = [_document(row, path, dates, settings) for row in documents]
    pile.notices += [_about(path, row.where, notice) for row in documents for notice in _garbled(row)]
    if dates.unread:
        pile.notices.append(_about(path, "", dates.notice(settings)))
    if records:
        pile.notices += [f"no record of {_source(path)} has a {name!r} (input.{key})" for name, key in unseen.items()]
    return pile


def _item(path: str, row: Extracted) -> str:
    return " ".join(filter(None, (path, row.where)))


def _source(path: str) -> str:
    return repr(path) if path else "the frame"


def _about(path: str, where: str, notice: str) -> str:
    return f"{' '.join(filter(None, (path or 'the frame', where)))}: {notice}"


def _garbled(row: Extracted) -> Iterator[str]:
    example = garbled(row.text)
    if example:
        yield f"characters were lost or decoded wrongly before it was saved, as in {example!r}; save it anew as UTF-8"


@dataclass(slots=True)
class _Dates:
    """How the dates of a file are read: the order of day and month, and those that could not be read."""

    day_first: bool | None
    unread: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Extracted]) -> _Dates:
        return cls(day_first(stamp.written for row in rows for stamp in row.dates[:1]))

    def choose(self, row: Extracted, head: Head, path: str) -> tuple[str, str]:
        """(ISO date, where it stands) of a document: a field, its first lines, its file's name, properties."""
        stated = [stamp for stamp in row.dates if not stamp.last_resort]
        for stamp in stated:
            if day := read_date(stamp.written, self.day_first):
                return day, stamp.origin
        self.unread += [stated[0].written] if stated else []
        if head.date:
            return head.date, head.date_source
        if not row.where and (day := date_in_name(path)):
            return day, "file name"
        for stamp in row.dates:
            if stamp.last_resort and (day := read_date(stamp.written)):
                return day, stamp.origin + LAST_RESORT
        return "", ""

    def notice(self, settings: InputSettings) -> str:
        examples = ", ".join(list(dict.fromkeys(map(repr, self.unread)))[:_EXAMPLES])
        column = f" (input.date_column {settings.date_column!r})" if settings.date_column else ""
        return (
            f"{len(self.unread)} date(s){column} cannot be read, such as {examples}; write them as 2026-03-01, or as "
            'seconds or milliseconds since 1970 (dates in words of many languages: pip install "graphrag-drift[docs]")'
        )


def _document(row: Extracted, path: str, dates: _Dates, settings: InputSettings) -> _Document:
    head, detected = _read_text(row.text)
    name = path.rpartition("/")[2]
    unnamed = " ".join(filter(None, (name, f"({row.number})" if row.where else "")))
    key = row.key if any(map(str.isalpha, row.key)) else ""
    title = " ".join(row.title.split()) or head.title or key or unnamed
    date, date_source = dates.choose(row, head, path)
    # Files of another name stay documents of their own, though text and headline are the same: outlets print copies.
    named = (row.where and row.title) or unnamed
    return _Document(
        id=row.key or content_id(named, row.text),
        title=title,
        text=row.text,
        creation_date=date,
        date_source=date_source,
        author=row.author or head.author,
        source=row.source or head.source,
        language=row.language if detected == "other" and row.language in ("en", "ko", "ja", "zh") else detected,
        sections=row.sections,
        metadata=tuple(_metadata(row, column) for column in settings.metadata_columns),
        path=path,
        item=_item(path, row),
        unnamed=title == unnamed,
    )


def _read_text(text: str) -> tuple[Head, str]:
    """What stands over a text, and the code of its language."""
    head, language = recalled(
        f"{__name__}:head",
        (text,),
        lambda: (asdict(read_head(text)), language_of(text)),
        write=as_json,
        read=json.loads,
    )
    return Head(**head), language


def _metadata(row: Extracted, column: str) -> str | None:
    value = value_of(row.fields, column)
    own = {"author": row.author, "source": row.source}.get(column, "") if value is None else ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return names_in(value) or None
    return as_text(value).strip() or own or None


def _loaded(pile: _Pile, settings: InputSettings, source: str) -> Loaded:
    kept: dict[str, _Document] = {}
    repeated: list[str] = []
    for document in pile.documents:
        first = kept.setdefault(document.id, document)
        if first is document:
            continue
        if first.text == document.text:
            repeated.append(document.item)
        elif settings.id_column is None:
            # Files that number their records each from 1: the field called "id" is none.
            own = replace(document, id=content_id(document.title, document.text))
            kept.setdefault(own.id, own)
        else:
            reason = f"has the id {document.id!r} of {first.item!r} but another text"
            pile.failures.append((document.item, reason))
    if not kept:
        raise SettingsError(f"no document in {source}: {_reasons(pile)}")
    notices = [
        f"{len(items)} {what} skipped: {_first(items)}"
        for what, items in (("without text", pile.empty), ("duplicate(s)", repeated))
        if items
    ]
    documents = sorted(_told_apart(kept.values()), key=lambda document: (document.title, document.id))
    failures = pl.DataFrame([("load", item, reason) for item, reason in pile.failures], schema=FAILURES, orient="row")
    return Loaded(_table(documents, settings), failures, (*notices, *_shortened(pile.notices)))


def _told_apart(documents: Iterable[_Document]) -> list[_Document]:
    """The documents, those of one title that are named by nothing but their files by their paths."""
    rows = list(documents)
    times = Counter(document.title for document in rows)
    return [
        replace(document, title=document.item) if document.unnamed and times[document.title] > 1 else document
        for document in rows
    ]


def _shortened(notices: Sequence[str]) -> list[str]:
    """The notices; of more than a few that say the same of several files, the first few and how many more."""
    kinds = Counter(notice.partition(": ")[2] for notice in notices)
    shown: Counter[str] = Counter()
    lines = []
    for notice in notices:
        kind = notice.partition(": ")[2]
        shown[kind] += 1
        if shown[kind] <= _TOLD or not kind:
            more = kinds[kind] - _TOLD
            lines.append(f"{notice} (and of {more} more)" if shown[kind] == _TOLD and more > 0 and kind else notice)
    return lines


def _reasons(pile: _Pile) -> str:
    reasons = [f"{item!r} {reason}" for item, reason in pile.failures[:_NAMED]]
    if pile.empty:
        reasons.append(f"{len(pile.empty)} without text")
    return "; ".join(reasons) or "it has no rows"


def _first(items: list[str]) -> str:
    return ", ".join(items[:_NAMED]) + (", ..." if len(items) > _NAMED else "")


def _table(documents: list[_Document], settings: InputSettings) -> pl.DataFrame:
    columns: dict[str, Sequence[object]] = {
        "id": [document.id for document in documents],
        "human_readable_id": range(len(documents)),
        "title": [document.title for document in documents],
        "text": [document.text for document in documents],
        "text_unit_ids": [[] for _ in documents],
        "creation_date": [document.creation_date for document in documents],
        "path": [document.path for document in documents],
        "language": [document.language for document in documents],
        "copy_of": [None for _ in documents],
        "source": [document.source for document in documents],
        "author": [document.author for document in documents],
        "date_source": [document.date_source for document in documents],
        "sections": [
            [{"start": part.start, "title": part.title, "level": part.level} for part in document.sections]
            for document in documents
        ],
    }
    # Series by series: a frame made of lists holds a lone large text twice.
    made = [pl.Series(name, values, DOCUMENTS[name]) for name, values in columns.items()]
    return conform(pl.DataFrame([*made, _raw_data(documents, settings)]), DOCUMENTS, "documents")


def _raw_data(documents: list[_Document], settings: InputSettings) -> pl.Series:
    names = settings.metadata_columns
    if not names:
        return pl.Series("raw_data", [None] * len(documents), pl.Null)
    rows = [dict(zip(names, document.metadata, strict=True)) for document in documents]
    return pl.Series("raw_data", rows, pl.Struct(dict.fromkeys(names, pl.String)))
