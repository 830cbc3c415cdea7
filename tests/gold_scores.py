"""A graph that was built from gold documents against that gold: entities, relations, statements, directions.

A built entity is a gold one if they share a name in that document, one to one; a relation is a pair of entities that a
document relates. The gold knows nothing across documents, so what is merged across them shows only where it costs
something in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from gold_oracle import Gold, Graph


@dataclass(frozen=True)
class Score:
    """Of what a graph was built from and what it should hold."""

    found: int
    built: int
    gold: int

    @property
    def precision(self) -> float:
        return self.found / max(self.built, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.gold, 1)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(self.built + self.gold, 1)


@dataclass(frozen=True)
class Scores:
    """`statements` are relations with their direction and kind; `forward`: pairs related in one direction only, that
    the graph has that way round."""

    entities: Score
    relations: Score
    statements: Score
    forward: Score
    failures: int


def score(golds: Sequence[Gold], graph: Graph) -> Scores:
    """The built graph against the gold, document by document."""
    entities, relationships, mentions, related, failures = graph
    called = _by_document(mentions.select("document_id", "title", "name"), related)
    stands = {title: set(ids) for title, ids in entities.select("title", "text_unit_ids").iter_rows()}
    rows: dict[str, set[tuple[str, str]]] = {}
    for source, target, ids in relationships.select("source", "target", "text_unit_ids").iter_rows():
        for document_id in ids:
            rows.setdefault(document_id, set()).add((source, target))
    said: dict[str, set[tuple[str, str, str]]] = {}
    for document_id, source, target, kind in related.select(
        "document_id", "source_title", "target_title", pl.col("description").str.extract(r" (P\d+) ")
    ).iter_rows():
        said.setdefault(document_id, set()).add((source, target, kind))
    counts = [
        _count(
            gold,
            {title: names for title, names in called.get(gold.id, {}).items() if gold.id in stands[title]},
            rows.get(gold.id, set()),
            said.get(gold.id, set()),
        )
        for gold in golds
    ]
    entity, relation, statement, forward = zip(*counts, strict=True)
    return Scores(_total(entity), _total(relation), _total(statement), _total(forward), failures.height)


def _total(counts: Sequence[Score]) -> Score:
    return Score(*(sum(parts) for parts in zip(*((c.found, c.built, c.gold) for c in counts), strict=True)))


def _by_document(mentions: pl.DataFrame, related: pl.DataFrame) -> dict[str, dict[str, set[str]]]:
    """Document -> title -> the names that it is called by there."""
    ends = [
        related.filter(pl.col("source_title") != pl.col("target_title")).select(
            "document_id", title=f"{end}_title", name=end
        )
        for end in ("source", "target")
    ]
    called: dict[str, dict[str, set[str]]] = {}
    for document_id, title, name in pl.concat([mentions, *ends]).iter_rows():
        called.setdefault(document_id, {}).setdefault(title, set()).add(name)
    return called


def _count(
    gold: Gold,
    called: Mapping[str, set[str]],
    rows: set[tuple[str, str]],
    said: set[tuple[str, str, str]],
) -> tuple[Score, Score, Score, Score]:
    title = _matched(gold, called)
    pairs = {frozenset(row) for row in rows}
    directed = {(source, target) for source, target, _ in gold.relations}
    expected = {frozenset(pair) for pair in directed}
    found = {pair for pair in expected if frozenset(title.get(end) for end in pair) in pairs}
    statements = {(title.get(a), title.get(b), kind) for a, b, kind in gold.relations} & said
    single = [(a, b) for a, b in directed if (b, a) not in directed and frozenset((a, b)) in found]
    forward = sum((title[a], title[b]) in rows for a, b in single)
    return (
        Score(len(title), len(called), len(gold.names)),
        Score(len(found), len(pairs), len(expected)),
        Score(len(statements), len(said), len(gold.relations)),
        Score(forward, len(single), len(single)),
    )


def _matched(gold: Gold, called: Mapping[str, set[str]]) -> dict[int, str]:
    """Gold entity -> title, one to one: by the fullest form, then by any."""
    title: dict[int, str] = {}
    taken: set[str] = set()
    for depth in (1, None):
        for number, names in enumerate(gold.names):
            if number in title:
                continue
            wanted = {_plain(name) for name in names[:depth]}
            fits = (each for each in sorted(called) if each not in taken and wanted & {_plain(n) for n in called[each]})
            if chosen := next(fits, None):
                title[number] = chosen
                taken.add(chosen)
    return title


def _plain(name: str) -> str:
    """A name without what is only a way of writing it: who reads the graph knows it again."""
    return name.casefold().removeprefix("the ").removesuffix("'s")
