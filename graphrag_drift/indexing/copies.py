"""documents, text_units -> the same, near-identical documents linked to the one they copy.

Candidates come from MinHash and are confirmed by the exact similarity of their word 5-grams. A text unit is set
aside only if the original has every one of its sentences: what a copy adds or corrects is kept. A translation is
no copy.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.memo import recalled

_SHINGLE = 5  # words
_PERMUTATIONS = 64
_SEED = 1
_MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd number with bits everywhere: products wrap and scatter
# A false candidate costs one exact comparison, a missed pair is lost: of pairs at a threshold of 0.7 one in a
# hundred is.
_LOOSER, _WEIGHTS = 0.8, (0.1, 0.9)
# Signs that change what a number says belong to it; scripts without spaces give one word a character.
_WORD = re.compile(
    r"[$€£¥₩]?[+\-−]?\d+(?:[.,:]\d+)*%?|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff]"
    r"|[^\W\d_]+"
)
_FACTORS = np.random.RandomState(_SEED).randint(0, 1 << 63, (2, _PERMUTATIONS), np.uint64) | np.uint64(1)
_BATCH = 10_000
_LONGEST_RUN = 40  # characters without whitespace whose words are remembered
Shingles = NDArray[np.uint64]


def link_copies(
    documents: pl.DataFrame, text_units: pl.DataFrame, *, threshold: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables with `copy_of` filled; it always names a document that is itself no copy.

    Documents are similar from a Jaccard similarity of `threshold` between their sets of word 5-grams. The
    original of several is the earliest by date, then the longest, then the first by id.
    """
    if documents.height < 2:
        return documents, text_units
    ids: list[str] = documents["id"].to_list()
    texts: list[str] = documents["text"].to_list()
    order = (
        documents.select("id", "creation_date", length=pl.col("text").str.len_chars())
        .with_row_index("row")
        .sort("creation_date", "length", "id", descending=[False, True, False])["row"]
        .to_list()
    )
    original = _originals(order, [recalled_shingles(text) for text in texts], threshold)
    copy_of = {ids[copy]: ids[source] for copy, source in sorted(original.items())}
    text_of = {ids[row]: texts[row] for pair in original.items() for row in pair}
    aside = _repeated_units(text_units, copy_of, text_of)
    return _with_copy_of(documents, copy_of), _with_copy_of(text_units, aside)


def copies_found(documents: pl.DataFrame, text_units: pl.DataFrame) -> tuple[int, int]:
    """(documents that copy another, text units set aside)."""
    return documents["copy_of"].count(), text_units["copy_of"].count()


def _with_copy_of(frame: pl.DataFrame, copy_of: dict[str, str]) -> pl.DataFrame:
    return frame.with_columns(copy_of=pl.col("id").replace_strict(copy_of, default=None, return_dtype=pl.String))


def _words(text: str) -> Iterator[str]:
    """The words of a text, none of which reaches over whitespace."""
    return chain.from_iterable(
        _known_words(run) if len(run) <= _LONGEST_RUN else _new_words(run) for run in text.split()
    )


def _new_words(run: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", run).casefold())


@lru_cache(maxsize=1 << 15)
def _known_words(run: str) -> tuple[str, ...]:
    return tuple(_new_words(run))


def _codes(text: str) -> Iterator[int]:
    """A number for each word of a text."""
    return chain.from_iterable(
        _known_codes(run) if len(run) <= _LONGEST_RUN else map(_code, _new_words(run)) for run in text.split()
    )


@lru_cache(maxsize=1 << 15)
def _known_codes(run: str) -> tuple[int, ...]:
    return tuple(map(_code, _new_words(run)))


def _code(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def recalled_shingles(text: str) -> Shingles:
    """As `_shingles`."""
    return recalled(
        f"{__name__}:shingles",
        (text,),
        lambda: _shingles(text),
        write=lambda numbers: numbers.astype("<u4").tobytes(),
        read=lambda raw: np.frombuffer(raw, "<u4").astype(np.uint64),
    )


def _shingles(text: str) -> Shingles:
    """The distinct 32-bit numbers of all runs of five words, ascending; of all words if there are fewer."""
    codes = np.fromiter(_codes(text), np.uint64)
    width = min(_SHINGLE, len(codes))
    if not width:
        return codes
    mixed = np.zeros(len(codes) - width + 1, np.uint64)
    for offset in range(width):
        mixed = (mixed ^ codes[offset : len(mixed) + offset]) * _MIX
        mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed >> np.uint64(32))


def _originals(order: list[int], shingles: list[Shingles], threshold: float) -> dict[int, int]:
    """copy -> original: each document in turn that is no copy claims the similar ones that nobody has claimed."""
    bands, rows = _bands(_LOOSER * threshold)
    buckets: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    keys: dict[int, list[tuple[int, bytes]]] = {}
    for row in order:
        if len(shingles[row]):
            signature = _signature(shingles[row])
            keys[row] = [(band, signature[band * rows : (band + 1) * rows].tobytes()) for band in range(bands)]
            for key in keys[row]:
                buckets[key].append(row)
    original: dict[int, int] = {}
    done: set[int] = set()  # an original is nobody's copy
    for row, own in keys.items():
        if row in original:
            continue
        done.add(row)
        for other in {other for key in own for other in buckets[key]} - done:
            if _similarity(shingles[row], shingles[other]) >= threshold:
                original[other] = row
                done.add(other)
    return original


def _bands(threshold: float) -> tuple[int, int]:
    """(bands, rows of each): documents are compared that agree in all rows of a band.

    Of the ways to divide a signature, that with the least weighed area of missed pairs above `threshold` and of false
    ones below. Source: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4.
    """
    similarity = (np.arange(1_000) + 0.5) / 1_000
    below = similarity < threshold
    false, missed = _WEIGHTS
    ways = [(bands, rows) for bands in range(1, _PERMUTATIONS + 1) for rows in range(1, _PERMUTATIONS // bands + 1)]

    def error(way: tuple[int, int]) -> float:
        alike = 1.0 - (1.0 - similarity ** way[1]) ** way[0]
        return float(false * alike[below].sum() + missed * (1.0 - alike[~below]).sum())

    return min(ways, key=error)


def _signature(shingles: Shingles) -> Shingles:
    """The least of the shingles in each permutation, for `_BATCH` at a time: each takes a row of all permutations.

    Permutations are products with odd numbers, of which the upper half counts (Dietzfelbinger et al. 1997).
    """
    factors, added = _FACTORS
    least = np.full(_PERMUTATIONS, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(shingles), _BATCH):
        permuted = shingles[start : start + _BATCH, None] * factors + added
        least = np.minimum(least, (permuted >> np.uint64(32)).min(axis=0))
    return least


def _similarity(left: Shingles, right: Shingles) -> float:
    shared = len(np.intersect1d(left, right, assume_unique=True))
    return shared / (len(left) + len(right) - shared)


def _repeated_units(text_units: pl.DataFrame, copy_of: dict[str, str], text_of: dict[str, str]) -> dict[str, str]:
    """text unit id -> original document, for the units of copies that say nothing of their own."""
    units = text_units.filter(pl.col("document_id").is_in(list(copy_of)))
    sentences = {copy: split_sentences(text_of[copy]) for copy in copy_of}
    said = {source: _said(text_of[source]) for source in set(copy_of.values())}
    aside = {}
    for unit_id, copy, start, end in units.select("id", "document_id", "start", "end").iter_rows():
        whole_sentences, text = said[copy_of[copy]]
        parts = _parts(sentences[copy], text_of[copy], start, end)
        if all(part in whole_sentences if whole else part in text for part, whole in parts):
            aside[unit_id] = copy_of[copy]
    return aside


def _said(text: str) -> tuple[set[str], str]:
    """The sentences of a text and all of it, normalised."""
    return {_normal(text[start:end]) for start, end in split_sentences(text)}, _normal(text)


def _normal(text: str) -> str:
    return f" {' '.join(_words(text))} "


def _parts(spans: list[tuple[int, int]], text: str, start: int, end: int) -> Iterator[tuple[str, bool]]:
    """What lies of each sentence between `start` and `end`, normalised, and whether that is all of it."""
    for left, right in spans:
        part = _normal(text[max(left, start) : min(right, end)]) if left < end and right > start else ""
        if part.strip():
            yield part, left >= start and right <= end
