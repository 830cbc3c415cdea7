"""A PostgreSQL server with pgvector, for the time of a test session, where the package that holds one is installed."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server with nothing in it."""
    import pgserver

    folder = tempfile.mkdtemp(prefix="pg")  # short, as the path of a socket must be
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
