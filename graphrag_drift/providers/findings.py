"""What `doctor` found out about endpoints, kept for later runs in a small JSON file; nothing secret is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from graphrag_drift.providers.openai import Rung

FILE_NAME = "endpoints.json"


class Finding(BaseModel):
    """What a model at an endpoint can do, as far as it was tried."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rung: Rung | None = None
    """How it can best be held to the shape of a reply."""
    dimensions: int | None = None
    """Of the vectors of an embedding model."""


_FINDINGS = TypeAdapter(dict[str, Finding])


def load_findings(folder: Path) -> Mapping[str, Finding]:
    """What was found, by model id (model, endpoint, parameters); nothing, if nothing was or it cannot be read."""
    try:
        return _FINDINGS.validate_json((folder / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return {}


def save_findings(folder: Path, found: Mapping[str, Finding]) -> Path:
    """Add `found` to what is kept; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {**load_findings(folder), **found}
    path = folder / FILE_NAME
    shown = {key: finding.model_dump(exclude_none=True) for key, finding in sorted(kept.items())}
    path.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")
    return path
