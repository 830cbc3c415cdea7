"""The vectors of text units in a store of vectors, for what does not fit in memory: a table for each content of them.

A table is named after what it holds and never changes, so that a manifest names the one of its generation, and a run
that dies, or one that has the same vectors, leaves nothing half done. It is searched without an approximate index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.errors import IndexNotReady, SettingsError
from graphrag_drift.interop.lancedb import field_vectors
from graphrag_drift.providers.protocols import Vectors
from graphrag_drift.query.nearness import UNRELATED, Floats, Nearness
from graphrag_drift.settings import VectorsSettings
from graphrag_drift.store.manifest import BEFORE, Manifest, read_manifest
from graphrag_drift.store.writer import Writer
from graphrag_drift.tables import content_id

NEAREST = 10_000
"""So many text units are compared further; up to that, a store gives what memory does."""
MEAN = -1
"""The row that holds the mean of all vectors."""
_MADE_FROM = ("vectors/text_unit_text", "words", "terms")


class Table(Protocol):
    """Vectors in a store, by row; row `MEAN` is their mean."""

    def mean(self) -> Floats:
        """(dimensions,), the vector of row `MEAN`."""
        ...

    def sample(self, count: int) -> Floats:
        """(at most `count`, dimensions), any vectors of text units."""
        ...

    def nearest(
        self, question: Floats, count: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """(rows, cosines) of the `count` that are nearest; of these rows, if `among` is not None."""
        ...


class VectorStore(Protocol):
    """A store of vectors. All methods raise: SettingsError, if it is not there or refuses; ProviderError."""

    def write(self, name: str, rows: NDArray[np.int64], vectors: Vectors) -> None:
        """Make table `name` of unit vectors and their rows, whole or not at all."""
        ...

    def open(self, name: str) -> Table | None:
        """Table `name`; None, if there is none."""
        ...

    def drop(self, name: str) -> None:
        """Remove table `name`, if it is there."""
        ...


@dataclass(frozen=True)
class Stored:
    """The vectors of text units in a table of a store, as far as they are `allowed`; the `most` nearest are given."""

    table: Table
    mean: Floats
    allowed: NDArray[np.bool_]
    most: int = NEAREST

    @property
    def dimensions(self) -> int:
        """Of each vector."""
        return len(self.mean)

    def sample(self, count: int) -> Floats:
        """(at most `count`, dimensions), any of the vectors."""
        return self.table.sample(count)

    def cosines(self, question: Floats) -> tuple[Floats, float]:
        """((text_units,), cosines of the nearest, `UNRELATED` for others; the mean of all)."""
        cosines = np.full(len(self.allowed), np.float32(UNRELATED))
        if not question.any():
            return np.where(self.allowed, np.float32(0), cosines), 0.0
        among = np.flatnonzero(self.allowed)
        few = len(among) < min(len(cosines), self.most)  # more would not go into a request, and lack little
        rows, near = self.table.nearest(question, self.most, among if few else None)
        cosines[rows] = near
        return np.where(self.allowed, cosines, np.float32(UNRELATED)), float(self.mean @ question)

    def within(self, allowed: NDArray[np.bool_]) -> Stored:
        """Only what is `allowed` as well."""
        return replace(self, allowed=self.allowed & allowed)


def vector_store(settings: VectorsSettings) -> VectorStore:
    """The store that the settings name, which is not memory. Raises: SettingsError, MissingExtra."""
    if settings.uri is None:
        raise SettingsError(f"vectors.store is {settings.store!r} and vectors.uri does not say where it is")
    if settings.store == "lancedb":
        from graphrag_drift.interop.lance_vectors import LanceVectors

        return LanceVectors(settings.uri.get_secret_value())
    from graphrag_drift.interop.postgres_vectors import PostgresVectors

    return PostgresVectors(settings.uri.get_secret_value())


def keep_vectors(settings: VectorsSettings, writer: Writer) -> None:
    """Write the vectors of the index that `writer` is about to publish, and drop those of the one before the last.

    Raises: as `vector_store`; ProviderError, if the store fails.
    """
    store = vector_store(settings)
    name = table_name(writer.hashes)
    if store.open(name) is None:
        field = _MADE_FROM[0]
        write_vectors(store, name, field_vectors({field: writer.read(field)}, writer.read)[field])
    try:
        old = table_name(hashes_of(read_manifest(writer.folder, BEFORE)))
    except IndexNotReady:
        return
    if old not in (name, table_name(hashes_of(writer.previous)) if writer.previous is not None else ""):
        store.drop(old)


def table_name(hashes: Mapping[str, str]) -> str:
    """The name of the table for an index whose tables and arrays have these `hashes`."""
    return f"text_units_{content_id(*(hashes[name] for name in _MADE_FROM))}"


def write_vectors(store: VectorStore, name: str, vectors: Vectors) -> None:
    """Keep the `vectors` of text units, (text_units, dimensions), as table `name`; a row of zeros is none."""
    rows = np.flatnonzero(vectors.any(axis=1))
    there = vectors[rows]
    mean = there.mean(axis=0, dtype=np.float64) if len(rows) else np.zeros(vectors.shape[1])
    store.write(name, np.append(rows, MEAN), np.vstack([there, mean]).astype(np.float32))


def stored_vectors(store: VectorStore, manifest: Manifest) -> Nearness:
    """The vectors of the text units of an index. Raises: IndexNotReady, if the store has none of it."""
    table = store.open(table_name(hashes_of(manifest)))
    if table is None:
        raise IndexNotReady(
            "the store of vectors that the settings name has none of this index; run `graphrag-drift index` again"
        )
    return Stored(table, table.mean(), np.ones(manifest.counts["text_units"], dtype=np.bool_))


def hashes_of(manifest: Manifest) -> dict[str, str]:
    """The hash of each table and array."""
    return {name: record.hash for name, record in manifest.files.items()}
