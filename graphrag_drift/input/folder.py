"""input folder -> the files that may be read, and opening them so that no surprise of a file system gets in

Links that leave the folder, pipes, sockets and devices are never opened. What is hidden is skipped.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from graphrag_drift.errors import SettingsError
from graphrag_drift.input.decode import UnreadableError, clean
from graphrag_drift.settings import InputSettings

_PIECE = 1 << 20
_NO_FILE = "is a pipe, socket or device, not a file"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the input folder: where its bytes are, and its path relative to the folder, with "/".

    `name` is fit to be shown. `problem` says why the file must not be opened; "" if it may.
    """

    path: Path
    name: str
    problem: str = ""


def find_files(settings: InputSettings, folder: Path) -> list[File]:
    """The files below `folder` that match the pattern, by name; a file that is there twice only once.

    Raises: SettingsError, if there is no such folder or nothing in it matches.
    """
    if not folder.is_dir():
        raise SettingsError(f"there is no input folder {str(folder)!r}; create it and put documents into it")
    pattern = settings.file_pattern
    root = folder.resolve()
    found = sorted(_walk(root, tuple(pattern.split("/"))), key=lambda file: (file.name, file.path))
    if not found:
        raise SettingsError(f"no file in input folder {str(folder)!r} matches input.file_pattern {pattern!r}")
    first: dict[Path, File] = {}
    for file in found:
        first.setdefault(file.path, file)
    return list(first.values())


def _walk(root: Path, pattern: tuple[str, ...]) -> Iterator[File]:
    unlisted: list[OSError] = []
    for place, folders, names in os.walk(root, onerror=unlisted.append):
        here = Path(place)
        folders[:] = [name for name in folders if not (name.startswith(".") or _is_index(here / name))]
        leaving = [name for name in folders if (here / name).is_symlink() and _leaves(here / name, root)]
        matching = [
            name
            for name in names
            if not name.startswith(".") and matches((*here.relative_to(root).parts, name), pattern)
        ]
        for name in [*leaving, *matching]:
            yield _file(here / name, root)
    for error in unlisted:
        path = Path(error.filename)
        yield File(path, _shown(path.relative_to(root)), f"cannot be listed: {error.strerror}")


def _is_index(folder: Path) -> bool:
    """Whether an index is kept here: its tables are no documents."""
    return (folder / "manifest.json").is_file() and (folder / "generations").is_dir()


def _leaves(link: Path, root: Path) -> bool:
    return not Path(os.path.realpath(link)).is_relative_to(root)


def _file(path: Path, root: Path) -> File:
    name = _shown(path.relative_to(root))
    if path.is_symlink() and _leaves(path, root):
        return File(path, name, "is a link that leaves the input folder")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return File(path, name, "is a link to nothing" if path.is_symlink() else "was deleted during the run")
    except OSError as error:
        return File(path, name, f"cannot be read: {error.strerror}")
    if not stat.S_ISREG(mode):
        return File(path, name, _NO_FILE)
    return File(Path(os.path.realpath(path)) if path.is_symlink() else path, name)


def matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether a path matches a glob in which "**" stands for any number of folders."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return matches(parts, pattern[1:]) or (bool(parts) and matches(parts[1:], pattern))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and matches(parts[1:], pattern[1:])


def _shown(relative: Path) -> str:
    """A path as text: bytes that are none, and control characters, are replaced."""
    shown = clean(os.fsencode(relative.as_posix()).decode("utf-8", "replace"))
    return shown.replace("\n", " ").replace("\t", " ")


@contextmanager
def opened(file: File, max_bytes: int) -> Iterator[BinaryIO]:
    """`file`, open for reading.

    Raises: UnreadableError, if it cannot or must not be opened, or if at the end it is not what it was.
    """
    if file.problem:
        raise UnreadableError(file.problem)
    # What was a file can be a pipe or a link by now: do not wait for a writer, do not follow.
    flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))
    try:
        with open(os.open(file.path, flags), "rb") as raw:
            before = os.fstat(raw.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise UnreadableError(_NO_FILE)
            if before.st_size > max_bytes:
                raise UnreadableError(f"has {before.st_size:,} bytes; input.max_file_bytes is {max_bytes:,}")
            yield raw
            if _version(before) != _version(file.path.stat()):
                raise UnreadableError("changed while it was read; the next run reads it again")
    except FileNotFoundError as error:
        raise UnreadableError("was deleted during the run") from error
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from error


def _version(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def fingerprint_input(settings: InputSettings, folder: Path) -> str:
    """A hash of all that `load` would read: the files' names and bytes, and the settings that say how.

    Raises: SettingsError as `load` does for a folder without files.
    """
    digest = blake2b(settings.model_dump_json(exclude={"folder", "uri"}).encode(), digest_size=16)
    for name, content in file_hashes(settings, folder).items():
        digest.update(blake2b(name.encode()).digest())
        digest.update(content.encode())
    return digest.hexdigest()


def file_hashes(settings: InputSettings, folder: Path) -> dict[str, str]:
    """The hash of each file that `load` would read, by its name. Raises: SettingsError, as `find_files`."""
    return {file.name: _content_hash(file, settings.max_file_bytes) for file in find_files(settings, folder)}


def _content_hash(file: File, max_bytes: int) -> str:
    digest = blake2b(digest_size=16)
    try:
        with opened(file, max_bytes) as raw:
            for piece in iter(lambda: raw.read(_PIECE), b""):
                digest.update(piece)
    except UnreadableError as error:
        return blake2b(str(error).encode(), digest_size=16).hexdigest()
    return digest.hexdigest()
