"""Indexes as Microsoft GraphRAG writes them, small, in the layouts of its versions: two documents, four entities."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

FIRST = (
    "The mill. Petra Voss sold the Aldane Mill to Corin Bank on Friday for 2 million crowns. She had owned it for ten"
    " years."
)
SECOND = "The fire. A fire destroyed the Aldane Mill on Monday.\nPetra Voss said that nobody was hurt."
SAME = "All rights reserved by the Aldane Post."
DOCUMENTS = {"d1": ("sale.txt", f"{FIRST} {SAME}"), "d2": ("fire.txt", f"{SECOND} {SAME}")}
UNITS = [("t1", f"title: sale.txt.\n{FIRST}", "d1"), ("t0", SAME, "d1"), ("t2", SECOND, "d2"), ("t0", SAME, "d2")]
ENTITIES = [
    ("e1", "PETRA VOSS", "PERSON", "Petra Voss owned the Aldane Mill.", ["t1", "t2"]),
    ("e2", "ALDANE MILL", "GEO", "A mill that burnt down.", ["t1", "t2"]),
    ("e3", "CORIN BANK", "ORGANIZATION", "The bank that bought the mill.", ["t1"]),
    ("e4", "ALDANE POST", "", "A newspaper.", ["t0"]),
]
RELATIONSHIPS = [
    ("r1", "PETRA VOSS", "ALDANE MILL", "Petra Voss sold the Aldane Mill on Friday.", 8.0, ["t1"]),
    ("r2", "CORIN BANK", "ALDANE MILL", "Corin Bank bought the Aldane Mill.", 7.0, ["t1"]),
    ("r3", "ALDANE MILL", "FIRE", "A fire destroyed the Aldane Mill.", 9.0, ["t2"]),
]
FINDING = "Petra Voss sold the mill for 2 million crowns [Data: Entities (0, 2); Relationships (0, +more)]."
SUMMARY = "The Aldane Mill was sold to Corin Bank, and burnt down."
VERSIONS = ("1.x", "2.x", "3.x")


def write_index(folder: Path, version: str = "3.x", *, communities: bool = True) -> Path:
    """The tables of an index in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "documents": _documents(version),
        "text_units": _units(version),
        "entities": _numbered(ENTITIES, ("id", "title", "type", "description", "text_unit_ids")),
        "relationships": _numbered(
            RELATIONSHIPS, ("id", "source", "target", "description", "weight", "text_unit_ids")
        ).with_columns(combined_degree=pl.lit(3)),
        "covariates": _claims(),
    }
    if communities:
        tables |= {"communities": _communities(version), "community_reports": _reports()}
    prefix = "create_final_" if version == "1.x" else ""
    for name, table in tables.items():
        table.write_parquet(folder / f"{prefix}{name}.parquet")
    return folder


def _numbered(rows: list[Any], names: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=list(names), orient="row").with_columns(human_readable_id=pl.int_range(pl.len()))


def _documents(version: str) -> pl.DataFrame:
    rows = [(key, title, text, "2026-03-01 10:00:00 +0000") for key, (title, text) in DOCUMENTS.items()]
    table = _numbered(rows, ("id", "title", "text", "creation_date"))
    metadata = pl.Series([{"desk": "local"}, {"desk": None}])
    return table.with_columns(metadata.alias("raw_data" if version == "3.x" else "metadata"))


def _units(version: str) -> pl.DataFrame:
    rows = [(key, text, document, len(text) // 4) for key, text, document in UNITS]
    table = _numbered(rows, ("id", "text", "document_id", "n_tokens"))
    if version == "3.x":
        return table
    # Before 3.x a text unit names all documents that have it.
    table = table.group_by("id", "text", "n_tokens", maintain_order=True).agg("document_id")
    return table.rename({"document_id": "document_ids"}).with_columns(human_readable_id=pl.int_range(pl.len()))


def _communities(version: str) -> pl.DataFrame:
    members = [entity[0] for entity in ENTITIES]
    row = {
        "id": "c0",
        "human_readable_id": 0,
        "community": 0,
        "level": 0,
        "parent": -1,
        "children": [],
        "title": "Community 0",
        "entity_ids": members,
        "relationship_ids": ["r1", "r2", "r3"],
        "text_unit_ids": ["t1", "t2"],
        "period": "2026-03-01",
        "size": len(members),
    }
    child = row | {"id": "c1", "human_readable_id": 1, "community": 1, "level": 1, "parent": 0, "title": "Community 1"}
    table = pl.DataFrame([row, child], schema_overrides={"children": pl.List(pl.Int64)})
    table = table.with_columns(children=pl.Series([[1], []], dtype=pl.List(pl.Int64)))
    return table.drop("children") if version == "1.x" else table


def _reports() -> pl.DataFrame:
    rows = [
        {
            "id": f"report{number}",
            "human_readable_id": number,
            "community": number,
            "level": number,
            "title": f"The Aldane Mill {number}",
            "summary": SUMMARY,
            "full_content": f"# The Aldane Mill\n\n{SUMMARY}\n\n## The sale\n\n{FINDING}",
            "rank": 6.5,
            "rating_explanation": "It is all there is.",
            "findings": [{"summary": "The sale", "explanation": FINDING}],
            "full_content_json": json.dumps({"title": "The Aldane Mill"}),
        }
        for number in range(2)
    ]
    return pl.DataFrame(rows)


def _claims() -> pl.DataFrame:
    row = {
        "id": "claim0",
        "human_readable_id": 0,
        "covariate_type": "claim",
        "type": "SALE",
        "description": "Petra Voss sold the mill.",
        "subject_id": "PETRA VOSS",
        "object_id": "NONE",
        "status": "TRUE",
        "start_date": "2026-02-27T00:00:00",
        "end_date": "NONE",
        "source_text": "Petra Voss sold the Aldane Mill to Corin Bank",
        "text_unit_id": "t1",
    }
    return pl.DataFrame([row])
