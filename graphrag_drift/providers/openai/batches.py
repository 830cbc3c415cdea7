"""Requests -> replies through a provider's Batch API (OpenAI's): cheaper, within a day, and resumable.

Whoever posts waits; when nobody posts any more, what waits becomes a batch. What will be and what was submitted is
written down, so a later run that posts the same request takes up the batch that is under way, and pays for nothing
twice. How replies are read and kept is as for single calls.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from graphrag_drift.errors import EndpointError, GraphRAGError, ProviderError
from graphrag_drift.metering import check_budgets
from graphrag_drift.providers.openai.chat import model_id
from graphrag_drift.providers.openai.connection import Connection
from graphrag_drift.providers.openai.faults import status_fault
from graphrag_drift.providers.openai.ledger import BatchLedger, Entry
from graphrag_drift.providers.openai.pacing import Passing
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.settings import ModelSettings
from graphrag_drift.tables import content_id
from graphrag_drift.values import Usage

QUIET_SECONDS = 0.5  # without a new request, after which what waits is submitted
POLL_SECONDS = (5.0, 60.0)  # at first, and at most
MOST_REQUESTS = 50_000  # of one batch, which is also the most texts that one may have embedded
MOST_BYTES = 190_000_000  # of one file; 200 MB are allowed
_MOST_REPLY_BYTES = 2_000_000_000
_MOST_PAGES = 100  # of the list of batches, newest first, in which one is looked for
_METADATA = "graphrag_drift"
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
        batch = self._ledger.batch_of(request)
        requests = self._under_way.setdefault(batch, {}) if batch else self._queue.setdefault(path, {})
        if request not in requests:
            waiting = _Waiting(_line(request, path, body), self._tokenizer.count(content))
            if not batch:
                self._check_budgets()
            requests[request] = waiting
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        requests[request].replies.append(reply)
        if batch:
            self._follow(batch)
        else:
            self._wait_for_quiet()
        return await reply

    def _check_budgets(self) -> None:
        ahead = sum(other.tokens for queue in self._queue.values() for other in queue.values())
        check_budgets(Usage(1, ahead), self._settings.price)

    def _wait_for_quiet(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._submit_all)

    def _submit_all(self) -> None:
        queue, self._queue = self._queue, {}
        for path, requests in queue.items():
            for portion in _portions(requests):
                name = f"submit {next(iter(portion))}"
                self._under_way[name] = portion
                self._tasks[name] = asyncio.create_task(self._answered_for(name, self._submit(name, path)))

    def _follow(self, batch: str) -> None:
        if batch not in self._tasks or self._tasks[batch].done():
            self._tasks[batch] = asyncio.create_task(self._answered_for(batch, self._poll(batch)))

    async def _answered_for(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do the work for the requests under way by `name`; whatever ends it is told to who waits for them."""
        try:
            await work
        except asyncio.CancelledError:
            for waiting in self._under_way.pop(name, {}).values():
                for reply in waiting.replies:
                    reply.cancel()
            raise
        except Exception as error:
            _fail(self._under_way.pop(name, {}).values(), error)

    async def _submit(self, name: str, path: str) -> None:
        """Upload and start one batch. What will be started is written down before, and what was started after."""
        requests = self._under_way[name]
        lines = b"\n".join(waiting.line for waiting in requests.values()) + b"\n"
        try:
            file = await self._made(lambda client: client.files.create(file=("batch.jsonl", lines), purpose="batch"))
        except ProviderError as error:
            raise self._without_batches(error) from None
        intention = self._ledger.intend(file, path, requests)
        try:
            batch = await self._made(
                lambda client: client.batches.create(
                    input_file_id=file,
                    endpoint=f"/v1{path}",
                    completion_window="24h",
                    metadata={_METADATA: intention},
                )
            )
        except ProviderError as error:
            if not isinstance(error, Passing):  # who did not answer may have started it
                self._ledger.drop(intention)
            raise self._without_batches(error) from None
        self._notice(f"batch {batch} with {len(requests)} requests was submitted")
        self._take_up(name, batch, intention)

    def _take_up(self, name: str, batch: str, intention: str) -> None:
        """What is under way by `name` is in `batch`."""
        self._ledger.add(batch, intention)
        self._under_way.setdefault(batch, {}).update(self._under_way.pop(name, {}))
        self._follow(batch)

    def _without_batches(self, error: ProviderError) -> ProviderError:
        if error.status in (404, 405):
            return EndpointError(f"{self.where} has no Batch API; run without --batch")
        return error

    async def _find(self, name: str, intention: Entry) -> None:
        """Take up the batch that an earlier run, or try, may have started; else its requests wait for another one."""
        after: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = await self._call(partial(_listed, after))
            batches = [_mapping(batch) for batch in page.get("data") or ()]
            for batch in batches:
                if batch.get("input_file_id") == intention.file or name in _mapping(batch.get("metadata")).values():
                    self._notice(f"batch {batch['id']} was submitted before and is taken up")
                    self._take_up(name, str(batch["id"]), name)
                    return
            if not batches or not page.get("has_more"):
                break
            after = {"after": str(batches[-1].get("id"))}
        self._ledger.drop(name)
        self._check_budgets()
        self._queue.setdefault(intention.path, {}).update(self._under_way.pop(name, {}))
        self._wait_for_quiet()

    async def _poll(self, batch: str) -> None:
        """Wait for the end of a batch, and give its replies to who waits for them."""
        intention = self._ledger.intention(batch)
        if intention is not None:
            await self._find(batch, intention)
            return
        pause, longest = POLL_SECONDS
        try:
            state = await self._state(batch)
            while state["status"] not in _ENDED:
                counts = _mapping(state.get("request_counts"))
                done = f"{counts.get('completed', 0)} of {counts.get('total', 0)}"
                self._notice(f"batch {batch} is {state['status']}, {done} done")
                await asyncio.sleep(pause)
                pause = min(longest, pause * 1.5)
                state = await self._state(batch)
            rows = await self._rows(state)
        except ProviderError as error:
            if error.status == 404:  # the provider has forgotten it
                self._ledger.drop(batch)
            raise Passing(str(error)) from None
        self._notice(f"batch {batch} is {state['status']} with {len(rows)} replies")
        self._deliver(batch, state, rows)

    def _deliver(self, batch: str, state: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Give the replies to who waits for them, and only then write down that they came: they are kept elsewhere."""
        if state["status"] == "failed":
            self._ledger.drop(batch)
            faults = _mapping(state.get("errors")).get("data") or ()
            reasons = [str(_mapping(fault).get("message") or "") for fault in faults]
            reason = self.where.quoted("; ".join(filter(None, reasons)) or "no reason was given")
            raise EndpointError(f"{self.where} refused a batch: {reason}")
        for request, waiting in self._under_way.pop(batch, {}).items():
            if request not in rows:
                _fail([waiting], Passing(f"batch {batch} of {self.where} ended ({state['status']}) without this reply"))
                continue
            status, body = _status(rows[request]), rows[request].get("body")
            if status != 200 or not isinstance(body, Mapping):
                self._ledger.forget(request)
                error = body.get("error", body) if isinstance(body, Mapping) else body
                _fail([waiting], status_fault(status if status != 200 else 500, error, {}, self.where))
                continue
            for reply in waiting.replies:
                if not reply.done():
                    reply.set_result(dict(body))
        try:
            self._ledger.deliver(batch, failed=[request for request in self._ledger.of(batch) if request not in rows])
        except GraphRAGError as error:
            self._notice(str(error))

    async def _rows(self, state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """The responses by request, in whatever order and of whichever of the two files."""
        rows: dict[str, Mapping[str, Any]] = {}
        for name in (state.get("output_file_id"), state.get("error_file_id")):
            for line in (await self._content(str(name))).splitlines() if name else ():
                # A line that cannot be read is a reply that is missing.
                with suppress(ValueError, KeyError, TypeError, RecursionError):
                    row = json.loads(line)
                    response = row["response"] or {"status_code": 500, "body": row.get("error")}
                    if isinstance(response, Mapping):
                        rows[str(row["custom_id"])] = response
        return rows

    async def _content(self, name: str) -> bytes:
        try:
            got = await self.client().files.content(name)
            return bytes(got.content)
        except Exception as error:
            fault = self._fault(error)
        raise fault

    async def _state(self, batch: str) -> dict[str, Any]:
        """What a batch is like. Raises: ProviderError, if it does not say its status."""
        state = await self._call(lambda client: client.batches.retrieve(batch))
        if not isinstance(state.get("status"), str):
            raise Passing(f"{self.where} does not say the status of batch {batch}")
        return state

    async def _made(self, ask: Callable[[Any], Any]) -> str:
        """The id of what was made. Raises: ProviderError, if there is none."""
        made = await self._call(ask)
        if not isinstance(made.get("id"), str):
            raise Passing(f"{self.where} gave what it made no id")
        return str(made["id"])

    async def _call(self, ask: Callable[[Any], Any]) -> dict[str, Any]:
        try:
            got = await ask(self.client())
            return dict(got.model_dump(warnings=False))
        except Exception as error:
            fault = self._fault(error)
        # Not inside the except block: the client's exception holds the request, and with it the key.
        raise fault


async def _listed(after: Mapping[str, str], client: Any) -> Any:
    return await client.batches.list(limit=100, **after)


def _mapping(value: Any) -> Mapping[str, Any]:
    """`value`, if it is the object that it should be."""
    return value if isinstance(value, Mapping) else {}


def _status(row: Mapping[str, Any]) -> int:
    status = row.get("status_code")
    return status if isinstance(status, int) and 100 <= status < 600 else 500


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
