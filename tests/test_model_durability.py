"""Killed, interrupted, refused: what a run with a model keeps, and what the next pays for. Faults 74, 77, 78, 93."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from clock import GUARD_SECONDS
from command_line import run_command
from endpoints import ARTICLES, KEY, obedient, server_in_a_thread
from model_server import ModelServer, failure

from graphrag_drift import Settings, build_index_sync, interrupts
from graphrag_drift.providers.llm.cache import ReplyCache

# The command, but that after the first signal it waits for its calls longer than this test would.
PATIENT = """
from graphrag_drift import interrupts
from graphrag_drift.cli.main import main
interrupts.DRAIN_SECONDS = 3600.0
main()
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")


def project(root: Path, url: str, documents: int = 8) -> None:
    (root / "input").mkdir(parents=True)
    for number in range(documents):
        text = f"{ARTICLES['sale.txt']} It was the sale number {number} that Petra Voss made."
        (root / "input" / f"{number}.txt").write_text(text, "utf-8")
    model = f"{{model: any, base_url: '{url}', api_key: '${{MY_KEY}}', concurrent_requests: 2}}"
    (root / "settings.yaml").write_text(f"models: {{chat: {model}}}\ncopies: {{enabled: false}}\n", "utf-8")


def start(root: Path) -> subprocess.Popen[str]:
    return launch(root, "-m", "graphrag_drift")


def launch(root: Path, *program: str) -> subprocess.Popen[str]:
    command = [sys.executable, *program, "index", "--json", "-r", str(root)]
    environment = {**os.environ, "MY_KEY": KEY}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_calls(server: ModelServer, count: int) -> None:
    give_up = time.monotonic() + GUARD_SECONDS
    while len(server.calls) < count:
        assert time.monotonic() < give_up
        time.sleep(0.002)


def requests(server: ModelServer) -> Counter[str]:
    return Counter(json.dumps(call.request, sort_keys=True) for call in server.calls)


def finished(root: Path) -> dict[str, Any]:
    process = run_command("index", "--json", "-r", str(root), MY_KEY=KEY)
    assert process.returncode == 0, process.stderr
    return dict(json.loads(process.stdout))


def files_of(root: Path) -> dict[str, str]:
    manifest = json.loads((root / "output" / "manifest.json").read_text("utf-8"))
    return {name: file["hash"] for name, file in manifest["files"].items()}


@posix
def test_a_run_that_is_killed_loses_at_most_the_calls_in_flight_and_replies_being_written(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        project(tmp_path / "whole", server.base_url)
        finished(tmp_path / "whole")
        server.calls.clear()
        server.latency = 0.02
        project(tmp_path / "killed", server.base_url)
        for calls in (3, 11):
            process = start(tmp_path / "killed")
            until_calls(server, calls)
            process.kill()
            process.communicate()
        finished(tmp_path / "killed")
        twice = [count for count in requests(server).values() if count > 1]
        # Two kills, each with two calls in flight and a few replies on their way to the disk.
        assert sum(twice) - len(twice) <= 2 * (2 + 4)
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_calls_end_and_keeps_their_replies(number: signal.Signals, tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        server.latency = 0.3
        project(tmp_path, server.base_url)
        process = start(tmp_path)
        until_calls(server, 2)
        process.send_signal(number)
        _, said = process.communicate(timeout=GUARD_SECONDS)
        assert process.returncode == 130
        assert said.strip().endswith("Interrupted; nothing was published. Replies that were paid for are kept.")
        paid = len(server.calls)
        replies = ReplyCache(tmp_path / "cache" / "replies.sqlite")
        assert sum(replies.stats().replies.values()) == paid
        replies.close()
        server.latency = 0.0
        finished(tmp_path)
        assert set(requests(server).values()) == {1}


@posix
def test_the_second_signal_ends_the_run_at_once(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        server.latency = 2 * GUARD_SECONDS
        project(tmp_path, server.base_url)
        process = launch(tmp_path, "-c", PATIENT)
        until_calls(server, 1)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # the same one twice could arrive as one
        _, said = process.communicate(timeout=GUARD_SECONDS)
        assert (process.returncode, "Traceback" in said) == (130, False)


@posix
def test_a_signal_is_no_error_of_the_task_that_it_comes_to(caplog: pytest.LogCaptureFixture) -> None:
    class Calls:
        active, slow = 1, False

        async def drain(self) -> None:
            await asyncio.sleep(3600)

    async def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    async def gathered() -> None:
        await asyncio.gather(interrupted(), asyncio.sleep(3600))

    calls = Calls()
    interrupts.register(calls)
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(gathered())
    gc.collect()
    assert caplog.records == []


def test_a_reply_of_no_use_is_kept_for_inspection_until_there_is_a_good_one(tmp_path: Path) -> None:
    with server_in_a_thread(lambda request: "I would rather talk about ferries.") as server:
        (tmp_path / "input").mkdir()
        (tmp_path / "input" / "a.txt").write_text(ARTICLES["sale.txt"], "utf-8")
        chat = {"model": "any", "base_url": server.base_url, "api_key": "none"}
        settings = Settings.model_validate({"root": tmp_path, "models": {"chat": chat}})
        (tmp_path / "settings.yaml").write_text("models: {chat: {model: any}}\n", "utf-8")
        run = build_index_sync(settings)
        assert set(run.failures["step"]) == {"extract"}
        command = ("cache", "rejected", "--json", "-r", str(tmp_path))
        [rejected] = json.loads(run_command(*command).stdout)
        assert rejected["prompt"] == "extract_graph"
        assert rejected["text"] == "I would rather talk about ferries."
        assert "it holds no JSON object" in rejected["reason"]
        server.reply(obedient)
        assert build_index_sync(settings).failures.is_empty()
        assert json.loads(run_command(*command).stdout) == []


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("api_key", None),
        ("user of the URL", None),
        ("api_key", failure(401, f"wrong key {KEY}")),
        ("user of the URL", failure(500, f"no {KEY}")),
    ],
)
def test_a_key_is_found_nowhere_whatever_happens(
    where: str, fault: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with server_in_a_thread((lambda request: fault) if fault else obedient) as server:
        project(tmp_path, server.base_url, documents=2)
        if where == "user of the URL":
            url = server.base_url.replace("http://", f"http://user:{KEY}@")
            model = f"{{model: any, base_url: '{url}', max_attempts: 1, api_key: none}}"
            (tmp_path / "settings.yaml").write_text(f"models: {{chat: {model}}}\n", "utf-8")
        else:
            text = (tmp_path / "settings.yaml").read_text("utf-8").replace("concurrent_requests: 2", "max_attempts: 1")
            (tmp_path / "settings.yaml").write_text(text, "utf-8")
        process = run_command("index", "--json", "-r", str(tmp_path), MY_KEY=KEY)
        assert process.returncode == (0 if fault is None else 2 if fault.status == 401 else 3)
        assert KEY not in process.stdout + process.stderr + caplog.text
        for path in tmp_path.rglob("*"):
            if path.is_file() and path.name != "settings.yaml":
                assert KEY.encode() not in path.read_bytes(), path
