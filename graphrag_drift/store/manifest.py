"""What an index is made of, as one small JSON file that a reader trusts before it opens anything else.

A manifest says nothing about when, where or how long: the same corpus, settings and versions give the same
bytes on every machine. It holds no secrets. What a run took is in `run.json` beside it.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from graphrag_drift.errors import IndexNotReady

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
BEFORE = "before.json"
AGAIN = "run `graphrag-drift index` again to repair it"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRecord(_Frozen):
    """One table or array: its path inside the generation, its size, and the hash of its bytes."""

    path: str
    bytes: int
    hash: str


class Manifest(_Frozen):
    """One generation of an index."""

    schema_version: int = SCHEMA_VERSION
    generation: str = ""
    """The folder of its files; the hash of everything else here."""
    package: str
    """Version of this package."""
    libraries: dict[str, str] = {}
    """Versions of the libraries that shape results."""
    settings: dict[str, JsonValue] = {}
    models: dict[str, str] = {}
    """Provider ids by role."""
    counts: dict[str, int] = {}
    """Rows by table."""
    files: dict[str, FileRecord] = {}
    folders: dict[str, str] = {}
    """What each folder was made from whose bytes differ from run to run (LanceDB)."""
    steps: dict[str, dict[str, str]] = {}
    """What each step's result depends on: see `indexing/pipeline.py: fingerprint`."""
    notices: tuple[str, ...] = ()

    def text(self) -> str:
        """The manifest as JSON, keys sorted; what `manifest.json` holds."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def sealed(self) -> Manifest:
        """The manifest with the name of its generation, which follows from everything else in it."""
        blank = self.model_copy(update={"generation": ""})
        digest = blake2b(blank.text().encode(), digest_size=8).hexdigest()
        return self.model_copy(update={"generation": digest})


def read_manifest(folder: Path, name: str = MANIFEST) -> Manifest:
    """The manifest of the index in `folder`; by the `name` of `BEFORE`, that of the generation before.

    Raises: IndexNotReady, if there is none, or it is damaged or of another schema version.
    """
    path = folder / name
    try:
        raw = json.loads(path.read_bytes())
        version = raw["schema_version"]
    except (FileNotFoundError, NotADirectoryError):
        message = f"there is no index in {str(folder)!r} yet; run `graphrag-drift index` first"
        raise IndexNotReady(message) from None
    except OSError as error:
        raise IndexNotReady(f"the index file {str(path)!r} cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path) from error
    if version != SCHEMA_VERSION:
        raise other_version(path, version)
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        raise _damaged(path) from error
    if manifest.sealed().generation != manifest.generation:
        raise _damaged(path)
    return manifest


def _damaged(path: Path) -> IndexNotReady:
    return IndexNotReady(f"the index file {str(path)!r} is damaged; {AGAIN}")


class NewerIndex(IndexNotReady):
    """The index was written by a later version of this package; it is never overwritten."""


def other_version(path: Path, version: object) -> IndexNotReady:
    """The error for an index of a schema `version` that is not ours."""
    if isinstance(version, int) and version > SCHEMA_VERSION:
        return NewerIndex(
            f"the index {str(path)!r} has schema version {version}, this version of graphrag-drift reads"
            f" {SCHEMA_VERSION}; upgrade graphrag-drift or set another output.folder"
        )
    return IndexNotReady(
        f"the index {str(path)!r} has schema version {version!r}, {SCHEMA_VERSION} was expected;"
        " run `graphrag-drift index` again to bring it up to date"
    )
