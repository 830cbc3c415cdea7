"""Sentences -> the things they speak of that are no names: "the automated cranes", "임상시험".

Noun phrases are told by the words around them, Korean nouns by their particles; no tagger, no dictionary.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from graphrag_drift.language.korean import KOREAN, LETTERS, strip_josa
from graphrag_drift.language.reading import remembered
from graphrag_drift.language.terms import STOPWORDS, content_terms
from graphrag_drift.providers.embedded.weights import Rarity
from graphrag_drift.providers.embedded.word_lists import EMPTY_NOUNS

_AFTER = (
    r"in|at|on|of|for|to|by|from|with|and|or|but|that|who|which|whose|is|are|was|were|has|had|have|will|would|could|"
    r"can|may|might|after|before|over|as|because|than|when|while|into|against|until|between|during|since|under|if|"
    r"through"
)
_PHRASE = re.compile(
    r"\b(?P<det>[Tt]he|[Aa]n?|[Ii]ts|[Tt]heir|his|her|this|of|over|about|on|for|against|into)\s"
    r"(?P<phrase>(?:[a-z][a-z-]{2,}\s){0,2}[a-z][a-z-]{2,})"
    rf"(?=[,.;:!?)”\"]|['’]s?\s|\s(?:{_AFTER})\b|\Z)"
)
_DOING_ENDS = ("tion", "sion", "ment", "isis", "ations", "ments", "ings")
_ADJECTIVAL = ("ly", "ing", "ed", "ous", "ive", "able", "ible", "ful", "ical", "less", "est")
_KOREAN_WORD = re.compile(rf"(?<![{LETTERS}])[{LETTERS}]{{2,}}(?![{LETTERS}])")
_KOREAN_VERBAL = re.compile(rf"(?:{KOREAN.verbal})\Z")


@dataclass(frozen=True, slots=True)
class Topic:
    """A phrase; `phrase` as it goes into a sentence ("the strike"), `bare` as into a heading ("strike")."""

    bare: str
    phrase: str
    terms: frozenset[str]
    count: int  # sentences that hold it


@remembered(8192)
def phrases_of(text: str) -> tuple[tuple[str, str], ...]:
    """The noun phrases of a sentence, without capitals, each with the word before it, in order, each once."""
    found = [(m["phrase"], m["det"].lower()) for m in _PHRASE.finditer(text) if _is_noun_like(m["phrase"])]
    for word in _KOREAN_WORD.findall(text):
        stem = strip_josa(word)
        if stem != word and stem not in KOREAN.empty_words and not is_verbal(stem):
            found.append((stem, ""))
    return tuple(dict.fromkeys(found))


def is_doing(topic: Topic) -> bool:
    """Whether the topic is something that happens or is done, rather than a thing."""
    head = topic.bare.split()[-1]
    return head.endswith(_DOING_ENDS)


def is_verbal(korean: str) -> bool:
    """Whether a Korean word ends as verbs and adjectives do."""
    return _KOREAN_VERBAL.search(korean) is not None


def _is_noun_like(phrase: str) -> bool:
    words = phrase.split()
    if any(word in STOPWORDS for word in words) or words[-1] in EMPTY_NOUNS or words[0] in EMPTY_NOUNS:
        return False
    return not words[-1].endswith(_ADJECTIVAL) and len(words[-1]) > 3 and not words[0].endswith("ly")


def topics_of(texts: Iterable[str], rarity: Rarity, *, least: int = 2) -> list[Topic]:
    """The phrases that recur in at least `least` of `texts`, best first: frequent, telling, two words rather than one.

    The last word of a phrase counts by itself as well.
    """
    counts: Counter[str] = Counter()
    before: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        held = dict(reversed(phrases_of(text)))
        held |= {phrase.split()[-1]: det for phrase, det in held.items() if phrase.split()[-1] not in held}
        for phrase, det in held.items():
            counts[phrase] += 1
            before[phrase][det] += 1
    recurring = [_topic(phrase, count, before[phrase]) for phrase, count in counts.items() if count >= least]
    return sorted((t for t in recurring if t.terms), key=lambda topic: (-_worth(topic, rarity), topic.bare))


def _topic(phrase: str, count: int, before: Counter[str]) -> Topic:
    terms = frozenset(content_terms(phrase))
    if not phrase.isascii():
        return Topic(phrase, phrase, terms, count)
    plural = phrase.endswith("s") and not phrase.endswith(("ss", "us", "is"))
    mass = not plural and not before.keys() & {"the", "a", "an", "this", "that"}
    definite = not mass and (not plural or before["the"] * 2 >= count)
    return Topic(phrase, f"the {phrase}" if definite else phrase, terms, count)


def _worth(topic: Topic, rarity: Rarity) -> float:
    mean = sum(map(rarity, topic.terms)) / len(topic.terms)
    return topic.count * mean * (1.5 if " " in topic.bare else 1.0)


def speaks_of(text: str, topic: Topic) -> bool:
    """Whether a sentence holds the topic as a phrase of its own or the end of one."""
    return any(topic.bare in phrase for phrase, _ in phrases_of(text))
