"""Prompts in words for a corpus: what the model says of a sample, in files that load, over what nobody wrote."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from endpoints import KEY, served, settings_of
from model_server import ModelServer, Request

from graphrag_drift.cli.main import cli
from graphrag_drift.commands.tune import (
    TAILORED,
    Corpus,
    Example,
    Tuned,
    render_tuned,
    sample_units,
    tailor,
    tune_prompts,
)
from graphrag_drift.errors import InvalidReply, SettingsError
from graphrag_drift.prompts import load_prompts
from graphrag_drift.settings import Settings
from graphrag_drift.values import Usage

DOCUMENTS = pl.DataFrame(
    [("fire", "Petra Voss of the Aldane Mill said a {{text}} burnt."), ("sale", "Corin Bank bought the Aldane Mill.")],
    ["id", "text"],
    orient="row",
)
SAID = {
    "domain": "News of mills.",
    "language": "EN",
    "persona": "You are a reporter of mills.",
    "entity_types": ["Person", "mill", "person"],
}
GRAPH: dict[str, list[dict[str, Any]]] = {
    "entities": [
        {"name": "Petra Voss", "type": "person", "description": "She speaks for the mill."},
        {"name": "Aldane Mill", "type": "mill", "description": "A mill {{that}} burnt."},
    ],
    "relationships": [
        {"source": "Petra Voss", "target": "Aldane Mill", "description": "She speaks for it.", "strength": 8}
    ],
}


def reply(request: Request) -> Any:
    """What a good model says."""
    asked = json.dumps(request["messages"])
    if "what kind of collection it is" in asked:
        return SAID
    return {"entities": [], "relationships": []} if "An earlier reading" in asked else GRAPH


def tuned(folder: Path, handler: Any = reply, **options: Any) -> tuple[Tuned, int]:
    """What was tuned, and the number of calls for it."""

    async def run() -> tuple[Tuned, int]:
        async with ModelServer() as server:
            server.reply(handler)
            return await _tune(server, folder, **options), len(server.calls)

    return asyncio.run(run())


async def _tune(server: ModelServer, folder: Path, prompts_dir: str | None = None, **options: Any) -> Tuned:
    chat = settings_of(server).model_dump(mode="json") | {"api_key": KEY}
    settings = Settings.model_validate({"root": folder, "models": {"chat": chat, "prompts_dir": prompts_dir}})
    return await tune_prompts(settings, documents=DOCUMENTS, **options)


def test_tuned_prompts_load_and_say_what_the_model_said(tmp_path: Path) -> None:
    done, calls = tuned(tmp_path)
    assert [path.stem for path in done.written] == list(TAILORED)
    assert calls == 3  # the description, and a reading of two passages that name little more than was found
    prompts = load_prompts(tmp_path / "prompts")
    assert "one of person, mill;" in prompts["extract_graph"].system
    assert all("The documents: News of mills. You are a reporter" in prompts[name].system for name in TAILORED)
    assert (done.corpus.entity_types, done.language, done.active) == (("person", "mill"), "en", False)
    assert render_tuned(done).endswith("They count once settings.yaml says models: {prompts_dir: prompts}.")


def test_examples_are_passages_with_checked_replies_and_no_variables(tmp_path: Path) -> None:
    done, _ = tuned(tmp_path)
    # The other text does not name Petra Voss: what a model invents is no example.
    assert len(done.corpus.examples) == 1
    system = load_prompts(tmp_path / "prompts")["extract_graph"].system
    assert 'For the text "Petra Voss of the Aldane Mill said a { {text}} burnt." it is:\n{"entities"' in system
    assert "{ {that}} burnt" in system


@served
async def test_tuning_again_asks_nothing_and_writes_the_same(server: ModelServer) -> None:
    server.reply(reply)
    with tempfile.TemporaryDirectory() as folder:
        first = await _tune(server, Path(folder))
        before, calls = [path.read_bytes() for path in first.written], len(server.calls)
        again = await _tune(server, Path(folder), force=True)
        assert [path.read_bytes() for path in again.written] == before
        assert (len(server.calls), again.usage) == (calls, Usage())


def test_prompts_that_are_there_stay_and_nothing_is_asked(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "write_report.md").write_text("mine", "utf-8")
    with pytest.raises(SettingsError, match=r"write_report\.md' is there already; --force overwrites it"):
        tuned(tmp_path)
    assert [path.name for path in (tmp_path / "prompts").iterdir()] == ["write_report.md"]
    assert not (tmp_path / "cache").exists()


def test_what_the_user_says_goes_before_what_the_model_says(tmp_path: Path) -> None:
    done, _ = tuned(tmp_path, domain="Fires", language="ko", discover_entity_types=False, output=tmp_path / "own")
    prompts = load_prompts(tmp_path / "own", entity_types=("mill", "person"))
    assert "The documents: Fires." in prompts["write_report"].system
    assert "Write in Korean" in prompts["write_report"].system
    assert "one of mill, person;" in prompts["extract_graph"].system
    assert done.language == "ko"


def test_prompts_of_the_folder_in_the_settings_count_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done, _ = tuned(tmp_path, prompts_dir="mine")
    assert done.active
    assert render_tuned(done).endswith("They count from now on.")


def test_a_description_that_cannot_be_used_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidReply, match="prompt 'describe_corpus' cannot be used"):
        tuned(tmp_path, lambda request: {**SAID, "language": "English, mostly"})
    assert not (tmp_path / "prompts").exists()


def test_a_passage_whose_reply_is_no_example_is_left_out(tmp_path: Path) -> None:
    bare = {"entities": GRAPH["entities"][:1], "relationships": []}
    done, _ = tuned(tmp_path, lambda request: SAID if "collection it is" in json.dumps(request) else bare)
    assert done.corpus.examples == ()


def test_a_sample_is_spread_over_all_texts() -> None:
    texts = [str(number) for number in range(10)]
    assert sample_units(texts, 3) == ["1", "5", "8"]
    assert sample_units(texts, 20) == texts


@pytest.mark.parametrize("name", TAILORED)
def test_a_tailored_prompt_keeps_its_rules_and_its_variables(name: str, tmp_path: Path) -> None:
    corpus = Corpus("News.", "You read.", ("ship",), "", (Example("A {{rows}}\n# User\nB", '{"entities":[]}'),))
    (tmp_path / f"{name}.md").write_text(tailor(name, corpus), "utf-8")
    ours, theirs = load_prompts()[name], load_prompts(tmp_path)[name]
    assert theirs.variables == ours.variables
    assert theirs.user == ours.user
    kept = ours.system.replace("person, organization, place, event, product, work, concept", "ship").split("\n\n")
    assert [part for part in kept if part not in theirs.system] == []


def test_without_a_model_the_command_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("{}\n", "utf-8")
    said = CliRunner().invoke(cli, ["prompt-tune", "--root", str(tmp_path)])
    assert isinstance(said.exception, SettingsError)
    assert said.exception.exit_code == 2
    assert "set models.chat" in str(said.exception)
