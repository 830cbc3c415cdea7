"""What was submitted to a Batch API, on disk before and after: who is killed in between finds it again.

An intention is a batch that has no id yet: it has the name of its uploaded file, which nothing else has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from graphrag_drift.errors import GraphRAGError, Unavailable
from graphrag_drift.store.files import replace_file
from graphrag_drift.tables import content_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch. `file` and `path` are those of an intention: its upload, and where its requests go; else ""."""

    requests: tuple[str, ...]
    delivered: bool = False
    file: str = ""
    path: str = ""


class BatchLedger:
    """The batches of one model. Raises: Unavailable, if the file cannot be read; GraphRAGError, if not written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all = self._load()
        self._known = {request: batch for batch, entry in self._all.items() for request in entry.requests}
        self._old = {batch for batch, entry in self._all.items() if entry.delivered}

    def batch_of(self, request: str) -> str | None:
        """The batch, or the intention, in which the request is, or was, under way."""
        return self._known.get(request)

    def of(self, batch: str) -> list[str]:
        """The requests of a batch."""
        return list(self._all[batch].requests) if batch in self._all else []

    def intention(self, batch: str) -> Entry | None:
        """The entry of this name, if it is one of which it is not known whether it was submitted."""
        entry = self._all.get(batch)
        return entry if entry is not None and entry.file else None

    def intend(self, file: str, path: str, requests: Iterable[str]) -> str:
        """Write down what will be submitted, and give the name of the intention."""
        entry = Entry(tuple(requests), file=file, path=path)
        name = intention_of(entry.requests, file)
        self._put(name, entry)
        return name

    def add(self, batch: str, intention: str) -> None:
        """The intention became a batch. Batches that earlier runs had replies of are forgotten: these are kept."""
        for old in self._old:
            self._all.pop(old, None)
        self._old = set()
        self._put(batch, Entry(self._all.pop(intention).requests))

    def deliver(self, batch: str, failed: Iterable[str]) -> None:
        """The batch has ended; `failed` requests may be submitted again."""
        for request in failed:
            self._known.pop(request, None)
        if batch in self._all:
            self._all[batch] = Entry(self._all[batch].requests, delivered=True)
            self._save()

    def forget(self, request: str) -> None:
        """A request of which there is no good reply."""
        self._known.pop(request, None)

    def drop(self, batch: str) -> None:
        """A batch of which nothing will come."""
        for request in self._all.pop(batch, Entry(())).requests:
            self._known.pop(request, None)
        self._save()

    def _put(self, name: str, entry: Entry) -> None:
        self._all[name] = entry
        self._known |= dict.fromkeys(entry.requests, name)
        self._save()

    def _load(self) -> dict[str, Entry]:
        try:
            read = json.loads(self._path.read_text(encoding="utf-8"))
            return {
                str(batch): Entry(
                    tuple(str(request) for request in entry["requests"]),
                    bool(entry["delivered"]),
                    str(entry.get("file", "")),
                    str(entry.get("path", "")),
                )
                for batch, entry in read.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unavailable(
                f"the list of batches {str(self._path)!r} cannot be read ({error}); batches may be under way: move it"
                " away only if you are sure that none is"
            ) from error

    def _save(self) -> None:
        text = json.dumps({batch: asdict(entry) for batch, entry in self._all.items()}, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, text.encode())
        except OSError as error:
            raise GraphRAGError(
                f"the list of batches {str(self._path)!r} cannot be written ({error.strerror or error});"
                " what was submitted is found again by the next run"
            ) from error


def intention_of(requests: Iterable[str], file: str) -> str:
    """The name of an intention, which goes along with the batch: that of its requests and its upload."""
    return f"intention-{content_id(*requests, file)}"
