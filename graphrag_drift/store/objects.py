"""Files at an address such as s3://bucket/prefix, in S3, Google Cloud Storage, Azure or what speaks as one of them.

The door to such stores: what they raise becomes one of our errors here, in a sentence that holds nothing of what was
sent. Requests are made again for a while where that may help.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from graphrag_drift.errors import GraphRAGError, MissingExtra, SettingsError, Unavailable

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

_VARIABLES = re.compile(r"(AWS|GOOGLE|AZURE)_[A-Z0-9_]+")
_KEYS = {"s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "gs": "GOOGLE_APPLICATION_CREDENTIALS"}
_AZURE = tuple(
    f"azure_storage_{name}"
    for name in ("account_name", "account_key", "sas_key", "client_id", "client_secret", "tenant_id", "endpoint")
)
_OPTIONS = {
    "s3": (
        *(f"aws_{name}" for name in ("access_key_id", "secret_access_key", "session_token", "region")),
        *(f"aws_{name}" for name in ("default_region", "endpoint_url", "skip_signature")),
    ),
    "gs": ("google_application_credentials", "google_service_account", "google_service_account_key"),
}
_NAME = re.compile(r'[Pp]ath "([^"\n]{1,500})"')
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_CONNECT_SECONDS, _REQUEST_SECONDS, _RETRY_SECONDS, _RETRIES = 5, 600, 60, 5


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a listing: its name below the address, its bytes, and what changes when it is written anew."""

    name: str
    size: int
    version: str


def connect(uri: str, environment: Mapping[str, str] = os.environ) -> Objects:
    """What is at the address `uri`. Credentials, region and endpoint are the variables AWS_..., GOOGLE_..., AZURE_...
    of `environment`. Nothing is asked of the store yet.

    Raises: SettingsError, if there is no store of that kind, or what it needs is not set; MissingExtra.
    """
    try:
        from obstore.store import from_url
    except ImportError as error:
        raise MissingExtra(f"{uri!r} needs obstore: pip install 'graphrag-drift[remote]'") from error
    options = {name.lower(): value for name, value in environment.items() if _VARIABLES.fullmatch(name) and value}
    endpoint = options.get("aws_endpoint_url", "") if uri.startswith("s3:") else ""
    with _explained(uri):
        store = from_url(  # type: ignore[call-overload]  # its overloads are by scheme
            uri,
            config=_known(options, uri),
            client_options={
                "allow_http": endpoint.startswith("http:"),
                "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
                "timeout": timedelta(seconds=_REQUEST_SECONDS),
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
        )
    return Objects(store, uri)


def _known(options: Mapping[str, str], uri: str) -> dict[str, str]:
    """Those of `options` that the store of `uri` takes; other variables of that name are for other programs."""
    return {name: options[name] for name in _OPTIONS.get(urlsplit(uri).scheme, _AZURE) if name in options}


class Objects:
    """The objects at the address `uri`, by their names below it; each is written whole or not at all.

    All methods raise: SettingsError, if the store or the credentials are wrong; Unavailable, if it cannot be reached;
    GraphRAGError, if it fails otherwise.
    """

    def __init__(self, store: ObjectStore, uri: str) -> None:
        self._store = store
        self.uri = uri

    def read(self, name: str) -> tuple[bytes, UpdateVersion] | None:
        """The bytes of an object, and its version, for `swap`; None, if there is none."""
        import obstore

        with _explained(self.uri):
            try:
                reply = obstore.get(self._store, name)
                data = bytes(reply.bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None
        tags = {name: reply.meta[name] for name in ("e_tag", "version")}
        return data, cast("UpdateVersion", {name: tag for name, tag in tags.items() if tag is not None})

    def write(self, name: str, content: bytes | Path) -> None:
        """Write an object, over one of that name."""
        import obstore

        with _explained(self.uri):
            obstore.put(self._store, name, content)

    def swap(self, name: str, data: bytes, version: UpdateVersion | None) -> bool:
        """Write an object, if it still has this `version` (None: if there is none); False, if it has another."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with _explained(self.uri):
            try:
                obstore.put(self._store, name, data, mode="create" if version is None else version, use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def copy(self, source: str, target: str) -> bool:
        """Copy an object within the store, which carries no bytes here; False, if there is no `source`."""
        import obstore

        with _explained(self.uri):
            try:
                obstore.copy(self._store, source, target)
            except FileNotFoundError:
                return False
        return True

    def download(self, name: str, path: Path) -> bool:
        """Write the bytes of an object to the file `path`, and wait until the disk has them; False, if it is gone."""
        import obstore

        with _explained(self.uri):
            try:
                pieces = iter(obstore.get(self._store, name))
                with path.open("wb") as file:
                    for piece in pieces:
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
            except FileNotFoundError:
                if not path.parent.is_dir():
                    raise
                return False
        return True

    def entries(self, folder: str = "") -> list[Entry]:
        """The objects whose names begin with `folder`, by name."""
        import obstore

        with _explained(self.uri):
            metas = [meta for page in obstore.list(self._store, prefix=folder or None) for meta in page]
        entries = [Entry(meta["path"], meta["size"], _version(meta)) for meta in metas]
        return sorted(entries, key=lambda entry: entry.name)

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects; one that is gone already is none the worse."""
        import obstore

        if names:
            with _explained(self.uri):
                obstore.delete(self._store, names)


def _version(meta: Any) -> str:
    return str(meta["e_tag"] or meta["last_modified"])


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Turn what obstore raises into our errors, by its kind alone: its texts hold requests and replies."""
    from obstore.exceptions import (
        BaseError,
        InvalidPathError,
        NotSupportedError,
        PermissionDeniedError,
        UnauthenticatedError,
    )

    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError):
        raise SettingsError(
            f"the store refused access to {uri!r}; check {_keys(uri)} in the environment or .env, and what they allow"
        ) from None
    except InvalidPathError as error:
        name = match[1] if (match := _NAME.search(str(error))) else "?"
        raise SettingsError(
            f"an object at {uri!r} has the name {name!r}, with which nothing there can be listed; rename it"
        ) from None
    except (NotSupportedError, NotImplementedError):
        raise SettingsError(
            f"the store of {uri!r} cannot write on a condition, without which two runs could overwrite each other;"
            " use S3, Google Cloud Storage, Azure or a server that can"
        ) from None
    except (BaseError, FileNotFoundError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and error.errno is not None:
            raise  # of this machine's disk
        raise _error(uri, str(error)) from None


def _error(uri: str, text: str) -> GraphRAGError:
    status, code = (match[1] if (match := pattern.search(text)) else "" for pattern in (_STATUS, _CODE))
    if "169.254.169.254" in text or "metadata.google.internal" in text or "MissingAccount" in text:
        return SettingsError(f"there are no credentials for {uri!r}; set {_keys(uri)} in the environment or .env")
    if code == "NoSuchBucket" or (status == "404" and not code):
        return SettingsError(
            f"there is no bucket {urlsplit(uri).netloc!r} for {uri!r}; make it, or correct the address"
        )
    if status == "301" or "LOCATION" in text:
        return SettingsError(f"the bucket of {uri!r} is in another region; set AWS_REGION in the environment or .env")
    if not status and ("HTTP error" in text or "Connect" in text):
        return Unavailable(
            f"the store of {uri!r} cannot be reached; check the network, and AWS_ENDPOINT_URL where it is not Amazon's"
        )
    reason = " ".join(filter(None, (f"it answered {status}" if status else "", code))) or "for a reason it does not say"
    return GraphRAGError(f"the store of {uri!r} failed: {reason}; try again later, or correct the address")


def _keys(uri: str) -> str:
    return _KEYS.get(urlsplit(uri).scheme, "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY")
