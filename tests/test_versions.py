"""What makes a step run again: code that shapes an index, not code that answers questions; and what a run loads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "graphrag_drift"
LOADED = "print(sorted({name.partition('.')[0] for name in sys.modules} & set(sys.argv[3:])))"
BUILD = f"""
import sys
from graphrag_drift import Settings
from graphrag_drift.app import build_index_sync
build_index_sync(Settings.model_validate({{"root": sys.argv[1], "input": {{"folder": sys.argv[2]}}}}))
{LOADED}
"""
ASK = f"""
import sys
from graphrag_drift import Index, Settings
settings = Settings.model_validate({{"root": sys.argv[1], "input": {{"folder": sys.argv[2]}}}})
Index.open_sync(settings).ask_sync("Who leads the Harbour Office?")
{LOADED}
"""
CHANGED_STEPS = """
import sys
from pathlib import Path
from graphrag_drift import Settings, versions
from graphrag_drift.app import standard_pipeline
from graphrag_drift.indexing.pipeline import fingerprint
from graphrag_drift.providers.resolve import models_for

assert Path(versions.__file__).parent == Path.cwd() / "graphrag_drift", versions.__file__
settings = Settings.model_validate({"models": {"chat": {"model": "m", "api_key": "k"}} if sys.argv[1] == "llm" else {}})

def fingerprints():
    versions.code_version.cache_clear()
    steps = standard_pipeline(models_for(settings), settings, period="")
    return {step.name: fingerprint(step, dict.fromkeys(step.causes, "")) for step in steps}

before = fingerprints()
for name in sys.argv[2:]:
    path = Path("graphrag_drift", name)
    path.write_text(path.read_text("utf-8") + "# edited\\n", "utf-8")
    after = fingerprints()
    print(*[step for step in after if after[step] != before[step]])
    before = after
"""


def run_python(code: str, *arguments: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_without_models_loads_no_client_of_models_and_no_lancedb(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.txt").write_text(
        "Ingrid Solvay leads the Harbour Office in Tallow. She met Piet Brandt on Monday.\n"
    )
    unused = ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "tenacity", "lancedb", "pyarrow")
    folders = (str(tmp_path / "root"), str(documents))
    assert run_python(BUILD, *folders, *unused, folder=PACKAGE.parent) == "[]\n"
    assert run_python(ASK, *folders, *unused, folder=PACKAGE.parent) == "[]\n"


@pytest.fixture
def copy_of_package(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "graphrag_drift", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_of_the_embedded_reader_only_what_answers_the_tasks_of_indexing_makes_steps_run_again(
    copy_of_package: Path,
) -> None:
    folder = "providers/embedded"
    answering = (
        "choose",
        "features",
        "chains",
        "compare",
        "follow_ups",
        "compose",
        "question",
        "reduce",
        "support",
        "reader",
    )
    edits = [*(f"{folder}/{name}.py" for name in answering), "__init__.py", "index.py", "query/router.py"]
    shaping = ("extraction", "reports")
    edits += [f"{folder}/{name}.py" for name in shaping]
    steps = run_python(CHANGED_STEPS, "embedded", *edits, folder=copy_of_package).splitlines()
    asks_the_reader = "extract report"
    assert dict(zip(edits, steps, strict=True)) == {
        edit: asks_the_reader if Path(edit).stem in shaping else "" for edit in edits
    }


def test_of_the_reader_that_asks_models_only_what_shapes_the_index_makes_steps_run_again(
    copy_of_package: Path,
) -> None:
    edits = ["providers/llm/reader.py", "providers/openai/connection.py", "prompts/answer_question.md"]
    shaping = ["providers/llm/extraction.py", "providers/llm/indexing.py", "providers/llm/drafts.py"]
    steps = run_python(CHANGED_STEPS, "llm", *edits, *shaping, folder=copy_of_package).splitlines()
    asks_the_reader = "extract resolve describe report"
    assert dict(zip([*edits, *shaping], steps, strict=True)) == {
        **dict.fromkeys(edits, ""),
        **dict.fromkeys(shaping, asks_the_reader),
    }
