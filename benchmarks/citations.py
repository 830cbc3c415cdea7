"""How many planted errors verification finds in true answers, and how often it doubts true ones.

    python benchmarks/citations.py [newsroom] [multihop_news] [earnings_calls]

The embedded reader's answers to the questions of a corpus are true: they quote. Into each sentence one error at a time
is planted: another figure, another name, the marks of another answer, a quotation that nobody said, no marks. True,
but harder to bear out, are sentences that lost a third of their other words, and two sentences in one. Seeded.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import data
import polars as pl
from data import Corpus
from measure import indexed, print_head, print_row

from graphrag_drift import Answer, Index
from graphrag_drift.facts import Source
from graphrag_drift.marks import marked_sentences
from graphrag_drift.query.verification import unsupported_sentences
from graphrag_drift.values import Method

UNITS = {"million": "billion", "billion": "million", "%": " years", "percent": "years", "years": "percent"}
NOTHING = ("nothing", "nothing, but words left out", "nothing, but two sentences joined")
Plant = Callable[[str, str, random.Random], str | None]
"""(a sentence, what it cites) -> the sentence with an error of that kind, or None where there is no place for one."""


def main() -> None:
    """Print a table for each corpus."""
    if unknown := set(sys.argv[1:]) - set(CORPORA):
        sys.exit(f"unknown corpora {sorted(unknown)}; expected some of {list(CORPORA)}")
    for name in sys.argv[1:] or ["newsroom"]:
        corpus, methods = CORPORA[name]()
        with indexed(corpus) as settings:
            index = Index.open_sync(settings)
            answers = [
                index.ask_sync(question.text, method=method) for question in corpus.questions for method in methods
            ]
            planted, doubted = measure([answer for answer in answers if answer.citations], index)
        print(f"{name}\n")
        print_head("planted", "sentences", "doubted")
        for kind, count in planted.items():
            print_row(kind, count, f"{doubted[kind] / count:.3f}")


def measure(answers: list[Answer], index: Index) -> tuple[Counter[str], Counter[str]]:
    """By kind of error: in how many sentences it was planted, and how many of these were doubted."""
    dice = random.Random(7)
    names = sorted(name for name in index.graph.entities["title"] if " " in name and name.isascii())
    kinds = kinds_of(names)
    planted: Counter[str] = Counter()
    doubted: Counter[str] = Counter()

    def check(kind: str, said: str, marks: tuple[int, ...], evidence: dict[int, Source], question: str) -> None:
        planted[kind] += 1
        text = f"{said} {''.join(f'[{mark}]' for mark in marks)}"
        doubted[kind] += any(True for _ in unsupported_sentences(text, evidence, question))

    for answer in answers:
        evidence = evidence_of(answer, index)
        other = list(evidence_of(dice.choice(answers), index).values())
        before: tuple[str, tuple[int, ...]] = ("", ())
        for sentence, marks in marked_sentences(answer.text):
            check(NOTHING[0], sentence, marks, evidence, answer.question)
            check(NOTHING[1], shortened(sentence, dice), marks, evidence, answer.question)
            if before[0]:
                joined = f"{before[0].rstrip('.')}, and {sentence}"
                check(NOTHING[2], joined, (*before[1], *marks), evidence, answer.question)
            before = (sentence, marks)
            said = "\n".join(evidence[mark].text for mark in marks)
            for kind, plant in kinds.items():
                wrong = plant(sentence, said, dice)
                if wrong is not None:
                    check(kind, wrong, marks, evidence, answer.question)
            check("marks of another answer", sentence, marks, dict.fromkeys(marks, dice.choice(other)), answer.question)
            check("no marks", sentence, (), evidence, answer.question)
    return planted, doubted


def evidence_of(answer: Answer, index: Index) -> dict[int, Source]:
    """By mark, the text unit that is cited, with the title and date of its document."""
    rows = index.graph.evidence.row_of
    texts = index.graph.text_unit_rows
    return {
        citation.mark: Source(*index.graph.heads[citation.document_id], texts[rows[citation.text_unit_id]][0])
        for citation in answer.citations
    }


def kinds_of(names: list[str]) -> dict[str, Plant]:
    """How each kind of error is planted; `names` are those of the index."""

    def figure(sentence: str, _: str, dice: random.Random) -> str | None:
        return _with_figure(sentence, lambda digits: str(int(digits) + dice.randint(3, 60)), dice)

    def figure_of_the_text(sentence: str, said: str, dice: random.Random) -> str | None:
        here = set(re.findall(r"\d+", sentence))
        others = sorted(set(re.findall(r"(?<![\d.,])\d+(?![\d.,]*\d)", said)) - here)
        return _with_figure(sentence, lambda _: dice.choice(others), dice) if others else None

    def unit(sentence: str, _: str, dice: random.Random) -> str | None:
        match = re.search(r"(?<=\d)(\s?)(million|billion|%|percent|years)", sentence)
        return sentence[: match.start(2)] + UNITS[match[2]] + sentence[match.end() :] if match else None

    def name(sentence: str, _: str, dice: random.Random) -> str | None:
        here = [name for name in names if name in sentence]
        elsewhere = [name for name in names if not set(name.split()) & set(sentence.split())]
        return sentence.replace(dice.choice(here), dice.choice(elsewhere)) if here else None

    def quotation(sentence: str, _: str, dice: random.Random) -> str:
        return f'{sentence.rstrip(".")}, and "nobody will ever pay for these wells again" was said.'

    return {
        "figure": figure,
        "figure that the text has elsewhere": figure_of_the_text,
        "unit": unit,
        "name": name,
        "invented quotation": quotation,
    }


def _with_figure(sentence: str, other: Callable[[str], str], dice: random.Random) -> str | None:
    figures = list(re.finditer(r"\d+", sentence))
    if not figures:
        return None
    place = dice.choice(figures)
    return sentence[: place.start()] + other(place[0]) + sentence[place.end() :]


def shortened(sentence: str, dice: random.Random) -> str:
    """The sentence without a third of its words; quotations, remarks, figures and their neighbours are kept."""
    pieces = re.split(r"([\"“].*?[\"”]|\([^()]*\)|(?:\S+ ){0,2}\S*\d\S*(?: \S+){0,3})", sentence)
    kept = (
        piece if n % 2 else " ".join(word for word in piece.split() if dice.random() > 1 / 3)
        for n, piece in enumerate(pieces)
    )
    return " ".join(piece for piece in kept if piece)


def newsroom() -> tuple[Corpus, tuple[Method, ...]]:
    """The articles by their texts alone, and all questions."""
    corpus = data.newsroom()
    return replace(corpus, documents=corpus.documents.select("text"), folder=None), ("local", "global", "drift")


def multihop_news() -> tuple[Corpus, tuple[Method, ...]]:
    """The facts of each article in one text, and every 25th question."""
    corpus = data.multihop_news()
    articles = corpus.documents.group_by("title", maintain_order=True)
    documents = articles.agg(pl.col("text").str.join(" "), pl.col("date").first())
    return replace(corpus, documents=documents, questions=corpus.questions[::25]), ("local",)


def earnings_calls() -> tuple[Corpus, tuple[Method, ...]]:
    """Eight transcripts, full of figures, and all questions."""
    corpus = data.earnings_calls()
    return replace(corpus, documents=corpus.documents.select("text", "title")[:40:5]), ("local",)


CORPORA = {"newsroom": newsroom, "multihop_news": multihop_news, "earnings_calls": earnings_calls}

if __name__ == "__main__":
    main()
