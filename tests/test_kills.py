"""A sample of `benchmarks/kills.py`: a run killed at a write loses and mixes nothing, and the next completes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clock import GUARD_SECONDS

PROJECT = Path(__file__).parent.parent


@pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")
def test_a_run_with_a_model_that_is_killed_at_a_write_loses_and_mixes_nothing() -> None:
    command = [sys.executable, str(PROJECT / "benchmarks" / "kills.py"), "--first", "45", "--every", "90", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=GUARD_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    series = json.loads(done.stdout)
    assert [(kills["mixed"], kills["different"]) for kills in series] == [(0, 0), (0, 0)]
    assert all(kills["kills"] and kills["most_repeated"] <= 2 for kills in series)
