"""Local search and DRIFT over 50,000 entities and 150,000 relationships, in all besides the reader.

    python benchmarks/large_graph.py

The index is made up, by a seed: 12,500 text units of 60 words in 2,500 documents, four entities in each, relationships
among entities of one text unit and of its neighbours, a report with three findings for every ten entities. The reader
is scripted: it replies at once. Times are the median and the worst of 25 questions, after one that loads everything.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
from measure import print_head, print_row

from graphrag_drift import Settings
from graphrag_drift.language.statistics import Lexicon, count_terms
from graphrag_drift.providers.embedded.embedder import HashedTfidf
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.providers.tokens import tokenizer_for
from graphrag_drift.query.bm25 import POSTINGS
from graphrag_drift.query.drift_search import drift_search
from graphrag_drift.query.evidence import index_terms
from graphrag_drift.query.graph import Graph
from graphrag_drift.query.inquiry import Inquiry
from graphrag_drift.query.local_search import show_local_context
from graphrag_drift.shown import RememberingTokenizer
from graphrag_drift.tables import (
    COMMUNITIES,
    COMMUNITY_REPORTS,
    COVARIATES,
    DOCUMENTS,
    ENTITIES,
    ENTITY_MENTIONS,
    RELATIONSHIPS,
    TEXT_UNITS,
    Schema,
)
from graphrag_drift.tasks import AnswerFollowUp, Findings, Hypothesize, MapFindings, PrimeQuestion, ReduceAnswers

ENTITIES_OF_ALL, RELATIONSHIPS_OF_ALL, UNITS, UNITS_OF_DOCUMENT, WORDS = 50_000, 150_000, 12_500, 5, 60
QUESTIONS = 25


def main() -> None:
    """Print the table."""
    dice = random.Random(11)
    tables, names = made_up(dice)
    words, terms = count_terms(tables["text_units"])
    lexicon = Lexicon.from_tables(words, terms)
    embedder = HashedTfidf(lexicon, 1024)
    titles = tables["documents"].select("title", document_id="id")
    contexts = tables["text_units"].join(titles, on="document_id", how="left", maintain_order="left")
    contexts = contexts.select("id", context="title")
    postings = index_terms(tables["text_units"], contexts)
    arrays = dict(zip((f"postings/{name}" for name in POSTINGS), postings, strict=True))
    texts = {
        "text_unit_text": tables["text_units"]["text"].to_list(),
        "entity_description": tables["entities"]["description"].to_list(),
        "community_full_content": tables["community_reports"]["full_content"].to_list(),
    }
    arrays |= {f"vectors/{field}": asyncio.run(embedder.embed_passages(said)) for field, said in texts.items()}
    graph = Graph({**tables, "words": words, "terms": terms}.__getitem__, arrays.__getitem__)
    tokenizer = RememberingTokenizer(tokenizer_for("o200k_base"))
    questions = [
        f"What did {a} do with {b}?"
        for a, b in zip(dice.sample(names, QUESTIONS + 1), dice.sample(names, QUESTIONS + 1), strict=True)
    ]

    def inquiry(question: str) -> Inquiry:
        return Inquiry(question, graph, scripted(names, dice), embedder, tokenizer, Settings())  # type: ignore[arg-type]

    print_head("what", "median ms", "worst ms", "target")
    for name, work, target in (
        ("local context, 12,000 tokens", lambda i: show_local_context(i, i.question, i.settings.local_search), "15 ms"),
        ("DRIFT, besides the reader", drift_search, "150 ms"),
    ):
        spent = []
        for question in questions:
            asked = inquiry(question)
            started = time.perf_counter()
            asyncio.run(work(asked))  # type: ignore[no-untyped-call]
            spent.append(1000 * (time.perf_counter() - started))
        print_row(name, f"{statistics.median(spent[1:]):.0f}", f"{max(spent[1:]):.0f}", target)


def scripted(names: list[str], dice: random.Random) -> ScriptedReader:
    """A reader whose answers cite a row and raise five questions about entities."""

    def findings(task: PrimeQuestion | AnswerFollowUp) -> Findings:
        rows = task.reports if isinstance(task, PrimeQuestion) else task.context
        asked = tuple(f"What became of {name}?" for name in dice.sample(names, task.follow_ups))
        return Findings(f"It is so [{rows[0].mark}].", 50.0, asked)

    return ScriptedReader(
        {
            Hypothesize: "It happened at the port.",
            PrimeQuestion: findings,
            AnswerFollowUp: findings,
            MapFindings: lambda task: task.findings,
            ReduceAnswers: lambda task: task.points[0].text,
        }
    )


def made_up(dice: random.Random) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """The tables of the index, and the names of its entities."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "or")]
    words = sorted({"".join(dice.sample(syllables, dice.randint(2, 3))) for _ in range(20_000)})
    weights = [1 / (rank + 10) for rank in range(len(words))]
    pairs = sorted(
        {
            f"{a.title()} {b.title()}"
            for a, b in zip(dice.choices(words, k=80_000), dice.choices(words, k=80_000), strict=True)
        }
    )
    names = dice.sample(pairs, ENTITIES_OF_ALL)
    units, mentions, start = [], [], 0
    for number in range(UNITS):
        held = names[4 * number : 4 * number + 4]
        text = " ".join(f"{name} {' '.join(dice.choices(words, weights, k=WORDS // 4))}." for name in held)
        document = f"d{number // UNITS_OF_DOCUMENT}"
        start = 0 if number % UNITS_OF_DOCUMENT == 0 else start
        units.append(
            {"id": f"t{number}", "document_id": document, "text": text, "start": start, "end": start + len(text)}
        )
        at = 0
        for name in held:
            at = text.index(name, at)
            mentions.append(
                (document, f"t{number}", name, "other", text[at : at + 80], start + at, start + at + len(name), name)
            )
        start += len(text)
    documents = [
        {"id": f"d{n}", "title": f"Report {n}", "creation_date": "2026-01-02", "text": "".join(u["text"] for u in part)}
        for n, part in enumerate(_portions(units, UNITS_OF_DOCUMENT))
    ]
    spans = {m[7]: [{"document_id": m[0], "text_unit_id": m[1], "start": m[5], "end": m[6]}] for m in mentions}
    entities = [
        {
            **{"id": f"e{n}", "human_readable_id": n, "title": name, "type": "other", "description": mentions[n][4]},
            **{"degree": 6, "frequency": 1, "aliases": [], "evidence": spans[name], "text_unit_ids": [f"t{n // 4}"]},
        }
        for n, name in enumerate(names)
    ]  # fmt: skip
    ends = sorted(
        {
            (a, min(ENTITIES_OF_ALL - 1, a + dice.randint(1, 40)))
            for a in dice.choices(range(ENTITIES_OF_ALL - 1), k=4 * RELATIONSHIPS_OF_ALL)
        }
    )
    chosen = sorted(dice.sample(ends, RELATIONSHIPS_OF_ALL))
    relationships = [
        {"id": f"r{n}", "human_readable_id": n, "source": names[a], "target": names[b], "weight": 1.0 + n % 5,
         "description": f"{names[a]} met {names[b]} at the port.", "evidence": spans[names[a]], "combined_degree": 12}
        for n, (a, b) in enumerate(chosen)
    ]  # fmt: skip
    communities, reports = [], []
    for n in range(ENTITIES_OF_ALL // 10):
        held = list(range(10 * n, 10 * n + 10))
        evidence = [spans[names[row]][0] for row in held[:3]]
        found = [
            {"summary": f"Of {names[row]}.", "explanation": f"{mentions[row][4]} [{k + 1}]"}
            for k, row in enumerate(held[:3])
        ]
        common = {
            "id": f"c{n}",
            "human_readable_id": n,
            "community": n,
            "level": 0,
            "parent": -1,
            "children": [],
            "size": 10,
        }
        communities.append({**common, "title": f"Community {n}", "entity_ids": [f"e{row}" for row in held]})
        said = " ".join(finding["explanation"] for finding in found)
        reports.append({**common, "title": names[held[0]], "summary": found[0]["explanation"], "full_content": said,
                        "rank": 5.0, "findings": found, "evidence": evidence})  # fmt: skip
    return {
        "documents": _table(documents, DOCUMENTS),
        "text_units": _table(units, TEXT_UNITS),
        "entities": _table(entities, ENTITIES),
        "relationships": _table(relationships, RELATIONSHIPS),
        "communities": _table(communities, COMMUNITIES),
        "community_reports": _table(reports, COMMUNITY_REPORTS),
        "covariates": pl.DataFrame(schema=COVARIATES),
        "entity_mentions": pl.DataFrame(mentions, schema={**ENTITY_MENTIONS, "title": pl.String()}, orient="row"),
    }, names


def _portions(rows: list[Any], size: int) -> list[list[Any]]:
    ahead = iter(rows)
    return list(iter(lambda: list(islice(ahead, size)), []))


def _table(rows: list[dict[str, Any]], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema)


if __name__ == "__main__":
    np.seterr(all="raise")
    main()
