"""A new project folder: settings.yaml with its comments, and input/."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.index import Index
from graphrag_drift.settings import Settings
from graphrag_drift.settings_file import FILE_NAME, load_settings
from graphrag_drift.values import Answer, Method

TEMPLATE = """\
# Settings of graphrag-drift. Everything here is optional: what is left out has the default shown.
# ${VAR} is taken from the environment or from a file .env beside this one.

# models:                      # a language model in place of the embedded reader; any OpenAI-compatible endpoint
#   chat:
#     model: gpt-4.1-mini
#     base_url: http://localhost:11434/v1   # unset: OpenAI's
#     api_key: ${OPENAI_API_KEY}
#     parameters: {temperature: 0}          # sent with every call; nothing else is

input:
  folder: input                # txt, md, html, csv, json, eml, parquet, ...; pdf, docx, xlsx with the extra "docs"
  # id_column: id              # columns of tables and fields of JSON; unset: those with a usual name
  # title_column: title
  # date_column: date
  # text_column: text
  # metadata_columns: []       # kept with each document, as raw_data

output:
  folder: output               # the index: parquet tables and arrays

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


def write_project(root: Path, *, force: bool) -> list[str]:
    """Make the project folder `root`; returns what was written.

    Raises: SettingsError, if there is a settings file and not `force`, or the folder cannot be written to.
    """
    file = root / FILE_NAME
    if file.exists() and not force:
        raise SettingsError(f"{str(file)!r} exists already; --force overwrites it")
    try:
        (root / "input").mkdir(parents=True, exist_ok=True)
        file.write_text(TEMPLATE, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write into {str(root)!r}: {error.strerror or error}") from error
    return [FILE_NAME, "input/"]


QUESTIONS: tuple[tuple[Method, str], ...] = (
    ("auto", "Who owns Lodestar Storage?"),
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
        found = next((place for place in (folder, beside) if (place / "articles").is_dir()), None)
        if found is None:
            raise GraphRAGError("this installation lacks the example newsroom; install graphrag-drift again")
        yield found


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
    """A value, the latest on a story, a figure that was corrected, and a connection that DRIFT looks into."""
    index = Index.open_sync(settings)
    return [index.ask_sync(question, method=method) for method, question in QUESTIONS]


def _copy(articles: Path, folder: Path) -> None:
    for article in sorted(articles.iterdir()):
        (folder / article.name).write_bytes(article.read_bytes())
