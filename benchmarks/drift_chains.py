"""DRIFT against local search on chained questions: `drift_chains.py [SET...] [--every N] [--index DIR]`.

HotpotQA (bridge and comparison), the given half of 2WikiMultihop, MuSiQue; the embedded reader. For each search and
type of question: the gold answer in the box or first sentence, in the first 300 characters, in the answer; the share of
gold passages cited, and of questions with all of them cited; tasks of the reader.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data import Corpus, Question, hotpotqa_200, musique_100, wiki_1000
from measure import Watched, index_set, indexed, mean, plain, print_head, print_row, watch

from graphrag_drift import Answer, Index, Settings
from graphrag_drift.marks import MARK
from graphrag_drift.providers.resolve import models_for

SETS = {"hotpotqa_200": hotpotqa_200, "2wiki_1000": wiki_1000, "musique_100": musique_100}
BEGINNING = 300  # characters


@dataclass(frozen=True)
class Measured:
    """One answer in numbers, 0-1 but for `calls`."""

    first: float
    begins: float
    contained: float
    cited: float
    all_cited: float
    calls: int


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all by default")
    parser.add_argument("--every", type=int, default=1, help="every N-th question of a type only")
    parser.add_argument("--methods", nargs="+", default=["local", "drift"])
    parser.add_argument("--index", type=Path, help="keep the indexes there, or use those that are")
    options = parser.parse_args()
    columns = (
        "box or first sentence",
        f"first {BEGINNING} characters",
        "in the answer",
        "gold cited",
        "all gold cited",
    )
    print_head("set", "type (n)", "search", *columns, "calls")
    for name in options.sets or SETS:
        corpus = SETS[name]()
        with kept(corpus, options.index) as settings:
            for kind in sorted({question.kind for question in corpus.questions}):
                questions = [q for q in corpus.questions if q.kind == kind and q.answers][:: options.every]
                for method in options.methods:
                    outcomes = ask_all(settings, questions, method)
                    if outcomes:
                        print_row(name, f"{kind or 'chained'} ({len(outcomes)})", method, *means(outcomes))


@contextmanager
def kept(corpus: Corpus, folder: Path | None) -> Iterator[Settings]:
    """The settings of an index of `corpus`, in `folder` if there is one."""
    if folder is None:
        with indexed(corpus) as settings:
            yield settings
    else:
        yield index_set(corpus, folder / corpus.name)


def ask_all(settings: Settings, questions: Sequence[Question], method: str) -> list[Measured]:
    """The answers of one search to all questions, in numbers."""
    watched: list[Watched] = []
    index = Index.open_sync(settings, models=watch(models_for(settings), watched))
    outcomes = []
    for question in questions:
        before = sum(reader.calls for reader in watched)
        answer = index.ask_sync(question.text, method=method)
        outcomes.append(of(answer, question, sum(reader.calls for reader in watched) - before))
    return outcomes


def of(answer: Answer, question: Question, calls: int) -> Measured:
    """`answer` in numbers."""
    cited = {citation.document_id for citation in answer.citations}
    text = re.sub(r" *\[\d+\]", "", answer.text)
    begins = first_sentence(answer)

    def holds(said: str) -> float:
        return float(any(plain(wanted) in plain(said) for wanted in question.answers))

    return Measured(
        holds(begins),
        holds(text[:BEGINNING]),
        holds(text),
        len(question.gold & cited) / len(question.gold),
        float(question.gold <= cited),
        calls,
    )


def first_sentence(answer: Answer) -> str:
    """The value that stands over the answer and its first sentence; `MARK` ends one."""
    return MARK.split(answer.text, maxsplit=1)[0]


def means(outcomes: Sequence[Measured]) -> list[str]:
    """The mean of each number."""
    shares = ("first", "begins", "contained", "cited", "all_cited")
    return [
        *(f"{mean([getattr(outcome, name) for outcome in outcomes]):.3f}" for name in shares),
        f"{mean([outcome.calls for outcome in outcomes]):.1f}",
    ]


if __name__ == "__main__":
    main()
