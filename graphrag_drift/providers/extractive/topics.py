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
# Nouns that tell nothing by themselves, and verbs that look like nouns.
_EMPTY = frozenset(
    "year years week weeks month months day days time times people person way ways thing things part parts number "
    "numbers end start beginning statement interview company companies group groups man woman men women place "
    "case cases fact facts lot set use order percent cent morning afternoon evening night moment hour hours minute "
    "minutes period half quarter series world others result results kind sort type amount need work job member "
    "members one two three four five six seven eight nine ten first second third last next new old same own former "
    "late early said told asked called made went came took gave including according such many several few rest "
    "total top side sides hand front back head name names point question reason reasons area areas matter line "
    "level rate report reports article articles story stories share shares spokesman spokeswoman least most more "
    "less much city country state questions answer answers life home public money news chief chair chairman "
    "president executive director officer secretary deputy mayor judge partner owner founder head leader specialist "
    "worker agent lawyer husband wife father mother son daughter brother sister friend employees employee others "
    "rose fell took left held led met paid put ran saw seen sent sold won lost spoke stood taken known begun began "
    "drew grew kept knew found built bought brought broke become became spent spends wrote written says think "
    "bottom floor gate steps coat change course form word words idea lack role place town road street door room "
    "rooms meters miles feet hours dollars million billion thousand hundred dozen percent age behalf winter spring summer autumn fall rival stock cost costs effect term terms figure figures "
    "unit clock memory charge attention sense hope fear interest care trouble sort piece pair couple bit deal example addition fact "
    "itself himself herself themselves call calls meeting meetings mind heart eye eyes voice nothing something".split()
)
_ADJECTIVAL = ("ly", "ing", "ed", "ous", "ive", "able", "ible", "ful", "ical", "less", "est")
_KOREAN_EMPTY = frozenset(
    "이번 지난 당시 관련 경우 사실 내용 관계자 기자 결과 가운데 이후 이전 때문 정도 대해 통해 위해 따라 오전 오후 지난달 "
    "이달 올해 지난해 현재 최근 이날 회사 측은 사람 자신 우리 이들 하나 모두 일부 자리 문제 상황 방안 계획 가능성 입장 예정 "
    "설명 발표 보도 한편 반면 다만 전날 당국 업계 대상 대표 회장 사장 부사장 위원장 장관 의원 교수 시장 선장 박사 기자 하루 "
    "가치 뒤에 전에 시간 미국 한국 서울 부산 국내 해외 뉴스 기사 이름 환자 직원 주민 달러 만달러 억원 당분간 그룹 오늘 내일 "
    "다음 처음 마지막 이유 원인 책임 역할 필요 중요 이상 이하 미만 대해서 위해서 통해서 의해서 관해서 대해서는 동시에 얼마 못하".split()
)
_KOREAN_WORD = re.compile(r"(?<![가-힣])[가-힣]{2,}(?![가-힣])")
_KOREAN_VERBAL = re.compile(
    r"(?:다|고|며|면|해|한|된|할|될|하는|되는|있는|없는|했|됐|하게|에서|으로|라고|지만|면서|려는|던|인|하기|되기|했던|들)\Z"
)


@dataclass(frozen=True, slots=True)
class Topic:
    """A phrase; `phrase` as it goes into a sentence ("the strike"), `bare` as into a heading ("strike")."""

    bare: str
    phrase: str
    terms: frozenset[str]
    count: int  # sentences that hold it


@lru_cache(maxsize=8192)
def phrases_of(text: str) -> tuple[tuple[str, str], ...]:
    """The noun phrases of a sentence, without capitals, each with the word before it, in order, each once."""
    found = [(m["phrase"], m["det"].lower()) for m in _PHRASE.finditer(text) if _is_noun_like(m["phrase"])]
    for word in _KOREAN_WORD.findall(text):
        stem = strip_josa(word)
        if stem != word and stem not in _KOREAN_EMPTY and not is_verbal(stem):
            found.append((stem, ""))
    return tuple(dict.fromkeys(found))


def is_verbal(korean: str) -> bool:
    """Whether a Korean word ends as verbs and adjectives do."""
    return _KOREAN_VERBAL.search(korean) is not None


def _is_noun_like(phrase: str) -> bool:
    words = phrase.split()
    if any(word in STOPWORDS for word in words) or words[-1] in _EMPTY or words[0] in _EMPTY:
        return False
    return not words[-1].endswith(_ADJECTIVAL) and len(words[-1]) > 3 and not words[0].endswith("ly")


def topics_of(texts: Iterable[str], rarity: Rarity, *, least: int = 2) -> list[Topic]:
    """The phrases that recur in at least `least` of `texts`, best first: frequent, telling, two words rather than one.

    The last word of a phrase counts by itself as well.
    """
    counts: Counter[str] = Counter()
    before: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        held = {phrase: det for phrase, det in reversed(phrases_of(text))}
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
