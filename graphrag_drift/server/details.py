"""An index -> what is shown of one entity, one document or one passage, as JSON. Spans count characters, not bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import polars as pl

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.marks import without_marks
from graphrag_drift.query.graph import Graph, Row

_MOST_PASSAGES = 60  # of an entity
_MOST_NEIGHBOURS = 60
_MOST_MENTIONS = 2_000  # of a document, and of an entity before its sentences are told apart


class Details:
    """What is shown of the entities and documents of one generation."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def titles(self) -> Sequence[str]:
        """Of each entity, by its row."""
        return self.graph.entities["title"].to_list()

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """The row of an entity, by its id or title."""
        rows = {title: row for row, title in enumerate(self.titles)}
        return rows | {entity: row for row, entity in enumerate(self.graph.entities["id"])}

    @cached_property
    def _row_of_alias(self) -> Mapping[str, int]:
        """The row of an entity by any of its names, in small letters; a title counts for more than an alias."""
        rows: dict[str, int] = {}
        for row, aliases in enumerate(self.graph.entities["aliases"]):
            for alias in aliases:
                rows.setdefault(alias.casefold(), row)
        return rows | {title.casefold(): row for row, title in reversed(list(enumerate(self.titles)))}

    def find(self, name: str) -> int | None:
        """The row of the entity with this id, title or alias; None, if there is none."""
        row = self.row_of.get(name)
        return self._row_of_alias.get(name.casefold()) if row is None else row

    @cached_property
    def _mentions_of(self) -> Mapping[str, pl.DataFrame]:
        """(document_id, start) of the mentions of each entity, by its title."""
        mentions = self.graph.entity_mentions.filter(pl.col("start").is_not_null())
        groups = mentions.select("title", "document_id", "start").partition_by("title", as_dict=True)
        return {str(title): rows for (title,), rows in groups.items()}

    @cached_property
    def _mentions_in(self) -> Mapping[str, pl.DataFrame]:
        """(start, end, title) of the mentions in each document, by its id."""
        mentions = self.graph.entity_mentions.filter(pl.col("start").is_not_null())
        rows = (
            mentions.select("document_id", "start", "end", "title")
            .unique()
            .sort("document_id", "start", "end", "title")
        )
        return {str(document): group for (document,), group in rows.partition_by("document_id", as_dict=True).items()}

    @cached_property
    def _merges(self) -> Mapping[str, list[Row]]:
        """Why names became each entity, by its title."""
        merges: dict[str, list[Row]] = {}
        for row in self.graph.entity_merges.filter(~pl.col("undone")).iter_rows(named=True):
            merges.setdefault(row["title"], []).append(row)
        return merges

    @cached_property
    def document_rows(self) -> Mapping[str, int]:
        """The row of each document, by its id."""
        return {document: row for row, document in enumerate(self.graph.documents["id"])}

    def place(self, document: str, start: int, end: int) -> Row:
        """A passage, with the document that it stands in."""
        title, date = self.graph.heads[document]
        text = self.graph.texts[document][start:end]
        return {"document_id": document, "title": title, "date": date, "start": start, "end": end, "text": text}

    def entity(self, row: int) -> Row:
        """An entity: description, aliases and why, neighbours (strongest first), dated passages, reports."""
        entity = self.graph.entity(row)
        title = entity["title"]
        return {
            "id": entity["id"],
            "title": title,
            "kind": entity["type"],
            "description": entity["description"],
            "evidence": [self.place(span.document_id, span.start, span.end) for span in entity["evidence"]],
            "frequency": entity["frequency"],
            "degree": entity["degree"],
            "aliases": self._aliases(entity),
            "neighbours": self._neighbours(row),
            "passages": self._passages(title),
            "reports": self._reports(entity["id"]),
        }

    def _aliases(self, entity: Row) -> list[Row]:
        """The other names of an entity, each with why it is one."""
        reasons: dict[str, Row] = {}
        for merge in self._merges.get(entity["title"], ()):
            reasons.setdefault(merge["name"], merge)
        names = dict.fromkeys([*entity["aliases"], *reasons])
        names.pop(entity["title"], None)
        return [
            {"name": name, "reason": reasons[name]["reason"], "evidence": reasons[name]["evidence"]}
            if name in reasons
            else {"name": name, "reason": "", "evidence": ""}
            for name in names
        ]

    def _neighbours(self, row: int) -> list[Row]:
        title = self.titles[row]
        ties = [self.graph.relationship(int(each)) for each in self.graph.relationships_of([row])]
        ties.sort(key=lambda tie: (-tie["weight"], tie["source"], tie["target"]))
        neighbours = []
        for tie in ties[:_MOST_NEIGHBOURS]:
            other = self.row_of[tie["target"] if tie["source"] == title else tie["source"]]
            evidence = [self.place(span.document_id, span.start, span.end) for span in tie["evidence"][:3]]
            neighbours.append(
                {
                    "id": self.graph.entities["id"][other],
                    "title": self.titles[other],
                    "description": tie["description"],
                    "weight": tie["weight"],
                    "evidence": evidence,
                }
            )
        return neighbours

    def _passages(self, title: str) -> list[Row]:
        """The sentences that name an entity, by date, those without one last."""
        mentions = self._mentions_of.get(title)
        if mentions is None:
            return []
        spans: dict[tuple[str, int, int], None] = {}
        for document, start in mentions.head(_MOST_MENTIONS).select("document_id", "start").iter_rows():
            spans.setdefault((document, *self._sentence(document, start)))
        passages = [self.place(*span) for span in spans]
        passages.sort(key=lambda place: (place["date"] == "", place["date"], place["document_id"], place["start"]))
        return passages[:_MOST_PASSAGES]

    def _sentence(self, document: str, position: int) -> tuple[int, int]:
        """The sentence of a document that has the character at `position`."""
        spans = self._sentences(document)
        return next(((start, end) for start, end in spans if start <= position < end), (position, position))

    @cached_property
    def _sentences(self) -> Any:
        texts = self.graph.texts
        return lru_cache(maxsize=500)(lambda document: split_sentences(texts[document]))

    def _reports(self, entity: str) -> list[Row]:
        reports = [self.graph.report_rows[row] for row in self.graph.reports_of.get(entity, ())]
        return [
            {"community": report["community"], "title": report["title"], "summary": without_marks(report["summary"])}
            for report in reports
        ]

    def document(self, document: str) -> Row | None:
        """A document with its text and the entities named in it; None, if there is none with this id."""
        if document not in self.document_rows:
            return None
        row = self.graph.documents.row(self.document_rows[document], named=True)
        title, date = self.graph.heads[document]
        mentions = self._mentions_in.get(document)
        rows = [] if mentions is None else mentions.head(_MOST_MENTIONS).select("start", "end", "title").rows()
        return {
            "id": document,
            "title": title,
            "date": date,
            "source": row["source"] or "",
            "author": row["author"] or "",
            "path": row["path"] or "",
            "copy_of": row["copy_of"] or "",
            "text": row["text"],
            "mentions": [(start, end, self.row_of[name]) for start, end, name in rows if name in self.row_of],
        }

    def passage(self, text_unit: str, score: float) -> Row:
        """A text unit with its document, as `retrieve` gives it."""
        row = self._text_units[text_unit]
        text, document, start, end = self.graph.text_unit_rows[row]
        path, source = self.graph.origins[document]
        place = self.place(document, start, end)
        return {**place, "text": text, "text_unit_id": text_unit, "path": path, "source": source, "score": score}

    @cached_property
    def _text_units(self) -> Mapping[str, int]:
        return {unit: row for row, unit in enumerate(self.graph.text_units["id"])}
