"""Answer -> the same with what came of looking its sentences up in what they cite, and notes on what to doubt.

Read `check`, then `checked_sentences`: which sentences there are and what each cites; what is looked up is in
`doubts.py`, figures that other texts give otherwise in `conflicts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from graphrag_drift.facts import Source, is_of_another_language
from graphrag_drift.language.detect import either
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import MARK, marked_sentences, without_marks
from graphrag_drift.patterns import lazy_pattern
from graphrag_drift.query.citations import no_answer
from graphrag_drift.query.conflicts import Dated, differing_figures
from graphrag_drift.query.doubts import doubt_of
from graphrag_drift.query.graph import Graph
from graphrag_drift.query.misnamed import NO_NAMES, Names, wrong_name
from graphrag_drift.values import Answer, Branch, Check, Citation, Shown

_MOST_NOTED = 3  # sentences that a note quotes


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence at `start` to `end` of a text, its marks included, what it says without them, and what came of
    looking it up: see `values.Check`."""

    start: int
    end: int
    sentence: str
    state: Literal["stands", "doubted", "unchecked"]
    reason: str = ""


def check(answer: Answer, graph: Graph, *, shown: Iterable[Shown] = (), strict: bool = False) -> Answer:
    """`answer` with the `checks` of its sentences and those of its tree, and notes on those that nothing they cite
    bears out and on figures of its text that are others elsewhere in what was `shown`; if `strict`, such sentences are
    removed.
    """
    texts = (("", answer.question, answer.text, answer.citations), *_branches(answer.tree))
    checks = tuple(
        Check(each.sentence, each.state, each.reason, branch)
        for branch, question, text, citations in texts
        if citations or text != no_answer(question)
        for each in _checked(text, citations, graph, answer.question)
    )
    notes = list(_notes(checks, strict))
    if strict and any(each.state == "doubted" for each in checks):
        answer = _without(answer, graph)
    if differing := _differing(answer, graph, shown):
        notes.append(differing)
    return replace(answer, notes=(*answer.notes, *notes), checks=checks)


def _branches(branch: Branch | None) -> Iterator[tuple[str, str, str, tuple[Citation, ...]]]:
    """(question, question, answer, citations) of a branch and all below it."""
    if branch is not None:
        yield branch.question, branch.question, branch.answer, branch.citations
        for child in branch.children:
            yield from _branches(child)


def _notes(checks: Sequence[Check], strict: bool) -> Iterator[str]:
    """What to say of doubted sentences, of the answer and of the tree apart, and of those that were not checked."""
    outcome = "were removed" if strict else "may not be borne out by what they cite"
    for where, own in (("", True), (" of the questions on the way", False)):
        of_one = [each for each in checks if (not each.branch) == own]
        doubts = {each.sentence: each.reason for each in of_one if each.state == "doubted"}
        if doubts:
            first = "; ".join(f"{sentence[:80]!r}: {reason}" for sentence, reason in list(doubts.items())[:_MOST_NOTED])
            yield f"{len(doubts)} sentence(s){where} {outcome}, such as {first}"
    if unchecked := len({each.sentence for each in checks if each.state == "unchecked" and not each.branch}):
        yield f"{unchecked} sentence(s) cite what is in another language; their words were not checked"


def _checked(text: str, citations: Sequence[Citation], graph: Graph, known: str) -> list[Checked]:
    sources = {citation.mark: _source(citation, graph) for citation in citations}
    return list(checked_sentences(text, sources, known, graph.names))


def _source(citation: Citation, graph: Graph) -> Source:
    """The text unit that is cited, with the title and date of its document."""
    row = graph.evidence.row_of.get(citation.text_unit_id)
    text = "" if row is None else graph.text_unit_rows[row][0]
    quote = citation.quote
    return Source(citation.document_title, citation.date, text if quote in text else f"{text}\n{quote}", quote)


def _differing(answer: Answer, graph: Graph, shown: Iterable[Shown]) -> str:
    """What to say of figures of the answer that are others in what else was shown; "" if there are none."""
    by_mark = {citation.mark: citation for citation in answer.citations}
    stated = [
        Dated(sentence, by_mark[mark].document_title, by_mark[mark].date)
        for sentence, marks in marked_sentences(answer.text)
        for mark in marks
        if mark in by_mark
    ]
    others = (
        Dated(row.text[start:end], row.title, row.date)
        for row in shown
        if row.kind == "source"
        for start, end in _split(row.text)
    )
    return differing_figures(stated, others, answer.question, graph.evidence.postings.worth)


@lru_cache(maxsize=1024)
def _split(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(split_sentences(text))


def _without(answer: Answer, graph: Graph) -> Answer:
    """`answer` without what is not borne out; its citations are numbered anew, since some are not cited any more."""
    numbers: dict[int, int] = {}

    def supported(text: str, citations: Sequence[Citation], question: str) -> tuple[str, tuple[Citation, ...]]:
        doubts = [each for each in _checked(text, citations, graph, answer.question) if each.state == "doubted"]
        text = without_sentences(text, [(doubt.start, doubt.end) for doubt in doubts]).strip()
        marks = dict.fromkeys(map(int, MARK.findall(text)))
        for mark in marks:
            numbers.setdefault(mark, len(numbers) + 1)
        text = MARK.sub(lambda mark: f"[{numbers[int(mark[1])]}]", text)
        cited = sorted((citation for citation in citations if citation.mark in marks), key=lambda c: numbers[c.mark])
        return text or (question and no_answer(question)), tuple(replace(c, mark=numbers[c.mark]) for c in cited)

    def branch(old: Branch) -> Branch:
        text, citations = supported(old.answer, old.citations, old.question)
        return replace(old, answer=text, citations=citations, children=tuple(map(branch, old.children)))

    text, citations = supported(answer.text, answer.citations, answer.question)
    items = [replace(item, text=supported(item.text, answer.citations, "")[0]) for item in answer.items]
    return replace(
        answer,
        text=text,
        citations=citations,
        tree=branch(answer.tree) if answer.tree else None,
        items=tuple(item for item in items if item.text),
    )


# What goes with the sentence before it: marks, and a remark such as "(reported 4 May)".
_AFTER = lazy_pattern(r"\s*(?:(?:\[\d{1,6}\]|\([^()]{1,60}\))\s*)+")
_REMARK = lazy_pattern(either(lambda language: re.escape(language.templates.reported).replace(r"\{date\}", "[^()]*")))
_GAP = lazy_pattern(r"\n{3,}")
_HEADING = lazy_pattern(r"\s*(?:#{1,6}\s|\||---)")
_LABEL = lazy_pattern(r"\s*(?:[-*•]\s+)?\*\*[^*\n]+\*\*:?\s*")  # what an item of an answer is called by
_ITEM = lazy_pattern(r"\s*(?:[-*•]|\d+[.)])\s")
_UNANSWERED = lazy_pattern(either(lambda language: re.escape(language.templates.unanswered)))  # the engine's own words
_SILENT = lazy_pattern(either(lambda language: language.prose.silent))
_FEWEST = 3  # terms; less states nothing that could be checked
Place = tuple[int, int, tuple[int, ...], bool]
"""(start, end, marks) of a sentence, and whether it only announces what they are cited for."""


def checked_sentences(
    text: str, sources: Mapping[int, Source], known: str, names: Names = NO_NAMES
) -> Iterator[Checked]:
    """The sentences of `text` with what came of looking them up in the `sources` they cite (by mark).

    What is `known` needs no source; `names` are words known to be names. Headings, questions, what is too short to
    state anything and what says that the texts do not say something are passed over.
    """
    for start, end, marks, opens in _sentences(text):
        wording = without_marks(text[start:end]).strip()
        sentence = _REMARK.sub("", wording).strip()
        if sentence.endswith(("?", ":")) or len(content_terms(sentence)) < _FEWEST or _SILENT.match(sentence):
            continue
        if not marks:
            yield Checked(start, end, sentence, "doubted", "nothing is cited for it")
            continue
        cited = tuple(sources[mark] for mark in dict.fromkeys(marks) if mark in sources)
        reason = doubt_of(wording, cited, known, names, opens)
        if reason := reason or _wrong_name_of_part(text[start:end], sources, known, names):
            yield Checked(start, end, sentence, "doubted", reason)
        elif cited and all(is_of_another_language(sentence, source.text) for source in cited):
            yield Checked(start, end, sentence, "unchecked", "what it cites is in another language")
        else:
            yield Checked(start, end, sentence, "stands")


def _wrong_name_of_part(sentence: str, sources: Mapping[int, Source], known: str, names: Names) -> str:
    """What is wrong with a name in a part of a sentence with marks of its own, as in "A left [1], and B stayed [2]"."""
    parts = list(marked_sentences(sentence))
    for part, marks in parts if len(parts) > 1 else ():
        cited = tuple(sources[mark] for mark in marks if mark in sources)
        is_foreign = any(is_of_another_language(part, source.text) for source in cited)
        if cited and (reason := wrong_name(part, cited, known, names, is_foreign)):
            return reason
    return ""


def unsupported_sentences(
    text: str, sources: Mapping[int, Source], known: str, names: Names = NO_NAMES
) -> Iterator[Checked]:
    """Those of `checked_sentences` that are doubted."""
    return (each for each in checked_sentences(text, sources, known, names) if each.state == "doubted")


def without_sentences(text: str, places: Sequence[tuple[int, int]]) -> str:
    """`text` without what stands at `places`, nor lines and headings that hold nothing more."""
    if not places:
        return text
    characters = list(text)
    for start, end in places:
        characters[start:end] = [character if character == "\n" else "" for character in characters[start:end]]
    lines = [line.rstrip() for line in "".join(characters).split("\n")]
    left = [
        line
        for n, (line, before) in enumerate(zip(lines, text.split("\n"), strict=True))
        if (line.strip(" -*•") or not before.strip(" -*•")) and not _is_idle_heading(lines, n)
    ]
    return _GAP.sub("\n\n", "\n".join(left)).strip("\n")


def _is_idle_heading(lines: list[str], n: int) -> bool:
    following = next((line for line in lines[n + 1 :] if line.strip()), "#")
    return bool(_HEADING.match(lines[n])) and bool(_HEADING.match(following))


def _sentences(text: str) -> Iterator[Place]:
    """The sentences of the lines that are no headings; marks after a full stop are of the sentence before it, and of
    those before that which have none. What opens the text without a mark, or a list, is made of all that follows."""
    lines = [(offset, line) for offset, line in _lines(text) if line.strip() and not _HEADING.match(line)]
    lines = [(offset, line) for offset, line in lines if not _UNANSWERED.match(line)]
    opens = True
    for n, (offset, line) in enumerate(lines):
        label = match.end() if (match := _LABEL.match(line)) else 0
        following = tuple(dict.fromkeys(int(mark) for _, other in lines[n:] for mark in MARK.findall(other)))
        for start, end, marks in _of_line(line[label:]):
            is_marked = MARK.search(line[label:], start, end) is not None
            opens = opens and not is_marked
            if not is_marked and following and (opens or _opens_list(lines, n)):
                yield start + label + offset, end + label + offset, following, True
            else:
                yield start + label + offset, end + label + offset, marks, False


def _lines(text: str) -> Iterator[tuple[int, str]]:
    offset = 0
    for line in text.split("\n"):
        yield offset, line
        offset += len(line) + 1


def _opens_list(lines: Sequence[tuple[int, str]], n: int) -> bool:
    return n + 1 < len(lines) and bool(_ITEM.match(lines[n + 1][1])) and not _ITEM.match(lines[n][1])


def _of_line(line: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    places: list[tuple[int, int]] = []
    for start, end in split_sentences(line):
        leading = _AFTER.match(line, start, end)
        if leading and places:
            places[-1] = (places[-1][0], leading.end())
            start = leading.end()
        if line[start:end].strip():
            places.append((start, end))
    marks: tuple[int, ...] = ()
    sentences = []
    for start, end in reversed(places):  # a sentence without marks goes with the next that has some
        marks = tuple(map(int, MARK.findall(line[start:end]))) or marks
        sentences.append((start, end, marks))
    yield from reversed(sentences)
