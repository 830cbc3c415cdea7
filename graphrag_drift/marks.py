"""[marks] in a text ↔ spans of documents: which characters a sentence with a mark rests on.

A reader cites rows that it was shown. A row may be longer than the sentence that cites it, or stand for several spans;
here its mark becomes the numbers of the sentences that `quotes.py` chooses of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphrag_drift.patterns import lazy_pattern
from graphrag_drift.quotes import quotes_of
from graphrag_drift.values import Shown, Span

MARK = lazy_pattern(r"\[(\d{1,6})\]")
_MARKED = lazy_pattern(r"[ \t]*\[(\d{1,6})\]")
_RUN = lazy_pattern(r"(?:[ \t]*\[\d{1,6}\])+")
_LONGEST_RUN = 200  # characters
_AT_END = lazy_pattern(r"(?:(?<![ \t])[ \t]+)?(?:\[\d{1,6}\][ \t]*)*\Z")
# What may stand before a sentence on its line: the end of one whose mark stood before its full stop; list bullets,
# numbers, a label ("**4 May**: "), emphasis.
_LEAD = lazy_pattern(
    r"^\s*(?:[.,;:!?…)\]\"'”’]+\s+)?(?:[-*•]\s+|\d+\.\s+|#+\s+|>\s+)?(?:\*\*[^*\n]+(?:\*\*:|:\*\*)\s+)?[*_]*"
)


@dataclass
class Numbering:
    """Numbers from 1 for distinct spans, in the order in which they are first cited."""

    spans: list[Span] = field(default_factory=list)
    _numbers: dict[Span, int] = field(default_factory=dict)

    def number(self, span: Span) -> int:
        """The number of `span`, a new one if it was not cited before."""
        if span not in self._numbers:
            self.spans.append(span)
            self._numbers[span] = len(self.spans)
        return self._numbers[span]


def resolve_marks(
    text: str, shown: Mapping[int, Shown], documents: Mapping[str, str], numbering: Numbering
) -> tuple[str, tuple[int, ...]]:
    """`text` with its marks replaced by the numbers of the spans they rest on.

    `documents` maps a document's id to its text. A mark may become several numbers; those of marks that stand together
    are each given once. Returns (text, marks that were removed since no such row was shown or the row has no evidence).
    """
    pieces: list[str] = []
    unknown: list[int] = []
    position = 0
    sentence = ""
    for match in _RUN.finditer(text):
        between = text[position : match.start()]
        pieces.append(between)
        position = match.end()
        sentence = _last_sentence(between) or sentence
        marks = list(dict.fromkeys(map(int, MARK.findall(match.group()))))
        rows = [shown.get(mark) for mark in marks]
        quotes = quotes_of(sentence, tuple(row for row in rows if row is not None and row.spans), documents)
        unknown += [mark for mark, row in zip(marks, rows, strict=True) if row is None or not row.spans]
        numbers = dict.fromkeys(numbering.number(span) for span in quotes)
        separated = not match.group()[0].isspace() and not between
        pieces.append("".join(f" [{number}]" for number in numbers)[separated:])
    pieces.append(text[position:])
    return "".join(pieces), tuple(unknown)


def marked_sentences(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each stretch of `text` that ends in marks, with those marks, in order."""
    position = 0
    for match in _RUN.finditer(text):
        sentence = _last_sentence(text[position : match.start()])
        position = match.end()
        if sentence:
            yield sentence, tuple(int(mark) for mark in MARK.findall(match.group()))


def settled(text: str) -> str:
    """`text` but for the marks that it ends in: what they become depends on whether more follow."""
    return text[:-_LONGEST_RUN] + _AT_END.sub("", text[-_LONGEST_RUN:])


def without_marks(text: str) -> str:
    """`text` without its marks."""
    return _MARKED.sub("", text)


def _last_sentence(between: str) -> str:
    """What a mark after `between` refers to: the rest of its last line, without bullets and emphasis."""
    lines = [line for line in between.split("\n") if line.strip()]
    return _LEAD.sub("", lines[-1]).strip().rstrip("*_").strip() if lines else ""
