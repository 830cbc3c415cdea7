"""auto against the best single method for each type of question: `python benchmarks/routing.py [--null] [--sample N]`.

The example newsroom, and a sample of each type of MultiHop-RAG (where `../shared/data` is there), by the embedded
reader. An answer scores the mean of the share of gold articles or facts that it cites and, where the gold answer is a
string, whether it contains it; for a single fact, which each of its gold articles tells, one is enough. A question
without an answer scores 1 if nothing is cited. "auto, paid" chooses as if each task of the reader were a call to a
model. The regret of auto is what the best single method scores more on that
type, in hindsight. Then: how many unanswerable questions were refused, and how many others; with `--null` for all 301
of MultiHop-RAG, by halves, of which thresholds were chosen on the first.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data import Absent, Corpus, Question, multihop_news, newsroom
from measure import Watched, indexed, mean, print_head, print_row, watch, with_ids_of

from graphrag_drift import Answer, Index, Settings
from graphrag_drift.providers.resolve import models_for

SINGLE = ("basic", "local", "global", "drift")
METHODS = (*SINGLE, "auto", "auto, paid")


@dataclass(frozen=True)
class Measured:
    """One answer: its score, whether nothing was cited, what auto chose ("" by another method), tasks of the reader."""

    score: float
    refused: bool
    chosen: str
    calls: int


Measures = dict[tuple[str, str], list[Measured]]  # by (set and type, method)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=40, help="questions of each type of MultiHop-RAG")
    parser.add_argument("--null", action="store_true", help="ask all its unanswerable questions")
    options = parser.parse_args()
    outcomes: Measures = defaultdict(list)
    for corpus in corpora():
        chosen = sampled(corpus, options.sample, options.null)
        metadata = [column for column in corpus.documents.columns if column == "source"]
        with indexed(corpus, input={"metadata_columns": metadata}) as settings:
            asked = with_ids_of(Index.open_sync(settings), chosen) if corpus.folder else chosen
            for question, method, measured in measure(settings, asked):
                outcomes[f"{corpus.name}: {question.kind}", method].append(measured)
    report_regret(outcomes)
    report_refusals(outcomes)


def corpora() -> Iterator[Corpus]:
    """The newsroom, and MultiHop-RAG where it is there, with its types told apart."""
    yield newsroom()
    try:
        corpus = multihop_news()
    except Absent as absent:
        sys.stderr.write(f"half of this benchmark is left out: {absent}\n")
        return
    yield replace(corpus, questions=tuple(replace(q, kind=kind_of(q)) for q in corpus.questions))


def kind_of(question: Question) -> str:
    """The type of a question; the set tells inference from temporal only by its answers, which are names or not."""
    if question.kind != "inference_or_temporal":
        return question.kind
    return "inference" if question.answers else "temporal"


def sampled(corpus: Corpus, size: int, all_null: bool) -> list[Question]:
    """Every n-th question of each type of MultiHop-RAG, so that there are `size`; all of the newsroom."""
    by_kind: dict[str, list[Question]] = defaultdict(list)
    for question in corpus.questions:
        by_kind[question.kind].append(question)
    chosen = []
    for kind, rows in sorted(by_kind.items()):
        every = corpus.name == "newsroom" or (all_null and kind == "null")
        chosen += rows if every else rows[:: max(1, len(rows) // size)][:size]
    return chosen


def measure(settings: Settings, asked: Sequence[Question]) -> Iterator[tuple[Question, str, Measured]]:
    """Every question by every method."""
    watched: list[Watched] = []
    opened: dict[bool, Index] = {}
    for question in asked:
        for method in METHODS:
            paid = method.endswith("paid")
            if paid not in opened:
                opened[paid] = Index.open_sync(settings, models=watch(models_for(settings), watched, composes=paid))
            before = sum(each.calls for each in watched)
            answer = opened[paid].ask_sync(question.text, method=method.partition(",")[0])
            yield question, method, of(answer, question, sum(each.calls for each in watched) - before)


def of(answer: Answer, question: Question, calls: int) -> Measured:
    """`answer` in numbers."""
    refused = answer.form == "nothing"
    chosen = next((note.split()[2].rstrip(":") for note in answer.notes if note.startswith("auto chose")), "")
    if not question.gold:
        return Measured(float(refused), refused, chosen, calls)
    cited = question.gold & {citation.document_id for citation in answer.citations}
    parts = [float(bool(cited)) if question.kind == "single_fact" else len(cited) / len(question.gold)]
    parts += [float(any(a.casefold() in answer.text.casefold() for a in question.answers))] if question.answers else []
    return Measured(mean(parts), refused, chosen, calls)


def report_regret(outcomes: Measures) -> None:
    """Print the scores, a row a type."""
    print_head("type (n)", *METHODS, "regret (paid)", "auto chose (paid)", f"tasks: {'; '.join(METHODS)}")
    for kind in dict.fromkeys(kind for kind, _ in outcomes):
        means = {method: mean([m.score for m in outcomes[kind, method]]) for method in METHODS}
        best = max(means[method] for method in SINGLE)
        regret = f"{best - means['auto']:+.3f} ({best - means['auto, paid']:+.3f})"
        chosen = f"{choices(outcomes[kind, 'auto'])} ({choices(outcomes[kind, 'auto, paid'])})"
        calls = "; ".join(f"{mean([m.calls for m in outcomes[kind, method]]):.1f}" for method in METHODS)
        scores = (f"{means[method]:.3f}" for method in METHODS)
        print_row(f"{kind} ({len(outcomes[kind, 'auto'])})", *scores, regret, chosen, calls)


def choices(measured: Sequence[Measured]) -> str:
    """How often which method was chosen, most often first."""
    counts = Counter(m.chosen for m in measured)
    return ", ".join(f"{method} {count}" for method, count in sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def report_refusals(outcomes: Measures) -> None:
    """Print how many unanswerable questions were refused, and how many others."""
    print()
    print_head("questions", *METHODS)
    rows: dict[str, dict[str, list[bool]]] = {}
    for (kind, method), measured in outcomes.items():
        name, _, kind = kind.partition(": ")
        null = kind in ("null", "unanswerable")
        refused = [m.refused for m in measured]
        rows.setdefault(f"{name}, {'un' * null}answerable", {}).setdefault(method, []).extend(refused)
        if null and len(refused) > 100:
            for half, part in (("even", refused[::2]), ("odd", refused[1::2])):
                rows.setdefault(f"{name}, unanswerable, {half}", {}).setdefault(method, []).extend(part)
    for label, by in rows.items():
        print_row(f"{label} refused", *(f"{sum(by[method])} of {len(by[method])}" for method in METHODS))


if __name__ == "__main__":
    main()
