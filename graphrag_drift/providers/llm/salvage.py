"""A damaged SQLite file -> the records that its pages still hold, whatever SQLite itself makes of the file.

Every page of a B-tree of rows without rowid is read by itself, so that a missing or spoilt page costs its own records
alone. It does not know which records are sound: the caller has checksums.
Source: "Database File Format", sqlite.org/fileformat2.html, sections 1.6 (pages), 2.1 (records), 4.1 (write-ahead log).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

Value = bytes | int | float | None

_DEFAULT_PAGE = 4096
_INTERIOR, _LEAF = 0x02, 0x0A
_LOG_HEADER, _FRAME_HEADER = 32, 24
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT = 7


def salvage(path: Path, log: Path) -> Iterator[tuple[Value, ...]]:
    """The records in the file at `path` and in its write-ahead log, if there is one; texts are bytes.

    One may come more than once, in its older forms too: those of the log come first.
    """
    data = path.read_bytes() if path.exists() else b""
    size = _page_size(data)
    pages = {number + 1: data[at : at + size] for number, at in enumerate(range(0, len(data), size))}
    logged = dict(_logged(log.read_bytes() if log.exists() else b"", size))
    for page in logged.values():
        yield from _records(page, pages | logged, size)
    for number, page in pages.items():
        yield from _records(page, pages, size, start=100 if number == 1 else 0)


def _page_size(data: bytes) -> int:
    size = int.from_bytes(data[16:18], "big")
    size = 65_536 if size == 1 else size
    return size if size >= 512 and size & (size - 1) == 0 else _DEFAULT_PAGE


def _logged(log: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    for at in range(_LOG_HEADER, len(log), size + _FRAME_HEADER):
        yield int.from_bytes(log[at : at + 4], "big"), log[at + _FRAME_HEADER : at + _FRAME_HEADER + size]


def _records(page: bytes, pages: dict[int, bytes], size: int, start: int = 0) -> Iterator[tuple[Value, ...]]:
    """The records whose cells are on `page`, with what of them is on overflow pages."""
    if len(page) <= start or page[start] not in (_INTERIOR, _LEAF):
        return
    header, child = (start + 8, 0) if page[start] == _LEAF else (start + 12, 4)
    for cell in range(int.from_bytes(page[start + 3 : start + 5], "big")):
        at = int.from_bytes(page[header + 2 * cell : header + 2 * cell + 2], "big")
        try:
            yield _record(_payload(page, at + child, pages, size))
        except (IndexError, ValueError):
            continue


def _payload(page: bytes, at: int, pages: dict[int, bytes], size: int) -> bytes:
    """The bytes of a record. Raises: ValueError, if not all of them are there."""
    length, at = _varint(page, at)
    most, least = (size - 12) * 64 // 255 - 23, (size - 12) * 32 // 255 - 23
    local = length
    if length > most:
        some = least + (length - least) % (size - 4)
        local = some if some <= most else least
    parts, missing = [page[at : at + local]], length - local
    number = int.from_bytes(page[at + local : at + local + 4], "big")
    while missing > 0:
        overflow = pages.get(number, b"")
        part = overflow[4 : 4 + min(missing, size - 4)]
        if not part:
            raise ValueError(f"page {number} is missing")
        parts.append(part)
        missing -= len(part)
        number = int.from_bytes(overflow[:4], "big")
    payload = b"".join(parts)
    if len(payload) != length:
        raise ValueError("the record is cut off")
    return payload


def _record(payload: bytes) -> tuple[Value, ...]:
    """The values of a record; a real number, of which there is none in a row of ours, is zero."""
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        width = 8 if kind == _FLOAT else _INTEGERS.get(kind, max(0, (kind - 12) // 2))
        raw = payload[end : end + width]
        end += width
        if len(raw) != width:
            raise ValueError("the record is cut off")
        if kind >= 12:
            values.append(raw)
        elif kind == 0:
            values.append(None)
        else:
            values.append(int.from_bytes(raw, "big", signed=True) if kind in _INTEGERS else int(kind == 9))
    return tuple(values)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(the number at `at`, where it ends). Raises: IndexError, at the end of `data`."""
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9
