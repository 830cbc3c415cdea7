"""Podcast transcripts (1,669 pieces, 4.3 M characters), once and twice, from folder to published index; then questions.

    python benchmarks/scale.py

Each index is built in a process of its own, so that its CPU-seconds and peak memory are its own. "twice" is the
same corpus under other ids as well, with the linking of copies off.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from data import Question, podcasts
from measure import compiled, print_head, print_row

from graphrag_drift import Index, Settings
from graphrag_drift.values import Method

INDEX = """
import json, sys
from graphrag_drift import Settings, build_index_sync
done = build_index_sync(Settings.model_validate(json.loads(sys.argv[1])))
print(json.dumps(dict(done.counts)))
"""


def main() -> None:
    """Print the tables."""
    corpus = podcasts()
    rows = corpus.documents.select("id", "text").to_dicts()
    again = [{**row, "id": "again-" + row["id"]} for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        once, cpu, peak = build(Path(folder) / "once", rows)
        _, cpu_twice, peak_twice = build(Path(folder) / "twice", rows + again, copies={"enabled": False})
        print_head("corpus", "CPU s", "peak RSS MB", "target")
        print_row("podcasts", f"{cpu:.1f}", f"{peak:.0f}", "45 CPU s, 700 MB")
        print_row("podcasts twice", f"{cpu_twice:.1f} ({cpu_twice / cpu:.2f} times)", f"{peak_twice:.0f}", "2.2 times")
        print()
        ask(once, corpus.questions)


def build(root: Path, rows: list[dict[str, str]], **sections: object) -> tuple[Settings, float, float]:
    """Index `rows` in a child process; returns its settings, CPU-seconds and peak memory in MB."""
    (root / "input").mkdir(parents=True)
    (root / "input" / "corpus.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    settings = {"root": str(root), "input": {"id_column": "id"}, **sections}
    process = subprocess.Popen([sys.executable, "-c", INDEX, json.dumps(settings)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    sys.stdout.write(process.stdout.read().decode())
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit("indexing failed")
    return Settings.model_validate(settings), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def ask(settings: Settings, questions: Sequence[Question]) -> None:
    """Print how long questions take, warm and cold."""
    (settings.root / "settings.yaml").write_text("input: {id_column: id}\n", "utf-8")
    index = Index.open_sync(settings)
    targets: dict[Method, str] = {"basic": "", "local": "60 ms", "global": "", "drift": "600 ms"}
    print_head("question", "median ms", "worst ms", "target")
    for method, target in targets.items():
        index.ask_sync(questions[0].text, method=method)
        took = []
        for question in questions[:25]:
            started = time.perf_counter()
            index.ask_sync(question.text, method=method)
            took.append(1000 * (time.perf_counter() - started))
        print_row(f"warm {method}", f"{statistics.median(took):.0f}", f"{max(took):.0f}", target)
    command = [sys.executable, "-m", "graphrag_drift", "query", "-r", str(settings.root), questions[0].text]
    took = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([*command, "-m", "local"], env=compiled(), stdout=subprocess.DEVNULL, check=True)
        took.append(1000 * (time.perf_counter() - started))
    print_row("cold local, whole process", f"{statistics.median(took):.0f}", f"{max(took):.0f}", "2500 ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak RSS of the asking process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
