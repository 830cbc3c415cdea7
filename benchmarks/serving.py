"""A server under load: 64 clients ask the example newsroom for a minute. Errors, latencies and memory, as it goes.

python benchmarks/serving.py [clients] [seconds]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
METHODS = ("auto", "local", "basic", "global", "drift")


def memory(pid: int) -> int:
    """Resident megabytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 1_000_000


def ask(url: str, question: str, method: str) -> float:
    """Seconds until the answer. Raises: OSError, if there is none."""
    body = json.dumps({"question": question, "method": method}).encode()
    request = urllib.request.Request(f"{url}api/ask", body, {"content-type": "application/json"})
    began = time.monotonic()
    with urllib.request.urlopen(request, timeout=300) as response:
        assert json.load(response)["text"]
    return time.monotonic() - began


def load(url: str, pid: int, clients: int, seconds: float) -> None:
    """Ask until the time is up, and print what came of it."""
    lines = (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    latencies: list[float] = []
    errors: list[str] = []
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        turn = number
        while time.monotonic() < end:
            try:
                latencies.append(ask(url, questions[turn % len(questions)], METHODS[turn % len(METHODS)]))
            except Exception as error:
                errors.append(repr(error))
            turn += clients

    ask(url, questions[0], "drift")
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    before = memory(pid)
    for thread in threads:
        thread.start()
    time.sleep(seconds / 2)
    half = memory(pid)
    for thread in threads:
        thread.join()
    p50, p95 = np.percentile(latencies, [50, 95])
    print(f"{clients} clients, {seconds:g} s: {len(latencies)} answers, {len(errors)} errors {errors[:2]}")
    print(f"latency: median {p50:.2f} s, p95 {p95:.2f} s, longest {max(latencies):.2f} s")
    print(f"resident memory: {before} MB before, {half} MB at half time, {memory(pid)} MB after")


def main() -> None:
    """Index the newsroom, serve it, and load it."""
    given = [float(argument) for argument in sys.argv[1:]]
    clients, seconds = given if given else (64, 60)
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, "-m", "graphrag_drift"]
        (Path(root) / "settings.yaml").write_text(f"input: {{folder: {NEWSROOM / 'articles'}}}\n", "utf-8")
        subprocess.run([*command, "index", "-r", root], check=True, capture_output=True)
        server = subprocess.Popen([*command, "serve", "-r", root, "--port", "0"], stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        try:
            load(server.stderr.readline().split()[2], server.pid, int(clients), seconds)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
