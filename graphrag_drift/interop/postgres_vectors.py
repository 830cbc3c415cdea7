"""Vectors in PostgreSQL with the extension pgvector, see `interop/vector_stores.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.each import in_thread
from graphrag_drift.errors import MissingExtra, ProviderError, SettingsError
from graphrag_drift.interop.vector_stores import MEAN
from graphrag_drift.providers.protocols import Vectors
from graphrag_drift.query.nearness import Floats

R = TypeVar("R")
_PREFIX = "graphrag_drift_"
_SECONDS = 10  # to connect
_SCHEMA = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'vector'"
_HELP = {
    "28P01": "the password is wrong",
    "28000": "this user may not connect",
    "3D000": "there is no such database",
    "42501": "this user may not make tables; grant it that",
    "0A000": "the server lacks the extension pgvector; install it there",
    "58P01": "the server lacks the extension pgvector; install it there",
}
"""What codes of PostgreSQL mean, by its table of errors."""


class PostgresVectors:
    """Vectors in the database at `uri`: postgresql://user:password@host:port/database?sslmode=require."""

    def __init__(self, uri: str) -> None:
        """Raises: MissingExtra; SettingsError, if it is no such address."""
        try:
            import asyncpg  # noqa: F401  # told here, not when the index is made
        except ImportError as error:
            raise MissingExtra(f"PostgreSQL needs asyncpg ({error}): pip install 'graphrag-drift[postgres]'") from error
        if not uri.startswith(("postgresql://", "postgres://")):
            raise SettingsError("vectors.uri is no address of a database; expected postgresql://user@host/database")
        self._uri = uri

    def use(self, work: Callable[[Any], Coroutine[Any, Any, R]]) -> R:
        """What `work` makes of a connection, which it has alone, in a thread and a loop of their own."""

        async def connected() -> R:
            async with self._connection() as connection:
                return await work(connection)

        with _explained():
            return in_thread(connected())

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        import asyncpg

        connection = await asyncpg.connect(self._uri, timeout=_SECONDS)
        try:
            schema = await connection.fetchval(_SCHEMA)
            if schema is not None:
                await _speak_vector(connection, schema)
            yield connection
        finally:
            await connection.close(timeout=_SECONDS)

    def write(self, name: str, rows: NDArray[np.int64], vectors: Vectors) -> None:
        """See `VectorStore`; one transaction."""
        import asyncpg

        async def written(connection: Any) -> None:
            if await connection.fetchval(_SCHEMA) is None:
                await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
                await _speak_vector(connection, await connection.fetchval(_SCHEMA))
            async with connection.transaction():
                columns = f"row integer PRIMARY KEY, vector vector({vectors.shape[1]})"
                try:
                    await connection.execute(f"CREATE TABLE {_PREFIX}{name} ({columns})")
                except (asyncpg.DuplicateTableError, asyncpg.UniqueViolationError):
                    return  # another run has made the same meanwhile
                records = zip(rows.tolist(), vectors, strict=True)
                await connection.copy_records_to_table(f"{_PREFIX}{name}", records=records)

        self.use(written)

    def open(self, name: str) -> PostgresTable | None:
        """See `VectorStore`."""
        there = self.use(lambda connection: connection.fetchval("SELECT to_regclass($1)", f"{_PREFIX}{name}"))
        return PostgresTable(self, f"{_PREFIX}{name}") if there is not None else None

    def drop(self, name: str) -> None:
        """See `VectorStore`."""
        self.use(lambda connection: connection.execute(f"DROP TABLE IF EXISTS {_PREFIX}{name}"))


@dataclass(frozen=True)
class PostgresTable:
    """A table of vectors."""

    store: PostgresVectors
    name: str

    def mean(self) -> Floats:
        """See `Table`."""
        return self._vectors(f"row = {MEAN}", 1).reshape(-1)

    def sample(self, count: int) -> Floats:
        """See `Table`."""
        return self._vectors(f"row > {MEAN}", count)

    def _vectors(self, condition: str, count: int) -> Floats:
        query = f"SELECT vector FROM {self.name} WHERE {condition} LIMIT $1"
        records = self.store.use(lambda connection: connection.fetch(query, count))
        return np.array([vector for (vector,) in records], dtype=np.float32)

    def nearest(
        self, question: Floats, count: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """See `Table`; by inner product, which is the cosine of unit vectors."""
        wanted, rows_of = (f"row > {MEAN}", []) if among is None else ("row = ANY($3)", [among.tolist()])
        query = f"SELECT row, -(vector <#> $1) FROM {self.name} WHERE {wanted} ORDER BY vector <#> $1 LIMIT $2"
        records = self.store.use(lambda connection: connection.fetch(query, question, count, *rows_of))
        rows, cosines = [row for row, _ in records], [cosine for _, cosine in records]
        return np.array(rows, dtype=np.int64), np.array(cosines, dtype=np.float32)


async def _speak_vector(connection: Any, schema: str) -> None:
    """Exchange vectors in pgvector's binary form: two int16, the dimensions and 0, then float32, all big-endian."""

    def encode(vector: Floats) -> bytes:
        return np.array([len(vector), 0], dtype=">i2").tobytes() + vector.astype(">f4").tobytes()

    def decode(raw: bytes) -> Floats:
        return np.array(np.frombuffer(raw, dtype=">f4", offset=4), dtype=np.float32)

    await connection.set_type_codec("vector", schema=schema, encoder=encode, decoder=decode, format="binary")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the driver raises into our errors, by codes alone: its words may hold what was sent."""
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as error:
        code = error.sqlstate or "?"
        if code in _HELP:
            raise SettingsError(f"PostgreSQL at vectors.uri cannot be used: {_HELP[code]}") from None
        raise ProviderError(f"PostgreSQL at vectors.uri failed with its error {code}; see its log") from None
    except (asyncpg.InterfaceError, OSError, TimeoutError, ValueError):
        raise SettingsError(
            "PostgreSQL at vectors.uri cannot be reached; check the address, and that the server is running"
        ) from None
