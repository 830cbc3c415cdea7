"""What a report's writer is shown: a community's entities, relationships and sentences within a token budget.

Only internal relationships count, never one that leaves the community. Over budget, the content of child
communities gives way to the findings of their reports, largest child first, so that a parent is written from
its children rather than from whichever rows happened to fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import without_marks
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.shown import ROW_OVERHEAD, claim_row, head_of, pack
from graphrag_drift.tables import stated_dates
from graphrag_drift.tasks.indexing import WriteReport
from graphrag_drift.values import Shown, Span

Row = dict[str, Any]
# No budget in use holds more sentences than this; a community of thousands need not carry them all.
_MOST_SOURCES = 400
# Characters from which evidence is a whole text unit rather than a sentence, and what is shown of it instead.
_LONG_EVIDENCE = 600
_NAMING_SENTENCES = 2
_TOLD = 0.8  # of the words of a relationship: the description of an end says the same


@dataclass(frozen=True)
class Contents:
    """Per community number: its rows, most important first, with mark 0."""

    entities: Mapping[int, Sequence[Shown]]
    relationships: Mapping[int, Sequence[Shown]]
    sources: Mapping[int, Sequence[Shown]]
    claims: Mapping[int, Sequence[Shown]]
    _tokens: dict[str, int] = field(default_factory=dict)
    _related: dict[int, tuple[list[Shown], list[Shown]]] = field(default_factory=dict)

    def rows(self, community: int) -> list[Shown]:
        """All rows of a community: entities, relationships, claims, sources.

        What a model has told in its own words is shown once: no sentence that a relationship's description tells, and
        no relationship that the description of one of its ends tells, to whose evidence its own is added.
        """
        related = self.relationships.get(community, ())
        told = {span: row.text for row in related for span in row.spans}
        sources = self.sources.get(community, ())
        unsaid = [row for row in sources if told.get(row.spans[0], row.text) == row.text]
        if community not in self._related:
            entities = self.entities.get(community, ())
            self._related[community] = _without_repetition(entities, related, {row.text for row in sources})
        entities, related = self._related[community]
        return [*entities, *related, *self.claims.get(community, ()), *unsaid]

    def tokens(self, rows: Iterable[Shown], tokenizer: Tokenizer) -> int:
        """Tokens that `rows` take; each text is counted once in a run."""
        total = 0
        for row in rows:
            for text in (row.head, row.text):
                if text not in self._tokens:
                    self._tokens[text] = tokenizer.count(text)
                total += self._tokens[text]
            total += ROW_OVERHEAD
        return total


def _without_repetition(
    entities: Sequence[Shown], relationships: Sequence[Shown], sentences: Set[str]
) -> tuple[list[Shown], list[Shown]]:
    """Entities, and the relationships that say what those do not; `sentences` of texts stay, since they say it best."""
    rows = {row.title: row for row in entities}
    words = {title: frozenset(content_terms(f"{title} {row.text}")) for title, row in rows.items()}
    left = []
    for row in relationships:
        ends = (end for end in row.title.split("; ") if end in rows)
        teller = next((end for end in ends if _is_told(row.text, words[end])), "") if row.text not in sentences else ""
        if teller:
            rows[teller] = replace(rows[teller], spans=tuple(dict.fromkeys((*rows[teller].spans, *row.spans))))
        else:
            left.append(row)
    return list(rows.values()), left


def _is_told(text: str, words: Set[str]) -> bool:
    """Whether most words of `text`, and all its figures, are among `words`."""
    own = frozenset(content_terms(text))
    new = own - words
    return len(new) <= (1 - _TOLD) * len(own) and not any(map(str.isdigit, "".join(new)))


def gather_contents(
    documents: pl.DataFrame,
    entities: pl.DataFrame,
    relationships: pl.DataFrame,
    relationship_mentions: pl.DataFrame,
    covariates: pl.DataFrame,
    communities: pl.DataFrame,
) -> Contents:
    """The rows of every community, by importance: degree for entities, weight for relationships."""
    shown_entities = _entity_rows(entities, communities)
    sources = _source_rows(documents, relationships, relationship_mentions, communities)
    texts = dict(zip(documents["id"], documents["text"], strict=True))
    heads = {row[0]: (row[1], row[2]) for row in documents.select("id", "title", stated_dates(documents)).rows()}
    for number in communities["community"].to_list():
        related = bool(sources.get(number))
        alone = [entity for entity in shown_entities.get(number, ()) if not (related and entity.score)]
        sources[number] += _evidence_sentences(alone, texts, heads)
    claims = _claim_rows(documents, entities, covariates, communities)
    dates = {document: date or "" for document, (_, date) in heads.items()}
    return Contents(shown_entities, _relationship_rows(relationships, communities, dates), sources, claims)


def report_task(
    community: Row, contents: Contents, reports: Mapping[int, Row], budget: int, tokenizer: Tokenizer
) -> WriteReport:
    """The task to report on `community` from at most `budget` tokens; `reports` are those written so far."""
    number = community["community"]
    rows = contents.rows(number)
    children: list[Shown] = []
    if contents.tokens(rows, tokenizer) > budget:
        rows, children = _with_child_reports(community, rows, contents, reports, budget, tokenizer)
    if contents.tokens((*rows, *children), tokenizer) > budget:
        children = list(pack(children, budget // 2 if rows else budget, tokenizer)[0])
        rows = _shares(rows, budget - contents.tokens(children, tokenizer), tokenizer)
    marked = [replace(row, mark=mark) for mark, row in enumerate((*rows, *children), start=1)]
    of = {kind: tuple(r for r in marked if r.kind == kind) for kind in ("entity", "relationship", "claim", "source")}
    findings = tuple(row for row in marked if row.kind == "finding")
    return WriteReport(of["entity"], of["relationship"], of["source"], findings, of["claim"])


def _with_child_reports(
    community: Row,
    rows: list[Shown],
    contents: Contents,
    reports: Mapping[int, Row],
    budget: int,
    tokenizer: Tokenizer,
) -> tuple[list[Shown], list[Shown]]:
    children: list[Shown] = []
    sizes = {child: contents.tokens(contents.rows(child), tokenizer) for child in community["children"]}
    for child in sorted((c for c in sizes if c in reports), key=lambda c: (-sizes[c], c)):
        replaced = {(row.kind, row.title, row.text) for row in contents.rows(child)}
        rows = [row for row in rows if (row.kind, row.title, row.text) not in replaced]
        children.extend(_findings(reports[child]))
        if contents.tokens((*rows, *children), tokenizer) <= budget:
            break
    return rows, children


def _findings(report: Row) -> Iterable[Shown]:
    spans = [Span(**evidence) for evidence in report["evidence"]]
    for finding in report["findings"]:
        cited = [span for n, span in enumerate(spans, start=1) if f"[{n}]" in finding["explanation"]]
        text = without_marks(finding["explanation"])
        title, score = report["title"], report["rank"] / 10
        yield Shown(0, "finding", text, tuple(cited), title, score=score, head=head_of(finding["summary"]))


def _shares(rows: list[Shown], budget: int, tokenizer: Tokenizer) -> list[Shown]:
    """The best rows of each kind: a quarter of the budget for entities, one for relationships, the rest for claims
    and sources."""
    kept: list[Shown] = []
    left = 0
    claims = 0.2 if any(row.kind == "claim" for row in rows) else 0.0
    for kind, share in (("entity", 0.25), ("relationship", 0.25), ("claim", claims), ("source", 0.5 - claims)):
        chosen, left = pack([row for row in rows if row.kind == kind], int(budget * share) + left, tokenizer)
        kept.extend(chosen)
    return kept


def _members(communities: pl.DataFrame, column: str) -> pl.DataFrame:
    return communities.select("community", id=column).explode("id").drop_nulls("id")


def _spans(evidence: list[Row] | None) -> tuple[Span, ...]:
    return tuple(Span(**row) for row in evidence or ())


def _entity_rows(entities: pl.DataFrame, communities: pl.DataFrame) -> dict[int, list[Shown]]:
    joined = _members(communities, "entity_ids").join(entities, on="id", how="inner")
    most = max(int(entities["degree"].max() or 0), 1)  # type: ignore[arg-type]
    ordered = joined.sort("community", "degree", "frequency", "title", descending=[False, True, True, False])
    rows: dict[int, list[Shown]] = defaultdict(list)
    for community, title, text, evidence, degree in ordered.select(
        "community", "title", "description", "evidence", "degree"
    ).iter_rows():
        rows[community].append(Shown(0, "entity", text, _spans(evidence), title, score=degree / most))
    return rows


def _relationship_rows(
    relationships: pl.DataFrame, communities: pl.DataFrame, dates: Mapping[str, str]
) -> dict[int, list[Shown]]:
    """The relationships inside each community; one that was stated on one day only has its date."""
    joined = _members(communities, "relationship_ids").join(relationships, on="id", how="inner")
    most = max(float(relationships["weight"].max() or 0.0), 1e-9)  # type: ignore[arg-type]
    ordered = joined.sort("community", "weight", "id", descending=[False, True, False])
    rows: dict[int, list[Shown]] = defaultdict(list)
    for community, source, target, text, evidence, weight in ordered.select(
        "community", "source", "target", "description", "evidence", "weight"
    ).iter_rows():
        spans = _spans(evidence)
        days = {dates.get(span.document_id, "") for span in spans}
        date = days.pop() if len(days) == 1 else ""
        rows[community].append(Shown(0, "relationship", text, spans, f"{source}; {target}", date, weight / most))
    return rows


def _claim_rows(
    documents: pl.DataFrame, entities: pl.DataFrame, covariates: pl.DataFrame, communities: pl.DataFrame
) -> dict[int, list[Shown]]:
    """The claims about the members of each community, in the order of the texts."""
    members = _members(communities, "entity_ids").join(entities.select("id", subject_id="title"), on="id")
    heads = documents.select(document_id="id", head="title", date=stated_dates(documents))
    found = members.join(covariates, on="subject_id").join(heads, on="document_id")
    found = found.sort("community", "human_readable_id")
    rows: dict[int, list[Shown]] = defaultdict(list)
    for row in found.iter_rows(named=True):
        rows[row["community"]].append(claim_row(row, row["date"] or ""))
    return rows


def _source_rows(
    documents: pl.DataFrame,
    relationships: pl.DataFrame,
    mentions: pl.DataFrame,
    communities: pl.DataFrame,
) -> dict[int, list[Shown]]:
    """The sentences that state internal relationships, by the summed weight of what they state."""
    ends = [
        pl.min_horizontal("source", "target").alias("a"),
        pl.max_horizontal("source", "target").alias("b"),
    ]
    stated = (
        mentions.drop_nulls(["start", "end"])
        .drop("source", "target")
        .rename({"source_title": "source", "target_title": "target"})
        .with_columns(ends)
        .join(relationships.with_columns(ends).select("id", "weight", "a", "b"), on=["a", "b"], how="inner")
    )
    where = ["community", "document_id", "text_unit_id", "start", "end"]
    ordered = (
        _members(communities, "relationship_ids")
        .join(stated, on="id", how="inner")
        .group_by(where)
        .agg(pl.col("weight").unique().sort().sum())
        .sort("community", "weight", "document_id", "start", descending=[False, True, False, False])
        .group_by("community", maintain_order=True)
        .head(_MOST_SOURCES)
        .join(
            documents.select(document_id="id", title="title", date=stated_dates(documents), text="text"),
            on="document_id",
            how="left",
        )
    )
    most = max(float(ordered["weight"].max() or 0.0), 1e-9)  # type: ignore[arg-type]
    rows: dict[int, list[Shown]] = defaultdict(list)
    for community, document, unit, start, end, weight, title, date, text in ordered.select(
        *where, "weight", "title", "date", _line("text", "start", "end")
    ).iter_rows():
        span = Span(document, unit, start, end)
        rows[community].append(Shown(0, "source", text, (span,), title, date, weight / most))
    return rows


def _line(text: str, start: str, end: str) -> pl.Expr:
    """The characters from `start` to `end` of a text, in one line."""
    said = pl.col(text).str.slice(pl.col(start), pl.col(end) - pl.col(start))
    return said.str.replace_all(r"\s+", " ").str.strip_chars()


def _evidence_sentences(
    entities: Iterable[Shown], texts: Mapping[str, str], heads: Mapping[str, tuple[str, str]]
) -> Iterable[Shown]:
    seen: set[Span] = set()
    for entity in entities:
        for span in entity.spans:
            if span not in seen:
                seen.add(span)
                title, date = heads[span.document_id]
                for part in _telling_parts(span, texts[span.document_id], entity.title):
                    text = texts[span.document_id][part.start : part.end]
                    yield Shown(0, "source", text, (part,), title, date, entity.score)


def _telling_parts(span: Span, text: str, name: str) -> list[Span]:
    """`span`; of a long one the first sentences that name the entity, else its first sentences."""
    if span.end - span.start <= _LONG_EVIDENCE:
        return [span]
    sentences = [(span.start + a, span.start + b) for a, b in split_sentences(text[span.start : span.end])]
    naming = [place for place in sentences if name.casefold() in text[slice(*place)].casefold()]
    chosen = (naming or sentences)[:_NAMING_SENTENCES]
    return [Span(span.document_id, span.text_unit_id, start, end) for start, end in chosen]
