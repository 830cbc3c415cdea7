"""nothing: what to say where no sentence answers: so, which words stand nowhere, and what comes nearest."""

from __future__ import annotations

from graphrag_drift.language.cues import asking_span
from graphrag_drift.language.detect import every, spoken
from graphrag_drift.language.terms import other_forms, terms, words
from graphrag_drift.providers.embedded.choose import choose
from graphrag_drift.providers.embedded.forms.material import Material, item_of
from graphrag_drift.providers.embedded.sentences import bag_of_title
from graphrag_drift.providers.embedded.weights import UNSEEN
from graphrag_drift.tasks import ItemDraft

_NEAREST = 2  # passages
_NEAR = 0.5  # share of what the corpus has of the question that a passage must speak of
_GRAMMAR = every(lambda language: language.function_words)


def nothing(material: Material) -> list[ItemDraft]:
    """First that nothing answers, and which words of the question the documents do not have; then what is near."""
    templates = spoken(material.question.language).templates
    unknown = unknown_words(material)
    said = [templates.unanswered, templates.nowhere.format(words=", ".join(unknown)) if unknown else ""]
    weights, rarity = material.question.weights, material.knowledge.rarity
    whole = sum(weights[term] for term in weights if rarity(term) < UNSEEN)
    ranked = material.ranked_sources
    near = [item for item in ranked if sum(weights[term] for term in item.covers) >= _NEAR * whole]
    blocks = material.blocks(choose(near, material.question, _NEAREST)) if near else []
    return [ItemDraft(" ".join(filter(None, said))), *map(item_of, blocks)]


def unknown_words(material: Material) -> list[str]:
    """The words of the question, as it has them, that no text of the corpus holds, nor a title that is shown."""
    question, rarity = material.question, material.knowledge.rarity
    titled = frozenset[str]().union(*(bag_of_title(row.title) for row in material.rows))
    since, until = asking_span(question.text)
    spelled = [question.text[start:end] for start, end in words(question.text) if end <= since or start >= until]

    def is_unknown(word: str) -> bool:
        own = frozenset() if word.casefold() in _GRAMMAR else frozenset(terms(word))
        said = (*own, *other_forms(own))
        return bool(own & question.terms - question.leads) and all(
            rarity(term) >= UNSEEN and term not in titled for term in said
        )

    return list(dict.fromkeys(filter(is_unknown, spelled)))
