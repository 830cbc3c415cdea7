"""A question -> what an answer must speak of: its terms, its names, and the kind of thing it asks for.

It does not parse grammar; the kind is told by the question's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphrag_drift.language.detect import language_of
from graphrag_drift.language.names import Name, find_query_names
from graphrag_drift.language.vocabulary import Vocabulary
from graphrag_drift.language.words import content_terms, terms
from graphrag_drift.providers.extractive.weights import Rarity

# Words about the asking, the articles and their number, not about what happened.
_FURNITURE = frozenset(
    term
    for word in (
        "article articles report reports reported reporting news story stories coverage document documents text texts "
        "corpus dataset collection source sources outlet outlets according mention mentions mentioned discuss "
        "discussed discusses describe described describes suggest suggests suggested state states stated claim claims "
        "claimed indicate indicates both compare compared comparison between respectively question answer name named "
        "many much kind type sort person people individual someone something thing things information consider "
        "considering based detail details detailed feature features featured published publish publication "
        "say says said tell know known happen happened happens involve involved involving relate related relation "
        "기사 보도 문서 뉴스 자료 내용 설명 알려 정리 관련 사람 이유 무엇 누구 누구이며 언제 어디 몇 얼마에 나오는 나온 "
        "관계 관계가 연관 연관이 각각 했나 했나요 하나요 됐나 되었나 있나 있었나 인가 사람인가 무엇인가 어떤가 하기로"
    ).split()
    for term in terms(word)
)
_GENERIC = frozenset(
    term
    for word in (
        "main major key central important top overall general common recurring principal biggest broad whole entire "
        "topic topics theme themes subject subjects event events issue issues story stories development developments "
        "entity entities point points trend trends overview summary summarize summarise list people actors players "
        "organization organizations organisation organisations connect connected together big picture cover covered "
        "covers covering all across corpus dataset articles documents news collection emerge emerging happened "
        "happening going world text texts data discussed dominate dominant narrative narratives significant "
        "주요 주제 핵심 사건 이슈 전체 요약 중심 내용 인물 쟁점 흐름 전반 중요 가장 중요한 전체적 전체적으로 전반적으로 다루어졌나 다루어졌나요 다뤄졌나 다뤄졌나요 다루고 이야기들 서로 "
        "연결되어 연결 무슨 일 일이 기사 기사들 뉴스 문서 문서들 주제들 사건들 말뭉치 다루는 다룬 보도 정리 소식 이야기"
    ).split()
    for term in terms(word)
)
_ABOUT_TEXTS = _FURNITURE | _GENERIC
_CUES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("number", re.compile(r"\bhow (?:many|much|large|big|high|tall|old|far|long|often)\b|\b(?:what|which) (?:share|percentage|number|amount|price|figure|sum|proportion)\b|몇|얼마", re.I)),
    ("date", re.compile(r"\bwhen\b|\b(?:what|which|on what|in what) (?:year|day|date|month|time)\b|언제|며칠|몇 (?:년|월|일)", re.I)),
    ("person", re.compile(r"\bwho(?:m|se)?\b|\b(?:which|what) (?:person|individual|man|woman|actor|politician|figure)\b|누구|누가", re.I)),
    ("place", re.compile(r"\bwhere\b|\b(?:which|what|in what|in which) (?:city|country|place|state|county|town|port|location)\b|어디", re.I)),
    ("reason", re.compile(r"\bwhy\b|\bwhat (?:caused|led|reason)\b|왜|이유|원인", re.I)),
)  # fmt: skip
_ANSWERS: dict[str, re.Pattern[str]] = {
    "number": re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|half)\b", re.I),
    "date": re.compile(r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)(?:day)?\b|\b(?:1[5-9]|20)\d\d\b|\d{1,2}(?:월|일)|\b(?:yesterday|last|ago)\b"),
    "person": re.compile(r"\b(?:[A-Z][\w'’-]+|[A-Z]\.) (?:[A-Z]\. )?[A-Z][\w'’-]+|[가-힣]{2,4} (?:대표|회장|사장|부사장|위원장|장관|의원|대통령|교수|시장|지부장|선장|본부장|박사|기자|판사|변호사)"),
    "place": re.compile(r"\b(?:in|at|near|from|to|outside|of) (?:the )?[A-Z]|[가-힣]+(?:에서|시|구|항|군|도)\b"),
    "reason": re.compile(r"\b(?:because|due to|after|over|caused|blamed|amid|following|result(?:ed)?|since)\b|때문|따라|이유|원인|탓|위해"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """`weights`: what each content term counts; `names`: the terms of each name asked about."""

    text: str
    language: str
    weights: dict[str, int]
    names: tuple[frozenset[str], ...]
    name_texts: tuple[str, ...]
    cue: str  # number | date | person | place | reason | ""
    general: bool  # about the whole corpus: no word of it tells one subject from another

    @property
    def terms(self) -> frozenset[str]:
        """The content terms."""
        return frozenset(self.weights)


# What stands around the name of a paper or agency that is cited in a question: it need not stand in any text.
_HANGUL = re.compile("[가-힣]{2}")
_KOREAN_VERB = re.compile(r"[가-힣]+(?:나|까|요|가|지|는지)(?=[?\s.]*\Z)")
_LINK = r"[\s'‘’\"“”]+(?:(?:both|sources?|the|an?|another|articles?|by|in|from|including)[\s'‘’\"“”]+)*\Z"
_CITED_BEFORE = re.compile(
    r"\b(?:according to|as per|implied by|(?:reported|covered|discussed|highlighted|published|described|mentioned|noted|"
    r"cited|claimed|featured|outlined|detailed|suggested|stated|speculated|expressed) (?:by|in)|"
    rf"(?:articles?|reports?|pieces?|stor(?:y|ies)|reviews?|coverage|posts?|sources?|another) (?:from|by|in|including)){_LINK}",
    re.I,
)
_CITED_AFTER = re.compile(
    r"['’\"”]*s?['’\"”]*\s(?:\w+\s)?(?:articles?|reports?|pieces?|reviews?|stor(?:y|ies)|coverage|reporting)\b"
)
_JOINED = re.compile(rf"['’\"”]*,?\s?(?:and|or|nor)?(?:{_LINK[:-2]})?", re.I)


def _subjects(names: Sequence[Name], text: str) -> list[Name]:
    """The names of the question but for the papers and agencies it cites."""
    cited: set[str] = set()
    cited_until = -1
    for name in names:
        joined = cited_until >= 0 and _JOINED.fullmatch(text[cited_until : name.start])
        if joined or _CITED_BEFORE.search(text[: name.start]) or _CITED_AFTER.match(text, name.end):
            cited.add(name.name)
            cited_until = name.end
        else:
            cited_until = -1
    return [
        name for name in names if name.name not in cited and not frozenset(terms(name.name)) <= _ABOUT_TEXTS
    ]


def understand(text: str, vocabulary: Vocabulary, rarity: Rarity) -> Question:
    """What `text` asks."""
    names_found = find_query_names(text, vocabulary)
    found = _subjects(names_found, text)
    content = content_terms(_without([name for name in names_found if name not in found], text))
    asked = [term for term in content if term not in _FURNITURE]
    by_terms = {frozenset(content_terms(name.name)): name.name for name in reversed(found)}
    names = tuple(reversed(by_terms))
    named = frozenset[str]().union(*names)
    special = [term for term in asked if term not in _GENERIC or term in named]
    weights = _weights(special or asked or content, text, rarity)
    language = "ko" if language_of(text) == "ko" else "en"
    return Question(
        text, language, weights, names, tuple(by_terms[terms] for terms in names), _cue(text), not special
    )


def _weights(asked: Sequence[str], text: str, rarity: Rarity) -> dict[str, int]:
    """What each term counts; the syllable pairs of a long Korean word count together as much as the word."""
    verb = frozenset(terms(found.group())) if (found := _KOREAN_VERB.search(text)) else frozenset[str]()
    weights: dict[str, int] = {}
    whole, pairs = "", 0
    for term in asked:
        if pairs and len(term) == 2 and term in whole:
            share = rarity(whole) // (2 * (len(whole) - 1))
            pairs -= 1
        else:
            is_long = len(term) > 2 and "가" <= term[0] <= "힣"
            whole, pairs = (term, len(term) - 1) if is_long else ("", 0)
            share = rarity(term) // 2 if is_long else rarity(term)
        weights[term] = max(weights.get(term, 0), share // 3 if term in verb else share, 1)
    return weights


def _without(names: Sequence[Name], text: str) -> str:
    for name in reversed(names):
        text = f"{text[: name.start]} {text[name.end :]}"
    return text


def speaks_its_language(text: str, question: Question) -> bool:
    """Whether `text` is Korean just as the question is, or neither is."""
    return bool(_HANGUL.search(text)) == (question.language == "ko")


def _cue(text: str) -> str:
    return next((kind for kind, pattern in _CUES if pattern.search(text)), "")


def answers_cue(kind: str) -> Callable[[str], bool]:
    """Whether a sentence holds something of the kind asked for; for no kind, none does."""
    pattern = _ANSWERS.get(kind)
    return (lambda text: pattern.search(text) is not None) if pattern else (lambda text: False)
