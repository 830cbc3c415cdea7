"""A static embedder's folder: a table of vectors and a tokenizer, made here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WORDS = ["[UNK]", "port", "harbour", "strike", "opera"]


def made_folder(
    folder: Path, tensors: dict[str, np.ndarray], tokenizer: str = "tokenizer.json", words: Sequence[str] = WORDS
) -> Path:
    """`folder` with these tensors and a tokenizer of `words`, the first of which stands for unknown ones."""
    for path in (folder / "weights", folder / "words"):
        path.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "weights" / "any.safetensors")
    plain = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None}
    plain |= {"pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None}
    vocabulary = {word: n for n, word in enumerate(words)}
    plain["model"] = {"type": "WordLevel", "vocab": vocabulary, "unk_token": words[0]}
    (folder / "words" / tokenizer).write_text(json.dumps(plain), encoding="utf-8")
    return folder
