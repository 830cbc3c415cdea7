"""Made-up news of several sizes from folder to published index, then questions: where time and memory go.

    python benchmarks/scale.py --documents 1000 10000 [--jobs 2]
    python benchmarks/scale.py --podcasts
    python benchmarks/scale.py --relationships 1000000

Each index is built, and asked, in a process of its own, so that its CPU-seconds and peak memory are its own. The
exponent of a step is that of its CPU-seconds from the size before: 1 is linear, 1.11 is 1.3 times linear over a
tenfold size. `--podcasts` is the set of the GraphRAG paper, once, and twice under other ids with the linking of copies
off. `--relationships` clusters a made-up graph of so many.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import podcasts
from made_up import articles, questions
from measure import compiled, print_head, print_row

METHODS = ("basic", "local", "global", "drift")
# What a child process prints: a line of JSON. Its first argument is JSON, too.
INDEX = """
import json, resource, sys, time
from graphrag_drift import Settings, build_index_sync
given = json.loads(sys.argv[1])
def spent():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used), used[0].ru_maxrss / 1024
steps, before = [], [spent()[0]]
def observe(event):
    if event.kind in ("started", "finished"):
        cpu, peak = spent()
        name = event.step if event.kind == "finished" else "before " + event.step
        steps.append((name, cpu - before[0], peak))
        before[0] = cpu
started = time.perf_counter()
done = build_index_sync(Settings.model_validate(given["settings"]), observe=observe, **given["options"])
cpu, peak = spent()
steps.append(("publish", cpu - before[0], peak))
print(json.dumps({"steps": steps, "seconds": time.perf_counter() - started, "counts": dict(done.counts)}))
"""
ASK = """
import json, resource, sys, time
from graphrag_drift import Index, Settings
given = json.loads(sys.argv[1])
index = Index.open_sync(Settings.model_validate(given["settings"]))
times = {}
for method in given["methods"]:
    for question in given["questions"]:
        started = time.perf_counter()
        index.ask_sync(question, method=method)
        times.setdefault(method, []).append(1000 * (time.perf_counter() - started))
print(json.dumps({"ms": times, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


@dataclass(frozen=True)
class Measured:
    """An index of `documents`: its settings, CPU-seconds and peak RSS (MB) by step, and of all."""

    documents: int
    settings: dict[str, Any]
    steps: Mapping[str, float]
    peaks: Mapping[str, float]
    cpu: float
    peak: float
    seconds: float
    counts: Mapping[str, int]


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--documents", type=int, nargs="*", default=[])
    parser.add_argument("--podcasts", action="store_true")
    parser.add_argument("--relationships", type=int, nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.documents:
            made = [build(Path(folder) / str(count), articles(count), jobs=options.jobs) for count in options.documents]
            print_steps(made)
            print_totals(made)
            print_answers([(each, questions(10, each.documents)) for each in made])
        if options.podcasts:
            measure_podcasts(Path(folder))
    for count in options.relationships:
        measure_clustering(count)


def build(root: Path, rows: Iterable[Mapping[str, str]], *, jobs: int = 1, **sections: object) -> Measured:
    """Index `rows` in a process of its own."""
    (root / "input").mkdir(parents=True)
    documents = 0
    with (root / "input" / "corpus.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
            documents += 1
    settings = {"root": str(root), "input": {"id_column": "id"}, **sections}
    given = {"settings": settings, "options": {"jobs": jobs} if jobs > 1 else {}}
    reply, used = run(INDEX, given)
    steps: dict[str, float] = {}
    peaks: dict[str, float] = {}
    for name, cpu, peak in reply["steps"]:
        own = "between steps" if name.startswith("before ") and name != "before chunk" else name
        steps[own] = steps.get(own, 0.0) + cpu
        peaks[own] = peak
    cpu = used.ru_utime + used.ru_stime
    return Measured(
        documents, settings, steps, peaks, cpu, used.ru_maxrss / 1024, reply["seconds"], reply["counts"]
    )  # fmt: skip


def run(code: str, given: Mapping[str, object]) -> tuple[dict[str, Any], Any]:
    """(what `code` prints for `given`, what its process took)."""
    process = subprocess.Popen([sys.executable, "-c", code, json.dumps(given)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit("the process failed")
    return json.loads(printed), used


def exponent(smaller: tuple[int, float], larger: tuple[int, float]) -> str:
    """Of (size, CPU-seconds): how the time grows with the size."""
    if min(smaller[1], larger[1]) <= 0:
        return ""
    return f"{math.log(larger[1] / smaller[1]) / math.log(larger[0] / smaller[0]):.2f}"


def print_steps(made: Sequence[Measured]) -> None:
    """CPU-seconds by step and size, how they grow, and the peak of memory after each step of the largest."""
    print_head("step", *(f"{each.documents:,}" for each in made), "exponent", "peak RSS MB after it")
    for name in made[-1].steps:
        times = [each.steps.get(name, 0.0) for each in made]
        grows = exponent(*((each.documents, each.steps.get(name, 0.0)) for each in made[-2:])) if len(made) > 1 else ""
        print_row(name, *(f"{took:.1f}" for took in times), grows, f"{made[-1].peaks[name]:.0f}")
    print()


def print_totals(made: Sequence[Measured]) -> None:
    """What each size takes in all."""
    print_head("documents", "CPU s", "exponent", "wall s", "peak RSS MB", "index MB", "entities", "relationships")
    before: Measured | None = None
    for each in made:
        grows = exponent((before.documents, before.cpu), (each.documents, each.cpu)) if before else ""
        files = (Path(each.settings["root"]) / "output").rglob("*")
        size = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
        graph = (f"{each.counts[name]:,}" for name in ("entities", "relationships"))
        print_row(
            f"{each.documents:,}", f"{each.cpu:.1f}", grows, f"{each.seconds:.1f}", f"{each.peak:.0f}", f"{size:.0f}",
            *graph,
        )  # fmt: skip
        before = each
    print()


def print_answers(asked: Sequence[tuple[Measured, Sequence[str]]]) -> None:
    """How long questions take, and the memory of the process that answers."""
    print_head("documents", *(f"{name}, median ms (first)" for name in METHODS), "peak RSS MB")
    for each, asking in asked:
        reply, _ = run(ASK, {"settings": each.settings, "questions": list(asking), "methods": METHODS})
        cells = (f"{statistics.median(took[1:]):.0f} ({took[0]:.0f})" for took in reply["ms"].values())
        print_row(f"{each.documents:,}", *cells, f"{reply['peak']:.0f}")
    print()


def measure_podcasts(folder: Path) -> None:
    """The tables of podcast transcripts (1,669 pieces, 4.3 M characters)."""
    corpus = podcasts()
    rows = corpus.documents.select("id", "text").to_dicts()
    again = [{**row, "id": "again-" + row["id"]} for row in rows]
    once = build(folder / "once", rows)
    twice = build(folder / "twice", rows + again, copies={"enabled": False})
    print_steps([once])
    print_head("corpus", "CPU s", "peak RSS MB", "target")
    print_row("podcasts", f"{once.cpu:.1f}", f"{once.peak:.0f}", "15 CPU s, 450 MB")
    print_row("podcasts twice", f"{twice.cpu:.1f} ({twice.cpu / once.cpu:.2f} times)", f"{twice.peak:.0f}", "2.2 times")
    print()
    print_answers([(once, [question.text for question in corpus.questions[:25]])])
    (folder / "once" / "settings.yaml").write_text("input: {id_column: id}\n", "utf-8")
    command = [sys.executable, "-m", "graphrag_drift", "query", "-r", str(folder / "once"), corpus.questions[0].text]
    took = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([*command, "-m", "local"], env=compiled(), stdout=subprocess.DEVNULL, check=True)
        took.append(1000 * (time.perf_counter() - started))
    print(f"Cold local question, whole process: {statistics.median(took):.0f} ms")


CLUSTER = """
import json, random, resource, sys, time
import polars as pl
from graphrag_drift import Settings
from graphrag_drift.indexing.cluster import cluster
from graphrag_drift.tables import ENTITIES, RELATIONSHIPS
count = json.loads(sys.argv[1])["relationships"]
dice = random.Random(5)
names = count // 3
near = [dice.randint(1, 40) for _ in range(count)]
first = [dice.randrange(names) for _ in range(count)]
second = [(one + step) % names for one, step in zip(first, near)]
pairs = pl.DataFrame({"a": first, "b": second}).unique(maintain_order=True)
def filled(known, schema):
    size = known.height
    rest = [pl.Series(name, [[] if isinstance(kind, pl.List) else None], kind).new_from_index(0, size)
            for name, kind in schema.items() if name not in known.columns]
    return known.with_columns(rest).select(pl.col(name).cast(kind) for name, kind in schema.items())
title = pl.format("Name {}", pl.int_range(names, eager=True))
entities = filled(pl.DataFrame({"n": range(names)}).select(
    id=pl.format("e{}", "n"), human_readable_id="n", title=pl.format("Name {}", "n"), type=pl.lit("other"),
    description=pl.lit(""), degree=pl.lit(6), frequency=pl.lit(1)), ENTITIES)
relationships = filled(pairs.with_row_index("n").select(
    id=pl.format("r{}", "n"), human_readable_id="n", source=pl.format("Name {}", "a"), target=pl.format("Name {}", "b"),
    weight=pl.lit(1.0), description=pl.lit(""), combined_degree=pl.lit(12)), RELATIONSHIPS)
del near, first, second, pairs
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
started = time.process_time()
settings = Settings().cluster_graph
made = cluster(entities, relationships, settings=settings, period="2026-01-01")
print(json.dumps({"relationships": relationships.height, "cpu": time.process_time() - started, "before": before,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "communities": made.height}))
"""


def measure_clustering(count: int) -> None:
    """What clustering takes of a made-up graph, whose relationships are among near entities of a ring."""
    reply, _ = run(CLUSTER, {"relationships": count})
    print_head("relationships", "CPU s", "RSS MB before", "peak RSS MB", "communities")
    print_row(*(f"{reply[name]:,.0f}" for name in ("relationships", "cpu", "before", "peak", "communities")))


if __name__ == "__main__":
    main()
