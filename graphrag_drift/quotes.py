"""A statement, the rows that it cites -> the sentences of their documents to quote for it.

A sentence that says the statement in its own words is the quote. Else the statement's quotations, then its figures,
dates and names, then its other words choose: of each row the sentence that has most of them, and further ones as long
as a quotation, a figure, a date or many words are missing; these may stand beside what the row rests on, since whoever
described that had read on. Whether a quote bears the statement out is not judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import log
from typing import Literal

from graphrag_drift.facts import Facts, Sentence, bare, day_of, facts_of, is_of_another_language, sentences_of
from graphrag_drift.language.reading import remembered
from graphrag_drift.patterns import lazy_pattern
from graphrag_drift.values import Shown, Span

_REMARK = lazy_pattern(r"\s*\([^()]*\)$")
_EXPLAINED = lazy_pattern(r"\s*\[[^\]\d][^\]]*\]")
_STOP = lazy_pattern(r"[.!?…]+[)\]\"'”’]*")
_WORD, _BETWEEN = lazy_pattern(r"\w+"), r"\W+"
# What each fact counts that a sentence shares with the statement, and all words of the statement, by their rarity.
_WEIGHTS = {"quotation": 8.0, "figure": 3.0, "day": 2.0, "month": 1.0, "count": 1.0, "name": 1.0, "year": 0.5}
_WORDS, _LENGTH = 6.0, 0.01  # and what each word of the sentence costs
_AGAIN = 0.25  # of that for what another quote of the statement shows
_LOOKED_FOR = ("quotation", "figure", "day", "month")  # what further sentences are quoted for
_FURTHER = 3  # at most, for one statement
_MORE_WORDS = 0.25  # of the words of a statement, by rarity: more of it is a reason to quote a further sentence
_BESIDE = 2  # words that a sentence beside what is cited must share
_SHORT, _AROUND = 20_000, 1_500  # characters of a document that is read whole, and else before and after what is cited
_WHOLE = 3  # spans of a row that shares nothing with the statement, as in another language
Need = tuple[Literal["quotation", "figure", "day", "month", "count", "name", "year"], str | Decimal]
Passage = tuple[Span, str, str, bool]
"""A span, the text at it, the ISO day of its document, or "", and whether it is only beside what is cited."""


@dataclass(frozen=True)
class _Candidate:
    """A sentence of passage `passage` of row `row`, or of what stands around that."""

    row: int
    passage: int
    sentence: Sentence
    beside: bool


def quotes_of(statement: str, rows: Sequence[Shown], documents: Mapping[str, str]) -> list[Span]:
    """What to quote for `statement`: row by row, of each in the order of its document; `documents` are texts by id."""
    # A reader may remark on a sentence that it quotes, "It [the strike] ended. (reported 4 May) [7]".
    remarked = _REMARK.sub("", statement)
    wordings = tuple(dict.fromkeys(filter(None, (statement, remarked, _EXPLAINED.sub("", remarked)))))
    quotes = [_verbatim(wordings, row, documents) for row in rows]
    others = tuple(() if quote else _passages(row, documents) for quote, row in zip(quotes, rows, strict=True))
    if not any(others):
        return [quote for quote in quotes if quote]
    chosen = _choose(remarked, others, any(quotes))
    return [span for quote, spans in zip(quotes, chosen, strict=True) for span in ((quote,) if quote else spans)]


def _verbatim(wordings: Sequence[str], row: Shown, documents: Mapping[str, str]) -> Span | None:
    """The first place where a wording stands in what the row rests on."""
    for span in row.spans:
        passage = documents.get(span.document_id, "")[span.start : span.end]
        for wording in wordings:
            if place := _place_of(wording, passage):
                return Span(span.document_id, span.text_unit_id, span.start + place[0], span.start + place[1])
    return None


def _place_of(wording: str, passage: str) -> tuple[int, int] | None:
    """Where `wording` stands in `passage`, its full stop included: as it is, else but for capitals, spaces and
    punctuation."""
    start = passage.find(wording)
    end = start + len(wording)
    if start < 0:
        words = _WORD.findall(wording)
        if not words or f" {bare(wording)} " not in f" {bare(passage)} ":
            return None
        match = re.search(rf"\b{_BETWEEN.join(words)}\b", passage, re.IGNORECASE)
        if match is None:
            return None
        start, end = match.span()
    stop = _STOP.match(passage, end)
    return start, stop.end() if stop else end


def _passages(row: Shown, documents: Mapping[str, str]) -> tuple[Passage, ...]:
    """What a row rests on, and, unless it is a source, which was read by itself, what stands around that."""
    passages = []
    wide: dict[Span, tuple[str, str]] = {}
    for span in row.spans:
        text = documents.get(span.document_id, "")
        day = row.date if row.kind == "source" else day_of(text)
        passages.append((span, text[span.start : span.end], day, False))
        start, end = max(0, span.start - _AROUND), span.end + _AROUND
        whole = len(text) <= _SHORT
        around = replace(span, start=0 if whole else start, end=len(text) if whole else end)
        wide.setdefault(around, (text[around.start : around.end], day))
    beside = [] if row.kind == "source" else [(span, text, day, True) for span, (text, day) in wide.items()]
    return (*passages, *beside)


@remembered(1024)
def _choose(statement: str, rows: tuple[tuple[Passage, ...], ...], verbatim: bool) -> tuple[tuple[Span, ...], ...]:
    """What to quote of the passages of each row; `verbatim`: the statement is quoted of another row already."""
    choice = _Choice.of(statement, rows, verbatim)
    for row in range(len(rows)):
        choice.add([each for each in choice.candidates if each.row == row and not each.beside])
    for _ in range(_FURTHER):
        helpful = choice.helpful()
        if not helpful:
            break
        choice.add(helpful)
    chosen = [[each for each in choice.chosen if each.row == row] for row in range(len(rows))]
    return tuple(tuple(_spans(own, passages)) for own, passages in zip(chosen, rows, strict=True))


@dataclass
class _Choice:
    """The sentences `chosen` for a statement; `needs` says which of its facts they show already."""

    statement: str
    facts: Facts
    candidates: list[_Candidate]
    needs: dict[Need, bool]
    rarity: dict[str, float]  # of its terms among the candidates, 1 together
    chosen: list[_Candidate] = field(default_factory=list)

    @classmethod
    def of(cls, statement: str, rows: Sequence[tuple[Passage, ...]], verbatim: bool) -> _Choice:
        """Nothing is chosen."""
        candidates = [
            _Candidate(row, number, sentence, beside)
            for row, passages in enumerate(rows)
            for number, (span, text, day, beside) in enumerate(passages)
            for sentence in sentences_of(text, day, span.start == 0)
        ]
        facts = facts_of(statement, next((day for passages in rows for _, _, day, _ in passages if day), ""))
        counts = Counter(term for each in candidates for term in each.sentence.facts.terms & facts.terms)
        weights = {term: log(1 + len(candidates) / counts[term]) if counts[term] else 1.0 for term in facts.terms}
        total = sum(weights[term] for term in sorted(weights)) or 1.0
        rarity = {term: weight / total for term, weight in weights.items()}
        return cls(statement, facts, candidates, dict.fromkeys(_needs(facts), verbatim), rarity)

    def add(self, candidates: Sequence[_Candidate]) -> None:
        """Choose the one of `candidates` that shows most of the statement, the first of equals; none if none does."""
        best = max(candidates, key=self._gain, default=None)
        if best is not None and best not in self.chosen and self._is_told(best):
            self.chosen.append(best)
            self.needs |= dict.fromkeys(self._shown(best), True)

    def helpful(self) -> list[_Candidate]:
        """The candidates that show what is missing and speak of the same by some word, or the only one that does; and
        those that have many more words of the statement."""
        missing = [need for need, is_shown in self.needs.items() if not is_shown and need[0] in _LOOKED_FOR]
        shown = frozenset[str]().union(*(each.sentence.facts.terms for each in self.chosen))
        others = [each for each in self.candidates if each not in self.chosen]
        telling = [each for each in others if any(_has(each.sentence, need) for need in missing)]
        own = [each for each in telling if not each.beside]
        return [
            *(each for each in telling if self._shares_words(each)),
            *own[: len(own) == 1],
            *(each for each in others if self._words(each.sentence.facts.terms - shown) >= _MORE_WORDS),
        ]

    def _shares_words(self, candidate: _Candidate) -> bool:
        shared = [term for term in self.facts.terms & candidate.sentence.facts.terms if not term[:1].isdigit()]
        return len(shared) >= (_BESIDE if candidate.beside else 1)

    def _words(self, terms: Set[str]) -> float:
        """The share of the statement's words, by rarity, that are among `terms`."""
        return sum(self.rarity[term] for term in sorted(terms & self.rarity.keys()))

    def _shown(self, candidate: _Candidate) -> list[Need]:
        return [need for need in self.needs if _has(candidate.sentence, need)]

    def _gain(self, candidate: _Candidate) -> float:
        """How much of the statement the sentence shows, what other quotes show already counting less."""
        terms = candidate.sentence.facts.terms
        facts = sum(_WEIGHTS[need[0]] * (_AGAIN if self.needs[need] else 1) for need in self._shown(candidate))
        return facts + _WORDS * self._words(terms) - _LENGTH * len(terms)

    def _is_told(self, best: _Candidate) -> bool:
        """Whether what a sentence shares tells that it is the one: across languages a single name does not."""
        kinds = [kind for kind, _ in self._shown(best)]
        if any(kind in _LOOKED_FOR for kind in kinds) or kinds.count("name") > 1:
            return True
        shares = bool(kinds) or not self.facts.terms.isdisjoint(best.sentence.facts.terms)
        return shares and not is_of_another_language(self.statement, best.sentence.text)


def _needs(facts: Facts) -> Iterator[Need]:
    """What a statement with these facts wants to see quoted."""
    yield from (("quotation", each) for each in sorted(facts.quotations))
    yield from (("figure", each) for each in sorted(facts.figures, key=str))
    yield from (("count", each) for each in sorted(facts.counts, key=str))
    days = sorted(each for each in facts.dates if "-" in each)
    yield from (("day", each) for each in days)
    for each in sorted(facts.dates.difference(days)):
        if len(each) > 2:
            yield "year", each
        elif not any(day.startswith(each) for day in days):
            yield "month", each
    yield from (("name", each) for each in sorted(facts.names))


def _has(sentence: Sentence, need: Need) -> bool:
    kind, value = need
    if kind == "quotation":
        return f" {value} " in f" {sentence.plain} "
    if kind in ("figure", "count"):
        return value in sentence.facts.figures or value in sentence.facts.counts
    return value in (sentence.facts.terms if kind == "name" else sentence.facts.dates)


def _spans(chosen: list[_Candidate], passages: tuple[Passage, ...]) -> Iterator[Span]:
    """The places of the sentences, those that follow each other as one; of none, those of all that is cited."""
    if not chosen:
        yield from (_whole(*passage) for passage in [each for each in passages if not each[-1]][:_WHOLE])
        return
    places: list[tuple[int, int, int]] = []
    for each in sorted(chosen, key=lambda each: (each.passage, each.sentence.start)):
        start, end = each.sentence.start, each.sentence.end
        if places and places[-1][0] == each.passage and not passages[each.passage][1][places[-1][2] : start].strip():
            start = places.pop()[1]
        places.append((each.passage, start, end))
    for number, start, end in places:
        span = passages[number][0]
        yield Span(span.document_id, span.text_unit_id, span.start + start, span.start + end)


def _whole(span: Span, text: str, day: str, _: bool) -> Span:
    """All sentences of a passage."""
    sentences = sentences_of(text, day, span.start == 0)
    start, end = (sentences[0].start, sentences[-1].end) if sentences else (0, len(text))
    return Span(span.document_id, span.text_unit_id, span.start + start, span.start + end)
