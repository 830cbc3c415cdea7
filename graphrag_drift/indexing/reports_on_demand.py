"""The tables of an index -> the task to report on one of its communities, and what the reply becomes.

For `community_reports.when: needed`. The same community gives the same task, whatever was asked before: the reports
of child communities that a task may hold are those of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import polars as pl

from graphrag_drift.indexing.report import Row, report_row
from graphrag_drift.indexing.report_context import Contents, gather_contents, report_task
from graphrag_drift.indexing.root import with_root
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.tasks.indexing import ReportDraft, WriteReport


class ReportsOnDemand:
    """Has reports written one by one. What all of them are written from is gathered when the first is needed."""

    def __init__(self, table: Callable[[str], pl.DataFrame], budget: int, tokenizer: Tokenizer) -> None:
        """`table` reads a table of the index; `budget` are the tokens that a report is written from."""
        self._table = table
        self._budget = budget
        self._tokenizer = tokenizer

    def task(self, community: int) -> WriteReport:
        """The task to report on the community of this number."""
        row = self._rows[community]
        return report_task(row, self._contents, self._reports, self._budget, self._tokenizer)

    def row(self, community: int, draft: ReportDraft, task: WriteReport) -> Row:
        """The row of community_reports that a reply to `task` becomes."""
        return report_row(self._rows[community], draft, task, self._texts)

    @cached_property
    def _communities(self) -> pl.DataFrame:
        return with_root(*map(self._table, ("communities", "entities", "relationships")))

    @cached_property
    def _rows(self) -> Mapping[int, Row]:
        return {row["community"]: row for row in self._communities.to_dicts()}

    @cached_property
    def _reports(self) -> Mapping[int, Row]:
        return {row["community"]: row for row in self._table("community_reports").to_dicts()}

    @cached_property
    def _texts(self) -> dict[str, str]:
        documents = self._table("documents")
        return dict(zip(documents["id"], documents["text"], strict=True))

    @cached_property
    def _contents(self) -> Contents:
        read = self._table
        return gather_contents(
            read("documents"),
            read("entities"),
            read("relationships"),
            read("relationship_mentions"),
            read("covariates"),
            self._communities,
        )
