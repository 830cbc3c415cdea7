"""Settings of Microsoft GraphRAG are told from ours, said in one message what they are, and translated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from graphrag_drift import MicrosoftSettings, SettingsError, load_settings
from graphrag_drift.cli.main import cli
from graphrag_drift.microsoft_settings import translate, version_of

FIRST = """\
encoding_model: cl100k_base
llm: {api_key: "${GRAPHRAG_API_KEY}", type: azure_openai_chat, model: gpt-4, api_base: "https://x.example",
  api_version: 2024-02-15-preview, deployment_name: mine, requests_per_minute: 60, max_tokens: 4000}
parallelization: {stagger: 0.3}
embeddings: {llm: {api_key: $OTHER_KEY, type: openai_embedding, model: text-embedding-3-small},
  vector_store: {type: lancedb, db_uri: output/lancedb}}
input: {type: file, file_type: text, base_dir: texts, file_encoding: utf-8, file_pattern: ".*\\\\.txt$"}
chunks: {size: 1200, overlap: 100, group_by_columns: [id]}
entity_extraction: {prompt: prompts/entity_extraction.txt, entity_types: [organization, person], max_gleanings: 2}
claim_extraction: {enabled: true, prompt: prompts/claim_extraction.txt, description: "Any claims."}
storage: {type: file, base_dir: out}
"""
SECOND = """\
models:
  default_chat_model: {type: openai_chat, auth_type: api_key, api_key: "${GRAPHRAG_API_KEY}", model: gpt-4o,
    concurrent_requests: 10, tokens_per_minute: auto, temperature: 0}
  default_embedding_model: {type: openai_embedding, api_key: "${GRAPHRAG_API_KEY}", model: text-embedding-3-small}
  small: {type: openai_chat, api_key: "${GRAPHRAG_API_KEY}", model: gpt-4o-mini}
input: {type: file, file_type: csv, base_dir: input, text_column: body, metadata: [date, author]}
chunks: {size: 100, overlap: 90}
vector_store: {default_vector_store: {type: azure_ai_search, url: "https://s.example"}}
extract_graph: {model_id: small, prompt: prompts/extract_graph.txt, entity_types: [person]}
community_reports: {model_id: default_chat_model, graph_prompt: prompts/g.txt, max_input_length: 4000}
local_search: {chat_model_id: default_chat_model, embedding_model_id: default_embedding_model, prompt: p.txt}
drift_search: {n_depth: 1}
umap: {enabled: false}
"""
THIRD = """\
completion_models:
  default_completion_model: {model_provider: ollama, model: qwen3, auth_method: api_key, api_key: sk-plain}
embedding_models:
  default_embedding_model: {model_provider: gemini, model: gemini-embedding-001, api_key: "${GEMINI_API_KEY}"}
input: {type: json}
input_storage: {type: file, base_dir: ../texts}
chunking: {type: tokens, size: 600, overlap: 60, encoding_model: o200k_base}
output_storage: {type: file, base_dir: output}
vector_store: {type: lancedb, db_uri: output/lancedb}
"""


def run(*arguments: str) -> Any:
    """What the command line does, in this process."""
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize(("text", "version"), [(FIRST, "1.x"), (SECOND, "2.x"), (THIRD, "3.x")])
def test_a_command_in_their_project_says_what_it_is_and_how_to_come_over(
    tmp_path: Path, text: str, version: str
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text, "utf-8")
    error = run("index", "-r", str(tmp_path)).exception
    assert isinstance(error, MicrosoftSettings)
    assert str(run("init", "-r", str(tmp_path)).exception) == str(error)
    message = str(error)
    assert message.startswith(f"{file} holds settings of Microsoft GraphRAG {version}, not of graphrag-drift.")
    assert "Carries over: models (" in message
    assert "Does not: " in message
    assert f"graphrag-drift init --from {file}" in message
    assert "sk-plain" not in message


def test_settings_of_1x_are_translated() -> None:
    translation = translate(yaml.safe_load(FIRST))
    assert translation.values["models"] == {
        "chat": {
            "model": "mine",
            "base_url": "https://x.example",
            "api_key": "${GRAPHRAG_API_KEY}",
            "api_version": "2024-02-15-preview",
            "parameters": {"max_tokens": 4000},
            "requests_per_minute": 60,
        },
        "embedding": {"model": "text-embedding-3-small", "api_key": "${OTHER_KEY}"},
        "entity_types": ["organization", "person"],
        "gleanings": 2,
    }
    assert translation.values["input"] == {"folder": "texts", "file_pattern": "**/*.txt", "encoding": "utf-8"}
    assert translation.values["chunking"] == {"size": 1200, "overlap": 100, "encoding_model": "cl100k_base"}
    assert translation.values["extract_claims"] == {"enabled": True, "description": "Any claims."}
    assert translation.output == "out"
    assert any(each.startswith("2 prompts") for each in translation.unmapped)
    assert any(each.startswith("parallelization (") for each in translation.unmapped)


def test_settings_of_2x_are_translated_and_models_of_their_own_keep_their_roles() -> None:
    translation = translate(yaml.safe_load(SECOND))
    models = translation.values["models"]
    assert {role: model["model"] for role, model in models.items() if isinstance(model, dict)} == {
        "extract": "gpt-4o-mini",
        "report": "gpt-4o",
        "query": "gpt-4o",
        "embedding": "text-embedding-3-small",
    }
    assert models["query"] == {
        "model": "gpt-4o",
        "api_key": "${GRAPHRAG_API_KEY}",
        "parameters": {"temperature": 0},
        "concurrent_requests": 10,
    }
    assert translation.values["input"] == {
        "folder": "input",
        "file_pattern": "**/*.csv",
        "text_column": "body",
        "metadata_columns": ["date", "author"],
    }
    assert translation.values["chunking"] == {"size": 100, "overlap": 50}
    assert translation.values["drift_search"] == {"rounds": 1}
    assert any("azure_ai_search" in each for each in translation.unmapped)


@pytest.mark.parametrize("text", [FIRST, SECOND, THIRD])
def test_what_init_writes_are_settings_of_ours_without_a_key_and_theirs_are_kept(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text, "utf-8")
    assert run("init", "--from", str(file), "-r", str(tmp_path)).exit_code == 0
    load_settings(tmp_path)
    assert "sk-plain" not in file.read_text("utf-8")
    assert (tmp_path / "settings.microsoft.yaml").read_text("utf-8") == text
    again = run("init", "--from", str(file), "-r", str(tmp_path), "--force").exception
    assert isinstance(again, SettingsError)
    assert str(again).endswith("holds settings of graphrag-drift already; there is nothing to translate")
    file.write_text(FIRST, "utf-8")
    again = run("init", "--from", str(file), "-r", str(tmp_path)).exception
    assert isinstance(again, SettingsError)
    assert (tmp_path / "settings.microsoft.yaml").read_text("utf-8") == text


@pytest.mark.parametrize("slip", ["input: {base_dir: 5}", "extract_graph: {entity_types: 7}", "models: {1: {type: x}}"])
def test_a_slip_in_theirs_is_translated_or_told(tmp_path: Path, slip: str) -> None:
    (tmp_path / "settings.yaml").write_text(f"chunks: {{}}\nsnapshots: {{}}\n{slip}\n", "utf-8")
    done = run("init", "--from", str(tmp_path), "-r", str(tmp_path / "ours"))
    assert isinstance(done.exception, SettingsError | None)


def test_a_project_elsewhere_finds_the_documents_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "settings.yaml").write_text(THIRD, "utf-8")
    done = run("init", "--from", str(tmp_path / "theirs" / "settings.yaml"), "-r", str(tmp_path / "ours"))
    settings = load_settings(tmp_path / "ours")
    assert settings.input_folder.resolve() == tmp_path / "texts"
    assert settings.models.chat is not None
    assert (settings.models.chat.base_url, settings.chunking.size) == ("http://localhost:11434/v1", 600)
    assert "the provider 'gemini' of 'gemini-embedding-001'" in done.output
    assert (tmp_path / "theirs" / "settings.yaml").read_text("utf-8") == THIRD


@pytest.mark.parametrize("text", ["chunks: {size: 300}\n", "models: {chat: {model: any}}\nvector_store: {}\n", ""])
def test_a_slip_in_settings_of_ours_is_not_taken_for_theirs(text: str) -> None:
    assert version_of(yaml.safe_load(text)) is None
