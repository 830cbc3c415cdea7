"""input.uri -> copies of its documents in the input folder, from which they are read as any others

What has not changed since, by the store's word for it, is not fetched again; what is gone there goes here. An object
that cannot be a file of this machine is set aside. Of which type a document is, is for the readers to say.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from threading import get_ident

import polars as pl

from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.input.decode import clean
from graphrag_drift.input.folder import matches
from graphrag_drift.settings import InputSettings, Settings
from graphrag_drift.settings_file import environment
from graphrag_drift.store.files import replace_file
from graphrag_drift.store.objects import Entry, Objects, connect
from graphrag_drift.tables import FAILURES, empty

_AT_ONCE = 8  # downloads
_LONGEST = 255  # bytes of a file's or a folder's name
_NOT_IN_NAMES = frozenset("\0" if os.name != "nt" else '\\\0<>:"|?*')


def fetch_input(settings: Settings) -> pl.DataFrame:
    """Bring the input folder up to date with input.uri, if that is set; what could not be fetched, as failures.

    Raises: SettingsError, if nothing there matches, or the credentials are wrong; Unavailable; MissingExtra.
    """
    if settings.input.uri is None:
        return empty(FAILURES)
    return _fetch(connect(settings.input.uri, environment(settings.root)), settings.input, settings.input_folder)


def _fetch(objects: Objects, settings: InputSettings, folder: Path) -> pl.DataFrame:
    """`fetch_input`, of `objects` into `folder`."""
    entries = _documents(objects.entries(), settings)
    if not entries:
        raise SettingsError(f"nothing at {objects.uri!r} matches input.file_pattern {settings.file_pattern!r}")
    problems = {entry.name: problem for entry in entries if (problem := _problem(entry, settings))}
    wanted = {entry.name: f"{entry.version} {entry.size}" for entry in entries if entry.name not in problems}
    note = folder.with_name(f"{folder.name}.json")
    noted = _noted(note, objects.uri)
    with _explained(folder):
        _remove_others(folder, wanted)
        here = {name for name, version in wanted.items() if noted.get(name) == version and (folder / name).is_file()}
        if noted.keys() != here:  # a file that is fetched anew is of no known version meanwhile
            _write_note(note, objects.uri, {name: wanted[name] for name in here})
        missing = [name for name in wanted if name not in here]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            outcomes = zip(missing, pool.map(partial(_bring, objects, folder), missing), strict=True)
            problems |= {name: problem for name, problem in outcomes if problem}
        if missing:
            _write_note(note, objects.uri, {name: wanted[name] for name in wanted if name not in problems})
    rows = [("load", clean(name), problem) for name, problem in sorted(problems.items())]
    return pl.DataFrame(rows, schema=FAILURES, orient="row")


def _documents(entries: Sequence[Entry], settings: InputSettings) -> list[Entry]:
    """Those that match the pattern and are not hidden, as in a folder; an empty object that stands for one is none."""
    folders = {str(parent) for entry in entries for parent in PurePosixPath(entry.name).parents}
    pattern = tuple(settings.file_pattern.split("/"))
    return [
        entry
        for entry in entries
        if matches(parts := tuple(entry.name.split("/")), pattern)
        and not any(part.startswith(".") for part in parts)
        and not (entry.size == 0 and entry.name in folders)
    ]


def _problem(entry: Entry, settings: InputSettings) -> str:
    """Why an object is not fetched; "", if it is."""
    if _NOT_IN_NAMES & set(entry.name) or any(len(part.encode()) > _LONGEST for part in entry.name.split("/")):
        return "has a name that no file here can have; rename it"
    if entry.size > settings.max_file_bytes:
        return f"has {entry.size:,} bytes; input.max_file_bytes is {settings.max_file_bytes:,}"
    return ""


def _bring(objects: Objects, folder: Path, name: str) -> str:
    """Fetch an object into the folder, whole or not at all; why that cannot be, or ""."""
    path = folder / name
    fresh = folder / f".{os.getpid()}-{get_ident()}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not objects.download(name, fresh):
            return "was deleted during the run"
        os.replace(fresh, path)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return "is both a document and a folder; rename one of them"
    return ""


def _remove_others(folder: Path, wanted: Mapping[str, str]) -> None:
    """Remove what is no copy of a document that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, folders, names in os.walk(folder, topdown=False):
        here = Path(place)
        for name in names:
            if (here / name).relative_to(folder).as_posix() not in wanted:
                (here / name).unlink()
        for name in folders:
            with suppress(OSError):  # it has something in it
                (here / name).rmdir()


def _noted(note: Path, uri: str) -> dict[str, str]:
    """The versions of the copies, by name; none, if they are of another address."""
    try:
        noted = json.loads(note.read_bytes())
        return dict(noted["versions"]) if noted["uri"] == uri else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_note(note: Path, uri: str, versions: Mapping[str, str]) -> None:
    text = json.dumps({"uri": uri, "versions": dict(sorted(versions.items()))}, ensure_ascii=False, indent=0)
    replace_file(note, text.encode("utf-8", "surrogatepass"))


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what the system says about writing to `folder` into our errors."""
    try:
        yield
    except OSError as error:
        raise GraphRAGError(
            f"cannot keep copies of the documents in {str(folder)!r}: {error.strerror or error};"
            " free some space, or set models.cache_dir to a folder that you may write to"
        ) from error
