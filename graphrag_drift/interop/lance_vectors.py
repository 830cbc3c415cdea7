"""Vectors in LanceDB, in a folder or in a store of objects, see `interop/vector_stores.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphrag_drift.errors import GraphRAGError, SettingsError
from graphrag_drift.interop.lancedb import open_database
from graphrag_drift.interop.vector_stores import MEAN
from graphrag_drift.providers.protocols import Vectors
from graphrag_drift.query.nearness import Floats


class LanceVectors:
    """Vectors at `uri`: a folder, or s3://bucket/folder, whose keys are in the environment."""

    def __init__(self, uri: str) -> None:
        """Raises: MissingExtra; SettingsError."""
        with _explained():
            self._database = open_database(uri)

    def write(self, name: str, rows: NDArray[np.int64], vectors: Vectors) -> None:
        """See `VectorStore`. LanceDB names a table when all of it is written."""
        import pyarrow as pa

        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
        columns = {"row": pa.array(rows), "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])}
        with _explained():
            self._database.create_table(name, pa.table(columns), mode="overwrite")

    def open(self, name: str) -> LanceTable | None:
        """See `VectorStore`."""
        with _explained():
            names = self._database.list_tables().tables
            return LanceTable(self._database.open_table(name)) if name in names else None

    def drop(self, name: str) -> None:
        """See `VectorStore`."""
        with _explained():
            self._database.drop_table(name, ignore_missing=True)


@dataclass(frozen=True)
class LanceTable:
    """A table of vectors."""

    table: Any

    def mean(self) -> Floats:
        """See `Table`."""
        return self._vectors(f"row = {MEAN}", 1).reshape(-1)

    def sample(self, count: int) -> Floats:
        """See `Table`."""
        return self._vectors(f"row > {MEAN}", count)

    def _vectors(self, condition: str, count: int) -> Floats:
        with _explained():
            rows = self.table.search().where(condition).limit(count).to_arrow()
        flat = rows["vector"].combine_chunks().flatten().to_numpy()
        return np.asarray(flat.reshape(rows.num_rows, -1), dtype=np.float32)

    def nearest(
        self, question: Floats, count: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """See `Table`."""
        wanted = f"row > {MEAN}" if among is None else f"row IN ({','.join(map(str, [MEAN - 1, *among]))})"
        with _explained():
            query = self.table.search(question).distance_type("dot").where(wanted, prefilter=True)
            rows = query.select(["row", "_distance"]).limit(count).to_arrow()
        return rows["row"].to_numpy(), (1 - rows["_distance"].to_numpy()).astype(np.float32)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what lancedb raises (nearly anything) into our errors, without its words: they may hold keys."""
    try:
        yield
    except GraphRAGError:
        raise
    except Exception as error:
        raise SettingsError(
            f"LanceDB cannot use its folder at vectors.uri ({type(error).__name__}); check that it is there, and the"
            " keys in the environment"
        ) from error
