"""Documents that are added to an index, edited, deleted or taken back -> the index of what is left.

Each of these is a change of the input and a run of `build_index` after it: there is no other way to change an index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from graphrag_drift.app import IndexRun, build_index
from graphrag_drift.each import blocking
from graphrag_drift.errors import SettingsError
from graphrag_drift.input.load import Loaded, load_frame
from graphrag_drift.input.removed import Removed, read_removed, removed_rows, write_removed
from graphrag_drift.query.filters import allowed_documents
from graphrag_drift.settings import Settings
from graphrag_drift.store.store import store_of
from graphrag_drift.tables import DOCUMENTS, FAILURES, empty
from graphrag_drift.values import Filters


async def update_index(settings: Settings, *, documents: Any | None = None, **options: Any) -> IndexRun:
    """Bring the index up to date with its input folder; or add the rows of the frame `documents` to those it has.

    Rows with the id of a document replace it. Other options, and errors, as `build_index`.
    """
    if documents is None:
        return await build_index(settings, **options)
    added = load_frame(documents, settings.input)
    ids = set(added.documents["id"])
    removed = read_removed(settings.removed_file)
    before = _documents_of_index(settings).filter(~pl.col("id").is_in(list(ids)))
    options["documents"] = Loaded(_joined(before, added.documents), added.failures, added.notices)
    return await _reindex(settings, removed, [each for each in removed if each.id not in ids], options)


def choose_documents(settings: Settings, names: Sequence[str] = (), filters: Filters | None = None) -> list[Removed]:
    """The documents of the index with these ids, paths or titles, and those that pass `filters`.

    Raises: SettingsError, for a name that no document has or several have, and as `allowed_documents`;
    IndexNotReady.
    """
    documents = _documents(settings)
    ids: set[str] = set()
    for name in names:
        ids |= _named(documents.select("id", "path", "title").rows(), name)
    if filters is not None:
        ids |= allowed_documents(documents, filters)[0]
    return removed_rows(documents, ids)


async def delete_documents(
    settings: Settings, names: Sequence[str] = (), *, filters: Filters | None = None, **options: Any
) -> IndexRun:
    """Delete documents, chosen as by `choose_documents`, and all that only they say, from the index.

    Their files stay, but are read no more: `removed.json` beside the settings lists them, see `restore_documents`.
    Options, and errors, as `build_index`; nothing is deleted if it raises one.
    """
    chosen = choose_documents(settings, names, filters)
    if not chosen:
        raise SettingsError(
            "no document was chosen; give ids, paths or titles of documents, or a filter that some pass"
        )
    before = read_removed(settings.removed_file)
    known = {each.id for each in chosen}
    return await _reindex(settings, before, [*(each for each in before if each.id not in known), *chosen], options)


async def restore_documents(settings: Settings, names: Sequence[str] = (), **options: Any) -> IndexRun:
    """Take deleted documents with these ids, paths or titles back, or all of them, as far as their files are there.

    Rows of frames are taken back by giving them again. Options, and errors, as `build_index`.
    """
    before = read_removed(settings.removed_file)
    if not before:
        raise SettingsError("no document was deleted, so there is none to take back")
    rows = [(each.id, each.path, each.title) for each in before]
    ids = {id for name in names for id in _named(rows, name)} if names else {each.id for each in before}
    return await _reindex(settings, before, [each for each in before if each.id not in ids], options)


def update_index_sync(settings: Settings, **options: Any) -> IndexRun:
    """`update_index`, with its options, for callers without an event loop."""
    return blocking(update_index(settings, **options), "update_index")


def delete_documents_sync(settings: Settings, names: Sequence[str] = (), **options: Any) -> IndexRun:
    """`delete_documents`, with its options, for callers without an event loop."""
    return blocking(delete_documents(settings, names, **options), "delete_documents")


def restore_documents_sync(settings: Settings, names: Sequence[str] = (), **options: Any) -> IndexRun:
    """`restore_documents`, with its options, for callers without an event loop."""
    return blocking(restore_documents(settings, names, **options), "restore_documents")


async def _reindex(
    settings: Settings, before: Sequence[Removed], after: Sequence[Removed], options: dict[str, Any]
) -> IndexRun:
    """Build the index with the list `after`; where that fails, the list is again what it was `before`."""
    if "documents" not in options:
        indexed = _documents_of_index(settings)
        if not indexed.is_empty() and (indexed["path"] == "").all():
            options = options | {"documents": Loaded(indexed, empty(FAILURES))}
    write_removed(settings.removed_file, after)
    try:
        return await build_index(settings, **options)
    except BaseException:
        write_removed(settings.removed_file, before)
        raise


def _named(rows: Sequence[tuple[str, str, str]], name: str) -> set[str]:
    """The ids of the documents of this id, path or title. Raises: SettingsError, unless it is clear who is meant."""
    if any(id == name for id, _, _ in rows):
        return {name}
    by_path = {id for id, path, _ in rows if path == name}
    if by_path:
        return by_path
    by_title = sorted(id for id, _, title in rows if title == name)
    if len(by_title) > 1:
        raise SettingsError(f"{len(by_title)} documents have the title {name!r}; give one of their ids: {by_title}")
    if not by_title:
        known = sorted({part for row in rows for part in row if part})
        near = get_close_matches(name, known, n=1)
        raise SettingsError(
            f"no document has the id, path or title {name!r}" + (f"; is it {near[0]!r}?" if near else "")
        )
    return set(by_title)


def _documents_of_index(settings: Settings) -> pl.DataFrame:
    """The documents of the index as they were read, before anything was made of them. Raises: IndexNotReady."""
    return _documents(settings).with_columns(
        text_unit_ids=pl.lit([], dtype=DOCUMENTS["text_unit_ids"]), copy_of=pl.lit(None, pl.String)
    )


def _documents(settings: Settings) -> pl.DataFrame:
    store = store_of(settings)
    store.fetch()
    return store.table("documents")


def _joined(before: pl.DataFrame, added: pl.DataFrame) -> pl.DataFrame:
    """The documents of both, by title and id; metadata has the columns of both."""
    frames = [before, added]
    if before.schema["raw_data"] != added.schema["raw_data"]:
        names = sorted({name for frame in frames for name in _fields(frame)})
        kind = pl.Struct(dict.fromkeys(names, pl.String)) if names else pl.Null()
        frames = [frame.with_columns(_raw_data(frame, names, kind)) for frame in frames]
    joined = pl.concat(frames).sort("title", "id")
    return joined.with_columns(human_readable_id=pl.int_range(pl.len(), dtype=pl.Int64))


def _fields(frame: pl.DataFrame) -> Collection[str]:
    kind = frame.schema["raw_data"]
    return [field.name for field in kind.fields] if isinstance(kind, pl.Struct) else []


def _raw_data(frame: pl.DataFrame, names: Sequence[str], kind: pl.DataType) -> pl.Series:
    rows = [{name: (row or {}).get(name) for name in names} for row in frame["raw_data"].to_list()]
    return pl.Series("raw_data", rows, kind)
