"""How many planted errors verification finds in true answers, and how often it doubts true ones.

    python benchmarks/citations.py

The embedded reader's answers to the newsroom's questions, by local search, global search and DRIFT, are true: they
quote. Into each sentence one error at a time is planted: another figure, another name, the marks of another answer, a
quotation that nobody said, no marks. Seeded.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from graphrag_drift import Answer, Index, Settings, build_index_sync
from graphrag_drift.marks import marked_sentences
from graphrag_drift.query.verification import unsupported_sentences

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
METHODS = ("local", "global", "drift")
KINDS = ("figure", "name", "marks of another answer", "invented quotation", "no marks")


def main() -> None:
    """Print the table."""
    dice = random.Random(7)
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    true = doubted = 0
    questions = [
        json.loads(line)["question"] for line in (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()
    ]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"root": folder, "input": {"folder": str(NEWSROOM / "articles")}})
        build_index_sync(settings)
        index = Index.open_sync(settings)
        names = sorted(name for name in index.graph.entities["title"] if " " in name and name.isascii())
        answers = [index.ask_sync(question, method=method) for question in questions for method in METHODS]  # type: ignore[arg-type]
        cited = [answer for answer in answers if answer.citations]
        for answer in cited:
            evidence = evidence_of(answer, index)
            other = evidence_of(dice.choice(cited), index)
            for sentence, marks in marked_sentences(answer.text):
                text = f"{sentence} {''.join(f'[{mark}]' for mark in marks)}"
                true += 1
                doubted += is_doubted(text, evidence, answer.question)
                for kind in KINDS:
                    wrong = plant(kind, sentence, text, names, dice)
                    if wrong is not None:
                        against = dict.fromkeys(marks, "\n".join(other.values())) if kind == KINDS[2] else evidence
                        planted[kind] += 1
                        found[kind] += is_doubted(wrong, against, answer.question)
    sys.stdout.write("| planted | sentences | found |\n|---|---|---|\n")
    for kind in KINDS:
        sys.stdout.write(f"| {kind} | {planted[kind]} | {found[kind] / planted[kind]:.3f} |\n")
    sys.stdout.write(f"| nothing | {true} | {doubted / true:.3f} doubted |\n")


def evidence_of(answer: Answer, index: Index) -> dict[int, str]:
    """By mark, the text unit that is cited, with the title and date of its document."""
    rows = index.graph.evidence.row_of
    return {
        citation.mark: "\n".join(
            (*index.graph.heads[citation.document_id], index.graph.text_unit_rows[rows[citation.text_unit_id]][0])
        )
        for citation in answer.citations
    }


def is_doubted(text: str, evidence: dict[int, str], question: str) -> bool:
    """Whether verification says anything against `text`."""
    return any(True for _ in unsupported_sentences(text, evidence, question))


def plant(kind: str, sentence: str, text: str, names: list[str], dice: random.Random) -> str | None:
    """`text` with an error of that kind, or None where there is no place for one."""
    if kind == "figure":
        figures = list(re.finditer(r"\d+", sentence))
        if not figures:
            return None
        figure = dice.choice(figures)
        return text[: figure.start()] + str(int(figure[0]) + dice.randint(3, 60)) + text[figure.end() :]
    if kind == "name":
        here = [name for name in names if name in sentence]
        elsewhere = [name for name in names if not set(name.split()) & set(sentence.split())]
        return text.replace(dice.choice(here), dice.choice(elsewhere)) if here else None
    if kind == "invented quotation":
        return text.replace(
            sentence, f'{sentence.rstrip(".")}, and "nobody will ever pay for these wells again" was said.'
        )
    return sentence if kind == "no marks" else text


if __name__ == "__main__":
    main()
