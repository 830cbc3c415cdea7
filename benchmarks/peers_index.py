"""Indexing over a chat model, side by side: this engine, nano-graphrag, LightRAG, fast-graphrag, Microsoft GraphRAG.

    python benchmarks/peers_index.py [--peers NAME,...] [--latencies 0,0.2] [--runs 1] [--venvs FOLDER]

Each indexes the same podcasts, cut to about 100 text units of 1,200 tokens, in a process of its own, against the
same test server on loopback, which answers in every engine's own format with the same facts about the same text.
Peers run from their released packages, each in a virtual environment that is made on first use (5 GB in all).
It does not compare what the indexes are worth: LightRAG and fast-graphrag write no reports, and the model is no
model. Everything runs one after another; a peer that cannot be installed, or fails, is a row that says so.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peers"))

from environments import PACKAGES, NotInstalled, python_of, version_of  # noqa: E402
from running import (  # noqa: E402
    CACHE,
    CONCURRENCY,
    DOCUMENTS,
    OURS,
    TEXT_UNITS,
    ask,
    execute,
    last_words,
    of_chat,
    prepare,
    server,
    write_corpus,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one process used, and what the server counted meanwhile; `failure` is "" for a run that indexed."""

    peer: str
    version: str
    latency: float
    cpu: float
    wall: float
    peak: float  # MB
    counted: dict[str, Any]
    failure: str = ""

    @property
    def bound(self) -> float:
        """Seconds that the model alone must take: the calls of each stage in full rounds, one stage after another."""
        return self.latency * float(sum(math.ceil(calls / CONCURRENCY) for calls in self.counted["calls"].values()))

    @property
    def chat_calls(self) -> int:
        """Calls that were not for vectors."""
        return of_chat(self.counted, "calls")

    @property
    def prompt_tokens(self) -> int:
        """What the chat calls sent, schemas included."""
        return of_chat(self.counted, "tokens")


def main() -> None:
    """Print the tables."""
    options = arguments()
    prepare(options.venvs)
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        corpus_tokens = write_corpus(documents)
        with server(Path(folder) / "port") as url:
            runs = [
                run
                for peer in options.peers.split(",")
                for run in measure_peer(peer, options, url=url, documents=documents, folder=Path(folder))
            ]
    print_tables(runs, corpus_tokens)
    if options.json:
        options.json.write_text(json.dumps([as_row(run, corpus_tokens) for run in runs], indent=1), "utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join([OURS, *PACKAGES]))
    parser.add_argument("--latencies", default="0,0.2", help="seconds")
    parser.add_argument("--runs", type=int, default=1, help="of each peer at each latency; the median CPU is shown")
    parser.add_argument("--venvs", type=Path, default=CACHE, help=f"where the peers are installed; default {CACHE}")
    parser.add_argument("--json", type=Path, help="write the figures of every run there too")
    options = parser.parse_args()
    if unknown := set(options.peers.split(",")) - {OURS, *PACKAGES}:
        parser.error(f"unknown peers {sorted(unknown)}; expected {[OURS, *PACKAGES]}")
    return options


def measure_peer(peer: str, options: argparse.Namespace, *, url: str, documents: Path, folder: Path) -> list[Run]:
    """All runs of one peer."""
    latencies = [float(latency) for latency in options.latencies.split(",")]
    try:
        python = Path(sys.executable) if peer == OURS else python_of(peer, options.venvs)
    except NotInstalled as error:
        nothing: dict[str, Any] = {"calls": {}, "tokens": {}, "span_seconds": 0.0}
        return [Run(peer, "", latency, 0, 0, 0, nothing, f"not installed: {error}") for latency in latencies]
    version = "this tree" if peer == OURS else version_of(peer, python)
    runs = []
    for latency in latencies:
        for number in range(options.runs):
            work = folder / f"{peer}-{latency}-{number}"
            work.mkdir()
            run = measure(peer, version, python, url=url, latency=latency, documents=documents, work=work)
            sys.stderr.write(f"{as_row(run, 1)}\n")
            runs.append(run)
    return runs


def measure(peer: str, version: str, python: Path, *, url: str, latency: float, documents: Path, work: Path) -> Run:
    """Index once. The child's figures include its start and its own children; the server's are not among them."""
    ask(f"{url}/measure", {"latency": latency})
    command = [str(python), "-P", str(HERE / "peers" / "runners" / f"run_{peer}.py")]
    command += [f"{url}/v1", str(documents), str(work), str(CONCURRENCY)]
    status, used, wall = execute(peer, command, work, log := work.with_suffix(".log"))
    counted = ask(f"{url}/measured")
    run = Run(peer, version, latency, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, counted)
    if status:
        return replace(run, failure=f"failed ({status}): {last_words(log)}")
    return run if run.chat_calls else replace(run, failure="made no calls to the model")


def as_row(run: Run, corpus_tokens: int) -> dict[str, Any]:
    """The figures of a run."""
    chat = {kind: count for kind, count in run.counted["calls"].items() if kind != "embed"}
    return {
        "peer": run.peer,
        "version": run.version,
        "latency": run.latency,
        "failure": run.failure,
        "cpu": round(run.cpu, 2),
        "wall": round(run.wall, 2),
        "bound": round(run.bound, 2),
        "peak_mb": round(run.peak),
        "chat_calls": chat,
        "embedding_calls": run.counted["calls"].get("embed", 0),
        "cpu_ms_per_call": round(1000 * run.cpu / max(1, run.chat_calls), 1),
        "prompt_tokens_per_corpus_token": round(run.prompt_tokens / corpus_tokens, 2),
        **run.counted,
    }


def print_tables(runs: list[Run], corpus_tokens: int) -> None:
    """One table of cost and one of waiting; of several runs the one with the median CPU."""
    write = sys.stdout.write
    write(f"{DOCUMENTS} documents, {DOCUMENTS * TEXT_UNITS} text units, {corpus_tokens:,} tokens; ")
    write(f"{CONCURRENCY} calls at a time; loopback server.\n\n")
    write("| engine | latency ms | CPU s | wall s | bound s | wall / bound | calls took s | peak MB | at once |\n")
    write("|---|---|---|---|---|---|---|---|---|\n")
    shown = medians(runs)
    for run in shown:
        name = f"{run.peer} {run.version}".replace("_", "-")
        if run.failure:
            write(f"| {name} | {1000 * run.latency:.0f} | {run.failure} | | | | | | |\n")
            continue
        ratio = f"{run.wall / run.bound:.2f}" if run.bound else ""
        write(f"| {name} | {1000 * run.latency:.0f} | {run.cpu:.1f} | {run.wall:.1f} | {run.bound:.1f} | {ratio} ")
        write(f"| {run.counted['span_seconds']:.1f} | {run.peak:.0f} | {run.counted['peak_concurrency']} |\n")
    write("\n| engine | chat calls | of which | embedding calls (texts) | CPU ms a call | prompt tokens ")
    write("| a corpus token | constant prefix | reply tokens |\n|---|---|---|---|---|---|---|---|---|\n")
    for run in [run for run in shown if not run.failure and run.latency == shown[0].latency]:
        calls = run.counted["calls"]
        kinds = ", ".join(f"{kind} {count}" for kind, count in calls.items() if kind != "embed")
        constant = sum(run.counted["constant_tokens"].values()) / run.prompt_tokens
        every = 1000 * run.cpu / sum(calls.values())
        write(f"| {run.peer.replace('_', '-')} | {run.chat_calls} | {kinds} | {calls.get('embed', 0)} ")
        write(f"({run.counted['embedded_texts']}) | {every:.1f} | {run.prompt_tokens:,} ")
        write(f"| {run.prompt_tokens / corpus_tokens:.1f} | {constant:.0%} | {run.counted['reply_tokens']:,} |\n")


def medians(runs: list[Run]) -> list[Run]:
    """Of each engine and latency, the run with the median CPU; a failed run stands for all of its kind."""
    groups: dict[tuple[str, float], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.peer, run.latency].append(run)
    ranked = [sorted(group, key=lambda run: (not run.failure, run.cpu)) for group in groups.values()]
    return [group[0] if group[0].failure else group[(len(group) - 1) // 2] for group in ranked]


if __name__ == "__main__":
    main()
