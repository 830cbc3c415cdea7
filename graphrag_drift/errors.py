"""The errors a caller can meet.

    GraphRAGError
    ├── SettingsError      a setting, a flag or the input folder is wrong (exit code 2)
    ├── SchemaError        a table lacks a column or has the wrong type
    ├── IndexNotReady      there is no index here, or it is damaged or of another version
    ├── IndexBusy          another run is writing this index
    ├── MissingExtra       an optional dependency is needed
    └── ProviderError      a provider (model, vector store) failed

A message is one sentence: what is wrong with which thing, what was expected, what helps.
"""


class GraphRAGError(Exception):
    """Whatever this package raises on purpose."""

    exit_code = 1


class SettingsError(GraphRAGError):
    """A setting, a flag or the input folder is wrong."""

    exit_code = 2


class SchemaError(GraphRAGError):
    """A table lacks a column or has the wrong type."""


class IndexNotReady(GraphRAGError):
    """There is no index here, or it is damaged or of another version."""


class IndexBusy(GraphRAGError):
    """Another run is writing this index."""


class MissingExtra(GraphRAGError):
    """An optional dependency is needed; the message holds the line that installs it."""

    exit_code = 2


class ProviderError(GraphRAGError):
    """A provider (a model, a vector store) failed."""
