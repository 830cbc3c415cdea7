"""The example newsroom: how often a question's gold article is cited, by question type and method; over all questions
with gold evidence, the share of it that is quoted, and how early the first of it comes.

python benchmarks/newsroom.py [--answers]
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict

import data
from measure import indexed, mean, plain, print_head, print_row

from graphrag_drift import Answer, Index
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.marks import marked_sentences
from graphrag_drift.values import Method

METHODS: tuple[Method, ...] = ("basic", "local", "global", "drift", "auto")


def main() -> None:
    """Index the newsroom, ask every question by every method, print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", action="store_true", help="print every answer as well")
    show = parser.parse_args().answers
    corpus = data.newsroom()
    hits: dict[tuple[str, Method], list[bool]] = defaultdict(list)
    seconds: dict[Method, float] = defaultdict(float)
    quoted: dict[Method, list[tuple[float, float]]] = defaultdict(list)
    with indexed(corpus) as settings:
        index = Index.open_sync(settings)
        for question in corpus.questions:
            for method in METHODS:
                started = time.process_time()
                answer = index.ask_sync(question.text, method=method)
                seconds[method] += time.process_time() - started
                good = is_good(answer, question)
                hits[question.kind, method].append(good)
                if question.quotes:
                    quoted[method].append(evidence_in(answer, question.quotes))
                if show:
                    print_answer(question, answer, good)
    print_table(hits, quoted, {method: spent / len(corpus.questions) for method, spent in seconds.items()})


def is_good(answer: Answer, question: data.Question) -> bool:
    """A gold article is cited; for a question without one: that nothing answers it is said."""
    cited = {citation.path for citation in answer.citations}
    return bool(cited & question.gold) if question.gold else answer.form == "nothing"


def evidence_in(answer: Answer, quotes: tuple[str, ...]) -> tuple[float, float]:
    """The share of `quotes` of which the answer has a sentence, and 1 / the place of the first such sentence."""
    sentences = [plain(sentence) for sentence, _ in marked_sentences(answer.text)]
    wanted = [[plain(quote[start:end]) for start, end in split_sentences(quote)] for quote in quotes]
    hits = [any(piece in sentence for piece in pieces for sentence in sentences) for pieces in wanted]
    places = (
        n for n, sentence in enumerate(sentences, 1) if any(piece in sentence for pieces in wanted for piece in pieces)
    )
    return mean(hits), 1 / next(places, math.inf)


def print_answer(question: data.Question, answer: Answer, good: bool) -> None:
    """Print one answer."""
    verdict = "ok " if good else "MISS"
    print(f"\n{verdict} {question.id} {question.kind} {answer.method}: {question.text}")
    print(f"  expected: {question.reference}\n  {answer.text}")
    for citation in answer.citations:
        print(f"    [{citation.mark}] {citation.document_title} ({citation.path})")


def print_table(
    hits: dict[tuple[str, Method], list[bool]],
    quoted: dict[Method, list[tuple[float, float]]],
    seconds: dict[Method, float],
) -> None:
    """Print the shares, a row a question type, then what concerns all questions."""
    print()
    print_head("question type (n)", *METHODS)
    for kind in sorted({kind for kind, _ in hits}):
        print_row(f"{kind} ({len(hits[kind, 'basic'])})", *(f"{mean(hits[kind, method]):.2f}" for method in METHODS))
    for part, name in enumerate(("evidence quoted", "first evidence, mean reciprocal place")):
        means = (f"{mean([each[part] for each in quoted[method]]):.3f}" for method in METHODS)
        print_row(f"{name} ({len(quoted['basic'])})", *means)
    print_row("CPU ms a question", *(f"{1000 * seconds[method]:.0f}" for method in METHODS))


if __name__ == "__main__":
    main()
