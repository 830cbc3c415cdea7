"""Answers, entities and timelines as a person reads them in a terminal. Nothing here decides what they say."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from graphrag_drift.answer.pages import around, sources_of
from graphrag_drift.cli.terminal import BOLD, CYAN, DIM, ITALIC, Page, Part

if TYPE_CHECKING:
    import polars as pl

    from graphrag_drift.query.graph import Graph
    from graphrag_drift.values import Answer, Branch, Citation, Entity, Passage

_SHORT = 240  # characters of an answer in a tree
_MOST_ROWS = 12  # neighbours and passages of an entity
_LEGEND = "In brackets: how far each answer helps with its question, from 0 to 100."


def print_answer(page: Page, answer: Answer, folder: Path, *, titled: bool = False, textless: bool = False) -> None:
    """Print an answer: its text, unless `textless`, DRIFT's tree, the sources, files in `folder`, and the notes."""
    if titled:
        page.line(Part(f"{answer.method}: {answer.question}", BOLD))
        page.blank()
    if not textless:
        page.markdown(answer.text)
    if answer.tree is not None and answer.tree.children:
        page.blank()
        print_tree(page, answer.tree)
    print_sources(page, answer, sources_of(answer), folder)
    print_notes(page, answer.notes)


def print_notes(page: Page, notes: Iterable[str]) -> None:
    """Print a line for each note."""
    for note in notes:
        page.line(Part(f"Note: {note}.", DIM), rest="  ")


def _answers(branch: Branch | None) -> str:
    return " ".join([branch.answer, *map(_answers, branch.children)]) if branch else ""


def print_tree(page: Page, root: Branch) -> None:
    """Print the questions that DRIFT asked, each with its score and the beginning of its answer."""
    page.line(*_question(root))
    _print_children(page, root, "")
    page.line(Part(_LEGEND, DIM))


def _print_children(page: Page, branch: Branch, prefix: str) -> None:
    fork, end, beam = ("├── ", "└── ", "│   ") if page.unicode else ("|-- ", "`-- ", "|   ")
    for number, child in enumerate(branch.children, start=1):
        joint, below = (end, "    ") if number == len(branch.children) else (fork, beam)
        page.line(*_question(child), first=prefix + joint, rest=prefix + below)
        beginning = textwrap.shorten(child.answer.replace("**", ""), _SHORT, placeholder=" ...")
        joint, beside = (fork, beam) if child.children else (end, "    ")
        page.line(beginning, first=prefix + below + joint, rest=prefix + below + beside)
        _print_children(page, child, prefix + below)


def _question(branch: Branch) -> tuple[Part, Part]:
    return Part(f"({branch.score:.0f}) ", DIM), Part(branch.question, BOLD)


def print_sources(page: Page, answer: Answer, sources: Sequence[Citation], folder: Path) -> None:
    """Print a line for each of the sources; its quote only where the answer does not repeat it word for word."""
    text = " ".join(f"{answer.text} {_answers(answer.tree)}".split())
    if sources:
        page.blank()
        page.line(Part("Sources", BOLD))
    for source in sources:
        mark = f"[{source.mark}] "
        place = _place(page, source.document_title, source.source, source.date, source.path, folder)
        page.line(Part(mark, CYAN), *place, rest=" " * len(mark))
        quote = " ".join(source.quote.split())
        if quote not in text:
            page.line(Part(quote, ITALIC), first="    ", rest="    ")


def print_source(page: Page, source: Citation, folder: Path, graph: Graph) -> None:
    """Print one source with its quote, and what stands around that."""
    mark = f"[{source.mark}] "
    place = _place(page, source.document_title, source.source, source.date, source.path, folder)
    page.line(Part(mark, CYAN), *place, rest=" " * len(mark))
    before, after = around(source, graph)
    page.line(before, Part(" ".join(source.quote.split()), BOLD), after, first="    ", rest="    ")


def _place(page: Page, title: str, source: str, date: str, path: str, folder: Path) -> Iterator[Part]:
    """Headline, outlet, date, and the file, which a terminal opens; a headline that is but the file's name once."""
    is_file = bool(path) and title == path
    yield Part(title or "a document without a title", link=address(page, folder / path) if is_file else "")
    yield from (Part(f", {part}") for part in (source, date) if part)
    if path and not is_file:
        yield Part(", ", DIM)
        yield Part(path, DIM, address(page, folder / path))


def address(page: Page, file: Path) -> str:
    """The address by which a terminal opens a file; "" of one that is not there, as one inside an archive."""
    return file.absolute().as_uri() if page.terminal and file.exists() else ""


def print_entity(page: Page, entity: Entity, timeline: Sequence[Passage], folder: Path) -> None:
    """Print who or what somebody is, other names, the strongest neighbours, the timeline, the reports."""
    page.line(Part(entity.title, BOLD), Part(f" ({entity.kind})" if entity.kind else "", DIM))
    page.line(entity.description)
    for alias in entity.aliases:
        reason = ", ".join(filter(None, (alias.reason, alias.evidence)))
        page.line(f"Also called {alias.name}", Part(f" ({reason})" if reason else "", DIM), rest="  ")
    if entity.neighbours:
        _print_head(page, "Related to", entity.degree)
    for neighbour in entity.neighbours[:_MOST_ROWS]:
        page.line(Part(neighbour.title, BOLD), f": {' '.join(neighbour.description.split())}", first="- ", rest="  ")
    if timeline:
        _print_head(page, "Timeline", len(timeline), "; all of it is told by timeline")
        print_timeline(page, timeline[:_MOST_ROWS], folder)
    if entity.reports:
        _print_head(page, "Reports", len(entity.reports))
    for report in entity.reports[:_MOST_ROWS]:
        page.line(Part(report.title, BOLD), f": {' '.join(report.summary.split())}", first="- ", rest="  ")


def _print_head(page: Page, head: str, there: int, hint: str = "") -> None:
    """The head of a list, which says so if it is cut."""
    page.blank()
    page.line(Part(head, BOLD), Part(f" (the first {_MOST_ROWS} of {there}{hint})" if there > _MOST_ROWS else "", DIM))


def print_timeline(page: Page, passages: Iterable[Passage], folder: Path) -> None:
    """Print dated sentences, each with where it stands."""
    for passage in passages:
        page.line(Part(passage.date or "no date", BOLD), f"  {' '.join(passage.text.split())}", rest=" " * 12)
        place = _place(page, passage.title, passage.source, "", passage.path, folder)
        page.line(*(Part(part.text, DIM, part.link) for part in place), first=" " * 12, rest=" " * 12)


def print_documents(page: Page, documents: pl.DataFrame, folder: Path) -> None:
    """Print a line for each document: date, headline, outlet, file."""
    for title, date, source, path in documents.select("title", "date", "source", "path").iter_rows():
        place = _place(page, title, source, "", path, folder)
        page.line(Part(f"{date or 'no date':10}  ", BOLD), *place, rest=" " * 12)
