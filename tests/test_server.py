"""A server answers over HTTP what the index answers in Python, and takes over what is published while it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from clock import GUARD_SECONDS
from endpoints import ARTICLES, run
from serving import Served, serving, sse_events

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.answer.as_json import answer_json
from graphrag_drift.server.live_index import smallest
from graphrag_drift.server.openapi import openapi
from graphrag_drift.values import Budget

QUESTION = "Who owns Lodestar Storage?"
DRIFT = "What does the water in Brackwater have to do with the velarustat trial?"


@pytest.fixture(scope="module")
def served(newsroom_settings: Settings) -> Iterator[Served]:
    with serving(newsroom_settings) as server:
        yield server


def test_an_answer_over_http_is_the_one_of_the_index(served: Served, newsroom_index: Index) -> None:
    response = served.post("/api/ask", {"question": QUESTION})
    expected = answer_json(newsroom_index.ask_sync(QUESTION))
    assert response.status == 200
    assert response.json == json.loads(json.dumps(expected))


def test_progress_comes_as_events_that_end_with_the_answer(served: Served, newsroom_index: Index) -> None:
    body = {"question": DRIFT, "method": "drift"}
    response = served.post("/api/ask", body, accept="text/event-stream")
    events = sse_events(response.body)
    kinds = [kind for kind, _ in events]
    assert response.headers["content-type"].startswith("text/event-stream")
    assert kinds[:2] == ["retrieved", "primed"]
    assert kinds.count("asked") == kinds.count("answered") > 0
    assert kinds[-1] == "done"
    assert events[-1][1]["text"] == newsroom_index.ask_sync(DRIFT, method="drift").text


def test_filters_history_and_form_reach_the_index(served: Served) -> None:
    march = {"question": "What happened at the port?", "filters": {"until": "2025-03"}}
    citations = served.post("/api/ask", march).json["citations"]
    assert {citation["date"][:7] for citation in citations} == {"2025-03"}
    follow_up = {"question": "When was he sworn in?", "history": [["Who leads the runoff?", "Oyelaran leads it."]]}
    assert served.post("/api/ask", follow_up).status == 200


def test_passages_are_found_with_their_place_in_the_document(served: Served, newsroom_index: Index) -> None:
    passages = served.post("/api/retrieve", {"question": QUESTION, "k": 3}).json["passages"]
    assert [passage["text_unit_id"] for passage in passages] == newsroom_index.retrieve(QUESTION, k=3)[
        "text_unit_id"
    ].to_list()
    for passage in passages:
        text = served.get(f"/api/documents/{passage['document_id']}").json["text"]
        assert text[passage["start"] : passage["end"]] == passage["text"]


def test_an_entity_is_found_by_title_alias_and_id_with_passages_that_name_it(
    served: Served, newsroom_index: Index
) -> None:
    entity = served.get("/api/entities/Ingrid%20Solvay").json
    assert served.get(f"/api/entities/{entity['id']}").json == entity
    assert served.get("/api/entities/ingrid%20solvay").json == entity
    assert entity["kind"] == "person"
    mentions = newsroom_index.graph.entity_mentions.filter(pl.col("title") == "Ingrid Solvay")
    places = mentions.select("document_id", "start").rows()
    for passage in entity["passages"]:
        assert any(
            document == passage["document_id"] and passage["start"] <= at < passage["end"] for document, at in places
        )
    dates = [passage["date"] for passage in entity["passages"]]
    assert dates == sorted(dates)
    assert entity["neighbours"]
    assert all(alias["name"] != "Ingrid Solvay" for alias in entity["aliases"])


def test_mentions_of_a_document_are_characters_of_its_text(served: Served, newsroom_index: Index) -> None:
    titles = newsroom_index.graph.entities["title"].to_list()
    document = served.get(f"/api/documents/{newsroom_index.graph.documents['id'][0]}").json
    names = {(document["text"][start:end], titles[row]) for start, end, row in document["mentions"]}
    assert names
    assert any(name == title for name, title in names)


@pytest.mark.parametrize(
    "path",
    [
        "/api/documents/nothing",
        "/api/documents/..%2f..%2fmanifest.json",
        "/api/documents/%2e%2e/%2e%2e/etc/passwd",
        "/api/entities/..%2f..%2f..%2fetc%2fpasswd",
        "/api/entities/x'%20OR%20'1'='1",
        "/api/entities/%00",
        "/static/../../manifest.json",
        "/%2e%2e/manifest.json",
    ],
)
def test_fault_101_what_is_no_name_or_id_is_not_found(served: Served, path: str) -> None:
    response = served.get(path)
    assert (response.status, response.code) == (404, "not_found")


def test_the_status_says_what_there_is_and_no_path(served: Served, newsroom_settings: Settings) -> None:
    response = served.get("/api/status")
    assert response.json["counts"]["documents"] == 60
    assert response.json["fault"] == ""
    assert str(newsroom_settings.root) not in response.body.decode()
    assert served.get("/healthz").json == {"status": "ok"}


def test_the_openapi_document_has_every_path_and_every_schema(served: Served) -> None:
    document = served.get("/openapi.json").json
    assert document == json.loads(json.dumps(openapi(token=False)))
    from graphrag_drift.server.app import create_app

    pages = {"/", "/login", "/openapi.json"}
    routes = {route.path.replace(":path", "") for route in create_app(served.live).routes}  # type: ignore[attr-defined]
    assert set(document["paths"]) == routes - pages
    references = set(_references(document))
    assert references
    for reference in references:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def test_other_requests_are_answered_while_questions_are(served: Served) -> None:
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(served.post("/api/ask", {"question": DRIFT, "method": "drift"}).status)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    before = [served.get("/healthz").status for _ in range(10)]
    early = len(statuses)
    for thread in threads:
        thread.join()
    assert before == [200] * 10
    assert early < 6
    assert statuses == [200] * 6


def test_a_new_generation_is_taken_over_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    settings = _small_project(tmp_path)
    with serving(settings) as server:
        before = server.get("/api/status").json
        (tmp_path / "input" / "third.txt").write_text("Mill opens\n\nCorin Bank opened the Aldane Mill on May 3.")
        build_index_sync(settings)
        after = server.get("/api/status").json
        assert (before["counts"]["documents"], after["counts"]["documents"]) == (2, 3)
        assert server.post("/api/ask", {"question": "Who opened the Aldane Mill?"}).json["citations"]

        (settings.output_folder / "manifest.json").write_text("{}")
        response = server.get("/api/status")
        assert response.json["generation"] == after["generation"]
        assert "cannot be opened" in response.json["fault"]
        assert str(tmp_path) not in response.body.decode()
        assert server.post("/api/ask", {"question": "Who opened the Aldane Mill?"}).status == 200


def _small_project(root: Path) -> Settings:
    (root / "input").mkdir()
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    settings = Settings(root=root)
    build_index_sync(settings)
    return settings


def test_the_stricter_of_two_budgets_holds() -> None:
    one, other = Budget(tokens=10, seconds=5.0), Budget(tokens=20, money=1.0)
    assert smallest(one, other) == Budget(tokens=10, money=1.0, seconds=5.0)
    assert smallest(None, other) == other
    assert smallest(None, None) is None
    assert smallest(replace(one, tokens=None), None) == Budget(seconds=5.0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_a_signal_and_ends_well(newsroom_settings: Settings, number: int) -> None:
    (newsroom_settings.root / "settings.yaml").touch()
    command = [sys.executable, "-m", "graphrag_drift", "serve", "-r", str(newsroom_settings.root), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Serving at http://127.0.0.1:")
        url = line.split()[2].rstrip("/")
        assert Served(url, None).get("/healthz").status == 200  # type: ignore[arg-type]
        process.send_signal(number)
        assert process.wait(GUARD_SECONDS) == 0
        assert process.stderr.read() == ""


def test_fault_95_other_addresses_want_a_token_that_is_not_guessed(newsroom_settings: Settings) -> None:
    root = newsroom_settings.root
    (root / "settings.yaml").touch()
    refused = run("serve", "--host", "0.0.0.0", root=root)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "give one with --token" in refused.stderr
    short = run("serve", "--token", "secret", root=root)
    assert short.returncode == 2
    assert "the token has 6 characters; take 16 or more" in short.stderr


def test_a_project_without_an_index_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").touch()
    refused = run("serve", root=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr


def test_an_address_that_is_taken_is_a_sentence(served: Served, newsroom_settings: Settings) -> None:
    (newsroom_settings.root / "settings.yaml").touch()
    refused = run("serve", "--port", served.url.rsplit(":", 1)[1], root=newsroom_settings.root)
    assert refused.returncode == 2
    assert "another program has it" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_without_the_extra_the_command_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import graphrag_drift.cli.main  # noqa: F401 (where the commands are)
    from graphrag_drift.cli.options import cli

    monkeypatch.delitem(sys.modules, "graphrag_drift.server.app")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    refused = CliRunner().invoke(cli, ["serve"])
    assert "pip install 'graphrag-drift[serve]'" in str(refused.exception)
