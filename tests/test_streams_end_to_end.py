"""Answers that are read while they are written, from HTTP to the reader: faults 37-40, and 99, a reader who leaves.

What one client makes of one broken stream is in test_model_faults.py.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest
from clock import GUARD_SECONDS
from endpoints import obedient, reading, run, served, server_in_a_thread
from model_server import Fault, ModelServer, Reply, Request, events

from graphrag_drift import Index
from graphrag_drift.errors import ProviderError
from graphrag_drift.values import Event

QUESTION = "Who bought the Aldane Mill?"
TEXT = "Petra Voss sold the Aldane Mill to Corin Bank on Friday. [1] " * 8
STREAM = {"content-type": "text/event-stream"}
OVERHEATED = b'data: {"error": {"message": "The engine overheated", "code": 500}}\n\n'


def streaming(broken: Callable[[Request], Fault]) -> Callable[[Request], Reply]:
    """A model that does what it is asked, but for streams, which are `broken`."""
    return lambda request: broken(request) if request.get("stream") else obedient(request)


def slowly(request: Request) -> Fault:
    """A text that takes three seconds, a hundred times."""
    return Fault(200, tuple(events(TEXT * 100, request)), STREAM, pause=0.1)


async def told(index: Index, method: Any = "local") -> str:
    """The text as it was streamed."""
    async with aclosing(index.stream(QUESTION, method=method)) as stream:
        return "".join([event.text async for event in stream if event.kind == "token"])


def test_fault_37_a_stream_may_take_longer_than_the_deadline_of_its_pieces(root: Path) -> None:
    @served
    async def check(server: ModelServer) -> None:
        index = await Index.open(reading(root, server.base_url, timeout_seconds=8.0))
        server.reply(streaming(lambda request: Fault(200, tuple(events("Sold. [1] " * 8, request)), STREAM, pause=2.0)))
        clock = asyncio.get_running_loop()
        began = clock.time()
        assert await told(index) == " ".join(["Sold. [1]"] * 8)
        assert clock.time() - began > 8.0

    check()


def test_fault_37_a_stream_that_falls_silent_ends_at_its_deadline_and_is_not_paid_again(root: Path) -> None:
    @served
    async def check(server: ModelServer) -> None:
        index = await Index.open(reading(root, server.base_url, timeout_seconds=30.0))
        server.reply(streaming(lambda request: Fault(200, tuple(events(TEXT, request)[:4]), STREAM, ends="hang")))
        with pytest.raises(ProviderError, match=r"did not answer within 30 s"):
            await told(index)
        assert len(server.calls) == 1

    check()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda request: Fault(200, tuple(events(TEXT, request)[:3]), STREAM, 50_000), "broke the connection"),
        (lambda request: Fault(200, tuple(events(TEXT, request)[:3]), STREAM, ends="reset"), "is not complete"),
        (lambda request: Fault(200, (*events(TEXT, request)[:3], OVERHEATED), STREAM), "The engine overheated"),
        (lambda request: Fault(200, tuple(events(TEXT, request, finish=None)), STREAM), "is not complete"),
        (lambda request: Fault(200, tuple(events(TEXT, request, finish="length")), STREAM), "ended with 'length'"),
    ],
    ids=["38-cut", "38-reset", "39-error-event", "40-no-finish", "40-length"],
)
def test_faults_38_to_40_what_was_told_is_marked_incomplete_and_the_exit_code_is_1(
    broken: Callable[[Request], Fault], reason: str, root: Path
) -> None:
    with server_in_a_thread(streaming(broken)) as server:
        settings = reading(root, server.base_url)
        done = run("query", QUESTION, "-m", "local", "--streaming", root=root)
        assert done.returncode == 1
        assert done.stdout.startswith("Petra Voss")
        assert done.stdout.endswith(" ... [incomplete: the answer broke off here]\n")
        assert done.stderr.strip().split("\n")[-1].startswith("Error: ")
        assert reason in done.stderr
        index = Index.open_sync(settings)
        for method in ("local", "drift"):  # half an answer is not kept for the next who asks
            with pytest.raises(ProviderError, match=reason):
                asyncio.run(told(index, method))


Leave = Callable[[AsyncGenerator[Event, None], str], Coroutine[Any, Any, None]]


async def closes(stream: AsyncGenerator[Event, None], kind: str) -> None:
    """Read until an event of that kind, and close the stream."""
    async for event in stream:
        if event.kind == kind:
            break
    await stream.aclose()


async def is_cancelled_while_it_waits(stream: AsyncGenerator[Event, None], kind: str) -> None:
    """A task that waits for the next event when it is cancelled."""
    reached = asyncio.Event()

    async def read() -> None:
        async for event in stream:
            if event.kind == kind:
                reached.set()

    await cancelled(read(), reached)


async def is_cancelled_at_its_own_work(stream: AsyncGenerator[Event, None], kind: str) -> None:
    """A task that sends an event on when it is cancelled; it closes what it reads, as it should."""
    reached = asyncio.Event()

    async def read() -> None:
        async with aclosing(stream):
            async for event in stream:
                if event.kind == kind:
                    reached.set()
                    await asyncio.sleep(60)

    await cancelled(read(), reached)


async def cancelled(work: Coroutine[Any, Any, None], reached: asyncio.Event) -> None:
    task = asyncio.create_task(work)
    await reached.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def tasks_beside(server: ModelServer) -> set[asyncio.Task[Any] | None]:
    """What is under way that is neither the test nor the server."""
    return asyncio.all_tasks() - {asyncio.current_task()} - server.connections


async def idle(server: ModelServer) -> bool:
    """Whether the server notices that nobody reads, in less than the text would take."""
    for _ in range(20):
        await asyncio.sleep(0.05)
        if not server.sending:
            return True
    return False


LEAVE = [closes, is_cancelled_while_it_waits, is_cancelled_at_its_own_work]


@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize("method", ["local", "drift"])
def test_fault_99_a_reader_who_leaves_the_final_text_ends_its_connection(leave: Leave, method: Any, root: Path) -> None:
    @served
    async def check(server: ModelServer) -> None:
        server.reply(streaming(slowly))
        index = await Index.open(reading(root, server.base_url))
        await leave(index.stream(QUESTION, method=method), "token")
        assert tasks_beside(server) == set()
        calls = len(server.calls)
        assert await idle(server)
        assert len(server.calls) == calls

    check()


@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize("kind", ["retrieved", "primed", "asked"])
def test_fault_99_a_reader_who_leaves_drift_costs_no_further_call(leave: Leave, kind: str, root: Path) -> None:
    @served
    async def check(server: ModelServer) -> None:
        server.reply(obedient)
        server.latency = 0.05
        index = await Index.open(reading(root, server.base_url))
        await leave(index.stream(QUESTION, method="drift"), kind)
        others = tasks_beside(server)
        assert all("to_thread" in repr(task) for task in others)  # a reply that was paid for is still being kept
        await asyncio.sleep(0.02)  # what was sent before arrives
        calls = len(server.calls)
        await asyncio.sleep(0.3)
        assert len(server.calls) == calls
        assert not any(call.request.get("stream") for call in server.calls)

    check()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end as on POSIX")
@pytest.mark.parametrize("method", ["local", "drift"])
def test_fault_99_a_closed_pipe_ends_the_query_with_1_and_without_a_word(method: str, root: Path) -> None:
    with server_in_a_thread(streaming(slowly)) as server:
        reading(root, server.base_url)
        command = [sys.executable, "-m", "graphrag_drift", "query", QUESTION, "-m", method, "--streaming"]
        with subprocess.Popen(
            [*command, "-r", str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.read(5) == b"Petra"
            calls = len(server.calls)
            process.stdout.close()
            said = process.stderr.read().decode()
            assert process.wait(GUARD_SECONDS) == 1
        assert "Traceback" not in said
        assert "Broken pipe" not in said
        assert len(server.calls) == calls
        give_up = time.monotonic() + GUARD_SECONDS
        while server.sending:
            assert time.monotonic() < give_up
            time.sleep(0.01)
