"""documents -> text_units: whole sentences packed into units of at most `size` tokens.

A sentence longer than a unit is cut at whitespace, and where there is none between two characters, never inside
one (a letter with its accents, an emoji family, a flag). The text is not cleaned: a unit is a slice of it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import polars as pl

from graphrag_drift.indexing.copies import link_copies, recalled_shingles
from graphrag_drift.jobs import ahead
from graphrag_drift.language.lines import is_item, kind_of_line
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.memo import as_json, recalled
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.settings import ChunkingSettings, CopiesSettings
from graphrag_drift.tables import TEXT_UNITS, conform, content_id

_LONGEST = 32  # code points; a base with more marks is no character of any language (UAX #15, stream-safe text)
_JOINER = "\u200d"
_VIRAMA = 9  # canonical combining class: the next consonant joins
_EXTENDS = re.compile("[\u200c\u200d\uff9e\uff9f\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_PREPENDED = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_JAMO_TAIL = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")


def last_boundary(text: str, start: int, end: int) -> int:
    """The last position after `start`, up to `end`, that is not inside a character; else the next one after.

    `start` is taken for the beginning of a character; `end` > `start`. After `_LONGEST` code points of one
    character any position will do.
    """
    for at in range(end, max(start, end - _LONGEST), -1):
        if not _inside(text, start, at):
            return at
    if end - start >= _LONGEST:
        return end
    limit = min(len(text), start + _LONGEST)
    return next((at for at in range(end + 1, limit) if not _inside(text, start, at)), limit)


def _inside(text: str, start: int, at: int) -> bool:
    """Whether a cut before `text[at]` splits a character."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isascii() and after.isascii():
        return before == "\r" and after == "\n"
    if _FLAG.match(before) and _FLAG.match(after):
        return _flags_before(text, start, at) % 2 == 1
    return (
        unicodedata.category(after).startswith("M")
        or _EXTENDS.match(after) is not None
        or before == _JOINER
        or unicodedata.combining(before) == _VIRAMA
        or _PREPENDED.match(before) is not None
        or _is_syllable(before, after)
    )


def _is_syllable(before: str, after: str) -> bool:
    """Whether two code points can belong to one Hangul syllable."""
    if _JAMO.match(before) and _JAMO.match(after):
        return True
    return "\uac00" <= before <= "\ud7a3" and _JAMO_TAIL.match(after) is not None


def _flags_before(text: str, start: int, at: int) -> int:
    first = at
    while first > start and _FLAG.match(text[first - 1]):
        first -= 1
    return at - first


_TINY = 0.5  # a last unit below this share of `size` is levelled with the one before
_STACKED = 3  # headings that stand one below the other
_HEADING = 120  # characters; a longer line is not taken for a heading
_STOPS = frozenset(".!?…。！？।؟;:,\"'”’)]")  # a line that ends so is no heading


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or a part of one that is longer than a unit. `tokens` include the whitespace before it."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces `first` to `last` (exclusive) of a document: one text unit of `tokens` tokens."""

    first: int
    last: int
    tokens: int


def cut(documents: pl.DataFrame, *, tokenizer: Tokenizer, size: int, overlap: int) -> pl.DataFrame:
    """The text units, in the order of the documents and their texts; only whitespace lies outside of them.

    `size` and `overlap` are tokens. A unit repeats the last whole sentences of the one before, as many as fit
    `overlap`; a sentence longer than that is not repeated in part. Only one single character (with its marks)
    of more than `size` tokens makes a unit exceed `size`.
    """
    rows = []
    for document_id, text in documents.select("id", "text").iter_rows():
        for start, end, tokens in _recalled_spans(text, tokenizer, size, overlap):
            unit = text[start:end]
            rows.append((content_id(document_id, start, unit), unit, tokens, document_id, start, end))
    names = ("id", "text", "n_tokens", "document_id", "start", "end")
    units = pl.DataFrame(rows, schema={name: TEXT_UNITS[name] for name in names}, orient="row")
    later = ("entity_ids", "relationship_ids", "covariate_ids")
    return conform(
        units.with_columns(
            *(pl.lit([], pl.List(pl.String)).alias(name) for name in later),
            human_readable_id=pl.int_range(pl.len()),
            copy_of=pl.lit(None, pl.String),
        ),
        TEXT_UNITS,
        "text_units",
    )


def with_text_units(documents: pl.DataFrame, text_units: pl.DataFrame) -> pl.DataFrame:
    """`documents` with the sorted ids of their text units."""
    ids = text_units.group_by("document_id").agg(text_unit_ids=pl.col("id").sort())
    joined = documents.drop("text_unit_ids").join(
        ids, left_on="id", right_on="document_id", how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("text_unit_ids").fill_null([])).select(documents.columns)


def _recalled_spans(text: str, tokenizer: Tokenizer, size: int, overlap: int) -> list[tuple[int, int, int]]:
    """As `_spans`."""
    return recalled(
        f"{__name__}:spans",
        (text, tokenizer.id, size, overlap),
        lambda: list(_spans(text, tokenizer, size, overlap)),
        write=as_json,
        read=json.loads,
    )


def _spans(text: str, tokenizer: Tokenizer, size: int, overlap: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, tokens) of each text unit."""
    pieces = list(_pieces(text, tokenizer, size))

    def run(first: int, last: int) -> Run:
        return Run(first, last, tokenizer.count(text[pieces[first].start : pieces[last - 1].end]))

    runs: list[Run] = []
    first = done = 0
    while done < len(pieces):
        found = run(first, _last(text, pieces, first, done, size))
        while found.tokens > size and found.last - found.first > 1:  # tokens of parts only nearly add up
            found = run(first, found.last - 1) if found.last > done + 1 else run(found.first + 1, found.last)
        runs.append(found)
        done = found.last
        first = _overlap_start(pieces, found, size, overlap)
    if len(runs) > 1 and runs[-1].tokens < _TINY * size:
        before = runs[-3].last if len(runs) > 2 else 0
        levelled = [run(*ends) for ends in _levelled(pieces, before, runs[-2], runs[-1])]
        if all(each.tokens <= size for each in levelled):
            runs[-2:] = levelled
    for each in runs:
        yield pieces[each.first].start, pieces[each.last - 1].end, each.tokens


def _last(text: str, pieces: list[Piece], first: int, done: int, size: int) -> int:
    """Where a unit from `first` ends: full, not after a heading, and beyond `done`."""
    last, tokens = first, 0
    while last < len(pieces) and (last <= done or tokens + pieces[last].tokens <= size):
        tokens += pieces[last].tokens
        last += 1
    return _before_headings(text, pieces, last, done) if last < len(pieces) else last


def _before_headings(text: str, pieces: list[Piece], last: int, done: int) -> int:
    """`last`, or less, so that a heading is not the end of a unit: it goes with what follows."""
    before = last
    for _ in range(_STACKED):
        if before <= done + 1 or not _is_heading(text, pieces, before - 1):
            return before
        before -= 1
    # So many short lines one after the other are a list, or verse.
    return last if _is_heading(text, pieces, before - 1) else before


def _overlap_start(pieces: list[Piece], run: Run, size: int, overlap: int) -> int:
    """Where the next unit begins: it repeats at most `overlap` tokens and has room for one new piece."""
    begin = run.last
    if begin < len(pieces):
        room = min(overlap, size - pieces[begin].tokens)
        while begin - 1 > run.first and pieces[begin - 1].tokens <= room:
            begin -= 1
            room -= pieces[begin].tokens
    return begin


def _is_heading(text: str, pieces: list[Piece], at: int) -> bool:
    """Whether the piece is a short line of its own, after a blank line, that does not end as sentences do."""
    piece = pieces[at]
    words = text[piece.start : piece.end]
    after = text[piece.end : pieces[at + 1].start]
    if len(words) > _HEADING or "\n" not in after or is_item(words):
        return False
    kind = kind_of_line(words)
    if kind:
        return kind == "heading"
    before = text[pieces[at - 1].end : piece.start] if at else "\n\n"
    return words[-1] not in _STOPS and before.count("\n") > 1


def _levelled(pieces: list[Piece], before: int, left: Run, right: Run) -> list[tuple[int, int]]:
    """(first, last) of the two runs, divided anew: as equal in tokens as whole pieces and their overlap allow.

    The left one ends beyond `before`, where the run before it does.
    """
    repeated = left.last - right.first
    options = []
    for cut in range(max(left.first, before) + 1, left.last + 1):
        begin = max(left.first + 1, cut - repeated)
        difference = _tokens(pieces, left.first, cut) - _tokens(pieces, begin, right.last)
        options.append((abs(difference), cut, begin))
    _, cut, begin = min(options)
    return [(left.first, cut), (begin, right.last)]


def _tokens(pieces: list[Piece], first: int, last: int) -> int:
    return sum(piece.tokens for piece in pieces[first:last])


def _pieces(text: str, tokenizer: Tokenizer, size: int) -> Iterator[Piece]:
    previous = 0
    for start, end in _sentences(text):
        tokens = tokenizer.count(text[previous:end])
        # With the whitespace before it a sentence may count more tokens, or one less, than alone.
        alone = tokenizer.count(text[start:end]) if tokens >= size else tokens
        if alone > size:
            yield from _parts(text, start, end, tokenizer, size)
        else:
            yield Piece(start, end, max(tokens, alone))
        previous = end


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences, joined where the splitter broke an overlong one inside a character."""
    begin, previous = -1, -1
    for start, end in split_sentences(text):
        if begin >= 0 and not (start == previous and last_boundary(text, begin, start) != start):
            yield begin, previous
            begin = start
        elif begin < 0:
            begin = start
        previous = end
    if begin >= 0:
        yield begin, previous


def _parts(text: str, start: int, end: int, tokenizer: Tokenizer, size: int) -> Iterator[Piece]:
    """The parts of one sentence that is too long, each of at most `size` tokens."""
    width = size * 4  # characters: a guess, corrected by every count
    while start < end:
        stop = _stop(text, start, end, width)
        tokens = tokenizer.count(text[start:stop])
        while tokens > size and stop > (least := last_boundary(text, start, start + 1)):
            width = max(1, min(width - 1, (stop - start) * size * 9 // (tokens * 10)))
            stop = max(_stop(text, start, end, width), least)
            tokens = tokenizer.count(text[start:stop])
        yield Piece(start, stop, tokens)
        width = max(1, min(size * 8, (stop - start) * size // max(tokens, 1)))
        start = stop
        while start < end and text[start].isspace():
            start += 1


def _stop(text: str, start: int, end: int, width: int) -> int:
    """The last whitespace in the second half of `width` characters from `start`, else the last character's end."""
    limit = start + width
    if limit >= end:
        return end
    at = limit
    while at > start + width // 2 and not text[at].isspace():
        at -= 1
    if not text[at].isspace():
        return last_boundary(text, start, limit)
    return start + len(text[start:at].rstrip())


def _read(text: str, *, tokenizer: Tokenizer, size: int, overlap: int) -> None:
    """What `chunk` asks of each text."""
    _recalled_spans(text, tokenizer, size, overlap)
    recalled_shingles(text)


def chunk(
    documents: pl.DataFrame, *, tokenizer: Tokenizer, chunking: ChunkingSettings, copies: CopiesSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(documents, text_units), each in the order of the documents."""
    size, overlap = chunking.size, chunking.overlap
    ahead(partial(_read, tokenizer=tokenizer, size=size, overlap=overlap), documents["text"].to_list())
    text_units = cut(documents, tokenizer=tokenizer, size=size, overlap=overlap)
    documents = with_text_units(documents, text_units)
    if not copies.enabled:
        return documents, text_units
    return link_copies(documents, text_units, threshold=copies.threshold)
