"""The tasks of indexing -> the functions that answer them from the text itself.

All that shapes an index is imported from here, and nothing that only answers questions: an index is made anew when
this module or one of its imports changes, and only then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphrag_drift.language.asked import Answers
from graphrag_drift.language.reading import reading
from graphrag_drift.language.statistics import Vocabulary
from graphrag_drift.providers.embedded.extraction import recalled_graph
from graphrag_drift.providers.embedded.reports import write_report
from graphrag_drift.providers.embedded.weights import Rarity
from graphrag_drift.tasks.indexing import ExtractGraph, GraphDraft, ReportDraft, WriteReport
from graphrag_drift.tasks.task import Task


@dataclass(frozen=True)
class GraphReader:
    """What reads text units of a corpus with this vocabulary, in these languages; it can be pickled."""

    vocabulary: Vocabulary
    languages: tuple[str, ...]

    def __call__(self, task: Task[Any]) -> GraphDraft | None:
        """The names of the text and how they are related; None of another task."""
        with reading(self.languages):
            return recalled_graph(task, self._answers) if isinstance(task, ExtractGraph) else None

    @cached_property
    def _answers(self) -> Answers:
        return Answers(self.vocabulary)


def indexing_replies(vocabulary: Vocabulary, rarity: Rarity) -> Mapping[type[Task[Any]], Callable[[Any], Any]]:
    """By task, the function that gives its reply."""

    answers = Answers(vocabulary)

    def extract(task: ExtractGraph) -> GraphDraft:
        return recalled_graph(task, answers)

    def write(task: WriteReport) -> ReportDraft:
        return write_report(task, rarity)

    return {ExtractGraph: extract, WriteReport: write}
