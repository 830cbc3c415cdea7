"""fields of a record -> what is extracted: which field is its text, title, date, author, source, id.

The columns that the settings name go before names that are usual, which are compared without case, spaces and signs.
Without either, the longest field of prose is the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from graphrag_drift.input.decode import UnreadableError, clean
from graphrag_drift.input.extracted import Extracted, Stamp
from graphrag_drift.input.html import has_markup, spelled_out, strip_markup
from graphrag_drift.memo import as_json, recalled
from graphrag_drift.settings import InputSettings


def _names_elsewhere() -> dict[str, list[str]]:
    """What fields are called in other languages, by what they hold."""
    lines = resources.files("graphrag_drift.input").joinpath("columns.txt").read_text("utf-8").splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {what: names.split() for what, _, names in pairs}


_ELSEWHERE = _names_elsewhere()
TEXTS = (
    *("text", "articlebody", "fulltext", "bodytext", "maintext", "articletext", "body", "content", "contents"),
    *("contenttext", "contenthtml", "bodyhtml", "pagecontent", "article", "story", "transcript", "message", "post"),
    *("selftext", "comment", "review", "passage", "abstract", "summary", "description", "paragraphs", "snippet"),
    *("answer", *_ELSEWHERE["texts"]),
)
"""What fields of text are usually called, the whole before its summary, in lower case and without signs."""
TITLES = ("title", "headline", "name", "subject", "heading", "question", *_ELSEWHERE["titles"])
DATES = (
    *("date", "datepublished", "published", "publishedat", "publishedon", "publishdate", "publicationdate", "pubdate"),
    *("publisheddate", "dateissued", "created", "createdat", "createddate", "datecreated", "creationdate"),
    *("firstcreated", "createdutc", "versioncreated", "postedat", "postdate", "sent", "sentat", "timestamp", "ts"),
    *("datetime", "time", "updated", "updatedate", "updatedat", "datemodified", "modified", "lastmodified"),
    *_ELSEWHERE["dates"],
)
IDS = ("id", "uid", "uuid", "guid", "itemid", "articleid", "docid", "documentid", "identifier", "doi", "key")
AUTHORS = (
    *("author", "authors", "byline", "creator", "by", "writer", "username", "user", "from", "sender", "speaker"),
    *("role", *_ELSEWHERE["authors"]),
)
SOURCES = (
    *("source", "outlet", "publisher", "publication", "sitename", "site", "newspaper", "journal", "provider"),
    *_ELSEWHERE["sources"],
)
LANGUAGES = ("language", "inlanguage", "lang")
_INNER_TEXTS = ("rendered", "text", "value", "content", "body", "html", "markdown", "plain", "_text", "_")
_NAMES = ("name", "realname", "displayname", "title", "username", "login", "id")
_SIGNS = re.compile(r"[\W_]+")
_PROSE = 80  # characters that a field of prose has on average, at least
_SAMPLE = 100  # records by which the field of prose is chosen
_LONG = 200  # characters of a field from which it is worth to be kept
_NESTED = 4  # levels of a text that is made of parts

Fields = Mapping[str, object]


def plain_name(name: str) -> str:
    """A field's name without case and signs: "Published_At" -> "publishedat"."""
    return _SIGNS.sub("", name.casefold())


def named_columns(settings: InputSettings) -> list[tuple[str, str]]:
    """The settings that name columns, each with a column that it names."""
    pairs = [
        *(("text_column", name) for name in text_columns(settings)),
        ("id_column", settings.id_column),
        ("title_column", settings.title_column),
        ("date_column", settings.date_column),
        *(("metadata_columns", name) for name in settings.metadata_columns),
    ]
    return [(setting, name) for setting, name in pairs if name]


def text_columns(settings: InputSettings) -> tuple[str, ...]:
    """The columns of text that the settings name, of which the first that a record has is its text."""
    named = settings.text_column
    return () if named is None else (named,) if isinstance(named, str) else named


def value_of(fields: Fields, column: str) -> object:
    """The value of a column; in JSON "a.b" is field b of object a, unless there is a field of that name."""
    if column in fields:
        return fields[column]
    head, dot, rest = column.partition(".")
    inner = fields.get(head)
    return value_of(inner, rest) if dot and isinstance(inner, dict) else None


def usual_field(fields: Fields, names: Sequence[str]) -> str | None:
    """The field that has one of `names`, which are in order of preference, and is not empty."""
    by_name: dict[str, str] = {}
    for name, value in fields.items():
        if value not in (None, "", [], {}):
            by_name.setdefault(plain_name(name), name)
    return next((by_name[name] for name in names if name in by_name), None)


def text_field(columns: Sequence[str], sample: Sequence[Fields], settings: InputSettings) -> str:
    """The column of text of a table.

    Raises: UnreadableError, if the settings name columns and it has none of them, or if none of it is prose.
    """
    named = text_columns(settings)
    if named:
        for name in named:
            if name in columns:
                return name
        raise UnreadableError(f"has no column {_one_of(named)} (input.text_column); it has {list(columns)}")
    usual = usual_field(dict.fromkeys(columns, 1), TEXTS) or longest_field(sample)
    if usual is None:
        raise UnreadableError(f"has no column that is text; name it in input.text_column; it has {list(columns)}")
    return usual


def longest_field(records: Sequence[Fields]) -> str | None:
    """The field of the longest prose in `records`, or None if none of it is prose."""
    lengths: dict[str, int] = {}
    for record in records[:_SAMPLE]:
        for name, value in record.items():
            if isinstance(value, str) and " " in value.strip():
                lengths[name] = lengths.get(name, 0) + len(value)
    best = max(lengths, key=lambda name: lengths[name], default=None)
    return best if best is not None and lengths[best] >= _PROSE * min(len(records), _SAMPLE) / 2 else None


def _one_of(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))


def names_itself(fields: object) -> bool:
    """Whether something is a record that says what it is called, when it was written or by whom."""
    return isinstance(fields, Mapping) and usual_field(fields, (*TITLES, *DATES, *IDS, *AUTHORS)) is not None


def has_text(fields: Fields, settings: InputSettings) -> bool:
    """Whether a record has a field that is its text, by the settings or by a usual name."""
    named = text_columns(settings)
    if named:
        return any(value_of(fields, name) is not None for name in named)
    return usual_field(fields, TEXTS) is not None


def extract_record(number: int, where: str, fields: Fields, settings: InputSettings, text: str = "") -> Extracted:
    """The record `fields`, whose text is in the field `text`; "": in the one that settings or custom name."""
    column = text or _text_of(fields, settings)
    if not column:
        return Extracted(number, where, fields=fields, problem=_no_text(fields, settings))
    return describe(Extracted(number, where, prose(value_of(fields, column)), fields=fields), settings)


def describe(document: Extracted, settings: InputSettings) -> Extracted:
    """`document` with the title, dates, author, source, language and key that its fields give, beside its own."""
    fields = document.fields
    title = _column(fields, settings.title_column, TITLES)[1]
    key = _column(fields, settings.id_column, IDS)[1]
    return Extracted(
        number=document.number,
        where=document.where,
        text=document.text,
        title=" ".join(title.split()) or document.title,
        key=key or document.key,
        dates=(*_dates(fields, settings), *document.dates),
        author=names_in(_usual(fields, AUTHORS)) or document.author,
        source=names_in(_usual(fields, SOURCES)) or document.source,
        language=as_text(_usual(fields, LANGUAGES)) or document.language,
        sections=document.sections,
        fields=fields,
        notices=document.notices,
    )


def _text_of(fields: Fields, settings: InputSettings) -> str:
    for name in text_columns(settings):
        if value_of(fields, name) is not None or name in fields:
            return name
    if text_columns(settings):
        return ""
    usual = usual_field(fields, TEXTS)
    if usual is None:  # there, but empty: a record without text, not one of another shape
        empty = {plain_name(name): name for name in fields}
        usual = next((empty[name] for name in TEXTS if name in empty), None)
    return usual or longest_field([fields]) or ""


def _no_text(fields: Fields, settings: InputSettings) -> str:
    named = text_columns(settings)
    if named:
        return f"has no field {_one_of(named)} (input.text_column); it has {list(fields)}"
    return f"has no field that is text; name it in input.text_column; it has {list(fields)}"


def _column(fields: Fields, named: str | None, names: Sequence[str]) -> tuple[str, str]:
    """(the column that is named or usual, its text)."""
    name = named or usual_field(fields, names)
    return (name or "", prose(value_of(fields, name)).strip() if name else "")


def _usual(fields: Fields, names: Sequence[str]) -> object:
    name = usual_field(fields, names)
    return None if name is None else fields[name]


def _dates(fields: Fields, settings: InputSettings) -> Iterator[Stamp]:
    if settings.date_column:
        written = as_text(value_of(fields, settings.date_column)).strip()
        if written:
            yield Stamp(written, f"field {settings.date_column!r}")
        return
    rest = dict(fields)
    while (name := usual_field(rest, DATES)) is not None:
        value = rest.pop(name)
        if isinstance(value, str | int | float) or hasattr(value, "isoformat"):
            yield Stamp(as_text(value).strip(), f"field {name!r}")


def names_in(value: object) -> str:
    """The names in a field of people or outlets, which may be an object or a list of them: "Ina Holm, Bo Ek"."""
    if isinstance(value, Mapping):
        inner = usual_field(value, _NAMES)
        return "" if inner is None else names_in(value[inner])
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(names_in, value)))
    return " ".join(as_text(value).split()) if isinstance(value, str | int) else ""


def prose(value: object, depth: int = _NESTED) -> str:
    """The text of a field, which may be an object with a text in it, or a list of parts."""
    if isinstance(value, Mapping) and depth:
        by_name = {str(name).casefold(): inner for name, inner in value.items()}
        inner = next((by_name[name] for name in _INNER_TEXTS if by_name.get(name)), None)
        return as_text(value) if inner is None else prose(inner, depth - 1)
    if isinstance(value, list | tuple) and value and depth:
        return _parts(value, depth - 1)
    return as_text(value)


def _parts(value: Sequence[object], depth: int) -> str:
    strings = [isinstance(part, str) for part in value]
    if not all(text or isinstance(part, Mapping | list) for part, text in zip(value, strings, strict=True)):
        return as_text(list(value))
    inline = any(strings) and not all(strings)  # words among which some are marked: "See ", {"text": "this"}, "."
    parts = [as_text(part) if isinstance(part, str) else prose(part, depth) for part in value]
    return "".join(parts) if inline else "\n\n".join(filter(None, (part.strip() for part in parts)))


def _plain(value: str) -> str:
    text = clean(value)
    return strip_markup(text) if has_markup(text) else spelled_out(text)


def as_text(value: Any) -> str:
    """A field as clean text: "" for nothing, markup stripped, lists and objects as JSON."""
    if value is None or value != value:  # NaN, by which pandas says that there is none
        return ""
    if isinstance(value, str):
        if len(value) < _LONG:
            return _plain(value)
        text: str = recalled(f"{__name__}:plain", (value,), lambda: _plain(value), write=as_json, read=json.loads)
        return text
    if isinstance(value, list | dict):
        return clean(json.dumps(value, ensure_ascii=False, default=str))
    return clean(str(value))
