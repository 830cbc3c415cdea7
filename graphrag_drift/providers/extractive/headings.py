"""Names and sentences -> the title of a report and the headings of its findings."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from graphrag_drift.providers.extractive.sentences import bag_of, bag_of_title
from graphrag_drift.providers.extractive.topics import Topic, is_doing, topics_of
from graphrag_drift.providers.extractive.weights import Rarity

_TITLE_NAMES = 3
_NAMES = 2
_TRIED = 4  # topics
_LONGER = 1.6  # what a phrase of several words counts against a single word
_HANGUL = re.compile("[가-힣]{2}")


def title_of(names: Sequence[str], texts: Sequence[str], rarity: Rarity) -> str:
    """ "Port Ellery dock strike: Local 41, Meridian Terminals": what recurs in `texts`, and the first of `names`."""
    shown = distinct_names(names)[:_TITLE_NAMES]
    free = _free_topics(texts, shown, rarity, least=2 if len(texts) > 2 else 1)
    topics = _most_shared([topic for topic in free if _tells(topic)], texts, rarity)
    joined = _joined(shown, topics, texts)
    if joined:
        name, phrase = joined
        rest = [other for other in shown if other != name]
        return f"{phrase}: {', '.join(rest)}" if rest else phrase
    if not shown:
        return capital(topics[0].bare) if topics else ""
    return f"{capital(topics[0].bare)}: {', '.join(shown)}" if topics else listed(shown)


def heading_of(names: Sequence[str], texts: Sequence[str], used: set[str], rarity: Rarity) -> str:
    """ "Gideon Marsh and Kestrel Advisory: inspection report", unlike the headings in `used`."""
    shown = distinct_names(names)[:_NAMES]
    topics = _free_topics(texts, shown, rarity, least=1)
    subject = listed(shown)
    headings = [f"{subject}: {topic.bare}" if subject else capital(topic.bare) for topic in topics if _tells(topic)]
    headings += [subject] if subject else []
    headings += [f"{subject}: {topic.bare}" if subject else capital(topic.bare) for topic in topics]
    free = [heading for heading in headings if heading not in used]
    return next(iter([*free, *headings]), "")


def listed(names: Sequence[str]) -> str:
    """ "A, B and C"; Korean names with a middle dot."""
    if not all(map(str.isascii, "".join(names))):
        return "·".join(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def distinct_names(names: Sequence[str]) -> list[str]:
    """`names` without those whose words another one before them holds, or holds in part."""
    kept: list[str] = []
    for name in names:
        terms = bag_of_title(name)
        if terms and not any(terms <= bag_of_title(other) or bag_of_title(other) <= terms for other in kept):
            kept.append(name)
    return kept


def capital(text: str) -> str:
    """`text` with a large first letter."""
    return text[:1].upper() + text[1:]


def _free_topics(texts: Sequence[str], names: Sequence[str], rarity: Rarity, *, least: int) -> list[Topic]:
    named = frozenset[str]().union(*map(bag_of_title, names))
    korean = mostly_korean(texts)
    return [
        topic
        for topic in topics_of(texts, rarity, least=least)
        if not topic.terms & named and topic.bare.isascii() != korean
    ]


def mostly_korean(texts: Sequence[str]) -> bool:
    """Whether most of the sentences are Korean."""
    return 2 * sum(is_korean(text) for text in texts) > len(texts)


def is_korean(text: str) -> bool:
    """Whether a sentence holds Korean words."""
    return _HANGUL.search(text) is not None


def _most_shared(topics: Sequence[Topic], texts: Sequence[str], rarity: Rarity) -> list[Topic]:
    """The topics, those first whose words most of the sentences share, in a phrase or apart."""
    counts = Counter(term for text in texts for term in bag_of(text))

    def shared(topic: Topic) -> float:
        mean = sum(counts[term] * rarity(term) for term in topic.terms) / len(topic.terms)
        return mean * math.sqrt(topic.count) * (_LONGER if " " in topic.bare else 1.0)

    return sorted(topics, key=lambda topic: (-shared(topic), topic.bare))


def _tells(topic: Topic) -> bool:
    """Whether the phrase says what goes on: more than one word, a doing, or Korean."""
    return " " in topic.bare or is_doing(topic) or not topic.bare.isascii()


def _joined(names: Sequence[str], topics: Sequence[Topic], texts: Sequence[str]) -> tuple[str, str] | None:
    """A name and a topic that stand together in a text, "Port Ellery dock strike"."""
    for topic in topics[:_TRIED]:
        for name in names:
            if any(f"{name} {topic.bare}" in text for text in texts):
                return name, f"{name} {topic.bare}"
    return None
