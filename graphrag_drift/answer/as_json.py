"""Answers as JSON, for files and other programs, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from graphrag_drift.errors import SettingsError
from graphrag_drift.query import METHODS
from graphrag_drift.values import Answer

_FIELDS = ("text", "method", "citations", "tree", "usage", "notes", "form", "items", "probability", "checks")
_USAGE = ("calls", "prompt_tokens", "completion_tokens")


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as `query --json` prints it."""
    fields = asdict(answer)
    fields["usage"] = {key: fields["usage"][key] for key in _USAGE}
    return {key: fields[key] for key in _FIELDS}


def load_answer(path: Path) -> Answer:
    """The answer in a file that `query --json` or `query --output` wrote. Raises: SettingsError."""
    hint = "expected a file that 'graphrag-drift query --json' wrote"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        tree = fields.get("tree") or {}
        if fields.get("method") not in METHODS:
            raise ValueError(f"there is no method {fields.get('method')!r}")
        return TypeAdapter(Answer).validate_python({"question": tree.get("question", ""), **fields})
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the answer {str(path)!r} cannot be read ({error}); {hint}") from error
    except (ValueError, AttributeError, TypeError, ValidationError, RecursionError):
        raise SettingsError(f"the file {str(path)!r} holds no answer; {hint}") from None
