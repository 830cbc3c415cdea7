"""A model's reply in prose, whole or as it streams in -> the text that was asked for.

Thoughts before it, a fence around it and the words for "there is no answer" are taken care of; nothing else of it is
judged.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from graphrag_drift.errors import InvalidReply
from graphrag_drift.providers.repair import MOST_CHARACTERS, without_thoughts

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
    held = ""
    begun = False
    async for piece in raw:
        held += piece
        if not begun:
            held = held.lstrip()
            if not held or _may_be_more_than_text(held):
                continue
            begun = True
        ready = _whole_citations(held)
        if ready:
            yield tidy(held[:ready])
            held = held[ready:]
    if begun:
        if rest := held.rstrip():
            yield tidy(rest)
    else:
        text, _ = plain(held, sentinel=True)
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
