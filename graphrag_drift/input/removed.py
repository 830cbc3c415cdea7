"""documents that were deleted from the index, though their files may still be there: kept in a file, left out of input

The file stands beside the settings, not in the index folder: an index that is made anew must not bring back what was
deleted. A document is known by its id; where all documents of a file were deleted, by the file, so that an edit of it
brings nothing back either.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from graphrag_drift.errors import SettingsError
from graphrag_drift.input.load import Loaded
from graphrag_drift.store.files import replace_file

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Removed:
    """A deleted document. `whole_file`: no document of its file is to be read, whatever its id."""

    id: str
    title: str
    path: str
    whole_file: bool = False


def read_removed(file: Path) -> list[Removed]:
    """The documents that `file` lists; none, if it is not there.

    Raises: SettingsError, if it is no such list: what it says is not guessed.
    """
    try:
        rows = json.loads(file.read_bytes())
        return [Removed(str(row["id"]), str(row["title"]), str(row["path"]), row["whole_file"] is True) for row in rows]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingsError(f"the list of deleted documents {str(file)!r} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError(
            f"the list of deleted documents {str(file)!r} is damaged; mend it, or remove it to take all documents back"
        ) from error


def write_removed(file: Path, removed: Sequence[Removed]) -> None:
    """List these documents in `file`, by title and id; without any there is no file. Raises: SettingsError."""
    try:
        if not removed:
            file.unlink(missing_ok=True)
            return
        rows = [asdict(each) for each in sorted(removed, key=lambda each: (each.title, each.id))]
        replace_file(file, (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace"))
    except OSError as error:
        raise SettingsError(f"cannot write {str(file)!r}: {error.strerror or error}") from error


def removed_rows(documents: pl.DataFrame, ids: Collection[str]) -> list[Removed]:
    """The documents with these ids, as they are to be listed."""
    rows = documents.select("id", "title", "path").rows()
    kept = {path for id, _, path in rows if id not in ids}
    return [Removed(id, title, path, bool(path) and path not in kept) for id, title, path in rows if id in ids]


def without_removed(loaded: Loaded, removed: Sequence[Removed]) -> Loaded:
    """`loaded` without those documents, and with a notice that says so. Raises: SettingsError, if none is left."""
    ids = [each.id for each in removed]
    files = [each.path for each in removed if each.whole_file]
    gone = pl.col("id").is_in(ids) | pl.col("path").is_in(files)
    titles = loaded.documents.filter(gone)["title"].to_list()
    if not titles:
        return loaded
    documents = loaded.documents.filter(~gone)
    if documents.is_empty():
        raise SettingsError(
            f"all {len(titles)} documents of the input were deleted from the index, and none is left;"
            " `graphrag-drift delete --undo` takes them back"
        )
    documents = documents.with_columns(human_readable_id=pl.int_range(pl.len(), dtype=pl.Int64))
    names = ", ".join(map(repr, titles[:_NAMED])) + (", ..." if len(titles) > _NAMED else "")
    notice = f"{len(titles)} deleted document(s) were left out: {names}"
    return replace(loaded, documents=documents, notices=(*loaded.notices, notice))
