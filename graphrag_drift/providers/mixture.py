"""One reader out of several: each task is answered by whoever is set for its class.

It decides nothing: who answers what is in `Models.readers`, which follows from the roles of the settings.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.tables import content_id
from graphrag_drift.tasks import TASKS, AnswerQuestion, ReduceAnswers, Task

R = TypeVar("R")
Stream = Callable[[AnswerQuestion | ReduceAnswers], AsyncGenerator[str, None]]


class Mixture:
    """Has each task answered by the reader that `models` name for its class; each is made when it is first needed."""

    def __init__(self, models: Models, lexicon: Lexicon) -> None:
        self._models = models
        self._lexicon = lexicon
        self._made: dict[Maker[Reader], Reader] = {}
        self.stream: Stream | None = getattr(self.of(AnswerQuestion), "stream", None)
        """That of whoever writes the answers; None, if they come in one piece."""

    @property
    def id(self) -> str:
        """Who answers what."""
        return f"mixture-{content_id(*(self._models.reader_of(kind).id for kind in TASKS))}"

    @property
    def manner(self) -> str:
        """That of whoever writes the answers."""
        return self.of(AnswerQuestion).manner

    def of(self, kind: type[Task[Any]]) -> Reader:
        """Whoever answers tasks of this class."""
        maker = self._models.reader_of(kind)
        if maker not in self._made:
            self._made[maker] = maker(self._lexicon)
        return self._made[maker]

    async def read(self, task: Task[R]) -> R:
        """The reply of whoever answers such tasks. Raises: as that reader."""
        return await self.of(type(task)).read(task)


def mixed_reader(models: Models, lexicon: Lexicon) -> Reader:
    """The reader of all tasks: that of `models`, where they name no other for any of them, or a mixture."""
    return Mixture(models, lexicon) if models.readers else models.reader(lexicon)
