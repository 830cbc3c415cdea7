"""An answer -> a file, whose suffix says in which form."""

from __future__ import annotations

import json
from pathlib import Path

from graphrag_drift.answer.as_json import answer_json
from graphrag_drift.answer.pages import html_page, markdown_page
from graphrag_drift.errors import SettingsError
from graphrag_drift.query.graph import Graph
from graphrag_drift.values import Answer


def save_answer(answer: Answer, path: Path, graph: Graph | None = None) -> Path:
    """`path`, into which the answer is written: .json, or a page as .md or .html, which has what stands around each
    quote if the `graph` of its index is given.

    Raises: SettingsError, for another suffix, or a file that cannot be written.
    """
    if path.suffix == ".json":
        text = json.dumps(answer_json(answer), ensure_ascii=False, indent=2) + "\n"
    elif path.suffix == ".md":
        text = markdown_page(answer)
    elif path.suffix == ".html":
        text = html_page(answer, graph)
    else:
        raise SettingsError(f"the file {str(path)!r} ends in none of .json, .md and .html")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"the answer cannot be written to {str(path)!r}: {error}") from error
    return path
