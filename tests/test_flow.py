"""How far a question and a document travel: the files passed and the lines of functions entered, traced.

Who wants to follow a question has to read so much. A budget is raised only by a commit that says why; that of
indexing is what holds, and should come down to 45 files and 3,000 lines.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType

import polars as pl
import pytest

import graphrag_drift
from graphrag_drift import Index, Settings, build_index
from graphrag_drift.providers.protocols import Maker, Models
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import ScriptedReader
from graphrag_drift.tasks import (
    AnswerFollowUp,
    AnswerQuestion,
    Findings,
    Hypothesize,
    MapFindings,
    PrimeQuestion,
    ReduceAnswers,
)

PACKAGE = f"{Path(graphrag_drift.__file__).parent}/"
Walk = Mapping[str, Set[int]]  # by file, the lines of the functions entered, first to last


@contextmanager
def traced() -> Iterator[set[CodeType]]:
    """The package's functions that are entered inside the block, in any thread."""
    entered: set[CodeType] = set()

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            entered.add(frame.f_code)

    threading.setprofile(enter)
    sys.setprofile(enter)
    try:
        yield entered
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def walk(entered: Set[CodeType], *, besides: tuple[str, ...] = (), before: Walk | None = None) -> Walk:
    """The walk through `entered`, files that begin with one of `besides` left out, and what was read `before`."""
    lines: dict[str, set[int]] = defaultdict(set)
    for code in entered:
        file = code.co_filename.removeprefix(PACKAGE)
        is_function = code.co_flags & inspect.CO_OPTIMIZED  # a module and a class body are none
        # A lazy pattern is one of `re` to who reads the code.
        if is_function and not file.startswith(("providers/testing", "patterns", *besides)):
            last = max(line for _, _, line in code.co_lines() if line)
            lines[file].update(range(code.co_firstlineno, last + 1))
    rest = {file: own - (before or {}).get(file, set()) for file, own in lines.items()}
    return {file: own for file, own in rest.items() if own}


def check_walk(steps: Walk, *, files: int, lines: int) -> None:
    """Fails with the list of files, longest first, if there are more than so many, or more lines."""
    total = sum(map(len, steps.values()))
    table = "".join(f"\n{len(own):6} {file}" for file, own in sorted(steps.items(), key=lambda item: -len(item[1])))
    if len(steps) > files or total > lines:
        pytest.fail(f"{len(steps)} files (at most {files}), {total} lines (at most {lines}):{table}", pytrace=False)


class Replies:
    """A script that cites what it is shown, and keeps what was entered until the final answer was asked for."""

    def __init__(self) -> None:
        self.entered: set[CodeType] = set()
        self.before: Set[CodeType] = set()
        self._questions = iter(f"Who mediated the strike at pier {number}?" for number in range(1_000))

    def final(self, task: AnswerQuestion | ReduceAnswers) -> str:
        self.before = frozenset(self.entered)
        first, second = task.context[:2]
        return f"{first.text.split('. ')[0]} [{first.mark}]. It took 7 million from the port in May [{second.mark}]."

    def findings(self, task: PrimeQuestion | AnswerFollowUp) -> Findings:
        row = (task.reports if isinstance(task, PrimeQuestion) else task.context)[0]
        asked = tuple(next(self._questions) for _ in range(task.follow_ups))
        return Findings(f"{row.text.split('. ')[0]} [{row.mark}].", 50.0, asked)

    def reader(self) -> ScriptedReader:
        return ScriptedReader(
            {
                Hypothesize: "The strike held up the drug.",
                PrimeQuestion: self.findings,
                AnswerFollowUp: self.findings,
                MapFindings: lambda task: task.findings,
                AnswerQuestion: self.final,
                ReduceAnswers: self.final,
            }
        )


@pytest.mark.parametrize(
    ("method", "files", "lines", "citing"),
    # With the seam behind which vectors may be kept anywhere. DRIFT cites and checks a tree, and knows when it is done
    [("local", 13, 680, 515), ("drift", 19, 1_300, 800)],
)
def test_a_question_takes_a_short_way(
    newsroom_settings: Settings, method: str, files: int, lines: int, citing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)  # another test may have loaded it
    replies = Replies()
    reader, own = replies.reader(), models_for(newsroom_settings)
    models = Models(Maker(lambda _: reader, lambda: ""), own.embedder, own.tokenizer)
    index = Index.open_sync(newsroom_settings, models=models)
    asyncio.run(index.ask("Who is the treasurer of the comittee Forward Ellery?", method=method))
    with traced() as replies.entered:
        question = "How large was Ostrander Group's gift to Forward Ellery?"
        asyncio.run(index.ask(question, method=method, observe=[].append))
    # Who reads, embeds and counts tokens is another walk; of a language, what is entered hangs on what its caches hold.
    besides = ("providers/", "language/")
    there = walk(replies.before, besides=besides)
    check_walk(there, files=files, lines=lines)
    back = walk(replies.entered, besides=besides, before=there)
    check_walk({file: own for file, own in back.items() if file not in there}, files=8, lines=citing)


def test_two_documents_take_a_short_way(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "title": ["Strike", "Deal"],
            "text": [
                "Ingrid Solvay leads the Dockworkers Union in Brackwater. The union struck the port in May 2025.",
                "Ostrander Group signed a deal with Ingrid Solvay on 5 June 2025. Ostrander Group pays 7 million.",
            ],
        }
    )
    with traced() as entered:
        asyncio.run(build_index(Settings(root=tmp_path), documents=frame))
    # With the root report, what failed told by article, what is kept of single documents for the next run, and the list
    # of those that were deleted; and whether documents and index are kept at an address, and several processes read.
    check_walk(walk(entered), files=84, lines=6_090)
