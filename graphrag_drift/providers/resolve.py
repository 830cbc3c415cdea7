"""settings -> the providers of a run.

There is one of each kind that needs no network: they are what runs when nothing else is configured.
"""

from __future__ import annotations

from functools import partial

from graphrag_drift.language import kiwi
from graphrag_drift.lexicon import Lexicon
from graphrag_drift.providers.protocols import Embedder, Models, Reader
from graphrag_drift.settings import Settings
from graphrag_drift.versions import code_version


def models_for(settings: Settings) -> Models:
    """The embedded reader and embedder, and the tokenizer that `chunking.encoding_model` names."""
    from graphrag_drift.providers.tiktoken import tokenizer_for

    dimensions = settings.embed_text.dimensions
    return Models(
        reader=_extractive,
        embedder=partial(_hashed, dimensions=dimensions),
        tokenizer=tokenizer_for(settings.chunking.encoding_model),
        version=partial(_version, dimensions),
    )


def _version(dimensions: int) -> str:
    code = (code_version(f"graphrag_drift.providers.{name}") for name in ("extractive.reader", "embeddings"))
    korean = f"kiwi-{kiwi.version()}"
    return "+".join(("extractive", korean, f"hashed-tfidf-{dimensions}", *code))


def _extractive(lexicon: Lexicon) -> Reader:
    from graphrag_drift.providers.extractive.reader import ExtractiveReader

    return ExtractiveReader(lexicon)


def _hashed(lexicon: Lexicon, *, dimensions: int) -> Embedder:
    from graphrag_drift.providers.embeddings import HashedTfidf

    return HashedTfidf(lexicon, dimensions)
