"""Bytes on disk: tables and arrays as bytes that depend on their content alone, written so that they last."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graphrag_drift.errors import GraphRAGError, SettingsError

Content = pl.DataFrame | NDArray[Any]

_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR}
NO_LINKS = {errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EMLINK, errno.EXDEV}
"""What systems say that have no hard or symbolic links, or do not let us make them."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def encode(content: Content) -> list[bytes | memoryview]:
    """The bytes of the file that holds `content`, in pieces: parquet for a table, npy for an array.

    Equal tables give equal bytes whatever their chunks (hence the rechunk); their row order is content.
    """
    buffer = io.BytesIO()
    if isinstance(content, pl.DataFrame):
        content.rechunk().write_parquet(buffer, compression="zstd", statistics=True)
        return [buffer.getvalue()]  # not getbuffer: a collected BytesIO with an open view can crash Python 3.12
    array = np.ascontiguousarray(content)
    np.lib.format.write_array_header_1_0(buffer, np.lib.format.header_data_from_array_1_0(array))
    return [buffer.getvalue(), array.reshape(-1).view(np.uint8).data]


def decode(path: Path) -> Content:
    """What `encode` made the bytes of the file from; an array is mapped, read-only."""
    if path.suffix == ".npy":
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array
    return pl.read_parquet(path, glob=False)


def content_hash(content: Content) -> str:
    """The hash of the file that holds `content`; the same in every process."""
    return hash_pieces(encode(content))


def hash_pieces(pieces: list[bytes | memoryview]) -> str:
    """128 bits of blake2b over all pieces, hex."""
    digest = blake2b(digest_size=16)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    """As `hash_pieces`, of a file's bytes."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_file(path: Path, pieces: list[bytes | memoryview]) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` atomically: a reader sees the old file or the new one."""
    fresh = path.with_name(path.name + ".new")
    write_file(fresh, [data])
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names in `folder`. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Wait until the disk has every file and name below `folder`, written by somebody else."""
    for parent, _, names in os.walk(folder):
        for name in names:
            handle = os.open(Path(parent, name), os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(parent))


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for a file that never changes; a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copy2(source, target)


def link_tree(source: Path, target: Path) -> None:
    """As `link_or_copy`, for every file below a folder."""
    shutil.copytree(source, target, copy_function=lambda a, b: link_or_copy(Path(a), Path(b)))


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the system says about writing to `folder` into our errors.

    Raises: SettingsError, if we may not write there; GraphRAGError, if the disk is full or fails.
    """
    try:
        yield
    except shutil.Error as error:  # copytree's list of (source, target, message)
        raise GraphRAGError(f"writing the index {str(folder)!r} failed: {error.args[0][0][2]}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        where = repr(str(error.filename or folder))
        if error.errno in _NOT_ALLOWED:
            raise SettingsError(
                f"cannot write the index folder {str(folder)!r}: {reason} at {where};"
                " set output.folder to a folder that you may write to"
            ) from error
        if error.errno in _FULL:
            raise GraphRAGError(
                f"no room to write the index {str(folder)!r}: {reason}; free some space and run"
                " `graphrag-drift index` again; an index that was there still answers"
            ) from error
        raise GraphRAGError(f"writing the index {str(folder)!r} failed: {reason}") from error
