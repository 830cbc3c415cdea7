"""bytes -> clean text: the encoding, and the characters that no text should hold.

Text is composed (NFC), and its characters are put right as `characters.py` says. Offsets are those of the clean text,
which is what is kept.
"""

import codecs
import io
import re
import unicodedata
from typing import BinaryIO

from charset_normalizer import from_bytes

from graphrag_drift.input.characters import mend, tidy

_PIECE = 1 << 20
_SAMPLE = 1 << 15
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"%PDF-", "a PDF"),
    (b"\x7fELF", "a program"),
)
_LATIN = ["cp1252", "cp1250", "iso8859_2"]
_WIDE = ["utf_16_le", "utf_16_be"]
_OTHERS = ["gb18030", "cp949", "big5", "cp932", "euc_jp", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"]
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAKS = "\r\x0b\x0c\x85"
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_KOREAN_WORD = 16  # bytes: longer than words are on average, shorter than Chinese clauses
# Signs inside a word, where one of the Latin code pages has a sign and another a letter.
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\x80-\x9f¡¢£¤¥¦§¨©¬®¯°±²³´¶·¸¹¼½¾¿×÷ˇ˘˙˛˝]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_HAN = re.compile(r"[\u4e00-\u9fff]")


class UnreadableError(Exception):
    """A file or a row is set aside; the message is the reason, without the file's name before it."""


def open_text(raw: BinaryIO, encoding: str | None, newline: str | None = None) -> io.TextIOWrapper:
    """`raw`, which must be seekable, as text in `encoding` or, if None, in the encoding its bytes show.

    The stream owns `raw` and closes it. `newline` is that of `open`. Reading raises UnicodeDecodeError if the
    bytes are not in `encoding`.
    Raises: UnreadableError, if the bytes are not text.
    """
    named, errors = (encoding, "strict") if encoding else _encoding_of(raw)
    raw.seek(0)
    return io.TextIOWrapper(raw, encoding=named, errors=errors, newline=newline)


def read_text(stream: io.TextIOWrapper) -> str:
    """All of `stream`, cleaned; piece by piece, so that a large file's bytes and text are not held at once."""
    done: list[str] = []
    pending: list[str] = []
    for piece in iter(lambda: stream.read(_PIECE), ""):
        cut = _last_ascii(piece)
        if cut < 0:
            pending.append(piece)
        else:
            done.append(clean("".join([*pending, piece[:cut]])))
            pending = [piece[cut:]]
    return "".join([*done, clean("".join(pending))])


def _last_ascii(text: str) -> int:
    """Where the last printable ASCII character stands, or -1: none composes with what is before it."""
    return next((place for place in range(len(text) - 1, -1, -1) if " " <= text[place] <= "~"), -1)


def clean(text: str) -> str:
    r"""`text` without a byte order mark, with "\n" as its only line break and no control characters but tabs.

    Each is replaced by one character, lone surrogates by U+FFFD, the rest by a space; "\r\n" is one break.
    Letters and their accents are composed (NFC), characters without width are gone, wide letters and ligatures are
    plain, double encoding is mended: one word is not two. Spans are those of the clean text.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", tidy(mend(text)))
    return _CONTROL.sub(_replacement, text) if _CONTROL.search(text) else text


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    if character in _LINE_BREAKS:
        return "\n"
    return "\ufffd" if "\ud800" <= character <= "\udfff" else " "


def _encoding_of(raw: BinaryIO) -> tuple[str, str]:
    """The encoding, and how bytes that are not in it are treated."""
    raw.seek(0)
    head = raw.read(_SAMPLE)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, "replace"
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableError(f"is {what}, not text")
    odd = _first_byte_not_utf8(raw)
    if odd is None and len(_NOT_IN_TEXT.findall(head)) * 4 < max(len(head), 16):
        return "utf-8", "strict"
    sample = head if odd is None else _lines_around(raw, odd)
    if odd is not None and _mostly_utf8(sample):
        return "utf-8", "replace"
    declared = _META_CHARSET.search(head)
    if declared and _decodes(sample, declared[1].decode()):
        return declared[1].decode(), "replace"
    return _detected(sample), "replace"


def _first_byte_not_utf8(raw: BinaryIO) -> int | None:
    raw.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    try:
        for piece in iter(lambda: raw.read(_PIECE), b""):
            decoder.decode(piece)
            done += len(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return max(0, min(done + error.start, raw.tell() - 1))
    return None


def _lines_around(raw: BinaryIO, place: int) -> bytes:
    start = max(0, place - _SAMPLE // 2)
    raw.seek(start)
    sample = raw.read(_SAMPLE)
    return sample[sample.find(b"\n") + 1 :] if start else sample


def _mostly_utf8(sample: bytes) -> bool:
    """Whether a few bytes got lost from UTF-8: no other encoding looks like that by chance."""
    text = sample.decode("utf-8", "replace")
    beyond_ascii = sum(not character.isascii() for character in text)
    return text.count("\ufffd") * 10 < beyond_ascii


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except (LookupError, UnicodeError):
        return False
    return True


def _detected(sample: bytes) -> str:
    """The likeliest legacy encoding, or UTF-16 without its mark. Raises: UnreadableError, if none fits."""
    if b"\0" in sample:
        wide = from_bytes(sample, cp_isolation=_WIDE).best()
        if wide is None or sample.count(b"\0\0\0"):
            raise UnreadableError("is binary data, not text")
        return wide.encoding
    runs = _BEYOND_ASCII.findall(sample)
    mean_run = sum(map(len, runs)) / max(1, len(runs))
    if mean_run < 1.5:  # single letters between ASCII: no script but Latin is written so
        return _latin(sample)
    best = from_bytes(sample, cp_isolation=_OTHERS + _LATIN).best()
    if best is None or best.encoding in _LATIN:
        return _latin(sample)
    if best.encoding == "cp949" and (mean_run > _KOREAN_WORD or not _mostly_hangul(sample)):
        return "gb18030"
    return best.encoding


def _latin(sample: bytes) -> str:
    """The Latin code page that leaves the fewest signs inside words, Western first."""
    fitting = [name for name in _LATIN if _decodes(sample, name)]
    if not fitting or len(_NOT_IN_TEXT.findall(sample)) * 20 > len(sample):
        raise UnreadableError("is binary data, or in an encoding that was not recognised; set input.encoding")
    return min(fitting, key=lambda name: len(_SIGN_IN_WORD.findall(sample.decode(name, "ignore"))))


def _mostly_hangul(sample: bytes) -> bool:
    """Korean is written in Hangul; Chinese in GBK, taken for Korean, is full of Han characters."""
    text = sample.decode("cp949", "ignore")
    return len(_HANGUL.findall(text)) > len(_HAN.findall(text))
