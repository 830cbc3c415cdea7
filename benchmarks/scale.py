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
from pathlib import Path

from graphrag_drift import Index, Settings

CORPUS = Path(__file__).parent.parent.parent / "shared" / "data" / "podcasts"
INDEX = """
import json, sys
from graphrag_drift import Settings, build_index_sync
done = build_index_sync(Settings.model_validate(json.loads(sys.argv[1])))
print(json.dumps(dict(done.counts)))
"""


def main() -> None:
    """Print the tables."""
    if not CORPUS.is_dir():
        sys.exit(f"this benchmark needs {CORPUS}")
    rows = [json.loads(line) for line in (CORPUS / "corpus.jsonl").read_text("utf-8").splitlines()]
    again = [{**row, "id": "again-" + row["id"]} for row in rows]
    write = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        once, cpu, peak = build(Path(folder) / "once", rows)
        _, cpu_twice, peak_twice = build(Path(folder) / "twice", rows + again, copies={"enabled": False})
        write("| corpus | CPU s | peak RSS MB | target |\n|---|---|---|---|\n")
        write(f"| podcasts | {cpu:.1f} | {peak:.0f} | 45 CPU s, 700 MB |\n")
        write(f"| podcasts twice | {cpu_twice:.1f} ({cpu_twice / cpu:.2f} times) | {peak_twice:.0f} | 2.2 times |\n\n")
        ask(once)


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


def ask(settings: Settings) -> None:
    """Print how long questions take, warm and cold."""
    questions = [json.loads(line)["question"] for line in (CORPUS / "queries.jsonl").read_text("utf-8").splitlines()]
    (settings.root / "settings.yaml").write_text("input: {id_column: id}\n", "utf-8")
    index = Index.open_sync(settings)
    targets = {"basic": "", "local": "60 ms", "global": "", "drift": "600 ms"}
    sys.stdout.write("| question | median ms | worst ms | target |\n|---|---|---|---|\n")
    for method, target in targets.items():
        index.ask_sync(questions[0], method=method)  # type: ignore[arg-type]
        took = []
        for question in questions[:25]:
            started = time.perf_counter()
            index.ask_sync(question, method=method)  # type: ignore[arg-type]
            took.append(1000 * (time.perf_counter() - started))
        sys.stdout.write(f"| warm {method} | {statistics.median(took):.0f} | {max(took):.0f} | {target} |\n")
    command = [sys.executable, "-m", "graphrag_drift", "query", "-r", str(settings.root), questions[0], "-m", "local"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    took = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        took.append(1000 * (time.perf_counter() - started))
    sys.stdout.write(f"| cold local, whole process | {statistics.median(took):.0f} | {max(took):.0f} | 2500 ms |\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"\nPeak RSS of the asking process: {peak:.0f} MB\n")


if __name__ == "__main__":
    main()
