"""An index -> what is shown of one entity, one document or one passage. Spans count characters, not bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.facts import prose_of
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.marks import without_marks
from graphrag_drift.query.graph import Graph, Row
from graphrag_drift.tables import stated_dates
from graphrag_drift.values import Alias, Entity, Neighbour, Passage, ReportHead, Span

_MOST_PASSAGES = 60  # of an entity
_MOST_NEIGHBOURS = 60
_MOST_MENTIONS = 2_000  # of a document, and of an entity before its sentences are told apart
_OPENING = 3_000  # characters in which the first sentence of a document ends
_LIKE = 0.6  # of the letters of two names, in their order, from which one may be meant by the other


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
        return self._row_of_alias.get(" ".join(name.split()).casefold()) if row is None else row

    def known(self, name: str) -> int:
        """The row of the entity with this id, title or alias, or else of the only one with these words in a name.

        Raises: SettingsError, if there is none, with the names that are most like it.
        """
        row = self.find(name)
        words = set(name.casefold().split())
        if row is None and words:
            rows = {row for alias, row in self._row_of_alias.items() if words.issubset(alias.split())}
            row = rows.pop() if len(rows) == 1 else None
        if row is None:
            near = ", ".join(repr(title) for title in self.near(name))
            hint = f"nearest are {near}" if near else "see the table 'entities' for those there are"
            raise SettingsError(f"the documents name no {name!r}; {hint}")
        return row

    def near(self, name: str, most: int = 5) -> list[str]:
        """The titles of entities with all words of `name` in one of their names, best connected first, then of those
        with names like it."""
        typed = " ".join(name.split()).casefold()
        degrees = self.graph.entities["degree"].to_list()
        holding = {row for alias, row in self._row_of_alias.items() if all(word in alias for word in typed.split())}
        rows = sorted(holding, key=lambda row: (-degrees[row], row))[:most] if typed else []
        like = get_close_matches(typed, self._row_of_alias, most, _LIKE) if len(rows) < most else []
        rows = list(dict.fromkeys([*rows, *(self._row_of_alias[alias] for alias in like)]))
        return [self.titles[row] for row in rows[:most]]

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

    def place(self, document: str, start: int, end: int) -> Passage:
        """A passage of a document."""
        title, date = self.graph.heads[document]
        path, source = self.graph.origins[document]
        return Passage(document, title, date, start, end, self.graph.texts[document][start:end], path, source)

    def _places(self, spans: Iterable[Span]) -> tuple[Passage, ...]:
        return tuple(self.place(span.document_id, span.start, span.end) for span in spans)

    def entity(self, row: int) -> Entity:
        """An entity: description, aliases and why, neighbours (strongest first), dated passages, reports."""
        entity = self.graph.entity(row)
        return Entity(
            entity["id"],
            entity["title"],
            entity["type"],
            entity["description"],
            self._places(entity["evidence"]),
            entity["frequency"],
            entity["degree"],
            self._aliases(entity),
            self.neighbours(row),
            self._passages(entity["title"]),
            self._reports(entity["id"]),
        )

    def _aliases(self, entity: Row) -> tuple[Alias, ...]:
        """The other names of an entity, each with why it is one."""
        reasons: dict[str, Alias] = {}
        for merge in self._merges.get(entity["title"], ()):
            reasons.setdefault(merge["name"], Alias(merge["name"], merge["reason"], merge["evidence"]))
        names = dict.fromkeys([*entity["aliases"], *reasons])
        names.pop(entity["title"], None)
        return tuple(reasons.get(name, Alias(name, "", "")) for name in names)

    def neighbours(self, row: int, most: int = _MOST_NEIGHBOURS) -> tuple[Neighbour, ...]:
        """The entities that one is related to, strongest first."""
        title = self.titles[row]
        ties = [self.graph.relationship(int(each)) for each in self.graph.relationships_of([row])]
        ties.sort(key=lambda tie: (-tie["weight"], tie["source"], tie["target"]))
        others = [self.row_of[tie["target"] if tie["source"] == title else tie["source"]] for tie in ties[:most]]
        ids = self.graph.entities["id"]
        return tuple(
            Neighbour(
                ids[other], self.titles[other], tie["description"], tie["weight"], self._places(tie["evidence"][:3])
            )
            for other, tie in zip(others, ties, strict=False)
        )

    def _passages(self, title: str) -> tuple[Passage, ...]:
        """The sentences that name an entity, by date, those without one last."""
        spans = dict.fromkeys((document, *self._sentence(document, start)) for document, start in self._mentions(title))
        passages = [self.place(*span) for span in spans]
        passages.sort(key=lambda place: (place.date == "", place.date, place.document_id, place.start))
        return tuple(passages[:_MOST_PASSAGES])

    def _mentions(self, title: str) -> Sequence[tuple[str, int]]:
        """(document, first character) of the places where an entity is named."""
        mentions = self._mentions_of.get(title)
        return [] if mentions is None else mentions.head(_MOST_MENTIONS).select("document_id", "start").rows()

    def timeline(self, row: int | None = None) -> tuple[Passage, ...]:
        """Of each dated document the first sentence that names an entity, below its headline; oldest first.

        Without a row, of every dated document its first sentence. Copies of other documents are left out.
        """
        if row is None:
            spans = {document: self._beginning(document) for document in self._dated}
        else:
            mentions = [mention for mention in self._mentions(self.titles[row]) if mention[0] in self._dated]
            mentions.sort(key=lambda mention: (self._in_headline(*mention), mention[1]), reverse=True)
            spans = {document: self._sentence(document, start) for document, start in mentions}
        passages = [self.place(document, *span) for document, span in spans.items()]
        return tuple(sorted(passages, key=lambda place: (place.date, place.document_id)))

    @cached_property
    def _dated(self) -> frozenset[str]:
        """The ids of the documents with a date that are no copies of others."""
        originals = self.graph.documents.filter(pl.col("copy_of").is_null())["id"]
        return frozenset(document for document in originals if self.graph.heads[document][1])

    def _in_headline(self, document: str, position: int) -> bool:
        """Whether the character at `position` is in the headline that the text begins with."""
        title = self.graph.heads[document][0]
        return position < len(title) and self.graph.texts[document].startswith(title)

    def _beginning(self, document: str) -> tuple[int, int]:
        """The first sentence of a document, below headline and byline; (0, 0), if it has none."""
        spans = prose_of(self.graph.texts[document][:_OPENING], opens=True)
        return spans[0] if spans else (0, 0)

    def _sentence(self, document: str, position: int) -> tuple[int, int]:
        """The sentence of a document that has the character at `position`."""
        spans = self._sentences(document)
        return next(((start, end) for start, end in spans if start <= position < end), (position, position))

    @cached_property
    def _sentences(self) -> Any:
        texts = self.graph.texts
        return lru_cache(maxsize=500)(lambda document: split_sentences(texts[document]))

    def _reports(self, entity: str) -> tuple[ReportHead, ...]:
        reports = [self.graph.report_rows[row] for row in self.graph.reports_of.get(entity, ())]
        return tuple(
            ReportHead(report["community"], report["title"], without_marks(report["summary"])) for report in reports
        )

    def documents(self) -> pl.DataFrame:
        """The documents, the newest first: id, title, date, source, author, path, language, copy_of, characters."""
        table = self.graph.documents.with_columns(date=stated_dates(self.graph.documents))
        texts = [pl.col(name).fill_null("") for name in ("source", "author", "path", "language")]
        rows = table.select("id", "title", "date", *texts, "copy_of", characters=pl.col("text").str.len_chars())
        return rows.sort("date", "id", descending=[True, False])

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

    def passage(self, text_unit: str) -> Passage:
        """A text unit, by its id."""
        text, document, start, end = self.graph.text_unit_rows[self._text_units[text_unit]]
        return replace(self.place(document, start, end), text=text)

    def units(self, document: str) -> list[tuple[int, int]]:
        """(first character, end) of each text unit of a document, in order."""
        return self._units.get(document, [])

    @cached_property
    def _units(self) -> Mapping[str, list[tuple[int, int]]]:
        units: dict[str, list[tuple[int, int]]] = {}
        for _, document, start, end in self.graph.text_unit_rows:
            units.setdefault(document, []).append((start, end))
        return {document: sorted(spans) for document, spans in units.items()}

    @cached_property
    def _text_units(self) -> Mapping[str, int]:
        return {unit: row for row, unit in enumerate(self.graph.text_units["id"])}
