"""A folder of a static embedder -> unit vectors on this machine: the mean of what each token has in a table.

Layouts: model2vec (`model.safetensors`, `tokenizer.json`), WordLlama and sentence-transformers' static ones; the two
files may lie in subfolders. Nothing is downloaded. Needs the extra `embed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.errors import SettingsError
from graphrag_drift.providers.protocols import Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_TABLES = ("embeddings", "embedding.weight")  # of model2vec; of WordLlama and sentence-transformers
_WEIGHTS, _MAPPING = "weights", "mapping"  # of model2vec: of each token, and the row of the table that it shares
_TOKENIZERS = ("tokenizer.json", "*tokenizer*.json")  # the first that is there
_BATCH = 512  # texts
_MISSING = "a static embedder (`embed_text.folder`) needs `pip install 'graphrag-drift[embed]'`"


class StaticEmbedder:
    """The embedder in a folder. Texts of which it knows no token have a zero row."""

    def __init__(self, folder: Path) -> None:
        """Raises: SettingsError, if the folder holds none, or the extra is not installed."""
        table, tokenizer = _files(folder)
        self.id = static_id(folder)
        tensors = _tensors(table)
        rows = next((tensors[name] for name in _TABLES if name in tensors), None)
        if rows is None or rows.ndim != 2:
            raise SettingsError(f"{str(table)!r} holds {sorted(tensors)}, not a table of vectors under {list(_TABLES)}")
        self._rows = np.asarray(rows, np.float32)
        self._row_of = np.asarray(tensors[_MAPPING], np.int64) if _MAPPING in tensors else np.arange(len(rows))
        self._weights = np.asarray(tensors.get(_WEIGHTS, np.ones(len(self._row_of))), np.float32)
        self._tokenizer = _tokenizer(tokenizer)
        self._unknown = _unknown(self._tokenizer)
        self.dimensions = int(self._rows.shape[1])

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(texts, dimensions)."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for first in range(0, len(texts), _BATCH):
            # A half of a pair of code units is no character that a tokenizer takes.
            batch = [text.encode("utf-8", "replace").decode() for text in texts[first : first + _BATCH]]
            encodings = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            for row, encoding in enumerate(encodings, start=first):
                vectors[row] = self._mean(np.asarray(encoding.ids, np.int64))
        return vectors

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`: a table knows no difference."""
        return await self.embed_passages(texts)

    def _mean(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """The direction of the weighted mean; zeros for no token that is known."""
        known = tokens[(tokens != self._unknown) & (tokens < len(self._row_of))]
        total: NDArray[np.float32] = self._weights[known] @ self._rows[self._row_of[known]]
        length = float(np.linalg.norm(total))
        return total / length if length else total


def static_id(folder: Path) -> str:
    """What tells the vectors of a folder from those of any other. Raises: SettingsError, if it holds no embedder."""
    digest = blake2b(digest_size=8)
    for path in _files(folder):
        digest.update(_digest(path, path.stat().st_mtime_ns, path.stat().st_size))
    return f"static {folder.name} {digest.hexdigest()}"


@lru_cache(maxsize=16)
def _digest(path: Path, _modified: int, _size: int) -> bytes:
    with path.open("rb") as file:
        digest = blake2b(digest_size=16)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()


def _files(folder: Path) -> tuple[Path, Path]:
    """(the table, the tokenizer) in a folder. Raises: SettingsError."""
    if not folder.is_dir():
        raise SettingsError(f"embed_text.folder {str(folder)!r} is no folder; set the one that a static embedder is in")
    tables = sorted(folder.rglob("*.safetensors"))
    found = (sorted(folder.rglob(pattern)) for pattern in _TOKENIZERS)
    tokenizers = next((paths for paths in found if paths), [])
    if len(tables) != 1 or len(tokenizers) != 1:
        raise SettingsError(
            f"embed_text.folder {str(folder)!r} must hold one *.safetensors and one tokenizer.json, and holds "
            f"{len(tables)} and {len(tokenizers)}"
        )
    return tables[0], tokenizers[0]


def _tensors(path: Path) -> dict[str, Any]:
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise SettingsError(_MISSING) from error
    try:
        return dict(load_file(path))
    except SafetensorError as error:
        raise SettingsError(f"{str(path)!r} cannot be read as safetensors ({error}); copy it anew") from error


def _tokenizer(path: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise SettingsError(_MISSING) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises none of its own
        raise SettingsError(f"{str(path)!r} cannot be read as a tokenizer ({error}); copy it anew") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _unknown(tokenizer: Tokenizer) -> int:
    """The number of the token that stands for what is not in the vocabulary; -1, if there is none."""
    name = getattr(tokenizer.model, "unk_token", None)
    number = tokenizer.token_to_id(name) if isinstance(name, str) else None
    return -1 if number is None else int(number)
