"""SummarizeDescriptions -> one description; more than fit at once are merged in portions, whose results are merged."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.errors import InvalidReply
from graphrag_drift.prompts import fenced
from graphrag_drift.providers.prompted import Prompted
from graphrag_drift.providers.protocols import Tokenizer
from graphrag_drift.providers.showing import flat, list_text
from graphrag_drift.tasks import SummarizeDescriptions

_WORDS = 150
_FOLD_TOKENS = 4_000  # of descriptions that are merged at once
_AS_THEY_ARE = 200  # tokens of descriptions that need no model to be one
_MOST_FOLDS = 8


async def summarize(task: SummarizeDescriptions, prompted: Prompted, tokenizer: Tokenizer) -> str:
    """One description; few short ones are put together as they are, without asking."""
    said = list(dict.fromkeys(text for text in map(flat, task.descriptions) if text))
    if len(said) <= 1 or sum(map(tokenizer.count, said)) <= _AS_THEY_ARE:
        return " ".join(said)
    for _ in range(_MOST_FOLDS):
        said = [await _merge(task.name, portion, prompted) for portion in _portions(said, tokenizer)]
        if len(said) == 1:
            return said[0]
    raise InvalidReply(f"the descriptions of {task.name!r} do not become fewer by merging", "\n".join(said))


async def _merge(name: str, descriptions: Sequence[str], prompted: Prompted) -> str:
    if len(descriptions) == 1:
        return descriptions[0]
    shown = {"name": fenced(flat(name)), "descriptions": list_text(descriptions), "words": str(_WORDS)}
    request = prompted.request("summarize_descriptions", **shown)
    return flat(await prompted.text(request))


def _portions(said: Sequence[str], tokenizer: Tokenizer) -> list[list[str]]:
    """In order, each within the limit but at least two, so that merging always leaves fewer."""
    portions: list[list[str]] = [[]]
    used = 0
    for text in said:
        tokens = tokenizer.count(text)
        if used + tokens > _FOLD_TOKENS and len(portions[-1]) > 1:
            portions.append([])
            used = 0
        portions[-1].append(text)
        used += tokens
    return portions
