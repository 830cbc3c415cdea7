"""The fields of a model's reply: what stands for a text, a name, a score or a question is made one, or refused.

Only what is plain is taken: "85/100" is a score, an object with one question is a question, null scores are 0 (they
say nothing for the thing scored). Numbers that are not finite never pass.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

_SCORE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:(?:/|out of)\s*(\d+(?:\.\d+)?)|(%))?\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBERING = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.):])\s+")
_QUESTION_KEYS = ("question", "query", "follow_up", "follow_up_query", "follow_up_question", "text")


def _text(value: Any) -> Any:
    """A string of what stands for one; lists and objects are left for pydantic to refuse."""
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", _CONTROL.sub(" ", value)).strip()
    return value


def _line(value: Any) -> Any:
    text = _text(value)
    return " ".join(text.split()) if isinstance(text, str) else text


def _name(value: Any) -> Any:
    line = _line(value)
    while isinstance(line, str) and len(line) > 1 and line[0] + line[-1] in ('""', "''", "“”", "**"):
        line = line[1:-1].strip()
    return line


def _kind(value: Any) -> Any:
    name = _name(value)
    return name.casefold() if isinstance(name, str) else name


def _score_of(most: float) -> Callable[[Any], Any]:
    """A validator: 0 to `most`, of "85", "85/100" or "85%"; null says nothing for the thing scored: 0."""

    def score(value: Any) -> Any:
        if value is None:
            return 0.0
        if isinstance(value, str):
            match = _SCORE.fullmatch(value)
            if match is None:
                raise ValueError(f"{value[:40]!r} is no number from 0 to {most:g}")
            of = 100.0 if match[3] else float(match[2] or most)
            value = float(match[1]) * most / of if of else math.nan
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{value!r} is no number from 0 to {most:g}")
        return min(max(float(value), 0.0), most)

    return score


def _questions(value: Any) -> Any:
    """Distinct questions, of strings or of objects that hold one each."""
    listed = [] if value is None else value.split("\n") if isinstance(value, str) else value
    if not isinstance(listed, list):
        return listed
    said = [_line(_question(item)) for item in listed]
    if not all(isinstance(text, str) for text in said):
        raise ValueError("a list of questions was expected")
    return [text for text in dict.fromkeys(_NUMBERING.sub("", text) for text in said) if text]


def _question(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    strings = [value for value in item.values() if isinstance(value, str)]
    named = [item[key] for key in _QUESTION_KEYS if isinstance(item.get(key), str)]
    found = named or (strings if len(strings) == 1 else [])
    if not found:
        raise ValueError(f"a question was expected, got an object of {sorted(map(str, item))}")
    return found[0]


def _status(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _winner(value: Any) -> Any:
    said = str(value).strip().casefold().removeprefix("answer").strip()
    return {"a": "1", "first": "1", "b": "2", "second": "2", "0": "tie", "none": "tie", "both": "tie"}.get(said, said)


def _strength(value: Any) -> Any:
    """1 to 10; a model that gives none, or not a number, still states the relationship."""
    try:
        return max(_score_of(10.0)(value), 1.0)
    except ValueError:
        return 1.0


Text = Annotated[str, BeforeValidator(_text)]
Line = Annotated[str, BeforeValidator(_line)]
Name = Annotated[str, BeforeValidator(_name), Field(min_length=1)]
Kind = Annotated[str, BeforeValidator(_kind), Field(min_length=1, max_length=40)]
Code = Annotated[str, BeforeValidator(_kind), Field(pattern="^[a-z]{2,3}$")]
Score = Annotated[float, BeforeValidator(_score_of(100.0))]
Rating = Annotated[float, BeforeValidator(_score_of(10.0))]
Relevance = Annotated[float, BeforeValidator(_score_of(5.0))]
Questions = Annotated[list[str], BeforeValidator(_questions)]
Strength = Annotated[float, BeforeValidator(_strength)]
Status = Annotated[Literal["TRUE", "FALSE", "SUSPECTED"], BeforeValidator(_status)]
Winner = Annotated[Literal["1", "2", "tie"], BeforeValidator(_winner)]
