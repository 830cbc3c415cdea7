"""JSON and JSON lines -> a document a record

A file may be a record, a list of records, an object of them by key, or hold such a list deeper down; files of several
shapes may lie in one folder. Schema.org's JSON-LD and the exports of chats are records under their own names.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any, BinaryIO

from graphrag_drift.input.decode import UnreadableError, open_text, read_text
from graphrag_drift.input.extracted import Extracted
from graphrag_drift.input.records import (
    AUTHORS,
    TEXTS,
    extract_record,
    has_text,
    longest_field,
    names_in,
    names_itself,
    plain_name,
    prose,
    usual_field,
)
from graphrag_drift.settings import InputSettings

_DEPTH = 4
_TRAILING_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])')
_SLACK_LINK = re.compile(r"<((?:https?|mailto):[^|>]*)(?:\|([^>]*))?>")
_SLACK_NAME = re.compile(r"<([@#!])([^|>]+)(?:\|([^>]*))?>")
_SLACK_SILENT = re.compile(r"channel_|group_|bot_(?:add|remove)|pinned_item|reminder_add|tombstone")


def json_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The records of a JSON file, or of JSON lines under that name."""
    stream = open_text(raw, settings.encoding)
    text = read_text(stream)
    if not text.strip():
        return
    whole, notices = _parsed(text)
    if whole is None:
        stream.seek(0)
        yield from _lines(stream, settings)
        return
    records = _records(whole, settings, _DEPTH)
    if records is None:
        yield from _extract([(1, "", whole)], settings, notices)
    else:
        yield from _extract(_numbered(records), settings, notices)


def json_lines(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The records of a file with one on each line."""
    yield from _lines(open_text(raw, settings.encoding, newline="\n"), settings)


def _parsed(text: str) -> tuple[Any, tuple[str, ...]]:
    """(what the JSON says, notices), or (None, ()) if it is several values one after another.

    Raises: UnreadableError, if it is not JSON even without commas before closing brackets.
    """
    try:
        return json.loads(text, strict=False), ()  # strict would forbid a line break in a string
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None, ()
        mended = _TRAILING_COMMA.sub(lambda match: "" if match[0] == "," else match[0], text)
        try:
            return json.loads(mended, strict=False), ("has commas before closing brackets, which were passed over",)
        except (ValueError, RecursionError):
            place = f"line {error.lineno} column {error.colno}"
            raise UnreadableError(f"is not valid JSON: {error.msg} at {place}") from error
    except (RecursionError, ValueError) as error:
        raise UnreadableError(f"is not readable JSON: {error}") from error


Records = list[object] | dict[str, object]


def _records(whole: object, settings: InputSettings, depth: int) -> Records | None:
    """The records in `whole`: a list, an object of them by key, or the first of those inside; None if it is one."""
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict) or depth == 0:
        return None
    if has_text(whole, settings) and not _holds_records(whole, settings):
        return None
    if _is_keyed(whole, settings):
        return whole
    if texts := _texts_by_key(whole):
        return texts
    for inner in whole.values():
        if isinstance(inner, dict) and (records := _records(inner, settings, depth - 1)) is not None:
            return records
        if isinstance(inner, list) and any(isinstance(item, dict) for item in inner):
            return inner
    return None


def _holds_records(whole: Mapping[str, object], settings: InputSettings) -> bool:
    """Whether what looks like a record is about a list of them: a feed with a description, a chat with a name."""
    if any(isinstance(whole.get(name), str) for name in ("text", "articleBody", "body", "content")):
        return False
    lists = [inner for name, inner in whole.items() if isinstance(inner, list) and not _are_parts(name, inner)]
    return any(sum(isinstance(item, dict) and has_text(item, settings) for item in inner) > 1 for inner in lists)


def _is_keyed(whole: Mapping[str, object], settings: InputSettings) -> bool:
    inner = list(whole.values())
    return bool(inner) and all(isinstance(item, dict) and has_text(item, settings) for item in inner)


def _are_parts(name: str, items: list[object]) -> bool:
    """Whether the list in a field of text is what the text is made of."""
    return plain_name(name) in TEXTS and not any(map(names_itself, items))


def _texts_by_key(whole: Mapping[str, object]) -> Records | None:
    """The values of an object that has nothing but texts, each under what it is called."""
    texts = [value for value in whole.values() if isinstance(value, str) and " " in value.strip()]
    if len(texts) < 2 or len(texts) < len(whole) or names_itself(whole):
        return None
    return {key: {"title": key, "text": value} for key, value in whole.items()}


def _numbered(records: Records) -> Iterator[tuple[int, str, object]]:
    if isinstance(records, dict):
        for number, (key, record) in enumerate(records.items(), start=1):
            fields = {"id": key, **record} if isinstance(record, dict) else record
            yield number, f"item {key!r}", fields
    else:
        for number, record in enumerate(records, start=1):
            yield number, f"item {number}", record


def _extract(
    records: Iterable[tuple[int, str, object]], settings: InputSettings, notices: tuple[str, ...] = ()
) -> Iterator[Extracted]:
    rows = [(number, where, _plain_record(record, settings)) for number, where, record in _named_columns(records)]
    people = _slack_people(record for _, _, record in rows)
    objects = [record for _, _, record in rows if isinstance(record, dict)]
    usual = longest_field([record for record in objects if not has_text(record, settings)])
    silent = 0
    for number, where, record in rows:
        if not isinstance(record, dict):
            yield Extracted(number, where, problem=f"is a {type(record).__name__}, not an object with fields")
            continue
        if _is_slack(record):
            if _SLACK_SILENT.match(str(record.get("subtype", ""))):
                silent += 1
                continue
            record = _from_slack(record, people)
        column = "" if settings.text_column or has_text(record, settings) else (usual or "")
        yield extract_record(number, where, record, settings, column if column in record else "")
    said = (*notices, *((f"{silent} message(s) of the chat program itself left out",) if silent else ()))
    if said:
        yield Extracted(number=0, notices=said)


def _named_columns(records: Iterable[tuple[int, str, object]]) -> list[tuple[int, str, object]]:
    """The records; those that are lists of values below a list of names, as objects with those names."""
    rows = list(records)
    head = rows[0][2] if len(rows) > 1 else None
    if not isinstance(head, list) or not all(isinstance(name, str) for name in head):
        return rows
    named = [
        (number, where, dict(zip(head, row, strict=True)))
        for number, where, row in rows[1:]
        if isinstance(row, list) and len(row) == len(head)
    ]
    return [*named] if len(named) == len(rows) - 1 else rows


def _plain_record(record: object, settings: InputSettings) -> object:
    """A record with a text of its own where one is found deeper down: what is said in it, or in its properties."""
    if isinstance(record, str) and " " in record.strip():
        return {"text": record}
    if not isinstance(record, dict) or settings.text_column or has_text(record, settings):
        return record
    for inner in record.values():
        if isinstance(inner, dict) and isinstance(inner.get("text") or inner.get("description"), str):
            return {**record, **inner}
        if isinstance(inner, list) and inner and all(isinstance(turn, dict) for turn in inner):
            turns = [(names_in(_speaker(turn)), prose(turn)) for turn in inner if has_text(turn, settings)]
            if len(turns) == len(inner):
                return {**record, "text": "\n\n".join(f"{who}: {text}" if who else text for who, text in turns)}
    return record


def _speaker(turn: Mapping[str, object]) -> object:
    name = usual_field(turn, AUTHORS)
    return turn[name] if name else ""


def _lines(stream: io.TextIOWrapper, settings: InputSettings) -> Iterator[Extracted]:
    for number, line in enumerate(stream, start=1):
        text = line.strip("\ufeff\r\n\t \0")
        if not text:
            continue
        where = f"line {number}"
        try:
            record = json.loads(text, strict=False)
        except json.JSONDecodeError as error:
            yield Extracted(number, where, problem=f"is not valid JSON: {error.msg} at column {error.colno}")
        except (RecursionError, ValueError) as error:
            yield Extracted(number, where, problem=f"is not readable JSON: {error}")
        else:
            yield from _extract([(number, where, record)], settings)


def _is_slack(record: Mapping[str, object]) -> bool:
    return (
        record.get("type") == "message" and "ts" in record and any(key in record for key in ("user", "bot_id", "text"))
    )


def _slack_people(records: Iterable[object]) -> dict[str, str]:
    """The names of those who wrote, by their ids."""
    people = {}
    for record in records:
        if isinstance(record, dict) and isinstance(record.get("user_profile"), dict):
            people[str(record.get("user"))] = names_in(record["user_profile"])
    return people


def _from_slack(record: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, Any]:
    """A message with its links, mentions and entities as a reader sees them, and its writer's name."""
    text = _SLACK_LINK.sub(lambda match: match[2] or match[1].removeprefix("mailto:"), str(record.get("text", "")))
    text = _SLACK_NAME.sub(lambda match: _named(match, people), text)
    writer = people.get(str(record.get("user")), "") or str(record.get("username", ""))
    return {**record, "text": unescape(text), "user": writer or record.get("user", "")}


def _named(match: re.Match[str], people: Mapping[str, str]) -> str:
    name = match[3] or people.get(match[2], match[2])
    return f"#{name}" if match[1] == "#" else f"@{name}" if match[1] == "!" else name
