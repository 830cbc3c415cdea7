"""What is shipped besides the package: the container in a bare environment, the action's steps, the metadata.

Neither a container nor GitHub is needed: their files are read, and what they would run is run.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from clock import GUARD_SECONDS

PROJECT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
ARTICLES = {
    "fire.txt": "Mill fire\n\nA fire destroyed the Aldane Mill on Monday. Owner Petra Voss said nobody was hurt.",
    "sale.txt": "Mill sold\n\nPetra Voss sold the Aldane Mill to Corin Bank on Friday for $2 million.",
}


def instruction(name: str) -> Any:
    """The arguments of the last such line of the Dockerfile, which are a list."""
    lines = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return json.loads(re.findall(rf"^{name}\b[^\[\n]*(\[.*\])$", lines, re.MULTILINE)[-1])


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `graphrag-drift` and `python` of this environment, and nothing else."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "python").symlink_to(sys.executable)
    script = folder / "graphrag-drift"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m graphrag_drift "$@"\n')
    script.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with documents in `texts`."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "texts").mkdir()
    for name, text in ARTICLES.items():
        (folder / "texts" / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def outputs(workspace: Path, commands: Path) -> dict[str, str]:
    """What the action's own steps put out, when they run in the checkout as GitHub would run them."""
    contexts = {
        "github.workspace": str(workspace),
        "runner.temp": str(workspace / "temporary"),
        "inputs.folder": "texts",
        "inputs.page": "explorer.html",
    }
    written = workspace / "outputs"
    for step in yaml.safe_load((PROJECT / "action.yml").read_text("utf-8"))["runs"]["steps"]:
        if "run" not in step or step["name"] == "Install":
            continue
        variables = {
            name: re.sub(r"\$\{\{ (\S+) \}\}", lambda match: contexts[match[1]], value)
            for name, value in step["env"].items()
        }
        variables |= {"PATH": f"{commands}:/usr/bin:/bin", "GITHUB_OUTPUT": str(written)}
        subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], check=True, cwd=workspace, env=variables)
    return dict(line.split("=", 1) for line in written.read_text("utf-8").splitlines())


def test_the_action_indexes_a_folder_and_says_where_the_page_is(workspace: Path, outputs: dict[str, str]) -> None:
    assert outputs == {"page": str(workspace / "explorer.html")}
    page = (workspace / "explorer.html").read_text("utf-8")
    assert "Petra Voss sold the Aldane Mill" in page
    assert sorted(path.name for path in (workspace / "texts").iterdir()) == sorted(ARTICLES)


def test_the_steps_of_the_action_use_what_it_declares() -> None:
    action = yaml.safe_load((PROJECT / "action.yml").read_text("utf-8"))
    text = (PROJECT / "action.yml").read_text("utf-8")
    assert set(re.findall(r"inputs\.(\w+)", text)) == set(action["inputs"])
    assert action["outputs"]["page"]["value"] == "${{ steps.page.outputs.page }}"
    # What a caller gives reaches a shell only through the environment.
    assert [step["name"] for step in action["runs"]["steps"] if "${{" in step.get("run", "")] == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _started(command: list[str], folder: Path, variables: dict[str, str]) -> Iterator[str]:
    """What the process says first; it is ended afterwards."""
    process = subprocess.Popen(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline()
    finally:
        process.terminate()
        process.wait(GUARD_SECONDS)


def test_the_container_serves_its_volume_in_a_bare_environment(
    workspace: Path, outputs: dict[str, str], commands: Path, tmp_path: Path
) -> None:
    """No HOME, no locale, no user: what a container with a user of its own and a read-only root has."""
    data = shutil.copytree(workspace / "temporary" / "graphrag-drift", tmp_path / "data", symlinks=True)
    port = str(_free_port())
    bare = {"PATH": str(commands), "DOCUMENTS": str(workspace / "texts"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["/bin/sh", str(commands / instruction("ENTRYPOINT")[0]), *instruction("CMD")]
    command = [part.replace("8765", port) for part in command]
    with _started(command, data, bare) as refusal:
        assert "token" in refusal
    with _started(command, data, bare | {"GRAPHRAG_DRIFT_TOKEN": "long-enough-for-a-test"}) as greeting:
        assert port in greeting
        program, *arguments = [part.replace("8765", port) for part in instruction("HEALTHCHECK")]
        subprocess.run([str(commands / program), *arguments], check=True, env=bare)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=GUARD_SECONDS)


def test_the_container_has_a_user_of_its_own_and_one_folder_to_write_to() -> None:
    lines = (PROJECT / "Dockerfile").read_text("utf-8").splitlines()
    assert "USER 10001:10001" in lines
    assert [line for line in lines if line.startswith(("VOLUME", "WORKDIR"))] == ["WORKDIR /data", "VOLUME /data"]


def test_every_extra_that_is_named_exists() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    files = [PROJECT / "README.md", PROJECT / "Dockerfile", PROJECT / "action.yml", *(PROJECT / "docs").glob("*.md")]
    files += [*(PROJECT / "notebooks").glob("*.ipynb"), *(PROJECT / "graphrag_drift").rglob("*.py")]
    named_extras = re.compile(r"(?:graphrag-drift|source|ACTION_PATH|'\.|\"\.)\[([a-z,]+)\]")
    named = {
        extra
        for file in files
        for listed in named_extras.findall(file.read_text("utf-8"))
        for extra in listed.split(",")
    }
    assert named - set(extras) == set()


def test_what_every_extra_needs_is_tested_with() -> None:
    tested = {re.split(r"[^\w.-]", each)[0] for each in PYPROJECT["dependency-groups"]["test"]}
    extras = PYPROJECT["project"]["optional-dependencies"]
    needed = {extra: {re.split(r"[^\w.-]", each)[0] for each in needs} for extra, needs in extras.items()}
    # Korean's analyser is left out: its model is large, and what it changes is tested where it is there.
    assert {extra: names - tested for extra, names in needed.items() if names - tested and extra != "ko"} == {}


def test_no_document_promises_a_package_that_is_not_published() -> None:
    files = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md"), *(PROJECT / "notebooks").glob("*.ipynb")]
    promise = re.compile(r"(?:pip|uv|pipx)x? (?:tool )?(?:install|run) [\"']?graphrag[-_]drift")
    assert {file.name: found for file in files if (found := promise.findall(file.read_text("utf-8")))} == {}


def test_the_package_says_that_it_is_typed() -> None:
    assert (PROJECT / "graphrag_drift" / "py.typed").exists()
    assert "py.typed" in PYPROJECT["tool"]["setuptools"]["package-data"]["graphrag_drift"]
    assert "Typing :: Typed" in PYPROJECT["project"]["classifiers"]


def test_the_pictures_are_small_and_shown_first() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text[: text.index("\n## ")])
    assert shown == ["docs/pictures/explorer.png", "docs/pictures/drift-tree.png"]
    assert [name for name in shown if (PROJECT / name).stat().st_size > 150_000] == []
