"""HTML -> what a reader sees of it, as paragraphs. Nothing of it is run, fetched or kept as markup."""

import re
from collections.abc import Callable
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser

from graphrag_drift.input.decode import UnreadableError

# What one does not write by accident in plain text.
_TAG = re.compile(
    r"</(?:p|div|a|b|i|u|em|strong|span|li|ul|ol|h[1-6]|td|tr|table|blockquote|section|article|body|html)\s*>"
    r"|<br\s*/?>|<p[ >]",
    re.IGNORECASE,
)
_PARAGRAPHS = (
    "p, div, h1, h2, h3, h4, h5, h6, ul, ol, dl, table, blockquote, section, article, header, footer, aside, "
    "figure, figcaption, pre, hr, main"
)
_LINES = "br, li, tr, dt, dd"
_UNSEEN = ["script", "style", "noscript", "template", "svg", "iframe", "object", "button", "select", "nav"]
_PARAGRAPH_MARK, _LINE_MARK = "\x1e", "\x1f"  # clean text holds none of them
# The parser's time grows with the square of the depth: 20,000 levels take half a second.
_MAX_DEPTH = 20_000
_UNNESTED = r"br|hr|p|li|td|tr|th|dt|dd|img|input|meta|link|col|wbr|area|source|option|embed|track|param|base"
_NESTING = re.compile(rf"<(?!/?(?:{_UNNESTED})\b)(/?)[a-z]", re.IGNORECASE)


def has_markup(text: str) -> bool:
    """Whether `text` holds HTML tags."""
    return "<" in text and _TAG.search(text) is not None


def strip_markup(html: str) -> str:
    """The text of `html`, which must be clean, with a blank line between paragraphs.

    Scripts, styles, buttons and navigation are left out. A page's title is its first paragraph if the page
    has no main heading.
    Raises: UnreadableError, if it is nested so deep that parsing it would take minutes.
    """
    if _depth(html) > _MAX_DEPTH:
        raise UnreadableError(f"has HTML nested deeper than {_MAX_DEPTH:,} levels")
    tree = LexborHTMLParser(html)
    title = tree.css_first("head > title")
    headline = title.text() if title is not None and tree.css_first("h1") is None else ""
    tree.strip_tags(_UNSEEN, recursive=True)
    if tree.body is None:
        return headline.strip()
    for selector, mark in ((_PARAGRAPHS, _PARAGRAPH_MARK), (_LINES, _LINE_MARK)):
        for element in tree.css(selector):
            element.insert_before(mark)
            element.insert_after(mark)
    for cell in tree.css("td, th"):
        cell.insert_after(" ")
    text = f"{headline}{_PARAGRAPH_MARK}{tree.body.text()}"
    return "\n\n".join(_filled(text.split(_PARAGRAPH_MARK), _paragraph))


def _depth(html: str) -> int:
    return max(accumulate(-1 if closing else 1 for closing in _NESTING.findall(html)), default=0)


def _paragraph(text: str) -> str:
    return "\n".join(_filled(text.split(_LINE_MARK), lambda line: " ".join(line.split())))


def _filled(parts: list[str], tidy: Callable[[str], str]) -> list[str]:
    return [tidied for part in parts if (tidied := tidy(part))]
