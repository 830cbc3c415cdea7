"""One run's access to an index folder: files are written beside the old ones, then named all at once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from graphrag_drift.errors import IndexNotReady, SettingsError
from graphrag_drift.store.files import (
    NO_LINKS,
    Content,
    decode,
    encode,
    explained,
    hash_file,
    hash_pieces,
    link_or_copy,
    link_tree,
    replace_file,
    sync_folder,
    sync_tree,
    write_file,
)
from graphrag_drift.store.manifest import BEFORE, MANIFEST, FileRecord, Manifest, read_manifest

GENERATIONS = "generations"
CURRENT = "current"
RUN = "run.json"
INPUT = "input.json"
UNFINISHED = "unfinished"


class Writer:
    """Collects the files of a new generation. Made by `Store.writer`, which holds the lock meanwhile.

    `previous` is the generation to build on: the current one, or None if there is none or it is damaged.
    """

    def __init__(self, folder: Path, previous: Manifest | None) -> None:
        self.folder = folder
        self.previous = previous
        self._refuse_foreign_files()
        self._generations = folder / GENERATIONS
        self._stage = self._generations / UNFINISHED
        self._files: dict[str, FileRecord] = {}
        self._folders: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self.discard()
        self._stage.mkdir(parents=True)
        if previous is not None:
            _refresh_public_names(folder, previous)

    def write(self, name: str, content: Content) -> str:
        """Write table or array `name`, and give its hash; one with a "/" in its name is not linked at the top.

        What another file of the generation holds already is linked to it: a step may change nothing of a table.
        """
        kind = "parquet" if isinstance(content, pl.DataFrame) else "npy"
        pieces = encode(content)
        size = sum(len(piece) for piece in pieces)
        record = FileRecord(path=f"{name}.{kind}", bytes=size, hash=hash_pieces(pieces))
        if self.previous is not None and self.previous.files.get(name) == record:
            self.keep(name)
            return record.hash
        twin = next((other for other in self._files.values() if other.hash == record.hash), None)
        with explained(self.folder):
            if twin is not None:
                link_or_copy(self._stage / twin.path, self._place(record))
            else:
                write_file(self._place(record), pieces)
        self._add(name, record, len(content) if isinstance(content, pl.DataFrame) else None)
        return record.hash

    def read(self, name: str) -> Content:
        """Table or array `name` as this run wrote it, else as the previous generation has it."""
        if name in self._files:
            return decode(self._stage / self._files[name].path)
        assert self.previous is not None
        return decode(self._generations / self.previous.generation / self.previous.files[name].path)

    def keep(self, name: str) -> None:
        """Take table or array `name` over from the previous generation, unread."""
        assert self.previous is not None
        record = self.previous.files[name]
        with explained(self.folder):
            link_or_copy(self._generations / self.previous.generation / record.path, self._place(record))
        self._add(name, record, self.previous.counts.get(name))

    def fill(self, name: str, key: str, make: Callable[[Path], None]) -> None:
        """Let `make` fill the folder `name`, unless the previous generation's was made from the same `key`.

        For libraries whose files differ from run to run: the manifest holds `key` instead of their hashes.
        """
        path = self._stage / name
        with explained(self.folder):
            if self.previous is not None and self.previous.folders.get(name) == key:
                before = self._generations / self.previous.generation / name
                link_tree(before, path)
                link_or_copy(_listing(before), _listing(path))
            else:
                path.mkdir()
                make(path)
                sync_tree(path)
                files = {file.relative_to(path).as_posix(): hash_file(file) for file in _files_below(path)}
                write_file(_listing(path), [json.dumps(files, indent=1, sort_keys=True).encode()])
        self._folders[name] = key

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by table, of what was written and kept so far."""
        return self._counts

    @property
    def hashes(self) -> Mapping[str, str]:
        """The hash of each table and array that was written and kept so far."""
        return {name: record.hash for name, record in self._files.items()}

    def publish(
        self,
        *,
        package: str,
        libraries: Mapping[str, str],
        settings: Mapping[str, JsonValue],
        models: Mapping[str, str],
        steps: Mapping[str, Mapping[str, str]],
        notices: tuple[str, ...] = (),
        run: Mapping[str, JsonValue],
    ) -> Manifest:
        """Make what was written the index. Equal to `previous` if nothing changed: then no file was touched.

        `run` goes to run.json: whatever differs between two runs over the same input, such as seconds.
        """
        manifest = Manifest(
            package=package,
            libraries=dict(libraries),
            settings=dict(settings),
            models=dict(models),
            counts=self._counts,
            files=self._files,
            folders=self._folders,
            steps={step: dict(parts) for step, parts in steps.items()},
            notices=notices,
        ).sealed()
        if manifest != self.previous:
            with explained(self.folder):
                self._remove_old_generations()
                self._name_generation(manifest.generation)
                replace_file(self.folder / RUN, json.dumps(dict(run), indent=1, sort_keys=True).encode())
                if self.previous is not None:
                    replace_file(self.folder / BEFORE, self.previous.text().encode())
                replace_file(self.folder / MANIFEST, manifest.text().encode())
                _refresh_public_names(self.folder, manifest)
                _remove_public_files(self.folder, self.previous, manifest)
        return manifest

    def note_input(self, files: Mapping[str, str]) -> None:
        """Keep, beside the index, the hashes of the files that it was made from, by name; of frames there are none."""
        raw = json.dumps(dict(files), ensure_ascii=False, indent=0, sort_keys=True).encode("utf-8", "surrogatepass")
        path = self.folder / INPUT
        with explained(self.folder):
            if not path.exists() or path.read_bytes() != raw:
                replace_file(path, raw)

    def discard(self) -> None:
        """Remove what was not published, by this run or by one that died."""
        shutil.rmtree(self._stage, ignore_errors=True)

    def _place(self, record: FileRecord) -> Path:
        path = self._stage / record.path
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _add(self, name: str, record: FileRecord, rows: int | None) -> None:
        self._files[name] = record
        if rows is not None:
            self._counts[name] = rows

    def _name_generation(self, generation: str) -> None:
        for parent, _, _ in os.walk(self._stage):
            sync_folder(Path(parent))
        os.rename(self._stage, self._generations / generation)
        sync_folder(self._generations)

    def _remove_old_generations(self) -> None:
        """All but the current one. Done before the new one is named, so that a kill leaves nothing behind."""
        kept = {UNFINISHED, self.previous.generation if self.previous else UNFINISHED}
        for folder in self._generations.iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)  # Windows keeps mapped files: next time, then

    def _refuse_foreign_files(self) -> None:
        """Never overwrite the paid work of another program, such as an index of Microsoft GraphRAG."""
        if (self.folder / MANIFEST).exists() or (self.folder / GENERATIONS).exists():
            return
        foreign = sorted(path.name for path in self.folder.glob("*.parquet"))
        foreign += ["lancedb"] if (self.folder / "lancedb").exists() else []
        if foreign:
            raise SettingsError(
                f"the index folder {str(self.folder)!r} holds {foreign[0]!r}, not written by graphrag-drift;"
                " set output.folder to another folder"
            )


def restore(folder: Path, manifest: Manifest) -> None:
    """Make the generation of `manifest`, whose files are whole, the index in `folder`."""
    try:
        current = read_manifest(folder)
    except IndexNotReady:
        current = None
    replace_file(folder / MANIFEST, manifest.text().encode())
    _refresh_public_names(folder, manifest)
    _remove_public_files(folder, current, manifest)


def _refresh_public_names(folder: Path, manifest: Manifest) -> None:
    generation = folder / GENERATIONS / manifest.generation
    targets = _public_names(manifest)
    linked = _point(folder / CURRENT, f"{GENERATIONS}/{manifest.generation}", generation)
    for target in targets:
        if not (linked and _point(folder / target, f"{CURRENT}/{target}", generation / target)):
            _put(generation / target, folder / target)
    for path in folder.iterdir():
        if path.is_symlink() and not path.exists() and os.readlink(path).startswith(f"{CURRENT}/"):
            path.unlink()  # a table that is no more


def _remove_public_files(folder: Path, before: Manifest | None, manifest: Manifest) -> None:
    """Of what the generation `before` had and this one has not, where public names are no links."""
    names = _public_names(before) if before is not None else []
    for name in set(names) - set(_public_names(manifest)):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _public_names(manifest: Manifest) -> list[str]:
    """What other programs find at the top of the index folder."""
    return [*(record.path for name, record in manifest.files.items() if "/" not in name), *manifest.folders]


def folder_damage(folder: Path) -> list[Path]:
    """The files below a filled folder that are missing or have other bytes than were written."""
    try:
        files: dict[str, str] = json.loads(_listing(folder).read_bytes())
        paths = {folder / name: digest for name, digest in files.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return [_listing(folder)]
    return [path for path, digest in paths.items() if not path.is_file() or hash_file(path) != digest]


def _listing(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.files.json")


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _point(link: Path, target: str, meant: Path) -> bool:
    """Make `link` a relative symbolic link to `target`, atomically; False where there are none."""
    if link.is_symlink() and os.readlink(link) == target:
        return True
    fresh = link.with_name(link.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        os.symlink(target, fresh, target_is_directory=meant.is_dir())
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return False
    if link.is_dir() and not link.is_symlink():  # put there when links could not be made
        shutil.rmtree(link)
    os.replace(fresh, link)
    return True


def _put(source: Path, target: Path) -> None:
    """The same without symbolic links: hard links to the files of `source`."""
    fresh = target.with_name(target.name + ".new")
    if source.is_dir():
        shutil.rmtree(fresh, ignore_errors=True)
        link_tree(source, fresh)
        if target.is_symlink():
            target.unlink()
        shutil.rmtree(target, ignore_errors=True)
    elif target.exists() and os.path.samefile(source, target):
        return
    else:
        fresh.unlink(missing_ok=True)
        link_or_copy(source, fresh)
    os.replace(fresh, target)
