"""The LanceDB tables that other programs read, and searching them."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import lancedb
import numpy as np
import polars as pl
import pytest

from graphrag_drift.errors import MissingExtra, ProviderError
from graphrag_drift.providers.lancedb import (
    COMMUNITY_FULL_CONTENT,
    ENTITY_DESCRIPTION,
    TEXT_UNIT_TEXT,
    LanceVectors,
    VectorTable,
    write_vectors,
)
from graphrag_drift.store import Store

ROWS = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "date": ["2024-03-15", "", "2024-12-25T14:30:00", "spring"],
        "terms": ["port strike", "port", "부산 the RUNNING c++", "the strike strike"],
    }
)
VECTORS = np.array([[1, 0, 0], [0, 0, 0], [0.6, 0.8, 0], [0.6, 0, 0.8]], dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lancedb")
    write_vectors(
        folder,
        {
            TEXT_UNIT_TEXT: VectorTable(ROWS, VECTORS),
            ENTITY_DESCRIPTION: VectorTable(ROWS.drop("terms"), VECTORS),
            COMMUNITY_FULL_CONTENT: VectorTable(ROWS.clear().drop("terms"), VECTORS[:0]),
        },
    )
    return folder


def read(folder: Path, table: str) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lancedb.connect(folder).open_table(table).to_arrow()))


def test_tables_columns_and_types_are_those_that_microsofts_readers_expect(folder: Path) -> None:
    parts = ["year", "month", "month_name", "day", "day_of_week", "hour", "quarter"]
    dates = ["create_date", "update_date"]
    dates += [f"{prefix}_{part}" for prefix in dates for part in parts]
    schema = lancedb.connect(folder).open_table(TEXT_UNIT_TEXT).schema
    assert schema.names == ["id", "vector", *dates, "terms"]
    assert str(schema.field("vector").type) == "fixed_size_list<item: float>[3]"
    assert {str(schema.field(name).type) for name in schema.names if "name" in name or "week" in name} == {"string"}
    assert {str(schema.field(f"create_date_{part}").type) for part in ("year", "hour", "quarter")} == {"int64"}
    assert read(folder, ENTITY_DESCRIPTION).columns == ["id", "vector", *dates]
    assert read(folder, COMMUNITY_FULL_CONTENT).shape == (0, 2 + len(dates))


def test_dates_are_those_of_the_documents_and_null_where_unknown(folder: Path) -> None:
    columns = [f"create_date_{part}" for part in ("year", "month_name", "day", "day_of_week", "hour", "quarter")]
    table = read(folder, TEXT_UNIT_TEXT)
    assert table.select("create_date", *columns).rows() == [
        ("2024-03-15", 2024, "March", 15, "Friday", 0, 1),
        (None, None, None, None, None, None, None),
        ("2024-12-25T14:30:00", 2024, "December", 25, "Wednesday", 14, 4),
        ("spring", None, None, None, None, None, None),
    ]
    assert table["update_date"].null_count() == table["update_date_year"].null_count() == 4


def test_text_is_found_by_its_terms_as_they_are(folder: Path) -> None:
    vectors = LanceVectors(folder)
    assert vectors.search_text(["strike"], 5)["id"].to_list() == ["d", "a"]
    assert vectors.search_text(["port"], 1)["id"].to_list() == ["b"]
    assert vectors.search_text(["부산", "c++"], 5)["id"].to_list() == ["c"]
    assert vectors.search_text(["running"], 5).is_empty(), "nothing is lower-cased or stemmed"
    assert vectors.search_text([], 5).is_empty()
    assert vectors.search_text(['"', "a:b", "("], 5).is_empty()


def test_vectors_are_found_by_cosine_and_one_without_a_direction_never(folder: Path) -> None:
    found = LanceVectors(folder).search_vectors(TEXT_UNIT_TEXT, VECTORS[0] * 7, 9)
    assert found["id"].to_list() == ["a", "c", "d"]
    assert found["score"].to_list() == pytest.approx([1.0, 0.6, 0.6])
    assert LanceVectors(folder).search_vectors(COMMUNITY_FULL_CONTENT, VECTORS[0], 9).is_empty()


def test_an_index_links_the_folder_and_it_works_through_its_public_name(tmp_path: Path) -> None:
    for documents in (["d1"], ["d1", "d2"]):
        with Store(tmp_path).writer() as writer:
            writer.write("documents", pl.DataFrame({"id": documents}))
            tables = {TEXT_UNIT_TEXT: VectorTable(ROWS, VECTORS)}
            writer.fill("lancedb", "same", lambda path, tables=tables: write_vectors(path, tables))
            writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
        assert LanceVectors(tmp_path / "lancedb").search_text(["port"], 1)["id"].to_list() == ["b"]
    assert Store(tmp_path).damage() == []


def test_a_wrong_number_of_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="3 vectors were given for 4 rows"):
        write_vectors(tmp_path, {TEXT_UNIT_TEXT: VectorTable(ROWS, VECTORS[:3])})


def test_a_missing_folder_or_table_is_named(folder: Path) -> None:
    with pytest.raises(ProviderError, match=r"there is no LanceDB folder .*nowhere"):
        LanceVectors(folder / "nowhere")
    with pytest.raises(ProviderError, match="Table 'nothing' was not found"):
        LanceVectors(folder).search_vectors("nothing", VECTORS[0], 1)


def test_a_damaged_table_is_an_error_of_ours(tmp_path: Path) -> None:
    write_vectors(tmp_path, {TEXT_UNIT_TEXT: VectorTable(ROWS, VECTORS)})
    for path in (tmp_path / f"{TEXT_UNIT_TEXT}.lance" / "data").iterdir():
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ProviderError, match=r"LanceDB failed on .*run `graphrag-drift index` again"):
        LanceVectors(tmp_path).search_vectors(TEXT_UNIT_TEXT, VECTORS[0], 1)


def test_without_lancedb_or_with_an_old_one_it_is_said_what_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "lancedb", None)
        with pytest.raises(MissingExtra, match=r"cannot be imported .*pip install 'lancedb>=0.40'`, searches work"):
            LanceVectors(tmp_path)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.25.3")
    with pytest.raises(MissingExtra, match=r"lancedb 0\.25\.3 is too old: .*searches work without them"):
        write_vectors(tmp_path, {})
