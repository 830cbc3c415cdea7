"""An answer, its index -> for each citation the chain from its sentence to the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
                    tuple(_findings(graph, citation))[:_MOST],
                    tuple(_relationships(graph, citation))[:_MOST],
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


def _findings(graph: Graph, citation: Citation) -> Iterator[tuple[str, str]]:
    """The findings that cite the passage, of the highest ranked report first."""
    for report in sorted(graph.report_rows, key=lambda report: (-report["rank"], report["id"])):
        numbers = [n for n, place in enumerate(report["evidence"], start=1) if _rests_on(place, citation)]
        for finding in report["findings"] if numbers else ():
            if any(f"[{number}]" in finding["explanation"] for number in numbers):
                yield report["title"], finding["summary"]


def _relationships(graph: Graph, citation: Citation) -> Iterator[tuple[str, str]]:
    """The relationships that rest on the passage, the strongest first."""
    for row in sorted(graph.relationships.to_dicts(), key=lambda row: (-row["weight"], row["id"])):
        if any(_rests_on(place, citation) for place in row["evidence"] or ()):
            yield f"{row['source']}; {row['target']}", row["description"]


def _rests_on(place: Row, citation: Citation) -> bool:
    return _overlap(citation, place["document_id"], place["start"], place["end"])


def _overlap(citation: Citation, document: str, start: int, end: int) -> bool:
    return citation.document_id == document and citation.start < end and start < citation.end
