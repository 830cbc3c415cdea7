"""An index at an address, for several machines: published after it was written here, fetched before it is read.

    s3://bucket/prefix/
      current.json                  names the folder of the generation that readers fetch; replaced on condition
      generations/<id>-<token>/     its files, with manifest.json, run.json and input.json; never changed once named

A folder here is a copy of the generation that `current.json` names, or a newer one that is not published yet. Who
publishes uploads into a folder of its own, then replaces `current.json` if it is still the one that the run was built
on: of two runs one wins, and the other is told; a run that dies has changed nothing. What the generation before holds
already is copied within the store. It is kept until the second publish after its own.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graphrag_drift.errors import GraphRAGError, IndexBusy, IndexNotReady
from graphrag_drift.store.files import explained, hash_file, link_or_copy, replace_file, sync_tree
from graphrag_drift.store.manifest import BEFORE, MANIFEST, Manifest, NewerIndex, read_manifest
from graphrag_drift.store.objects import Objects
from graphrag_drift.store.writer import GENERATIONS, INPUT, RUN, UNFINISHED, restore

if TYPE_CHECKING:
    from obstore import UpdateVersion

T = TypeVar("T")
CURRENT = "current.json"
NOTE = "shared.json"
_BESIDE = (MANIFEST, RUN, INPUT)
_AT_ONCE = 8  # requests
_ATTEMPTS = 3  # to fetch a generation that goes while it is read


class _Pointer(BaseModel):
    """What `current.json` holds: the generation, and the folders of its files and of those before it."""

    model_config = ConfigDict(frozen=True)

    generation: str
    folder: str
    before: str = ""

    def raw(self) -> bytes:
        return self.model_dump_json().encode()


@dataclass(frozen=True)
class _Seen:
    """The pointer as it was read, None if there was none, and its version."""

    pointer: _Pointer | None = None
    version: UpdateVersion | None = None


class SharedIndex:
    """The index at the address of `objects`. Whoever fetches or publishes holds the lock of the folder meanwhile.

    All methods raise: SettingsError, Unavailable and GraphRAGError, as `Objects`; IndexNotReady, if what is there is
    damaged; NewerIndex.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._seen = _Seen()

    @property
    def uri(self) -> str:
        """Its address."""
        return self._objects.uri

    def fetch(self, folder: Path) -> None:
        """Make `folder` a copy of the published generation, unless it is one, or holds what was built on it.

        Nothing is done if nothing was published.
        """
        for _ in range(_ATTEMPTS):
            self._seen = self._look()
            pointer = self._seen.pointer
            if pointer is None or self._is_built_on(folder, pointer):
                return
            with explained(folder):
                if _intact(folder, pointer.generation) or self._fetched(folder, pointer):
                    self._note(folder, pointer)
                    return
            self._removed_or_damaged(pointer)
        raise IndexNotReady(f"the index at {self.uri!r} was replaced while it was fetched; try again")

    def publish(self, folder: Path) -> None:
        """Publish the index in `folder`, which was built on what `fetch` saw; nothing is done if it is that.

        Raises: IndexBusy, if another index was published since.
        """
        manifest, before = read_manifest(folder), self._seen.pointer
        if before is not None and before.generation == manifest.generation:
            self._note(folder, before)
            return
        token = secrets.token_hex(4)  # no two uploads share a folder, so that none can be removed by another
        pointer = _Pointer(
            generation=manifest.generation,
            folder=f"{GENERATIONS}/{manifest.generation}-{token}",
            before=before.folder if before is not None else "",
        )
        self._upload(folder, manifest, pointer)
        # What is there before the pointer changes: whatever comes later belongs to a run that is built on it.
        old = self._besides(pointer.folder, pointer.before)
        if not self._objects.swap(CURRENT, pointer.raw(), self._seen.version) and self._look().pointer != pointer:
            self._objects.delete(self._names_in(pointer.folder))
            raise IndexBusy(
                f"another run published an index at {self.uri!r} while this one was made, and nothing there was"
                " changed; run `graphrag-drift index` again to build on that one"
            )
        with explained(folder):
            self._note(folder, pointer)
        self._objects.delete(old)

    def _look(self) -> _Seen:
        answer = self._objects.read(CURRENT)
        if answer is None:
            return _Seen()
        raw, version = answer
        try:
            return _Seen(_Pointer.model_validate_json(raw), version)
        except ValidationError:
            raise IndexNotReady(
                f"{CURRENT!r} at {self.uri!r} is damaged, or of another program;"
                f" remove it and run `graphrag-drift index` where the index is made"
            ) from None

    def _is_built_on(self, folder: Path, pointer: _Pointer) -> bool:
        """Whether the index in `folder` is that of `pointer`, or a newer one that was never published."""
        try:
            noted = json.loads((folder / NOTE).read_bytes())
            generation = read_manifest(folder).generation
        except (OSError, ValueError, IndexNotReady):
            return False
        if noted != self._noted(pointer):
            return False
        return generation != pointer.generation or _intact(folder, generation)

    def _noted(self, pointer: _Pointer) -> dict[str, str]:
        return {"uri": self.uri, "folder": pointer.folder}

    def _note(self, folder: Path, pointer: _Pointer) -> None:
        raw = json.dumps(self._noted(pointer), sort_keys=True).encode()
        path = folder / NOTE
        if not path.exists() or path.read_bytes() != raw:
            replace_file(path, raw)

    def _fetched(self, folder: Path, pointer: _Pointer) -> bool:
        """Fetch a generation and make it the index in `folder`; False, if a file of it is gone or damaged."""
        stage = folder / GENERATIONS / UNFINISHED
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        if not self._objects.download(f"{pointer.folder}/{MANIFEST}", stage / MANIFEST):
            return False
        manifest = read_manifest(stage)
        names = self._names_in(pointer.folder)
        kept, records = _kept(folder), {record.path: record.hash for record in manifest.files.values()}

        def bring(name: str) -> bool:
            path = _place(stage, name.removeprefix(f"{pointer.folder}/"))
            record = records.get(path.relative_to(stage).as_posix())
            if record is not None and (here := kept.get(record)) is not None:
                link_or_copy(here, path)
                return True
            return path.name == MANIFEST or self._objects.download(name, path)

        if not all(_each(bring, names)):
            return False
        files = [(stage / record.path, record.hash) for record in manifest.files.values()]
        if not all(path.is_file() and hash_file(path) == digest for path, digest in files):
            return False
        self._put_in_place(folder, stage, manifest)
        return True

    def _removed_or_damaged(self, pointer: _Pointer) -> None:
        """Raises: IndexNotReady, unless another generation was published meanwhile."""
        if self._look().pointer == pointer:
            raise IndexNotReady(
                f"the index at {self.uri!r} is damaged: a file is missing or has other bytes than were published;"
                f" remove {CURRENT!r} there and run `graphrag-drift index` where it is made"
            )

    def _put_in_place(self, folder: Path, stage: Path, manifest: Manifest) -> None:
        beside = {name: (stage / name).read_bytes() for name in (RUN, INPUT) if (stage / name).exists()}
        for name in _BESIDE:
            (stage / name).unlink(missing_ok=True)
        sync_tree(stage)
        current = _manifest(folder)
        place = folder / GENERATIONS / manifest.generation
        shutil.rmtree(place, ignore_errors=True)
        stage.rename(place)
        for name, raw in beside.items():
            replace_file(folder / name, raw)
        if current is not None and current.generation != manifest.generation:
            replace_file(folder / BEFORE, current.text().encode())
        restore(folder, manifest)
        keep = {manifest.generation, current.generation if current is not None else ""}
        for other in (folder / GENERATIONS).iterdir():
            if other.name not in keep:
                shutil.rmtree(other, ignore_errors=True)

    def _upload(self, folder: Path, manifest: Manifest, pointer: _Pointer) -> None:
        generation = folder / GENERATIONS / manifest.generation
        there = self._published_files(pointer.before)
        hashes = {record.path: record.hash for record in manifest.files.values()}
        paths = {path.relative_to(generation).as_posix(): path for path in generation.rglob("*") if path.is_file()}
        paths |= {name: folder / name for name in _BESIDE if (folder / name).exists()}

        def send(name: str) -> None:
            target, source = f"{pointer.folder}/{name}", there.get(hashes.get(name, ""))
            if source is None or not self._objects.copy(source, target):
                self._objects.write(target, paths[name])

        for _ in _each(send, sorted(paths)):
            pass

    def _published_files(self, folder: str) -> dict[str, str]:
        """The files of the generation in `folder`, by hash; none, where it is not there or is damaged."""
        answer = self._objects.read(f"{folder}/{MANIFEST}") if folder else None
        try:
            files = Manifest.model_validate_json(answer[0]).files if answer is not None else {}
        except ValidationError:
            files = {}
        return {record.hash: f"{folder}/{record.path}" for record in files.values()}

    def _names_in(self, folder: str) -> list[str]:
        return [entry.name for entry in self._objects.entries(folder)]

    def _besides(self, *folders: str) -> list[str]:
        """The objects of all generations but those in `folders`."""
        kept = tuple(f"{folder}/" for folder in folders if folder)
        return [name for name in self._names_in(GENERATIONS) if not name.startswith(kept)]


def _each(work: Callable[[str], T], names: Iterable[str]) -> Iterable[T]:
    """What `work` makes of each of `names`, several at once, in their order. Raises what `work` raises."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(work, names)


def _place(stage: Path, name: str) -> Path:
    """The file for an object of this name. Raises: GraphRAGError, if that is not in `stage`."""
    if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute() or "\\" in name:
        raise GraphRAGError(f"the published index has a file named {name!r}, which is refused; publish it anew")
    path = stage / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _manifest(folder: Path) -> Manifest | None:
    """That of the index in `folder`; None, if there is none that is whole. Raises: NewerIndex."""
    try:
        return read_manifest(folder)
    except NewerIndex:
        raise
    except IndexNotReady:
        return None


def _kept(folder: Path) -> dict[str, Path]:
    """The files of the index in `folder` that are as long as they should be, by hash."""
    manifest = _manifest(folder)
    if manifest is None:
        return {}
    place = folder / GENERATIONS / manifest.generation
    files = {record.hash: (place / record.path, record.bytes) for record in manifest.files.values()}
    return {key: path for key, (path, size) in files.items() if path.is_file() and path.stat().st_size == size}


def _intact(folder: Path, generation: str) -> bool:
    """Whether the index in `folder` is that `generation`, and its files are there in their lengths."""
    manifest = _manifest(folder)
    return (
        manifest is not None
        and manifest.generation == generation
        and len(_kept(folder)) == len({record.hash for record in manifest.files.values()})
    )
