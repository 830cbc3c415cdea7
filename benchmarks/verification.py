"""Answers that a strong model wrote over the newsroom, as they are and with one thing changed: what is doubted.

    python benchmarks/verification.py

Recorded replies of the model index 20 articles and answer six questions in twelve ways; they are read at
`../shared/data/llm_replies_newsroom`. The first table counts the sentences that are doubted though nothing is wrong
with them. In the second, each statement of an answer has one figure, name, date or "not" changed: how many of the
changed sentences are doubted. The third counts cited statements of which no quote shows a figure or a quotation that
they state. Seeded; nothing is asked of a model.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from measure import print_head, print_row

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from recorded_newsroom import FOLDER, QUESTIONS, RecordedAsker, recorded_models, recorded_settings

from graphrag_drift import Answer, Index, build_index_sync
from graphrag_drift.facts import bare
from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.english import MONTHS, NUMBERS
from graphrag_drift.language.figures import figures_in_words, figures_of
from graphrag_drift.marks import Numbering, marked_sentences, resolve_marks
from graphrag_drift.query.verification import check
from graphrag_drift.values import Branch, Citation, Shown, Span

CHANGES_EACH = 3  # of one kind in one sentence
_QUOTATION = re.compile(r"[\"“]([^\"“”]{3,})[\"”]")
_DATE = re.compile(rf"(?P<month>{'|'.join(MONTHS)}) (?P<day>\d{{1,2}})\b|\b(?P<d>\d{{1,2}}) (?P<m>{'|'.join(MONTHS)})")
_KOREAN_DATE = re.compile(r"(?P<month>\d{1,2})월 (?P<day>\d{1,2})일")
_AUXILIARY = re.compile(r"\b(?:was|were|had|has|is|are|could|did|would|will)\b(?! not\b)")
_NEGATION = re.compile(r" (?:not|never)\b|\bwithout\b|\bno\b")
_WORD_NUMBER = re.compile(rf"\b(?:{'|'.join(NUMBERS[1:10])})\b")
Place = tuple[int, int, str]
"""Where something of a sentence is changed, and into what."""
Change = Callable[[str, random.Random], Iterator[Place]]


def main() -> None:
    """Print the three tables."""
    if not FOLDER.is_dir():
        sys.exit(f"the recorded replies are not at {FOLDER}")
    with tempfile.TemporaryDirectory() as folder:
        settings = recorded_settings(Path(folder))
        models = recorded_models(settings, RecordedAsker())
        build_index_sync(settings, models=models)
        index = Index.open_sync(settings, models=models)
        answers = [index.ask_sync(question, method=method) for question, ways in QUESTIONS.items() for method in ways]
        strict = [
            index.ask_sync(question, method=method, strict=True)
            for question, ways in QUESTIONS.items()
            for method in ways
        ]
    print_head("as written", "sentences", "doubted", "not checked")
    for name, checks in (
        ("answers", [each for answer in answers for each in answer.checks if not each.branch]),
        ("trees", [each for answer in answers for each in answer.checks if each.branch]),
    ):
        states = Counter(each.state for each in checks)
        print_row(name, len(checks), states["doubted"], states["unchecked"])
    removed = sum(len(plain.text) - len(careful.text) for plain, careful in zip(answers, strict, strict=True))
    print(f"\ncharacters that `strict` removes: {removed}\n")
    planted, doubted = changed(answers, index)
    print_head("changed", "sentences", "doubted")
    for kind, count in planted.items():
        print_row(kind, count, f"{doubted[kind] / count:.3f}")
    print()
    print_head("cited statements", "statements", "without their figure or quotation")
    for name, statements in (("of answers", statements_of(answers)), ("of reports", statements_of_reports(index))):
        bare_ones = [row for row in statements if missing(*row)]
        print_row(name, len(statements), len(bare_ones))
        if "-v" in sys.argv:
            for sentence, citations in bare_ones:
                print("   ", sentence, missing(sentence, citations), [citation.quote for citation in citations])


def changed(answers: Sequence[Answer], index: Index) -> tuple[Counter[str], Counter[str]]:
    """By kind of change: how many sentences were changed, and how many of these are doubted."""
    dice = random.Random(7)
    planted: Counter[str] = Counter()
    doubted: Counter[str] = Counter()
    changes: dict[str, Change] = {
        "a figure": _figures,
        "a number in words": _counts,
        "a name": partial(_names, names=sorted(index.graph.entities["title"])),
        "a day or month": _dates,
        "a negation left out": _left_out,
        '"not" put in': _put_in,
    }
    for answer in answers:
        before = doubts(answer, index)
        for sentence, marks in marked_sentences(answer.text):
            start = answer.text.index(sentence)
            cited = _words(" ".join(unit_of(each, index) for each in answer.citations if each.mark in marks))
            for kind, change in changes.items():
                places = list(change(sentence, dice))
                for left, right, new in dice.sample(places, min(CHANGES_EACH, len(places))):
                    text = f"{answer.text[: start + left]}{new}{answer.text[start + right :]}"
                    raised = doubts(replace(answer, text=text), index) - before
                    lacking = [f"{kind} that is not there"] if kind == "a name" and not _words(new) & cited else []
                    planted.update([kind, *lacking])
                    doubted.update([kind, *lacking] if raised else [])
                    if not raised and "-v" in sys.argv:
                        print(f"    {kind} {sentence[left:right]!r} -> {new!r}: {sentence}")
    return planted, doubted


def doubts(answer: Answer, index: Index) -> set[str]:
    """The sentences of the text that are doubted, cited anew from the text units that it cites."""
    looked_at = check(cited_anew(answer, index), index.graph)
    return {each.sentence for each in looked_at.checks if each.state == "doubted"}


def cited_anew(answer: Answer, index: Index) -> Answer:
    """The answer as if its model had cited the same text units for what it says now."""
    rows, numbering = {}, Numbering()
    for each in answer.citations:
        text, document, start, end = _unit(each, index)
        span = Span(document, each.text_unit_id, start, end)
        rows[each.mark] = Shown(each.mark, "source", text, (span,), each.document_title, each.date)
    text, _ = resolve_marks(answer.text, rows, index.graph.texts, numbering)
    citations = tuple(
        replace(by_unit(answer, span), mark=mark, start=span.start, end=span.end, quote=quote)
        for mark, span in enumerate(numbering.spans, start=1)
        for quote in (index.graph.texts[span.document_id][span.start : span.end],)
    )
    return replace(answer, text=text, citations=citations, tree=None, items=(), notes=(), checks=())


def _unit(citation: Citation, index: Index) -> tuple[str, str, int, int]:
    return index.graph.text_unit_rows[index.graph.evidence.row_of[citation.text_unit_id]]


def unit_of(citation: Citation, index: Index) -> str:
    """The text unit that is cited."""
    return _unit(citation, index)[0]


def by_unit(answer: Answer, span: Span) -> Citation:
    """A citation of the text unit."""
    return next(each for each in answer.citations if each.text_unit_id == span.text_unit_id)


def _figures(sentence: str, dice: random.Random) -> Iterator[Place]:
    dates = [(date.start, date.end) for date in find_dates(sentence, "2025-06-30")]
    for match in re.finditer(r"\d+(?:[.,]\d+)*", sentence):
        if not any(start <= match.start() < end for start, end in dates):
            yield *match.span(), re.sub(r"\d+", lambda digits: str(int(digits[0]) + dice.randint(1, 9)), match[0])


def _counts(sentence: str, dice: random.Random) -> Iterator[Place]:
    for match in _WORD_NUMBER.finditer(sentence):
        yield *match.span(), dice.choice([other for other in NUMBERS[1:10] if other != match[0]])


def _names(sentence: str, dice: random.Random, *, names: Sequence[str]) -> Iterator[Place]:
    here = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence)]
    others = [name for name in names if name.isascii() == sentence.isascii() and not _words(name) & _words(sentence)]
    for each in here:
        if not any(each != other and each in other for other in here):
            start = sentence.index(each)
            yield start, start + len(each), dice.choice(others)


def _dates(sentence: str, dice: random.Random) -> Iterator[Place]:
    for match in (*_DATE.finditer(sentence), *_KOREAN_DATE.finditer(sentence)):
        for part, written in match.groupdict().items():
            if written is not None:
                last = 12 if part == "month" else 28
                values = list(MONTHS) if written in MONTHS else [str(n) for n in range(1, last + 1)]
                yield *match.span(part), dice.choice([value for value in values if value != written])


def _left_out(sentence: str, _: random.Random) -> Iterator[Place]:
    for match in _NEGATION.finditer(sentence):
        yield *match.span(), {"without": "after", "no": "some"}.get(match[0], "")


def _put_in(sentence: str, _: random.Random) -> Iterator[Place]:
    for match in _AUXILIARY.finditer(sentence):
        yield match.end(), match.end(), " not"


def _words(text: str) -> set[str]:
    return set(bare(text).split())


def statements_of(answers: Sequence[Answer]) -> list[tuple[str, list[Citation]]]:
    """The cited statements of texts and trees, each once, with what they cite."""
    statements: dict[str, list[Citation]] = {}
    for answer in answers:
        for text, citations in ((answer.text, answer.citations), *_branches(answer.tree)):
            by_mark = {citation.mark: citation for citation in citations}
            for sentence, marks in marked_sentences(text):
                statements.setdefault(sentence, [by_mark[mark] for mark in dict.fromkeys(marks)])
    return list(statements.items())


def _branches(branch: Branch | None) -> Iterator[tuple[str, tuple[Citation, ...]]]:
    if branch is not None:
        yield branch.answer, branch.citations
        for child in branch.children:
            yield from _branches(child)


def statements_of_reports(index: Index) -> list[tuple[str, list[Citation]]]:
    """The cited statements of all reports, with what they cite."""
    statements = []
    for report in index.graph.report_rows:
        for text in (report["summary"], *(finding["explanation"] for finding in report["findings"])):
            for sentence, marks in marked_sentences(text):
                places = [report["evidence"][mark - 1] for mark in dict.fromkeys(marks)]
                statements.append((sentence, [_citation(place, index) for place in places]))
    return statements


def _citation(place: dict[str, object], index: Index) -> Citation:
    document, start, end = str(place["document_id"]), int(str(place["start"])), int(str(place["end"]))
    title, date = index.graph.heads[document]
    return Citation(1, document, title, "", start, end, index.graph.texts[document][start:end], date)


def missing(sentence: str, citations: Sequence[Citation]) -> list[str]:
    """The figures and quotations of a statement that none of its quotes shows; dates apart."""
    quotes = "\n".join(citation.quote for citation in citations)
    dates = [(date.start, date.end) for date in find_dates(sentence, "2025-06-30")]
    values = {figure.value for figure in figures_in_words(quotes)}
    numbers = {figure.number for figure in figures_in_words(quotes)}
    figures = [
        figure.said
        for figure in figures_of(sentence)
        if not any(start <= figure.start < end for start, end in dates)
        and figure.value not in values
        and figure.number not in numbers
    ]
    return [*figures, *(quote for quote in _QUOTATION.findall(sentence) if bare(quote) not in bare(quotes))]


if __name__ == "__main__":
    main()
