"""Mail -> a document a message, by the standard library: subject, date, sender and the text that was written

Of a message in plain text and HTML the plain text is read. Attachments are named, not read.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import getaddresses
from itertools import groupby
from typing import BinaryIO

from graphrag_drift.input.decode import UnreadableError, clean
from graphrag_drift.input.extracted import Extracted, Stamp
from graphrag_drift.input.html import strip_markup
from graphrag_drift.settings import InputSettings

_QUOTED = re.compile(r"(?:> ?)+")
_FIELDS = ("From", "To", "Cc", "Subject", "Date", "List-Id")


def message_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The message in a file. Raises: UnreadableError, if it has no header of a message."""
    message = _extract(raw.read(), 1, "")
    if not message.fields:
        raise UnreadableError("is not a mail message: it has no From, Date or Subject")
    yield message


def mailbox_file(raw: BinaryIO, settings: InputSettings) -> Iterator[Extracted]:
    """The messages of a mailbox, one after another."""
    lines: list[bytes] = []
    number, after_blank = 0, True
    for line in raw:
        if after_blank and line.startswith(b"From "):
            if lines:
                number += 1
                yield _extract(b"".join(lines), number, f"message {number}")
            lines = []
        elif lines or line.strip():
            lines.append(line[1:] if line.lstrip(b">").startswith(b"From ") and line.startswith(b">") else line)
        after_blank = not line.strip()
    if lines:
        yield _extract(b"".join(lines), number + 1, f"message {number + 1}")


def _extract(raw: bytes, number: int, where: str) -> Extracted:
    try:
        message = email.message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)
        fields: dict[str, object] = {
            name.lower(): clean(str(message[name])) for name in _FIELDS if message[name] is not None
        }
        text = _text(message)
        names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    except Exception as error:  # the parser of headers raises what a damaged one makes it
        return Extracted(number, where, problem=f"is not a readable mail message: {error or type(error).__name__}")
    written = str(fields.get("date", ""))
    return Extracted(
        number=number,
        where=where,
        text=text.strip(),
        title=" ".join(str(fields.get("subject", "")).split()),
        dates=(Stamp(written, "mail header 'Date'"),) if written else (),
        author=", ".join(name or address for name, address in getaddresses([str(fields.get("from", ""))])),
        fields=fields,
        notices=(f"{len(names)} attachment(s) left out: {clean(', '.join(map(str, names)))}",) if names else (),
    )


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = clean(_content(body))
    if body.get_content_subtype() == "html":
        return strip_markup(text)
    if not text.strip() and (other := message.get_body(preferencelist=("html",))) is not None:
        return strip_markup(clean(_content(other)))
    return _unquoted(text, flowed=body.get_param("format") == "flowed")


def _unquoted(text: str, *, flowed: bool) -> str:
    """The text with what it quotes as paragraphs of their own, without the signs before each line of them."""
    parts: list[str] = []
    for depth, group in groupby(text.splitlines(), key=_depth):
        lines = [_QUOTED.sub("", line) if depth else line for line in group]
        part = "\n".join(lines)
        parts.append(part.replace("\n-- \n", "\n--\n").replace(" \n", " ") if flowed else part)
    return "\n\n".join(filter(str.strip, parts)) if len(parts) > 1 else "".join(parts)


def _depth(line: str) -> int:
    """In how many messages within each other a line is quoted."""
    signs = _QUOTED.match(line)
    return signs[0].count(">") if signs else 0


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a charset that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
