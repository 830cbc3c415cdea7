"""What contexts and neighbours of text units are worth: `python benchmarks/contexts.py`.

The same text units, found by their text with the document's title alone, and with date, sections and metadata too.
MultiHop-RAG as in `retrieval.py`, with its sources and dates as metadata; the example newsroom in text units of 100
tokens, where a piece of gold evidence counts as found if its words stand in a text unit that was found. The third
kind, with a sentence by a model, is not measured: nobody here has one.

Then basic search with no, one and two neighbours of each text unit that was found: quotes of gold evidence in the
answer, by the size of text units.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from retrieval import METHODS, SETS, ask, read, shares

from graphrag_drift import Index, Settings, build_index_sync

NEWSROOM = Path(__file__).parent.parent / "examples" / "newsroom"
CONTEXTS = ("title", "head")
NEWS = SETS[0]


def main() -> None:
    """Print the table."""
    print("| set | method | " + " | ".join(f"{context}: recall | all" for context in CONTEXTS) + " |")
    print("|---|---|" + "---|---|" * len(CONTEXTS))
    rows: dict[tuple[str, str], list[str]] = {}
    for context in CONTEXTS:
        for name, found in [*newsroom(context), *(multihop(context) if NEWS.passages.is_file() else [])]:
            recall, full = shares(found)
            rows.setdefault((name.partition(" by ")[0], name.partition(" by ")[2]), []).append(
                f"{recall:.3f} | {full:.3f}"
            )
    for (name, method), cells in rows.items():
        print(f"| {name} | {method} | {' | '.join(cells)} |")
    neighbours()
    if not NEWS.passages.is_file():
        sys.exit(f"the other half of this benchmark needs {NEWS.passages.parent}")


def multihop(context: str) -> list[tuple[str, list[tuple[set[str], set[str]]]]]:
    """(gold, found) by method."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "root": folder,
                "input": {"metadata_columns": ["source"]},
                "contextual_retrieval": {"context": context},
            }
        )
        build_index_sync(settings, documents=news_frame())
        index = Index.open_sync(settings)
        return [(f"multihop_news @{NEWS.k} by {method}", ask(index, NEWS, method)) for method in METHODS]


def news_frame() -> pl.DataFrame:
    """The facts of MultiHop-RAG as documents, with the date and the source of their articles."""
    facts = read(NEWS.passages)
    frame = pl.DataFrame({key: [str(fact.get(key) or "") for fact in facts] for key in ("id", "title", "text")})
    return frame.with_columns(
        date=pl.Series([(fact.get("published_at") or "")[:10] for fact in facts]),
        source=pl.Series([fact.get("source") or "" for fact in facts]),
    )


def newsroom(context: str) -> list[tuple[str, list[tuple[set[str], set[str]]]]]:
    """(quotes of gold evidence, those found among the first 10 text units) by method."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "root": folder,
                "input": {"folder": str(NEWSROOM / "articles")},
                "chunking": {"size": 100},
                "contextual_retrieval": {"context": context},
            }
        )
        build_index_sync(settings)
        index = Index.open_sync(settings)
        asked = [json.loads(line) for line in (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()]
        asked = [question for question in asked if question.get("evidence")]
        return [
            (f"newsroom @10 by {method}", [quotes_found(index, question, method) for question in asked])
            for method in METHODS
        ]


def neighbours() -> None:
    """Print the shares of evidence that answers of basic search quote."""
    print("\n| tokens of a text unit | neighbours | evidence quoted | a gold article cited |\n|---|---|---|---|")
    asked = [json.loads(line) for line in (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()]
    asked = [question for question in asked if question.get("evidence")]
    for size in (60, 100, 300):
        with tempfile.TemporaryDirectory() as folder:
            base = {"root": folder, "input": {"folder": str(NEWSROOM / "articles")}, "chunking": {"size": size}}
            build_index_sync(Settings.model_validate(base))
            for reach in (0, 1, 2):
                settings = Settings.model_validate({**base, "basic_search": {"k": 5, "neighbours": reach}})
                index = Index.open_sync(settings)
                answers = [index.ask_sync(question["question"], method="basic") for question in asked]
                quoted, cited = 0.0, 0
                for question, answer in zip(asked, answers, strict=True):
                    said = " ".join(re.sub(r"\[\d+\]", "", answer.text).split())
                    quotes = [" ".join(evidence["quote"].split()) for evidence in question["evidence"]]
                    quoted += sum(quote in said for quote in quotes) / len(quotes)
                    cited += bool({citation.document_title for citation in answer.citations} & set(question["gold"]))
                print(f"| {size} | {reach} | {quoted / len(asked):.3f} | {cited / len(asked):.3f} |")


def quotes_found(index: Index, question: dict[str, Any], method: str) -> tuple[set[str], set[str]]:
    """The quotes of a question's evidence, and those that stand in what was found."""
    found = index.retrieve(question["question"], method=method, k=10)  # type: ignore[arg-type]
    units = index.graph.text_units.join(found, left_on="id", right_on="text_unit_id", how="semi")
    said = "\n".join(" ".join(text.split()) for text in units["text"])
    quotes = {" ".join(evidence["quote"].split()) for evidence in question["evidence"]}
    return quotes, {quote for quote in quotes if quote in said}


if __name__ == "__main__":
    main()
