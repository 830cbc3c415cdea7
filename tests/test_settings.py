"""settings.yaml: what is read from it, and what a mistake in it is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphrag_drift.cli.project import TEMPLATE, write_project
from graphrag_drift.errors import SettingsError
from graphrag_drift.settings import Settings
from graphrag_drift.settings_file import load_settings, parse_settings


def _fault(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, root=Path("."), name="settings.yaml")
    return str(caught.value)


def test_the_written_settings_are_the_defaults() -> None:
    assert parse_settings(TEMPLATE, root=Path("."), name="settings.yaml") == Settings()


def test_an_empty_file_and_empty_sections_mean_the_defaults() -> None:
    assert parse_settings("", root=Path("."), name="x") == Settings()
    assert parse_settings("input:\nchunking:\n", root=Path("."), name="x") == Settings()


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_name() -> None:
    message = _fault("chunking:\n  size: 200\n  overlapp: 10\n")
    assert message == "settings.yaml, line 3: unknown setting 'chunking.overlapp'; did you mean 'overlap'?"


def test_an_unknown_section_is_named_with_the_nearest_one() -> None:
    assert "unknown setting 'drift'; did you mean 'drift_search'?" in _fault("drift:\n  rounds: 1\n")


def test_a_wrong_value_is_named_with_its_line() -> None:
    message = _fault("chunking:\n  size: many\n")
    assert message.startswith("settings.yaml, line 2: setting 'chunking.size' has the value 'many':")


def test_an_overlap_that_would_never_end_is_refused() -> None:
    assert "overlap 200 must be at most half of size 300" in _fault("chunking: {size: 300, overlap: 200}")


def test_variables_come_from_the_environment_and_from_the_file_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("NEWS_FOLDER=from-file\nOUT=out-file\n", "utf-8")
    (tmp_path / "settings.yaml").write_text("input: {folder: '${NEWS_FOLDER}'}\noutput: {folder: '${OUT}'}\n", "utf-8")
    monkeypatch.setenv("NEWS_FOLDER", "from-environment")
    settings = load_settings(tmp_path)
    assert (settings.input.folder, settings.output.folder) == ("from-environment", "out-file")
    assert settings.input_folder == tmp_path / "from-environment"


def test_fault_92_an_unset_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    assert "line 2: the variable 'NOWHERE_SET' is not set" in _fault("input:\n  folder: ${NOWHERE_SET}\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\nb: [*a, *a]\n",
        "input: !!python/object/apply:os.system ['true']\n",
        "input: [1, 2\n",
        "- input\n",
        "input: {folder: [1]}\n",
    ],
)
def test_fault_94_bombs_tags_and_broken_yaml_are_one_sentence(text: str) -> None:
    assert _fault(text).startswith("settings.yaml")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="graphrag-drift init"):
        load_settings(tmp_path)


def test_a_project_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    write_project(tmp_path, force=False)
    with pytest.raises(SettingsError, match="--force"):
        write_project(tmp_path, force=False)
    assert write_project(tmp_path, force=True) == ["settings.yaml", "input/"]
