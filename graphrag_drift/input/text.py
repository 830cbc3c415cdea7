"""Text files -> documents: plain text, Markdown with its front matter, and notebooks, whose text is Markdown

Markup is taken away where it stands inside a sentence; headings stay as lines of their own and become sections.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import yaml

from graphrag_drift.input.decode import UnreadableError, clean, open_text, read_text
from graphrag_drift.input.extracted import Extracted, Section
from graphrag_drift.input.records import describe
from graphrag_drift.settings import InputSettings

_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LONGEST_MATTER = 20_000  # characters
_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# Bounded: what opens and never closes would cost the square of a line's length.
_IN_LINE = (
    (re.compile(r"!\[([^\[\]\n]{0,500})\]\([^)\n]{0,2000}\)"), r"\1"),
    (re.compile(r"(?<!\\)\[([^\[\]\n]{1,500})\]\((?:[^()\n]|\([^()\n]{0,200}\)){0,2000}\)"), r"\1"),
    (re.compile(r"(?<!\\)\[([^\[\]\n]{1,500})\]\[[^\[\]\n]{0,200}\]"), r"\1"),
    (re.compile(r"<(https?://[^>\s]{1,2000})>"), r"\1"),
    (re.compile(r"(\*\*|__)(?=[^\s*_])([^\n]{1,500}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]{1,500}?)(?<=[^\s_])_(?![\w_])"), r"\1"),
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s+\S+[^\n]*\n?", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?P<title>[^\n=#-][^\n]*)\n(?P<line>=+|-{3,})[ \t]*$", re.MULTILINE)


def plain(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a file of plain text is."""
    yield Extracted(text=read_text(open_text(raw, settings.encoding)))


def markdown(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a Markdown file is; its front matter gives title, date, author and other fields."""
    fields, text = _front_matter(read_text(open_text(raw, settings.encoding)))
    text = _plain_markdown(text)
    document = Extracted(text=text, title=first_heading(text), sections=markdown_sections(text), fields=fields)
    yield describe(document, settings)


def _front_matter(text: str) -> tuple[dict[str, object], str]:
    match = _FRONT_MATTER.match(text[:_LONGEST_MATTER])
    if match is None:
        return {}, text
    try:
        fields = _toml(match[2]) if match[1] == "+++" else yaml.safe_load(match[2])
    except (yaml.YAMLError, ValueError):
        return {}, text
    if not isinstance(fields, dict):
        return {}, text
    return {str(name): _flat(value) for name, value in fields.items()}, text[match.end() :].lstrip("\n")


def _toml(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def _flat(value: object) -> object:
    """A field without what it may hide in aliases and depth: values, or lists and objects of values."""
    if isinstance(value, list):
        return [item if isinstance(item, str | int | float) else as_name(item) for item in value[:1_000]]
    if isinstance(value, dict):
        return {str(name): item for name, item in value.items() if isinstance(item, str | int | float)}
    return value


def as_name(value: object) -> str:
    """The name in an object such as `{name: Ina Holm}`, or ""."""
    return str(value["name"]) if isinstance(value, dict) and isinstance(value.get("name"), str) else ""


def _plain_markdown(text: str) -> str:
    """`text` without comments, link targets and marks of emphasis, except in code."""
    parts: list[str] = []
    end = 0
    for code in _FENCE.finditer(text):
        parts += [_plain_lines(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, _plain_lines(text[end:])])


def _plain_lines(text: str) -> str:
    text = _DEFINITION.sub("", _COMMENT.sub("", text) if "-->" in text else text)
    text = _UNDERLINED.sub(lambda match: f"{'#' if match['line'][0] == '=' else '##'} {match['title']}", text)
    for pattern, kept in _IN_LINE:
        text = pattern.sub(kept, text)
    return text


def markdown_sections(text: str) -> tuple[Section, ...]:
    """The sections of `text`, by the headings that are marked with #."""
    return tuple(Section(match.start(), match[2], len(match[1])) for match in _HEADING.finditer(text))


def first_heading(text: str) -> str:
    """The first heading of the highest level, if it stands at the beginning."""
    match = _HEADING.search(text)
    return match[2] if match and match.start() < 1_000 and len(match[1]) <= 2 else ""


def notebook(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The document that a notebook is: its cells of text; code and what it printed are left out, and counted.

    Raises: UnreadableError, if it is no notebook.
    """
    try:
        whole = json.loads(read_text(open_text(raw, settings.encoding)), strict=False)
        cells = whole["cells"] if "cells" in whole else whole["worksheets"][0]["cells"]
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise UnreadableError("is not a readable notebook") from error
    cells = [cell for cell in cells if isinstance(cell, Mapping)]
    written = [cell for cell in cells if cell.get("cell_type") in ("markdown", "raw", "heading")]
    text = "\n\n".join(filter(None, (_plain_markdown(_source(cell)).strip() for cell in written)))
    code = sum(cell.get("cell_type") == "code" for cell in cells)
    notices = (f"{code} cell(s) of code left out",) if code else ()
    about = whole.get("metadata")
    about = about if isinstance(about, Mapping) else {}
    document = Extracted(text=text, title=first_heading(text), sections=markdown_sections(text), notices=notices)
    named = {name: about[name] for name in ("title", "authors", "date") if name in about}
    yield describe(replace(document, fields=named), settings)


def _source(cell: Mapping[str, object]) -> str:
    source = cell.get("source", "")
    return clean("".join(map(str, source)) if isinstance(source, list) else str(source))
