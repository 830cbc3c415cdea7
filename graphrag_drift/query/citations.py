"""What a search found -> Answer: every mark becomes a numbered citation whose quote stands in its document.

A mark of a row that was never shown is removed and said in the notes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphrag_drift.errors import SettingsError
from graphrag_drift.language.detect import language_of, spoken
from graphrag_drift.language.english import ENGLISH
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.marks import MARK, Numbering, marked_sentences, resolve_marks
from graphrag_drift.query.conflicts import Dated, differing_figures
from graphrag_drift.query.inquiry import Found, Inquiry, Node
from graphrag_drift.query.verification import Unsupported, without_sentences
from graphrag_drift.values import Answer, Branch, Citation, Item, Method, Shown, Span

_MOST_TOLD = 3


def not_said(question: str) -> str:
    """What to answer when nothing supports an answer, in the question's language."""
    return spoken(language_of(question)).templates.not_said or ENGLISH.templates.not_said


def cite(inquiry: Inquiry, found: Found, method: Method, *, strict: bool = False) -> Answer:
    """The Answer for what was found; citations are numbered in the order of the text, then of the tree.

    Sentences that nothing they cite bears out are said in the notes; if `strict`, they are removed.
    """
    citer = _Citer(inquiry, strict)
    text, citations = citer.cite(found.text)
    tree = citer.branch(found.tree) if found.tree else None
    notes = [*found.notes, *dict.fromkeys(inquiry.ledger.notes), *([inquiry.reader.manner] if citations else [])]
    if citer.removed:
        notes.append(f"{citer.removed} citation(s) of rows that were not shown were removed")
    notes += citer.doubts()
    if differing := _differing(inquiry, text, citations):
        notes.append(differing)
    if inquiry.ledger.left_out:
        notes.append(f"the budget was used up: {inquiry.ledger.left_out} rows were not read")
    if not text.strip():
        text = not_said(inquiry.question)
    draft = found.draft
    return Answer(
        inquiry.question,
        text.strip(),
        method,
        citations,
        tree,
        notes=tuple(notes),
        form=draft.form,
        items=tuple(Item(citer.number(item.text), item.heading, item.date) for item in draft.items),
        probability=draft.probability,
    )


def _differing(inquiry: Inquiry, text: str, citations: Sequence[Citation]) -> str:
    """What to say of figures of the answer that are others in what else was shown; "" if there are none."""
    graph = inquiry.graph
    cited = {citation.mark: citation for citation in citations}
    sources = [(sentence, cited[mark]) for sentence, marks in marked_sentences(text) for mark in marks if mark in cited]
    stated = [Dated(sentence, source.document_title, source.date) for sentence, source in sources]
    shown = (
        Dated(row.text[start:end], row.title, row.date)
        for row in inquiry.ledger.rows.values()
        if row.kind == "source"
        for start, end in split_sentences(row.text)
    )
    return differing_figures(stated, shown, inquiry.question, graph.evidence.postings.worth)


def regrow(inquiry: Inquiry, root: Branch) -> Node:
    """The tree of an answer as it was while it grew, what it cites being entered into the ledger.

    Raises: SettingsError, if a cited passage does not stand in this index.
    """
    marks: dict[int, int] = {}

    def grow(branch: Branch, parent: Node | None) -> Node:
        for citation in branch.citations:
            marks[citation.mark] = inquiry.ledger.enter(_source(inquiry, citation)).mark
        silent = branch.answer == not_said(branch.question)
        answer = "" if silent else MARK.sub(lambda mark: f"[{marks.get(int(mark[1]), 0)}]", branch.answer)
        node = Node(branch.question, parent, branch.relevance, answer, branch.score, branch.usage)
        node.follow_ups = list(branch.follow_ups)
        node.children = [grow(child, node) for child in branch.children]
        return node

    return grow(root, None)


def _source(inquiry: Inquiry, citation: Citation) -> Shown:
    """A row that says what was cited."""
    texts = inquiry.graph.texts
    if texts.get(citation.document_id, "")[citation.start : citation.end] != citation.quote:
        title = citation.document_title
        raise SettingsError(f"this answer cites {title!r} as another index has it; ask anew with the method drift")
    span = Span(citation.document_id, citation.text_unit_id, citation.start, citation.end)
    title, date = inquiry.graph.heads[citation.document_id]
    return Shown(0, "source", citation.quote, (span,), title, date)


class _Citer:
    """One numbering for the text of an answer and all branches of its tree."""

    def __init__(self, inquiry: Inquiry, strict: bool) -> None:
        self._inquiry = inquiry
        self._strict = strict
        self._numbering = Numbering()
        self._doubtful: list[Unsupported] = []
        self.removed = 0

    def cite(self, text: str) -> tuple[str, tuple[Citation, ...]]:
        checked = self._inquiry.checked(text)
        self.removed += checked.removed
        self._doubtful += checked.doubtful
        text = checked.text
        if self._strict:
            text = without_sentences(text, [(each.start, each.end) for each in checked.doubtful])
        numbers: dict[int, None] = {}

        def numbered(mark: re.Match[str]) -> str:
            number = self._numbering.number(checked.spans[int(mark[1]) - 1])
            numbers[number] = None
            return f"[{number}]"

        text = MARK.sub(numbered, text)
        return text, tuple(self._citation(number) for number in numbers)

    def number(self, text: str) -> str:
        """`text`, a part of one that was cited, under the same numbers."""
        inquiry = self._inquiry
        return resolve_marks(text, inquiry.ledger.rows, inquiry.graph.texts, self._numbering)[0]

    def doubts(self) -> list[str]:
        """What to say of sentences that are not borne out."""
        distinct = {each.sentence: each.reason for each in self._doubtful}
        if not distinct:
            return []
        done = "were removed" if self._strict else "may not be borne out by what they cite"
        first = "; ".join(f"{sentence[:80]!r}: {reason}" for sentence, reason in list(distinct.items())[:_MOST_TOLD])
        return [f"{len(distinct)} sentence(s) {done}, such as {first}"]

    def branch(self, node: Node) -> Branch:
        answer, citations = self.cite(node.answer)
        answer = answer.strip() or not_said(node.question)
        return Branch(
            node.question,
            answer,
            node.score,
            citations,
            tuple(map(self.branch, node.children)),
            node.relevance,
            node.usage,
            tuple(node.follow_ups),
        )

    def _citation(self, number: int) -> Citation:
        graph = self._inquiry.graph
        span = self._numbering.spans[number - 1]
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
