"""An index folder: generations of tables and arrays, of which readers see exactly one.

    output/
      manifest.json             names the generation and the hash of each of its files; replaced atomically
      before.json               the manifest of the generation before, for `rollback`
      run.json                  how long the last run took; nothing depends on it
      input.json                hashes of the files that were read, to tell which have changed since
      shared.json               which published generation this one was built on, where it is shared
      generations/<id>/         entities.parquet ..., vectors/*; never changed once named
      current                   -> generations/<id>
      entities.parquet ...      -> current/..., for other programs

A `Store` reads through the manifest alone. The public names beside it are a convenience: symbolic links
through `current`, so that they change all at once, or hard links where there are no symbolic links (Windows
without developer mode); a file system that has neither gets copies. A generation is kept until the second
publish after its own, so that whoever opened it can go on. It is not a database: there is one writer, who
writes everything anew and links what is unchanged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from graphrag_drift.errors import GraphRAGError, IndexBusy, IndexNotReady
from graphrag_drift.settings import Settings
from graphrag_drift.settings_file import environment
from graphrag_drift.store.files import Content, explained, hash_file
from graphrag_drift.store.manifest import AGAIN, BEFORE, MANIFEST, FileRecord, Manifest, NewerIndex, read_manifest
from graphrag_drift.store.writer import GENERATIONS, INPUT, RUN, Writer, folder_damage, restore

if TYPE_CHECKING:
    from graphrag_drift.store.shared import SharedIndex

LOCK = ".lock"
HOLDER = ".lock-holder"
_FETCH_SECONDS = 60  # that a reader waits for another one on this machine to fetch an index


class Store:
    """The index in `folder`, as of the first look at it: later publishes do not change what it reads.

    One that is `shared` is also published at its address; the folder is then a copy.
    """

    def __init__(self, folder: Path, shared: SharedIndex | None = None) -> None:
        self.folder = folder
        self._shared = shared
        self._manifest: Manifest | None = None

    def manifest(self) -> Manifest:
        """The manifest of the generation that this store reads.

        Raises: IndexNotReady, if there is no index, or it is damaged or of another version.
        """
        if self._manifest is None:
            self._manifest = read_manifest(self.folder)
        return self._manifest

    def table(self, name: str) -> pl.DataFrame:
        """Table `name`. Raises: IndexNotReady, if its file is missing or truncated."""
        path = self._checked(name)
        try:
            return pl.read_parquet(path, glob=False)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise self._unreadable(path, "is no table") from error

    def last_run(self) -> dict[str, Any]:
        """What the last run that published said of itself: seconds, and why each step ran."""
        return self._noted(RUN)

    def input_files(self) -> dict[str, str]:
        """The hashes of the files that the last run read, by name; none of frames, or if that was not noted."""
        return {name: str(content) for name, content in self._noted(INPUT).items()}

    def _noted(self, name: str) -> dict[str, Any]:
        try:
            noted = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return noted if isinstance(noted, dict) else {}

    def array(self, name: str) -> NDArray[Any]:
        """Array `name`, mapped from its file, read-only. Raises: as `table`."""
        path = self._checked(name)
        try:
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError) as error:
            raise self._unreadable(path, "is no array") from error
        return array

    def read(self, name: str) -> Content:
        """Table or array `name`, whichever it is."""
        return self.array(name) if self._record(name).path.endswith(".npy") else self.table(name)

    def path(self, name: str) -> Path:
        """Where the file or folder `name` of this generation is."""
        manifest = self.manifest()
        inside = name if name in manifest.folders else self._record(name).path
        return self.folder / GENERATIONS / manifest.generation / inside

    def damage(self) -> list[str]:
        """What is wrong with the files of this generation, a sentence each; hashes everything."""
        found = []
        for name in self.manifest().files:
            try:
                path = self._checked(name)
                if hash_file(path) != self._record(name).hash:
                    found.append(f"the index file {str(path)!r} has other bytes than were written; {AGAIN}")
            except IndexNotReady as error:
                found.append(str(error))
        for name in self.manifest().folders:
            damaged = folder_damage(self.path(name))
            found += [f"the index file {str(path)!r} is missing or damaged; {AGAIN}" for path in damaged]
        return found

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """Hold the index for writing; what is not published on leaving is removed.

        Meanwhile this store reads the generation that the writer builds on.

        Raises: IndexBusy, if another run holds it; SettingsError, if the folder cannot be written to;
        NewerIndex, if a later version of this package wrote it.
        """
        with ExitStack() as stack:
            with explained(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(_locked(self.folder))
                if self._shared is not None:
                    self._shared.fetch(self.folder)
                writer = Writer(self.folder, self._intact())
                stack.callback(writer.discard)
            yield writer
            if self._shared is not None:
                self._share()

    def fetch(self) -> None:
        """Bring the folder up to date with what was published at its address, unless a run is writing it just now.

        Raises: IndexNotReady, if nothing was published, nor is there an index here; IndexBusy; as `SharedIndex.fetch`.
        """
        if self._shared is None:
            return
        is_empty = not (self.folder / MANIFEST).exists()
        try:
            with explained(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                with _locked(self.folder, timeout_seconds=_FETCH_SECONDS if is_empty else 0):
                    self._shared.fetch(self.folder)
        except IndexBusy:
            if is_empty:
                raise
        if not (self.folder / MANIFEST).exists():
            raise IndexNotReady(
                f"no index was published at {self._shared.uri!r} yet; run `graphrag-drift index` in a project with this"
                " output.uri"
            )

    def _share(self) -> None:
        """Publish the index in the folder at its address. Raises: as `SharedIndex.publish`; it stays here then."""
        assert self._shared is not None
        try:
            self._shared.publish(self.folder)
        except IndexBusy:
            raise
        except GraphRAGError as error:
            raise type(error)(
                f"the index is ready in {str(self.folder)!r} and was not published: {error}; the next"
                " `graphrag-drift index` publishes it"
            ) from error

    def rollback(self) -> Manifest:
        """Make the generation before the current one the index again, and give its manifest. It goes back only once.

        Raises: IndexNotReady, if there is none before, or it is damaged; IndexBusy and SettingsError, as `writer`.
        """
        if not self.folder.is_dir():
            read_manifest(self.folder)
        with explained(self.folder), _locked(self.folder):
            if self._shared is not None:
                self._shared.fetch(self.folder)
            before = Store(self.folder)
            before._manifest = self._before()
            if damage := before.damage():
                raise IndexNotReady(f"the generation before is damaged, nothing was changed: {damage[0]}")
            restore(self.folder, before._manifest)
            self._manifest = before._manifest
            if self._shared is not None:
                self._share()
        return before._manifest

    def _before(self) -> Manifest:
        """The manifest of the generation before the current one, which may be damaged itself."""
        try:
            before = read_manifest(self.folder, BEFORE)
        except NewerIndex:
            raise
        except IndexNotReady as error:
            raise self._nothing_before() from error
        try:
            current = read_manifest(self.folder).generation
        except NewerIndex:
            raise
        except IndexNotReady:
            current = ""
        if before.generation == current or not (self.folder / GENERATIONS / before.generation).is_dir():
            raise self._nothing_before()
        return before

    def _nothing_before(self) -> IndexNotReady:
        return IndexNotReady(
            f"the index in {str(self.folder)!r} has no generation before this one to go back to;"
            " one is kept, from the second change of an index on"
        )

    def _intact(self) -> Manifest | None:
        """The manifest of now, if all its files are whole: only then may a run build on them."""
        self._manifest = None
        try:
            return None if self.damage() else self.manifest()
        except NewerIndex:
            raise
        except IndexNotReady:
            return None

    def _record(self, name: str) -> FileRecord:
        try:
            return self.manifest().files[name]
        except KeyError:
            raise IndexNotReady(f"the index in {str(self.folder)!r} has no table {name!r}; {AGAIN}") from None

    def _checked(self, name: str) -> Path:
        path, expected = self.path(name), self._record(name).bytes
        try:
            size = path.stat().st_size
        except OSError as error:
            raise self._unreadable(path, "is missing") from error
        if size != expected:
            raise self._unreadable(path, f"has {size} bytes, not {expected}")
        return path

    def _unreadable(self, path: Path, why: str) -> IndexNotReady:
        """The error for a file of this generation; one that went while it was read is not damaged."""
        if not path.exists() and read_manifest(self.folder).generation != self.manifest().generation:
            return IndexNotReady(
                f"the index {str(self.folder)!r} was replaced twice since it was opened; open it again"
            )
        return IndexNotReady(f"the index file {str(path)!r} {why}; {AGAIN}")


def store_of(settings: Settings) -> Store:
    """The store of the index of `settings`; nothing is fetched yet. Raises: SettingsError, MissingExtra."""
    uri = settings.output.uri
    return Store(settings.output_folder, None if uri is None else _shared_index(uri, settings.root))


def _shared_index(uri: str, root: Path) -> SharedIndex:
    from graphrag_drift.store.objects import connect
    from graphrag_drift.store.shared import SharedIndex

    return SharedIndex(connect(uri, environment(root)))


@contextmanager
def _locked(folder: Path, timeout_seconds: float = 0) -> Iterator[None]:
    """Hold the folder's lock; wait so long for it. The system frees it with its process, so there are no stale ones."""
    lock, holder = FileLock(folder / LOCK), folder / HOLDER
    try:
        lock.acquire(timeout=timeout_seconds)
    except Timeout:
        try:
            pid = holder.read_text(encoding="ascii")
        except OSError:
            pid = "unknown"
        raise IndexBusy(
            f"another run (pid {pid}) is writing the index {str(folder)!r}; let it finish, or set another output.folder"
        ) from None
    try:
        holder.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()
