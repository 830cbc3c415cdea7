"""The example newsroom: how often a question's gold article is cited, by question type and method; over all questions
with gold evidence, the share of it that is quoted, and how early the first of it comes.

python benchmarks/newsroom.py [--answers]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from graphrag_drift import Answer, Index, Settings, build_index_sync
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.words import terms
from graphrag_drift.marks import marked_sentences

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
METHODS = ("basic", "local", "global", "drift", "auto")


def main() -> None:
    """Index the newsroom, ask every question by every method, print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", action="store_true", help="print every answer as well")
    show = parser.parse_args().answers
    questions = [json.loads(line) for line in (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()]
    hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
    spent: dict[str, float] = defaultdict(float)
    quoted: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"root": folder, "input": {"folder": str(NEWSROOM / "articles")}})
        build_index_sync(settings)
        index = Index.open_sync(settings)
        for question in questions:
            for method in METHODS:
                started = time.process_time()
                answer = index.ask_sync(question["question"], method=method)
                spent[method] += time.process_time() - started
                good = is_good(answer, question["gold"])
                hits[question["type"], method].append(good)
                if question["evidence"]:
                    quoted[method].append(evidence_in(answer, [each["quote"] for each in question["evidence"]]))
                if show:
                    tell(question, answer, good)
    write_table(hits, quoted, spent, len(questions))


def is_good(answer: Answer, gold: list[str]) -> bool:
    """A gold article is cited; for a question without one: nothing is."""
    cited = {citation.document_title for citation in answer.citations}
    return bool(cited & set(gold)) if gold else not cited


def evidence_in(answer: Answer, quotes: list[str]) -> tuple[float, float]:
    """The share of `quotes` of which the answer has a sentence, and 1 / the place of the first such sentence."""
    said = [plain(sentence) for sentence, _ in marked_sentences(answer.text)]
    wanted = [[plain(quote[start:end]) for start, end in split_sentences(quote)] for quote in quotes]
    found = [any(piece in sentence for piece in pieces for sentence in said) for pieces in wanted]
    places = (
        n for n, sentence in enumerate(said, 1) if any(piece in sentence for pieces in wanted for piece in pieces)
    )
    return sum(found) / len(found), 1 / next(places, math.inf)


def plain(text: str) -> str:
    """Its terms, for a search that spaces and punctuation do not disturb."""
    return f" {' '.join(terms(text))} "


def tell(question: dict[str, object], answer: Answer, good: bool) -> None:
    """Print one answer."""
    verdict = "ok " if good else "MISS"
    sys.stdout.write(f"\n{verdict} {question['id']} {question['type']} {answer.method}: {question['question']}\n")
    sys.stdout.write(f"  expected: {question['answer']}\n  {answer.text}\n")
    for citation in answer.citations:
        sys.stdout.write(f"    [{citation.mark}] {citation.document_title}\n")


def write_table(
    hits: dict[tuple[str, str], list[bool]],
    quoted: dict[str, list[tuple[float, float]]],
    spent: dict[str, float],
    questions: int,
) -> None:
    """Print the shares, a row a question type, then what concerns all questions."""
    types = sorted({kind for kind, _ in hits})
    sys.stdout.write(f"\n| question type (n) | {' | '.join(METHODS)} |\n|---|{'---|' * len(METHODS)}\n")
    for kind in types:
        shares = [f"{sum(hits[kind, m]) / len(hits[kind, m]):.2f}" for m in METHODS]
        sys.stdout.write(f"| {kind} ({len(hits[kind, 'basic'])}) | {' | '.join(shares)} |\n")
    for part, name in enumerate(("evidence quoted", "first evidence, mean reciprocal place")):
        means = " | ".join(f"{sum(each[part] for each in quoted[m]) / len(quoted[m]):.3f}" for m in METHODS)
        sys.stdout.write(f"| {name} ({len(quoted['basic'])}) | {means} |\n")
    costs = " | ".join(f"{1000 * spent[m] / questions:.0f}" for m in METHODS)
    sys.stdout.write(f"| CPU ms a question | {costs} |\n")


if __name__ == "__main__":
    main()
