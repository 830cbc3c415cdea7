"""graphrag_drift: documents to a knowledge graph, communities, reports, and answers with checkable citations.

Importing the package loads nothing heavy; each public name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphrag_drift.app import IndexRun, build_index, build_index_sync
    from graphrag_drift.commands.changes import (
        delete_documents,
        delete_documents_sync,
        restore_documents,
        restore_documents_sync,
        update_index,
        update_index_sync,
    )
    from graphrag_drift.errors import (
        BudgetExhausted,
        EndpointError,
        GraphRAGError,
        IndexBusy,
        IndexLost,
        IndexNotReady,
        InvalidReply,
        MissingExtra,
        PromptError,
        ProviderError,
        SchemaError,
        SettingsError,
        Unavailable,
    )
    from graphrag_drift.index import Index
    from graphrag_drift.providers.protocols import Embedder, Maker, Models, NotEmbedded, Reader, Reranker, Vectors
    from graphrag_drift.providers.resolve import models_for
    from graphrag_drift.settings import Settings
    from graphrag_drift.settings_file import MicrosoftSettings, load_settings
    from graphrag_drift.store.manifest import NewerIndex
    from graphrag_drift.values import (
        Alias,
        Answer,
        AskOptions,
        Branch,
        Budget,
        Check,
        Citation,
        Entity,
        Event,
        Filters,
        Item,
        Method,
        Neighbour,
        Observe,
        Passage,
        QuestionEvent,
        ReportHead,
        ResumeOptions,
        Span,
        StepEvent,
        StreamOptions,
        Usage,
    )

_HOMES = {
    "app": ("IndexRun", "build_index", "build_index_sync"),
    "commands.changes": (
        "delete_documents",
        "delete_documents_sync",
        "restore_documents",
        "restore_documents_sync",
        "update_index",
        "update_index_sync",
    ),
    "errors": (
        "BudgetExhausted",
        "EndpointError",
        "GraphRAGError",
        "IndexBusy",
        "IndexLost",
        "IndexNotReady",
        "InvalidReply",
        "MissingExtra",
        "PromptError",
        "ProviderError",
        "SchemaError",
        "SettingsError",
        "Unavailable",
    ),
    "index": ("Index",),
    "providers.protocols": (
        "Embedder",
        "Maker",
        "Models",
        "NotEmbedded",
        "Reader",
        "Reranker",
        "Vectors",
    ),
    "providers.resolve": ("models_for",),
    "settings": ("Settings",),
    "settings_file": (
        "MicrosoftSettings",
        "load_settings",
    ),
    "store.manifest": ("NewerIndex",),
    "values": (
        "Alias",
        "Answer",
        "AskOptions",
        "Branch",
        "Budget",
        "Check",
        "Citation",
        "Entity",
        "Event",
        "Filters",
        "Item",
        "Method",
        "Neighbour",
        "Observe",
        "Passage",
        "QuestionEvent",
        "ReportHead",
        "ResumeOptions",
        "Span",
        "StepEvent",
        "StreamOptions",
        "Usage",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Alias",
    "Answer",
    "AskOptions",
    "Branch",
    "Budget",
    "BudgetExhausted",
    "Check",
    "Citation",
    "Embedder",
    "EndpointError",
    "Entity",
    "Event",
    "Filters",
    "GraphRAGError",
    "Index",
    "IndexBusy",
    "IndexLost",
    "IndexNotReady",
    "IndexRun",
    "InvalidReply",
    "Item",
    "Maker",
    "Method",
    "MicrosoftSettings",
    "MissingExtra",
    "Models",
    "Neighbour",
    "NewerIndex",
    "NotEmbedded",
    "Observe",
    "Passage",
    "PromptError",
    "ProviderError",
    "QuestionEvent",
    "Reader",
    "ReportHead",
    "Reranker",
    "ResumeOptions",
    "SchemaError",
    "Settings",
    "SettingsError",
    "Span",
    "StepEvent",
    "StreamOptions",
    "Unavailable",
    "Usage",
    "Vectors",
    "build_index",
    "build_index_sync",
    "delete_documents",
    "delete_documents_sync",
    "load_settings",
    "models_for",
    "restore_documents",
    "restore_documents_sync",
    "update_index",
    "update_index_sync",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'graphrag_drift' has no attribute {name!r}")
    return getattr(import_module(f"graphrag_drift.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
