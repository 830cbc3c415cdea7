"""An answer, what it cites -> the sentences that nothing they cite bears out.

It looks at words: figures (`figures.py`), names and quoted passages must stand in the cited text units (or their
titles), and so must a part of the other words. It cannot tell that the right words are put together wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from graphrag_drift.language.dates import Date, find_dates
from graphrag_drift.language.detect import either
from graphrag_drift.language.english import MONTHS
from graphrag_drift.language.figures import Figure, figures_in_words, figures_of
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import Numbering, bare, resolve_marks, without_marks
from graphrag_drift.query.graph import Graph
from graphrag_drift.values import Shown, Span

_HAS_YEAR = re.compile(r"\d{4}")
_AROUND = 8  # words before and after a figure: what it is about
_YEAR = 4  # characters of an ISO date
_NEAR = 1 / 3  # of the words that the nearest sentence of a text shares with it: that is about the same thing too


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence rests on: the title and the ISO date (or "") of a document, and a part of its text."""

    title: str
    date: str
    text: str


def wrong_figure(sentence: str, sources: Sequence[Source], known: str) -> str:
    """What is wrong with the first date or figure of `sentence` that no source bears out, or ""; those of `known`
    need none."""
    borne: list[tuple[int, int]] = []
    for start, end, isos in dates_said(sentence, sources):
        said = sentence[start:end]
        if any(
            _tells_date(source, iso, bool(_HAS_YEAR.search(said))) for source, iso in zip(sources, isos, strict=True)
        ):
            borne.append((start, end))
        elif any(len(iso) > _YEAR for iso in isos) and said not in known:
            return f"the date {said!r} does not stand in what it cites"
    figures = figures_of(sentence)
    heads = [figures_in_words(f"{source.title} {source.date[:_YEAR]}") for source in sources]
    free = [held for of_one in (figures_in_words(known), *heads) for held in of_one]
    for figure in figures:
        if any(start <= figure.start < end for start, end in borne) or _is_among(figure, free, figures):
            continue
        if not any(_is_among(figure, _figures_near(sentence, figure, source.text), figures) for source in sources):
            elsewhere = any(_is_among(figure, figures_in_words(source.text), figures) for source in sources)
            how = "stands only elsewhere" if elsewhere else "does not stand"
            return f"the figure {figure.said!r} {how} in what it cites"
    return ""


def _is_among(figure: Figure, held: Iterable[Figure], sentence: Sequence[Figure]) -> bool:
    """Whether one of `held`, of a text, says the same as `figure`, of a `sentence` with these figures."""
    return any(_is_said_by(figure, other, sentence) for other in held)


def _is_said_by(figure: Figure, held: Figure, sentence: Sequence[Figure]) -> bool:
    if figure.unit and held.unit and figure.unit != held.unit:
        return False
    if held.unit == "percent" and not any(other.unit == "percent" for other in sentence):
        return False
    if figure.value == held.value:
        return True
    of_a_table = not held.scale and not held.unit  # whose head may say what is counted
    shared = not figure.scale and any(other.scale == held.scale for other in sentence)  # "from 5 to 7 million"
    return figure.number == held.number and (of_a_table or shared)


def _figures_near(sentence: str, figure: Figure, text: str) -> list[Figure]:
    """The figures of those sentences of `text` that share words with what `sentence` says around `figure`, and of
    those after the nearest, which may speak of the same with "it"."""
    before, after = sentence[: figure.start].split()[-_AROUND:], sentence[figure.start :].split()[:_AROUND]
    wanted = {term for term in content_terms(" ".join((*before, *after))) if not term[:1].isdigit()}
    parts = _analysed(text)
    shared = [len(wanted & words) for words, _ in parts]
    best = max(shared, default=0)
    return [
        held
        for n, (_, figures) in enumerate(parts)
        if shared[n] >= _NEAR * best or (n and shared[n - 1] == best)
        for held in figures
    ]


@lru_cache(maxsize=512)
def _analysed(text: str) -> tuple[tuple[frozenset[str], tuple[Figure, ...]], ...]:
    """The terms and the figures of each sentence of `text`."""
    parts = (text[start:end] for start, end in split_sentences(text))
    return tuple((frozenset(content_terms(part)), figures_in_words(part)) for part in parts)


def dates_said(sentence: str, sources: Sequence[Source]) -> Iterator[tuple[int, int, list[str]]]:
    """(start, end, ISO dates) of each date of `sentence` that is written in figures: how it is meant if the sentence
    is of the day of each of the `sources`, "" where it is none."""
    found: dict[tuple[int, int], list[str]] = {}
    if not any(map(str.isdigit, sentence)):
        return  # most sentences: finding dates takes longer than all else that is looked for in them
    for n, source in enumerate(sources):
        for date in _dates_in(sentence, source.date):
            if any(character.isdigit() for character in sentence[date.start : date.end]):
                found.setdefault((date.start, date.end), [""] * len(sources))[n] = date.iso
    for (start, end), isos in sorted(found.items()):
        likely = next(iso for iso in isos if iso)
        yield start, end, [iso or likely for iso in isos]


@lru_cache(maxsize=512)
def _dates_in(sentence: str, published: str) -> tuple[Date, ...]:
    return tuple(find_dates(sentence, published or None))


def _tells_date(source: Source, iso: str, has_year: bool) -> bool:
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


# What goes with the sentence before it: marks, and a remark such as "(reported 4 May)".
_AFTER = re.compile(r"\s*(?:(?:\[\d{1,6}\]|\([^()]{1,60}\))\s*)+")
_REMARK = re.compile(either(lambda language: re.escape(language.templates.reported).replace(r"\{date\}", "[^()]*")))
_MARK = re.compile(r"\[(\d{1,6})\]")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\||---)")
_NAME = re.compile(r"(?<=[\w,;:)\"”’'] )[A-ZÀ-Þ][\w’'-]{2,}")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_QUOTE = re.compile(r'[“「]([^“”「」]{15,})[”」]|"([^"]{15,})"')
_SAID = 0.35  # share of a sentence's terms that its evidence must hold
_FEWEST = 3  # terms; less states nothing that could be checked
_ALIKE = 0.85  # of a quotation and a passage: a slip of the pen
Place = tuple[int, int]


@dataclass(frozen=True)
class Unsupported:
    """A sentence at `start` to `end` of a text, its marks included, and why it is not borne out."""

    start: int
    end: int
    sentence: str
    reason: str


def unsupported_sentences(text: str, evidence: Mapping[int, Source], known: str) -> Iterator[Unsupported]:
    """The sentences of `text` that their cited `evidence` (by mark) does not bear out; `known` needs none.

    Headings, questions and what is too short to state anything are passed over.
    """
    for start, end, marks in _sentences(text):
        said = without_marks(text[start:end]).strip()
        sentence = _REMARK.sub("", said).strip()
        if sentence.endswith(("?", ":")) or len(content_terms(sentence)) < _FEWEST:
            continue
        if not marks:
            yield Unsupported(start, end, sentence, "nothing is cited for it")
            continue
        sources = [evidence[mark] for mark in dict.fromkeys(marks) if mark in evidence]
        reason = _what_is_missing(sentence, sources, known) or wrong_figure(said, sources, known)
        if reason:
            yield Unsupported(start, end, sentence, reason)


def without_sentences(text: str, places: list[Place]) -> str:
    """`text` without what stands at `places`, nor lines and headings that hold nothing more."""
    kept = list(text)
    for start, end in places:
        kept[start:end] = [""] * (end - start)
    lines = [line.rstrip() for line in "".join(kept).split("\n")]
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
        if line.strip() and not _HEADING.match(line):
            yield from ((start + offset, end + offset, marks) for start, end, marks in _of_line(line))
        offset += len(line) + 1


def _of_line(line: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    found: list[tuple[int, int]] = []
    for start, end in split_sentences(line):
        leading = _AFTER.match(line, start, end)
        if leading and found:
            found[-1] = (found[-1][0], leading.end())
            start = leading.end()
        if line[start:end].strip():
            found.append((start, end))
    marks: tuple[int, ...] = ()
    cited = []
    for start, end in reversed(found):  # a sentence without marks goes with the next that has some
        marks = tuple(int(mark) for mark in _MARK.findall(line[start:end])) or marks
        cited.append((start, end, marks))
    yield from reversed(cited)


def _what_is_missing(sentence: str, sources: Sequence[Source], known: str) -> str:
    """What of the sentence, figures apart, its sources do not hold, or ""."""
    said = "\n".join(f"{source.title}\n{source.text}" for source in sources)
    for quote in (curly or straight for curly, straight in _QUOTE.findall(sentence)):
        if not is_quoted(quote, said):
            return f"the words {quote[:60]!r} do not stand in what it cites"
    held = f"{said}\n{known}".casefold()
    dates = [(start, end) for start, end, _ in dates_said(sentence, sources)]  # whose months are not looked for here
    found = [name for name in _NAME.finditer(sentence) if not any(a <= name.start() < b for a, b in dates)]
    names = [name[0] for name in found if _POSSESSIVE.sub("", name[0]).casefold() not in held]
    if names:
        return f"the name {names[0]!r} does not stand in what it cites"
    terms = set(content_terms(sentence))
    shared = terms & (_terms(said) | _terms(known))
    return "" if len(shared) >= _SAID * len(terms) else "what it cites is about something else"


@lru_cache(maxsize=512)
def _terms(said: str) -> frozenset[str]:
    """The sentences of a tree cite the same passages again and again."""
    return frozenset(content_terms(said))


def is_quoted(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text`, as it is, but for spaces and punctuation, or but for a slip."""
    wanted, held = bare(quote), bare(text)
    if wanted in held:
        return True
    matcher = SequenceMatcher(None, held, wanted, autojunk=False)
    block = matcher.find_longest_match()
    start = max(0, block.a - block.b)
    return SequenceMatcher(None, held[start : start + len(wanted)], wanted, autojunk=False).ratio() >= _ALIKE


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
