r"""text -> the same text as a reader sees it: no characters without width, one form of a letter, one decoding.

What has no width divides words that are one ("obser\u00advatory"); ligatures, wide letters and double encoding make
two names of one. Quotes, dashes, wide punctuation, accents, and the joiners that Persian, Indic scripts and emoji are
written with stay.
"""

import re
import unicodedata

_NO_WIDTH = re.compile(
    "\u00ad\n?|[\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Between letters of Latin, Greek and Cyrillic, and at a space or an end, a joiner joins nothing.
_ALONE = "\x00-\u052f\u1e00-\u1fff\u2000-\u200b\u3000"
_JOINER = re.compile("[\u200c\u200d]")  # looked for first, since to look behind each character is slow; so below
_JOINERS = re.compile(f"(?<=[{_ALONE}])[\u200c\u200d]+|^[\u200c\u200d]+|[\u200c\u200d]+(?=[{_ALONE}]|\\Z)")
_HYPHENS = re.compile("[\u2010\u2011]")
# A space that holds the digits of a number together is kept: a plain one would divide it.
_SPACE = re.compile("[\u00a0\u2000-\u200a\u202f\u205f]")
_SPACES = re.compile("(?<!\\d)[\u00a0\u2000-\u200a\u202f\u205f]|[\u00a0\u2000-\u200a\u202f\u205f](?!\\d)")
# Letters and digits that are another way to print a letter or a digit.
_COMPATIBLE = re.compile(
    "[\u0132\u0133\u01c4-\u01cc\u01f1-\u01f3\u2f00-\u2fd5\ufb00-\ufb06\ufb13-\ufb17\ufb20-\ufb4f\ufb50-\ufbb1"
    "\ufbd3-\ufbff\ufe80-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U0001d400-\U0001d7ff]+"
)
# How UTF-8 looks when its bytes are read as Windows-1252, 1251, Mac Roman or the code page of DOS: a letter that stands
# for a leading byte, then what stands for one that follows.
_SUSPECT = re.compile(
    "[\u00c2-\u00f4][\x80-\xbf\u0152-\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122\ufffd]"
    "|[\u0412\u0413\u0420\u0421\u0432\u0440\u0441][\xa0-\xbb\u0402-\u040f\u0452-\u045f\u2013-\u203a\u20ac\u2122]"
    "|\u221a[\xa0-\xff\u2020-\u2265]|[\u251c\u252c][\xa0-\xff\u2500-\u25a0]|\u0393[\xc7\xe9]"
)


def tidy(text: str) -> str:
    """`text` without what has no width, with plain hyphens and spaces, and letters and digits in their plain form."""
    if text.isascii():
        return text
    text = _NO_WIDTH.sub("", text)
    text = _JOINERS.sub("", text) if _JOINER.search(text) else text
    text = _HYPHENS.sub("-", text)
    text = _SPACES.sub(" ", text) if _SPACE.search(text) else text
    return _COMPATIBLE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def mend(text: str) -> str:
    """`text` with the lines decoded rightly that had been decoded wrongly once or twice before they were saved.

    Only what decodes back without a doubt is changed; a character whose bytes are lost becomes U+FFFD.
    """
    if not _SUSPECT.search(text):
        return text
    from ftfy import fix_encoding

    return "\n".join(fix_encoding(line) if _SUSPECT.search(line) else line for line in text.split("\n"))


def garbled(text: str) -> str:
    """The first part of `text` that still looks decoded wrongly, or has lost characters; "" if none does."""
    lost = text.find("\ufffd")
    if lost >= 0:
        before, after = text[max(0, lost - 20) : lost].split(), text[lost : lost + 20].split()
        return ("" if text[lost - 1 : lost].isspace() or not before else before[-1]) + after[0]
    if text.isascii() or not _SUSPECT.search(text):
        return ""
    from ftfy.badness import is_bad

    lines = (line for line in text.split("\n") if _SUSPECT.search(line) and is_bad(line))
    doubtful = next(lines, "")
    place = _SUSPECT.search(doubtful)
    return doubtful[max(0, place.start() - 20) : place.end() + 20].strip() if place else ""
