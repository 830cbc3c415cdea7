"""The text of a shown row -> its sentences, each with what selection needs to know of it.

Citation marks and Markdown of reports are passed over; datelines stay out of the sentence that follows them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from graphrag_drift.language.dates import DATE_LABEL
from graphrag_drift.language.detect import either
from graphrag_drift.language.language import Language
from graphrag_drift.language.lines import kind_of_line
from graphrag_drift.language.reading import languages, remembered
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import content_terms
from graphrag_drift.memo import as_json, recalled
from graphrag_drift.names.antecedents import Antecedent, find_antecedents
from graphrag_drift.names.find import Name, find_names
from graphrag_drift.values import Shown


def _reported(language: Language) -> str:
    return re.escape(language.templates.reported).replace(r"\{date\}", language.dates.written)


REPORTED = rf"(?:{either(_reported)})"  # what `citing` adds
_REPORTED = re.compile(rf"\s?({REPORTED})")
# A file's name before whoever speaks; prose that begins with one means it: "settings.json holds the keys".
_FILE_NAME = (
    r"\A\s*[^\n.!?]{1,150}\.(?:txt|md|html?|pdf|docx?|rtf|odt|srt|vtt|csv|xml|json)\b(?=\s+[A-Z][A-Z .'’-]+:\s)"
)
# That, citation marks, dates of reports, and Markdown for bold.
_MARKS = re.compile(rf"{_FILE_NAME}|\[\d+(?:, ?\d+)*\]|\[Data:[^\]]*\]|{REPORTED}|\*\*")
_LEAD = re.compile(r"(?:#{1,6}|[*•-])[ \t]+")  # of a heading or an item
_DATELINE = re.compile(rf"(?:{either(lambda language: language.prose.dateline)})")
_STOP = r"[.!?…。！？؟।][\"'”’»›)\]」』]*\Z"
_ENDS = re.compile(rf"{_STOP}|(?:{either(lambda language: language.prose.ends)})[\"'”’»]?\Z")
_BYLINE = re.compile(
    rf"(?:{either(lambda language: language.prose.byline)})"
    r"|.{0,60}\|.{0,60}\||(?:https?://|www\.)\S+\Z|.*@\S+\.\w+\Z"
)
# Sentences that cannot be understood without the one before: led by a pronoun, or with one before any name.
_LEANING = re.compile(either(lambda language: language.prose.leaning))
# Those that only point back: understood, if not as well.
_POINTING = re.compile(either(lambda language: language.prose.pointing))
_CORRECTION = re.compile(either(lambda language: language.prose.correction))
_ASKS = frozenset("?？؟")
_QUOTE = re.compile(r"[\"“][^\"“”]*[\"”]?\Z")
_PRONOUN_SAYS = re.compile(r"[,.?!][\"”’] ?(?:he|she|they|it|\w+ed (?:he|she)) ?(?:said|says|added|told|wrote|\b)")
_SHORTEST = 20  # characters that follow a dateline
_FIELD = re.compile(r"[^\W\d_a-z][^\W_][\w .'’/()&-]{0,30}[:：]\s+\S.{0,120}\Z")
_NUMERAL = re.compile(r"(?:^|[|\t])\s*[\d.,%]+\s*(?:$|[|\t])")
_SPEAKER = re.compile(r"((?:[^\W\d_a-z][\w.’'-]*\s){0,4}[^\W\d_a-z][\w.’'-]*):\s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`row.text[start:end]`, which is `text`. `leans`: it needs its predecessor to be understood, `points_back`: it
    is better with it."""

    text: str
    start: int
    end: int
    number: int
    terms: tuple[str, ...]  # content terms in order, with repetitions
    bag: frozenset[str]  # with those of `antecedent`
    words: frozenset[str]  # of `terms` without figures
    leans: bool
    points_back: bool
    prose: bool  # not a headline, a byline or a caption
    corrects: bool  # it says what was wrong, the next sentence what is right
    reported: str = ""  # "(reported 4 March 2025)", where the row says so after it
    antecedent: Antecedent | None = None  # what its first pronoun or role stands for

    @property
    def speaker(self) -> frozenset[str]:
        """The terms of the name that a transcript puts before what somebody says: "LISA SU: I was born ..."."""
        label = _SPEAKER.match(self.text)
        return frozenset(content_terms(label[1])) if label else frozenset()

    @property
    def asks(self) -> bool:
        """Whether it is a question: it states nothing, and what comes after it is said of it."""
        return self.text[-1:] in _ASKS

    @property
    def cells(self) -> tuple[str, ...]:
        """Those of a row of a table that hold anything; none of prose."""
        if kind_of_line(self.text) != "row":
            return ()
        cells = self.text.split("|" if "|" in self.text else "\t")
        return tuple(filter(None, map(str.strip, cells)))

    @property
    def plain(self) -> str:
        """The sentence on one line, the cells of a row with dots between them."""
        return " · ".join(self.cells) or " ".join(self.text.split())

    @property
    def explained(self) -> str:
        """As `plain`, with what it leans on in brackets: "Its [the ferry Solvind's] captain ..."."""
        meant = self.antecedent
        if meant is None:
            return self.plain
        at = meant.end - self.start
        return " ".join(f"{self.text[:at]} [{meant.shown}]{self.text[at:]}".split())


def spans_of(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences, headlines and bylines of `text`, in order, without datelines."""
    masked = _MARKS.sub(lambda match: " " * len(match.group()), text)
    return [_after_dateline(text, *_after_lead(masked, start, end)) for start, end in split_sentences(masked)]


@remembered(4096)
def sentences_of(text: str) -> tuple[Sentence, ...]:
    """The sentences of `text`, in order, verbatim."""
    return recalled(
        f"{__name__}:sentences",
        (languages(), text),
        lambda: _read_sentences(text),
        write=lambda sentences: as_json([_packed(sentence) for sentence in sentences]),
        read=lambda piece: tuple(_unpacked(text, number, *row) for number, row in enumerate(json.loads(piece))),
    )


def _read_sentences(text: str) -> tuple[Sentence, ...]:
    spans = spans_of(text)
    antecedents = _antecedents(text, spans)
    headers = dict(_headers(text, spans))
    sentences = [
        _sentence(text, span, number, antecedents.get(number), headers.get(number)) for number, span in enumerate(spans)
    ]
    for number, sentence in enumerate(sentences):
        if sentence.asks or (number and sentences[number - 1].asks and _ENDS.search(sentence.text)):
            sentences[number] = replace(sentence, prose=bool(sentence.terms))  # "A ramp?" "Yes, at high tide."
    if any(sentence.prose for sentence in sentences):
        return tuple(sentences)
    return tuple(replace(sentence, prose=_is_message(sentence)) for sentence in sentences)


def _headers(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """(number of a row of a table, its header), a header being the first of the rows if no cell of it is a number."""
    header, last = "", 0
    for number, (start, end) in enumerate(spans):
        header = "" if "\n\n" in text[last:start] else header
        last = end
        kind = "row" if " | " in text[start:end] else kind_of_line(text[start:end])
        if kind == "row" and not header:
            header = " " if _NUMERAL.search(text, start, end) else text[start:end]
        elif kind not in ("row", "rule"):
            header = ""
        if header.strip() and kind == "row":
            yield number, header


def _is_message(sentence: Sentence) -> bool:
    """Whether it reads as said, where nobody writes full stops: words in small letters among others."""
    small = sum(word.islower() for word in sentence.text.split())
    return small > 1 and len(sentence.terms) > 2 and not _BYLINE.match(sentence.text)


def _packed(sentence: Sentence) -> tuple[Any, ...]:
    """What `_unpacked` makes the sentence from."""
    own = set(sentence.terms)
    flags = (sentence.leans, sentence.points_back, sentence.prose, sentence.corrects)
    meant = astuple(sentence.antecedent) if sentence.antecedent else None
    return sentence.start, sentence.end, sentence.terms, sorted(sentence.bag - own), flags, sentence.reported, meant


def _unpacked(
    text: str,
    number: int,
    start: int,
    end: int,
    terms: list[str],
    others: list[str],
    flags: tuple[bool, bool, bool, bool],
    reported: str,
    meant: list[Any] | None,
) -> Sentence:
    leans, points_back, prose, corrects = flags
    return Sentence(
        text=text[start:end],
        start=start,
        end=end,
        number=number,
        terms=tuple(terms),
        **_sets(terms, others),
        leans=leans,
        points_back=points_back,
        prose=prose,
        corrects=corrects,
        reported=reported,
        antecedent=Antecedent(Name(*meant[0]), *meant[1:]) if meant else None,
    )


def _sets(terms: Sequence[str], meant: Sequence[str]) -> dict[str, frozenset[str]]:
    """`bag` and `words` of a sentence, which are one object where they are equal, as in most."""
    words = frozenset(term for term in terms if not term[:1].isdigit())
    bag = frozenset((*terms, *meant))
    return {"bag": words if len(words) == len(bag) else bag, "words": words}


def _antecedents(text: str, spans: list[tuple[int, int]]) -> dict[int, Antecedent]:
    """By the number of a sentence, whom its first word means, as far as `text` alone tells."""
    if not any(_LEANING.match(text, start, end) or _POINTING.match(text, start, end) for start, end in spans):
        return {}
    return find_antecedents(text, spans, find_names(text, spans, Statistics.from_texts([text], with_terms=False)))


def is_byline(words: str) -> bool:
    """Whether a line only says who wrote it, when and where it stands."""
    return _BYLINE.match(words) is not None


@remembered(4096)
def bag_of(text: str) -> frozenset[str]:
    """The content terms of all sentences of `text`."""
    return frozenset[str]().union(*(sentence.bag for sentence in sentences_of(text)))


@remembered(4096)
def bag_of_title(title: str) -> frozenset[str]:
    """The content terms of a title; none of none."""
    return frozenset(content_terms(title)) if any(map(str.isalnum, title)) else frozenset()


def title_at(row: Shown, start: int) -> frozenset[str]:
    """The content terms of the row's title and of the headings under which the character `start` of it stands."""
    section = section_at(row, start)
    return bag_of_title(row.title) | bag_of_title(section[1]) if section else bag_of_title(row.title)


def section_at(row: Shown, start: int) -> tuple[int, str] | None:
    """The last of `row.sections` that begins at or before its character `start`."""
    return next((section for section in reversed(row.sections) if section[0] <= start), None)


def _sentence(
    text: str, span: tuple[int, int], number: int, antecedent: Antecedent | None, header: str | None
) -> Sentence:
    start, end = span
    words = text[start:end]
    meant = content_terms(antecedent.shown if antecedent else header or "")
    terms = tuple(content_terms(words)) if any(map(str.isalnum, words)) else ()
    dated = _REPORTED.match(text, end)
    return Sentence(
        words,
        start,
        end,
        number,
        terms,
        **_sets(terms, meant),
        leans=_leans(words),
        points_back=bool(_POINTING.match(words)),
        prose=words != header and (header is not None or _is_prose(words, len(terms))),
        corrects=bool(_CORRECTION.match(words)),
        reported=dated.group(1) if dated else "",
        antecedent=antecedent,
    )


def _is_prose(words: str, terms: int) -> bool:
    """Whether a line says something: a sentence, a row of a table, or a field with its value, "Price: 90 crowns"."""
    if terms > 2 and kind_of_line(words) == "row":
        return True
    if _BYLINE.match(words) or DATE_LABEL.match(words):
        return False
    return (terms > 2 and _ENDS.search(words) is not None) or (terms > 1 and _FIELD.match(words) is not None)


def _after_lead(text: str, start: int, end: int) -> tuple[int, int]:
    lead = _LEAD.match(text, start, end)
    return (lead.end(), end) if lead and lead.end() < end else (start, end)


def _after_dateline(text: str, start: int, end: int) -> tuple[int, int]:
    dateline = _DATELINE.match(text, start, end)
    return (dateline.end(), end) if dateline and end - dateline.end() > _SHORTEST else (start, end)


def _leans(words: str) -> bool:
    if _LEANING.match(words) or _QUOTE.fullmatch(words) or _PRONOUN_SAYS.search(words):
        return True
    torn = words.count('"') % 2 == 1 or words.count("“") != words.count("”")
    return torn or words[:1].islower()


def occurrences(name: str, text: str) -> Iterator[tuple[int, int]]:
    """The spans at which `name` stands in `text`. Compiling a pattern for each name would cost more than the search."""
    start = text.find(name)
    while start >= 0:
        yield start, start + len(name)
        start = text.find(name, start + 1)


_READ = 20
_CLAUSE = re.compile(r"(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})(?:\.\d{1,3})*[.)]? (?:[^\W\d]\S*\s?){1,4}[.:]")
_LED = 3  # lines that may stand between a heading and the prose below it
_FIRST = {"source": 0, "claim": 1, "finding": 2, "relationship": 3, "report": 4, "entity": 5}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a row; `place` is the row's number among those shown."""

    sentence: Sentence
    row: Shown
    place: int

    @property
    def title(self) -> frozenset[str]:
        """The terms of its document's title and of the headings above it; none of other rows, whose titles are names
        of what they tell of."""
        return title_at(self.row, self.sentence.start) if self.row.kind == "source" else frozenset()

    @property
    def order(self) -> tuple[str, int, int]:
        """By date, then as shown."""
        return (self.row.date, self.place, self.sentence.start)

    @property
    def document(self) -> str:
        """The id of the document that its row is from, or the first of them; "" for a row without evidence."""
        return next((span.document_id for span in self.row.spans), "")


def nearest(rows: Sequence[Shown]) -> tuple[Shown, ...]:
    """The best 20 text units among the rows: one fact is read off these; all rows, where no text unit is shown."""
    sources = sorted((row for row in rows if row.kind == "source"), key=lambda row: -row.score)
    return tuple(sources[:_READ]) or tuple(rows)


def candidates_of(rows: Sequence[Shown]) -> list[Candidate]:
    """The prose of the rows; where rows repeat a sentence, the row that is nearest to the text keeps it."""
    kept: dict[str, Candidate] = {}
    for place, row in sorted(enumerate(rows), key=lambda pair: (_FIRST[pair[1].kind], pair[0])):
        for sentence in sentences_of(row.text):
            if sentence.prose and not sentence.asks:
                kept.setdefault(" ".join(sentence.text.split()), Candidate(sentence, row, place))
    return sorted(kept.values(), key=lambda candidate: (candidate.place, candidate.sentence.start))


def headlines_of(rows: Sequence[Shown]) -> list[Candidate]:
    """The titles of documents where they stand in a row as a line of their own, each once."""
    lines: dict[str, Candidate] = {}
    for place, row in enumerate(rows):
        title = " ".join(row.title.split())
        for sentence in sentences_of(row.text)[:1] if row.kind == "source" else ():
            if " ".join(sentence.text.split()) == title:
                lines.setdefault(title, Candidate(sentence, row, place))
    return list(lines.values())


def led_in(candidate: Candidate) -> frozenset[str]:
    """The terms of the heading or the question that a sentence comes first after: it is said of that.

    A heading may stand on its line: "2. Rent. The tenant pays 950 euros".
    """
    sentence = candidate.sentence
    before = sentences_of(candidate.row.text)[: sentence.number]
    if before and (before[-1].asks or _opens_line(before[-1], sentence, candidate.row.text)):
        return before[-1].bag
    above = [section for section in candidate.row.sections if section[0] <= sentence.start][-2:]
    if not above or any(one.prose and one.start >= above[-1][0] for one in before[-_LED:]):
        return frozenset()
    outer, inner = above[0][1], above[-1][1]
    is_new = len(above) == 2 and not outer.startswith(inner)  # else a unit goes on in it, or a table in it ended
    return bag_of_title(inner.rpartition(" · ")[2]) if is_new else frozenset()


def _opens_line(before: Sentence, sentence: Sentence, text: str) -> bool:
    """Whether `before` is a word or two with a number, at the beginning of the line of `sentence`."""
    same_line = "\n" not in text[before.end : sentence.start]
    return same_line and not before.prose and _CLAUSE.fullmatch(before.text) is not None


def first_cell(candidate: Candidate) -> frozenset[str] | None:
    """The terms of the first cell of a row of a table, which says what the row is about; None of what is no row."""
    cells = candidate.sentence.cells
    return bag_of_title(cells[0]) if cells else None


def neighbour(candidate: Candidate, step: int) -> Candidate | None:
    """The sentence `step` after it in its row, if there is one and that is prose."""
    sentences = sentences_of(candidate.row.text)
    number = candidate.sentence.number + step
    if not 0 <= number < len(sentences) or not sentences[number].prose:
        return None
    return Candidate(sentences[number], candidate.row, candidate.place)
