"""Answers as JSON, for files and other programs, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from graphrag_drift.errors import SettingsError
from graphrag_drift.query import METHODS
from graphrag_drift.values import Answer

_ANSWER = TypeAdapter(Answer)


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as `query --json` prints it: all its fields, with tuples as lists."""
    fields: dict[str, Any] = _ANSWER.dump_python(answer, mode="json")
    return fields


def load_answer(path: Path) -> Answer:
    """The answer in a file that `Answer.save`, `query --json` or `query --output` wrote. Raises: SettingsError."""
    hint = "expected a file that Answer.save or 'graphrag-drift query --json' wrote"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        tree = fields.get("tree") or {}
        if fields.get("method") not in METHODS:
            raise ValueError(f"there is no method {fields.get('method')!r}")
        return _ANSWER.validate_python({"question": tree.get("question", ""), **fields})
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the answer {str(path)!r} cannot be read ({error}); {hint}") from error
    except (ValueError, AttributeError, TypeError, ValidationError, RecursionError):
        raise SettingsError(f"the file {str(path)!r} holds no answer; {hint}") from None
