"""DRIFT against local search at equal token budgets: `drift_vs_local.py [--budget N] [--sweep] [--others N]`.

50 questions: 25 of the example newsroom, 25 of MultiHop-RAG (where `../shared/data` is there), by the embedded reader.
Per search: evidence recall (gold articles or facts that are shown to the reader, and cited in the answer), gold answers
contained, supported claims, claim clusters, redundancy, calls, tokens shown. Then: how often DRIFT has more supported
claims and more clusters than local search; ranked follow-ups against shuffled ones at the same width; stopping by gain
against fixed rounds. The published rates (78 % comprehensiveness, 81 % diversity) are a language model's judgements.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl

from graphrag_drift import Answer, Index, Settings, build_index_sync
from graphrag_drift.each import in_thread
from graphrag_drift.marks import marked_sentences
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.query.frontier import Prospect, merge_near_duplicates
from graphrag_drift.values import Budget, Shown

HERE = Path(__file__).parent
NEWSROOM = HERE.parent / "examples" / "newsroom"
MULTIHOP = HERE.parent.parent / "shared" / "data" / "multihop_news"
QUESTIONS = 25  # of each set
SAME_CLAIM = 0.5  # cosine of two sentences that say the same


@dataclass(frozen=True)
class Question:
    """A question, the ids of the documents that hold its evidence, and answers of which one should be contained."""

    text: str
    gold: frozenset[str]
    answers: tuple[str, ...]


@dataclass
class Watched:
    """A reader that notes what it is shown and how often it is asked."""

    reader: Reader
    calls: int = 0
    shown: dict[tuple[str, str], Shown] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.reader.id

    @property
    def manner(self) -> str:
        return self.reader.manner

    async def read(self, task: Any) -> Any:
        self.calls += 1
        for part in fields(task):
            value = getattr(task, part.name)
            for row in value if isinstance(value, tuple) else ():
                if isinstance(row, Shown):
                    self.shown[row.title, row.text] = row
        return await self.reader.read(task)


@dataclass(frozen=True)
class Measured:
    """One answer in numbers."""

    shown: float
    cited: float
    contained: float | None
    claims: int
    clusters: int
    calls: int


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=24_000, help="tokens of rows shown for one question")
    parser.add_argument("--sweep", action="store_true", help="also stop by gain at several thresholds")
    parser.add_argument("--others", type=int, default=0, metavar="N", help="N other questions of MultiHop-RAG instead")
    options = parser.parse_args()
    found: dict[str, list[Measured]] = {}
    builds = (partial(multihop, others=options.others),) if options.others else (newsroom, multihop)
    for build in builds:
        with tempfile.TemporaryDirectory() as folder:
            settings, questions = build(Path(folder))
            for name, changed in variants(settings, options.budget, options.sweep):
                found.setdefault(name, []).extend(measure(changed, questions, name, options.budget))
    report(found)


def variants(settings: Settings, budget: int, sweep: bool) -> Iterator[tuple[str, Settings]]:
    """Name and settings of each search that is compared."""
    local = settings.local_search.model_copy(update={"max_context_tokens": budget})
    yield "local", settings.model_copy(update={"local_search": local})
    shares = {"primer_fold_tokens": budget // 8, "follow_up_context_tokens": budget // 10}
    drift = settings.drift_search.model_copy(update=shares)
    settings = settings.model_copy(update={"drift_search": drift})
    yield "drift", settings
    yield (
        "drift, ranked weights",
        settings.model_copy(update={"drift_search": drift.model_copy(update={"weights": "ranked"})}),
    )
    for seed in range(3):
        yield f"drift, shuffled {seed}", settings
    for gain in (0.3, 0.4, 0.5, 0.6, 0.7) if sweep else (drift.min_gain,):
        update = {"stop": "gain", "min_gain": gain}
        yield f"drift, gain {gain}", settings.model_copy(update={"drift_search": drift.model_copy(update=update)})
    yield "drift, no rounds", settings.model_copy(update={"drift_search": drift.model_copy(update={"rounds": 0})})


def measure(settings: Settings, questions: Sequence[Question], name: str, budget: int) -> list[Measured]:
    """The answers of one search to all questions."""
    models = models_for(settings)
    watched: list[Watched] = []

    def reader(lexicon: Any) -> Reader:
        watched.append(Watched(models.reader(lexicon)))
        return watched[-1]

    index = Index.open_sync(settings, models=replace(models, reader=Maker(reader, models.reader.version)))
    method = "local" if name == "local" else "drift"
    dice = random.Random(name)
    done = []
    for question in questions:
        if "shuffled" in name:
            with patch.object(Prospect, "worth", property(lambda _: dice.random())):
                answer = index.ask_sync(question.text, method=method, budget=Budget(tokens=budget))
        else:
            answer = index.ask_sync(question.text, method=method, budget=Budget(tokens=budget))
        done.append(of(answer, question, watched[0], index))
        watched[0].calls, watched[0].shown = 0, {}
    return done


def of(answer: Answer, question: Question, watched: Watched, index: Index) -> Measured:
    """`answer` in numbers."""
    gold = question.gold
    shown = {span.document_id for row in watched.shown.values() for span in row.spans}
    cited = {citation.document_id for citation in answer.citations}
    quotes = {citation.mark: " ".join(citation.quote.split()) for citation in answer.citations}
    claims = [
        text
        for text, marks in marked_sentences(answer.text)
        if any(" ".join(text.split()) in quotes.get(mark, "") or quotes.get(mark, "\0") in text for mark in marks)
    ]
    vectors = in_thread(index._embedder.embed_passages(claims))
    said = answer.text.casefold()
    return Measured(
        len(gold & shown) / len(gold),
        len(gold & cited) / len(gold),
        float(any(a.casefold() in said for a in question.answers)) if question.answers else None,
        len(claims),
        len(merge_near_duplicates(vectors, SAME_CLAIM)),
        watched.calls,
    )


def newsroom(folder: Path) -> tuple[Settings, list[Question]]:
    """Questions that ask for more than one fact first, then single facts."""
    settings = Settings.model_validate({"root": folder, "input": {"folder": str(NEWSROOM / "articles")}})
    build_index_sync(settings)
    index = Index.open_sync(settings)
    ids = dict(index.graph.documents.select("title", "id").iter_rows())
    order = ("multi_hop", "comparison", "temporal", "whole_corpus", "single_fact", "korean")
    rows = [json.loads(line) for line in (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()]
    rows = sorted((row for row in rows if row["type"] in order), key=lambda row: (order.index(row["type"]), row["id"]))
    return settings, [
        Question(row["question"], frozenset(ids[title] for title in row["gold"]), ()) for row in rows[:QUESTIONS]
    ]


def multihop(folder: Path, others: int = 0) -> tuple[Settings, list[Question]]:
    """Every n-th answerable question, so that all types are there; or so many `others`, from between them."""
    if not MULTIHOP.is_dir():
        sys.exit(f"this benchmark needs {MULTIHOP}")
    facts = [json.loads(line) for line in (MULTIHOP / "facts_corpus_981.jsonl").read_text("utf-8").splitlines()]
    frame = pl.DataFrame(
        {
            name: [str(fact[key] or "") for fact in facts]
            for name, key in (("id", "id"), ("title", "title"), ("text", "text"))
        }
    )
    settings = Settings.model_validate({"root": folder})
    build_index_sync(settings, documents=frame)
    asked = [json.loads(line) for line in (MULTIHOP / "queries_all_2556.jsonl").read_text("utf-8").splitlines()]
    asked = [row for row in asked if row["gold_facts"]]
    step = len(asked) // QUESTIONS
    chosen = asked[::step][:QUESTIONS]
    if others:
        left = [row for number, row in enumerate(asked) if number % step]
        chosen = left[:: len(left) // others][:others]
    return settings, [
        Question(
            row["question"],
            frozenset(str(fact) for fact in row["gold_facts"]),
            () if str(row["answer"]).casefold() in ("yes", "no", "before", "after") else (str(row["answer"]),),
        )
        for row in chosen
    ]


def report(found: dict[str, list[Measured]]) -> None:
    """Print the means, and the shares of questions for which DRIFT has more than local search."""
    shuffled = [name for name in found if "shuffled" in name]
    found["drift, shuffled (mean of 3)"] = [m for name in shuffled for m in found.pop(name)]
    print("| search | evidence shown | evidence cited | answer contained | claims | clusters | redundancy | calls |")
    print("|---|---|---|---|---|---|---|---|")
    for name, rows in found.items():
        held = [m.contained for m in rows if m.contained is not None]
        claims = sum(m.claims for m in rows)
        cells = [mean([m.shown for m in rows]), mean([m.cited for m in rows]), mean(held)]
        more = [f"{claims / len(rows):.1f}", f"{sum(m.clusters for m in rows) / len(rows):.1f}"]
        redundancy = 1 - sum(m.clusters for m in rows) / max(claims, 1)
        calls = sum(m.calls for m in rows) / len(rows)
        print(f"| {name} | {' | '.join([*cells, *more])} | {redundancy:.2f} | {calls:.1f} |")
    print()
    for name, rows in found.items():
        if name != "local":
            pairs = list(zip(rows, found["local"] * (len(rows) // len(found["local"])), strict=True))
            claims = sum(mine.claims > other.claims for mine, other in pairs) / len(pairs)
            clusters = sum(mine.clusters > other.clusters for mine, other in pairs) / len(pairs)
            print(f"{name}: more claims than local for {claims:.0%}, more clusters for {clusters:.0%} of the questions")


def mean(values: Sequence[float]) -> str:
    return f"{sum(values) / max(len(values), 1):.3f}"


if __name__ == "__main__":
    main()
