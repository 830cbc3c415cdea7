"""settings -> one text unit as the model of models.extract reads it: names, how many of them it made up, and its speed.

It tells in a minute what a run would tell in hours: whether the model is fit to read, and how long the corpus takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import ceil

from graphrag_drift.app import load_input
from graphrag_drift.errors import GraphRAGError
from graphrag_drift.metering import metered
from graphrag_drift.providers.llm.asking import Asking
from graphrag_drift.providers.llm.invented import stands_in
from graphrag_drift.providers.llm.reader import LLMReader
from graphrag_drift.providers.openai.chat import Rung
from graphrag_drift.providers.openai.concurrency import work_of
from graphrag_drift.providers.openai.limits import Limits, Patience, chat_model
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.providers.resolve import prompts_for
from graphrag_drift.settings import ModelSettings, Settings
from graphrag_drift.store.store import Store
from graphrag_drift.tasks import ExtractGraph

_MOST_CHARACTERS = 1_500
_MUCH = 0.1  # of the names, from which a model that makes them up should not read


@dataclass(frozen=True)
class SampleReading:
    """One text unit, read. `problem` is "" if that worked; `hours` are those of all text units, one after another.

    `tokens_per_second` are those of replies, with the prompt's for a fourth of one each.
    """

    text: str = ""
    names: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()
    relationships: int = 0
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    hours: float = 0.0
    problem: str = ""

    @property
    def answers_only(self) -> bool:
        """Whether the model is better left to answer, over an index that the embedded reader makes."""
        return bool(self.problem) or len(self.invented) > _MUCH * len(self.names) or not self.names


async def read_sample(
    model: ModelSettings, settings: Settings, tokenizer: Tokenizer, rung: Rung | None
) -> SampleReading | None:
    """A text unit of the project as `model` reads it; None, if there is nothing to read yet."""
    text, units = _sample(settings, tokenizer)
    if not text:
        return None
    chat = chat_model(model, tokenizer, limits=Limits(1, patience=Patience(attempts=1)), rung=rung)
    reader = LLMReader(Asking({"chat": chat}), prompts_for(settings), tokenizer, gleanings=0, keeps_invented=True)
    began = time.monotonic()
    try:
        with metered() as meter:
            draft = await reader.read(ExtractGraph(text))
    except GraphRAGError as error:
        return SampleReading(text, problem=str(error))
    seconds = time.monotonic() - began
    names = tuple(entity.name for entity in draft.entities)
    return SampleReading(
        text,
        names,
        tuple(name for name in names if not stands_in(name, text)),
        len(draft.relationships),
        seconds,
        work_of(meter.usage) / max(seconds, 1e-9),
        seconds * units * (1 + settings.models.gleanings) / 3600,
    )


def _sample(settings: Settings, tokenizer: Tokenizer) -> tuple[str, int]:
    """A text unit from the middle of the corpus, and how many there are; of the index, else of the input."""
    try:
        units = Store(settings.output_folder).table("text_units")["text"]
        return (units[len(units) // 2], len(units)) if len(units) else ("", 0)
    except GraphRAGError:
        pass
    try:
        texts = [text for text in load_input(settings, None).documents["text"] if text.strip()]
    except GraphRAGError:
        return "", 0
    if not texts:
        return "", 0
    text = texts[len(texts) // 2][:_MOST_CHARACTERS]
    tokens = sum(map(len, texts)) * tokenizer.count(text) / len(text)
    return text, ceil(tokens / settings.chunking.size)
