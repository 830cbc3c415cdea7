"""The commands that look at an index, and ask a folder in one go; and text on a terminal and in a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from clock import GUARD_SECONDS

from graphrag_drift import Answer, Citation, MissingExtra, SettingsError
from graphrag_drift.cli.answers import print_answer
from graphrag_drift.cli.main import cli
from graphrag_drift.cli.terminal import BOLD, Page, Part

ARTICLES = {
    "fire.txt": (
        "Fire destroys Aldane Mill\n\nBy Ann Lee | Mill Post | 2025-03-04\n\n"
        "A fire destroyed the Aldane Mill on Monday. The owner, Petra Voss, said that nobody was hurt."
    ),
    "sale.txt": (
        "Petra Voss sells mill\n\nBy Ann Lee | Mill Post | 2025-05-06\n\n"
        "Corin Bank bought the Aldane Mill from Petra Voss on Monday for $2 million."
    ),
}


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents that was asked once: its index lies beside it."""
    folder = tmp_path_factory.mktemp("desk") / "mill"
    folder.mkdir()
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, "utf-8")
    done = _run("ask", str(folder), "Who bought the Aldane Mill?")
    assert "Corin Bank" in done.stdout
    assert f"Indexed 2 documents into {folder}.graphrag-drift" in done.stderr
    return folder


@pytest.fixture(scope="module")
def project(folder: Path) -> Path:
    """The index of `folder` as a project."""
    root = folder.with_name("mill.graphrag-drift")
    (root / "settings.yaml").write_text(f"input: {{folder: '{folder}'}}\n", "utf-8")
    return root


def test_a_folder_is_indexed_once_and_again_when_a_document_changes(folder: Path) -> None:
    again = _run("ask", str(folder), "Who bought the Aldane Mill?", "--json")
    assert "Corin Bank" in json.loads(again.stdout)["text"]
    assert again.stderr == ""
    note = folder / "note.txt"
    note.write_text("Mill note\n\nThe Aldane Mill was bought by Dora Finch, a note says.", "utf-8")
    try:
        assert "Indexed 3 documents" in _run("ask", str(folder), "Who is Dora Finch?").stderr
    finally:
        note.unlink()
    assert "Indexed 2 documents" in _run("ask", str(folder), "Who is Dora Finch?").stderr
    assert {path.name for path in folder.iterdir()} == set(ARTICLES)


def test_what_cannot_be_asked_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no folder 'nowhere'; expected one with documents"):
        _run("ask", "nowhere", "Who?")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="no file in input folder"):
        _run("ask", str(tmp_path / "empty"), "Who?")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    (tmp_path / "file").write_text("a", "utf-8")
    with pytest.raises(SettingsError, match="name another folder with --index"):
        _run("ask", str(tmp_path), "Who?", "--index", str(tmp_path / "file" / "index"))


def test_an_entity_a_timeline_and_the_documents_are_lines_and_json(project: Path) -> None:
    root = ("-r", str(project))
    assert _run("entity", "voss", *root).stdout.startswith("Petra Voss (person)\n")
    assert json.loads(_run("entity", "voss", *root, "--json").stdout)["title"] == "Petra Voss"
    assert _run("timeline", *root).stdout == (
        "2025-03-04  A fire destroyed the Aldane Mill on Monday.\n"
        "            Fire destroys Aldane Mill, Mill Post, fire.txt\n"
        "2025-05-06  Corin Bank bought the Aldane Mill from Petra Voss on Monday for $2 million.\n"
        "            Petra Voss sells mill, Mill Post, sale.txt\n"
    )
    assert [row["date"] for row in json.loads(_run("timeline", "Voss", *root, "--json").stdout)] == [
        "2025-03-04",
        "2025-05-06",
    ]
    assert _run("documents", *root).stdout == (
        "2025-05-06  Petra Voss sells mill, Mill Post, sale.txt\n"
        "2025-03-04  Fire destroys Aldane Mill, Mill Post, fire.txt\n"
    )
    assert json.loads(_run("documents", *root, "--json").stdout)[0]["title"] == "Petra Voss sells mill"


def test_a_shell_completes_commands_and_names(project: Path, tmp_path: Path) -> None:
    shell = ShellComplete(cli, {}, "graphrag-drift", "_GRAPHRAG_DRIFT_COMPLETE")
    assert [item.value for item in shell.get_completions([], "tim")] == ["timeline"]
    assert [item.value for item in shell.get_completions(["entity", "-r", str(project)], "pet")] == ["Petra Voss"]
    assert shell.get_completions(["entity", "-r", str(tmp_path)], "pet") == []


def test_the_explorer_is_opened_in_a_browser(project: Path) -> None:
    command = [sys.executable, "-m", "graphrag_drift", "open", "-r", str(project)]
    environment = {**os.environ, "BROWSER": "echo %s"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as opened:
        assert opened.stdout is not None
        url = opened.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=GUARD_SECONDS) as response:
            assert b"Aldane Mill" in response.read()
        opened.send_signal(signal.SIGINT)
        _, errors = opened.communicate(timeout=GUARD_SECONDS)
    assert errors == f"The explorer is at {url} until Ctrl-C.\n"


MARKDOWN = "### What is known\n\n- **4 March 2025**: A fire destroyed the Aldane Mill. [1]\n\nNobody was hurt. [2]"


def test_a_pipe_gets_the_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page(terminal=False, width=20)
    for start in range(0, len(MARKDOWN), 7):
        page.stream(MARKDOWN[start : start + 7])
    page.end()
    page.line("one ", Part("long line that is not wrapped, however long it is", BOLD), rest="  ")
    assert capsys.readouterr().out == f"{MARKDOWN}\none long line that is not wrapped, however long it is\n"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_terminal_gets_whole_words_in_every_line_however_they_come(
    size: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    page = Page(terminal=True, width=24)
    for start in range(0, len(MARKDOWN), size):
        page.stream(MARKDOWN[start : start + size])
    page.end()
    assert capsys.readouterr().out.splitlines() == [
        "What is known",
        "",
        "- 4 March 2025: A fire",
        "  destroyed the Aldane",
        "  Mill. [1]",
        "",
        "Nobody was hurt. [2]",
    ]


def test_a_terminal_counts_wide_letters_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    Page(terminal=True, width=12).markdown("나래해운 파업 장기화")
    assert capsys.readouterr().out == "나래해운\n파업 장기화\n"


def test_a_heading_is_bold_and_a_source_leads_to_its_file_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "fire.txt").touch()
    cited = Citation(1, "d", "Fire at mill", "u", 0, 3, "It burned.", "2025-03-04", "fire.txt", "Mill Post")
    gone = Citation(2, "e", "Mill sold", "v", 0, 3, "It was sold.", "", "gone.txt", "")
    answer = Answer("Why?", "### Why\n\nBecause. [1][2]", "local", (cited, gone))
    print_answer(Page(terminal=True, width=80), answer, tmp_path)
    shown = capsys.readouterr().out
    link = f"\x1b]8;;{(tmp_path / 'fire.txt').as_uri()}\x1b\\\x1b[2mfire.txt\x1b[0m\x1b]8;;\x1b\\"
    assert shown.startswith("\x1b[1mWhy\x1b[0m\n\nBecause. \x1b[36m[1]\x1b[0m\x1b[36m[2]\x1b[0m\n")
    assert f"Fire at mill, Mill Post, 2025-03-04\x1b[2m,\x1b[0m {link}\n" in shown
    assert shown.count("\x1b]8;;file:") == 1
    print_answer(Page(terminal=False), answer, tmp_path)
    assert capsys.readouterr().out == (
        "### Why\n\nBecause. [1][2]\n\nSources\n"
        "[1] Fire at mill, Mill Post, 2025-03-04, fire.txt\n    It burned.\n"
        "[2] Mill sold, gone.txt\n    It was sold.\n"
    )


def test_a_document_that_is_called_by_its_file_is_called_so_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cited = Citation(1, "d", "fire.txt", "u", 0, 3, "It burned.", "2025-03-04", "fire.txt", "")
    print_answer(Page(terminal=False), Answer("Why?", "Because. [1]", "local", (cited,)), tmp_path)
    assert "[1] fire.txt, 2025-03-04\n" in capsys.readouterr().out


def test_what_would_steer_a_terminal_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    Page(terminal=True, width=80).markdown("a \x1b[2J\u202eb")
    Page(terminal=False).line("a \x1b[2J\u202eb")
    assert capsys.readouterr().out == "a [2Jb\n" * 2


def test_a_door_without_its_extra_says_how_to_get_it_or_does_without(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "graphrag_drift.server.app", raising=False)
    with pytest.raises(MissingExtra, match=r"pip install 'graphrag-drift\[mcp\]'"):
        _run("mcp", "-r", str(project))
    done = _run("open", "--no-browser", "-r", str(project))
    assert f"The explorer is {project / 'explorer.html'}; to ask in it, too: pip install" in done.stderr
    assert "Aldane Mill" in (project / "explorer.html").read_text("utf-8")
