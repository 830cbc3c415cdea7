"""What documents, models and endpoints say -> what may be printed: nothing in it steers a terminal or breaks a file.

It does not shorten, and knows no secrets.
"""

from __future__ import annotations

import re

# Controls of terminals (ESC and the one-byte CSI among them), and what turns the direction of text around it.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# XML 1.0, production 2: these are no characters of a document, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """`text` without characters that steer a terminal; line breaks and tabs stay."""
    return _STEERING.sub("", text)


def xml_text(text: str) -> str:
    """`text` with U+FFFD for what no XML file may hold."""
    return _NOT_XML.sub("\ufffd", text)
