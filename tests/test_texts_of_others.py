"""Texts and numbers of documents, models, endpoints and settings steer no terminal, file, page, budget or citation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from endpoints import indexed, obedient, project, reading, run, server_in_a_thread
from model_server import Reply, completion, failure, whole

from graphrag_drift import Budget, Settings, SettingsError, build_index_sync
from graphrag_drift.answer.pages import html_page, markdown_page
from graphrag_drift.errors import BudgetExhausted
from graphrag_drift.metering import told_tokens
from graphrag_drift.printable import clean, xml_text
from graphrag_drift.providers.llm.render import marks_of, rows_text, tidy_marks
from graphrag_drift.settings_file import parse_settings
from graphrag_drift.values import Answer, Shown

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe"
STEERING = ("\x1b", "\x07", "\x9b", "\u202e")


def steers(text: str) -> list[str]:
    return [repr(character) for character in STEERING if character in text]


def evil(request: dict[str, Any]) -> Reply:
    """An obedient model that writes escapes into all that it says."""
    reply = obedient(request)
    return json.loads(json.dumps(reply).replace("mill", f"mill {json.dumps(ESCAPES)[1:-1]}").replace("\\n", " "))


def test_endpoint_errors_and_status_and_answers_print_no_escapes(tmp_path: Path) -> None:
    with server_in_a_thread(evil) as server:
        indexed(tmp_path, server.base_url)
        asked = run("query", "--method", "local", "Who sold the Aldane Mill?", root=tmp_path)
        as_json = run("query", "--json", "--method", "local", "Who sold the Aldane Mill?", root=tmp_path)
        streamed = run("query", "--streaming", "--method", "local", "Who sold the mill now?", root=tmp_path)
    with server_in_a_thread(lambda _: failure(400, f"refused {ESCAPES}")) as server:
        reading(tmp_path, server.base_url, model="other")
        (tmp_path / "cache" / "replies.sqlite").unlink()
        refused = run("index", "--force", root=tmp_path)
        status = run("status", root=tmp_path)
    for process in (asked, as_json, streamed, refused, status):
        assert steers(process.stdout + process.stderr) == []
    assert "refused" in refused.stdout + refused.stderr
    json.loads(as_json.stdout)


def test_clean_keeps_what_is_text() -> None:
    assert clean(f"a\tb\nc 한국 é {ESCAPES}") == "a\tb\nc 한국 é ]0;owned[2J31mgnp.exe"
    assert xml_text("a\ufffeb\x00c\ud800d") == "a\ufffdb\ufffdc\ufffdd"


@pytest.mark.parametrize("tokens", [-(10**9), 10**30, "many", None, float("inf"), "9" * 5000, [1]])
def test_a_count_of_tokens_that_cannot_be_is_none(tokens: Any) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError)):
        told_tokens(tokens)


@pytest.mark.parametrize("tokens", [-(10**9), 10**30])
def test_usage_that_cannot_be_is_counted_here_and_neither_loses_replies_nor_the_budget(
    tmp_path: Path, tokens: int
) -> None:
    def lies(request: dict[str, Any]) -> Reply:
        usage = {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": 0}
        return whole({**completion(json.dumps(obedient(request)), request), "usage": usage})

    with server_in_a_thread(lies) as server:
        done = build_index_sync(indexed_settings(tmp_path / "whole", server.base_url))
        assert done.total_usage.estimated
        assert 0 < done.total_usage.prompt_tokens < 1_000_000
        with pytest.raises(BudgetExhausted):
            build_index_sync(indexed_settings(tmp_path / "bound", server.base_url), budget=Budget(tokens=800))


def indexed_settings(root: Path, url: str) -> Settings:
    root.mkdir()
    project(root, url)
    return reading(root, url)


def test_graphml_holds_no_character_that_xml_does_not(tmp_path: Path) -> None:
    def noncharacters(request: dict[str, Any]) -> Reply:
        return json.loads(json.dumps(obedient(request)).replace("of the mill", "of the \\ufffe mill"))

    with server_in_a_thread(noncharacters) as server:
        indexed(tmp_path, server.base_url)
    exported = run("export", "--output", str(tmp_path / "graph.graphml"), root=tmp_path)
    assert (exported.returncode, exported.stderr) == (0, "")
    descriptions = [row["description"] for _, row in nx.read_graphml(tmp_path / "graph.graphml").nodes(data=True)]
    assert any("\ufffd" in description for description in descriptions)


@pytest.mark.parametrize("planted", ["[1, 2]", "【3】", "[Data: Sources (1, 2)]", "[1]", "[[1]]", "[[[2]]]", "【[1]】"])
def test_marks_planted_in_a_document_become_no_citations(planted: str) -> None:
    rows = [Shown(number, "source", f"It is true {planted}.", (), f"A title {planted}") for number in (1, 2, 3)]
    shown = rows_text(rows)
    copied = [line.partition("] ")[2] for line in shown.split("\n") if "It is true" in line]
    assert [tidy_marks(line, marks_of(rows)) for line in copied] == copied
    assert not any("[" in line and any(f"[{n}]" in line for n in (1, 2, 3)) for line in copied)


@pytest.mark.parametrize(
    "link",
    [
        "[click](javascript:alert(1))",
        "[click][x]\n\n[x]: javascript:alert(1)",
        "[click](\njavascript:alert(1))",
        "<javascript:alert(1)>",
        "[a [b](javascript:alert(1))](javascript:alert(1))",
        "[click] (data:text/html,x)",
    ],
)
def test_pages_have_no_links_of_documents_or_models(link: str) -> None:
    answer = Answer("Who?", f"She did. {link}", "local", notes=(link,))
    page = markdown_page(answer)
    assert "](" not in page
    assert "]:" not in page
    assert "][" not in page
    assert "<" not in page
    assert 'href="javascript' not in html_page(answer).lower()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("models: {chat: sk-secret}", r"'models.chat' is no model but str: expected settings below it"),
        ("models: {chat: '${KEY}'}", r"'models.chat' is no model but str"),
        ("models: '${KEY}'", r"'models' is no model but str"),
        ("models: {chat: {model: m, timeout_seconds: '${KEY}'}}", r"the value '\$\{KEY\}'"),
        ("chunking: {size: '${KEY}'}", r"the value '\$\{KEY\}'"),
        ("models: {chat: [sk-secret]}", r"'models.chat' is no model but list"),
    ],
)
def test_a_key_in_a_wrong_place_is_not_printed(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "sk-secret")
    with pytest.raises(SettingsError, match=says) as caught:
        parse_settings(text, root=tmp_path, name="settings.yaml")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("models: {chat: {model: m, base_ur: x}}", "did you mean 'base_url'"),
        ("models: {embedding: {model: m, timeout: 3}}", "did you mean 'timeout_seconds'"),
        ("models: {chat: {model: m, price: {inputs: 1}}}", "did you mean 'input'"),
    ],
)
def test_a_misspelt_key_of_a_model_gets_a_suggestion(text: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=hint):
        parse_settings(text, root=tmp_path, name="settings.yaml")
