"""What several tests need: the example newsroom, indexed once, and one profile of Hypothesis."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from endpoints import indexed, server_in_a_thread
from object_store import S3, s3_server

from graphrag_drift import Index, Settings, build_index_sync

PROJECT = Path(__file__).parent.parent
NEWSROOM = PROJECT / "examples" / "newsroom"

# The same examples on every machine however busy, and what fails can be repeated from the log.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True, max_examples=100)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def newsroom_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index over the example articles, which is built."""
    root = tmp_path_factory.mktemp("newsroom")
    settings = Settings.model_validate({"root": root, "input": {"folder": str(NEWSROOM / "articles")}})
    build_index_sync(settings)
    return settings


@pytest.fixture(scope="session")
def newsroom_index(newsroom_settings: Settings) -> Index:
    """The opened index of the example newsroom."""
    return Index.open_sync(newsroom_settings)


@pytest.fixture(scope="session")
def newsroom_questions() -> list[dict[str, Any]]:
    """The example questions with their gold articles."""
    return [json.loads(line) for line in (NEWSROOM / "questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def read_by_a_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project and its index, read by the obedient model."""
    root = tmp_path_factory.mktemp("read_by_a_model")
    with server_in_a_thread() as server:
        indexed(root, server.base_url)
    return root


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """A server of objects on this machine."""
    with s3_server() as server:
        yield server


@pytest.fixture
def root(read_by_a_model: Path, tmp_path: Path) -> Path:
    """A copy of that project and its index for one test, which lets a model of its own read on."""
    return shutil.copytree(read_by_a_model, tmp_path / "project", symlinks=True)
