"""Feeds and exports in their form -> a document an entry: RSS, Atom, and the XML that WordPress exports"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from graphrag_drift.input.decode import UnreadableError, clean
from graphrag_drift.input.extracted import Extracted, Stamp
from graphrag_drift.input.records import as_text
from graphrag_drift.settings import InputSettings

_NO_EXTRA = 'needs an optional dependency: pip install "graphrag-drift[docs]"'
_CLOSING = re.compile(r"\[/([a-z][\w-]*)\]")
_SHORTCODE = re.compile(r"\[([a-z][\w-]*)((?:\s+[\w-]+=(?:\"[^\"\]]*\"|'[^'\]]*'|[^\s\]]+))*)\s*/?\]")
_DATES = ("published", "wp_post_date_gmt", "wp_post_date", "created", "updated")


def feed_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The entries of a feed.

    Raises: UnreadableError, if it is none, or feedparser is not installed.
    """
    try:
        import feedparser
    except ImportError as error:
        raise UnreadableError(_NO_EXTRA) from error
    try:
        feed = feedparser.parse(io.BytesIO(raw.read()), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # what damaged XML makes the library raise is not only its own errors
        raise UnreadableError(f"is not a readable feed: {error}") from error
    if not feed.version and not feed.entries:
        raise UnreadableError("is XML, but no feed (RSS, Atom, WordPress); convert it to .html, .txt, .csv or .json")
    about = feed.feed
    unpublished = 0
    for number, entry in enumerate(feed.entries, start=1):
        if entry.get("wp_status", "publish") not in ("publish", "inherit"):
            unpublished += 1
        else:
            yield _extract(number, entry, about)
    if unpublished:
        yield Extracted(number=0, notices=(f"{unpublished} unpublished entries left out",))


def _without_shortcodes(text: str) -> str:
    """A blog's entry without the commands that stand in it: "[gallery ids=...]", "[caption ...]A mill[/caption]"."""
    closed = {match[1] for match in _CLOSING.finditer(text)}
    return _SHORTCODE.sub(
        lambda match: "" if match[2] or match[1] in closed else match[0], _CLOSING.sub("", text)
    ).strip()


def _extract(number: int, entry: Any, about: Any) -> Extracted:
    contents = [as_text(part.get("value")) for part in entry.get("content", ())]
    text = max(contents, key=len, default="") or as_text(entry.get("summary"))
    if "wp_post_type" in entry:
        text = _without_shortcodes(text)
    source = entry.get("source") or {}
    fields: dict[str, object] = {name: as_text(entry.get(name)) for name in ("link", "id", "author") if entry.get(name)}
    fields["tags"] = ", ".join(clean(str(tag.get("term") or "")) for tag in entry.get("tags", ()))
    return Extracted(
        number=number,
        where=f"entry {number}",
        text=text,
        title=" ".join(as_text(entry.get("title")).split()),
        dates=tuple(Stamp(written, f"feed {name!r}") for name in _DATES if (written := dict.get(entry, name))),
        author=as_text(entry.get("author")),
        source=as_text(source.get("title")) or as_text(about.get("title")),
        language=as_text(about.get("language"))[:2].lower(),
        fields=fields,
    )
