"""DRIFT against local search at equal token budgets: `drift_vs_local.py [--budget N] [--sweep] [--others N]`.

50 questions: 25 of the example newsroom, 25 of MultiHop-RAG (where `../shared/data` is there), by the embedded reader.
Per search: evidence recall (gold articles or facts that are shown to the reader, and cited in the answer), gold answers
contained, supported claims, claim clusters, redundancy, calls, tokens shown. Then: how often DRIFT has more supported
claims and more clusters than local search; ranked follow-ups against shuffled ones at the same width; stopping by gain
against fixed rounds. The published rates (78 % comprehensiveness, 81 % diversity) are a language model's judgements.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
from data import Corpus, Question, multihop_news, newsroom
from measure import Watched, indexed, mean, print_head, print_row, watch, with_ids_of

from graphrag_drift import Answer, Index, Settings
from graphrag_drift.each import in_thread
from graphrag_drift.marks import marked_sentences
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.query.frontier import Prospect
from graphrag_drift.values import Budget

QUESTIONS = 25  # of each set
SAME_CLAIM = 0.5  # cosine of two sentences that say the same


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
    corpora = [multihop(options.others)] if options.others else [news(), multihop()]
    outcomes: dict[str, list[Measured]] = {}
    for corpus in corpora:
        with indexed(corpus) as settings:
            questions: Sequence[Question] = corpus.questions
            if corpus.folder is not None:
                questions = with_ids_of(Index.open_sync(settings), questions)
            for name, changed in variants(settings, options.budget, options.sweep):
                outcomes.setdefault(name, []).extend(ask_all(changed, questions, name, options.budget))
    report(outcomes)


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


def ask_all(settings: Settings, questions: Sequence[Question], name: str, budget: int) -> list[Measured]:
    """The answers of one search to all questions, in numbers."""
    watched: list[Watched] = []
    index = Index.open_sync(settings, models=watch(models_for(settings), watched))
    dice = random.Random(name)
    outcomes = []
    for question in questions:
        with shuffled(dice) if "shuffled" in name else nullcontext():
            answer = index.ask_sync(
                question.text, method="local" if name == "local" else "drift", budget=Budget(tokens=budget)
            )
        outcomes.append(of(answer, question, watched[0], index))
        watched[0].calls, watched[0].shown = 0, {}
    return outcomes


def shuffled(dice: random.Random) -> AbstractContextManager[object]:
    """Within it follow-ups are worth what the dice say."""
    return patch.object(Prospect, "worth", property(lambda _: dice.random()))


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
        clusters(vectors),
        watched.calls,
    )


def clusters(vectors: np.ndarray) -> int:
    """How many of the unit vectors are not as near as SAME_CLAIM to one counted before."""
    firsts: list[int] = []
    for row in range(len(vectors)):
        if not firsts or float((vectors[firsts] @ vectors[row]).max()) < SAME_CLAIM:
            firsts.append(row)
    return len(firsts)


def news() -> Corpus:
    """The newsroom's questions that ask for more than one fact first, then single facts."""
    order = ("multi_hop", "comparison", "temporal", "whole_corpus", "single_fact", "korean")
    corpus = newsroom()
    chosen = sorted((q for q in corpus.questions if q.kind in order), key=lambda q: (order.index(q.kind), q.id))
    return replace(corpus, questions=tuple(chosen[:QUESTIONS]))


def multihop(others: int = 0) -> Corpus:
    """Every n-th answerable question, so that all types are there; or so many `others`, from between them."""
    corpus = multihop_news().bare()
    asked = [question for question in corpus.questions if question.answerable]
    step = len(asked) // QUESTIONS
    chosen = asked[::step][:QUESTIONS]
    if others:
        left = [question for number, question in enumerate(asked) if number % step]
        chosen = left[:: len(left) // others][:others]
    return replace(corpus, questions=tuple(chosen))


def report(outcomes: dict[str, list[Measured]]) -> None:
    """Print the means, and the shares of questions for which DRIFT has more than local search."""
    rows_of = {name: rows for name, rows in outcomes.items() if "shuffled" not in name}
    rows_of["drift, shuffled (mean of 3)"] = [m for name, rows in outcomes.items() if "shuffled" in name for m in rows]
    columns = ("evidence shown", "evidence cited", "answer contained", "claims", "clusters", "redundancy", "calls")
    print_head("search", *columns)
    for name, rows in rows_of.items():
        contained = [m.contained for m in rows if m.contained is not None]
        shares = (mean([m.shown for m in rows]), mean([m.cited for m in rows]), mean(contained))
        claims, differing = sum(m.claims for m in rows), sum(m.clusters for m in rows)
        each = [f"{claims / len(rows):.1f}", f"{differing / len(rows):.1f}", f"{1 - differing / max(claims, 1):.2f}"]
        print_row(name, *(f"{share:.3f}" for share in shares), *each, f"{mean([m.calls for m in rows]):.1f}")
    print()
    for name, rows in rows_of.items():
        if name != "local":
            pairs = list(zip(rows, rows_of["local"] * (len(rows) // len(rows_of["local"])), strict=True))
            more_claims = mean([mine.claims > other.claims for mine, other in pairs])
            more_clusters = mean([mine.clusters > other.clusters for mine, other in pairs])
            print(f"{name}: more claims than local for {more_claims:.0%}, ", end="")
            print(f"more clusters for {more_clusters:.0%} of the questions")


if __name__ == "__main__":
    main()
