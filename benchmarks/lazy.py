"""lazy against local, global search and DRIFT: gold evidence, tokens, calls and rounds of waiting.

    python benchmarks/lazy.py [--questions 60] [--sets NAME,NAME] [--tests 50,100,500] [--podcasts N] [--indexes FOLDER]

No model is asked: the embedded reader answers each task, or, in the rows "oracle", gold says which text units help.
What a task would send to a model is written out by its prompt and counted. Evidence is the share of the gold sentences
that stand before the reader of an answer, of claims, findings or points (read), and of which the answer cites a part
(cited); what was tested alone does not count. A round is a wait for calls that were made at once. Of the podcasts,
which have no gold: claims in an answer, and how many of them say something else.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent / "tests"))

import data
from clock import run_clocked
from data import Corpus, Question
from drift_vs_local import clusters
from measure import Around, index_set, mean, print_head, print_row

from graphrag_drift import Answer, Index, Settings
from graphrag_drift.each import in_thread
from graphrag_drift.marks import marked_sentences
from graphrag_drift.prompts import load_prompts
from graphrag_drift.providers.llm.asking import Asking, Request
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.protocols import Maker, Models, Reader, Tokenizer
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.tasks import RateReports, RefineQuestion, SelectRelevant
from graphrag_drift.values import Shown

CHOOSING = (SelectRelevant, RateReports, RefineQuestion)  # tasks from whose rows no answer is made
SECONDS = 1.0  # that every call takes, by a clock that waits for nobody


class Written(Exception):
    """A request is written; nobody is asked."""


class Scribe(Asking):
    """Keeps the request that it is given."""

    def __init__(self) -> None:
        super().__init__({})
        self.request: Request | None = None

    async def ask(self, request: Request, read: Any) -> Any:
        self.request = request
        raise Written


@dataclass
class Priced(Around):
    """A reader that counts what a model would be sent; gold says which text units help, if `gold` is not None."""

    tokenizer: Tokenizer
    gold: Question | None = None
    calls: int = 0
    tokens: int = 0
    texts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._scribe = Scribe()
        self._model = LLMReader(self._scribe, load_prompts(), self.tokenizer)

    async def read(self, task: Any) -> Any:
        self._scribe.request = None
        try:
            await self._model.read(task)
        except Written:
            self.calls += 1
        request = self._scribe.request
        if request is not None:
            self.tokens += sum(self.tokenizer.count(message.content) for message in request.messages)
            await asyncio.sleep(SECONDS)
        if not isinstance(task, CHOOSING):
            self.texts |= {row.text for row in _rows(task)}
        if isinstance(task, SelectRelevant) and self.gold is not None:
            return tuple(self._helps(row) for row in task.text_units)
        return await self.reader.read(task)

    def _helps(self, row: Shown) -> bool:
        """Whether a sentence of the gold stands in it."""
        return self.gold is not None and any(flat(quote) in flat(row.text) for quote in self.gold.quotes)


def _rows(task: Any) -> list[Shown]:
    values = (getattr(task, name) for name in task.__dataclass_fields__)
    return [row for value in values if isinstance(value, tuple) for row in value if isinstance(row, Shown)]


@dataclass(frozen=True)
class Asked:
    """One answer in numbers; of the podcasts `read` and `cited` are 0."""

    read: float
    cited: float
    claims: int
    clusters: int
    calls: int
    tokens: int
    rounds: float


@dataclass(frozen=True)
class Search:
    """A method with its settings; `oracle`: gold answers the tests."""

    method: str
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    oracle: bool = False


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=60, help="of each set, at most")
    parser.add_argument("--sets", default="newsroom,multihop_news,hotpotqa_200")
    parser.add_argument("--tests", default="50,100,500")
    parser.add_argument("--podcasts", type=int, default=0, help="questions of the podcasts (125 are all)")
    parser.add_argument("--indexes", type=Path, help="a folder in which indexes are kept")
    options = parser.parse_args()
    tests = [int(number) for number in options.tests.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        indexes = options.indexes or Path(folder)
        for name in filter(None, options.sets.split(",")):
            evidence(name, indexes / name, options.questions, tests)
        if options.podcasts:
            podcasts(indexes / "podcasts", options.podcasts, tests)


def evidence(name: str, root: Path, most: int, numbers: Sequence[int]) -> None:
    """The table of a set that has gold."""
    corpus: Corpus = getattr(data, name)()
    corpus = corpus if corpus.folder else corpus.bare()
    settings = index_set(corpus, root)
    asked = [question for question in corpus.questions if question.gold and question.quotes]
    asked = asked[:: max(1, len(asked) // most)][:most]
    print(f"\n{name}, {len(asked)} questions\n")
    print_head("search", "evidence read", "evidence cited", "prompt tokens", "calls", "rounds")
    searches = {name: Search(name) for name in ("basic", "local", "global", "drift")}
    for oracle in (False, True):
        for tests in numbers:
            label = f"lazy, {tests} tests{', oracle' * oracle}"
            searches[label] = Search("lazy", {"lazy_search": {"tests": tests}}, oracle)
    for label, search in searches.items():
        rows = ask_all(settings, search, asked)
        line(label, rows)
        if label == "lazy, 100 tests, oracle":
            wide = {"local_search": {"max_context_tokens": int(mean([row.tokens for row in rows]))}}
            line("local, at the tokens of that", ask_all(settings, Search("local", wide), asked))


def podcasts(root: Path, most: int, numbers: Sequence[int]) -> None:
    """The table of a set of questions about everything."""
    corpus = data.podcasts()
    settings = index_set(corpus, root)
    asked = corpus.questions[:: max(1, len(corpus.questions) // most)][:most]
    print(f"\npodcasts, {len(asked)} questions\n")
    print_head("search", "claims", "clusters", "prompt tokens", "share of global's", "calls", "rounds")
    of_global = 0.0
    searches = {name: Search(name) for name in ("global", "local", "drift")}
    searches |= {f"lazy, {tests} tests": Search("lazy", {"lazy_search": {"tests": tests}}) for tests in numbers}
    for label, search in searches.items():
        rows = ask_all(settings, search, asked)
        tokens = mean([row.tokens for row in rows])
        of_global = of_global or tokens
        said = [f"{mean([row.claims for row in rows]):.1f}", f"{mean([row.clusters for row in rows]):.1f}"]
        cost = [f"{mean([row.calls for row in rows]):.1f}", f"{mean([row.rounds for row in rows]):.1f}"]
        print_row(label, *said, f"{tokens:,.0f}", f"{tokens / of_global:.1%}", *cost)


def line(label: str, rows: Sequence[Asked]) -> None:
    """Print the means of one search."""
    shares = (f"{mean([row.read for row in rows]):.3f}", f"{mean([row.cited for row in rows]):.3f}")
    cost = (f"{mean([row.calls for row in rows]):.1f}", f"{mean([row.rounds for row in rows]):.1f}")
    print_row(label, *shares, f"{mean([row.tokens for row in rows]):,.0f}", *cost)


def ask_all(settings: Settings, search: Search, questions: Sequence[Question]) -> list[Asked]:
    """The answers of one search in numbers."""
    update = {name: getattr(settings, name).model_copy(update=dict(part)) for name, part in search.sections.items()}
    readers: list[Priced] = []
    index = Index.open_sync(settings.model_copy(update=update), models=priced(models_for(settings), readers))
    outcomes = []
    for question in questions:
        outcomes.append(_ask(index, readers, question, search))
    return outcomes


def _ask(index: Index, readers: list[Priced], question: Question, search: Search) -> Asked:
    _ = index._reader
    reader = readers[0]
    reader.calls, reader.tokens, reader.texts = 0, 0, set()
    reader.gold = question if search.oracle else None
    times: list[float] = []

    async def ask() -> Answer:
        began = asyncio.get_running_loop().time()
        answer = await index.ask(question.text, method=search.method)
        times.append(asyncio.get_running_loop().time() - began)
        return answer

    answer = clocked(ask)
    read, cited = "\n".join(map(flat, reader.texts)), "\n".join(flat(each.quote) for each in answer.citations)
    claims = [text for text, _ in marked_sentences(answer.text)]
    vectors = in_thread(index._embedder.embed_passages(claims))
    quotes = [flat(quote) for quote in question.quotes]
    return Asked(
        mean([quote in read for quote in quotes]),
        mean([any(line and (line in quote or quote in line) for line in cited.split("\n")) for quote in quotes]),
        len(claims),
        clusters(vectors),
        reader.calls,
        reader.tokens,
        times[0] / SECONDS,
    )


def flat(text: str) -> str:
    """`text` with single spaces, so that a sentence is found however its lines break."""
    return " ".join(text.split())


def clocked(work: Callable[[], Any]) -> Any:
    """The result of `work`, whose waits take no time."""
    results: list[Any] = []

    async def inside() -> None:
        results.append(await work())

    run_clocked(inside())
    return results[0]


def priced(models: Models, readers: list[Priced]) -> Models:
    """`models`, whose reader counts, and is asked as if it were paid."""

    def reader(lexicon: Any) -> Reader:
        readers.append(Priced(models.reader(lexicon), models.tokenizer))
        return readers[-1]

    return replace(models, reader=Maker(reader, models.reader.version, composes=True))


if __name__ == "__main__":
    main()
