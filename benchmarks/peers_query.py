"""Questions over a chat model, side by side: this engine and Microsoft GraphRAG, local search and DRIFT.

    python benchmarks/peers_query.py [--work FOLDER] [--latencies 0,0.2] [--venvs FOLDER] [--json FILE]

Both index the same podcasts as `peers_index.py`, over the same test server; then each answers the same questions in a
fresh process, with its default settings. A question's CPU is that of the process while it answers, after one question
that warms it up; without latency answers are asked for as a whole, with latency as a stream. Evidence are the sentences
of the podcasts that name what is asked for; shown are those that stand word for word in some prompt. What the answers
are worth is not compared: the model is no model.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peers"))

from environments import PACKAGES, NotInstalled, python_of, version_of  # noqa: E402
from oracle import SENTENCE  # noqa: E402
from running import (  # noqa: E402
    CACHE,
    CONCURRENCY,
    OURS,
    ask,
    execute,
    last_words,
    of_chat,
    prepare,
    server,
    write_corpus,
)

PEER = "microsoft_graphrag"
AS_PEER = f"{OURS}_as_peer"
ENGINES = {  # the settings that its index gets besides the runner's own
    OURS: '{"chunking": {}, "models": {"embedding": null}}',
    AS_PEER: "{}",
    PEER: "{}",
}
METHODS = ("local", "drift")
SHORTEST = 40  # characters of a sentence that counts as evidence
# What is asked, and what names it. The first warms up. Each is named in 5 to 12 of the 21 podcasts.
QUESTIONS = (
    ("What do the guests say about physics?", r"\b[Pp]hysic"),
    ("What do the guests say about their time at Stanford and at MIT?", r"\b(?:Stanford|MIT)\b"),
    ("How did music shape the work of the guests?", r"\b[Mm]usic"),
    ("What did the guests learn from playing and from making games?", r"\b[Gg]ames?\b"),
    ("Which robots do the guests talk about, and what are these robots able to do?", r"\b[Rr]obot"),
    ("How have COVID and the search for vaccines changed the work of the guests?", r"COVID|[Pp]andemic|[Vv]accin"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an engine used for a question, and what the server counted meanwhile."""

    engine: str
    method: str
    latency: float
    question: str
    cpu: float
    wall: float
    first: float  # seconds until some text was there to read
    counted: dict[str, Any]
    evidence: int  # sentences

    @property
    def chat_calls(self) -> int:
        """Calls that were not for vectors."""
        return of_chat(self.counted, "calls")

    @property
    def prompt_tokens(self) -> int:
        """What the chat calls sent, schemas included."""
        return of_chat(self.counted, "tokens")

    @property
    def bound(self) -> float:
        """Seconds that the chat calls must take that each waited for those before it."""
        return self.latency * len(self.counted["stages"])


def main() -> None:
    """Print the tables."""
    options = arguments()
    prepare(options.venvs)
    with tempfile.TemporaryDirectory() as folder:
        work = (options.work or Path(folder)).resolve()
        documents = work / "documents"
        if not documents.exists():
            work.mkdir(parents=True, exist_ok=True)
            write_corpus(documents)
        # An index knows the address of its model, so that a later run needs the same port.
        port = work / "port"
        last = port.read_text() if port.exists() else "0"
        port.unlink(missing_ok=True)
        with server(port, "--port", last, "--words", str(documents)) as url:
            asked = [each for engine in options.engines.split(",") for each in ask_engine(engine, options, url, work)]
    if PEER in options.engines.split(","):
        sys.stdout.write(f"{PEER} {version_of(PEER, python_of(PEER, options.venvs))}\n\n")
    sys.stdout.write("\n".join([*summary(asked), "", *by_question(asked), ""]))
    if options.json:
        options.json.write_text(json.dumps([as_row(each) for each in asked], indent=1), "utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--latencies", default="0,0.2", help="seconds")
    parser.add_argument("--venvs", type=Path, default=CACHE, help=f"where the peer is installed; default {CACHE}")
    parser.add_argument("--work", type=Path, help="keep the indexes there, and use those that a run before left")
    parser.add_argument("--json", type=Path, help="write the figures of every question there too")
    options = parser.parse_args()
    if unknown := set(options.engines.split(",")) - set(ENGINES):
        parser.error(f"unknown engines {sorted(unknown)}; expected {list(ENGINES)}")
    return options


def ask_engine(engine: str, options: argparse.Namespace, url: str, work: Path) -> Iterator[Asked]:
    """All questions to one engine, by every method, after each delay; indexed before where there is no index."""
    peer = engine if engine in PACKAGES else OURS
    try:
        python = str(python_of(peer, options.venvs) if peer in PACKAGES else sys.executable)
    except NotInstalled as error:
        sys.exit(f"{peer} could not be installed: {error}")
    index(engine, python, url, work)
    questions = [
        {"question": question, "evidence": evidence_of(pattern, work / "documents")} for question, pattern in QUESTIONS
    ]
    (work / "questions.json").write_text(json.dumps(questions), "utf-8")
    for method in options.methods.split(","):
        for latency in options.latencies.split(","):
            out, log = (work / f"{engine}-{method}-{latency}.{kind}" for kind in ("json", "log"))
            command = [python, str(HERE / "peers" / "runners" / f"query_{peer}.py"), url, str(work / engine), method]
            command += [latency, str(work / "questions.json"), str(out)]
            status, _, _ = execute(peer, command, work / engine, log)
            if status:
                sys.exit(f"{engine} failed to answer ({status}): {last_words(log)}")
            rows = json.loads(out.read_text("utf-8"))
            for row, question, (asked, _) in list(zip(rows, questions, QUESTIONS, strict=True))[1:]:
                cpu, wall, first = (float(row.pop(key) or 0) for key in ("cpu", "wall", "first"))
                evidence = len(question["evidence"])
                yield Asked(engine, method, float(latency), asked, cpu, wall, first, row, evidence)


def index(engine: str, python: str, url: str, work: Path) -> None:
    """Index once; half an index is made anew."""
    folder, done = work / engine, work / f"{engine}.indexed"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    peer = engine if engine in PACKAGES else OURS
    command = [python, "-P", str(HERE / "peers" / "runners" / f"run_{peer}.py")]
    command += [f"{url}/v1", str(work / "documents"), str(folder), str(CONCURRENCY)]
    command += [ENGINES[engine]] if peer == OURS else []
    ask(f"{url}/measure", {"latency": 0.0001})
    status, _, wall = execute(peer, command, folder, log := work / f"{engine}.log")
    if status:
        sys.exit(f"{engine} failed to index ({status}): {last_words(log)}")
    done.write_text(f"{wall:.1f} s")


def evidence_of(pattern: str, documents: Path) -> list[str]:
    """The sentences of the documents in which the pattern is found."""
    texts = [path.read_text("utf-8") for path in sorted(documents.glob("*.txt"))]
    sentences = dict.fromkeys(found.strip() for text in texts for found in SENTENCE.findall(text))
    return [sentence for sentence in sentences if len(sentence) >= SHORTEST and re.search(pattern, sentence)]


def as_row(each: Asked) -> dict[str, Any]:
    """The figures of a question."""
    return {
        "engine": each.engine,
        "method": each.method,
        "latency": each.latency,
        "question": each.question,
        "cpu": round(each.cpu, 4),
        "wall": round(each.wall, 3),
        "bound": round(each.bound, 3),
        "first": round(each.first, 3),
        "chat_calls": each.chat_calls,
        "prompt_tokens": each.prompt_tokens,
        "evidence": each.evidence,
        **each.counted,
    }


def summary(asked: list[Asked]) -> list[str]:
    """One line for each engine and method: medians of seconds, means of counts, the share of all evidence."""
    table = ["| engine | search | CPU ms a question | chat calls | embedding calls | prompt tokens | evidence shown "]
    table[0] += "| wall with latency (bound; calls under way) | first text |"
    table.append("|---|---|---|---|---|---|---|---|---|")
    for engine, method in dict.fromkeys((each.engine, each.method) for each in asked):
        these = [each for each in asked if (each.engine, each.method) == (engine, method)]
        quick = [each for each in these if each.latency == min(each.latency for each in these)]
        slow = [each for each in these if each.latency > 0]
        shown = sum(each.counted["shown"] for each in quick) / sum(each.evidence for each in quick)
        vectors = statistics.mean(each.counted["calls"].get("embed", 0) for each in quick)
        cells = [
            f"{1000 * statistics.median(each.cpu for each in quick):,.0f}",
            f"{statistics.mean(each.chat_calls for each in quick):.1f}",
            f"{vectors:.1f}",
            f"{statistics.mean(each.prompt_tokens for each in quick):,.0f}",
            f"{shown:.2f}",
            waited(slow),
            f"{statistics.median(each.first for each in slow):.2f} s" if slow else "",
        ]
        table.append(f"| {engine.replace('_', '-')} | {method} | {' | '.join(cells)} |")
    return table


def waited(slow: list[Asked]) -> str:
    """The medians of the wall of questions with latency, of the bound, and of the time that calls were under way."""
    if not slow:
        return ""
    wall, bound = statistics.median(each.wall for each in slow), statistics.median(each.bound for each in slow)
    busy = statistics.median(each.counted["busy_seconds"] for each in slow)
    return f"{wall:.2f} s ({bound:.2f}; {busy:.2f})"


def by_question(asked: list[Asked]) -> list[str]:
    """One line for each question and engine, without latency."""
    table = ["| question | search | engine | CPU ms | chat calls | prompt tokens | evidence shown |"]
    table.append("|---|---|---|---|---|---|---|")
    quick = [each for each in asked if each.latency == min(each.latency for each in asked)]
    for each in sorted(quick, key=lambda each: ([q for q, _ in QUESTIONS].index(each.question), each.method)):
        table.append(
            f"| {each.question} | {each.method} | {each.engine.replace('_', '-')} | {1000 * each.cpu:,.0f} "
            f"| {each.chat_calls} | {each.prompt_tokens:,} | {each.counted['shown']} of {each.evidence} |"
        )
    return table


if __name__ == "__main__":
    main()
