"""What contexts and neighbours of text units are worth: `python benchmarks/contexts.py`.

The same text units, found by their text with the document's title alone, and with date, sections and metadata too.
MultiHop-RAG as in `retrieval.py`, with its sources and dates as metadata; the example newsroom in text units of 100
tokens, where a piece of gold evidence counts as found if its words stand in a text unit that was found. The third
kind, with a sentence by a model, is not measured: nobody here has one.

Then basic search with no, one and two neighbours of each text unit that was found: quotes of gold evidence in the
answer, by the size of text units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from data import Absent, Question, multihop_news, newsroom
from measure import Ranking, all_gold, indexed, mean, print_head, print_row, rank, recall
from retrieval import METHODS, Retrieval

from graphrag_drift import Answer, Index

CONTEXTS = ("title", "head")
K_NEWSROOM, K_MULTIHOP = 10, 5


def main() -> None:
    """Print the tables."""
    print_head("set", "method", *(f"{context}: recall | all" for context in CONTEXTS))
    for method, cells in evidence_found().items():
        print_row(f"newsroom @{K_NEWSROOM}", method, *cells)
    try:
        for method, cells in facts_found().items():
            print_row(f"multihop_news @{K_MULTIHOP}", method, *cells)
    except Absent as absent:
        print(f"\n{absent}")
    neighbours()


def facts_found() -> dict[Retrieval, list[str]]:
    """By method, the shares of MultiHop-RAG for each context."""
    corpus = multihop_news()
    asked = [question for question in corpus.questions if question.answerable]
    cells: dict[Retrieval, list[str]] = {method: [] for method in METHODS}
    for context in CONTEXTS:
        sections = {"input": {"metadata_columns": ["source"]}, "contextual_retrieval": {"context": context}}
        with indexed(corpus, **sections) as settings:
            index = Index.open_sync(settings)
            for method in METHODS:
                cells[method].append(shares(rank(index, asked, method, K_MULTIHOP)))
    return cells


def evidence_found() -> dict[Retrieval, list[str]]:
    """By method, the shares of the newsroom's quotes for each context."""
    asked = with_quotes()
    cells: dict[Retrieval, list[str]] = {method: [] for method in METHODS}
    for context in CONTEXTS:
        sections = {"chunking": {"size": 100}, "contextual_retrieval": {"context": context}}
        with indexed(newsroom(), **sections) as settings:
            index = Index.open_sync(settings)
            for method in METHODS:
                cells[method].append(shares([quotes_found(index, question, method) for question in asked]))
    return cells


def neighbours() -> None:
    """Print the shares of evidence that answers of basic search quote."""
    print()
    print_head("tokens of a text unit", "neighbours", "evidence quoted", "a gold article cited")
    asked = with_quotes()
    for size in (60, 100, 300):
        with indexed(newsroom(), chunking={"size": size}) as settings:
            for reach in (0, 1, 2):
                basic = settings.basic_search.model_copy(update={"k": 5, "neighbours": reach})
                index = Index.open_sync(settings.model_copy(update={"basic_search": basic}))
                answers = [index.ask_sync(question.text, method="basic") for question in asked]
                quoted = mean([share_quoted(a, q) for a, q in zip(answers, asked, strict=True)])
                cited = mean([cites_gold(a, q) for a, q in zip(answers, asked, strict=True)])
                print_row(size, reach, f"{quoted:.3f}", f"{cited:.3f}")


def with_quotes() -> list[Question]:
    """The newsroom's questions that have gold evidence."""
    return [question for question in newsroom().questions if question.quotes]


def quotes_found(index: Index, question: Question, method: Retrieval) -> Ranking:
    """The quotes of a question's evidence, and those that stand in what was found."""
    found = index.retrieve(question.text, method=method, k=K_NEWSROOM)
    units = index.graph.text_units.join(found, left_on="id", right_on="text_unit_id", how="semi")
    texts = "\n".join(one_line(text) for text in units["text"])
    quotes = [one_line(quote) for quote in question.quotes]
    return Ranking(frozenset(quotes), tuple(quote for quote in quotes if quote in texts))


def share_quoted(answer: Answer, question: Question) -> float:
    """The share of the quotes that stand in an answer."""
    text = one_line(re.sub(r"\[\d+\]", "", answer.text))
    return mean([one_line(quote) in text for quote in question.quotes])


def cites_gold(answer: Answer, question: Question) -> bool:
    """A gold article is cited."""
    return any(citation.document_title in question.gold for citation in answer.citations)


def one_line(text: str) -> str:
    """The text with single spaces."""
    return " ".join(text.split())


def shares(rankings: Sequence[Ranking]) -> str:
    """Two cells."""
    return f"{recall(rankings):.3f} | {all_gold(rankings):.3f}"


if __name__ == "__main__":
    main()
