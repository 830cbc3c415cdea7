"""The best rows that fit a token budget."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.values import Shown, Span


def claim_row(claim: dict[str, Any], date: str, score: float = 0.0) -> Shown:
    """A row of covariates with its type, status and dates, and the words it rests on; `date` is its document's."""
    span = Span(claim["document_id"], claim["text_unit_id"], claim["start"], claim["end"])
    when = " to ".join(dict.fromkeys(day for day in (claim["start_date"], claim["end_date"]) if day))
    said = ", ".join(part for part in (claim["type"], claim["status"], when) if part)
    return Shown(0, "claim", f"{claim['description']} ({said})", (span,), claim["subject_id"], date, score)


_ENDS_A_SENTENCE = re.compile(r"[.!?。！？…][\"'”’»」』)]*\Z")


def head_of(summary: str) -> str:
    """The summary of a finding if it is a sentence: a heading says nothing that the finding does not."""
    return summary if _ENDS_A_SENTENCE.search(summary.rstrip()) else ""


class HasText(Protocol):
    """A row, or a point."""

    @property
    def text(self) -> str: ...


T = TypeVar("T", bound=HasText)

_REMEMBERED = 50_000  # texts
# A row's mark, title and date, as a prompt renders them.
ROW_OVERHEAD = 12


class RememberingTokenizer:
    """Counts a text once: the searches of one index pack the same rows again and again."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.id = tokenizer.id
        self.count = lru_cache(maxsize=_REMEMBERED)(tokenizer.count)


def row_tokens(row: Shown, tokenizer: Tokenizer) -> int:
    """Tokens that `row` takes in a prompt, its mark, title and date included."""
    return tokenizer.count(row.text) + (tokenizer.count(row.head) if row.head else 0) + ROW_OVERHEAD


def pack(rows: Sequence[Shown], budget: int, tokenizer: Tokenizer) -> tuple[tuple[Shown, ...], int]:
    """The rows, best first, that fit into `budget` tokens, and the tokens left over.

    A row that does not fit is passed over and smaller ones behind it may still enter, so that one long row
    cannot starve a section.
    """
    kept = []
    for row in rows:
        # A word is a token at least: most rows behind those that fill the budget need not be counted.
        if len(row.text.split()) + ROW_OVERHEAD > budget:
            continue
        tokens = row_tokens(row, tokenizer)
        if tokens <= budget:
            kept.append(row)
            budget -= tokens
    return tuple(kept), budget


def pack_some(rows: Sequence[Shown], budget: int, tokenizer: Tokenizer) -> tuple[tuple[Shown, ...], int]:
    """As `pack`; where no row fits, as many whole sentences of the first one as do."""
    kept, left = pack(rows, budget, tokenizer)
    first = rows[0] if rows and not kept else None
    shorter = _beginning(first, budget, tokenizer) if first else None
    return ((shorter,), left - row_tokens(shorter, tokenizer)) if shorter else (kept, left)


def _beginning(row: Shown, budget: int, tokenizer: Tokenizer) -> Shown | None:
    """The sentences from the start of `row` that fit; of a source also its span is shorter."""
    ends = [end for _, end in split_sentences(row.text)]
    fitting = bisect_right(ends, budget, key=lambda end: tokenizer.count(row.text[:end]) + ROW_OVERHEAD)
    if not fitting:
        return None
    end = ends[fitting - 1]
    spans = tuple(replace(span, end=span.start + end) for span in row.spans) if row.kind == "source" else row.spans
    return replace(row, text=row.text[:end], spans=spans)


def batches(
    rows: Sequence[T], budget: int, tokenizer: Tokenizer, *, overhead: int = ROW_OVERHEAD
) -> list[tuple[T, ...]]:
    """All rows, in order, in groups of at most `budget` tokens; a longer row is a group of its own.

    `overhead` are the tokens that a row takes in a prompt besides its text.
    """
    groups: list[list[T]] = []
    left = 0
    for row in rows:
        tokens = tokenizer.count(row.text) + overhead
        if not groups or tokens > left:
            groups.append([])
            left = budget
        groups[-1].append(row)
        left -= tokens
    return [tuple(group) for group in groups]
