"""What several tests need: the example newsroom, indexed once, and one profile of Hypothesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis
import pytest

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
