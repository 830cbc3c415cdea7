"""A line that is typed, by prompt_toolkit: it remembers lines, completes names at Tab, and takes pastes of many lines.

Needs the extra "chat".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

Complete = Callable[[str], Iterable[tuple[str, int]]]
_MOST = 50


class NameCompleter(Completer):
    """Completes the line before the cursor by a function of its text."""

    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What the text before the cursor may become."""
        for number, (text, replaced) in enumerate(self._complete(document.current_line_before_cursor)):
            if number == _MOST:
                return
            yield Completion(text, -replaced)


def prompt_session(prompt: str, file: Path, complete: Complete, **devices: Any) -> Callable[[], str]:
    """A function that reads a line; lines are remembered in `file`, and `devices` stand in for the terminal."""
    session: PromptSession[str] = PromptSession(
        history=_history(file), completer=NameCompleter(complete), complete_while_typing=False, **devices
    )
    return lambda: session.prompt(prompt)


def _history(file: Path) -> History:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))
