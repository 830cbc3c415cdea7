"""A model's reply -> the one JSON value in it, strictly parsed, or parsed again after a repair that cannot invent.

Fences, words around the value, trailing commas, foreign quotes and a missing last bracket are repaired, and the result
says so. What would lose or guess content is rejected: two values, a value cut off in the middle, a key given
twice, numbers that are not finite. Whether the value is what was asked for is for `shapes.py`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from json_repair import repair_json

from graphrag_drift.errors import InvalidReply

MOST_CHARACTERS = 1_000_000
_MOST_NESTED = 50
_TAG = r"(?:think|thinking|thought|thoughts|reasoning|seed:think)"
_THINKS = re.compile(rf"\s*<{_TAG}>")
_THOUGHT = re.compile(rf"</{_TAG}>")
_FINAL = re.compile(r"<\|channel\|>\s*final\s*<\|message\|>")
_CHANNEL = re.compile(r"\s*(?:<\|start\|>\s*assistant\s*)?<\|channel\|>")
_ENDS = re.compile(r"(?:<\|(?:end|return)\|>\s*)+$")
_FENCED = re.compile(r"^[ \t]*```[ \t]*\w*[ \t]*\n(.*?)\n?[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"[\"']\w+[\"']\s*:")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value of a reply. `repaired`: it was not JSON alone."""

    value: Any
    repaired: bool = False


def parse_reply(reply: str) -> Parsed:
    """The JSON object or list in `reply`. Raises: InvalidReply, with the reason in words for the model."""
    text = without_thoughts(reply).lstrip("\ufeff").strip()
    if len(text) > MOST_CHARACTERS:
        raise InvalidReply(f"it has {len(text)} characters, at most {MOST_CHARACTERS} are read", reply)
    if not text:
        raise InvalidReply("it is empty", reply)
    start, end = _extent(text, reply)
    inner = text[start:end]
    try:
        return Parsed(_strict(inner), repaired=inner != text)
    except json.JSONDecodeError:
        pass
    except _Unfit as unfit:
        raise InvalidReply(str(unfit), reply) from unfit
    except RecursionError as error:
        raise InvalidReply(f"its JSON is nested too deep: {error}", reply) from error
    return Parsed(_repaired(inner, reply), repaired=True)


def without_thoughts(reply: str) -> str:
    """`reply` without the thoughts that some models write before it. Raises: InvalidReply, if they do not end.

    Where the template of a chat opens them itself, only their end stands in the reply.
    """
    if _CHANNEL.match(reply):
        final = _FINAL.search(reply)
        if final is None:
            raise InvalidReply("it holds thoughts and no reply", reply)
        return _ENDS.sub("", reply[final.end() :])
    begins = _THINKS.match(reply) is not None
    end = _THOUGHT.search(reply)
    if end is None and begins:
        raise InvalidReply("it holds thoughts and no reply", reply)
    if end is None or (not begins and reply.lstrip()[:1] in ("{", "[")):
        return reply  # a reply may quote the tag
    return reply[end.end() :]


class _Unfit(ValueError):
    """JSON that must not be taken for a value."""


def _extent(text: str, reply: str) -> tuple[int, int]:
    """Where the one value stands. Raises: InvalidReply, if there is none, another one, or it does not end."""
    alone = text[0] in "{["
    blocks = [] if alone else [block for block in _FENCED.finditer(text) if block[1].lstrip()[:1] in ("{", "[")]
    if len(blocks) > 1:
        raise InvalidReply("it holds more than one JSON value; one was asked for", reply)
    low, high = blocks[0].span(1) if blocks else (0, len(text))
    begins = re.compile(r"\[?\s*\{" if "{" in text[low:high] else r"\[").search(text, low, high)
    if begins is None or (begins[0] == "[" and not (alone or blocks)):
        raise InvalidReply("it holds no JSON object", reply)
    start = begins.start()
    closed = _close(text, start, high, reply)
    if closed is None:
        return start, high
    rest = text[closed:high]
    if "{" in rest:
        raise InvalidReply("it holds more than one JSON value; one was asked for", reply)
    return start, closed


def _close(text: str, start: int, end: int, reply: str) -> int | None:
    """Where the value that begins at `start` ends; None if only its last bracket is missing. Strings are passed over.

    Raises: InvalidReply, if more is missing: then a list or a string is open, and nobody knows what was to follow.
    """
    depth = 0
    quoted = False
    for match in re.compile(r'\\.|["{}\[\]]', re.DOTALL).finditer(text, start, end):
        sign = match[0]
        if sign == '"':
            quoted = not quoted
        elif quoted or sign.startswith("\\"):
            continue
        elif sign in "{[":
            depth += 1
            if depth > _MOST_NESTED:
                raise InvalidReply(f"its brackets are nested more than {_MOST_NESTED} deep", reply)
        else:
            depth -= 1
            if depth == 0:
                return match.end()
    if depth == 1 and text[:end].rstrip()[-1:] in ("}", "]"):
        return None
    raise InvalidReply("its JSON is cut off before the end", reply)


def _repaired(text: str, reply: str) -> Any:
    try:
        value = _strict(repair_json(text, skip_json_loads=True, ensure_ascii=False))
    except (_Unfit, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise InvalidReply(f"its JSON cannot be read: {error}", reply) from error
    if not isinstance(value, (dict, list)) or not value:
        raise InvalidReply(f"its JSON cannot be read, from {text[:_SHOWN]!r} on", reply)
    if len(_KEY.findall(json.dumps(value))) < len(_KEY.findall(text)):
        raise InvalidReply("its JSON is damaged so that a part of it cannot be read", reply)
    return value


def _strict(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once, parse_constant=_not_finite, parse_float=_finite, parse_int=_whole)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Unfit(f"the key {twice!r} stands twice in one object")
    return made


def _not_finite(name: str) -> Any:
    raise _Unfit(f"{name} is not a number that JSON knows")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Unfit(f"the number {digits[:_SHOWN]} is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > 18:
        raise _Unfit(f"the number {digits[:18]}... is too large")
    return int(digits)


NO_ANSWER = "NO ANSWER"
_WRAPPED = re.compile(r"```[ \t]*(?:markdown|md|text)?[ \t]*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)
_UNWRAPPABLE = ("<", "```")
_LONGEST_CITATION = 130


def plain(reply: str, *, sentinel: bool = False) -> tuple[str, bool]:
    """The text, and whether something around it was taken off. `sentinel`: it may be `NO_ANSWER`, in any dress.

    Raises: InvalidReply, if there is no text.
    """
    if len(reply) > MOST_CHARACTERS:
        raise InvalidReply(f"it has {len(reply)} characters, at most {MOST_CHARACTERS} are read", reply)
    text = without_thoughts(reply).strip()
    wrapped = _WRAPPED.fullmatch(text)
    text = wrapped[1].strip() if wrapped else text
    if not text:
        raise InvalidReply("it is empty", reply)
    if sentinel and text.strip(" *_`\"'.").upper() == NO_ANSWER:
        return NO_ANSWER, False
    return text, text != reply.strip()


async def pieces_of(raw: AsyncIterator[str], tidy: Callable[[str], str]) -> AsyncGenerator[str, None]:
    """What `plain` and then `tidy` make of the whole, in pieces: a citation is never cut, `NO_ANSWER` is nothing."""
    pending = ""
    begun = False
    async for piece in raw:
        pending += piece
        if begun and _THOUGHT.search(pending):
            raise InvalidReply("what was streamed were the thoughts of the model; ask without streaming", pending)
        if not begun:
            pending = pending.lstrip()
            if not pending or _may_be_more_than_text(pending):
                continue
            begun = True
        ready = _whole_citations(pending)
        if ready:
            yield tidy(pending[:ready])
            pending = pending[ready:]
    if begun:
        if rest := pending.rstrip():
            yield tidy(rest)
    else:
        text, _ = plain(pending, sentinel=True)
        if text != NO_ANSWER:
            yield tidy(text)


def _may_be_more_than_text(begin: str) -> bool:
    """Whether what begins so may be `NO_ANSWER`, or have thoughts before or a fence around it."""
    upper = begin.lstrip("*_`\"' ").upper()
    return begin.startswith(_UNWRAPPABLE) or (NO_ANSWER.startswith(upper[: len(NO_ANSWER)]) and len(upper) < 14)


def _whole_citations(text: str) -> int:
    """How much of `text` can go out: up to a bracket that is still open, without the space at the end."""
    opened = max(text.rfind("["), text.rfind("【"))
    is_open = opened >= 0 and not re.search(r"[\]】]", text[opened:]) and len(text) - opened < _LONGEST_CITATION
    return len((text[:opened] if is_open else text).rstrip())
