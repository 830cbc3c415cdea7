"""The schemas of the index, and the ids of its rows.

The first columns of the seven public tables are those of Microsoft GraphRAG 3.x, in its order and with its
types; ours come after. `human_readable_id` is the row's number. Every list column is sorted, every table is
in a fixed order, so that the same corpus gives the same bytes.
"""

from __future__ import annotations

from hashlib import blake2b

import polars as pl

from graphrag_drift.errors import SchemaError

Schema = dict[str, pl.DataType]

_STR = pl.String()
_INT = pl.Int64()
_FLOAT = pl.Float64()
_STRS = pl.List(pl.String)
_HEAD: Schema = {"id": _STR, "human_readable_id": _INT}
SPANS = pl.List(pl.Struct({"document_id": pl.String, "text_unit_id": pl.String, "start": pl.Int64, "end": pl.Int64}))
SECTIONS = pl.List(pl.Struct({"start": pl.Int64, "title": pl.String, "level": pl.Int64}))

DOCUMENTS: Schema = {
    **_HEAD,
    "title": _STR,
    "text": _STR,
    "text_unit_ids": _STRS,
    "creation_date": _STR,  # ISO day, month or year; "" if none is given: see date_source
    "raw_data": pl.Null(),  # or a struct of the metadata columns, as text: see `conform`
    "path": _STR,  # relative to the input folder, with "/"; "" for a row of a frame
    "language": _STR,
    "copy_of": _STR,  # id of the document of which this is a near-identical copy, or null
    "source": _STR,  # outlet, publisher, site or feed, "" if none is given
    "author": _STR,
    "date_source": _STR,  # where it stands: field 'date', header line, dateline, ...; see LAST_RESORT
    "sections": SECTIONS,  # chapters, slides, messages, speakers: their first character, title, level from 1
}
TEXT_UNITS: Schema = {
    **_HEAD,
    "text": _STR,
    "n_tokens": _INT,
    "document_id": _STR,
    "entity_ids": _STRS,
    "relationship_ids": _STRS,
    "covariate_ids": _STRS,
    "start": _INT,  # document.text[start:end] == text
    "end": _INT,
    "copy_of": _STR,  # id of the document that already says all of this, or null; a copy is not read
}
ENTITIES: Schema = {
    **_HEAD,
    "title": _STR,
    "type": _STR,
    "description": _STR,
    "text_unit_ids": _STRS,
    "frequency": _INT,  # number of text units that mention it
    "degree": _INT,
    "aliases": _STRS,  # other names that were merged into the title
    "evidence": SPANS,  # where the description stands; may be empty
}
RELATIONSHIPS: Schema = {
    **_HEAD,
    "source": _STR,
    "target": _STR,
    "description": _STR,
    "weight": _FLOAT,
    "combined_degree": _INT,
    "text_unit_ids": _STRS,
    "source_id": _STR,
    "target_id": _STR,
    "evidence": SPANS,
}
COMMUNITIES: Schema = {
    **_HEAD,
    "community": _INT,
    "level": _INT,
    "parent": _INT,  # community number, -1 at level 0
    "children": pl.List(pl.Int64),
    "title": _STR,
    "entity_ids": _STRS,
    "relationship_ids": _STRS,
    "text_unit_ids": _STRS,
    "period": _STR,
    "size": _INT,
}
LAST_RESORT = " (last resort)"
"""How a `date_source` ends that is no more than what a program wrote into its file."""
FINDINGS = pl.List(pl.Struct({"explanation": pl.String, "summary": pl.String}))
COMMUNITY_REPORTS: Schema = {
    **_HEAD,
    "community": _INT,
    "level": _INT,
    "parent": _INT,
    "children": pl.List(pl.Int64),
    "title": _STR,
    "summary": _STR,
    "full_content": _STR,
    "rank": _FLOAT,
    "rating_explanation": _STR,
    "findings": FINDINGS,
    "full_content_json": _STR,
    "period": _STR,
    "size": _INT,
    "evidence": SPANS,  # mark [n] in the report's text is row n-1
}
COVARIATES: Schema = {
    **_HEAD,
    "covariate_type": _STR,
    "type": _STR,
    "description": _STR,
    "subject_id": _STR,
    "object_id": _STR,
    "status": _STR,
    "start_date": _STR,
    "end_date": _STR,
    "source_text": _STR,
    "text_unit_id": _STR,
    "document_id": _STR,
    "start": _INT,  # where source_text stands, else its text unit
    "end": _INT,
}
# Ours alone. `start` and `end` are characters of the document, null where a reader gives none.
ENTITY_MENTIONS: Schema = {
    "document_id": _STR,
    "text_unit_id": _STR,
    "name": _STR,  # as the reader gave it, cleaned: before resolution
    "type": _STR,
    "description": _STR,  # a sentence of the text, or a model's words
    "start": _INT,  # the mention itself
    "end": _INT,
}
RELATIONSHIP_MENTIONS: Schema = {
    "document_id": _STR,
    "text_unit_id": _STR,
    "source": _STR,
    "target": _STR,
    "description": _STR,
    "strength": _FLOAT,  # null: the reader only counts
    "start": _INT,  # the sentence that says it
    "end": _INT,
}
ENTITY_MERGES: Schema = {
    "document_id": _STR,  # "" if the merge holds everywhere
    "name": _STR,  # the name as mentioned
    "title": _STR,  # the entity it became
    "reason": _STR,  # acronym | surname | variant | homonym | ...
    "evidence": _STR,  # for people: what made it so
    "undone": pl.Boolean(),  # a line in settings keeps them apart
}
WORDS: Schema = {"word": _STR, "lower": _INT, "capital": _INT, "documents": _INT}
TERMS: Schema = {"term": _STR, "text_units": _INT}
FAILURES: Schema = {"step": _STR, "item": _STR, "reason": _STR}

PUBLIC: dict[str, Schema] = {
    "documents": DOCUMENTS,
    "text_units": TEXT_UNITS,
    "entities": ENTITIES,
    "relationships": RELATIONSHIPS,
    "communities": COMMUNITIES,
    "community_reports": COMMUNITY_REPORTS,
    "covariates": COVARIATES,
}


def content_id(*parts: str | int) -> str:
    """The id of what consists of `parts`: 128 bits of blake2b, hex; the same today and tomorrow.

    Each part is length-prefixed, so ("ab", "c") and ("a", "bc") differ.
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        raw = str(part).encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()


def conform(frame: pl.DataFrame, schema: Schema, name: str) -> pl.DataFrame:
    """`frame` with exactly the columns of `schema`, in its order, cast to its types.

    `raw_data` keeps a struct type of its own.
    Raises: SchemaError, if a column is missing or cannot be cast.
    """
    missing = [column for column in schema if column not in frame.columns]
    if missing:
        raise SchemaError(f"table {name!r} lacks the columns {missing}; it has {frame.columns}")
    try:
        # Column by column: one `select` over a frame of a single row copies a large text several times.
        columns = [frame[name] if name == "raw_data" else frame[name].cast(kind) for name, kind in schema.items()]
        return pl.DataFrame(columns)
    except pl.exceptions.PolarsError as error:
        raise SchemaError(f"table {name!r} has a column of another type than expected: {error}") from error


def stated_dates(documents: pl.DataFrame) -> pl.Series:
    """The date of each document, in their order; "" too where none is given but by a program's own properties.

    When a file was made or saved is not when its text was published, so such a date is neither shown nor filtered by.
    """
    given = pl.col("creation_date").fill_null("")
    return documents.select(
        date=pl.when(pl.col("date_source").fill_null("").str.ends_with(LAST_RESORT)).then(pl.lit("")).otherwise(given)
    )["date"]


def empty(schema: Schema) -> pl.DataFrame:
    """A table of `schema` without rows."""
    return pl.DataFrame(schema=schema)
