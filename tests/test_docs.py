"""What the documentation says is so: code blocks run, settings are listed, links lead somewhere."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from graphrag_drift.cli.project import TEMPLATE
from graphrag_drift.settings import Settings

PROJECT = Path(__file__).parent.parent
DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]


def _run(code: str) -> None:
    compiled = compile(code, "documentation", "exec", flags=__import__("ast").PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}
    result = eval(compiled, names)
    if asyncio.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks_run_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newsroom_settings: Settings
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    if not blocks:
        return
    (tmp_path / "input").mkdir()
    for article in sorted(newsroom_settings.input_folder.glob("2025-03-*.txt")):
        (tmp_path / "input" / article.name).write_bytes(article.read_bytes())
    (tmp_path / "settings.yaml").write_text(TEMPLATE, "utf-8")
    monkeypatch.chdir(tmp_path)
    _run("\n".join(blocks))


def test_the_settings_file_of_the_project_is_the_one_that_init_writes() -> None:
    assert (PROJECT / "settings.yaml").read_text("utf-8") == TEMPLATE


def test_every_setting_is_documented_with_its_default() -> None:
    text = (PROJECT / "docs" / "settings.md").read_text("utf-8")
    missing = []
    for section, field in Settings.model_fields.items():
        model = field.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        for name, inner in model.model_fields.items():
            default = inner.default
            shown = json.dumps(list(default) if isinstance(default, tuple) else default)
            if f"| `{section}.{name}` | `{shown}` |" not in text:
                missing.append(f"| `{section}.{name}` | `{shown}` |")
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_linked_exist(path: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_readme_begins_with_two_commands() -> None:
    commands = re.findall(r"^ {4}(make \w+)", (PROJECT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]
