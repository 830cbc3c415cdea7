"""Which requests were submitted in which batch, in a small file, so that a later run takes up what is under way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graphrag_drift.errors import Unavailable
from graphrag_drift.files import replace_file


class BatchLedger:
    """The batches of one model. Raises: Unavailable, if the file cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all: dict[str, dict[str, Any]] = self._load()
        self._known: dict[str, str] = {
            request: batch for batch, entry in self._all.items() for request in entry["requests"]
        }
        self._old = {batch for batch, entry in self._all.items() if entry["delivered"]}

    def batch_of(self, request: str) -> str | None:
        """The batch in which the request is, or was, under way."""
        return self._known.get(request)

    def of(self, batch: str) -> list[str]:
        """The requests of a batch."""
        return list(self._all.get(batch, {}).get("requests", ()))

    def add(self, batch: str, requests: list[str]) -> None:
        """Write down what was submitted. Batches that earlier runs had replies of are forgotten: these are kept."""
        for old in self._old:
            self._all.pop(old, None)
        self._old = set()
        self._all[batch] = {"requests": requests, "delivered": False}
        self._known |= dict.fromkeys(requests, batch)
        self._save()

    def deliver(self, batch: str, failed: Iterable[str]) -> None:
        """The batch has ended; `failed` requests may be submitted again."""
        for request in failed:
            self._known.pop(request, None)
        if batch in self._all:
            self._all[batch]["delivered"] = True
            self._save()

    def forget(self, request: str) -> None:
        """A request of which there is no good reply."""
        self._known.pop(request, None)

    def drop(self, batch: str) -> None:
        """A batch of which nothing will come."""
        for request in self._all.pop(batch, {}).get("requests", ()):
            self._known.pop(request, None)
        self._save()

    def _load(self) -> dict[str, dict[str, Any]]:
        try:
            read = json.loads(self._path.read_text(encoding="utf-8"))
            return {
                str(batch): {
                    "requests": [str(request) for request in entry["requests"]],
                    "delivered": bool(entry["delivered"]),
                }
                for batch, entry in read.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(
                f"the list of batches {str(self._path)!r} cannot be read ({error}); batches may be under way: move it"
                " away only if you are sure that none is"
            ) from error

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, json.dumps(self._all, indent=1).encode())
