"""A new project folder: settings.yaml with its comments, and input/."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import as_file, files
from ipaddress import ip_address
from pathlib import Path
from textwrap import indent
from urllib.parse import urlsplit

from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.index import Index
from graphrag_drift.settings import Settings
from graphrag_drift.settings_file import FILE_NAME, MicrosoftSettings, load_settings
from graphrag_drift.values import Answer, Method

_NO_MODEL = """\
# models:                      # a role without a model is left to the embedded reader, which costs nothing
#   query:                     # answers questions, over an index that may be made without a model
#     model: gpt-4.1-mini      # any OpenAI-compatible endpoint; "init --model NAME" writes these lines
#     base_url: http://localhost:11434/v1   # unset: OpenAI's
#     api_key: ${OPENAI_API_KEY}
#     parameters: {temperature: 0}          # sent with every call; nothing else is
"""
_MODEL = """\
models:                        # a role without a model is left to the embedded reader, which costs nothing
  query:                       # answers questions, over an index that is made without a model
$LINES
  # More roles, each with lines like those of query; what they cost is said by "index --estimate":
  # report:                    # writes the reports; community_reports: {when: needed} only those that questions read
  # extract:                   # reads the documents; extract_graph: {share: 0.1} only the tenth that links most
  # chat:                      # all of these, and query, where they are not set themselves
"""
_PRICE = "# price: {input: ..., output: ...}  # yours for a million tokens: budgets in money, and money in estimates"
_LOCAL = """\
# One call at once, and more as long as the server stays as fast, unless concurrent_requests is set.
# context_window: 8192       # tokens, where the server does not say what its model takes: "doctor" shows it"""
_LOCAL_URLS = {
    "ollama": "http://localhost:11434/v1",
    "llamacpp": "http://localhost:8080/v1",
    "lmstudio": "http://localhost:1234/v1",
}
"""Where servers on one's own machine listen unless they are told otherwise."""
_PLAIN = re.compile(r"[A-Za-z0-9][\w./:@-]*[\w]")

_SETTINGS = """\
# Settings of graphrag-drift. Everything here is optional: what is left out has the default shown.
# ${VAR} is taken from the environment or from a file .env beside this one.

$MODELS
input:
  folder: input                # txt, md, html, csv, json, eml, parquet, ...; pdf, docx, xlsx with the extra "docs"
  # id_column: id              # columns of tables and fields of JSON; unset: those with a usual name
  # title_column: title
  # date_column: date
  # text_column: text
  # metadata_columns: []       # kept with each document, as raw_data

output:
  folder: output               # the index: parquet tables and arrays
  # uri: s3://bucket/index     # where it is published for others, with the extra "remote"; so may input have a uri

chunking:
  size: 300                    # tokens of a text unit
  overlap: 0
  encoding_model: o200k_base   # or cl100k_base, or approximate

copies:
  threshold: 0.7               # similarity from which two documents are compared as wire copies

resolve:
  keep_apart: []               # undo merges of names: [["Meridian", "Meridian Terminals"], ...]

cluster_graph:
  max_cluster_size: 10

global_search:
  community_level: 2           # larger reads more, smaller reports

drift_search:
  rounds: 2                    # of follow-up questions
  width: 4                     # follow-up questions a round
"""


TEMPLATE = _SETTINGS.replace("$MODELS", _NO_MODEL)
"""The settings of a new project."""


def write_project(root: Path, *, force: bool, model: str | None = None, base_url: str | None = None) -> list[str]:
    """Make the project folder `root`; returns what was written.

    `model` answers questions, at `base_url` or where such models are: "gpt-4.1-mini", "ollama/qwen3".

    Raises: SettingsError, if there is a settings file (MicrosoftSettings, if it is Microsoft's) and not `force`, the
    folder cannot be written to, or it is not known where the model is.
    """
    file = root / FILE_NAME
    if file.exists() and not force:
        _refuse_microsoft(file)
        raise SettingsError(f"{str(file)!r} exists already; --force overwrites it")
    text = TEMPLATE if model is None else _SETTINGS.replace("$MODELS", _models(model, base_url))
    try:
        (root / "input").mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write into {str(root)!r}: {error.strerror or error}") from error
    return [FILE_NAME, "input/"]


def _refuse_microsoft(file: Path) -> None:
    """Raises: MicrosoftSettings, which says how to translate them."""
    try:
        load_settings(file)
    except MicrosoftSettings:
        raise
    except SettingsError:
        return


def _models(model: str, base_url: str | None) -> str:
    """The section `models` with this one for questions. Raises: SettingsError."""
    server, slash, name = model.partition("/")
    if server in _LOCAL_URLS and slash:
        model, base_url = name, base_url or _LOCAL_URLS[server]
    elif slash and base_url is None:
        known = ", ".join(f"{server}/..." for server in _LOCAL_URLS)
        raise SettingsError(f"it is not known where {model!r} is; give --base-url, or one of OpenAI's models, {known}")
    if not model:
        raise SettingsError("the name of a model is missing; expected one like gpt-4.1-mini or ollama/qwen3")
    lines = [f"model: {_scalar(model)}"]
    if base_url is not None:
        lines.append(f"base_url: {_scalar(base_url)}")
    if (variable := _key_variable(base_url)) is not None:
        lines.append(f"api_key: ${{{variable}}}   # from the environment, or from .env beside this file")
    lines.append(_LOCAL if variable is None else _PRICE)
    return _MODEL.replace("$LINES", indent("\n".join(lines), "    "))


def _key_variable(base_url: str | None) -> str | None:
    """The variable that holds the key for this address; None for one's own machine or network, which wants none.

    Raises: SettingsError, if it is no address.
    """
    if base_url is None:
        return "OPENAI_API_KEY"
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{base_url!r} is no address of an endpoint; expected one like https://host/v1")
    if host == "localhost":
        return None
    with suppress(ValueError):
        return None if ip_address(host).is_private else "MODEL_API_KEY"
    return "OPENAI_API_KEY" if host == "api.openai.com" else "MODEL_API_KEY"


def _scalar(text: str) -> str:
    """`text` as YAML has it, in quotes where it needs them."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


QUESTIONS: tuple[tuple[Method, str], ...] = (
    ("auto", "How much was First Meridian Bank owed by Ostrander Group?"),
    ("auto", "What is the latest on the drug trial?"),
    ("auto", "How many gallons of solvent leaked?"),
    ("drift", "What does the water in Brackwater have to do with the velarustat trial?"),
)


@contextmanager
def newsroom() -> Iterator[Path]:
    """The folder of the example articles and questions, wherever the package is installed.

    Raises: GraphRAGError, if it was left out of the installation.
    """
    packaged = files("graphrag_drift").joinpath("newsroom")
    with as_file(packaged) as folder:
        beside = Path(__file__).parents[2] / "examples" / "newsroom"
        place = next((each for each in (folder, beside) if (each / "articles").is_dir()), None)
        if place is None:
            raise GraphRAGError("this installation lacks the example newsroom; install graphrag-drift again")
        yield place


@contextmanager
def demo_project(root: Path | None) -> Iterator[Settings]:
    """Settings over the example articles; the index goes to `root`, or to a folder that is removed afterwards."""
    with newsroom() as example, tempfile.TemporaryDirectory() as temporary:
        folder = root or Path(temporary)
        if not (folder / FILE_NAME).exists():
            write_project(folder, force=False)
            _copy(example / "articles", folder / "input")
        yield load_settings(folder)


def demo_answers(settings: Settings) -> list[Answer]:
    """A value, the latest on a story, a corrected figure, a connection that DRIFT looks into, and a recorded answer."""
    from graphrag_drift.cli.recorded import recorded_answer

    index = Index.open_sync(settings)
    answers = [index.ask_sync(question, method=method) for method, question in QUESTIONS]
    with newsroom() as example:
        return [*answers, recorded_answer(settings, example / "recorded_answer.json")]


def _copy(articles: Path, folder: Path) -> None:
    for article in sorted(articles.iterdir()):
        (folder / article.name).write_bytes(article.read_bytes())
