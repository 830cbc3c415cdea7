"""Text units found for questions with known evidence: `Index.retrieve` by basic, local and auto.

    python benchmarks/retrieval.py [SET...] [--every N] [--neutral-titles]

A passage is a document; documents come through the same door as everybody's, as a frame with id, title and text. Each
set is shown whole and by halves (even and odd questions), as a check that no constant fits one half only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from data import Corpus, hotpotqa_200, multihop_news, musique_100, wiki_51, wiki_1000
from measure import all_gold, indexed, print_head, print_row, rank, recall

from graphrag_drift import Index

Retrieval = Literal["basic", "local", "auto"]
METHODS: tuple[Retrieval, ...] = ("basic", "local", "auto")


@dataclass(frozen=True)
class Case:
    """A set, how many text units count, and the floor (target) that the project set itself."""

    read: Callable[[], Corpus]
    k: int
    floor: str = ""


CASES = {
    "multihop_news": Case(multihop_news, 5, "recall basic .69 (.73)"),
    "musique_100": Case(musique_100, 10, "local .66 / .42 (.75 / .55)"),
    "2wiki_51": Case(wiki_51, 8, "all local .80 (.96)"),
    "2wiki_1000": Case(wiki_1000, 5),
    "hotpotqa_200": Case(hotpotqa_200, 5),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(CASES)}; the first three by default")
    parser.add_argument("--every", type=int, default=1, help="ask every Nth question only")
    parser.add_argument("--neutral-titles", action="store_true", help='call the documents "doc 0", "doc 1", ...')
    options = parser.parse_args()
    if unknown := set(options.sets) - set(CASES):
        parser.error(f"unknown sets {sorted(unknown)}; expected some of {list(CASES)}")
    print_head("set", "method", "recall", "all gold", "recall by halves", "CPU ms a question", "floor (target)")
    for name in options.sets or list(CASES)[:3]:
        corpus = CASES[name].read().bare()
        measure(CASES[name], corpus.untitled() if options.neutral_titles else corpus, options.every)


def measure(case: Case, corpus: Corpus, every: int) -> None:
    """Print the rows of one set."""
    asked = [question for question in corpus.questions if question.gold][::every]
    with indexed(corpus) as settings:
        index = Index.open_sync(settings)
        for method in METHODS:
            started = time.process_time()
            rankings = rank(index, asked, method, case.k)
            spent = 1000 * (time.process_time() - started) / len(asked)
            halves = " / ".join(f"{recall(half):.3f}" for half in (rankings[::2], rankings[1::2]))
            shares = f"{recall(rankings):.3f} | {all_gold(rankings):.3f}"
            print_row(f"{corpus.name} @{case.k}", method, shares, halves, f"{spent:.1f}", case.floor)


if __name__ == "__main__":
    main()
