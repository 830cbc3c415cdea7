"""Names that rules leave apart but that may mean the same -> a reader's verdict on each such pair, as merges.

Only a reader that composes is asked. Pairs are found by name (a rare word in common, nearly the same letters) and by
vector; those that cannot be the same (other kinds, other given names, kept apart by settings, told apart as homonyms)
are not asked, and of the others only the likeliest, at most a tenth as many as text units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

import numpy as np
import polars as pl

from graphrag_drift.each import read_each
from graphrag_drift.language.terms import content_terms
from graphrag_drift.names.forms import tidy
from graphrag_drift.providers.protocols import Embedder, NotEmbedded, Reader, Vectors
from graphrag_drift.settings import ResolveSettings
from graphrag_drift.tables import ENTITY_MERGES
from graphrag_drift.tasks.indexing import EntityDraft, ResolvePair, Sameness
from graphrag_drift.values import Observe

_RARE = 12  # titles that may share a word which brings them together
_NEIGHBOURS = 3  # of each title, by vector
_NEAR = 0.75  # cosine of two descriptions that may be of one entity
_LIKELY = 0.45  # how likely a pair must be to be asked
_TEXT_UNITS_PER_PAIR, _FEWEST = 10, 10
_LONGEST = 300  # characters of a description that a verdict rests on
Pair = tuple[str, str]


@dataclass(frozen=True)
class _Named:
    """What is known of one title."""

    title: str
    kind: str
    description: str
    mentions: int
    terms: tuple[str, ...]


async def judge_doubtful(
    mentions: pl.DataFrame,
    related: pl.DataFrame,
    merges: pl.DataFrame,
    text_units: int,
    reader: Reader,
    embedder: Embedder,
    *,
    settings: ResolveSettings,
    observe: Observe,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The tables of `resolve_by_rules` with the pairs merged that the reader finds to be the same, and failures.

    Each such merge is a row of entity_merges with the reason "model" and the reader's own, and a pair in
    `settings.keep_apart` undoes it. A pair whose verdict failed stays apart.
    """
    named = _named(mentions)
    vectors = await _vectors(embedder, list(named.values()))
    pairs = _doubtful(named, vectors, settings)[: max(_FEWEST, text_units // _TEXT_UNITS_PER_PAIR)]

    async def judge(pair: Pair) -> Sameness:
        return await reader.read(ResolvePair(*(_draft(named[title]) for title in pair)))

    ids = ["; ".join(pair) for pair in pairs]
    verdicts, failures = await read_each(pairs, judge, step="resolve", ids=ids, observe=observe)
    same = {pair: verdict.reason for pair, verdict in zip(pairs, verdicts, strict=True) if verdict and verdict.same}
    become = _merged(same, named)
    logged = [("", title, target, "model", reason, False) for title, (target, reason) in sorted(become.items())]
    new = {title: target for title, (target, _) in become.items()}
    return (
        mentions.with_columns(pl.col("title").replace(new)),
        related.with_columns(pl.col("source_title", "target_title").replace(new)),
        pl.concat(
            [merges.with_columns(pl.col("title").replace(new)), pl.DataFrame(logged, ENTITY_MERGES, orient="row")]
        ).sort("document_id", "name", "title"),
        failures,
    )


def _named(mentions: pl.DataFrame) -> dict[str, _Named]:
    """By title, sorted; of kinds the most frequent but "other", of descriptions the longest."""
    known = pl.col("type").filter(pl.col("type") != "other")
    descriptions = pl.col("description").fill_null("")
    rows = (
        mentions.group_by("title")
        .agg(
            kind=known.mode().sort().first(),
            description=descriptions.sort_by(descriptions.str.len_chars(), descriptions).last(),
            count=pl.len(),
        )
        .sort("title")
    )
    return {
        title: _Named(title, kind or "other", description, count, tuple(content_terms(title)))
        for title, kind, description, count in rows.iter_rows()
    }


def _draft(named: _Named) -> EntityDraft:
    return EntityDraft(named.title, named.kind, named.description[:_LONGEST])


async def _vectors(embedder: Embedder, named: list[_Named]) -> Vectors:
    try:
        # As `embed` does, so that what is the same then need not be paid for again.
        return await embedder.embed_passages([f"{each.title}:{each.description}" for each in named])
    except NotEmbedded as error:
        return error.vectors


def _doubtful(named: Mapping[str, _Named], vectors: Vectors, settings: ResolveSettings) -> list[Pair]:
    """Pairs of titles that may mean the same, likeliest first; ties go by title."""
    titles = list(named)
    place = {title: row for row, title in enumerate(titles)}
    apart = {frozenset(tidy(name).casefold() for name in pair) for pair in settings.keep_apart}
    likely: dict[Pair, float] = {}
    for a, b in {*_alike_by_name(named), *_alike_by_vector(titles, vectors)}:
        if not _can_be_same(named[a], named[b]) or frozenset((tidy(a).casefold(), tidy(b).casefold())) in apart:
            continue
        letters = SequenceMatcher(None, a.casefold(), b.casefold(), autojunk=False).ratio()
        worth = (letters + max(0.0, float(vectors[place[a]] @ vectors[place[b]]))) / 2
        if worth >= _LIKELY:
            likely[a, b] = worth
    return sorted(likely, key=lambda pair: (-likely[pair], pair))


def _alike_by_name(named: Mapping[str, _Named]) -> Iterator[Pair]:
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for title, each_ in named.items():
        for term in dict.fromkeys(each_.terms):
            holders[term].append(title)
    for titles in holders.values():
        if len(titles) <= _RARE:
            yield from ((min(pair), max(pair)) for pair in combinations(titles, 2))


def _alike_by_vector(titles: list[str], vectors: Vectors) -> Iterator[Pair]:
    for row, title in enumerate(titles):
        near = vectors @ vectors[row]
        near[row] = -1.0
        count = min(_NEIGHBOURS, len(titles) - 1)
        for other in np.argsort(-near, kind="stable")[:count].tolist():
            if near[other] >= _NEAR:
                yield min(title, titles[other]), max(title, titles[other])


def _can_be_same(a: _Named, b: _Named) -> bool:
    if a.kind != b.kind and "other" not in (a.kind, b.kind):
        return False
    if a.title.endswith(")") and b.title.endswith(")") and a.title.partition(" (")[0] == b.title.partition(" (")[0]:
        return False  # homonyms, which were told apart
    first, second = a.title.split(), b.title.split()
    if "person" in (a.kind, b.kind) and min(len(first), len(second)) > 1 and first[-1] == second[-1]:
        return first[0][0] == second[0][0]  # "J. Smith" may be "John Smith", "Mary Smith" is not
    return True


def _merged(same: Mapping[Pair, str], named: Mapping[str, _Named]) -> dict[str, tuple[str, str]]:
    """What each title becomes, and why: of those that are the same the one that is mentioned most."""
    group = {title: title for pair in same for title in pair}

    def leader(title: str) -> str:
        while group[title] != title:
            title = group[title]
        return title

    for a, b in sorted(same):
        first, second = sorted((leader(a), leader(b)), key=lambda t: (-named[t].mentions, -len(t), t))
        group[second] = first
    reasons = {title: reason for pair, reason in sorted(same.items()) for title in pair}
    return {title: (leader(title), reasons[title]) for title in group if leader(title) != title}
