"""A settings.yaml of Microsoft GraphRAG -> one of ours in a project folder, with notes on what has no counterpart.

A key that theirs spells out does not go into the copy, and theirs is never lost.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import yaml

from graphrag_drift.errors import SettingsError
from graphrag_drift.interop.microsoft import is_microsoft_index
from graphrag_drift.microsoft_settings import Translation
from graphrag_drift.settings_file import FILE_NAME, MicrosoftSettings, load_settings, parse_settings

_ASIDE = "settings.microsoft.yaml"
_WIDTH = 110


@dataclass(frozen=True)
class Translated:
    """`file` was written; `kept` is where Microsoft's are now, if they stood in its place; `index` is its index."""

    file: Path
    kept: Path | None
    index: Path | None
    translation: Translation

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "written": [str(self.file)],
            "kept": None if self.kept is None else str(self.kept),
            "index": None if self.index is None else str(self.index),
            "version": self.translation.version,
            "mapped": list(self.translation.mapped),
            "unmapped": list(self.translation.unmapped),
        }


def translate_settings(theirs: Path, root: Path, *, force: bool) -> Translated:
    """Write the settings of the file (or project folder) `theirs` into the project folder `root`.

    If the file stands there itself, it is renamed to settings.microsoft.yaml.
    Raises: SettingsError, if it holds no settings of Microsoft's, others of ours are there and not `force`, or nothing
    can be written.
    """
    source = theirs / FILE_NAME if theirs.is_dir() else theirs
    translation = _translation(source)
    file = root / FILE_NAME
    in_place = file.exists() and file.resolve() == source.resolve()
    if file.exists() and not in_place and not force:
        raise SettingsError(f"{str(file)!r} exists already; --force overwrites it")
    kept = root / _ASIDE if in_place else None
    if kept is not None and kept.exists():
        raise SettingsError(f"settings of Microsoft GraphRAG are kept in {str(kept)!r} already; move that file away")
    values = _moved(translation.without_keys, source.parent, root)
    text = _commented(values, translation)
    parse_settings(text, root=root, name=f"{source}, translated")
    try:
        root.mkdir(parents=True, exist_ok=True)
        if kept is not None:
            os.replace(file, kept)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write into {str(root)!r}: {error.strerror or error}") from error
    index = source.parent / translation.output
    return Translated(file, kept, index if is_microsoft_index(index) else None, translation)


def _translation(source: Path) -> Translation:
    try:
        load_settings(source)
    except MicrosoftSettings as error:
        return error.translation
    raise SettingsError(f"{str(source)!r} holds settings of graphrag-drift already; there is nothing to translate")


def _moved(values: dict[str, Any], before: Path, root: Path) -> dict[str, Any]:
    """The same with the input folder where it is, as seen from `root`."""
    folder = Path(values["input"]["folder"])
    if folder.is_absolute() or before.resolve() == root.resolve():
        return values
    moved = os.path.relpath((before / folder).resolve(), root.resolve())
    return {**values, "input": {**values["input"], "folder": moved}}


def _commented(values: dict[str, Any], translation: Translation) -> str:
    """The file: what did not carry over as comments, then the settings."""
    lines = [
        f"Settings of graphrag-drift, translated from those of Microsoft GraphRAG {translation.version}.",
        "${VAR} is taken from the environment or from a file .env beside this one.",
        *(["Not carried over:"] if translation.unmapped else []),
        *(f"- {each}" for each in translation.unmapped),
    ]
    comment = "\n".join(fill(line, _WIDTH, initial_indent="# ", subsequent_indent="#   ") for line in lines)
    ordered: dict[str, Any] = {name: values[name] for name in ("models", "input", "output") if name in values}
    return f"{comment}\n\n{yaml.safe_dump({**ordered, **values}, sort_keys=False, allow_unicode=True)}"
