"""A small index whose every file says which version it is, and programs that publish it: killed, held, in a loop.

Run as `python publishing.py kill|hold|loop FOLDER ...` by the durability tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from graphrag_drift.store.manifest import Manifest
from graphrag_drift.store.shared import SharedIndex
from graphrag_drift.store.store import Store

OPERATIONS = ("fsync", "replace", "rename", "mkdir", "link", "symlink", "unlink", "rmdir")


def publish(folder: Path, mark: str, *, rows: int = 3, shared: SharedIndex | None = None) -> Manifest:
    """Publish an index that says `mark` in every file, but for one table that never changes."""
    with Store(folder, shared).writer() as writer:
        writer.write("documents", pl.DataFrame({"id": ["d"], "text": ["always the same"]}))
        for table in ("text_units", "entities"):
            writer.write(table, pl.DataFrame({"mark": [mark] * rows, "table": [table] * rows}))
        writer.write("vectors/entities", np.full((rows, 2), float(ord(mark[0])), dtype=np.float32))
        writer.fill("lancedb", mark, lambda path: (path / "data").write_text(mark) and None)
        return writer.publish(
            package="1", libraries={}, settings={"mark": mark}, models={}, steps={}, run={"seconds": 0.5}
        )


def marks(folder: Path, *, lancedb: bool = True) -> set[str]:
    """What the files of the index say, read as our reader reads them: one mark if it sees one version."""
    store = Store(folder)
    found = {str(store.manifest().settings["mark"])}
    found |= set(store.table("text_units")["mark"]) | set(store.table("entities")["mark"])
    found |= {chr(int(value)) for value in store.array("vectors/entities").reshape(-1)}
    return found | {(store.path("lancedb") / "data").read_text()} if lancedb else found


def public_marks(folder: Path) -> set[str]:
    """The same, as another program reads them."""
    tables = [pl.read_parquet(folder / f"{table}.parquet") for table in ("text_units", "entities")]
    return {mark for table in tables for mark in table["mark"]} | {(folder / "lancedb" / "data").read_text()}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that a reader can come to, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".lock")
    }


def after(count: int, act: Callable[[], None], put: Callable[[object, str, Any], None] = setattr) -> None:
    """Call `act` before the `count`-th storage operation from now; `put` sets what counts them."""
    left = [count]

    def counted(operation: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                act()
            return operation(*args, **kwargs)

        return call

    put(os, "fsync", lambda handle: None)  # the system outlives the process: there is nothing to wait for
    for name in OPERATIONS:
        put(os, name, counted(getattr(os, name)))


def _kill(base: Path, copies: Path) -> None:
    """For every n, publish "b" over a copy of `base` and die at the n-th operation, until it no longer dies."""
    for count in range(1, 1000):
        folder = copies / f"{count:03}"
        shutil.copytree(base, folder, symlinks=True)
        child = os.fork()
        if child == 0:
            after(count, lambda: os.kill(os.getpid(), signal.SIGKILL))
            publish(folder, "b")
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


def _hold(folder: Path) -> None:
    with Store(folder).writer():
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.read()


def _loop(folder: Path) -> None:
    os.fsync = lambda handle: None
    for mark in "bcdefghijklmnopqrst" * 3:
        publish(folder, mark)


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[2:]]
    {"kill": _kill, "hold": _hold, "loop": _loop}[sys.argv[1]](*paths)
