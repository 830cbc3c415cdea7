"""A statement, the rows that it cites -> the sentences of their documents to quote for it.

A sentence that says the statement in its own words is the quote. Else the statement's quotations, then its figures,
dates and names, then its other words choose: of each row the sentence that has most of them, and further ones as long
as a quotation, a figure or a date is missing. Whether a quote bears the statement out is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from graphrag_drift.facts import Facts, Sentence, are_of_other_languages, bare, day_of, facts_of, sentences_of
from graphrag_drift.values import Shown, Span

_REMARK = re.compile(r"\s*\([^()]*\)$")
_EXPLAINED = re.compile(r"\s*\[[^\]\d][^\]]*\]")
_STOP = re.compile(r"[.!?…]+[)\]\"'”’]*")
_WORD, _BETWEEN = re.compile(r"\w+"), r"\W+"
# What each fact counts that a sentence shares with the statement, and twice the share of its words.
_WEIGHTS = {"quotation": 8.0, "figure": 3.0, "day": 2.0, "month": 1.0, "count": 1.0, "name": 1.0, "year": 0.5}
_WORDS = 2.0
_AGAIN = 0.25  # of that for what another quote of the statement shows
_LOOKED_FOR = ("quotation", "figure", "day", "month")  # what further sentences are quoted for
_FURTHER = 3  # at most, for one statement
_WHOLE = 3  # spans of a row that shares nothing with the statement, as in another language
Need = tuple[Literal["quotation", "figure", "day", "month", "count", "name", "year"], str | Decimal]
Passage = tuple[Span, str, str]
"""A span, the text at it, and the ISO day of its document, or ""."""


@dataclass(frozen=True)
class _Candidate:
    """A sentence of passage `passage` of row `row`."""

    row: int
    passage: int
    sentence: Sentence


def quotes_of(statement: str, rows: Sequence[Shown], documents: Mapping[str, str]) -> list[Span]:
    """What to quote for `statement`: row by row, of each in the order of its document; `documents` are texts by id."""
    # A reader may remark on a sentence that it quotes, "It [the strike] ended. (reported 4 May) [7]".
    remarked = _REMARK.sub("", statement)
    wordings = tuple(dict.fromkeys(filter(None, (statement, remarked, _EXPLAINED.sub("", remarked)))))
    quotes = [_verbatim(wordings, row, documents) for row in rows]
    others = tuple(
        () if quote else _passages(row, documents) for quote, row in zip(quotes, rows, strict=True)
    )
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
    texts = [documents.get(span.document_id, "") for span in row.spans]
    return tuple(
        (span, text[span.start : span.end], row.date if row.kind == "source" else day_of(text))
        for span, text in zip(row.spans, texts, strict=True)
    )


@lru_cache(maxsize=1024)
def _choose(statement: str, rows: tuple[tuple[Passage, ...], ...], verbatim: bool) -> tuple[tuple[Span, ...], ...]:
    """What to quote of the passages of each row; `verbatim`: the statement is quoted of another row already."""
    candidates = [
        _Candidate(row, number, sentence)
        for row, passages in enumerate(rows)
        for number, (span, text, day) in enumerate(passages)
        for sentence in sentences_of(text, day, span.start == 0)
    ]
    facts = facts_of(statement, next((day for passages in rows for _, _, day in passages if day), ""))
    needs = dict.fromkeys(_needs(facts), verbatim)  # whether a quote shows it
    chosen: list[_Candidate] = []
    for row in range(len(rows)):
        own = [candidate for candidate in candidates if candidate.row == row]
        best = max(own, key=lambda candidate: _gain(candidate, needs, facts), default=None)
        if best is not None and _gain(best, needs, facts) > 0 and _is_told(statement, best, needs, rows[row]):
            chosen.append(best)
            needs |= dict.fromkeys(_shown(best, needs), True)
    for _ in range(_FURTHER):
        missing = {need: False for need, is_shown in needs.items() if not is_shown and need[0] in _LOOKED_FOR}
        helpful = [each for each in candidates if each not in chosen and _shown(each, missing)]
        same = [each for each in helpful if _is_about(each, facts)] or helpful[: len(helpful) == 1]
        if not same:
            break
        best = max(same, key=lambda candidate: _gain(candidate, missing, facts))
        chosen.append(best)
        needs |= dict.fromkeys(_shown(best, needs), True)
    return tuple(
        tuple(_spans([each for each in chosen if each.row == row], passages)) for row, passages in enumerate(rows)
    )


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


def _shown(candidate: _Candidate, needs: Mapping[Need, bool]) -> list[Need]:
    return [need for need in needs if _has(candidate.sentence, need)]


def _is_told(
    statement: str, best: _Candidate, needs: Mapping[Need, bool], passages: tuple[Passage, ...]
) -> bool:
    """Whether what a sentence shares tells that it is the one: across languages a single name does not."""
    kinds = [kind for kind, _ in _shown(best, needs)]
    telling = any(kind in _LOOKED_FOR for kind in kinds) or kinds.count("name") > 1
    return telling or not are_of_other_languages(statement, passages[best.passage][1])


def _gain(candidate: _Candidate, needs: Mapping[Need, bool], facts: Facts) -> float:
    """How much of the statement the sentence shows, what other quotes show already counting less."""
    terms = candidate.sentence.facts.terms
    shown = sum(_WEIGHTS[need[0]] * (_AGAIN if needs[need] else 1) for need in _shown(candidate, needs))
    return float(shown + _WORDS * len(facts.terms & terms) / (1 + len(terms)) ** 0.5)


def _is_about(candidate: _Candidate, facts: Facts) -> bool:
    """Whether the sentence shares a word with the statement that is no figure."""
    return any(not term[:1].isdigit() for term in facts.terms & candidate.sentence.facts.terms)


def _spans(chosen: list[_Candidate], passages: tuple[Passage, ...]) -> Iterator[Span]:
    """The places of the sentences, those that follow each other as one; of none, those of all that is cited."""
    if not chosen:
        yield from (_whole(*passage) for passage in passages[:_WHOLE])
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


def _whole(span: Span, text: str, day: str) -> Span:
    """All sentences of a passage."""
    sentences = sentences_of(text, day, span.start == 0)
    start, end = (sentences[0].start, sentences[-1].end) if sentences else (0, len(text))
    return Span(span.document_id, span.text_unit_id, span.start + start, span.start + end)
