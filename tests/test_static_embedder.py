"""Vectors of a static embedder: a folder with a table of vectors and a tokenizer, made here."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from static_folder import made_folder

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.errors import IndexNotReady, SettingsError
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.static import StaticEmbedder, static_id

TABLE = np.array([[9, 9], [1, 0], [0.8, 0.6], [0, 1], [0, -2]], np.float32)


def embed(folder: Path, *texts: str) -> np.ndarray:
    return asyncio.run(StaticEmbedder(folder).embed_passages(texts))


@pytest.mark.parametrize(
    ("name", "tokenizer"), [("embeddings", "tokenizer.json"), ("embedding.weight", "l2_tokenizer_config.json")]
)
def test_a_text_has_the_direction_of_the_mean_of_its_known_tokens(tmp_path: Path, name: str, tokenizer: str) -> None:
    vectors = embed(made_folder(tmp_path, {name: TABLE}, tokenizer), "port strike", "opera cellist", "cellist", "")
    half = np.sqrt(0.5)
    assert vectors == pytest.approx(np.array([[half, half], [0, -1], [0, 0], [0, 0]]))


def test_tokens_may_share_rows_and_have_weights(tmp_path: Path) -> None:
    tensors = {"embeddings": TABLE[1:4], "mapping": np.array([0, 0, 0, 2, 1]), "weights": np.array([1, 3, 1, 4, 1.0])}
    assert embed(made_folder(tmp_path, tensors), "port strike") == pytest.approx(np.array([[0.6, 0.8]]))


def test_the_same_files_are_the_same_embedder_and_others_another(tmp_path: Path) -> None:
    one, other = (made_folder(tmp_path / name / "model", {"embeddings": TABLE}) for name in ("a", "b"))
    assert static_id(one) == static_id(other) == StaticEmbedder(one).id
    made_folder(other, {"embeddings": TABLE * 2})
    assert static_id(one) != static_id(other)


def test_a_folder_without_an_embedder_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no folder"):
        StaticEmbedder(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match=r"one \*.safetensors and one tokenizer.json, and holds 0 and 0"):
        StaticEmbedder(tmp_path)
    folder = made_folder(tmp_path, {"layer": TABLE})
    with pytest.raises(SettingsError, match=r"holds \['layer'\], not a table of vectors"):
        StaticEmbedder(folder)
    (folder / "weights" / "any.safetensors").write_bytes(b"no such thing")
    with pytest.raises(SettingsError, match="cannot be read as safetensors"):
        StaticEmbedder(folder)
    made_folder(tmp_path, {"embeddings": TABLE})
    (folder / "words" / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read as a tokenizer"):
        StaticEmbedder(folder)


def test_an_index_finds_by_it_what_shares_no_word_and_says_whose_vectors_it_has(tmp_path: Path) -> None:
    made_folder(tmp_path / "model", {"embeddings": TABLE})
    settings = Settings.model_validate({"root": tmp_path, "embed_text": {"folder": "model"}})
    texts = [f"A {word} is what Elin Moe wrote of." for word in ("opera", "harbour", "strike")]
    build_index_sync(settings, documents=pl.DataFrame({"text": texts}))
    index = Index.open_sync(settings)
    assert index.manifest.models["embedding"] == static_id(tmp_path / "model")
    assert index.graph.evidence.vectors.dimensions == 2
    assert "harbour" in index.retrieve("port", k=1)["text"][0]
    with pytest.raises(IndexNotReady, match=r"the index was embedded by .static model .* embed_text.folder"):
        Index.open_sync(Settings(root=tmp_path))


def test_an_endpoint_and_a_folder_are_not_set_together(tmp_path: Path) -> None:
    made_folder(tmp_path / "model", {"embeddings": TABLE})
    both = {"root": tmp_path, "embed_text": {"folder": "model"}, "models": {"embedding": {"model": "m"}}}
    with pytest.raises(SettingsError, match="set one of the two"):
        models_for(Settings.model_validate(both))
