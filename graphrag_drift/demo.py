"""The example newsroom as a project, and three questions to ask it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.index import Index
from graphrag_drift.project import write_project
from graphrag_drift.settings import Settings
from graphrag_drift.settings_file import FILE_NAME, load_settings
from graphrag_drift.values import Answer, Method

QUESTIONS: tuple[tuple[Method, str], ...] = (
    ("global", "What are the main stories, and how are they connected?"),
    ("local", "Who is Ingrid Solvay?"),
    ("drift", "How did a tank owned by an Ostrander subsidiary come to interrupt a heart drug trial?"),
)


@contextmanager
def newsroom() -> Iterator[Path]:
    """The folder of the example articles and questions, wherever the package is installed.

    Raises: GraphRAGError, if it was left out of the installation.
    """
    packaged = files("graphrag_drift").joinpath("newsroom")
    with as_file(packaged) as folder:
        beside = Path(__file__).parent.parent / "examples" / "newsroom"
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
    """One global, one local and one DRIFT answer."""
    index = Index.open_sync(settings)
    return [index.ask_sync(question, method=method) for method, question in QUESTIONS]


def _copy(articles: Path, folder: Path) -> None:
    for article in sorted(articles.iterdir()):
        (folder / article.name).write_bytes(article.read_bytes())
