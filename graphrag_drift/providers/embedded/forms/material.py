"""What every form of answer is made of: the question, its rows, and their sentences, ranked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.terms import content_terms
from graphrag_drift.providers.embedded.choose import Scored, rank, says_again
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.forms.values import values_of
from graphrag_drift.providers.embedded.question import TYPED, Question
from graphrag_drift.providers.embedded.sentences import Candidate, first_cell, neighbour, sentences_of
from graphrag_drift.providers.embedded.weights import Knowledge, Rarity
from graphrag_drift.tasks import ItemDraft
from graphrag_drift.values import Shown

Block = tuple[Candidate, ...]  # sentences that are read together: one that leans, after the one it leans on


@dataclass(frozen=True)
class Material:
    """`candidates` are the sentences of `rows`; `most` is how many sentences an answer of prose may have."""

    question: Question
    rows: Sequence[Shown]
    candidates: Sequence[Candidate]
    knowledge: Knowledge
    most: int

    @cached_property
    def ranked(self) -> list[Scored]:
        """The candidates that have a word of the question in or around them, best first, near copies once."""
        ranked = rank(self.question, self.eligible, self.knowledge)
        return [item for item in ranked if not self._is_of_another(item, ranked)] if _has_rows(ranked) else ranked

    @cached_property
    def eligible(self) -> Sequence[Candidate]:
        """The candidates; of rows of tables, where the first cell of some is what is asked about, those alone."""
        cells = {one: cell for one in self.candidates if (cell := first_cell(one)) is not None}
        named = {one for one, cell in cells.items() if cell and cell <= self.question.terms}
        return [one for one in self.candidates if one not in cells or one in named] if named else self.candidates

    def _is_of_another(self, item: Scored, ranked: Sequence[Scored]) -> bool:
        """Whether it is a row of a table on something else, which its first cell names, and prose says as much."""
        cell = first_cell(item.candidate)
        if cell is None or self.question.kind in TYPED or cell <= self.question.terms | item.candidate.title:
            return False
        return any(item.covers <= other.covers and first_cell(other.candidate) is None for other in ranked)

    @cached_property
    def ranked_sources(self) -> list[Scored]:
        """Those of the documents' own text: what they say, rather than what is said of an entity of theirs."""
        kinds = ("source", "claim")
        own = [item for item in self.ranked if item.candidate.row.kind in kinds and self.tells(item.candidate)]
        return own or self.ranked

    @cached_property
    def surnames(self) -> frozenset[str]:
        """The terms of the last words of the question's names that the best sentences have as people's."""
        shown = {
            pair for item in self.ranked[:_LOOKED_AT] for pair in self.knowledge.names_in(item.candidate.sentence.text)
        }
        people = [name for name in self.question.name_texts if (name, "person") in shown]
        return frozenset(term for name in people for term in content_terms(name.split()[-1]))

    @cached_property
    def recurring(self) -> frozenset[str]:
        """The sentences that several documents hold, figures aside: they tell of no event.

        One that counts something is no such formula, but news that was brought up to date.
        """
        documents: dict[str, set[str]] = {}
        for candidate in self.candidates:
            if candidate.row.kind == "source":
                documents.setdefault(_formula(candidate), set()).add(candidate.row.spans[0].document_id)
        return frozenset(formula for formula, ids in documents.items() if len(ids) >= _FORMULAIC)

    def tells(self, candidate: Candidate) -> bool:
        """Whether it is no sentence that recurs from document to document."""
        return _formula(candidate) not in self.recurring or bool(values_of("number", candidate.sentence.text))

    def share(self, item: Scored) -> float:
        """How much of the question it covers, by the weight of its terms (0-1)."""
        return item.share_of(self.question)

    def blocks(self, chosen: Sequence[Scored]) -> list[Block]:
        """The chosen sentences as they are read, see `blocks_of`."""
        return blocks_of([item.candidate for item in chosen], self.knowledge.rarity)

    def said_already(self, candidate: Candidate, blocks: Iterable[Block]) -> bool:
        """Whether one of `blocks` says the same, or the sentence that `candidate` leans on."""
        others = [other for block in blocks for other in block]
        return not set(block_of(candidate)).isdisjoint(others) or says_again(candidate, others, self.knowledge.rarity)


_FORMULAIC = 3  # documents
_LOOKED_AT = 30  # sentences
_FIGURE = re.compile(r"\d+")
Form = Callable[[Material], list[ItemDraft]]
"""A function that makes the items; none, if the material holds nothing for them."""


def _has_rows(ranked: Sequence[Scored]) -> bool:
    return any(first_cell(item.candidate) is not None for item in ranked)


def _formula(candidate: Candidate) -> str:
    return _FIGURE.sub("0", " ".join(candidate.sentence.text.split()).casefold())


def block_of(candidate: Candidate) -> Block:
    """A sentence with what it cannot do without; nothing, if that is not there."""
    if candidate.sentence.corrects:
        after = neighbour(candidate, 1)
        return (candidate, after) if after else ()
    before = neighbour(candidate, -1)
    if before and before.sentence.asks:
        return (before, candidate)
    if not candidate.sentence.leans or len(sentences_of(candidate.row.text)) == 1:
        return (candidate,)
    if before and not before.sentence.leans:
        return (before, candidate)
    return (candidate,) if candidate.sentence.antecedent else ()


def whole(candidate: Candidate) -> Block:
    """A sentence of a chain, by itself; what was wrong with what is right."""
    return (block_of(candidate) if candidate.sentence.corrects else ()) or (candidate,)


def blocks_of(chosen: Sequence[Candidate], rarity: Rarity) -> list[Block]:
    """The sentences in their order, each with what it cannot do without, nothing twice.

    A sentence whose antecedent cannot be shown is left out, unless none would be left.
    """
    blocks: list[Block] = []
    for candidate in chosen:
        if any(candidate in block for block in blocks):
            continue
        block = block_of(candidate)
        repeated = next((i for i, other in enumerate(blocks) if set(block) & set(other)), None)
        if repeated is not None:
            blocks[repeated] = tuple(sorted({*blocks[repeated], *block}, key=lambda c: c.sentence.number))
        elif block and not says_again(block[-1], (other for others in blocks for other in others), rarity):
            blocks.append(block)
    return blocks or [(candidate,) for candidate in chosen[:1]]


def date_of(candidate: Candidate) -> str:
    """The ISO day of what a sentence tells: the one date in it, else that of its document; "" if neither is known."""
    published = candidate.row.date or None
    dates = [date.iso for date in find_dates(candidate.sentence.text, published)]
    full = [iso for iso in dates if len(iso) >= len("2024-01")]
    return full[0] if len(set(full)) == 1 else candidate.row.date


def item_of(block: Block, heading: str = "", date: str = "") -> ItemDraft:
    """The sentences, each with its mark; without "(reported ...)" where the item has the date itself."""
    return ItemDraft(paragraph(block, dated=not date), heading, date)
