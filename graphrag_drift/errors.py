"""The errors a caller can meet.

    GraphRAGError
    ├── SettingsError      a setting, a flag or the input folder is wrong (exit code 2)
    │   └── MicrosoftSettings  the file holds settings of Microsoft GraphRAG (settings_file.py)
    ├── PromptError        a prompt does not want what it is given, or its file is not a prompt (exit code 2)
    ├── SchemaError        a table lacks a column or has the wrong type
    ├── IndexNotReady      there is no index here, or it is damaged or of another version
    │   └── NewerIndex     a later version of this package wrote it (manifest.py)
    ├── IndexBusy          another run is writing this index
    ├── IndexLost          most of an index that is there would be lost; nothing was published
    ├── MissingExtra       an optional dependency is needed
    ├── BudgetExhausted    the tokens or the money allowed are used up (exit code 4)
    └── ProviderError      a provider (a model, a vector store) failed on one item; others may go on
        ├── TooLong        a prompt is longer than the model's context, or a reply than what is read
        ├── InvalidReply   a reply is not what was asked for, also when asked once more
        ├── NotEmbedded    some texts have no vector (providers/protocols.py)
        └── EndpointError  no item can succeed: wrong key, unknown model, wrong address (exit code 2)
            └── Unavailable  nor now, but later: nobody there, quota used up, a long wait asked for (exit code 1)

A message is one sentence: what is wrong with which thing, what was expected, what helps.
"""


class GraphRAGError(Exception):
    """Whatever this package raises on purpose."""

    exit_code = 1


class SettingsError(GraphRAGError):
    """A setting, a flag or the input folder is wrong."""

    exit_code = 2


class PromptError(GraphRAGError):
    """A prompt does not want what it is given, or its file is not a prompt."""

    exit_code = 2


class SchemaError(GraphRAGError):
    """A table lacks a column or has the wrong type."""


class IndexNotReady(GraphRAGError):
    """There is no index here, or it is damaged or of another version."""


class IndexBusy(GraphRAGError):
    """Another run is writing this index."""


class IndexLost(GraphRAGError):
    """Most of an index that is there would be lost; nothing was published, and replies of models are kept."""


class MissingExtra(GraphRAGError):
    """An optional dependency is needed; the message holds the line that installs it."""

    exit_code = 2


class BudgetExhausted(GraphRAGError):
    """The tokens or the money allowed are used up; what was paid for is kept."""

    exit_code = 4


class ProviderError(GraphRAGError):
    """A provider (a model, a vector store) failed."""

    status: int | None = None
    """The HTTP status that an endpoint answered with; None: there was no answer."""
    parameter: str = ""
    """The field of the request that the endpoint refused, as far as it said so."""


class InvalidReply(ProviderError):
    """A reply is not what was asked for; `reply` is kept for inspection."""

    def __init__(self, message: str, reply: str = "") -> None:
        super().__init__(message)
        self.reply = reply


class TooLong(ProviderError):
    """An item does not fit into the model's context, or its reply not into what is read.

    `window`: the tokens of that context, and `asked`: those of the prompt, by the model's count; None: it was not said.
    """

    window: int | None = None
    asked: int | None = None


class EndpointError(ProviderError):
    """No item can succeed: a wrong key, an unknown model, a wrong address. Ends the run at once."""

    exit_code = 2


class FormatRefused(EndpointError):
    """The endpoint cannot hold a model to a shape in the way it was asked to."""


class Unavailable(EndpointError):
    """No item can succeed now: nobody is there, the quota is used up, a long wait is asked for. Run again later."""

    exit_code = 1
