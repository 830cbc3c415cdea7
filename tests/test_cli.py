"""The command line as a user meets it: output, exit codes, one sentence for a mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from clock import GUARD_SECONDS
from command_line import run_command

from graphrag_drift.language.language import Form

ARTICLES = {
    "fire.txt": "Mill fire\n\nA fire destroyed the Aldane Mill on Monday. Owner Petra Voss said nobody was hurt.",
    "sale.txt": "Mill sold\n\nPetra Voss sold the Aldane Mill to Corin Bank on Friday for $2 million.",
}


def _run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, cwd=cwd, **environment)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two articles, indexed."""
    root = tmp_path_factory.mktemp("project")
    assert _run("init", cwd=root).returncode == 0
    for name, text in ARTICLES.items():
        (root / "input" / name).write_text(text, "utf-8")
    done = _run("index", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


def test_a_second_run_does_nothing_and_says_so(project: Path) -> None:
    before = _times(project / "output")
    done = _run("index", "--json", cwd=project)
    assert json.loads(done.stdout)["changed"] is False
    assert "up to date" in _run("index", cwd=project).stdout
    assert _times(project / "output") == before


def _times(folder: Path) -> dict[Path, int]:
    """When each file was last written, but for the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".lock"))
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.parametrize("method", ["auto", "local", "global", "drift", "basic"])
def test_query_json_has_the_documented_shape(project: Path, method: str) -> None:
    done = _run("query", "Who sold the Aldane Mill?", "-m", method, "--json", cwd=project)
    answer = json.loads(done.stdout)
    assert list(answer) == [
        *("question", "text", "method", "citations", "tree", "usage"),
        *("notes", "form", "items", "probability", "checks"),
    ]
    assert answer["question"] == "Who sold the Aldane Mill?"
    assert answer["form"] in get_args(Form)
    assert [list(item) for item in answer["items"]] == [["text", "heading", "date"]] * len(answer["items"])
    tokens = dict.fromkeys(("calls", "prompt_tokens", "completion_tokens", "cached_tokens"), 0)
    assert answer["usage"] == {**tokens, "estimated": False, "money": 0.0}
    assert (answer["tree"] is not None) == (method == "drift")
    keys = ["mark", "document_id", "document_title", "text_unit_id", "start", "end", "quote", "date", "path", "source"]
    assert [list(citation) for citation in answer["citations"]] == [keys] * len(answer["citations"])
    if method == "drift":
        assert list(answer["tree"]) == [
            *("question", "answer", "score", "citations", "children", "relevance", "usage", "follow_ups")
        ]
    if method in ("local", "basic"):
        assert "sale.txt" in {citation["path"] for citation in answer["citations"]}


def test_the_question_can_come_from_older_habits_and_from_elsewhere(project: Path, tmp_path: Path) -> None:
    done = _run("query", "--root", str(project), "--method", "local", "--query", "Who sold the mill?", cwd=tmp_path)
    assert "Mill sold" in done.stdout


def test_an_ascii_terminal_gets_ascii(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "graphrag_drift", "query", "Who sold the mill?", "-m", "drift"],
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.isascii()


def test_status_and_export_say_what_there_is(project: Path, tmp_path: Path) -> None:
    status = json.loads(_run("status", "--json", cwd=project).stdout)
    assert (status["counts"]["documents"], status["damage"]) == (2, [])
    assert "documents: 2" in _run("status", "--why", cwd=project).stdout
    assert _run("export", "-o", str(tmp_path / "graph.graphml"), cwd=project).returncode == 0
    assert "Petra Voss" in (tmp_path / "graph.graphml").read_text("utf-8")
    assert _run("export", "-f", "csv", "-o", str(tmp_path / "tables"), cwd=project).returncode == 0
    assert (tmp_path / "tables" / "documents.csv").read_text("utf-8").count("Aldane Mill") >= 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["query", "Who?"], 2, "there is no settings file"),
        (["query"], 2, "there is no question"),
        (["index", "-r", "nowhere"], 2, "there is no folder 'nowhere'"),
        (["query", "Who?", "--methode", "local"], 2, "--methode"),
        (["query", "Who?", "-m", "best"], 2, "best"),
        (["status"], 2, "there is no settings file"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = _run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"status -r {'a' * 300}", "File name too long"),
        ("documents > /dev/full", "No space left"),
        ("documents --json > /dev/full", "No space left"),
        ("documents >&-", ""),
        ("chat <&-", ""),
        ("query Voss --history deep.json", "cannot be read"),
        ("query $'Voss \\xff' -o answer.md", ""),
    ],
)
def test_what_the_system_refuses_is_one_sentence(command: str, said: str, project: Path) -> None:
    (project / "deep.json").write_text("[" * 100_000)
    shell = ["bash", "-c", f"{sys.executable} -m graphrag_drift {command}"]
    done = subprocess.run(shell, cwd=project, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr
    assert said in done.stderr
    assert (done.returncode > 0) == bool(said)


def test_asking_before_indexing_says_what_to_run(tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    done = _run("query", "Who?", cwd=tmp_path)
    assert done.returncode == 1
    assert "run `graphrag-drift index` first" in done.stderr


def test_fault_53_an_empty_folder_is_named_with_its_pattern(tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    done = _run("index", cwd=tmp_path)
    assert done.returncode == 2
    assert "'**/*'" in done.stderr


def test_what_was_set_aside_is_named_and_the_exit_code_is_3(tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    (tmp_path / "input" / "good.txt").write_text(ARTICLES["fire.txt"], "utf-8")
    (tmp_path / "input" / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00")
    done = _run("index", cwd=tmp_path)
    assert done.returncode == 3
    assert "picture.txt" in done.stdout
    assert "fire" in _run("query", "What burnt at the Aldane Mill?", "-m", "basic", cwd=tmp_path).stdout


def test_fault_73_a_formula_in_a_title_is_no_formula_in_csv(tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    row: dict[str, Any] = {"title": "=HYPERLINK(1)", "text": "Petra Voss met Corin Hale in Aldane."}
    (tmp_path / "input" / "rows.jsonl").write_text(json.dumps(row), "utf-8")
    _run("index", cwd=tmp_path)
    _run("export", "-f", "csv", "-o", "tables", cwd=tmp_path)
    assert "'=HYPERLINK(1)" in (tmp_path / "tables" / "documents.csv").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_faults_77_and_78_an_interrupted_run_publishes_nothing(number: signal.Signals, tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    for article in range(300):
        text = " ".join(f"Petra Voss{n} met Corin Hale{article} at Aldane Mill{n + article}." for n in range(60))
        (tmp_path / "input" / f"{article}.txt").write_text(text, "utf-8")
    command = [sys.executable, "-m", "graphrag_drift", "index"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "Dividing" in process.stderr.readline()
    process.send_signal(number)
    _, said = process.communicate(timeout=GUARD_SECONDS)
    assert (process.returncode, "Interrupted" in said, "Traceback" in said) == (130, True, False)
    assert not (tmp_path / "output" / "manifest.json").exists()


def test_the_demo_shows_a_value_the_latest_a_corrected_figure_and_a_tree_of_drift(tmp_path: Path) -> None:
    done = _run("demo", "--json", cwd=tmp_path)
    owner, latest, gallons, connection, recorded = json.loads(done.stdout)
    assert (owner["form"], owner["items"][0]["heading"]) == ("box", "$340 million")
    days = [item["date"] for item in latest["items"]]
    assert (latest["form"], days) == ("timeline", sorted(days, reverse=True))
    assert all(figure in gallons["text"] for figure in ("1,200 gallons", "4,100 gallons"))
    assert any("reports differ" in note for note in gallons["notes"])
    assert (connection["method"], bool(connection["tree"]["children"])) == ("drift", True)
    assert "Contaminated water was the likely cause" in connection["text"]
    assert all(answer["citations"] for answer in (owner, latest, gallons, connection))
    written = json.loads((Path(__file__).parents[1] / "examples/newsroom/recorded_answer.json").read_text("utf-8"))
    assert len(recorded["citations"]) == len(written["rows"])
    assert any(note.startswith("recorded: a model wrote this reply once") for note in recorded["notes"])
    assert not any("not borne out" in note or "doubt" in note for note in recorded["notes"])
    assert list(tmp_path.iterdir()) == []


def test_prompts_are_exported_to_be_changed(tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    written = json.loads(_run("prompts", "export", "--json", cwd=tmp_path).stdout)["written"]
    assert "prompts/extract_graph.md" in written
    (tmp_path / "prompts" / "extract_graph.md").write_text("mine", "utf-8")
    assert json.loads(_run("prompts", "export", "--json", cwd=tmp_path).stdout)["written"] == []
    assert (tmp_path / "prompts" / "extract_graph.md").read_text("utf-8") == "mine"


def test_a_project_without_a_model_says_that_no_replies_are_kept(tmp_path: Path) -> None:
    _run("init", cwd=tmp_path)
    done = _run("cache", "stats", cwd=tmp_path)
    assert done.returncode == 2
    assert "no model is set" in done.stderr
