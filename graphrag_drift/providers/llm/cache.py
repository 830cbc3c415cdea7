"""Replies that were read once, kept in a SQLite file, so that nothing is paid for twice.

Each row has a checksum of its bytes, which is checked before they are made anything of: a damaged one is a miss. A
damaged file is moved aside, and every row that is still whole in it is taken over. Several processes may share the
file. A reply that could not be read is never kept, except that it was cut off.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.providers.llm.asking import Reply
from graphrag_drift.providers.llm.salvage import salvage
from graphrag_drift.tables import content_id
from graphrag_drift.values import Usage

T = TypeVar("T")
_BUSY_SECONDS = 30.0
_PAUSE = 0.01
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG)
_READ_SHORT = 522  # SQLITE_IOERR_SHORT_READ: the file ends before its pages do
_CREATE = """CREATE TABLE IF NOT EXISTS replies_1 (
    key TEXT PRIMARY KEY, prompt TEXT NOT NULL, text TEXT NOT NULL, calls INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL, repaired INTEGER NOT NULL, cut INTEGER NOT NULL, checksum TEXT NOT NULL
) WITHOUT ROWID"""
_COLUMNS = "key, prompt, text, calls, prompt_tokens, completion_tokens, cached_tokens, estimated, repaired, cut"
_CREATE_REJECTED = """CREATE TABLE IF NOT EXISTS rejected_1 (
    key TEXT PRIMARY KEY, prompt TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID"""
_MOST_REJECTED = 100_000  # characters kept of a reply of no use
_GET = f"SELECT {_COLUMNS}, checksum FROM replies_1 WHERE key = ?"
_WIDTH = 11
_PUT = f"INSERT OR REPLACE INTO replies_1 ({_COLUMNS}, checksum) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_ALL = f"SELECT {_COLUMNS}, checksum FROM replies_1 ORDER BY key"
_Row = tuple[str | int, ...]
_Stored = tuple[bytes | int | float | None, ...]
"""A row as it was read: texts are bytes, and of a damaged one every value may be of any kind."""


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A reply of the cache. `cut`: it was cut off, and is only good to know not to ask that again."""

    prompt: str
    reply: Reply
    cut: bool = False


@dataclass(frozen=True, slots=True)
class RejectedReply:
    """A reply that could not be used, also when asked for once more, and why."""

    prompt: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache holds: by prompt, its replies and what they cost when they were made; and the file's size."""

    replies: dict[str, int]
    usage: dict[str, Usage]
    repaired: int
    file_bytes: int


class ReplyCache:
    """The replies in the file at `path`, which is made when needed. Raises: GraphRAGError, if it cannot be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GraphRAGError(f"the folder of the reply cache {str(path)!r} cannot be made: {error}") from error
        self._connections: list[sqlite3.Connection] = []
        self._guarded(self._open)

    def get(self, key: str) -> CachedReply | None:
        """The reply under `key`, or None; a damaged one is none. Never waits for who writes."""
        row = self._guarded(lambda: self._reading.execute(_GET, (key,)).fetchone())
        return _entry(row) if row is not None and _is_sound(row) else None

    def put(self, key: str, entry: CachedReply) -> None:
        """Keep a reply, on disk before this returns; may wait for another process: call it in a thread."""
        self.put_all({key: entry})

    def put_all(self, replies: Mapping[str, CachedReply]) -> None:
        """As `put`, several at once."""
        rows = [_row(key, entry) for key, entry in replies.items()]

        def write() -> None:
            with self._writing:
                self._writing.execute("BEGIN IMMEDIATE")
                self._writing.executemany(_PUT, rows)
                self._writing.executemany("DELETE FROM rejected_1 WHERE key = ?", [(key,) for key in replies])

        with self._lock:
            self._guarded(write)

    def reject(self, key: str, prompt: str, reason: str, text: str) -> None:
        """Keep, for inspection only, a reply that is of no use; until there is a good one."""
        row = (key, prompt, *(part.encode("utf-8", "replace").decode()[:_MOST_REJECTED] for part in (reason, text)))
        with self._lock:
            self._guarded(lambda: self._writing.execute("INSERT OR REPLACE INTO rejected_1 VALUES (?,?,?,?)", row))

    def rejected(self) -> list[RejectedReply]:
        """The replies of no use for which there is no good one yet, by prompt."""
        query = "SELECT prompt, reason, text FROM rejected_1 ORDER BY prompt, key"
        rows = self._guarded(lambda: self._reading.execute(query).fetchall())
        return [RejectedReply(*map(_text, row)) for row in rows]

    def stats(self) -> CacheStats:
        """What the cache holds."""
        numbers = "calls", "prompt_tokens", "completion_tokens", "cached_tokens", "estimated", "repaired"
        sums = ", ".join(f"TOTAL({name})" for name in numbers)  # unlike SUM, it takes whatever a damaged row holds
        query = f"SELECT prompt, COUNT(*), {sums} FROM replies_1 GROUP BY prompt ORDER BY prompt"
        rows = self._guarded(lambda: self._reading.execute(query).fetchall())
        usage = {_text(row[0]): _usage(row[2:7]) for row in rows}
        sizes = (path.stat().st_size for path in _files(self._path) if path.exists())
        return CacheStats({_text(row[0]): row[1] for row in rows}, usage, int(sum(row[7] for row in rows)), sum(sizes))

    def clear(self) -> int:
        """Forget all replies; returns how many there were."""
        with self._lock:
            count: int = self._guarded(lambda: self._writing.execute("DELETE FROM replies_1").rowcount)
            self._guarded(lambda: self._writing.execute("DELETE FROM rejected_1"))
            self._guarded(lambda: self._writing.execute("VACUUM"))
        return count

    def verify(self) -> tuple[int, int]:
        """(sound replies, damaged ones, which are removed); a damaged file is repaired first, with a warning."""
        with self._lock:
            if not _is_whole(self._path):
                self._rebuild(sqlite3.DatabaseError("its pages do not fit together"))
            rows = self._guarded(lambda: self._writing.execute(_ALL).fetchall())
            damaged = [(row[0], row[0]) for row in rows if not _is_sound(row)]
            remove = "DELETE FROM replies_1 WHERE key = ? OR key = CAST(? AS TEXT)"
            self._guarded(lambda: self._writing.executemany(remove, damaged))
        return len(rows) - len(damaged), len(damaged)

    def close(self) -> None:
        """Close the file; another process may go on with it."""
        while self._connections:
            self._connections.pop().close()

    def _open(self) -> None:
        self.close()
        self._writing = self._connect()
        _write_ahead(self._writing)
        self._writing.execute("PRAGMA synchronous = NORMAL")
        self._writing.execute(_CREATE)
        self._writing.execute(_CREATE_REJECTED)
        self._reading = self._connect()
        self._reading.execute("SELECT key FROM replies_1 LIMIT 1").fetchall()

    def _connect(self) -> sqlite3.Connection:
        self._connections.append(_connect(self._path))
        return self._connections[-1]

    def _guarded(self, work: Callable[[], T]) -> T:
        """What `work` gives, after a repair if the file is damaged."""
        try:
            return work()
        except sqlite3.ProgrammingError:  # closed by a thread that rebuilds
            with self._lock:
                return work()
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise GraphRAGError(f"the reply cache {str(self._path)!r} cannot be used: {error}") from error
            return self._repaired(work, error)
        except MemoryError as error:  # a damaged length
            return self._repaired(work, sqlite3.DatabaseError(f"a row cannot be read: {error}"))

    def _repaired(self, work: Callable[[], T], damage: sqlite3.Error) -> T:
        with self._lock:
            try:
                self._rebuild(damage)
                return work()
            except (sqlite3.Error, MemoryError) as error:
                raise GraphRAGError(f"the reply cache {str(self._path)!r} cannot be used: {error}") from error

    def _rebuild(self, damage: sqlite3.Error) -> None:
        """Move the damaged file aside and take over its sound rows, unless another process has done so."""
        self.close()
        with FileLock(f"{self._path}.lock", timeout=_BUSY_SECONDS):
            if not _is_whole(self._path):
                aside, saved = _move_aside(self._path)
                self._open()
                self._writing.executemany(_PUT, saved)
                warnings.warn(
                    f"the reply cache {str(self._path)!r} was damaged ({damage}); {len(saved)} replies were saved, "
                    f"the damaged file is now {aside.name!r}",
                    stacklevel=2,
                )
            else:
                self._open()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.text_factory = bytes  # of a damaged row no text can be made
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. SQLite's own patience does not cover this: two first users would collide."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)


def _files(path: Path) -> tuple[Path, ...]:
    return (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is damaged: also where it no longer has the columns that were asked for."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code == _READ_SHORT or code & 0xFF in _DAMAGE


def _is_whole(path: Path) -> bool:
    try:
        connection = _connect(path)
        try:
            made = connection.execute(
                "SELECT sql FROM sqlite_master WHERE name IN ('replies_1', 'rejected_1')"
            ).fetchall()
            meant = {create.replace("IF NOT EXISTS ", "").encode() for create in (_CREATE, _CREATE_REJECTED)}
            checked = connection.execute("PRAGMA quick_check(1)").fetchone()
            return {sql for (sql,) in made} == meant and checked in (("ok",), (b"ok",))
        finally:
            connection.close()
    except (sqlite3.Error, MemoryError):
        return False


def _move_aside(path: Path) -> tuple[Path, list[_Row]]:
    """Where the damaged file went, and the sound rows that are still in it."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for file, moved in zip(_files(path), _files(aside), strict=True):
        if file.exists():
            file.replace(moved)
    rows: dict[Any, _Stored] = {}
    with suppress(sqlite3.Error, MemoryError), closing(_connect(aside)) as connection:  # as far as it could be read
        for row in connection.execute(_ALL):
            if _is_sound(row):
                rows[row[0]] = row
    for record in salvage(*_files(aside)[:2]):
        if _is_sound(record):
            rows.setdefault(record[0], record)
    return aside, [_decoded(row) for row in rows.values()]


def _row(key: str, entry: CachedReply) -> _Row:
    usage = entry.reply.usage
    spent = (usage.calls, usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, int(usage.estimated))
    text = entry.reply.text.encode("utf-8", "replace").decode("utf-8")
    columns: _Row = (key, entry.prompt, text, *spent, int(entry.reply.repaired), int(entry.cut))
    return (*columns, content_id("row", *columns))


def _is_sound(row: _Stored) -> bool:
    """Whether the bytes are those that `_row` made the checksum of."""
    try:
        columns = _decoded(row)
    except (UnicodeDecodeError, TypeError):
        return False
    return len(columns) == _WIDTH and content_id("row", *columns[:-1]) == columns[-1]


def _decoded(row: _Stored) -> _Row:
    """Raises: UnicodeDecodeError, TypeError, if the row is not of texts and whole numbers."""
    columns: list[str | int] = []
    for value in row:
        if not isinstance(value, (bytes, int)):
            raise TypeError(f"{value!r} is no text and no whole number")
        columns.append(value.decode() if isinstance(value, bytes) else value)
    return tuple(columns)


def _text(value: bytes | int | float | None) -> str:
    """A text of a row that may be damaged."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _entry(row: _Stored) -> CachedReply:
    _, prompt, text, calls, asked, answered, cached, estimated, repaired, cut, _ = _decoded(row)
    usage = _usage((calls, asked, answered, cached, estimated))
    return CachedReply(str(prompt), Reply(str(text), usage, bool(repaired)), bool(cut))


def _usage(columns: Sequence[Any]) -> Usage:
    calls, asked, answered, cached, estimated = columns
    return Usage(int(calls), int(asked), int(answered), int(cached), bool(estimated))
