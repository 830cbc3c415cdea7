"""[marks] in a text ↔ spans of documents: which characters a sentence with a mark rests on.

A reader cites rows that it was shown. A row may be longer than the sentence that cites it, or stand for
several spans; here the mark is narrowed to one sentence of one document. Whether that sentence supports the
claim is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from graphrag_drift.language.reading import remembered
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import terms
from graphrag_drift.values import Shown, Span

MARK = re.compile(r"\[(\d{1,6})\]")
_MARKED = re.compile(r"[ \t]*\[(\d{1,6})\]")
_REMARK = re.compile(r"\s*\([^()]*\)$")
_EXPLAINED = re.compile(r"\s*\[[^\]\d][^\]]*\]")
# What may stand before a sentence on its line: the end of one whose mark stood before its full stop; list bullets,
# numbers, a label ("**4 May**: "), emphasis.
_LEAD = re.compile(
    r"^\s*(?:[.,;:!?…)\]\"'”’]+\s+)?(?:[-*•]\s+|\d+\.\s+|#+\s+|>\s+)?(?:\*\*[^*\n]+(?:\*\*:|:\*\*)\s+)?[*_]*"
)
_STOP = re.compile(r"[.!?…]+[)\]\"'”’]*")
_WORD, _BETWEEN = re.compile(r"\w+"), r"\W+"


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

    `documents` maps a document's id to its text. Returns (text, marks that were removed since no such row was shown
    or the row has no evidence).
    """
    pieces: list[str] = []
    unknown: list[int] = []
    position = 0
    sentence = ""
    for match in _MARKED.finditer(text):
        between = text[position : match.start()]
        pieces.append(between)
        position = match.end()
        sentence = _last_sentence(between) or sentence
        mark = int(match.group(1))
        span = _span_of(sentence, shown[mark], documents) if mark in shown else None
        if span is None:
            unknown.append(mark)
            continue
        number = numbering.number(span)
        repeated = pieces[-1] == "" and len(pieces) > 1 and pieces[-2].endswith(f"[{number}]")
        if not repeated:
            pieces.append(f" [{number}]" if pieces and not pieces[-1].endswith("]") else f"[{number}]")
    pieces.append(text[position:])
    return "".join(pieces), tuple(unknown)


def marked_sentences(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each stretch of `text` that ends in marks, with those marks, in order."""
    position = 0
    for match in re.finditer(r"(?:[ \t]*\[\d{1,6}\])+", text):
        sentence = _last_sentence(text[position : match.start()])
        position = match.end()
        if sentence:
            yield sentence, tuple(int(mark) for mark in MARK.findall(match.group()))


def without_marks(text: str) -> str:
    """`text` without its marks."""
    return _MARKED.sub("", text)


def _last_sentence(between: str) -> str:
    """What a mark after `between` refers to: the rest of its last line, without bullets and emphasis."""
    lines = [line for line in between.split("\n") if line.strip()]
    return _LEAD.sub("", lines[-1]).strip().rstrip("*_").strip() if lines else ""


def _span_of(sentence: str, row: Shown, documents: Mapping[str, str]) -> Span | None:
    candidates = []
    # A reader may remark on a sentence that it quotes, "It [the strike] ended. (reported 4 May) [7]".
    remarked = _REMARK.sub("", sentence)
    wordings = dict.fromkeys(filter(None, (sentence, remarked, _EXPLAINED.sub("", remarked))))
    for span in row.spans:
        passage = documents.get(span.document_id, "")[span.start : span.end]
        for wording in wordings:
            if place := _place_of(wording, passage):
                return Span(span.document_id, span.text_unit_id, span.start + place[0], span.start + place[1])
        candidates.append((span, passage))
    return _nearest(_REMARK.sub("", sentence), tuple(candidates))


def _place_of(wording: str, passage: str) -> tuple[int, int] | None:
    """Where `wording` stands in `passage`, its full stop included: as it is, else but for capitals, spaces and
    punctuation."""
    start = passage.find(wording)
    end = start + len(wording)
    if start < 0:
        words = _WORD.findall(wording)
        if not words or f" {bare(wording)} " not in f" {bare(passage)} ":
            return None
        found = re.search(rf"\b{_BETWEEN.join(words)}\b", passage, re.IGNORECASE)
        if found is None:
            return None
        start, end = found.span()
    stop = _STOP.match(passage, end)
    return start, stop.end() if stop else end


@lru_cache(maxsize=512)
def bare(text: str) -> str:
    """The words of `text` alone: without capitals, spaces and punctuation."""
    return " ".join(_WORD.findall(text.casefold()))


@remembered(1024)
def _nearest(sentence: str, candidates: tuple[tuple[Span, str], ...]) -> Span | None:
    """The sentence of the candidates that shares most terms with `sentence`; the first among equals."""
    wanted = set(terms(sentence))
    best: Span | None = None
    most = -1.0
    for span, passage in candidates:
        for start, end, held in _analysed(passage):
            shared = len(wanted & held) / (1.0 + len(held)) ** 0.5
            if shared > most:
                most = shared
                best = Span(span.document_id, span.text_unit_id, span.start + start, span.start + end)
    return best


@remembered(512)
def _analysed(passage: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    return tuple((start, end, frozenset(terms(passage[start:end]))) for start, end in split_sentences(passage))
