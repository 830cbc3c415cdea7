"""What each mixture of model and none costs for 1,000 articles: making the index, and a question by each method.

    python benchmarks/price.py [questions]

Nobody is asked. Indexing is what `index --estimate` says. Questions are answered by the embedded reader, while the
prompts that a model would have got in its place are counted, to the token; a reply is taken to be as long as the
recorded ones to the same prompt are on average. Money is at `PRICE`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from data import llm_replies_newsroom, podcasts
from measure import mean, print_head, print_row

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.commands.estimate import estimate_index
from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.metering import spend
from graphrag_drift.prompts import load_prompts
from graphrag_drift.providers.llm.asking import Read, Request
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.protocols import Maker, Models, Reader, Tokenizer
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.settings import Price
from graphrag_drift.tasks import TASKS, Task, WriteReport
from graphrag_drift.values import Usage

ARTICLES, QUESTIONS = 1_000, 12
PRICE = Price(input=0.40, output=1.60)
MODEL = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "price": PRICE.model_dump()}
MIXTURES: Mapping[str, Mapping[str, Any]] = {
    "a model for questions": {"models": {"query": MODEL}},
    "and for reports that questions need": {
        "models": {"query": MODEL, "report": MODEL},
        "community_reports": {"when": "needed"},
    },
    "and for all reports": {"models": {"query": MODEL, "report": MODEL}},
    "and for a tenth of the text units": {
        "models": {"query": MODEL, "report": MODEL, "extract": MODEL},
        "extract_graph": {"share": 0.1},
    },
    "and for all text units": {"models": {"chat": MODEL}},
}
METHODS = ("local", "basic", "drift", "global", "lazy")
UNRECORDED = {"refine_question": 60, "select_relevant": 15, "map_text_units": 600}  # tokens of replies, by their forms
LIGHT = {"selection": "light"}


class Rendered(Exception):
    """A prompt is there, and is all that was wanted of it."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


class Renderer:
    """An Asker that asks nobody."""

    def id_of(self, roles: Sequence[str]) -> str:
        return ",".join(roles)

    def key(self, request: Request) -> str:
        return request.prompt_id

    async def ask(self, request: Request, read: Read[Any]) -> NoReturn:
        raise Rendered(request)

    def stream(self, request: Request, read: Read[str]) -> NoReturn:
        raise Rendered(request)


class Priced:
    """Answers as `reader` does, and spends what a model's answer would cost."""

    id, manner = "priced", "this answer is priced as if a model had written it"

    def __init__(self, reader: Reader, tokenizer: Tokenizer, lengths: Mapping[str, int]) -> None:
        self._reader = reader
        self._tokenizer = tokenizer
        self._lengths = lengths
        self._model = LLMReader(Renderer(), load_prompts(), tokenizer)
        self._known: set[str] = set()

    async def read(self, task: Task[Any]) -> Any:
        try:
            await self._model.read(task)
        except Rendered as rendered:
            text, prompt = [message.content for message in rendered.request.messages], rendered.request.prompt
            if "".join(text) not in self._known:  # as the cache of replies has it
                self._known.add("".join(text))
                usage = Usage(1, sum(map(self._tokenizer.count, text)), self._lengths[prompt])
                spend(usage, prompt, PRICE)
        return await self._reader.read(task)


def reply_lengths(tokenizer: Tokenizer) -> dict[str, int]:
    """The mean tokens of the recorded replies to each prompt."""
    lengths: dict[str, list[float]] = defaultdict(list)
    for reply in llm_replies_newsroom():
        lengths[reply.task].append(tokenizer.count(reply.text))
    return {**UNRECORDED, **{task: round(mean(counts)) for task, counts in lengths.items()}}


def priced(models: Models, lengths: Mapping[str, int], *, reports: bool) -> Models:
    """`models` without a model, whose answers to questions, and with `reports` these, are priced."""

    def make(lexicon: Lexicon) -> Reader:
        return Priced(models.reader(lexicon), models.tokenizer, lengths)

    maker = Maker(make, lambda: "priced", composes=True, name="m")
    kinds = [kind for kind in TASKS if kind.role in ("query", "rate") or (reports and kind is WriteReport)]
    return replace(models, readers=dict.fromkeys(kinds, maker))


def questions_cost(settings: Settings, questions: Sequence[str], method: Any, *, reports: bool = False) -> list[Usage]:
    """What each question would have cost, one after the other."""
    models = models_for(settings)
    index = Index.open_sync(settings, models=priced(models, reply_lengths(models.tokenizer), reports=reports))
    return [index.ask_sync(question, method=method).usage for question in questions]


def print_questions(label: str, usages: Sequence[Usage]) -> None:
    """A row of the means."""
    cells = [
        mean([getattr(usage, name) for usage in usages]) for name in ("calls", "prompt_tokens", "completion_tokens")
    ]
    most = max(usage.money for usage in usages)
    print_row(label, *(f"{cell:,.0f}" for cell in cells), f"{mean([u.money for u in usages]):.3f}", f"{most:.3f}")


def main(count: int) -> None:
    """Print the tables."""
    corpus = podcasts()
    documents = corpus.documents.head(ARTICLES)
    questions = [question.text for question in corpus.questions[:: max(len(corpus.questions) // count, 1)]][:count]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"root": folder})
        run = build_index_sync(settings, documents=documents)
        tokens = sum(map(models_for(settings).tokenizer.count, documents["text"]))
        print(f"{run}\n{tokens:,} tokens; {PRICE}\n")
        print_head("question", "calls", "prompt tokens", "completion tokens", "money", "at most")
        for method in METHODS:
            print_questions(method, questions_cost(settings, questions, method))
        light = settings.model_copy(update={"global_search": settings.global_search.model_copy(update=LIGHT)})
        print_questions("global, light", questions_cost(light, questions, "global"))
        reports = settings.community_reports.model_copy(update={"when": "needed"})
        needed = settings.model_copy(update={"community_reports": reports})
        usages = questions_cost(needed, questions, "drift", reports=True)
        print_questions("drift, reports as needed, the first", usages[:1])
        print_questions("drift, reports as needed, the others", usages[1:])
    print()
    print_head("index", "calls", "prompt tokens", "completion tokens", "money")
    for name, sections in MIXTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            estimate = asyncio.run(
                estimate_index(Settings.model_validate({"root": folder, **sections}), documents=documents)
            )
            total = estimate.total[0]
            cells = (total.calls, total.prompt_tokens, total.completion_tokens)
            print_row(name, *(f"{cell:,}" for cell in cells), f"{total.money:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else QUESTIONS)
