"""SummarizeDescriptions -> the one description that says most about a name."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.language.words import content_terms
from graphrag_drift.providers.extractive.sentences import Sentence, sentences_of
from graphrag_drift.providers.extractive.weights import Rarity, centroid, nearness

_APPOSITION = 60  # characters after a name in which a comma or "is" introduces what it is


def best_description(name: str, descriptions: Sequence[str], rarity: Rarity) -> str:
    """The description nearest to all of them that speaks of `name` early and says what it is; "" of none."""
    texts = list(dict.fromkeys(text.strip() for text in descriptions if text.strip()))
    if len(texts) < 2:
        return "".join(texts)
    wanted = [part.strip() for part in name.split(";")]
    whole = {text: _as_one(text) for text in texts}
    centre = centroid(whole.values(), rarity)
    return min(texts, key=lambda text: (-_worth(text, whole[text], wanted, centre, rarity), text))


def _as_one(text: str) -> Sentence:
    parts = sentences_of(text)
    terms = tuple(content_terms(text))
    first = parts[0] if parts else None
    leans = first is not None and first.leans
    return Sentence(
        text,
        0,
        len(text),
        0,
        terms,
        frozenset(terms),
        frozenset(terms),
        leans,
        False,
        all(part.prose for part in parts),
        False,
    )


def _worth(text: str, whole: Sentence, wanted: Sequence[str], centre: dict[str, float], rarity: Rarity) -> float:
    worth = nearness(whole, centre, rarity)
    for name in wanted:
        at = text.find(name)
        if at >= 0:
            after = text[at + len(name) : at + len(name) + _APPOSITION]
            worth += (0.2 - 0.15 * at / len(text)) / len(wanted)
            worth += (
                0.25
                * after.startswith((", a", ", the", ", who", ", which", " is ", " was ", " (", "은 ", "는 "))
                / len(wanted)
            )
    worth -= 0.3 * (not whole.prose) + 0.15 * whole.leans
    return worth - 0.004 * max(0, len(whole.terms) - 30) - 0.05 * max(0, 6 - len(whole.terms))
