"""The chat: what a person types, what a pipe holds, and what Ctrl-C ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clock import GUARD_SECONDS
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from graphrag_drift import Index, Settings
from graphrag_drift.cli.chat import Chat, complete
from graphrag_drift.cli.prompt import NameCompleter, prompt_session
from graphrag_drift.cli.terminal import Page

QUESTION = "Who was elected mayor of Port Ellery?"


@pytest.fixture
def project(newsroom_settings: Settings) -> Iterator[Path]:
    """The project of the newsroom, with its input where its settings say."""
    file = newsroom_settings.root / "settings.yaml"
    counting = "chunking: {encoding_model: approximate}"  # a vocabulary takes long to load
    file.write_text(f"{counting}\ninput: {{folder: '{newsroom_settings.input_folder}'}}\n", "utf-8")
    yield newsroom_settings.root
    file.unlink()


def _talk(index: Index, lines: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a chat of these lines."""
    rest = iter(lines)

    def read() -> str:
        try:
            return next(rest)
        except StopIteration:
            raise EOFError from None

    with asyncio.Runner() as runner:
        code = Chat(index, Page(terminal=False), runner, "auto", None).run(read)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_follow_up_in_a_chat_is_about_whom_the_answer_before_named(
    newsroom_index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown, _ = _talk(newsroom_index, [QUESTION, "What will she do first?"], capsys)
    assert code == 0
    assert "Note: the question was read as 'What will she do first? (Miriam Oyelaran" in shown
    assert shown.count("Note: this answer is extractive") == 1


def test_a_chat_forgets_what_was_said_before_new(newsroom_index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = _talk(newsroom_index, [QUESTION, "/new", "What will she do first?"], capsys)
    assert "was read as" not in shown


def test_commands_show_what_is_behind_an_answer_and_save_it(
    newsroom_index: Index, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saves = [f"/save {tmp_path / 'chat.md'}", f"/save {tmp_path / 'last.json'}"]
    lines = ["/method drift", QUESTION, "/sources 1", "/tree", *saves, "/quit", "this is not read"]
    code, shown, errors = _talk(newsroom_index, lines, capsys)
    assert (code, errors) == (0, "")
    assert "Questions are answered by drift." in shown
    assert "Oyelaran" in shown.split("Sources", 1)[1]
    assert f"{QUESTION}\n├── (" in shown
    assert (tmp_path / "chat.md").read_text("utf-8").startswith(f"# {QUESTION}\n")
    assert '"method": "drift"' in (tmp_path / "last.json").read_text("utf-8")


def test_commands_show_entities_and_timelines(newsroom_index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = _talk(newsroom_index, ["/entity oyelaran", "/timeline Kestrel Advisory"], capsys)
    assert shown.startswith("Miriam Oyelaran (person)\n")
    assert "2025-03-11  The 64-page report was written last summer by Kestrel Advisory" in shown


def test_a_mistake_in_a_chat_is_one_sentence_and_the_chat_goes_on(
    newsroom_index: Index, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mistakes = ["/tre", "/tree", "/sources", "/method dift", "/entity", "/entity Oyelarn", "/save", QUESTION]
    later = [
        "/sources 99",
        "/tree",
        f"/save {tmp_path / 'no' / 'chat.md'}",
        "/save chat.txt",
        "/save ~no-such-user/a.md",
        "/help",
    ]
    code, shown, errors = _talk(newsroom_index, mistakes + later, capsys)
    assert code == 2
    sentences = errors.splitlines()
    assert [line.startswith("Error: ") for line in sentences] == [True] * 12
    assert sentences[0] == "Error: there is no '/tre'; is it /tree? /help lists what there is"
    assert "nearest are 'Miriam Oyelaran'" in sentences[5]
    assert "Ctrl-C ends an answer." in shown


def test_ctrl_c_ends_an_answer_and_not_the_chat_of_piped_lines(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        model = f"models: {{query: {{model: m, base_url: '{url}', context_window: 8192}}}}\n"
        with (project / "settings.yaml").open("a", encoding="utf-8") as file:
            file.write(model)
        command = [sys.executable, "-m", "graphrag_drift", "chat", "-r", str(project), "-m", "basic"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8") as chat:
            assert chat.stdin is not None
            chat.stdin.write(f"{QUESTION}\n")
            chat.stdin.flush()
            silent.settimeout(GUARD_SECONDS)
            connection, _ = silent.accept()
            with connection:
                connection.settimeout(GUARD_SECONDS)
                assert connection.recv(10)  # the model was asked, and says nothing
                chat.send_signal(signal.SIGINT)
                shown, errors = chat.communicate("/entity Oyelaran\n", timeout=GUARD_SECONDS)
    assert shown.startswith(f"> {QUESTION}\n")
    assert "Interrupted; the conversation goes on without this question.\n" in shown
    assert "\n> /entity Oyelaran\nMiriam Oyelaran (person)\n" in shown
    assert "\x1b" not in shown
    assert (chat.returncode, "Traceback" in errors) == (0, False)


TITLES = ["Miriam Oyelaran", "Oyelaran & Beck LLP", "Port Ellery", "Port of Ellery Authority"]


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("/ti", [("/timeline", 3)]),
        ("/method dr", [("drift", 2)]),
        ("/entity oye", [("Miriam Oyelaran", 3), ("Oyelaran & Beck LLP", 3)]),
        ("/timeline port el", [("Port Ellery", 7)]),
        ("Who runs Port of", [("Port of Ellery Authority", 7)]),
        ("Who is Oyelaran & B", [("Oyelaran & Beck LLP", 12)]),
        ("Who is ", []),
        ("zz", []),
    ],
)
def test_the_end_of_a_line_is_completed(line: str, completed: list[tuple[str, int]]) -> None:
    assert list(complete(line, TITLES)) == completed


def test_tab_puts_a_name_in_the_place_of_its_beginning() -> None:
    completer = NameCompleter(lambda line: complete(line, TITLES))
    pairs = [
        (each.text, each.start_position) for each in completer.get_completions(Document("Is Miri"), CompleteEvent())
    ]
    assert pairs == [("Miriam Oyelaran", -4)]


def test_a_terminal_takes_a_paste_of_several_lines_and_remembers_lines(tmp_path: Path) -> None:
    history = tmp_path / "cache" / "history"
    with create_pipe_input() as keys:
        read = prompt_session("> ", history, lambda line: (), input=keys, output=DummyOutput())
        keys.send_text("\x1b[200~Who left\nthe port?\x1b[201~\r")
        assert read() == "Who left\nthe port?"
        keys.send_text("Why?\r")
        assert read() == "Why?"
        keys.send_text("\x03")
        with pytest.raises(KeyboardInterrupt):
            read()
        keys.send_text("\x04")
        with pytest.raises(EOFError):
            read()
    assert "+Why?\n" in history.read_text("utf-8")
    if os.name == "posix":
        assert history.stat().st_mode & 0o077 == 0
