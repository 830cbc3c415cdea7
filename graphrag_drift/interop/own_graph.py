"""A graph of the user's own -> tables from which communities, reports and an index are made.

It is a folder with tables of entities and relationships (CSV or parquet, also as Neo4j's import has them), or a GraphML
file. A graph has no documents: each entity gets one, of its description and what its relationships say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from graphrag_drift.errors import SchemaError, SettingsError
from graphrag_drift.indexing.chunk import cut
from graphrag_drift.interop.foreign import DOCUMENT, ENTITY, RELATIONSHIP, Foreign, named
from graphrag_drift.interop.microsoft import read_parquet
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.settings import ChunkingSettings
from graphrag_drift.tables import content_id

Row = dict[str, Any]
_SUFFIXES = ("parquet", "csv")
_ENTITY_NAMES = {
    "title": ("name", "label", "entity"),
    "type": ("kind", "category"),
    "description": ("summary", "text"),
}
_RELATIONSHIP_NAMES = {
    "source": ("from", "start", "subject"),
    "target": ("to", "end", "object"),
    "description": ("relation", "relationship", "predicate", "type", "label"),
    "weight": ("strength", "value"),
}
# Headers of Neo4j's import: name:type, :ID(space), :LABEL, :START_ID, :END_ID, :TYPE.
_HEADER = re.compile(r"([^:]*):(\w+(?:\[\])?)(?:\([^)]*\))?")
_ROLES = {"ID": "id", "LABEL": "type", "START_ID": "source", "END_ID": "target", "TYPE": "relation"}


def is_graph(path: Path) -> bool:
    """Whether `path` is a GraphML file or a folder with tables of entities and relationships."""
    return path.suffix == ".graphml" or all(_file(path, name) is not None for name in ("entities", "relationships"))


def read_graph(path: Path, tokenizer: Tokenizer, chunking: ChunkingSettings) -> Foreign:
    """The graph at `path`, with a document for each entity, cut as `chunking` says.

    Raises: SchemaError, if a table lacks the names of entities or the ends of relationships; SettingsError and
    IndexNotReady, for a file that cannot be read.
    """
    entities, relationships = _graphml(path) if path.suffix == ".graphml" else _tables(path)
    entities = _with_ends(entities, relationships)
    relationships = relationships.with_columns(description=pl.Series(_sentences(relationships), dtype=pl.String))
    documents = _documents(entities, relationships)
    units = cut(documents, tokenizer=tokenizer, size=chunking.size, overlap=chunking.overlap)
    of_document = units.group_by(title=pl.col("document_id")).agg(own=pl.col("id").sort())
    titles = dict(documents.select("id", "title").rows())
    of_title = of_document.with_columns(pl.col("title").replace_strict(titles, default=None))
    relationships = _with_units(relationships, of_title, "source")
    ends = [relationships.select(title=end, own="text_unit_ids") for end in ("source", "target")]
    units_of = (
        pl.concat([of_title, *ends])
        .explode("own")
        .group_by("title")
        .agg(own=pl.col("own").drop_nulls().unique().sort())
    )
    return Foreign(path.name, path, documents, units, _with_units(entities, units_of, "title"), relationships)


def _with_units(rows: pl.DataFrame, units: pl.DataFrame, column: str) -> pl.DataFrame:
    joined = rows.drop("text_unit_ids").join(
        units.rename({"title": column}), on=column, how="left", maintain_order="left"
    )
    return joined.with_columns(text_unit_ids=pl.col("own").fill_null([])).drop("own")


def _file(folder: Path, name: str) -> Path | None:
    return next((path for suffix in _SUFFIXES if (path := folder / f"{name}.{suffix}").exists()), None)


def _tables(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    frames = {}
    for name in ("entities", "relationships"):
        path = _file(folder, name)
        assert path is not None  # is_graph
        frames[name] = read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    return _checked(frames["entities"], frames["relationships"])


def _read_csv(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, infer_schema=False)
        return frame.rename({name: _bare(name) for name in frame.columns})
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SettingsError(f"{str(path)!r} cannot be read as CSV: {str(error).splitlines()[0]}") from error


def _bare(header: str) -> str:
    """A header without Neo4j's types: ":START_ID(Entity)" is source, "weight:double" is weight."""
    match = _HEADER.fullmatch(header)
    return header if match is None else _ROLES.get(match[2].upper(), match[1] or header)


def _graphml(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    import networkx as nx

    try:
        graph = nx.read_graphml(path)
    except OSError as error:
        raise SettingsError(f"the graph {str(path)!r} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # of the XML, of networkx, of values that are no numbers
        raise SettingsError(f"{str(path)!r} is no GraphML that can be read: {error}") from error
    nodes = [{**_as_text(attributes), "id": str(node)} for node, attributes in graph.nodes(data=True)]
    edges = [{**_as_text(row), "source": str(a), "target": str(b)} for a, b, row in graph.edges(data=True)]
    if not nodes:
        raise SchemaError(f"the graph {str(path)!r} has no nodes")
    ends = None if edges else ["source", "target"]
    return _checked(
        pl.DataFrame(nodes, infer_schema_length=None), pl.DataFrame(edges, schema=ends, infer_schema_length=None)
    )


def _as_text(attributes: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in attributes.items() if name not in ("id", "source", "target")}


def _checked(entities: pl.DataFrame, relationships: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with the columns of ours; ends that are ids of entities become their titles."""
    optional = ENTITY.keys() - {"title"}
    if not {"title", "name", "label", "entity"} & {name.lower() for name in entities.columns}:
        entities = entities.with_columns(title=pl.col("id")) if "id" in entities.columns else entities
    # What others say of a row, such as the kind and the places of a drawing, is not for an index.
    nodes = named(entities, ENTITY, "entities", optional=optional, aliases=_ENTITY_NAMES).select(*ENTITY)
    nodes = nodes.filter(pl.col("title").fill_null("").str.strip_chars() != "")
    optional = RELATIONSHIP.keys() - {"source", "target"}
    edges = named(relationships, RELATIONSHIP, "relationships", optional=optional, aliases=_RELATIONSHIP_NAMES)
    titles = dict(nodes.select("id", "title").drop_nulls().rows())
    ends = [pl.col(end).replace(titles) for end in ("source", "target")]
    edges = edges.select(*RELATIONSHIP).with_columns(ends)
    return _with_ids(nodes, "entity", "title"), _with_ids(edges, "relationship", "source", "target")


def _with_ids(rows: pl.DataFrame, kind: str, *key: str) -> pl.DataFrame:
    """Ids of our own where there are none, and the number of each row."""
    own = [content_id(kind, number, *(str(part) for part in row)) for number, row in enumerate(rows.select(key).rows())]
    return rows.with_columns(
        id=pl.coalesce("id", pl.Series(own, dtype=pl.String)), human_readable_id=pl.int_range(pl.len())
    )


def _with_ends(entities: pl.DataFrame, relationships: pl.DataFrame) -> pl.DataFrame:
    """The entities, and one for each end of a relationship that is none of them."""
    ends = pl.concat([relationships.select(title=end) for end in ("source", "target")]).drop_nulls().unique()
    more = ends.join(entities.select("title"), on="title", how="anti").sort("title")
    ids = [content_id("entity", title) for title in more["title"]]
    return pl.concat([entities, more.with_columns(id=pl.Series(ids, dtype=pl.String))], how="diagonal_relaxed")


def _documents(entities: pl.DataFrame, relationships: pl.DataFrame) -> pl.DataFrame:
    """A document for each entity that something is said of: its description, then what its relationships say."""
    lines_of: defaultdict[str, list[str]] = defaultdict(list)
    for title, description in entities.select("title", "description").rows():
        lines_of[title] += [description.strip()] if (description or "").strip() else []
    for source, target, description in relationships.select("source", "target", "description").rows():
        if source and target:
            lines_of[source].append(description)
    texts = {title: "\n".join(dict.fromkeys(lines)) for title, lines in lines_of.items() if lines}
    rows = [
        {"id": content_id("document", title, text), "title": title, "text": text, "creation_date": ""}
        for title, text in sorted(texts.items())
    ]
    return pl.DataFrame(rows, schema=DOCUMENT)


def _sentences(relationships: pl.DataFrame) -> list[str]:
    rows = relationships.select("source", "target", "description").rows()
    return [_sentence(source or "", target or "", (description or "").strip()) for source, target, description in rows]


def _sentence(source: str, target: str, description: str) -> str:
    """What a relationship says, with both names: a bare predicate stands between them."""
    if source.lower() in description.lower() and target.lower() in description.lower():
        return description
    if not description:
        return f"{source} – {target}."
    if description[:1].isupper() and description[-1:] in ".!?":
        return f"{source} – {target}: {description}"
    return f"{source} {description.replace('_', ' ')} {target}."
