"""An answer, its index -> for each citation the chain from its sentence to the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.marks import marked_sentences
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.values import Answer, Branch, Citation

_MOST = 3  # findings, and relationships, that are told of one passage


@dataclass(frozen=True, slots=True)
class Link:
    """One citation of one sentence, and what of the index rests on the same passage.

    `branches` are the questions of DRIFT whose answers cite it too, root first; `findings` are (report, finding),
    `relationships` (source; target, description), best first. `file` is the path below the input folder, or "".
    """

    sentence: str
    mark: int
    branches: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]
    relationships: tuple[tuple[str, str], ...]
    text_unit_id: str
    document: str
    file: str
    start: int
    end: int
    quote: str


def explain(answer: Answer, graph: Graph) -> list[Link]:
    """The chains of all citations of the answer's text, in its order.

    Raises: SettingsError, if a passage is not in this index as it is cited.
    """
    by_mark = {citation.mark: citation for citation in answer.citations}
    paths = dict(graph.documents.select("id", "path").iter_rows())
    reports = sorted(graph.report_rows, key=lambda report: (-report["rank"], report["id"]))
    relationships = _relationships_in({citation.document_id for citation in answer.citations}, graph)
    chains = []
    for sentence, marks in marked_sentences(answer.text):
        for citation in (by_mark[mark] for mark in marks if mark in by_mark):
            text = graph.texts.get(citation.document_id, "")
            if text[citation.start : citation.end] != citation.quote:
                raise SettingsError(
                    f"this answer cites {citation.document_title!r} as another index has it; explain it with that one"
                )
            chains.append(
                Link(
                    sentence,
                    citation.mark,
                    tuple(dict.fromkeys(_branches(answer.tree, citation))),
                    tuple(islice(_findings(reports, citation), _MOST)),
                    tuple(islice(_relationships(relationships, citation), _MOST)),
                    citation.text_unit_id,
                    citation.document_title,
                    paths.get(citation.document_id) or "",
                    citation.start,
                    citation.end,
                    citation.quote,
                )
            )
    return chains


def _branches(branch: Branch | None, citation: Citation) -> Iterator[str]:
    if branch is not None:
        if any(_overlap(citation, other.document_id, other.start, other.end) for other in branch.citations):
            yield branch.question
        for child in branch.children:
            yield from _branches(child, citation)


def _findings(reports: Sequence[Row], citation: Citation) -> Iterator[tuple[str, str]]:
    """The findings of `reports` that cite the passage."""
    for report in reports:
        numbers = [n for n, place in enumerate(report["evidence"], start=1) if _rests_on(place, citation)]
        for finding in report["findings"] if numbers else ():
            if any(f"[{number}]" in finding["explanation"] for number in numbers):
                yield report["title"], finding["summary"]


def _relationships_in(documents: set[str], graph: Graph) -> list[Row]:
    """The relationships that rest on any of the documents, the strongest first."""
    document = pl.element().struct.field("document_id")
    rests = pl.col("evidence").list.eval(document.is_in(sorted(documents))).list.any()
    return graph.relationships.filter(rests).sort("weight", "id", descending=[True, False]).to_dicts()


def _relationships(relationships: Sequence[Row], citation: Citation) -> Iterator[tuple[str, str]]:
    """Those of the relationships that rest on the passage."""
    for row in relationships:
        if any(_rests_on(place, citation) for place in row["evidence"]):
            yield f"{row['source']}; {row['target']}", row["description"]


def _rests_on(place: Row, citation: Citation) -> bool:
    return _overlap(citation, place["document_id"], place["start"], place["end"])


def _overlap(citation: Citation, document: str, start: int, end: int) -> bool:
    return citation.document_id == document and citation.start < end and start < citation.end
