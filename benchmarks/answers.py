"""How well the embedded reader answers from passages that BM25 found: `python benchmarks/answers.py [SET...]`.

Per set: answers that hold the gold answer (and how many of the shown passages do), gold evidence quoted, refusals
that are right and wrong, CPU milliseconds an answer. Retrieval itself is measured elsewhere.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import data
import numpy as np
from data import Question
from measure import plain

from graphrag_drift.language.dates import document_date
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.language.terms import content_terms
from graphrag_drift.providers.embedded.reader import ExtractiveReader
from graphrag_drift.query.bm25 import Postings
from graphrag_drift.tasks import AnswerDraft, AnswerQuestion
from graphrag_drift.values import Shown, Span

SHOWN = 8  # passages
UNIT = 1_200  # characters of a passage of a longer document


@dataclass(frozen=True)
class Passage:
    """A text with its title, its ISO date or "", the document it is from, and its outlet or ""."""

    text: str
    title: str
    date: str
    document: str
    outlet: str = ""


@dataclass
class Measures:
    """Counts over the questions of one set."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def row(self, name: str) -> str:
        c = self.counts
        return (
            f"{name:16} gold answer in answer {share(c['hit'], c['stringed'])}"
            f" (shown {share(c['shown'], c['stringed'])})"
            f"  evidence quoted {share(c['quoted'], c['evidence'])} (shown {share(c['evidence_shown'], c['evidence'])})"
            f"  refused rightly {share(c['right'], c['null'])}, wrongly {share(c['wrong'], c['answerable'])}"
            f"  gold document cited {share(c['cited'], c['citable'])}"
            f"  {1000 * self.seconds / max(c['all'], 1):.1f} ms"
        )


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {part / whole:.3f}" if whole else "-"


class Corpus:
    """Passages, searched by BM25, and a reader that knows their statistics."""

    def __init__(self, passages: Sequence[Passage], outlets: frozenset[str] = frozenset()) -> None:
        self.passages = passages
        self.postings = Postings.from_texts([p.text for p in passages], [p.title for p in passages])
        self.reader = ExtractiveReader(replace(Lexicon.from_texts([p.text for p in passages]), outlets=outlets))

    def shown(self, question: str, count: int = SHOWN) -> tuple[Shown, ...]:
        scores = self.postings.scores(dict.fromkeys(content_terms(question), 1.0))
        order = np.argsort(-scores, kind="stable")[:count]
        top = float(scores[order[0]]) or 1.0
        return tuple(self._row(mark, int(i), float(scores[i]) / top) for mark, i in enumerate(order, start=1))

    def _row(self, mark: int, i: int, score: float) -> Shown:
        passage = self.passages[i]
        span = Span(passage.document, str(i), 0, len(passage.text))
        return Shown(mark, "source", passage.text, (span,), passage.title, passage.date, score)


def multihop_news() -> tuple[list[Passage], list[Question]]:
    """All unanswerable questions, and every eighth of each other type."""
    corpus = data.multihop_news()
    rows = corpus.documents.select("text", "title", "date", "id", "source").iter_rows()
    asked = []
    kinds: Counter[str] = Counter()
    for question in corpus.questions:
        kinds[question.kind] += 1
        if not question.answerable or kinds[question.kind] % 8 == 0:
            asked.append(question)
    return [Passage(*row) for row in rows], asked


def musique_100() -> tuple[list[Passage], list[Question]]:
    """All questions."""
    corpus = data.musique_100()
    rows = corpus.documents.select("text", "title", "id").iter_rows()
    return [Passage(text, title, "", number) for text, title, number in rows], list(corpus.questions)


def newsroom() -> tuple[list[Passage], list[Question]]:
    """All questions; what is cited is an article, of which a passage is a part."""
    corpus = data.newsroom()
    passages = []
    for name, text in corpus.documents.select("id", "text").iter_rows():
        title, date = text.split("\n", 1)[0], document_date(text) or ""
        passages += [Passage(unit, title, date, name) for unit in units(text)]
    return passages, list(corpus.questions)


def units(text: str) -> Iterator[str]:
    """The text in stretches of whole sentences, of about UNIT characters."""
    start, last = 0, 0
    for begin, end in split_sentences(text):
        if end - start > UNIT and last > start:
            yield text[start:last].strip()
            start = begin
        last = end
    yield text[start:last].strip()


SETS: dict[str, Callable[[], tuple[list[Passage], list[Question]]]] = {
    "multihop_news": multihop_news,
    "musique_100": musique_100,
    "newsroom": newsroom,
}


def measure(passages: list[Passage], asked: Sequence[Question]) -> Measures:
    corpus = Corpus(passages, frozenset(passage.outlet for passage in passages))
    measures = Measures()
    for item in asked:
        rows = corpus.shown(item.text)
        started = time.process_time()
        draft = asyncio.run(corpus.reader.read(AnswerQuestion(item.text, rows)))
        measures.seconds += time.process_time() - started
        count(measures.counts, item, draft, plain(" ".join(f"{r.title} {r.text}" for r in rows)))
        cited = {span.document_id for row in rows if f"[{row.mark}]" in draft.text for span in row.spans}
        measures.counts["cited"] += bool(cited & item.gold)
        measures.counts["citable"] += bool(item.gold) and item.answerable
    return measures


def count(counts: Counter[str], item: Question, draft: AnswerDraft, shown: str) -> None:
    answer = plain(draft.text)
    counts["all"] += 1
    kind = "answerable" if item.answerable else "null"
    counts[kind] += 1
    counts["wrong" if item.answerable else "right"] += draft.form == "nothing"
    if item.answers:
        counts["stringed"] += 1
        counts["hit"] += any(plain(gold) in answer for gold in item.answers)
        counts["shown"] += any(plain(gold) in shown for gold in item.answers)
    for quote in item.quotes:
        pieces = [plain(quote[start:end]) for start, end in split_sentences(quote)]
        counts["evidence"] += 1
        counts["quoted"] += any(piece in answer for piece in pieces)
        counts["evidence_shown"] += any(piece in shown for piece in pieces)


def main() -> None:
    """Print a row for each set named, or for all."""
    if unknown := set(sys.argv[1:]) - set(SETS):
        sys.exit(f"unknown sets {sorted(unknown)}; expected some of {list(SETS)}")
    for name in sys.argv[1:] or SETS:
        print(measure(*SETS[name]()).row(name))


if __name__ == "__main__":
    main()
