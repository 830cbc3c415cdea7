"""What functions of one text gave, kept in a SQLite file, since the next run of an index asks for most of it again.

Nothing depends on it: without a memo, or with a damaged one, everything is made anew and is the same to the bit. The
key of a piece is all that it was made from: its text, settings, the code and the libraries. Pieces that a run asked of
no more are dropped at its end, so that it holds about what one index needs.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from graphrag_drift.versions import code_version, library_versions

T = TypeVar("T")
_BUSY_SECONDS = 5.0
_UNWRITTEN = 2_000  # pieces that wait to be written together
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CREATE = "CREATE TABLE IF NOT EXISTS pieces_1 (key BLOB PRIMARY KEY, name TEXT NOT NULL, value BLOB NOT NULL)"
_KEYS = "SELECT key FROM pieces_1"
_GET = "SELECT value FROM pieces_1 WHERE key = ?"
_PUT = "INSERT OR REPLACE INTO pieces_1 (key, name, value) VALUES (?, ?, ?)"
_CHECKSUM = 4  # bytes before a value


class Memo:
    """Pieces by name and key, in `file`, which is made when the first is kept. A fault of the file ends its use."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._connection: sqlite3.Connection | None = None
        self._usable = True
        self.is_complete = False
        """Whether what was asked for is all that the next run will ask for, and the rest may be dropped."""
        self._asked: defaultdict[str, set[bytes]] = defaultdict(set)
        self._unwritten: dict[bytes, tuple[str, bytes]] = {}
        self._written: set[bytes] | None = None  # keys of the file, once it is open: most of a first run's are not

    def recall(self, name: str, key: bytes) -> bytes | None:
        """The piece that was kept under this key; None, if there is none, or it is not as it was written."""
        self._asked[name].add(key)
        if key in self._unwritten:
            return self._unwritten[key][1]
        if not self._usable or key not in self._keys():
            return None
        row = self._try(lambda connection: connection.execute(_GET, (key,)).fetchone())
        return _checked(key, row[0]) if row else None

    def _keys(self) -> set[bytes]:
        if self._written is None:
            there = self._connection is not None or self.file.exists()
            rows = self._try(lambda connection: connection.execute(_KEYS).fetchall()) if there else None
            self._written = {key for (key,) in rows or ()}
        return self._written

    def keep(self, name: str, key: bytes, piece: bytes) -> None:
        """Keep a piece; it is written together with others, and at the end."""
        if self._usable:
            self._unwritten[key] = name, piece
            if len(self._unwritten) >= _UNWRITTEN:
                self._write()

    def close(self) -> None:
        """Write what waits; when it `is_complete`, drop what was not asked for, of the names of which something was."""
        self._write()
        if self.is_complete and self._connection is not None:
            self._try(self._drop)
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _write(self) -> None:
        rows = [(key, name, _sealed(key, piece)) for key, (name, piece) in self._unwritten.items()]
        self._keys().update(self._unwritten)
        self._unwritten = {}

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(_PUT, rows)

        if rows and self._usable:
            self._try(write)

    def _drop(self, connection: sqlite3.Connection) -> None:
        marks = ",".join("?" * len(self._asked))
        rows = connection.execute(f"SELECT key, name FROM pieces_1 WHERE name IN ({marks})", list(self._asked))
        gone = [(key,) for key, name in rows if key not in self._asked[name]]
        if gone:
            with connection:
                connection.executemany("DELETE FROM pieces_1 WHERE key = ?", gone)

    def _try(self, act: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `act` gives; None once the file cannot be used."""
        try:
            if self._connection is None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self._connection = sqlite3.connect(self.file, timeout=_BUSY_SECONDS, check_same_thread=False)
                self._connection.execute("PRAGMA synchronous = OFF")  # what a lost power damages is made anew
                self._connection.execute(_CREATE)
            return act(self._connection)
        except (sqlite3.Error, OSError) as error:
            self._usable, self._unwritten = False, {}
            if getattr(error, "sqlite_errorcode", None) in _DAMAGE:
                with suppress(OSError):
                    self.file.unlink()
            return None


_MEMO: ContextVar[Memo | None] = ContextVar("memo", default=None)


@contextmanager
def remembering(file: Path) -> Iterator[Memo]:
    """Within it, `recalled` keeps what it makes in `file`; when the memo `is_complete`, the rest of it is dropped."""
    memo = Memo(file)
    try:
        with using(memo):
            yield memo
    finally:
        memo.close()


class Notes(Memo):
    """A memo that gives what is in its file and keeps nothing there: what was made is in `pieces`."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.pieces: list[tuple[str, bytes, bytes]] = []
        """Name, key and piece, as `keep` wants them."""

    def keep(self, name: str, key: bytes, piece: bytes) -> None:
        """Note the piece."""
        self.pieces.append((name, key, piece))


def at_hand() -> Memo | None:
    """The memo that `recalled` uses here."""
    return _MEMO.get()


@contextmanager
def using(memo: Memo) -> Iterator[None]:
    """Within it, `recalled` uses `memo`."""
    token = _MEMO.set(memo)
    try:
        yield
    finally:
        _MEMO.reset(token)


def recalled(
    name: str,
    parts: tuple[object, ...],
    make: Callable[[], T],
    *,
    write: Callable[[T], bytes],
    read: Callable[[bytes], T | None],
) -> T:
    """What `make` gives, or gave when it was made of the same `parts`, by code and libraries as now.

    `name` is the module of `make`, and its own. `read` may give None for what does not hold any more.
    """
    memo = _MEMO.get()
    if memo is None:
        return make()
    key = _version(name).copy()
    for part in parts:
        raw = str(part).encode("utf-8", "surrogatepass")
        key.update(len(raw).to_bytes(8, "little"))
        key.update(raw)
    piece = memo.recall(name, key.digest())
    value = None if piece is None else read(piece)
    if value is None:
        value = make()
        memo.keep(name, key.digest(), write(value))
    return value


def as_json(value: object) -> bytes:
    """`value` as JSON; for `recalled`, with `json.loads` to read it."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


@cache
def _version(name: str) -> Any:
    """The digest of a function's name, its code and the libraries, to which the parts are added."""
    version = f"{name} {code_version(name.partition(':')[0])} {sorted(library_versions().items())}"
    return blake2b(version.encode(), digest_size=16)


def _sealed(key: bytes, piece: bytes) -> bytes:
    packed = zlib.compress(piece, 1)
    return _checksum(key, packed) + packed


def _checksum(key: bytes, packed: bytes) -> bytes:
    return zlib.crc32(packed, zlib.crc32(key)).to_bytes(_CHECKSUM, "little")


def _checked(key: bytes, value: object) -> bytes | None:
    if not isinstance(value, bytes) or _checksum(key, value[_CHECKSUM:]) != value[:_CHECKSUM]:
        return None
    try:
        return zlib.decompress(value[_CHECKSUM:])
    except zlib.error:
        return None
