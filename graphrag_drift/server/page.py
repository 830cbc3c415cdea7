"""Pages of the server, each with the content security policy that it can live with."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from string import Template


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
