"""explain: from a sentence to the characters of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import run_command

from graphrag_drift import Index
from graphrag_drift.answer.as_json import answer_json
from graphrag_drift.answer.explain import explain
from graphrag_drift.errors import SettingsError

QUESTION = "What do the port strike and the drug trial have to do with each other?"


def test_each_citation_leads_through_question_finding_and_relationship_to_the_file(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync(QUESTION, method="drift")
    chains = explain(answer, newsroom_index.graph)
    assert {chain.mark for chain in chains} == {citation.mark for citation in answer.citations}
    folder = newsroom_index.settings.input_folder
    for chain in chains:
        assert chain.sentence in answer.text
        assert chain.branches
        assert " ".join(chain.quote.split())[:20] in " ".join((folder / chain.file).read_text("utf-8").split())
        assert newsroom_index.graph.text_units["id"].is_in([chain.text_unit_id]).any()
    assert any(chain.findings for chain in chains)
    assert any(chain.relationships for chain in chains)


def test_an_answer_of_another_index_is_refused(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync("Who is Ingrid Solvay?", method="local")
    wrong = answer.citations[0].__class__(**{**_fields(answer.citations[0]), "start": 0, "end": 1})
    with pytest.raises(SettingsError, match="as another index has it"):
        explain(answer.__class__(answer.question, answer.text, "local", (wrong,)), newsroom_index.graph)


def _fields(citation: object) -> dict[str, object]:
    names = ("mark", "document_id", "document_title", "text_unit_id", "start", "end", "quote")
    return {name: getattr(citation, name) for name in names}


def test_the_command_prints_the_chain(newsroom_index: Index, tmp_path: Path) -> None:
    root = newsroom_index.settings.root
    (root / "settings.yaml").write_text("{}\n", "utf-8")
    answer = newsroom_index.ask_sync("Who is Ingrid Solvay?", method="local")
    (tmp_path / "answer.json").write_text(json.dumps(answer_json(answer)), "utf-8")
    arguments = ("explain", str(tmp_path / "answer.json"), "-r", str(root))
    done = run_command(*arguments)
    assert done.returncode == 0, done.stderr
    assert "text unit " in done.stdout
    assert ", file 2025-" in done.stdout
    found = json.loads(run_command(*arguments, "--json").stdout)
    assert [chain["mark"] for chain in found] == [citation.mark for citation in answer.citations]
