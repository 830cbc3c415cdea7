"""An answer with marks of rows -> the same with marks of spans of documents, and what of it they do not bear out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphrag_drift.marks import Numbering, resolve_marks
from graphrag_drift.query.figures import Source
from graphrag_drift.query.graph import Graph
from graphrag_drift.query.verification import Unsupported, unsupported_sentences
from graphrag_drift.values import Shown, Span


@dataclass(frozen=True, slots=True)
class Checked:
    """`text` has marks that number `spans` from 1; `removed` counts marks of rows that were not shown."""

    text: str
    spans: tuple[Span, ...]
    removed: int
    doubtful: tuple[Unsupported, ...]


def check(text: str, shown: Mapping[int, Shown], graph: Graph, question: str) -> Checked:
    """What the marks of `text`, an answer to `question`, rest on in the rows `shown`, and whether that bears it out."""
    numbering = Numbering()
    text, unknown = resolve_marks(text, shown, graph.texts, numbering)
    sources = {number: _source(span, graph) for number, span in enumerate(numbering.spans, start=1)}
    doubtful = tuple(unsupported_sentences(text, sources, question))
    return Checked(text, tuple(numbering.spans), len(unknown), doubtful)


def _source(span: Span, graph: Graph) -> Source:
    """The text unit of the span, with the title and date of its document."""
    row = graph.evidence.row_of.get(span.text_unit_id)
    text = "" if row is None else graph.text_unit_rows[row][0]
    quote = graph.texts[span.document_id][span.start : span.end]
    return Source(*graph.heads[span.document_id], text if quote in text else f"{text}\n{quote}")
