"""An index at an address: readers see one generation whole, of two writers one wins, and who dies changes nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore
from publishing import contents, marks, publish

from graphrag_drift.errors import GraphRAGError, IndexBusy, IndexNotReady
from graphrag_drift.store.objects import Objects
from graphrag_drift.store.shared import SharedIndex
from graphrag_drift.store.store import Store


class Died(BaseException):
    """What a kill is to the code that it ends."""


class Bucket(Objects):
    """Objects in memory that count what is asked of them, and may end the program at the n-th of its changes."""

    def __init__(self, store: MemoryStore, dies_at: int = 0) -> None:
        super().__init__(store, "s3://bucket/index")
        self.sent: list[str] = []
        self.fetched: list[str] = []
        self._left = dies_at
        self._lock = threading.Lock()

    def _change(self, name: str) -> None:
        with self._lock:
            self.sent.append(name)
            self._left -= 1
            if self._left == 0:
                raise Died(name)

    def write(self, name: str, content: bytes | Path) -> None:
        self._change(name)
        super().write(name, content)

    def swap(self, name: str, data: bytes, version: object) -> bool:
        self._change(name)
        return super().swap(name, data, version)  # type: ignore[arg-type]

    def delete(self, names: object) -> None:
        self._change("delete")
        super().delete(names)  # type: ignore[arg-type]

    def download(self, name: str, path: Path) -> bool:
        with self._lock:
            self.fetched.append(name.rpartition("/")[2])
        return super().download(name, path)


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def bucket() -> MemoryStore:
    return MemoryStore()


def shared(bucket: MemoryStore, dies_at: int = 0) -> SharedIndex:
    return SharedIndex(Bucket(bucket, dies_at))


def fetched_marks(bucket: MemoryStore, folder: Path) -> set[str]:
    """What a reader sees who comes with nothing."""
    Store(folder, shared(bucket)).fetch()
    assert Store(folder).damage() == []
    return marks(folder)


def generations(bucket: MemoryStore) -> set[str]:
    """The folders of generations in the store."""
    return {entry.name.split("/")[1] for entry in shared(bucket)._objects.entries("generations")}


def test_a_reader_with_nothing_sees_what_was_published(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    assert fetched_marks(bucket, tmp_path / "reader") == {"a"}
    assert contents(tmp_path / "reader") == contents(tmp_path / "writer")


def test_a_reader_fetches_each_file_once(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    first, second, third = (Bucket(bucket) for _ in range(3))
    Store(tmp_path / "reader", SharedIndex(first)).fetch()
    Store(tmp_path / "reader", SharedIndex(second)).fetch()
    publish(tmp_path / "writer", "b", shared=shared(bucket))
    Store(tmp_path / "reader", SharedIndex(third)).fetch()
    assert (len(first.fetched), second.fetched) == (len(set(first.fetched)), [])
    assert "documents.parquet" in first.fetched  # which no publish changes
    assert "documents.parquet" not in third.fetched
    assert "entities.parquet" in third.fetched
    assert marks(tmp_path / "reader") == {"b"}


def test_a_file_that_did_not_change_is_not_sent_again(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    objects = Bucket(bucket)
    publish(tmp_path / "writer", "b", shared=SharedIndex(objects))
    sent = {name.rpartition("/")[2] for name in objects.sent}
    assert "documents.parquet" not in sent
    assert "entities.parquet" in sent


def test_a_run_that_changes_nothing_sends_nothing(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    objects = Bucket(bucket)
    publish(tmp_path / "writer", "a", shared=SharedIndex(objects))
    assert objects.sent == []


def test_a_run_on_another_machine_builds_on_what_was_published(bucket: MemoryStore, tmp_path: Path) -> None:
    first = publish(tmp_path / "one", "a", shared=shared(bucket))
    with Store(tmp_path / "two", shared(bucket)).writer() as writer:
        assert writer.previous == first


def test_killed_at_any_change_a_run_leaves_the_old_index_or_the_new_one(tmp_path: Path) -> None:
    seen = []
    for count in range(1, 100):
        bucket, folder = MemoryStore(), tmp_path / str(count)
        publish(folder / "writer", "a", shared=shared(bucket))
        try:
            publish(folder / "writer", "b", shared=shared(bucket, dies_at=count))
        except Died:
            seen.append(fetched_marks(bucket, folder / "reader"))
            publish(folder / "writer", "b", shared=shared(bucket))
            assert fetched_marks(bucket, folder / "reader") == {"b"}
            assert len(generations(bucket)) <= 2
        else:
            break
    assert seen[-1] == {"b"}  # killed while the old files are removed
    assert seen[:-1] == [{"a"}] * (len(seen) - 1)
    assert len(seen) > 5


def test_what_was_not_published_for_a_kill_is_by_the_next_run_though_nothing_changed(
    bucket: MemoryStore, tmp_path: Path
) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    with pytest.raises(Died):
        publish(tmp_path / "writer", "b", shared=shared(bucket, dies_at=1))
    assert marks(tmp_path / "writer") == {"b"}
    publish(tmp_path / "writer", "b", shared=shared(bucket))
    assert fetched_marks(bucket, tmp_path / "reader") == {"b"}


def test_of_two_runs_on_one_index_the_later_is_refused_and_then_builds_on_the_other(
    bucket: MemoryStore, tmp_path: Path
) -> None:
    publish(tmp_path / "one", "a", shared=shared(bucket))
    slow = shared(bucket)
    slow.fetch(tmp_path / "two")
    publish(tmp_path / "one", "b", shared=shared(bucket))
    publish(tmp_path / "two", "c")
    with pytest.raises(IndexBusy, match="another run published an index at 's3://bucket/index'"):
        slow.publish(tmp_path / "two")
    assert fetched_marks(bucket, tmp_path / "reader") == {"b"}
    assert len(generations(bucket)) == 2  # what was sent in vain is removed
    publish(tmp_path / "two", "c", shared=shared(bucket))
    assert fetched_marks(bucket, tmp_path / "reader") == {"c"}
    assert Store(tmp_path / "two")._before().settings["mark"] == "b"


@pytest.mark.parametrize("first", ["", "a"])
def test_of_runs_that_publish_at_the_same_moment_exactly_one_wins(
    bucket: MemoryStore, tmp_path: Path, first: str
) -> None:
    if first:
        publish(tmp_path / "first", first, shared=shared(bucket))
    barrier = threading.Barrier(4)
    outcomes: dict[str, str] = {}

    class Together(Bucket):
        def swap(self, name: str, data: bytes, version: object) -> bool:
            barrier.wait()
            return super().swap(name, data, version)

    def run(mark: str) -> None:
        try:
            publish(tmp_path / mark, mark, shared=SharedIndex(Together(bucket)))
            outcomes[mark] = "published"
        except IndexBusy:
            outcomes[mark] = "refused"

    threads = [threading.Thread(target=run, args=(mark,)) for mark in "bcde"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["published", "refused", "refused", "refused"]
    [winner] = [mark for mark, outcome in outcomes.items() if outcome == "published"]
    assert fetched_marks(bucket, tmp_path / "reader") == {winner}


def test_a_run_whose_reply_was_lost_knows_that_it_won(bucket: MemoryStore, tmp_path: Path) -> None:
    class Deaf(Bucket):
        def swap(self, name: str, data: bytes, version: object) -> bool:
            super().swap(name, data, version)
            return False  # what a second try is told, which finds the first one's object

    publish(tmp_path / "writer", "a", shared=SharedIndex(Deaf(bucket)))
    assert fetched_marks(bucket, tmp_path / "reader") == {"a"}


def test_a_reader_whose_generation_goes_while_it_fetches_gets_the_next(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    later: Iterator[str] = iter("bc")

    class Slow(Bucket):
        def entries(self, folder: str = "") -> list[object]:
            for mark in later:
                publish(tmp_path / "writer", mark, shared=shared(bucket))
            return super().entries(folder)

    Store(tmp_path / "reader", SharedIndex(Slow(bucket))).fetch()
    assert marks(tmp_path / "reader") == {"c"}


def test_rollback_takes_readers_back_too(bucket: MemoryStore, tmp_path: Path) -> None:
    for mark in "ab":
        publish(tmp_path / "writer", mark, shared=shared(bucket))
    Store(tmp_path / "writer", shared(bucket)).rollback()
    assert fetched_marks(bucket, tmp_path / "reader") == {"a"}


def test_a_file_with_other_bytes_than_were_published_is_refused(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    objects = Bucket(bucket)
    [name] = [entry.name for entry in objects.entries() if entry.name.endswith("entities.parquet")]
    objects.write(name, b"x" * 10)
    with pytest.raises(IndexNotReady, match="is damaged: a file is missing or has other bytes than were"):
        Store(tmp_path / "reader", SharedIndex(objects)).fetch()
    assert not (tmp_path / "reader" / "manifest.json").exists()


def test_a_name_that_leaves_the_folder_is_refused(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    folder = next(iter(generations(bucket)))
    Bucket(bucket).write(f"generations/{folder}/..\\..\\evil", b"x")
    with pytest.raises(GraphRAGError, match="which is refused"):
        Store(tmp_path / "reader", shared(bucket)).fetch()


def test_a_file_that_is_gone_from_the_copy_is_fetched_again(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    assert fetched_marks(bucket, tmp_path / "reader") == {"a"}
    Store(tmp_path / "reader").path("entities").unlink()
    assert fetched_marks(bucket, tmp_path / "reader") == {"a"}


def test_where_nothing_was_published_that_is_said(bucket: MemoryStore, tmp_path: Path) -> None:
    with pytest.raises(IndexNotReady, match="no index was published at 's3://bucket/index' yet"):
        Store(tmp_path / "reader", shared(bucket)).fetch()


def test_a_damaged_pointer_is_told(bucket: MemoryStore, tmp_path: Path) -> None:
    publish(tmp_path / "writer", "a", shared=shared(bucket))
    Bucket(bucket).write("current.json", b"{}")
    with pytest.raises(IndexNotReady, match=r"'current.json' at 's3://bucket/index' is damaged"):
        Store(tmp_path / "reader", shared(bucket)).fetch()
