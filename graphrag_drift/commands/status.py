"""A published index and the folder that it was made from -> what a person wants to know of them before asking it.

What the index is made of and whether it is whole is for `index.describe_index`; here are its documents: what they
cover, which are set aside, and what became of their files since.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl

from graphrag_drift.errors import MissingExtra, SettingsError, Unavailable
from graphrag_drift.input.fetch import fetch_input
from graphrag_drift.input.folder import file_hashes
from graphrag_drift.input.removed import read_removed
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.settings import Settings
from graphrag_drift.store.store import Store
from graphrag_drift.tables import stated_dates

_TOP = 8  # names
_PART = re.compile(r" \(part \d+\)$")  # what `told_by_article` adds to the name of a document


def describe_documents(settings: Settings) -> dict[str, Any]:
    """What the index covers, what was deleted or set aside, and what changed in the input since.

    `since` is None for an index of frames, or where the input folder cannot be read; `asks_models` says whether the
    next run would ask any. Raises: IndexNotReady.
    """
    store = Store(settings.output_folder)
    documents, entities = store.table("documents"), store.table("entities")
    return {
        "dates": _dates(documents),
        "languages": dict(
            documents["language"].value_counts(sort=True).sort("count", "language", descending=[True, False]).rows()
        ),
        "names": _names(entities),
        "bytes": {"index": _size(settings.output_folder), "kept": _size(settings.cache_folder)},
        "deleted": [each.title for each in read_removed(settings.removed_file)],
        "set_aside": _set_aside(store, documents),
        "since": _since(store, settings),
        "asks_models": any(kind.stage for kind in models_for(settings).readers)
        or settings.models.embedding is not None,
    }


def _dates(documents: pl.DataFrame) -> dict[str, Any]:
    """The first and the last date that documents state, "" if none does, and how many state none."""
    dates = sorted(date[:10] for date in stated_dates(documents) if date)
    first, last = (dates[0], dates[-1]) if dates else ("", "")
    return {"first": first, "last": last, "undated": documents.height - len(dates)}


def _names(entities: pl.DataFrame) -> list[dict[str, Any]]:
    """The names that most text units mention."""
    top = entities.sort("frequency", "title", descending=[True, False]).head(_TOP)
    return [{"name": name, "text_units": count} for name, count in top.select("title", "frequency").iter_rows()]


def _size(folder: Path) -> int:
    """The bytes of the files below `folder`, each counted once though it has several names."""
    sizes = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            found = path.stat()
            sizes[found.st_dev, found.st_ino] = found.st_size
    return sum(sizes.values())


def _set_aside(store: Store, documents: pl.DataFrame) -> list[dict[str, Any]]:
    """By document, what steps could not do; "" stands for what belongs to several documents or to none."""
    failures = store.table("failures")
    if failures.is_empty():
        return []
    units = store.table("work/text_units").join(
        documents.select("title", document_id="id"), on="document_id", how="left"
    )
    titles = {title: title for title in documents["title"]}
    titles |= dict(documents.filter(pl.len().over("path") == 1).select("path", "title").iter_rows())
    titles |= dict(pl.concat([frame.select("id", "title") for frame in (units, documents)]).iter_rows())
    pieces: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for step, item, reason in failures.iter_rows():
        name = _PART.sub("", item)
        document = item if step == "load" else titles.get(name) or titles.get(name.split(" ")[0], "")
        pieces[document, step, reason] += 1
    return [
        {"document": document, "step": step, "reason": reason, "pieces": count}
        for (document, step, reason), count in sorted(pieces.items())
    ]


def _since(store: Store, settings: Settings) -> dict[str, list[str]] | None:
    """The files of the input that are new, changed and gone since the last run."""
    before = store.input_files()
    if not before:
        return None
    try:
        fetch_input(settings)
        now = file_hashes(settings.input, settings.input_folder)
    except (SettingsError, Unavailable, MissingExtra):
        return None
    return {
        "new": sorted(now.keys() - before.keys()),
        "changed": sorted(name for name in now.keys() & before.keys() if now[name] != before[name]),
        "gone": sorted(before.keys() - now.keys()),
    }
