"""An index folder: what is published is read back, unchanged files are not written again, damage is named."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from publishing import contents, marks, public_marks, publish

from graphrag_drift.errors import GraphRAGError, IndexNotReady, SettingsError
from graphrag_drift.store.files import content_hash, encode
from graphrag_drift.store.manifest import SCHEMA_VERSION, Manifest
from graphrag_drift.store.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish(tmp_path / "index", "a")
    return tmp_path / "index"


def generation(folder: Path) -> Path:
    return folder / "generations" / Store(folder).manifest().generation


def test_what_is_published_is_read_back_with_its_counts(folder: Path) -> None:
    store = Store(folder)
    assert store.table("entities").rows() == [("a", "entities")] * 3
    assert store.array("vectors/entities").tolist() == [[97.0, 97.0]] * 3
    assert store.manifest().counts == {"documents": 1, "text_units": 3, "entities": 3}
    assert store.damage() == []
    assert json.loads((folder / "run.json").read_text()) == {"seconds": 0.5}


def test_an_array_is_mapped_and_cannot_be_written_to(folder: Path) -> None:
    array = Store(folder).array("vectors/entities")
    assert isinstance(array, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_second_equal_run_changes_no_file_and_its_manifest_equals_the_previous_one(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path.name[0] != "."}
    previous = Store(folder).manifest()
    assert publish(folder, "a") == previous
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path.name[0] != "."}
    assert after == before


def test_two_tables_of_the_same_bytes_are_one_file(folder: Path) -> None:
    table = pl.DataFrame({"id": ["a", "b"]})
    with Store(folder).writer() as writer:
        for name in ("work/entities", "entities", "relationships"):
            writer.write(name, table if name != "relationships" else table.reverse())
        writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
    files = generation(folder)
    assert (files / "entities.parquet").samefile(files / "work" / "entities.parquet")
    assert not (files / "entities.parquet").samefile(files / "relationships.parquet")
    assert Store(folder).damage() == []


def test_a_table_that_did_not_change_is_linked_and_not_written_again(folder: Path) -> None:
    before = (generation(folder) / "documents.parquet").stat().st_ino
    publish(folder, "b")
    assert (generation(folder) / "documents.parquet").stat().st_ino == before


def test_a_filled_folder_is_made_again_only_from_another_key(folder: Path) -> None:
    calls: list[str] = []

    def make(path: Path) -> None:
        calls.append(path.name)
        (path / "data").write_text("made")

    for key in ("one", "one", "two"):
        with Store(folder).writer() as writer:
            writer.write("documents", pl.DataFrame({"id": [str(len(calls))]}))
            writer.fill("lancedb", key, make)
            writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
    assert calls == ["lancedb", "lancedb"]
    assert Store(folder).manifest().folders == {"lancedb": "two"}


def test_the_same_content_in_two_places_gives_the_same_bytes_and_names_no_place(tmp_path: Path) -> None:
    publish(tmp_path / "one", "a")
    publish(tmp_path / "two", "b")
    publish(tmp_path / "two", "a")
    one, two = (tmp_path / "one"), (tmp_path / "two")
    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()
    assert contents(generation(one)) == contents(generation(two))
    assert str(tmp_path) not in (one / "manifest.json").read_text()


def test_one_generation_before_the_current_is_kept(folder: Path) -> None:
    first = generation(folder)
    publish(folder, "b")
    second = generation(folder)
    publish(folder, "c")
    assert sorted(path.name for path in (folder / "generations").iterdir()) == sorted(
        [second.name, generation(folder).name]
    )
    assert not first.exists()


def test_other_programs_read_the_current_generation_under_public_names(folder: Path) -> None:
    publish(folder, "b")
    assert public_marks(folder) == {"b"}
    assert sorted(path.name for path in folder.iterdir() if path.is_symlink()) == [
        "current",
        "documents.parquet",
        "entities.parquet",
        "lancedb",
        "text_units.parquet",
    ]


def test_a_public_name_goes_with_its_table(folder: Path) -> None:
    with Store(folder).writer() as writer:
        writer.keep("documents")
        writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
    assert [path.name for path in folder.glob("*.parquet")] == ["documents.parquet"]


@pytest.mark.parametrize("refused", [("symlink",), ("symlink", "link")])
def test_without_links_public_names_are_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[str, ...]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "a required privilege is not held")

    with monkeypatch.context() as patch:
        for name in refused:
            patch.setattr(os, name, refuse)
        for mark in "abb":
            publish(tmp_path, mark)
            assert public_marks(tmp_path) == {mark}
        assert not (tmp_path / "entities.parquet").is_symlink()
        with Store(tmp_path).writer() as writer:
            writer.keep("documents")
            writer.publish(package="1", libraries={}, settings={}, models={}, steps={}, run={})
        assert not (tmp_path / "lancedb").exists()
        assert [path.name for path in tmp_path.glob("*.parquet")] == ["documents.parquet"]
    publish(tmp_path, "c")
    assert public_marks(tmp_path) == {"c"}
    assert (tmp_path / "lancedb").is_symlink()


def test_what_is_not_published_is_gone_and_what_a_dead_run_left_too(folder: Path) -> None:
    left = folder / "generations" / "unfinished" / "entities.parquet"
    left.parent.mkdir()
    left.write_text("half")
    with Store(folder).writer() as writer:
        assert not left.exists()
        writer.write("entities", pl.DataFrame({"id": ["new"]}))
        assert left.exists()
    assert marks(folder) == {"a"}
    assert [path.name for path in (folder / "generations").iterdir()] == [generation(folder).name]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("damage", "says"), [(truncate, "bytes, not"), (Path.unlink, "is missing")])
@pytest.mark.parametrize(("name", "file"), [("entities", "entities.parquet"), ("vectors/entities", "entities.npy")])
def test_a_damaged_file_is_named_with_what_helps(folder: Path, damage: object, says: str, name: str, file: str) -> None:
    damage(Store(folder).path(name))  # type: ignore[operator]
    with pytest.raises(IndexNotReady, match=rf"the index file '.*{file}' .*{says}.*run `graphrag-drift index` again"):
        Store(folder).read(name)
    assert len(Store(folder).damage()) == 1


@pytest.mark.parametrize("damage", [truncate, Path.unlink, flip])
@pytest.mark.parametrize("file", ["entities.parquet", "vectors/entities.npy", "lancedb/data", "lancedb.files.json"])
def test_any_damage_is_found_by_hash_and_repaired_by_the_next_run(folder: Path, damage: object, file: str) -> None:
    if file == "lancedb/data":
        (generation(folder) / "lancedb" / "data").write_text("a longer file")
    damage(generation(folder) / file)  # type: ignore[operator]
    found = Store(folder).damage()
    assert len(found) == 1
    assert "run `graphrag-drift index` again" in found[0]
    with Store(folder).writer() as writer:
        assert writer.previous is None
    publish(folder, "a")
    assert Store(folder).damage() == []
    assert marks(folder) == {"a"}


def test_bytes_that_are_no_table_are_an_error_of_ours(folder: Path) -> None:
    for name in ("entities", "vectors/entities"):
        path = Store(folder).path(name)
        path.write_bytes(b"\0" * path.stat().st_size)
        with pytest.raises(IndexNotReady, match=r"is no (table|array); run"):
            Store(folder).read(name)


@pytest.mark.parametrize("text", ["[1]", "7", "[" * 100_000])
def test_what_is_json_but_not_ours_is_damage_and_no_traceback(folder: Path, text: str) -> None:
    listing = generation(folder) / "lancedb.files.json"
    listing.unlink()
    listing.write_text(text)
    (folder / "run.json").write_text(text)
    assert Store(folder).damage()[0].startswith(f"the index file {str(listing)!r} is missing or damaged")
    assert Store(folder).last_run() == {}
    (folder / "manifest.json").write_text(text)
    with pytest.raises(IndexNotReady, match="is damaged"):
        Store(folder).manifest()


def test_no_index_is_said_with_the_command_that_makes_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(IndexNotReady, match=r"there is no index in .* run `graphrag-drift index` first"):
            Store(folder).manifest()


def test_a_table_that_the_index_does_not_have_is_named(folder: Path) -> None:
    with pytest.raises(IndexNotReady, match="has no table 'covariates'"):
        Store(folder).table("covariates")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 1}', "\xff"])
def test_a_damaged_manifest_is_named_and_repaired_by_the_next_run(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(IndexNotReady, match=r"manifest\.json' is damaged; run `graphrag-drift index` again"):
        Store(folder).manifest()
    publish(folder, "b")
    assert marks(folder) == {"b"}


def test_a_manifest_edited_by_hand_is_damaged(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"entities": 3', '"entities": 4'))
    with pytest.raises(IndexNotReady, match="is damaged"):
        Store(folder).manifest()


def test_an_older_schema_is_made_anew_and_a_newer_one_is_never_touched(folder: Path) -> None:
    path = folder / "manifest.json"
    ours = json.loads(path.read_text())
    path.write_text(json.dumps({**ours, "schema_version": SCHEMA_VERSION - 1}))
    with pytest.raises(IndexNotReady, match="run `graphrag-drift index` again to bring it up to date"):
        Store(folder).manifest()

    path.write_text(json.dumps({**ours, "schema_version": SCHEMA_VERSION + 1, "unheard_of": True}))
    newer = contents(folder)
    with pytest.raises(IndexNotReady, match=r"schema version 2, this version of graphrag-drift reads 1; upgrade"):
        Store(folder).manifest()
    with pytest.raises(IndexNotReady, match=r"upgrade graphrag-drift or set another output.folder"):
        publish(folder, "b")
    assert contents(folder) == newer


def test_the_index_of_another_program_is_not_overwritten(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["paid for"]}).write_parquet(tmp_path / "entities.parquet")
    with pytest.raises(SettingsError, match=r"holds 'entities\.parquet', not written by graphrag-drift; set output"):
        publish(tmp_path, "a")
    assert pl.read_parquet(tmp_path / "entities.parquet")["id"].to_list() == ["paid for"]


def test_a_moved_or_copied_index_is_an_index(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy", symlinks=True)
    shutil.rmtree(folder)
    assert marks(tmp_path / "copy") == public_marks(tmp_path / "copy") == {"a"}


def test_a_manifest_survives_its_own_text() -> None:
    manifest = Manifest(package="1", settings={"ä": [1, None, {"b": 0.5}]}, notices=("x",)).sealed()
    assert Manifest.model_validate_json(manifest.text()) == manifest
    assert manifest.sealed() == manifest


@given(st.lists(st.tuples(st.text(), st.none() | st.floats(), st.lists(st.integers(0, 9)))), st.integers(0, 5))
def test_equal_tables_give_equal_bytes_however_they_came_about(rows: list[tuple[object, ...]], cut: int) -> None:
    table = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Float64, "c": pl.List(pl.Int64)}, orient="row")
    parts = pl.concat([table[:cut], table[cut:]], rechunk=False)
    stored = pl.read_parquet(b"".join(encode(table)))
    assert encode(parts) == encode(table) == encode(stored) == encode(table.filter(pl.lit(True)))


def test_row_order_column_order_and_type_are_content() -> None:
    table = pl.DataFrame({"a": [1, 2], "b": [3, 4]})
    others = [table.reverse(), table.select("b", "a"), table.cast(pl.Int32), table.rename({"a": "c"}), table[:1]]
    assert len({content_hash(other) for other in [table, *others]}) == 6
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    arrays = [array, array.T, array.reshape(3, 2), array.astype(np.float64)]
    assert len({content_hash(other) for other in arrays}) == 4
    assert content_hash(np.asfortranarray(array)) == content_hash(array)


def test_a_hash_is_the_same_in_another_process() -> None:
    made = "pl.DataFrame({'a': ['x', '부산'], 'b': [[1], None]})"
    program = f"import polars as pl; from graphrag_drift.store.files import content_hash; print(content_hash({made}))"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[1])}
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert said.stdout.strip() == content_hash(pl.DataFrame({"a": ["x", "부산"], "b": [[1], None]}))


def test_every_error_of_an_index_folder_is_ours(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(GraphRAGError, match="cannot be read"):
        Store(tmp_path).manifest()
