"""A server that speaks as S3 does, on this machine, for the time of a test session."""

from __future__ import annotations

import logging
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from graphrag_drift.store.objects import Objects, connect


@dataclass(frozen=True)
class S3:
    """The server; a `bucket` is made by naming it. `variables` are what a user sets to reach it."""

    endpoint: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "a-key",
            "AWS_SECRET_ACCESS_KEY": "a-secret-nobody-may-see",
            "AWS_REGION": "us-east-1",
        }

    def bucket(self, name: str) -> Objects:
        """What is in the bucket of this name, which is there then."""
        self._send("PUT", f"/{name}")
        return connect(f"s3://{name}", self.variables)

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """An object with any key, also one that no client of ours would write."""
        self._send("PUT", f"/{bucket}/{urllib.parse.quote(key)}", content)

    def _send(self, method: str, path: str, content: bytes = b"") -> None:
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(self.endpoint + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=60):
            pass


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server with nothing in it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3(f"http://{host}:{port}")
    finally:
        server.stop()
