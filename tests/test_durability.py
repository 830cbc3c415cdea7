"""Kills, full disks, read-only folders, two runs at once, and readers meanwhile: nobody sees half an index."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clock import GUARD_SECONDS
from publishing import after, contents, marks, public_marks, publish

from graphrag_drift.errors import GraphRAGError, IndexBusy, IndexNotReady, SettingsError
from graphrag_drift.store.store import Store

PROGRAM = Path(__file__).with_name("publishing.py")
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs fork, SIGKILL or resource limits")


def program(*arguments: object, **options: object) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "POLARS_MAX_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,  # type: ignore[call-overload]
    )


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: no test here cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """An index that says "a", with one generation before it."""
    publish(tmp_path / "index", "z")
    publish(tmp_path / "index", "a")
    return tmp_path / "index"


@POSIX
def test_a_kill_at_any_storage_operation_leaves_the_old_or_the_new_index_and_the_next_run_completes_it(
    published: Path, tmp_path: Path
) -> None:
    copies, undisturbed = tmp_path / "copies", tmp_path / "undisturbed"
    copies.mkdir()
    shutil.copytree(published, undisturbed, symlinks=True)
    publish(undisturbed, "b")
    killer = program("kill", published, copies)
    _, errors = killer.communicate(timeout=GUARD_SECONDS)
    assert killer.returncode == 0, errors

    killed = sorted(copies.iterdir())
    seen = [marks(folder) for folder in killed]
    public = [public_marks(folder) for folder in killed]
    for folder in killed:
        publish(folder, "b")

    assert len(killed) > 25
    assert list(dict.fromkeys(map("".join, seen))) == ["a", "b"]  # the one or the other, never back
    assert [folder.name for folder, found in zip(killed, public, strict=True) if len(found) > 1] == []
    assert [folder.name for folder in killed if contents(folder) != contents(undisturbed)] == []


@POSIX
def test_a_kill_during_the_first_run_leaves_no_index_or_a_whole_one(tmp_path: Path) -> None:
    nothing, copies, undisturbed = (tmp_path / name for name in ("nothing", "copies", "undisturbed"))
    nothing.mkdir()
    copies.mkdir()
    publish(undisturbed, "b")
    killer = program("kill", nothing, copies)
    _, errors = killer.communicate(timeout=GUARD_SECONDS)
    assert killer.returncode == 0, errors

    seen = []
    for folder in sorted(copies.iterdir()):
        try:
            seen.append("".join(marks(folder)))
        except IndexNotReady:
            seen.append("none")
        publish(folder, "b")
        assert contents(folder) == contents(undisturbed)
    assert list(dict.fromkeys(seen)) == ["none", "b"]


def test_a_full_disk_at_any_storage_operation_says_so_and_leaves_a_whole_index(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    messages: set[str] = set()
    for count in range(1, 40):
        folder = tmp_path / f"{count}"
        shutil.copytree(published, folder, symlinks=True)
        with monkeypatch.context() as patch:
            after(count, full, patch.setattr)
            try:
                publish(folder, "b")
            except GraphRAGError as error:
                messages.add(str(error).partition(str(folder))[2])
        assert marks(folder) in ({"a"}, {"b"})
        publish(folder, "b")
        assert marks(folder) == {"b"}
    assert messages == {
        "': No space left on device; free some space and run `graphrag-drift index` again;"
        " an index that was there still answers"
    }


@POSIX
def test_a_real_write_that_the_system_refuses_publishes_nothing(published: Path) -> None:
    import resource

    before = contents(published)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(GraphRAGError, match=r"no room to write the index .*run `graphrag-drift index` again"):
            publish(published, "b")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert contents(published) == before


def test_an_output_folder_that_cannot_be_written_is_a_settings_error_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "index"):
        with pytest.raises(SettingsError, match=r"cannot write the index folder .*set output\.folder") as caught:
            publish(folder, "a")
        assert caught.value.exit_code == 2

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "index")

    monkeypatch.setattr(os, "mkdir", read_only)  # root may write anywhere, so the system is asked to refuse
    with pytest.raises(SettingsError, match="Read-only file system"):
        publish(tmp_path / "index", "a")


def test_an_error_of_the_caller_is_not_taken_for_one_of_the_index_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Store(tmp_path / "index").writer():
        (tmp_path / "input.txt").read_text()


def test_a_second_run_is_refused_with_the_pid_of_the_first_and_a_dead_one_holds_nothing(published: Path) -> None:
    holder = program("hold", published)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(IndexBusy, match=rf"another run \(pid {holder.pid}\) is writing the index"):
        publish(published, "b")
    assert marks(published) == {"a"}

    holder.kill()
    holder.communicate(timeout=GUARD_SECONDS)
    publish(published, "b")
    assert marks(published) == {"b"}


def test_two_runs_in_one_process_are_refused_as_well(published: Path) -> None:
    with Store(published).writer(), pytest.raises(IndexBusy, match=f"pid {os.getpid()}"):
        publish(published, "b")
    publish(published, "b")


def test_a_reader_during_publishes_sees_one_generation_at_a_time(published: Path) -> None:
    writer = program("loop", published)
    seen = set()
    while writer.poll() is None:
        try:
            found = marks(published, lancedb=False)
        except IndexNotReady as error:
            found = {str(error).partition(" was ")[2]}
        assert len(found) == 1
        seen |= found
    _, errors = writer.communicate(timeout=GUARD_SECONDS)
    assert writer.returncode == 0, errors
    assert marks(published) == {"t"}
    assert "a" in seen
    assert seen <= {*"abcdefghijklmnopqrst", "replaced twice since it was opened; open it again"}


def test_whoever_opened_an_index_can_go_on_after_the_next_publish(published: Path) -> None:
    store = Store(published)
    assert store.manifest().settings == {"mark": "a"}
    publish(published, "b")
    assert store.table("entities")["mark"].unique().to_list() == ["a"]
    publish(published, "c")
    with pytest.raises(IndexNotReady, match="replaced twice since it was opened; open it again"):
        store.table("entities")
