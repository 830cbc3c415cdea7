"""An answer without a single mark, as small models write it -> the same, cited by the rows that bear it out.

Nothing is cited for a sentence that no sentence of a row bears out, and an answer that has marks is left as it is:
who cites somewhere has chosen where.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import MARK
from graphrag_drift.values import Shown

_BORNE = 0.6  # of a sentence's words that one sentence of a row must have
_FEWEST = 3  # words, below which a sentence says too little to be found again
_FIGURE = re.compile(r"\d[\d.,:]*\d|\d")
_HEADING = re.compile(r"\s*(?:#|\||```)")


def with_marks(text: str, rows: Sequence[Shown]) -> str:
    """`text` with the mark of a row after each sentence that it bears out."""
    if MARK.search(text):
        return text
    known = [(row.mark, *_content(row.text[start:end])) for row in rows for start, end in split_sentences(row.text)]
    pieces: list[str] = []
    position = 0
    for start, end in split_sentences(text):
        sentence = text[start:end]
        mark = None if _HEADING.match(sentence) else _mark_of(sentence, known)
        pieces.append(text[position:end] + (f" [{mark}]" if mark is not None else ""))
        position = end
    return "".join(pieces) + text[position:]


def _mark_of(sentence: str, known: Sequence[tuple[int, frozenset[str], frozenset[str]]]) -> int | None:
    """The mark of the row whose sentence has all figures and most words of this one; the first of equals."""
    words, figures = _content(sentence)
    if len(words) < _FEWEST:
        return None
    best, most = None, 0.0
    for mark, row_words, row_figures in known:
        share = len(words & row_words) / len(words)
        if share >= _BORNE and share > most and figures <= row_figures:
            best, most = mark, share
    return best


def _content(text: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(content_terms(text)), frozenset(_FIGURE.findall(text))
