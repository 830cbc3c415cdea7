"""What starting costs, in CPU-seconds with compiled bytecode: the import, the help, and a cold question.

python benchmarks/startup.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from data import newsroom
from measure import compiled, index_set, print_head, print_row

from graphrag_drift.cli.project import write_project

RUNS = 5


def measure(*arguments: str) -> tuple[float, float]:
    """Median CPU and wall seconds of a Python process over `RUNS` runs, after one that compiles."""
    cpu, wall = [], []
    for run in range(RUNS + 1):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, *arguments], env=compiled(), stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if run:
            cpu.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
            wall.append(time.perf_counter() - started)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), force=False)
        index_set(newsroom(), folder)
        rows = [
            ("python alone", measure("-c", "pass"), "bound"),
            ("import graphrag_drift", measure("-c", "import graphrag_drift"), "0.3 CPU"),
            ("graphrag-drift --help", measure("-m", "graphrag_drift", "--help"), "0.6 CPU"),
            ("import graphrag_drift.index", measure("-c", "import graphrag_drift.index"), ""),
            ("cold local question, newsroom", measure("-m", "graphrag_drift", "query", "-r", folder, "Who?"), ""),
        ]
    print_head("what", "CPU s", "wall s", "target")
    for name, (cpu, wall), target in rows:
        print_row(name, f"{cpu:.2f}", f"{wall:.2f}", target)


if __name__ == "__main__":
    main()
