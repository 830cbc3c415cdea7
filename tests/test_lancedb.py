"""The LanceDB tables that other programs read."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import lancedb
import numpy as np
import polars as pl
import pytest
from lancedb.query import MatchQuery

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.commands.export import export_index
from graphrag_drift.errors import MissingExtra, ProviderError
from graphrag_drift.interop.lancedb import VectorTable, export_vectors
from graphrag_drift.store.store import Store

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
    export_vectors(
        folder,
        {
            "text_unit_text": VectorTable(ROWS, VECTORS),
            "entity_description": VectorTable(ROWS.drop("terms"), VECTORS),
            "community_full_content": VectorTable(ROWS.clear().drop("terms"), VECTORS[:0]),
        },
    )
    return folder


def read(folder: Path, table: str) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(lancedb.connect(folder).open_table(table).to_arrow()))


def test_tables_columns_and_types_are_those_that_microsofts_readers_expect(folder: Path) -> None:
    parts = ["year", "month", "month_name", "day", "day_of_week", "hour", "quarter"]
    dates = ["create_date", "update_date"]
    dates += [f"{prefix}_{part}" for prefix in dates for part in parts]
    schema = lancedb.connect(folder).open_table("text_unit_text").schema
    assert schema.names == ["id", "vector", *dates, "terms"]
    assert str(schema.field("vector").type) == "fixed_size_list<item: float>[3]"
    assert {str(schema.field(name).type) for name in schema.names if "name" in name or "week" in name} == {"string"}
    assert {str(schema.field(f"create_date_{part}").type) for part in ("year", "hour", "quarter")} == {"int64"}
    assert read(folder, "entity_description").columns == ["id", "vector", *dates]
    assert read(folder, "community_full_content").shape == (0, 2 + len(dates))


def test_dates_are_those_of_the_documents_and_null_where_unknown(folder: Path) -> None:
    columns = [f"create_date_{part}" for part in ("year", "month_name", "day", "day_of_week", "hour", "quarter")]
    table = read(folder, "text_unit_text")
    assert table.select("create_date", *columns).rows() == [
        ("2024-03-15", 2024, "March", 15, "Friday", 0, 1),
        (None, None, None, None, None, None, None),
        ("2024-12-25T14:30:00", 2024, "December", 25, "Wednesday", 14, 4),
        ("spring", None, None, None, None, None, None),
    ]
    assert table["update_date"].null_count() == table["update_date_year"].null_count() == 4


def found(folder: Path, words: str) -> list[str]:
    query = lancedb.connect(folder).open_table("text_unit_text").search(MatchQuery(words, "terms"), query_type="fts")
    return [row["id"] for row in query.limit(5).to_list()]


def test_text_is_found_by_its_terms_as_they_are(folder: Path) -> None:
    assert found(folder, "strike") == ["d", "a"]
    assert found(folder, "부산 c++") == ["c"]
    assert found(folder, "running") == [], "nothing is lower-cased or stemmed"


def test_an_index_links_the_folder_and_it_works_through_its_public_name(tmp_path: Path) -> None:
    for documents in (["d1"], ["d1", "d2"]):
        with Store(tmp_path).writer() as writer:
            writer.write("documents", pl.DataFrame({"id": documents}))
            tables = {"text_unit_text": VectorTable(ROWS, VECTORS)}
            writer.fill("lancedb", "same", lambda path, tables=tables: export_vectors(path, tables))
            writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
        assert found(tmp_path / "lancedb", "port") == ["b", "a"]
    assert Store(tmp_path).damage() == []


def test_a_wrong_number_of_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="3 vectors were given for 4 rows"):
        export_vectors(tmp_path, {"text_unit_text": VectorTable(ROWS, VECTORS[:3])})


def test_what_lancedb_raises_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ProviderError, match=r"LanceDB cannot write its tables to .*file.*without lancedb everything"):
        export_vectors(tmp_path / "file", {"text_unit_text": VectorTable(ROWS, VECTORS)})


def test_without_lancedb_or_with_an_old_one_it_is_said_what_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "lancedb", None)
        with pytest.raises(MissingExtra, match=r"cannot be imported .*'graphrag-drift\[lance\]'`, searches work"):
            export_vectors(tmp_path, {})
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.25.3")
    with pytest.raises(MissingExtra, match=r"lancedb 0\.25\.3 is too old: .*searches work without them"):
        export_vectors(tmp_path, {})


def test_an_index_has_lancedb_tables_only_if_they_are_asked_for_and_they_go_when_no_longer(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text("Petra Voss sold the Aldane Mill to Corin Bank in March.", "utf-8")
    folder = tmp_path / "output" / "lancedb"
    for asked in (False, True, False):
        settings = Settings.model_validate({"root": tmp_path, "output": {"lancedb": asked}})
        done = build_index_sync(settings)
        assert done.notices == ()
        assert folder.exists() == asked
        assert [step for step, reasons in done.steps.items() if reasons and asked] == [], "no step depends on it"
        if asked:
            assert found(folder, "mill") == read(folder, "text_unit_text")["id"].to_list()


def test_without_lancedb_an_index_that_asks_for_it_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text("Petra Voss sold the Aldane Mill to Corin Bank in March.", "utf-8")
    monkeypatch.setitem(sys.modules, "lancedb", None)
    done = build_index_sync(Settings.model_validate({"root": tmp_path, "output": {"lancedb": True}}))
    [notice] = done.notices
    assert "searches work without them" in notice
    assert done.counts["entities"] > 0


def test_an_index_is_exported_at_any_time_and_again_over_an_older_export(
    tmp_path: Path, newsroom_settings: Settings
) -> None:
    store = Store(newsroom_settings.output_folder)
    for _ in range(2):
        assert export_index(store, "lancedb", tmp_path / "vectors") == [tmp_path / "vectors"]
    graph = Index.open_sync(newsroom_settings).graph
    for table, vectors in (("text_units", "text_unit_text"), ("entities", "entity_description")):
        exported = read(tmp_path / "vectors", vectors)
        assert exported["id"].to_list() == store.table(table)["id"].to_list()
        assert np.array_equal(np.stack(exported["vector"].to_list()), graph.vectors(vectors))
    assert found(tmp_path / "vectors", "solvay") != []
