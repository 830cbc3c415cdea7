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
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contexts import NEWS, NEWSROOM, news_frame
from drift_vs_local import Watched
from retrieval import read

from graphrag_drift import Answer, Index, Settings, build_index_sync
from graphrag_drift.providers.protocols import Maker, Reader
from graphrag_drift.providers.resolve import models_for

SINGLE = ("basic", "local", "global", "drift")
METHODS = (*SINGLE, "auto", "auto, paid")
NOT_NAMES = ("yes", "no", "before", "after", "agree", "true", "false")


@dataclass(frozen=True)
class Asked:
    """A question of a set; no gold where the corpus has no answer."""

    set: str
    kind: str
    text: str
    gold: frozenset[str]
    answer: str = ""


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
    found: Measures = defaultdict(list)
    for build in (newsroom, multihop):
        with tempfile.TemporaryDirectory() as folder:
            settings, asked = build(Path(folder))
            for question, method, measured in measure(settings, sampled(asked, options.sample, options.null)):
                found[f"{question.set}: {question.kind}", method].append(measured)
    report_regret(found)
    report_refusals(found)


def newsroom(folder: Path) -> tuple[Settings, list[Asked]]:
    """All questions of the example newsroom."""
    settings = Settings.model_validate({"root": folder, "input": {"folder": str(NEWSROOM / "articles")}})
    build_index_sync(settings)
    ids = dict(Index.open_sync(settings).graph.documents.select("title", "id").iter_rows())
    return settings, [
        Asked("newsroom", row["type"], row["question"], frozenset(ids[title] for title in row["gold"]))
        for row in read(NEWSROOM / "questions.jsonl")
    ]


def multihop(folder: Path) -> tuple[Settings, list[Asked]]:
    """All questions of MultiHop-RAG, or none where it is not there."""
    settings = Settings.model_validate({"root": folder, "input": {"metadata_columns": ["source"]}})
    if not NEWS.passages.is_file():
        sys.stderr.write(f"the other half of this benchmark needs {NEWS.passages.parent}\n")
        return settings, []
    build_index_sync(settings, documents=news_frame())
    return settings, [
        Asked("multihop_news", kind_of(row), row["question"], frozenset(map(str, row["gold_facts"])), answer_of(row))
        for row in read(NEWS.questions)
    ]


def answer_of(row: dict[str, Any]) -> str:
    """The gold answer that an extract can contain; "" for a yes, a no, an order in time, and for none."""
    answer = str(row["answer"])
    return "" if not row["gold_facts"] or answer.casefold().rstrip(".") in NOT_NAMES else answer


def kind_of(row: dict[str, Any]) -> str:
    """The type of a question; the set tells inference from temporal only by its answers, which are names or not."""
    if row["type"] != "inference_or_temporal_query":
        kind: str = row["type"].removesuffix("_query")
        return kind
    return "inference" if answer_of(row) else "temporal"


def sampled(asked: Sequence[Asked], size: int, all_null: bool) -> Iterator[Asked]:
    """Every n-th question of each type of MultiHop-RAG, so that there are `size`; all of the newsroom."""
    by_kind: dict[str, list[Asked]] = {}
    for question in asked:
        by_kind.setdefault(question.kind, []).append(question)
    for kind, rows in sorted(by_kind.items()):
        if rows[0].set == "newsroom" or (all_null and kind == "null"):
            yield from rows
        else:
            yield from rows[:: max(1, len(rows) // size)][:size]


def measure(settings: Settings, asked: Iterator[Asked]) -> Iterator[tuple[Asked, str, Measured]]:
    """Every question by every method."""
    models = models_for(settings)
    watched: list[Watched] = []

    def reader(lexicon: Any) -> Reader:
        watched.append(Watched(models.reader(lexicon)))
        return watched[-1]

    opened: dict[bool, Index] = {}
    for question in asked:
        for method in METHODS:
            paid = method.endswith("paid")
            if paid not in opened:
                maker = Maker(reader, models.reader.version, composes=paid)
                opened[paid] = Index.open_sync(settings, models=replace(models, reader=maker))
            before = sum(each.calls for each in watched)
            answer = opened[paid].ask_sync(question.text, method=method.partition(",")[0])
            yield question, method, of(answer, question, sum(each.calls for each in watched) - before)


def of(answer: Answer, question: Asked, calls: int) -> Measured:
    """`answer` in numbers."""
    refused = not answer.citations
    chosen = next((note.split()[2].rstrip(":") for note in answer.notes if note.startswith("auto chose")), "")
    if not question.gold:
        return Measured(float(refused), refused, chosen, calls)
    cited = question.gold & {citation.document_id for citation in answer.citations}
    parts = [float(bool(cited)) if question.kind == "single_fact" else len(cited) / len(question.gold)]
    parts += [float(question.answer.casefold() in answer.text.casefold())] if question.answer else []
    return Measured(sum(parts) / len(parts), refused, chosen, calls)


def report_regret(found: Measures) -> None:
    """Print the scores, a row a type."""
    print(f"| type (n) | {' | '.join(METHODS)} | regret (paid) | auto chose (paid) | tasks: {'; '.join(METHODS)} |")
    print("|---|" + "---|" * (len(METHODS) + 3))
    for kind in dict.fromkeys(kind for kind, _ in found):
        means = {method: mean([m.score for m in found[kind, method]]) for method in METHODS}
        best = max(means[method] for method in SINGLE)
        regret = f"{best - means['auto']:+.3f} ({best - means['auto, paid']:+.3f})"
        chosen = f"{choices(found[kind, 'auto'])} ({choices(found[kind, 'auto, paid'])})"
        calls = "; ".join(f"{mean([m.calls for m in found[kind, method]]):.1f}" for method in METHODS)
        scores = " | ".join(f"{means[method]:.3f}" for method in METHODS)
        print(f"| {kind} ({len(found[kind, 'auto'])}) | {scores} | {regret} | {chosen} | {calls} |")


def choices(measured: Sequence[Measured]) -> str:
    """How often which method was chosen, most often first."""
    counts = Counter(m.chosen for m in measured)
    return ", ".join(f"{method} {count}" for method, count in sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def report_refusals(found: Measures) -> None:
    """Print how many unanswerable questions were refused, and how many others."""
    print(f"\n| questions | {' | '.join(METHODS)} |")
    print("|---|" + "---|" * len(METHODS))
    rows: dict[str, dict[str, list[bool]]] = {}
    for (kind, method), measured in found.items():
        name, _, kind = kind.partition(": ")
        null = kind in ("null", "unanswerable")
        refused = [m.refused for m in measured]
        rows.setdefault(f"{name}, {'un' * null}answerable", {}).setdefault(method, []).extend(refused)
        if null and len(refused) > 100:
            for half, part in (("even", refused[::2]), ("odd", refused[1::2])):
                rows.setdefault(f"{name}, unanswerable, {half}", {}).setdefault(method, []).extend(part)
    for label, by in rows.items():
        print(f"| {label} refused | {' | '.join(f'{sum(by[m])} of {len(by[m])}' for m in METHODS)} |")


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of none."""
    return sum(values) / max(len(values), 1)


if __name__ == "__main__":
    main()
