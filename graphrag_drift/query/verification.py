"""Answer -> the same with notes on what to doubt of it: what nothing cited bears out, and figures that differ.

It looks at words: figures, names and quoted passages must stand in the cited text units (or their titles), and so must
a part of the other words. It cannot tell that the right words are put together wrongly. Read `check`, then
`unsupported_sentences`, then what is looked for: words (`_missing_words`) and figures (`wrong_figure`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from graphrag_drift.language.dates import Date, find_dates
from graphrag_drift.language.detect import either
from graphrag_drift.language.english import MONTHS
from graphrag_drift.language.figures import Figure, figures_in_words, figures_of
from graphrag_drift.language.reading import remembered
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import MARK, bare, marked_sentences, without_marks
from graphrag_drift.query.citations import no_answer
from graphrag_drift.query.conflicts import Dated, differing_figures
from graphrag_drift.query.graph import Graph
from graphrag_drift.values import Answer, Branch, Citation, Shown

_MOST_NOTED = 3  # sentences that a note quotes


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence rests on: the title and the ISO date (or "") of a document, and a part of its text."""

    title: str
    date: str
    text: str


@dataclass(frozen=True)
class Unsupported:
    """A sentence at `start` to `end` of a text, its marks included, and why it is not borne out."""

    start: int
    end: int
    sentence: str
    reason: str


def check(answer: Answer, graph: Graph, *, shown: Iterable[Shown] = (), strict: bool = False) -> Answer:
    """`answer` with notes on its sentences and those of its tree that nothing they cite bears out, and on figures of
    its text that are others elsewhere in what was `shown`; if `strict`, such sentences are removed.
    """
    reasons = {
        doubt.sentence: doubt.reason
        for question, text, citations in ((answer.question, answer.text, answer.citations), *_branches(answer.tree))
        if citations or text != no_answer(question)
        for doubt in _unsupported(text, citations, graph, answer.question)
    }
    notes = []
    if reasons:
        answer = _without(answer, graph) if strict else answer
        outcome = "were removed" if strict else "may not be borne out by what they cite"
        first = "; ".join(f"{sentence[:80]!r}: {reason}" for sentence, reason in list(reasons.items())[:_MOST_NOTED])
        notes = [f"{len(reasons)} sentence(s) {outcome}, such as {first}"]
    if differing := _differing(answer, graph, shown):
        notes.append(differing)
    return replace(answer, notes=(*answer.notes, *notes))


def _branches(branch: Branch | None) -> Iterator[tuple[str, str, tuple[Citation, ...]]]:
    """(question, answer, citations) of a branch and all below it."""
    if branch is not None:
        yield branch.question, branch.answer, branch.citations
        for child in branch.children:
            yield from _branches(child)


def _unsupported(text: str, citations: Sequence[Citation], graph: Graph, known: str) -> list[Unsupported]:
    sources = {citation.mark: _source(citation, graph) for citation in citations}
    return list(unsupported_sentences(text, sources, known))


def _source(citation: Citation, graph: Graph) -> Source:
    """The text unit that is cited, with the title and date of its document."""
    row = graph.evidence.row_of.get(citation.text_unit_id)
    text = "" if row is None else graph.text_unit_rows[row][0]
    quote = citation.quote
    return Source(citation.document_title, citation.date, text if quote in text else f"{text}\n{quote}")


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
        for start, end in split_sentences(row.text)
    )
    return differing_figures(stated, others, answer.question, graph.evidence.postings.worth)


def _without(answer: Answer, graph: Graph) -> Answer:
    """`answer` without what is not borne out; its citations are numbered anew, since some are not cited any more."""
    numbers: dict[int, int] = {}

    def supported(text: str, citations: Sequence[Citation], question: str) -> tuple[str, tuple[Citation, ...]]:
        doubts = _unsupported(text, citations, graph, answer.question)
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
_AFTER = re.compile(r"\s*(?:(?:\[\d{1,6}\]|\([^()]{1,60}\))\s*)+")
_REMARK = re.compile(either(lambda language: re.escape(language.templates.reported).replace(r"\{date\}", "[^()]*")))
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\||---)")
_NAME = re.compile(r"(?<=[\w,;:)\"”’'] )[A-ZÀ-Þ][\w’'-]{2,}")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_LABEL = re.compile(r"\s*(?:[-*•]\s+)?\*\*[^*\n]+\*\*:?\s*")  # what an item of an answer is called by
_UNANSWERED = re.compile(either(lambda language: re.escape(language.templates.unanswered)))  # the engine's own words
_QUOTE = re.compile(r'[“「]([^“”「」]{15,})[”」]|"([^"]{15,})"')
_SHARED = 0.35  # part of a sentence's terms that its sources must hold
_FEWEST = 3  # terms; less states nothing that could be checked
_ALIKE = 0.85  # of a quotation and a passage: a slip of the pen
Place = tuple[int, int]


def unsupported_sentences(text: str, sources: Mapping[int, Source], known: str) -> Iterator[Unsupported]:
    """The sentences of `text` that the `sources` they cite (by mark) do not bear out; what is `known` needs none.

    Headings, questions and what is too short to state anything are passed over.
    """
    for start, end, marks in _sentences(text):
        wording = without_marks(text[start:end]).strip()
        sentence = _REMARK.sub("", wording).strip()
        if sentence.endswith(("?", ":")) or len(content_terms(sentence)) < _FEWEST:
            continue
        if not marks:
            yield Unsupported(start, end, sentence, "nothing is cited for it")
            continue
        cited = tuple(sources[mark] for mark in dict.fromkeys(marks) if mark in sources)
        if reason := _reason(sentence, wording, cited, known):
            yield Unsupported(start, end, sentence, reason)


@remembered(2048)
def _reason(sentence: str, wording: str, sources: tuple[Source, ...], known: str) -> str:
    """Why `sentence` is not borne out, or ""; `wording` has its remarks too. What was looked at ahead costs nothing."""
    return _missing_words(sentence, sources, known) or wrong_figure(wording, sources, known)


def without_sentences(text: str, places: list[Place]) -> str:
    """`text` without what stands at `places`, nor lines and headings that hold nothing more."""
    characters = list(text)
    for start, end in places:
        characters[start:end] = [""] * (end - start)
    lines = [line.rstrip() for line in "".join(characters).split("\n")]
    full = [line for n, line in enumerate(lines) if line.strip(" -*•") and not _is_idle_heading(lines, n)]
    return "\n\n".join(full) if "\n\n" in text else "\n".join(full)


def _is_idle_heading(lines: list[str], n: int) -> bool:
    following = next((line for line in lines[n + 1 :] if line.strip()), "#")
    return bool(_HEADING.match(lines[n])) and bool(_HEADING.match(following))


def _sentences(text: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(start, end, marks) of each; marks after a full stop are of the sentence before it, and of those before that
    which have none."""
    offset = 0
    for line in text.split("\n"):
        if line.strip() and not _HEADING.match(line) and not _UNANSWERED.match(line):
            label = match.end() if (match := _LABEL.match(line)) else 0
            yield from (
                (start + label + offset, end + label + offset, marks) for start, end, marks in _of_line(line[label:])
            )
        offset += len(line) + 1


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


def _missing_words(sentence: str, sources: Sequence[Source], known: str) -> str:
    """What of the sentence, figures apart, its sources do not hold, or ""."""
    text = "\n".join(f"{source.title}\n{source.text}" for source in sources)
    for quote in (curly or straight for curly, straight in _QUOTE.findall(sentence)):
        if not is_quoted(quote, text):
            return f"the words {quote[:60]!r} do not stand in what it cites"
    words = f"{text}\n{known}".casefold()
    # Months are capitalised too; dates are for `wrong_figure`.
    dates = [(start, end) for start, end, _ in dates_in_figures(sentence, sources)]
    names = [name for name in _NAME.finditer(sentence) if not any(a <= name.start() < b for a, b in dates)]
    names = [name for name in names if _POSSESSIVE.sub("", name[0]).casefold() not in words]
    if names:
        return f"the name {names[0][0]!r} does not stand in what it cites"
    terms = set(content_terms(sentence))
    shared = terms & (_terms(text) | _terms(known))
    return "" if len(shared) >= _SHARED * len(terms) else "what it cites is about something else"


@remembered(512)
def _terms(text: str) -> frozenset[str]:
    """The sentences of a tree cite the same passages again and again."""
    return frozenset(content_terms(text))


def is_quoted(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text`, as it is, but for spaces and punctuation, or but for a slip."""
    wanted, words = bare(quote), bare(text)
    if wanted in words:
        return True
    matcher = SequenceMatcher(None, words, wanted, autojunk=False)
    block = matcher.find_longest_match()
    start = max(0, block.a - block.b)
    return SequenceMatcher(None, words[start : start + len(wanted)], wanted, autojunk=False).ratio() >= _ALIKE


_HAS_YEAR = re.compile(r"\d{4}")
_AROUND = 8  # words before and after a figure: what it is about
_YEAR = 4  # characters of an ISO date
_NEAR = 1 / 3  # of the words that the nearest sentence of a text shares with it: that is about the same thing too


def wrong_figure(sentence: str, sources: Sequence[Source], known: str) -> str:
    """What is wrong with the first date or figure of `sentence` that no source bears out, or ""; those of `known`
    need none."""
    dates: list[tuple[int, int]] = []
    for start, end, isos in dates_in_figures(sentence, sources):
        date = sentence[start:end]
        has_year = bool(_HAS_YEAR.search(date))
        if any(_has_date(source, iso, has_year) for source, iso in zip(sources, isos, strict=True)):
            dates.append((start, end))
        elif any(len(iso) > _YEAR for iso in isos) and date not in known:
            return f"the date {date!r} does not stand in what it cites"
    figures = figures_of(sentence)
    heads = [figures_in_words(f"{source.title} {source.date[:_YEAR]}") for source in sources]
    free = [other for figures_of_one in (figures_in_words(known), *heads) for other in figures_of_one]
    for figure in figures:
        if any(start <= figure.start < end for start, end in dates) or _is_among(figure, free, figures):
            continue
        if not any(_is_among(figure, _figures_near(sentence, figure, source.text), figures) for source in sources):
            elsewhere = any(_is_among(figure, figures_in_words(source.text), figures) for source in sources)
            how = "stands only elsewhere" if elsewhere else "does not stand"
            return f"the figure {figure.said!r} {how} in what it cites"
    return ""


def _is_among(figure: Figure, others: Iterable[Figure], sentence: Sequence[Figure]) -> bool:
    """Whether one of `others`, of a text, says the same as `figure`, of a `sentence` with these figures."""
    return any(_agree(figure, other, sentence) for other in others)


def _agree(figure: Figure, other: Figure, sentence: Sequence[Figure]) -> bool:
    if figure.unit and other.unit and figure.unit != other.unit:
        return False
    if other.unit == "percent" and not any(each.unit == "percent" for each in sentence):
        return False
    if figure.value == other.value:
        return True
    of_a_table = not other.scale and not other.unit  # whose head may say what is counted
    shared = not figure.scale and any(each.scale == other.scale for each in sentence)  # "from 5 to 7 million"
    return figure.number == other.number and (of_a_table or shared)


def _figures_near(sentence: str, figure: Figure, text: str) -> list[Figure]:
    """The figures of those sentences of `text` that share words with what `sentence` says around `figure`, and of
    those after the nearest, which may speak of the same with "it"."""
    before, after = sentence[: figure.start].split()[-_AROUND:], sentence[figure.start :].split()[:_AROUND]
    wanted = {term for term in content_terms(" ".join((*before, *after))) if not term[:1].isdigit()}
    parts = _sentences_of(text)
    shared = [len(wanted & words) for words, _ in parts]
    best = max(shared, default=0)
    return [
        other
        for n, (_, figures) in enumerate(parts)
        if shared[n] >= _NEAR * best or (n and shared[n - 1] == best)
        for other in figures
    ]


@remembered(512)
def _sentences_of(text: str) -> tuple[tuple[frozenset[str], tuple[Figure, ...]], ...]:
    """The terms and the figures of each sentence of `text`."""
    parts = (text[start:end] for start, end in split_sentences(text))
    return tuple((frozenset(content_terms(part)), figures_in_words(part)) for part in parts)


def dates_in_figures(sentence: str, sources: Sequence[Source]) -> Iterator[tuple[int, int, list[str]]]:
    """(start, end, ISO dates) of each date of `sentence` that is written in figures: how it is meant if the sentence
    is of the day of each of the `sources`, "" where it is none."""
    dates: dict[tuple[int, int], list[str]] = {}
    if not any(map(str.isdigit, sentence)):
        return  # most sentences: finding dates takes longer than all else that is looked for in them
    for n, source in enumerate(sources):
        for date in _dates_in(sentence, source.date):
            if any(character.isdigit() for character in sentence[date.start : date.end]):
                dates.setdefault((date.start, date.end), [""] * len(sources))[n] = date.iso
    for (start, end), isos in sorted(dates.items()):
        likely = next(iso for iso in isos if iso)
        yield start, end, [iso or likely for iso in isos]


@lru_cache(maxsize=512)
def _dates_in(sentence: str, published: str) -> tuple[Date, ...]:
    return tuple(find_dates(sentence, published or None))


def _has_date(source: Source, iso: str, has_year: bool) -> bool:
    """Whether a date of `source` is `iso` or within it, or else its month and day (and year) stand together there."""
    isos, parts = _dates_of(source)
    if any(date.startswith(iso) for date in isos):
        return True
    if has_year and not any(iso[:_YEAR] in part for part in (source.date, *parts)):
        return False
    month, day = int(iso[5:7] or 0), int(iso[8:10] or 0)
    written = either(lambda language: language.dates.day_of)
    named = re.compile(written.format(name=MONTHS[month - 1][:3], month=month, day=day), re.IGNORECASE)
    counted = re.compile(rf"(?<!\d){day}(?!\d)")
    return month > 0 and any(named.search(part) and (not day or counted.search(part)) for part in parts)


@lru_cache(maxsize=512)
def _dates_of(source: Source) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ISO dates of a source, and its sentences."""
    text = f"{source.title}\n{source.text}"
    isos = [date.iso for date in find_dates(text, source.date or None)]
    return (source.date, *isos) if source.date else tuple(isos), tuple(text[a:b] for a, b in split_sentences(text))
