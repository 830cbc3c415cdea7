"""The explorer as one file of HTML: style, scripts and data inside, nothing from elsewhere.

The policy in the page names its scripts and its style by their hashes, so that nothing which a document says can run.
Data are JSON in a block that no browser executes, with every "<" written as an escape.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from graphrag_drift.errors import SettingsError
from graphrag_drift.query import METHODS
from graphrag_drift.query.details import Details
from graphrag_drift.query.graph import Graph
from graphrag_drift.server.explorer import explorer_data, explorer_details
from graphrag_drift.store.store import Store

_SCRIPTS = ("vendor/graphology.umd.min.js", "vendor/sigma.min.js", "text.js", "graph.js", "views.js", "explorer.js")


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the content security policy that it can live with."""

    html: str
    policy: str


def explorer_page(details: Details, generation: str, *, served: bool) -> Page:
    """The explorer of an index; if it is `served`, it asks its server for entities and documents, else it holds all."""
    data: dict[str, Any] = {**explorer_data(details), "generation": generation, "served": served}
    data["methods"] = list(METHODS)
    data["details"] = {} if served else explorer_details(details)
    scripts, style = [_static(name) for name in _SCRIPTS], _static("explorer.css")
    policy = _policy(scripts, [style], connects="'self'" if served else "'none'")
    html = Template(_static("explorer.html")).substitute(
        policy=policy,
        style=style,
        data=_as_script_data(data),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )
    return Page(html, policy)


def write_explorer(store: Store, file: Path) -> None:
    """Write the explorer of an index into one file, which opens without a server.

    Raises: IndexNotReady; SettingsError, if the file cannot be written.
    """
    manifest = store.manifest()
    page = explorer_page(Details(Graph(store.table, store.array)), manifest.generation, served=False)
    try:
        file.write_text(page.html, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"the page cannot be written to {str(file)!r}: {error.strerror or error}") from error


def sign_in_page(*, wrong: bool = False) -> tuple[str, str]:
    """(the page that asks a browser for the token, its policy); `wrong`, if what was given is not it."""
    style = _static("explorer.css")
    notice = '<p role="alert">That is not the token.</p>' if wrong else ""
    html = Template(_static("sign_in.html")).substitute(style=style, notice=notice)
    return html, _policy([], [style], connects="'none'")


def _static(name: str) -> str:
    return files("graphrag_drift.server").joinpath("static", name).read_text("utf-8")


def _policy(scripts: list[str], styles: list[str], *, connects: str) -> str:
    """A policy that allows these scripts and styles and, of the network, only what it `connects` to."""
    runs = " ".join(map(_hashed, scripts)) or "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {runs}",
            f"style-src {' '.join(map(_hashed, styles))}",
            "img-src data:",
            f"connect-src {connects}",
            "form-action 'self'",
            "base-uri 'none'",
        ]
    )


def _hashed(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def _as_script_data(data: Any) -> str:
    """JSON that cannot end the element which it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("utf-8", "replace").decode()
