"""A reply that a language model once wrote to a question of the demo -> an answer from the index of today.

The recording names the sentence that each of its marks rests on: whatever row shows it is what the mark stands for now.
The rest of the way, from retrieval to citations and their check, is that of any answer by a model. It asks no model.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graphrag_drift.index import Index
from graphrag_drift.marks import MARK
from graphrag_drift.providers.llm.asking import Asking
from graphrag_drift.providers.protocols import Completion, Maker, Message, Reader, ReplyShape
from graphrag_drift.providers.resolve import models_for, reader_of
from graphrag_drift.settings import Settings
from graphrag_drift.tasks import AnswerQuestion
from graphrag_drift.values import Answer, Method, Usage

NOTE = (
    "recorded: a model wrote this reply once, and none was asked now; with your own model: "
    "graphrag-drift init --model gpt-4.1-mini"
)
_ROW = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Recording:
    """`reply` to `question` by `method`; `rows` are the sentences that its marks rest on, by mark."""

    question: str
    method: Method
    reply: str
    rows: Mapping[str, str]


class RecordedChat:
    """A ChatModel that gives the recorded reply, with the marks of the rows that it is shown."""

    def __init__(self, recording: Recording) -> None:
        self.id = "recorded"
        self._recording = recording

    async def complete(self, messages: Sequence[Message], shape: ReplyShape | None = None) -> Completion:
        """The reply; a mark whose sentence no row shows is left out."""
        return Completion(self._reply(messages[-1].content), "stop", Usage())

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The reply in one piece."""
        yield self._reply(messages[-1].content)

    def _reply(self, shown: str) -> str:
        rows = _ROW.findall(shown)[::-1]  # sources stand last: the documents' own words before reports on them
        marks = {
            mark: next((f"[{number}]" for number, text in rows if sentence in text), "")
            for mark, sentence in self._recording.rows.items()
        }
        return MARK.sub(lambda match: marks[match[1]], self._recording.reply)


def recorded_answer(settings: Settings, path: Path) -> Answer:
    """The answer with the reply that the file at `path` holds, marked as recorded, from the index of `settings`."""
    recording = Recording(**json.loads(path.read_text("utf-8")))
    own = models_for(settings)
    reader = reader_of(Asking({"chat": RecordedChat(recording)}), settings, own.tokenizer)
    writer: Maker[Reader] = Maker(lambda _: reader, lambda: "recorded", composes=True, name="a recorded reply")
    index = Index.open_sync(settings, models=replace(own, readers={**own.readers, AnswerQuestion: writer}))
    answer = index.ask_sync(recording.question, method=recording.method)
    return replace(answer, notes=(*answer.notes, NOTE))
