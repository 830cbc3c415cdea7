"""documents, text_units -> what each text unit is found by besides its text: where it stands, in a line or two.

Source: contextual retrieval (Anthropic, September 2024), whose sentence by a model is an option here; title, date,
section and metadata cost nothing. Readers do not see any of it: they get the text, with its title and date.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import takewhile

import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.language.dates import written_date
from graphrag_drift.language.sections import Heading, headings_of, sections
from graphrag_drift.providers.protocols import Reader
from graphrag_drift.settings import ContextualRetrievalSettings
from graphrag_drift.tables import FAILURES, empty, stated_dates
from graphrag_drift.tasks.indexing import PlaceTextUnit
from graphrag_drift.values import Observe, ignore

_BEGINNING = 1_000  # tokens of a long document's beginning that a model sees
_AROUND = 1_000  # and of what stands before the text unit, and after it
_LONGEST_VALUE = 80  # characters of metadata; more is a text, not a name
_MOST_INSIDE = 8  # sections that begin within a text unit and are named
CONTEXTS = {"id": pl.String(), "context": pl.String()}


async def contextualize(
    documents: pl.DataFrame,
    text_units: pl.DataFrame,
    *,
    reader: Reader | None = None,
    settings: ContextualRetrievalSettings,
    observe: Observe = ignore,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(id and context of each text unit, in their order; failures). A context begins with the title.

    A `reader` adds a sentence that places the text unit in its document.
    """
    heads = (_titles if settings.context == "title" else _heads)(documents, text_units)
    sentences: Sequence[str | None] = [None] * text_units.height
    failures = empty(FAILURES)
    if reader is not None:
        sentences, failures = await _sentences(text_units, documents, reader, observe)
    contexts = [f"{head}\n{sentence}" if sentence else head for head, sentence in zip(heads, sentences, strict=True)]
    return pl.DataFrame({"id": text_units["id"], "context": contexts}, schema=CONTEXTS), failures


def _titles(documents: pl.DataFrame, text_units: pl.DataFrame) -> list[str]:
    """The title of each text unit's document."""
    titles = dict(documents.select("id", "title").iter_rows())
    return [titles[document_id] or "" for document_id in text_units["document_id"]]


def _heads(documents: pl.DataFrame, text_units: pl.DataFrame) -> list[str]:
    """Title, date, section and metadata of each text unit, in their order.

    Each document is looked at once, whatever the number of its units.
    """
    units: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for number, (document_id, start, end) in enumerate(text_units.select("document_id", "start", "end").iter_rows()):
        units[document_id].append((start, end, number))
    heads = [""] * text_units.height
    for row in documents.with_columns(date=stated_dates(documents)).iter_rows(named=True):
        places = sorted(units.pop(row["id"], []))
        if not places:
            continue
        title = row["title"] or ""
        date = written_date(row["date"], row["language"] or "")
        values = (str(value).strip() for value in (row["raw_data"] or {}).values() if value is not None)
        about = [value for value in values if value and len(value) <= _LONGEST_VALUE and "://" not in value]
        text = row["text"] or ""
        given = [Heading(part["start"], part["level"], part["title"]) for part in row["sections"] or ()]
        paths = sections(headings_of(row), [start for start, _, _ in places])
        for (start, end, number), path in zip(places, paths, strict=True):
            inside = _unwritten(given, text, start, end)
            parts = (title, date, *(heading for heading in [*path, *inside] if heading != title), *about)
            heads[number] = " · ".join(dict.fromkeys(part for part in parts if part))
    return heads


def _unwritten(given: Sequence[Heading], text: str, start: int, end: int) -> list[str]:
    """The titles of the sections that begin within a text unit whose text does not hold them; of "Ina Holm, 0:07", the
    name is enough."""
    first = bisect_right(given, start, key=lambda heading: heading.end)
    begun = takewhile(lambda heading: heading.end < end, given[first : first + _MOST_INSIDE])
    return [heading.text for heading in begun if text.find(heading.text.partition(", ")[0], start, end) < 0]


async def _sentences(
    text_units: pl.DataFrame, documents: pl.DataFrame, reader: Reader, observe: Observe
) -> tuple[list[str | None], pl.DataFrame]:
    """What a model says of each text unit that is no copy, and failures."""
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

    ids = text_units["id"].to_list()
    return await read_each(range(len(rows)), place, step="contextualize", ids=ids, observe=observe)


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
