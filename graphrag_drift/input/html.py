"""HTML -> what a reader sees of it, as paragraphs, and what the page says of itself.

Nothing of it is run, fetched or kept as markup. What a page hides or strikes out is left out: it is no statement of its
author to a reader, and a way to smuggle in instructions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import accumulate
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from graphrag_drift.input.decode import UnreadableError, clean
from graphrag_drift.input.extracted import Extracted, Stamp

# What one does not write by accident in plain text.
_TAG = re.compile(
    r"</(?:p|div|a|b|i|u|em|strong|span|li|ul|ol|h[1-6]|td|tr|table|blockquote|section|article|body|html)\s*>"
    r"|<br\s*/?>|<p[ >]",
    re.IGNORECASE,
)
_PARAGRAPHS = (
    "p, div, h1, h2, h3, h4, h5, h6, ul, ol, dl, table, blockquote, section, article, header, footer, aside, "
    "figure, figcaption, pre, hr, main, details, summary, fieldset, address, caption"
)
_LINES = "br, li, tr, dt, dd"
_UNSEEN = (
    "script, style, noscript, template, svg, iframe, object, button, select, textarea, datalist, nav, audio, video, "
    "canvas, math annotation, head, dialog:not([open])"
)
_CONTENT = ":is(main, article, [role=main])"
_HIDDEN = '[hidden], [aria-hidden="true" i], del, s, strike'
_STYLE_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?:left|top|right|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_CONDITION = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|@[^;{}]*;")
_CSS_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_REFERENCE = re.compile(
    r"&(?:amp|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip|shy|#(?!0*6[02];|x0*3[ce];)x?[\da-f]{1,6});", re.I
)
_MARK = "unseen"
_PARAGRAPH_MARK, _LINE_MARK = "\x1e", "\x1f"  # clean text holds none of them
_LONGEST_CELL = 1_000  # characters; a cell with more is a part of a page that is laid out by a table
# The parser's time grows with the square of the depth: 20,000 levels take half a second.
_MAX_DEPTH = 20_000
_UNNESTED = r"br|hr|p|li|td|tr|th|dt|dd|img|input|meta|link|col|wbr|area|source|option|embed|track|param|base"
_NESTING = re.compile(rf"<(?!/?(?:{_UNNESTED})\b)(/?)[a-z]", re.IGNORECASE)
# Vocabularies in which pages describe themselves: Open Graph, schema.org, Dublin Core and what preceded them.
_META_DATES = (
    *("article:published_time", "og:published_time", "datepublished", "dc.date.issued", "dcterms.issued", "dc.date"),
    *("dcterms.date", "dcterms.created", "citation_publication_date", "citation_date", "parsely-pub-date", "pubdate"),
    *("publishdate", "publish-date", "publication_date", "sailthru.date", "date"),
    *("article:modified_time", "datemodified"),
)
_META_TITLES = ("og:title", "dc.title", "dcterms.title", "citation_title", "twitter:title")
_META_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author")
_META_SOURCES = ("og:site_name", "dc.publisher", "dcterms.publisher", "application-name", "citation_journal_title")
_TITLE_SIGNS = re.compile(r"\s+[|–—·»-]\s+")


def has_markup(text: str) -> bool:
    """Whether `text` holds HTML tags."""
    return "<" in text and _TAG.search(text) is not None


def spelled_out(text: str) -> str:
    """`text` with the character references in it as characters, except those for the signs of markup itself.

    A program that writes markup into a field that is none, or twice, leaves "Corvin &amp; Sons" behind.
    """
    return _REFERENCE.sub(lambda match: unescape(match[0]), text) if "&" in text else text


def strip_markup(html: str) -> str:
    """The text of `html`, which must be clean, with a blank line between paragraphs.

    Scripts, buttons, navigation and what is hidden are left out; a row of a table is a line.
    Raises: UnreadableError, if it is nested so deep that parsing it would take minutes.
    """
    return _seen(_parsed(html))[0]


def read_page(html: str) -> Extracted:
    """The page `html`, which must be clean, with its own title, dates, author and source.

    Raises: UnreadableError as `strip_markup` does.
    """
    tree = _parsed(html)
    meta, linked = _meta(tree), _linked_data(tree)
    named, outlet = _titles(tree, meta, linked)
    stamps = tuple(_stamps(tree, meta, linked))
    root = tree.css_first("html")
    language = (root.attributes.get("lang") or "") if root is not None else ""
    text, hidden = _seen(tree)
    notices = (f"{hidden} hidden or deleted passage(s) left out",) if hidden else ()
    author = _name_of(linked.get("author")) or _first(meta, _META_AUTHORS)
    return Extracted(
        text=text,
        title=named,
        dates=stamps,
        author="" if "://" in author else author,
        source=_name_of(linked.get("publisher")) or _first(meta, _META_SOURCES) or outlet,
        language=language[:2].lower(),
        fields=meta,
        notices=notices,
    )


def _parsed(html: str) -> LexborHTMLParser:
    if max(accumulate(-1 if closing else 1 for closing in _NESTING.findall(html)), default=0) > _MAX_DEPTH:
        raise UnreadableError(f"has HTML nested deeper than {_MAX_DEPTH:,} levels")
    return LexborHTMLParser(html)


def _seen(tree: LexborHTMLParser) -> tuple[str, int]:
    """(what a reader sees, the number of passages that a reader does not see). Changes `tree`."""
    if tree.body is None:
        return "", 0
    hidden = _remove_unseen(tree)
    for table in sorted(tree.css("table"), key=_depth, reverse=True):
        _flatten(table)
    for selector, mark in ((_PARAGRAPHS, _PARAGRAPH_MARK), (_LINES, _LINE_MARK)):
        for element in tree.css(selector):
            element.insert_before(mark)
            element.insert_after(mark)
    for cell in tree.css("td, th"):
        cell.insert_after(_PARAGRAPH_MARK)
    text = "\n\n".join(_filled(tree.body.text().split(_PARAGRAPH_MARK), _paragraph))
    return clean(spelled_out(text)), hidden  # again: markup spells characters out, "&shy;"


def _remove_unseen(tree: LexborHTMLParser) -> int:
    """Remove what is no text or not shown; the number of passages that were hidden."""
    for element in [*tree.css(_UNSEEN), *_page_footers(tree)]:
        element.attrs[_MARK] = "part"
    hidden = [element for selector in (_HIDDEN, *_hiding_selectors(tree)) for element in _select(tree, selector)]
    hidden += [element for element in tree.css("[style]") if _STYLE_HIDES.search(element.attributes.get("style") or "")]
    for element in hidden:
        if element.tag not in ("html", "body") and _MARK not in element.attributes:  # pages that a script shows
            element.attrs[_MARK] = "hidden"
    for element in tree.css(f"[{_MARK}] [{_MARK}]"):  # goes with what it is in
        del element.attrs[_MARK]
    passages = 0
    for element in tree.css(f"[{_MARK}]"):
        passages += element.attributes[_MARK] == "hidden" and bool(element.text().strip())
        element.decompose()
    return passages


def _page_footers(tree: LexborHTMLParser) -> list[LexborNode]:
    """The footers of the page itself, which are no part of what it says: those of articles are."""
    within = {element.mem_id for element in tree.css(f"{_CONTENT} footer")}
    return [element for element in tree.css("footer") if element.mem_id not in within] if tree.css(_CONTENT) else []


def _hiding_selectors(tree: LexborHTMLParser) -> Iterator[str]:
    """The selectors that the page's own style sheets hide, except for print and for small windows."""
    for sheet in tree.css("style"):
        css = _CSS_CONDITION.sub("", _CSS_COMMENT.sub("", sheet.text()))
        for selectors, rules in _CSS_RULE.findall(css):
            if _STYLE_HIDES.search(rules):
                yield from (selector.strip() for selector in selectors.split(",") if ":" not in selector)


def _select(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except Exception:  # what a style sheet holds need not be a selector
        return []


def _flatten(table: LexborNode) -> None:
    """Make each row of a table a line of text, unless it lays out a page; one in a cell of another, a part of that.

    Those that are deeper in the page must have been flattened before.
    """
    if any(cell.css_first("table") is not None for cell in table.css("td, th")):
        return
    rows = [(row, [_cell(cell) for cell in row.css("td, th")]) for row in table.css("tr")]
    if any(len(cell) > _LONGEST_CELL for _, cells in rows for cell in cells):
        return
    lines = [" | ".join(filter(None, cells)) for _, cells in rows]
    if _is_in_a_grid(table):
        table.replace_with(" " + "; ".join(line.replace(" | ", ", ") for line in lines if line) + " ")
        return
    for (row, _), line in zip(rows, lines, strict=True):
        row.inner_html = ""
        row.insert_child(line)


def _depth(element: LexborNode) -> int:
    depth, above = 0, element.parent
    while above is not None:
        depth, above = depth + 1, above.parent
    return depth


def _is_in_a_grid(table: LexborNode) -> bool:
    """Whether the table stands in a cell of another that has rows of as many cells, which lays out no page."""
    cell = table.parent
    while cell is not None and cell.tag not in ("td", "th"):
        cell = cell.parent
    row = cell.parent if cell is not None else None
    if row is None or row.parent is None:
        return False
    widths = [
        sum(child.tag in ("td", "th") for child in other.iter()) for other in row.parent.iter() if other.tag == "tr"
    ]
    return len(widths) > 1 and len(set(widths)) == 1 and widths[0] > 1


def _cell(cell: LexborNode) -> str:
    for element in cell.css(f"{_PARAGRAPHS}, {_LINES}"):
        element.insert_before(" ")
        element.insert_after(" ")
    return " ".join(cell.text().split())


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    """What the page's `meta` elements say, by name in lower case."""
    said: dict[str, str] = {}
    for element in tree.css("meta[content]"):
        attributes = element.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        content = " ".join((attributes.get("content") or "").split())
        if name and content:
            said.setdefault(name.lower(), content)
    return said


def _linked_data(tree: LexborHTMLParser) -> dict[str, Any]:
    """The article that the page's JSON-LD describes, or {}."""
    for element in tree.css('script[type="application/ld+json" i]'):
        try:
            described = json.loads(element.text(), strict=False)
        except (ValueError, RecursionError):
            continue
        for item in _items(described):
            if "headline" in item or "datePublished" in item:
                return item
    return {}


def _items(described: object) -> Iterator[dict[str, Any]]:
    if isinstance(described, list):
        for item in described:
            yield from _items(item)
    elif isinstance(described, dict):
        yield described
        yield from _items(described.get("@graph"))


def _stamps(tree: LexborHTMLParser, meta: dict[str, str], linked: dict[str, Any]) -> Iterator[Stamp]:
    for name in ("datePublished", "dateCreated", "dateModified"):
        if isinstance(linked.get(name), str):
            yield Stamp(linked[name], f"JSON-LD {name!r}")
    for name in _META_DATES:
        if name in meta:
            yield Stamp(meta[name], f"meta {name!r}")
    for selector in ("[itemprop=datePublished]", "time[pubdate]", "article time[datetime]", "header time[datetime]"):
        element = tree.css_first(selector)
        if element is not None:
            yield Stamp(element.attributes.get("datetime") or element.text().strip(), "element 'time'")


def _titles(tree: LexborHTMLParser, meta: dict[str, str], linked: dict[str, Any]) -> tuple[str, str]:
    """(the page's headline, the site's name as the title gives it)."""
    title = tree.css_first("title")
    written = clean(" ".join(title.text().split())) if title is not None else ""
    site = _first(meta, _META_SOURCES) or _name_of(linked.get("publisher"))
    pieces = _TITLE_SIGNS.split(written)
    # A bar divides a title from the site's name; a dash does so where it is known to be that.
    barred = " | " in written
    outlet = pieces[-1] if len(pieces) > 1 and (barred or pieces[-1].casefold() == site.casefold()) else ""
    named = written[: -len(outlet)].rstrip(" |–—·»-") if outlet else written
    headline = linked.get("headline")
    heads = [element.text() for element in tree.css("h1")]
    heading = " ".join(heads[0].split()) if len(heads) == 1 else ""
    stated = " ".join(headline.split()) if isinstance(headline, str) else _first(meta, _META_TITLES)
    return clean(stated) or heading or named, outlet


def _name_of(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name_of, value)))
    if isinstance(value, dict):
        return _name_of(value.get("name"))
    return " ".join(value.split()) if isinstance(value, str) else ""


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str:
    return next((meta[name] for name in names if name in meta), "")


def _paragraph(text: str) -> str:
    return "\n".join(_filled(text.split(_LINE_MARK), lambda line: " ".join(line.split())))


def _filled(parts: list[str], tidy: Callable[[str], str]) -> list[str]:
    return [tidied for part in parts if (tidied := tidy(part))]
