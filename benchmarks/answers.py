"""How well the embedded reader answers from passages that BM25 found: `python benchmarks/answers.py [SET...]`.

Per set: answers that hold the gold answer (and how many of the shown passages do), gold evidence quoted, refusals
that are right and wrong, CPU milliseconds an answer. Retrieval itself is measured elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from graphrag_drift.language.dates import document_date
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.words import content_terms, terms
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.extractive.reader import ExtractiveReader
from graphrag_drift.query.bm25 import Postings
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Shown, Span

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "../shared/data"
SHOWN = 8  # passages
UNIT = 1_200  # characters of a passage of a longer document


@dataclass(frozen=True)
class Passage:
    """A text with its title, its ISO date or "", and the document it is from."""

    text: str
    title: str
    date: str
    document: str


@dataclass(frozen=True)
class Asked:
    """A question; no `answers` where the corpus has none, `evidence` are verbatim quotes."""

    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    answerable: bool = True
    documents: tuple[str, ...] = ()  # any of them is a right one to cite


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

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self.postings = Postings.from_texts([p.text for p in passages], [p.title for p in passages])
        self.reader = ExtractiveReader(Lexicon.from_texts([p.text for p in passages]))

    def shown(self, question: str, count: int = SHOWN) -> tuple[Shown, ...]:
        scores = self.postings.scores(dict.fromkeys(content_terms(question), 1.0))
        order = np.argsort(-scores, kind="stable")[:count]
        top = float(scores[order[0]]) or 1.0
        return tuple(self._row(mark, int(i), float(scores[i]) / top) for mark, i in enumerate(order, start=1))

    def _row(self, mark: int, i: int, score: float) -> Shown:
        passage = self.passages[i]
        span = Span(passage.document, str(i), 0, len(passage.text))
        return Shown(mark, "source", passage.text, (span,), passage.title, passage.date, score)


def lines(path: Path) -> Iterator[dict[str, object]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def multihop_news() -> tuple[list[Passage], list[Asked]]:
    facts = list(lines(DATA / "multihop_news/facts_corpus_981.jsonl"))
    texts = {str(f["id"]): str(f["text"]) for f in facts}
    passages = [
        Passage(str(f["text"]), str(f["title"]), str(f.get("published_at") or "")[:10], str(f["id"])) for f in facts
    ]
    asked = []
    kinds: Counter[str] = Counter()
    for query in lines(DATA / "multihop_news/queries_all_2556.jsonl"):
        kind = str(query["type"])
        kinds[kind] += 1
        if kind == "null_query":
            asked.append(Asked(str(query["question"]), (), answerable=False))
        elif kinds[kind] % 8 == 0:
            answer = str(query["answer"])
            strings = () if answer.lower() in ("yes", "no", "before", "after") else (answer,)
            evidence = tuple(texts[str(fact)] for fact in query["gold_facts"])  # type: ignore[attr-defined]
            asked.append(Asked(str(query["question"]), strings, evidence))
    return passages, asked


def musique_100() -> tuple[list[Passage], list[Asked]]:
    corpus = list(lines(DATA / "musique_100/corpus.jsonl"))
    passages = [Passage(str(p["text"]), str(p["title"]), "", str(p["id"])) for p in corpus]
    queries = lines(DATA / "musique_100/queries.jsonl")
    return passages, [Asked(str(q["question"]), tuple(map(str, q["answers"]))) for q in queries]  # type: ignore[call-overload]


def newsroom() -> tuple[list[Passage], list[Asked]]:
    passages = []
    for path in sorted((ROOT / "examples/newsroom/articles").iterdir()):
        text = path.read_text(encoding="utf-8")
        title, date = text.split("\n", 1)[0], document_date(text) or ""
        passages += [Passage(unit, title, date, path.name) for unit in units(text)]
    asked = []
    for query in lines(ROOT / "examples/newsroom/questions.jsonl"):
        evidence = tuple(quote_of(e) for e in query.get("evidence", ()))  # type: ignore[attr-defined]
        answerable = query.get("type") != "unanswerable"
        asked.append(Asked(str(query["question"]), (), evidence, answerable, tuple(map(str, query["gold"]))))  # type: ignore[call-overload]
    return passages, asked


def quote_of(evidence: object) -> str:
    return str(evidence["quote"]) if isinstance(evidence, dict) else str(evidence)


def units(text: str) -> Iterator[str]:
    """The text in stretches of whole sentences, of about UNIT characters."""
    start, last = 0, 0
    for begin, end in split_sentences(text):
        if end - start > UNIT and last > start:
            yield text[start:last].strip()
            start = begin
        last = end
    yield text[start:last].strip()


SETS: dict[str, Callable[[], tuple[list[Passage], list[Asked]]]] = {
    "multihop_news": multihop_news,
    "musique_100": musique_100,
    "newsroom": newsroom,
}


def plain(text: str) -> str:
    return f" {' '.join(terms(text))} "


def measure(passages: list[Passage], asked: Sequence[Asked]) -> Measures:
    corpus = Corpus(passages)
    measures = Measures()
    for item in asked:
        rows = corpus.shown(item.question)
        started = time.process_time()
        answer = asyncio.run(corpus.reader.read(AnswerQuestion(item.question, rows)))
        measures.seconds += time.process_time() - started
        count(measures.counts, item, plain(answer), plain(" ".join(f"{r.title} {r.text}" for r in rows)))
        cited = {span.document_id for row in rows if f"[{row.mark}]" in answer for span in row.spans}
        measures.counts["cited"] += bool(cited & set(item.documents))
        measures.counts["citable"] += bool(item.documents) and item.answerable
    return measures


def count(counts: Counter[str], item: Asked, answer: str, shown: str) -> None:
    counts["all"] += 1
    kind = "answerable" if item.answerable else "null"
    counts[kind] += 1
    counts["wrong" if item.answerable else "right"] += not answer.strip()
    if item.answers:
        counts["stringed"] += 1
        counts["hit"] += any(plain(gold) in answer for gold in item.answers)
        counts["shown"] += any(plain(gold) in shown for gold in item.answers)
    for quote in item.evidence:
        pieces = [plain(quote[start:end]) for start, end in split_sentences(quote)]
        counts["evidence"] += 1
        counts["quoted"] += any(piece in answer for piece in pieces)
        counts["evidence_shown"] += any(piece in shown for piece in pieces)


def main() -> None:
    """Print a row for each set named, or for all."""
    for name in sys.argv[1:] or SETS:
        print(measure(*SETS[name]()).row(name))


if __name__ == "__main__":
    main()
