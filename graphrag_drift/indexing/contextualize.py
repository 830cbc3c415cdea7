"""documents, text_units -> what each text unit is found by besides its text: where it stands, in a line or two.

Source: contextual retrieval (Anthropic, September 2024), whose sentence by a model is an option here; title, date,
section and metadata cost nothing. Readers do not see any of it: they get the text, with its title and date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from graphrag_drift.each import Failed, Progress, each, silent
from graphrag_drift.language.dates import written_date
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.settings import ContextualRetrievalSettings
from graphrag_drift.tables import FAILURES
from graphrag_drift.tasks.indexing import PlaceTextUnit

_BEGINNING = 1_000  # tokens of a long document's beginning that a model sees
_AROUND = 1_000  # and of what stands before the text unit, and after it
_LONGEST_VALUE = 80  # characters of metadata; more is a text, not a name
_LONGEST_HEADING = 120
_MARKDOWN = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
# A short paragraph of one line that does not end as sentences do.
_PLAIN = re.compile(rf"(?<=\n\n)([^\s#][^\n]{{0,{_LONGEST_HEADING - 1}}})(?=\n\n)")
_STOPS = tuple(".!?…。！？;:,\"'”’)]")
_PLAIN_LEVEL = 7  # below those of Markdown
CONTEXTS = {"id": pl.String(), "context": pl.String()}


class Heading(NamedTuple):
    """A heading that ends at `end` of its text; 1 is the highest level."""

    end: int
    level: int
    text: str


async def contextualize(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    words: pl.DataFrame,
    terms: pl.DataFrame,
    *,
    reader: Maker[Reader],
    settings: ContextualRetrievalSettings,
    progress: Progress = silent,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(id and context of each text unit, in their order; context_failures). A context begins with the title."""
    rows = _with_documents(text_units, documents)
    heads = [row["title"] or "" for row in rows] if settings.context == "title" else _heads(rows)
    placed: Sequence[str | Failed] = [""] * text_units.height
    if settings.context == "sentence":
        placed = await _sentences(text_units, documents, reader(Lexicon.from_tables(words, terms)), progress)
    ids = text_units["id"].to_list()
    contexts = [
        head if isinstance(said, Failed) or not said else f"{head}\n{said}"
        for head, said in zip(heads, placed, strict=True)
    ]
    failures = [
        ("contextualize", unit, said.reason) for unit, said in zip(ids, placed, strict=True) if isinstance(said, Failed)
    ]
    return pl.DataFrame({"id": ids, "context": contexts}, schema=CONTEXTS), pl.DataFrame(
        failures, schema=FAILURES, orient="row"
    )


def _with_documents(text_units: pl.DataFrame, documents: pl.DataFrame) -> list[dict[str, Any]]:
    about = documents.select("title", "creation_date", "language", "raw_data", document_id="id", whole="text")
    joined = text_units.select("document_id", "start").join(about, on="document_id", how="left", maintain_order="left")
    return joined.to_dicts()


def _heads(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Title, date, section and metadata of each text unit."""
    heads: list[str] = []
    document, headings = "", list[Heading]()
    for row in rows:
        if row["document_id"] != document:
            document, headings = row["document_id"], list(_headings(row["whole"] or ""))
        title = row["title"] or ""
        sections = [heading for heading in section(headings, row["start"]) if heading != title]
        date = written_date(row["creation_date"] or "", row["language"] or "")
        values = (str(value).strip() for value in (row["raw_data"] or {}).values() if value is not None)
        told = [value for value in values if value and len(value) <= _LONGEST_VALUE and "://" not in value]
        heads.append(" · ".join(dict.fromkeys(part for part in (title, date, *sections, *told) if part)))
    return heads


def _headings(text: str) -> Iterator[Heading]:
    """The headings of `text`, in order: lines marked as such, and short paragraphs that end in no stop."""
    marked = [Heading(match.end(), len(match[1]), match[2]) for match in _MARKDOWN.finditer(text)]
    plain = [
        Heading(match.end(), _PLAIN_LEVEL, match[1].strip())
        for match in _PLAIN.finditer(text)
        if not match[1].rstrip().endswith(_STOPS)
    ]
    yield from sorted([*marked, *plain])


def section(headings: Sequence[Heading], start: int) -> list[str]:
    """The headings under which a text unit stands that begins at `start`, the highest first."""
    path: list[Heading] = []
    for heading in headings:
        if heading.end > start:
            break
        path = [*(above for above in path if above.level < heading.level), heading]
    return [heading.text for heading in path]


async def _sentences(
    text_units: pl.DataFrame, documents: pl.DataFrame, reader: Reader, progress: Progress
) -> list[str | Failed]:
    """What a model says of each text unit that is no copy."""
    columns = ("document_id", "text", "n_tokens", "copy_of")
    rows: list[tuple[str, str, int, str | None]] = text_units.select(columns).rows()
    titles = dict(documents.select("id", "title").iter_rows())
    of_document: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        of_document.setdefault(row[0], []).append(number)

    async def place(number: int) -> str:
        document, text, _, copied = rows[number]
        mates = of_document[document]
        if copied is not None or len(mates) == 1:
            return ""  # it is the whole document, which its title places
        around = excerpt([rows[mate][2] for mate in mates], mates.index(number))
        passages = tuple(rows[mates[at]][1] for at in around)
        return " ".join((await reader.read(PlaceTextUnit(titles[document] or "", passages, text))).split())

    return await each(range(len(rows)), place, progress=progress)


def excerpt(tokens: Sequence[int], chosen: int) -> list[int]:
    """Which parts of a document, by their lengths, to show with the one `chosen`: all, or its beginning and
    what stands around that part."""
    if sum(tokens) <= _BEGINNING + 2 * _AROUND:
        return list(range(len(tokens)))
    first = _within(tokens, range(len(tokens)), _BEGINNING)
    before = _within(tokens, range(chosen - 1, -1, -1), _AROUND)
    after = _within(tokens, range(chosen + 1, len(tokens)), _AROUND)
    return sorted({*first, *before, chosen, *after})


def _within(tokens: Sequence[int], order: range, most: int) -> list[int]:
    taken = []
    for number in order:
        most -= tokens[number]
        if most < 0:
            break
        taken.append(number)
    return taken
