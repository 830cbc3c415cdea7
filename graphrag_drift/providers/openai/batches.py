"""Requests -> replies through a provider's Batch API (OpenAI's): cheaper, within a day, and resumable.

Whoever posts waits; when nobody posts any more, what waits becomes a batch. What was submitted is written down, so a
later run that posts the same request takes up the reply of the batch that is under way, and pays for nothing twice. How
replies are read and kept is as for single calls.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphrag_drift.errors import EndpointError, ProviderError, Unavailable
from graphrag_drift.metering import check_budgets
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.openai.connection import Connection
from graphrag_drift.providers.openai.faults import status_fault
from graphrag_drift.providers.openai.pacing import Passing
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.settings import ModelSettings
from graphrag_drift.store.files import replace_file
from graphrag_drift.tables import content_id
from graphrag_drift.values import Usage


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


QUIET_SECONDS = 0.5  # without a new request, after which what waits is submitted
POLL_SECONDS = (5.0, 60.0)  # at first, and at most
MOST_REQUESTS = 50_000  # of one batch, which is also the most texts that one may have embedded
MOST_BYTES = 190_000_000  # of one file; 200 MB are allowed
_MOST_REPLY_BYTES = 2_000_000_000
_ENDED = ("completed", "expired", "cancelled", "failed")
Notice = Callable[[str], None]


@dataclass
class _Waiting:
    """A request that was posted: its line in a batch, and who waits for its reply."""

    line: bytes
    tokens: int
    replies: list[asyncio.Future[dict[str, Any]]] = field(default_factory=list)


class Batches(Connection):
    """A connection whose posts go by batches. `folder` keeps what was submitted; `notice` hears how batches fare."""

    def __init__(self, settings: ModelSettings, tokenizer: Tokenizer, folder: Path, notice: Notice) -> None:
        super().__init__(settings, most_bytes=_MOST_REPLY_BYTES)
        self._tokenizer = tokenizer
        self._ledger = BatchLedger(folder / f"batches-{content_id(model_id(settings))[:12]}.json")
        self._notice = notice
        self._queue: dict[str, dict[str, _Waiting]] = {}  # by path, by id
        self._under_way: dict[str, dict[str, _Waiting]] = {}  # by batch, by id
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """As `Connection.post`. Raises: BudgetExhausted, if what waits already would use up a budget."""
        content = json.dumps(body, sort_keys=True, ensure_ascii=False)
        request = content_id("batch", path, content)
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        batch = self._ledger.batch_of(request)
        requests = self._under_way.setdefault(batch, {}) if batch else self._queue.setdefault(path, {})
        if request not in requests:
            waiting = _Waiting(_line(request, path, body), self._tokenizer.count(content))
            if not batch:
                ahead = sum(other.tokens for queue in self._queue.values() for other in queue.values())
                check_budgets(Usage(1, ahead), self._settings.price)
            requests[request] = waiting
        requests[request].replies.append(reply)
        if batch:
            self._follow(batch)
        else:
            self._wait_for_quiet()
        return await reply

    def _wait_for_quiet(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._submit_all)

    def _submit_all(self) -> None:
        queue, self._queue = self._queue, {}
        for path, requests in queue.items():
            for portion in _portions(requests):
                task = asyncio.create_task(self._submit(path, portion))
                self._tasks[f"submit {next(iter(portion))}"] = task

    async def _submit(self, path: str, requests: dict[str, _Waiting]) -> None:
        """Upload and start one batch; a fault is that of all its requests."""
        try:
            lines = b"\n".join(waiting.line for waiting in requests.values()) + b"\n"
            made = await self._call(lambda client: client.files.create(file=("batch.jsonl", lines), purpose="batch"))
            batch = await self._call(
                lambda client: client.batches.create(
                    input_file_id=made["id"], endpoint=f"/v1{path}", completion_window="24h"
                )
            )
        except ProviderError as error:
            _fail(requests.values(), self._without_batches(error))
            return
        self._ledger.add(batch["id"], list(requests))
        self._under_way[batch["id"]] = requests
        self._notice(f"batch {batch['id']} with {len(requests)} requests was submitted")
        self._follow(batch["id"])

    def _without_batches(self, error: ProviderError) -> ProviderError:
        if error.status in (404, 405):
            return EndpointError(f"{self.where} has no Batch API; run without --batch")
        return error

    def _follow(self, batch: str) -> None:
        if batch not in self._tasks or self._tasks[batch].done():
            self._tasks[batch] = asyncio.create_task(self._poll(batch))

    async def _poll(self, batch: str) -> None:
        """Wait for the end of a batch, and give its replies to who waits for them."""
        pause, longest = POLL_SECONDS
        try:
            state = await self._call(lambda client: client.batches.retrieve(batch))
            while state["status"] not in _ENDED:
                counts = state.get("request_counts") or {}
                done = f"{counts.get('completed', 0)} of {counts.get('total', 0)}"
                self._notice(f"batch {batch} is {state['status']}, {done} done")
                await asyncio.sleep(pause)
                pause = min(longest, pause * 1.5)
                state = await self._call(lambda client: client.batches.retrieve(batch))
            rows = await self._rows(state)
        except ProviderError as error:
            if error.status == 404:  # the provider has forgotten it
                self._ledger.drop(batch)
            _fail(self._under_way.pop(batch, {}).values(), Passing(str(error)))
            return
        self._notice(f"batch {batch} is {state['status']} with {len(rows)} replies")
        self._deliver(batch, state, rows)

    def _deliver(self, batch: str, state: Mapping[str, Any], rows: Mapping[str, Any]) -> None:
        reasons = [error.get("message", "") for error in (state.get("errors") or {}).get("data") or ()]
        if state["status"] == "failed":
            self._ledger.drop(batch)
            reason = self.where.quoted("; ".join(reasons) or "no reason was given")
            _fail(self._under_way.pop(batch, {}).values(), EndpointError(f"{self.where} refused a batch: {reason}"))
            return
        self._ledger.deliver(batch, failed=[request for request in self._ledger.of(batch) if request not in rows])
        for request, waiting in self._under_way.pop(batch, {}).items():
            row = rows.get(request)
            if row is None:
                _fail([waiting], Passing(f"batch {batch} of {self.where} ended ({state['status']}) without this reply"))
                continue
            status, body = int(row.get("status_code") or 500), row.get("body") or {}
            if status != 200:
                self._ledger.forget(request)
                _fail([waiting], status_fault(status, body.get("error", body), {}, self.where))
                continue
            for reply in waiting.replies:
                if not reply.done():
                    reply.set_result(body)

    async def _rows(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The responses by request, in whatever order and of whichever of the two files."""
        rows: dict[str, Any] = {}
        for name in (state.get("output_file_id"), state.get("error_file_id")):
            if not name:
                continue
            for line in (await self._content(name)).splitlines():
                with suppress(ValueError, KeyError, TypeError):  # a line that cannot be read is a reply that is missing
                    row = json.loads(line)
                    rows[str(row["custom_id"])] = row["response"] or {
                        "status_code": 500,
                        "body": row.get("error") or {},
                    }
        return rows

    async def _content(self, name: str) -> bytes:
        try:
            got = await self.client().files.content(name)
            return bytes(got.content)
        except Exception as error:
            fault = self._fault(error)
        raise fault

    async def _call(self, ask: Callable[[Any], Any]) -> dict[str, Any]:
        try:
            got = await ask(self.client())
            return dict(got.model_dump())
        except Exception as error:
            fault = self._fault(error)
        # Not inside the except block: the client's exception holds the request, and with it the key.
        raise fault


def _line(request: str, path: str, body: Mapping[str, Any]) -> bytes:
    row = {"custom_id": request, "method": "POST", "url": f"/v1{path}", "body": body}
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")


def _portions(requests: Mapping[str, _Waiting]) -> Iterable[dict[str, _Waiting]]:
    """The requests in groups that one batch may have."""
    portion: dict[str, _Waiting] = {}
    size = texts = 0
    for request, waiting in requests.items():
        count = waiting.line.count(b'", "') + 1 if b'"/v1/embeddings"' in waiting.line else 1
        if portion and (size + len(waiting.line) > MOST_BYTES or texts + count > MOST_REQUESTS):
            yield portion
            portion, size, texts = {}, 0, 0
        portion[request] = waiting
        size += len(waiting.line) + 1
        texts += count
    if portion:
        yield portion


def _fail(requests: Iterable[_Waiting], error: Exception) -> None:
    for waiting in requests:
        for reply in waiting.replies:
            if not reply.done():
                reply.set_exception(error)
