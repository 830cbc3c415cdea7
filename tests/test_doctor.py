"""doctor: what it tries, what it says, what it keeps, and that what it keeps is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import run_command
from endpoints import ARTICLES, KEY, obedient, server_in_a_thread
from model_server import failure

from graphrag_drift import build_index_sync, load_settings

GOOD = '{"harbour": "Norvik"}'


def project(root: Path, models: str) -> None:
    (root / "input").mkdir()
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    (root / "settings.yaml").write_text(f"models: {models}\n", "utf-8")


def doctor(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run_command("doctor", "-r", str(root), *options, MY_KEY=KEY)


def supporting(*formats: str) -> Any:
    """A server that knows some response formats only, and refuses others as real ones do."""

    def reply(request: dict[str, Any]) -> Any:
        if request.get("stream") or "harbour" not in json.dumps(request["messages"]):
            return obedient(request)
        form = request.get("response_format", {"type": "prompt"})
        kind = form["type"] + ("_strict" if form.get("json_schema", {}).get("strict") else "")
        return GOOD if kind in formats else failure(400, f"response_format of type {kind} is not supported")

    return reply


@pytest.mark.parametrize(
    ("formats", "rung"),
    [
        (("json_schema_strict", "json_schema", "json_object", "prompt"), "json_schema_strict"),
        (("json_schema", "json_object"), "json_schema"),
        (("json_object", "prompt"), "json_object"),
        (("prompt",), "prompt"),
    ],
)
def test_the_best_format_that_works_is_found_kept_and_used(formats: tuple[str, ...], rung: str, tmp_path: Path) -> None:
    with server_in_a_thread(supporting(*formats)) as server:
        project(tmp_path, f"{{chat: {{model: any, base_url: '{server.base_url}', api_key: '${{MY_KEY}}'}}}}")
        done = doctor(tmp_path, "--json")
        assert done.returncode == 0, done.stderr
        [role] = json.loads(done.stdout)["roles"]
        assert (role["ok"], role["reply_format"], role["streams"]) == (True, rung, True)
        assert 0.5 < role["tokens_told_per_counted"] < 2
        os.environ["MY_KEY"] = KEY
        before = len(server.calls)
        build_index_sync(load_settings(tmp_path))
        del os.environ["MY_KEY"]
        sent = server.calls[before].request.get("response_format", {"type": "prompt"})
        assert sent["type"] == rung.removesuffix("_strict")
        assert bool(sent.get("json_schema", {}).get("strict")) == rung.endswith("strict")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_an_endpoint_that_takes_a_format_and_replies_in_prose_is_not_believed(tmp_path: Path) -> None:
    def prose(request: dict[str, Any]) -> Any:
        return GOOD if "response_format" not in request else "The harbour is Norvik, of course."

    with server_in_a_thread(prose) as server:
        project(tmp_path, f"{{chat: {{model: any, base_url: '{server.base_url}', api_key: none}}}}")
        [role] = json.loads(doctor(tmp_path, "--json").stdout)["roles"]
        assert role["reply_format"] == "prompt"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (failure(401, "who are you"), "check api_key"),
        (failure(404, "The model does not exist"), "check model and base_url"),
        (failure(400, "Unsupported parameter: 'temperature'"), "remove it from parameters"),
    ],
)
def test_what_does_not_work_is_one_line_and_exit_2(fault: Any, says: str, tmp_path: Path) -> None:
    with server_in_a_thread(lambda request: fault) as server:
        project(tmp_path, f"{{chat: {{model: any, base_url: '{server.base_url}', api_key: '${{MY_KEY}}'}}}}")
        done = doctor(tmp_path)
        assert done.returncode == 2
        assert done.stdout.startswith("models.chat: does not work: model 'any' at http://127.0.0.1")
        assert says in done.stdout.split("\n")[0]
        assert KEY not in done.stdout + done.stderr
        assert not (tmp_path / "cache").exists()


def test_nobody_there_is_told(tmp_path: Path) -> None:
    project(tmp_path, "{embedding: {model: any, base_url: 'http://127.0.0.1:9/v1', api_key: none}}")
    done = doctor(tmp_path)
    assert done.returncode == 2
    assert "http://127.0.0.1:9/v1 cannot be reached" in done.stdout


def test_the_width_of_vectors_is_found_and_later_ones_are_held_to_it(tmp_path: Path) -> None:
    with server_in_a_thread() as server:
        project(tmp_path, f"{{embedding: {{model: e, base_url: '{server.base_url}', api_key: none}}}}")
        done = doctor(tmp_path)
        assert "makes vectors of 64 dimensions" in done.stdout
        kept = json.loads((tmp_path / "cache" / "endpoints.json").read_text("utf-8"))
        assert list(kept.values()) == [{"dimensions": 64}]


def test_without_any_model_it_says_what_works_and_what_is_missing(tmp_path: Path) -> None:
    project(tmp_path, "{}")
    done = doctor(tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Models: none is set, so the embedded reader and embedder do everything")
    assert "there is no index in" in done.stdout
    build_index_sync(load_settings(tmp_path))
    found = json.loads(doctor(tmp_path, "--json").stdout)
    assert (found["ok"], found["index"]["there"], found["index"]["damage"]) == (True, True, [])
    next((tmp_path / "output").rglob("entities.parquet")).write_bytes(b"")
    damaged = doctor(tmp_path)
    assert damaged.returncode == 2
    assert "Damage: " in damaged.stdout


def reading(request: dict[str, Any]) -> Any:
    """A model that passes the probe, and makes up a name for each text."""
    if "harbour" in json.dumps(request["messages"]):
        return GOOD
    reply = obedient(request)
    if isinstance(reply, dict) and "entities" in reply:
        reply["entities"] += [{"name": name, "type": "place", "description": "x"} for name in INVENTED]
    return reply


INVENTED: list[str] = []


@pytest.mark.parametrize("invented", [[], ["Norway"]])
def test_a_text_unit_is_read_aloud_and_a_model_that_invents_is_told_to_answer_only(
    invented: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "INVENTED", invented)
    with server_in_a_thread(reading) as server:
        server.pages = {"/v1/models": {"data": [{"id": "any", "meta": {"n_ctx": 4096}}]}}
        project(tmp_path, f"{{chat: {{model: any, base_url: '{server.base_url}', api_key: '${{MY_KEY}}'}}}}")
        done = doctor(tmp_path)
        assert done.returncode == 0, done.stderr
        assert "takes 4096 tokens" in done.stdout
        assert "It read: " in done.stdout
        assert "Petra Voss" in done.stdout
        assert ("Norway (not in the text)" in done.stdout) is bool(invented)
        assert ("It should not read the documents" in done.stdout) is bool(invented)
        told = run_command("index", "--estimate", "-r", str(tmp_path), MY_KEY=KEY)
        assert "At the speed that doctor measured" in told.stdout
