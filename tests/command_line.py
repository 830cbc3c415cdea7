"""The command line in this process: what a process of its own would give, without waiting for the start of one.

Streams, arguments, folder, environment and signal handlers are those of a process, and are as before afterwards. Tests
of what only a process has (pipes, signals, the encoding of a terminal) start one.
"""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from graphrag_drift import interrupts
from graphrag_drift.cli.main import main

WIDTH = "100"


def run_command(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `graphrag-drift` makes of `arguments`: its exit code and what it wrote, as text."""
    stdin, stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(3))
    on_term = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
            patch.setattr(sys, name, stream)
        patch.setattr(sys, "argv", ["graphrag-drift", *arguments])
        patch.setattr(interrupts, "_LISTENERS", [])
        if cwd is not None:
            patch.chdir(cwd)
        for name, value in {"COLUMNS": WIDTH, **environment}.items():
            patch.setenv(name, value)
        try:
            code = _exit_code()
        finally:
            signal.signal(signal.SIGTERM, on_term)
    return subprocess.CompletedProcess(list(arguments), code, _text(stdout), _text(stderr))


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode("utf-8")
