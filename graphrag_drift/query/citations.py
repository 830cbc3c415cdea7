"""What a search found -> Answer: every mark becomes a numbered citation whose quote stands in its document.

A mark of a row that was never shown is removed, and said in the notes. Whether a citation bears out the sentence that
has it is not judged here but in `verification.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphrag_drift.errors import SettingsError
from graphrag_drift.language.detect import language_of_question, spoken
from graphrag_drift.language.english import ENGLISH
from graphrag_drift.marks import MARK, Numbering, resolve_marks
from graphrag_drift.query.inquiry import Inquiry, Node, SearchResult
from graphrag_drift.values import Answer, Branch, Citation, Item, Method, Shown, Span


def no_answer(question: str) -> str:
    """What to answer when nothing supports an answer, in the question's language."""
    return spoken(language_of_question(question)).templates.not_said or ENGLISH.templates.not_said


def cite(inquiry: Inquiry, result: SearchResult, method: Method) -> Answer:
    """The Answer that a search came to; citations are numbered in the order of the text, then of the tree."""
    citer, draft, ledger = _Citer(inquiry), result.draft, inquiry.ledger
    text, citations = citer.cite(draft.text)
    tree = citer.branch(result.tree) if result.tree else None
    notes = [*dict.fromkeys(ledger.notes), *result.notes, *([inquiry.reader.manner] if citations else [])]
    if citer.unknown:
        notes.append(f"{citer.unknown} citation(s) of rows that were not shown were removed")
    if ledger.left_out:
        notes.append(f"the budget was used up: {ledger.left_out} rows were not read")
    return Answer(
        inquiry.question,
        text.strip() or no_answer(inquiry.question),
        method,
        citations,
        tree,
        notes=tuple(notes),
        form=draft.form,
        items=tuple(Item(citer.cite(item.text)[0], item.heading, item.date) for item in draft.items),
        probability=draft.probability,
    )


@dataclass
class _Citer:
    """One numbering for the text of an answer and all branches of its tree; `unknown` counts marks without a row."""

    inquiry: Inquiry
    numbering: Numbering = field(default_factory=Numbering)
    unknown: int = 0

    def cite(self, text: str) -> tuple[str, tuple[Citation, ...]]:
        """`text` with the numbers of its citations, and those, in the order of the text."""
        inquiry = self.inquiry
        text, unknown = resolve_marks(text, inquiry.ledger.rows, inquiry.graph.texts, self.numbering)
        self.unknown += len(unknown)
        return text, tuple(map(self._citation, dict.fromkeys(map(int, MARK.findall(text)))))

    def branch(self, node: Node) -> Branch:
        """What DRIFT asked at `node`, and below it."""
        text, citations = self.cite(node.answer)
        return Branch(
            node.question,
            text.strip() or no_answer(node.question),
            node.score,
            citations,
            tuple(map(self.branch, node.children)),
            node.relevance,
            node.usage,
            tuple(node.follow_ups),
        )

    def _citation(self, number: int) -> Citation:
        graph, span = self.inquiry.graph, self.numbering.spans[number - 1]
        title, date = graph.heads[span.document_id]
        path, source = graph.origins[span.document_id]
        return Citation(
            mark=number,
            document_id=span.document_id,
            document_title=title,
            text_unit_id=span.text_unit_id,
            start=span.start,
            end=span.end,
            quote=graph.texts[span.document_id][span.start : span.end],
            date=date,
            path=path,
            source=source,
        )


def tree_of(inquiry: Inquiry, root: Branch) -> Node:
    """The tree of an answer as it was while it grew: `cite` undone. What it cites is entered into the ledger.

    Raises: SettingsError, if a cited passage does not stand in this index.
    """
    marks: dict[int, int] = {}

    def grow(branch: Branch, parent: Node | None) -> Node:
        for citation in branch.citations:
            marks[citation.mark] = inquiry.ledger.enter(_source(inquiry, citation)).mark
        is_empty = branch.answer == no_answer(branch.question)
        answer = "" if is_empty else MARK.sub(lambda mark: f"[{marks.get(int(mark[1]), 0)}]", branch.answer)
        node = Node(branch.question, parent, branch.relevance, answer, branch.score, branch.usage)
        node.follow_ups = list(branch.follow_ups)
        node.children = [grow(child, node) for child in branch.children]
        return node

    return grow(root, None)


def _source(inquiry: Inquiry, citation: Citation) -> Shown:
    """A row that holds what was cited."""
    texts = inquiry.graph.texts
    if texts.get(citation.document_id, "")[citation.start : citation.end] != citation.quote:
        title = citation.document_title
        raise SettingsError(f"this answer cites {title!r} as another index has it; ask anew with the method drift")
    span = Span(citation.document_id, citation.text_unit_id, citation.start, citation.end)
    title, date = inquiry.graph.heads[citation.document_id]
    return Shown(0, "source", citation.quote, (span,), title, date)
