"""input folder or frame -> documents

What cannot be read is set aside as a row of failures, what is left out on purpose is told in notices. The
text is kept as it is, but that each paragraph stands on one line. Nothing here looks at what a text says, but for
its language and its date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.input.decode import UnreadableError
from graphrag_drift.input.folder import File, find_files, fingerprint_input, opened
from graphrag_drift.input.formats import (
    CONVENTIONAL,
    FORMATS,
    Row,
    as_text,
    frame_rows,
    named_columns,
    require_columns,
    value_of,
)
from graphrag_drift.language.dates import document_date
from graphrag_drift.language.detect import language_of
from graphrag_drift.language.lines import unwrap
from graphrag_drift.settings import InputSettings
from graphrag_drift.tables import DOCUMENTS, FAILURES, conform, content_id

__all__ = ["Loaded", "fingerprint_input", "load", "load_frame"]

_HEAD = 2_000  # characters in which a document's own date is looked for
_NAMED = 5  # of what was skipped or set aside, so many are named in a message


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
    id: str
    title: str
    text: str
    creation_date: str
    metadata: tuple[str | None, ...]
    path: str
    item: str


@dataclass(slots=True)
class _Pile:
    """What has been read so far."""

    documents: list[_Document] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, other: "_Pile") -> None:
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
    return _loaded(pile, settings, f"the input folder {str(folder)!r}")


def load_frame(frame: pl.DataFrame | ArrowStream, settings: InputSettings) -> Loaded:
    """The rows of a polars or pandas frame, or of an Arrow table, as documents.

    Raises: SettingsError, if a column that the settings name is missing or there is no document.
    """
    table = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)
    try:
        require_columns(table.columns, settings)
    except UnreadableError as error:
        raise SettingsError(f"the frame {error}") from error
    return _loaded(_read_rows(frame_rows(table, settings), "", settings), settings, "the frame")


def _check_encoding(settings: InputSettings) -> None:
    try:
        "".encode(settings.encoding or "utf-8")
    except LookupError as error:
        raise SettingsError(f"input.encoding {settings.encoding!r} is not a known text encoding") from error


def _read_file(file: File, settings: InputSettings) -> _Pile:
    kind = FORMATS.get(PurePosixPath(file.name).suffix.lower())
    if file.problem or kind is None:
        raise UnreadableError(file.problem or f"is of an unknown type; known are {', '.join(FORMATS)}")
    with opened(file, settings.max_file_bytes) as raw:
        try:
            pile = _read_rows(kind(raw, settings), file.name, settings)
        except UnicodeDecodeError as error:
            raise UnreadableError(f"is not in the encoding {error.encoding!r}: {error.reason}") from error
    if not (pile.documents or pile.failures or pile.empty):
        pile.empty.append(file.name)
    return pile


def _read_rows(rows: Iterable[Row], path: str, settings: InputSettings) -> _Pile:
    pile = _Pile()
    unseen = {name: setting for setting, name in named_columns(settings) if setting != "text_column"}
    records = 0
    for row in rows:
        records += bool(row.fields)
        unseen = {name: setting for name, setting in unseen.items() if value_of(row.fields, name) is None}
        item = " ".join(filter(None, (path, row.where)))
        try:
            text = unwrap(_text_of(row, settings))
            if text and not text.isspace():
                pile.documents.append(_document(row, text, path, item, settings))
            else:
                pile.empty.append(item)
        except UnreadableError as error:
            pile.failures.append((item, str(error)))
    if records:
        source = repr(path) if path else "the frame"
        pile.notices += [f"no record of {source} has a {name!r} (input.{key})" for name, key in unseen.items()]
    return pile


def _text_of(row: Row, settings: InputSettings) -> str:
    if row.problem:
        raise UnreadableError(row.problem)
    if row.text is not None:
        return row.text
    found = value_of(row.fields, settings.text_column)
    if found is None and settings.text_column not in row.fields:
        raise UnreadableError(f"has no field {settings.text_column!r} (input.text_column); it has {list(row.fields)}")
    return as_text(found)


def _document(row: Row, text: str, path: str, item: str, settings: InputSettings) -> _Document:
    def column(setting: str) -> str:
        name = getattr(settings, setting) or CONVENTIONAL[setting]
        return as_text(value_of(row.fields, name)).strip()

    name = path.rpartition("/")[2]
    unnamed = " ".join(filter(None, (name, f"({row.number})" if row.where else "")))
    title = " ".join(column("title_column").split()) or unnamed
    return _Document(
        id=column("id_column") or content_id(title, text),
        title=title,
        text=text,
        creation_date=_iso_day(column("date_column")) or document_date(text[:_HEAD]) or "",
        metadata=tuple(as_text(value_of(row.fields, name)).strip() or None for name in settings.metadata_columns),
        path=path,
        item=item,
    )


def _iso_day(given: str) -> str:
    """A date as ISO day; "" if it is not one."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(given).date().isoformat()
        except ValueError:
            continue
    return (document_date(given) or "") if given else ""


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
    documents = sorted(kept.values(), key=lambda document: (document.title, document.id))
    failures = pl.DataFrame([("load", item, reason) for item, reason in pile.failures], schema=FAILURES, orient="row")
    return Loaded(_table(documents, settings), failures, (*notices, *pile.notices))


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
        "language": [language_of(document.text) for document in documents],
        "copy_of": [None for _ in documents],
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
