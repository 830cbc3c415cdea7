"""Sentences -> the few that say most of what the others say: a summary of one text, or of one story.

Source: Gillick and Favre, "A Scalable Global Model for Summarization", 2009: a summary is worth the concepts that it
covers, each once, by how many places hold it; chosen greedily, by worth for their length. Concepts here are names.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from graphrag_drift.providers.embedded.forms.material import Block, Material, block_of
from graphrag_drift.providers.embedded.sentences import Candidate, Sentence, bag_of_title

_SHORTEST, _LONGEST = 60, 400  # characters of a sentence
_SHARED = 2  # sentences that hold a concept, at least
_LENGTH_POWER = 0.5
_SPOKEN = re.compile(r"[_*]?[\"'“‘「『«]")

Concept = tuple[str, ...]


def summary(candidates: Sequence[Candidate], material: Material, most: int) -> list[Block]:
    """Up to `most` of the candidates with what they lean on, in the order of choice: what says most first."""
    usable = [one for one in candidates if is_told(one.sentence) and material.tells(one)]
    held = {candidate: concepts(candidate, material) for candidate in usable}
    counts = Counter(concept for own in held.values() for concept in own)
    rarity = material.knowledge.rarity
    worth = {
        concept: count * sum(map(rarity, concept)) / len(concept)
        for concept, count in counts.items()
        if count >= _SHARED and concept
    }
    blocks: list[Block] = []
    while len(blocks) < most and held:
        best = max(held, key=lambda one: (_gain(one, held[one], worth), -one.place, -one.sentence.start))
        if not _gain(best, held[best], worth):
            break
        block = block_of(best)
        if block and not material.said_already(best, blocks):
            blocks.append(block)
            for concept in held[best]:
                worth.pop(concept, None)
        del held[best]
    return blocks


def is_told(sentence: Sentence) -> bool:
    """Whether it is told, and not spoken, and neither too short to say much nor too long to be read."""
    return _SHORTEST <= len(sentence.text) <= _LONGEST and not sentence.speaker and not _SPOKEN.match(sentence.text)


def concepts(candidate: Candidate, material: Material) -> frozenset[Concept]:
    """The names in the sentence, whom its pronoun means among them, as sorted terms."""
    sentence = candidate.sentence
    names = {tuple(sorted(bag_of_title(name))) for name, _ in material.knowledge.names_in(sentence.text)}
    if sentence.antecedent:
        names.add(tuple(sorted(bag_of_title(sentence.antecedent.name.name))))
    return frozenset(names)


def _gain(candidate: Candidate, own: frozenset[Concept], worth: Mapping[Concept, float]) -> float:
    """What the sentence adds, for its length."""
    said = math.fsum(worth.get(concept, 0.0) for concept in own)
    return said / math.pow(len(candidate.sentence.text), _LENGTH_POWER)
