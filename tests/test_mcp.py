"""The tools for agents, asked by the protocol's own client: in memory, over standard input and output, over HTTP."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from browser import Browser, chromium, needs_chromium
from clock import GUARD_SECONDS
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from graphrag_drift import Index, Settings, SettingsError
from graphrag_drift.cli.main import cli
from graphrag_drift.server.live_index import Limits, LiveIndex
from graphrag_drift.server.mcp import TREE, create_server, http_app

TOKEN = "a-token-of-enough-characters"


@pytest.fixture(scope="module")
def live(newsroom_settings: Settings) -> Iterator[LiveIndex]:
    opened = LiveIndex(newsroom_settings.output_folder, lambda: Index.open_sync(newsroom_settings), Limits())
    yield opened
    opened.close()


def _call(live: LiveIndex, tool: str, **arguments: Any) -> Any:
    async def call() -> Any:
        async with Client(create_server(live)) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(call())


def _result(live: LiveIndex, tool: str, **arguments: Any) -> Any:
    """The structured content of a call that succeeds."""
    result = _call(live, tool, **arguments)
    assert not result.is_error, result.content
    return result.structured_content


def test_every_tool_says_what_it_takes_and_gives(live: LiveIndex) -> None:
    async def tools() -> Any:
        async with Client(create_server(live)) as client:
            return (await client.list_tools()).tools

    listed = {tool.name: tool for tool in asyncio.run(tools())}
    assert listed.keys() == {"search", "read", "entity", "neighbours", "reports", "ask", "drift"}
    for tool in listed.values():
        assert (tool.output_schema["type"], tool.annotations.read_only_hint, tool.description != "") == (
            "object",
            True,
            True,
        )
    assert listed["drift"].meta == {"ui": {"resourceUri": TREE}}


def test_a_passage_that_was_found_is_read_with_what_stands_around_it(live: LiveIndex, newsroom_index: Index) -> None:
    first = _result(live, "search", question="Who mediated the dock strike?", k=3)["passages"][0]
    text = newsroom_index.graph.texts[first["document_id"]]
    assert (first["text"], first["path"].endswith(".txt")) == (text[first["start"] : first["end"]], True)
    start = text.index(". ") + 2
    reading = _result(live, "read", document_id=first["document_id"], start=start, end=start + 40)
    passage = reading["passage"]
    around = reading["before"] + passage["text"] + reading["after"]
    assert (passage["text"], around in text, len(around) > 400) == (text[start : start + 40], True, True)
    assert reading["characters"] == len(text)


def test_a_document_is_a_resource_whose_characters_spans_count(live: LiveIndex, newsroom_index: Index) -> None:
    async def read(uri: str) -> str:
        async with Client(create_server(live)) as client:
            try:
                [content] = (await client.read_resource(uri)).contents
            except MCPError as error:
                return str(error)
            return content.text

    document = newsroom_index.documents["id"][0]
    assert asyncio.run(read(f"graphrag://document/{document}")) == newsroom_index.graph.texts[document]
    assert (
        asyncio.run(read("graphrag://document/nowhere"))
        == "there is no document with the id 'nowhere'; search gives ids"
    )


def test_the_graph_says_who_somebody_is_and_what_topics_there_are(live: LiveIndex) -> None:
    entity = _result(live, "entity", name="Solvay")
    assert (entity["title"], entity["kind"], len(entity["neighbours"])) == ("Ingrid Solvay", "person", 12)
    related = _result(live, "neighbours", name="Solvay", k=3)
    assert related["neighbours"] == entity["neighbours"][:3]
    broadest = _result(live, "reports", k=2)["reports"]
    assert [report["level"] for report in broadest] == [-1, 0]
    [nearest] = _result(live, "reports", question="Who leads the count in the mayoral election?", k=1)["reports"]
    assert "Oyelaran" in nearest["title"]


def test_an_answer_is_text_with_sources_for_a_model_and_data_beside_it(live: LiveIndex) -> None:
    result = _call(live, "ask", question="What will she do first?", history=[["Who mediated?", "Ingrid Solvay did."]])
    answer = result.structured_content
    [content] = result.content
    assert content.text.startswith(answer["text"])
    place = answer["citations"][0]
    assert f"document {place['document_id']}, characters {place['start']}-{place['end']}" in content.text
    assert any("Ingrid Solvay" in note for note in answer["notes"] if "was read as" in note)


def test_drift_tells_what_it_asks_and_gives_its_tree(live: LiveIndex) -> None:
    asked: list[str | None] = []

    async def progress(_: float, __: float | None, message: str | None) -> None:
        asked.append(message)

    async def call() -> Any:
        question = "What does the water in Brackwater have to do with the velarustat trial?"
        async with Client(create_server(live)) as client:
            return await client.call_tool("drift", {"question": question}, progress_callback=progress)

    tree = asyncio.run(call()).structured_content["tree"]
    assert {child["question"] for child in tree["children"]} <= set(asked)


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("entity", {"name": "Solvey"}, "the documents name no 'Solvey'; nearest are 'Ingrid Solvay'"),
        ("neighbours", {"name": "Solvay", "k": 10**9}, "less than or equal to 200"),
        ("read", {"document_id": "../../etc/passwd"}, "there is no document with the id '../../etc/passwd'"),
        ("search", {"question": "a" * 20_000}, "at most 10000 characters"),
        ("search", {"question": ["a"]}, "valid string"),
        ("search", {"question": "a", "documents": {"where": {"zz": "1"}}}, "no document has 'zz'"),
        ("ask", {"question": "Who?", "method": "best"}, "there is no method 'best'; expected one of auto"),
        ("ask", {}, "Field required"),
        ("nothing", {}, "Unknown tool"),
    ],
)
def test_fault_103_what_is_wrong_with_a_call_is_told_and_the_server_lives(
    live: LiveIndex, tool: str, arguments: dict[str, Any], text: str
) -> None:
    async def calls() -> Any:
        async with Client(create_server(live)) as client:
            return await client.call_tool(tool, arguments), await client.call_tool("reports", {"k": 1})

    wrong, after = asyncio.run(calls())
    assert (wrong.is_error, after.is_error) == (True, False)
    assert text in wrong.content[0].text


def test_reading_where_a_document_has_nothing_is_told_with_its_length(live: LiveIndex, newsroom_index: Index) -> None:
    document = newsroom_index.documents["id"][0]
    length = len(newsroom_index.graph.texts[document])
    for start, end in ((length, None), (5, 5)):
        result = _call(live, "read", document_id=document, start=start, end=end)
        assert (result.is_error, f"the document has {length} characters" in result.content[0].text) == (True, True)


@pytest.fixture(scope="module")
def project(newsroom_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("agents")
    counting = "chunking: {encoding_model: approximate}"  # a vocabulary takes long to load
    output = f"output: {{folder: '{newsroom_settings.output_folder}'}}"
    (root / "settings.yaml").write_text(f"{counting}\n{output}\n", "utf-8")
    return root


def test_over_standard_output_comes_nothing_but_the_protocol(project: Path, tmp_path: Path) -> None:
    copy, errors = tmp_path / "stdout", tmp_path / "stderr"
    server = f"{shlex.quote(sys.executable)} -m graphrag_drift mcp -r {shlex.quote(str(project))}"
    command = StdioServerParameters(command="sh", args=["-c", f"{server} | tee {shlex.quote(str(copy))}"])

    async def talk() -> Any:
        with errors.open("w", encoding="utf-8") as log:
            async with Client(stdio_client(command, errlog=log)) as client:
                result = await client.call_tool("ask", {"question": "Who is Ingrid Solvay?"})
                return result, await client.call_tool("entity", {"name": "Solvey"})

    answered, wrong = asyncio.run(talk())
    assert answered.structured_content["citations"]
    assert "nearest are 'Ingrid Solvay'" in wrong.content[0].text
    assert {json.loads(line)["jsonrpc"] for line in copy.read_text("utf-8").splitlines()} == {"2.0"}
    assert errors.read_text("utf-8") == ""


def test_a_signal_ends_a_server_that_waits_for_standard_input(project: Path) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    command = [sys.executable, "-m", "graphrag_drift", "mcp", "-r", str(project)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(ping) + "\n")
        server.stdin.flush()
        assert server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        assert server.wait(GUARD_SECONDS) == 130


SIGNALLED = """
import os, signal, threading, time
from graphrag_drift.cli.mcp import end_at_signals
threading.Thread(target=time.sleep, args=(10_000,), daemon=True).start()  # the signal comes to this one
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
end_at_signals()
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(10_000)
"""


def test_a_signal_that_does_not_wake_the_main_thread_ends_the_server_too() -> None:
    done = subprocess.run([sys.executable, "-c", SIGNALLED], timeout=GUARD_SECONDS, check=False)
    assert done.returncode == 130


@contextmanager
def _listening(live: LiveIndex, token: str = "") -> Iterator[str]:
    """The address of a server of the tools."""
    config = uvicorn.Config(http_app(create_server(live), live, token=token), port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join()


@asynccontextmanager
async def _connected(url: str, **headers: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=GUARD_SECONDS) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


def test_over_http_the_token_is_needed(live: LiveIndex) -> None:
    async def title(url: str) -> Any:
        async with _connected(url, authorization=f"Bearer {TOKEN}") as client:
            return (await client.call_tool("entity", {"name": "Solvay"})).structured_content["title"]

    with _listening(live, TOKEN) as url:
        assert asyncio.run(title(url)) == "Ingrid Solvay"
        for headers in ({}, {"authorization": "Bearer wrong"}):
            response = httpx2.post(url, json={}, headers=headers)
            assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
        assert httpx2.get(url.removesuffix("mcp")).headers["content-type"] == "application/json"


def test_over_http_other_hosts_sites_and_large_bodies_are_refused(live: LiveIndex) -> None:
    with _listening(live) as url:
        codes = [
            httpx2.post(url, json={}, headers={"host": "evil.example"}).status_code,
            httpx2.post(url, json={}, headers={"origin": "https://evil.example"}).status_code,
            httpx2.post(url, content=b'{"a": "' + b"a" * 1_100_000 + b'"}').status_code,
        ]
    assert codes == [400, 403, 413]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--http", "--host", "0.0.0.0"], "others could come to '0.0.0.0' without a token"),
        (["--http", "--token", "short"], "the token has 5 characters"),
    ],
)
def test_fault_95_an_address_for_others_needs_a_token(arguments: list[str], said: str, project: Path) -> None:
    with pytest.raises(SettingsError, match=said):
        cli(["mcp", "-r", str(project), *arguments], standalone_mode=False)


HOST = """
<iframe sandbox="allow-scripts" srcdoc="PAGE"></iframe>
<script>
window.methods = [];
const RESULT = ANSWER;
window.addEventListener("message", (event) => {
  const reply = (message) => event.source.postMessage({ jsonrpc: "2.0", ...message }, "*");
  window.methods.push(event.data.method);
  if (event.data.method === "ui/initialize") reply({ id: event.data.id, result: { hostContext: { theme: "dark" } } });
  if (event.data.method === "ui/notifications/initialized") {
    reply({ method: "ui/notifications/tool-result", params: RESULT });
  }
});
</script>
"""


@needs_chromium
def test_the_page_of_an_answer_is_drawn_in_a_conversation(live: LiveIndex, tmp_path: Path) -> None:
    async def page_and_answer() -> tuple[str, Any]:
        async with Client(create_server(live)) as client:
            [content] = (await client.read_resource(TREE)).contents
            assert content.mime_type == "text/html;profile=mcp-app"
            question = "What does the water in Brackwater have to do with the velarustat trial?"
            return content.text, await client.call_tool("drift", {"question": question})

    html, result = asyncio.run(page_and_answer())
    answer = result.structured_content
    answer["text"] += "\n<img src=x onerror=alert(1)>"
    escaped = html.replace("&", "&amp;").replace('"', "&quot;")
    shown = json.dumps({"content": [], "structuredContent": answer}).replace("<", "\\u003c")
    (tmp_path / "host.html").write_text(HOST.replace("PAGE", escaped).replace("ANSWER", shown), "utf-8")
    with chromium() as browser:
        _look_at(browser, (tmp_path / "host.html").as_uri(), answer)


def _look_at(browser: Browser, url: str, answer: Any) -> None:
    browser.open(url)
    browser.wait(lambda: "ui/notifications/size-changed" in browser.run("return window.methods"))
    browser.driver.switch_to.frame(0)
    assert browser.one("h1").text == answer["question"]
    asked = [each.text.rpartition(" (")[0] for each in browser.all("details details > summary")]
    assert asked[0] == answer["tree"]["children"][0]["question"]
    assert browser.all("img") == []
    assert "<img src=x" in browser.one("main").text
    assert browser.run("return document.documentElement.dataset.theme") == "dark"
    assert browser.errors() == []
