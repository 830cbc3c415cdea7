"""The notebooks run from top to bottom, and hold what they printed."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import shutil
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from graphrag_drift import Settings

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of code."""
    notebook = json.loads(path.read_text("utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def folder(newsroom_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside which the newsroom is indexed already: the first cell finds it up to date."""
    place = tmp_path_factory.mktemp("notebooks")
    shutil.copytree(newsroom_settings.output_folder, place / "newsroom" / "output", symlinks=True)
    for file in (*FOLDER.glob("*.py"), *FOLDER.glob("*.json")):
        shutil.copy(file, place)
    return place


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plt.switch_backend("agg")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    code = "\n".join("".join(cell["source"]) for cell in cells(path))
    names: dict[str, Any] = {"__name__": "notebook"}
    result = eval(compile(code, path.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if inspect.iscoroutine(result):
        asyncio.run(result)
    plt.close("all")


def test_there_are_five_and_each_is_numbered() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["1-", "2-", "3-", "4-", "5-"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_small_outputs_and_no_errors(path: Path) -> None:
    outputs = [output for cell in cells(path) for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "execute_result", "display_data"}
    assert outputs
    assert path.stat().st_size < 200_000
    texts = json.dumps([{**output, "data": {}} for output in outputs])
    assert re.findall(r"/(?:home|root|tmp|Users|work)/\S*", texts) == []
