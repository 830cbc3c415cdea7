"""How near text units are to a question by their vectors: the seam behind which these may be kept anywhere.

In memory every text unit is compared (`Scan`), which is the fastest as long as the vectors fit. A store of vectors
(`interop/vector_stores.py`) compares where they are, and gives the nearest only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_FEW_PLACES = 0.2  # of all: to gather them costs more than to multiply by as many
UNRELATED = -1.0
"""The cosine of a text unit without a vector, or of one that is not among the nearest that a store gives."""


class Nearness(Protocol):
    """The vectors of text units, unit rows in the order of their table; a text unit may be without one."""

    @property
    def dimensions(self) -> int:
        """Of each vector."""
        ...

    def sample(self, count: int) -> Floats:
        """(at most `count`, dimensions), any of the vectors."""
        ...

    def cosines(self, question: Floats) -> tuple[Floats, float]:
        """((text_units,), how near each is to the vector `question`, `UNRELATED` for others; the mean of all that have
        a vector)."""
        ...

    def within(self, allowed: NDArray[np.bool_]) -> Nearness:
        """These vectors, without those of text units that are not `allowed`."""
        ...


@dataclass(frozen=True)
class Scan:
    """Vectors in memory, (text_units, dimensions); a row of zeros is none."""

    vectors: Floats

    @property
    def dimensions(self) -> int:
        """Of each vector."""
        return int(self.vectors.shape[1])

    @cached_property
    def _there(self) -> NDArray[np.bool_]:
        return np.asarray(self.vectors.any(axis=1))

    def sample(self, count: int) -> Floats:
        """(at most `count`, dimensions), the first vectors."""
        return self.vectors[np.flatnonzero(self._there)[:count]]

    def cosines(self, question: Floats) -> tuple[Floats, float]:
        """((text_units,), cosines; the mean of those that are)."""
        places = np.flatnonzero(question)  # few of a vector made of terms: the others are not read
        sparse = len(places) < _FEW_PLACES * len(question)
        cosines: Floats = (self.vectors[:, places].dot(question[places]) if sparse else self.vectors @ question).astype(
            np.float32
        )
        middle = float(cosines[self._there].mean()) if self._there.any() else 0.0
        return np.where(self._there, cosines, np.float32(UNRELATED)), middle

    def within(self, allowed: NDArray[np.bool_]) -> Scan:
        """Zeros for what is not `allowed`."""
        return Scan(np.where(allowed[:, None], self.vectors, np.float32(0)))
