"""Sentences -> the things they speak of that are no names: "the automated cranes", "임상시험".

Noun phrases are told by the words around them, Korean nouns by their particles; no tagger, no dictionary.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from graphrag_drift.language.josa import strip_josa
from graphrag_drift.language.words import STOPWORDS, content_terms
from graphrag_drift.providers.extractive.weights import Rarity

_ENDS_PHRASE = (
    r"in|at|on|of|for|to|by|from|with|and|or|but|that|who|which|whose|is|are|was|were|has|had|have|will|would|could|can|"
    r"may|might|after|before|over|as|because|than|when|while|into|against|until|between|during|since|under|if|through"
)
_PHRASE = re.compile(
    r"\b(?P<det>the|a|an|its|their|his|her|this|that|of|over|about|on|for|against|into)\s"
    r"(?P<phrase>(?:[a-z][a-z-]{2,}\s){0,2}[a-z][a-z-]{2,})"
    rf"(?=[,.;:!?)”\"]|['’]s?\s|\s(?:{_ENDS_PHRASE})\b|\Z)"
)
_EMPTY = frozenset(
    "year years week weeks month months day days time times people person way ways thing things part parts number "
    "numbers end start beginning statement interview company companies group groups man woman men women place "
    "case cases fact facts lot set use order percent cent morning afternoon evening night moment hour hours minute "
    "minutes period half quarter series world others result results kind sort type amount need work job member members "
    "one two three four five six seven eight nine ten first second third last next new old same own former late early "
    "said told asked called made went came took gave including according such many several few rest total top "
    "side sides hand front back head name names point question reason reasons area areas matter "
    "line level rate report reports article articles story stories share shares spokesman spokeswoman "
    "monday tuesday wednesday thursday friday saturday sunday least most more less much city country state "
    "question questions answer answers life home public person money news".split()
)
_KOREAN_EMPTY = frozenset(
    "이번 지난 당시 관련 경우 사실 내용 관계자 기자 결과 가운데 이후 이전 때문 정도 대해 통해 위해 따라 오전 오후 지난달 이달 올해 "
    "지난해 현재 최근 이날 회사 측은 사람 자신 우리 이들 하나 모두 일부 자리 문제 상황 방안 계획 가능성 입장 예정 설명 발표 보도 "
    "한편 반면 다만 전날 당국 업계 대상 중이 때문이 것으로 것이다".split()
)
_KOREAN_WORD = re.compile(r"[가-힣]{2,}")
_KOREAN_VERBAL = re.compile(r"(?:다|고|며|면|해|한|된|할|될|하는|되는|있는|없는|했|됐|하게|에서|으로|라고|다고|지만|면서|려는|던|인)\Z")
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Topic:
    """A phrase; `phrase` as it goes into a sentence ("the strike"), `bare` as into a heading ("strike")."""

    bare: str
    phrase: str
    terms: frozenset[str]
    count: int  # sentences that hold it


@lru_cache(maxsize=8192)
def phrases_of(text: str) -> tuple[tuple[str, str], ...]:
    """The noun phrases of a sentence, without capitals, each with the word before it."""
    found = [(match["phrase"], match["det"]) for match in _PHRASE.finditer(text) if _is_noun_like(match["phrase"])]
    for word in _KOREAN_WORD.findall(text):
        stem = strip_josa(word)
        if stem != word and len(stem) >= _SHORTEST and stem not in _KOREAN_EMPTY and not _KOREAN_VERBAL.search(stem):
            found.append((stem, ""))
    return tuple(found)


def _is_noun_like(phrase: str) -> bool:
    words = phrase.split()
    if any(word in STOPWORDS for word in words) or words[-1] in _EMPTY or words[0] in _EMPTY:
        return False
    return not words[-1].endswith(("ly", "ing", "ed", "ous", "ive", "able", "ible", "ful")) and len(words[-1]) > 3


def topics_of(texts: Iterable[str], rarity: Rarity, avoid: frozenset[str] = frozenset()) -> list[Topic]:
    """The phrases that recur, best first: frequent, telling, of two words rather than one.

    Phrases whose terms are all in `avoid` are left out.
    """
    counts: Counter[str] = Counter()
    before: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for phrase, det in dict.fromkeys(phrases_of(text)):
            counts[phrase] += 1
            before[phrase][det] += 1
            head = phrase.split()[-1]
            if head != phrase:
                counts[head] += 1
                before[head][det] += 1
    topics = [_topic(phrase, count, before[phrase]) for phrase, count in counts.items() if count > 1]
    kept = [topic for topic in topics if topic.terms and not topic.terms <= avoid]
    return sorted(kept, key=lambda topic: (-_worth(topic, rarity), topic.bare))


def _topic(phrase: str, count: int, before: Counter[str]) -> Topic:
    terms = frozenset(content_terms(phrase))
    if not phrase.isascii():
        return Topic(phrase, phrase, terms, count)
    plural = phrase.endswith("s") and not phrase.endswith(("ss", "us", "is"))
    definite = not plural or before["the"] * 2 >= count
    return Topic(phrase, f"the {phrase}" if definite else phrase, terms, count)


def _worth(topic: Topic, rarity: Rarity) -> float:
    mean = sum(map(rarity, topic.terms)) / len(topic.terms)
    return topic.count * mean * (1.6 if " " in topic.bare else 1.0)
