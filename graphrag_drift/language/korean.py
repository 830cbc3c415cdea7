"""Korean: its particles, closed word classes, patterns and templates, as a `Language`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from graphrag_drift.language.language import (
    Anaphor,
    Asking,
    Dates,
    Figures,
    Language,
    Prose,
    Questions,
    Templates,
    any_of,
    word_set,
)

LETTERS = "가-힣"
_FIRST, _LAST = LETTERS.split("-")
_FINALS = 28  # syllables that differ in their final consonant stand together, the one without it first
_RIEUL = 8  # the place of ㄹ among the final consonants

# The particles by what the last syllable before them must have: a final consonant, none, or either.
_AFTER_ANY = word_set(
    """
    에서부터 에게서는 으로부터 에서는 에서도 에서의 에게서 에게는 에게도 까지도 까지는 부터는 만으로 로부터
    한테서 보다는 보다도 처럼 만큼 에서 에게 한테 께서 부터 까지 마저 조차 보다 에는 에도 에만 에의 의 에 도 만
    """
)
_AFTER_CONSONANT = word_set(
    """
    으로서의 으로써 으로서 으로는 으로도 으로의 이라도 이라며 이라고 이라는 이었던 이나 이란 이며 으로 과의
    과는 은 이 을 과
    """
)
_AFTER_VOWEL = word_set("로서의 로써 로서 로는 로도 로의 라도 라며 라고 라는 였던 나 란 며 로 와의 와는 는 가 를 와")
_PARTICLES = sorted(_AFTER_ANY | _AFTER_CONSONANT | _AFTER_VOWEL, key=lambda ending: (-len(ending), ending))
_TOWARDS = frozenset(("로", "로는", "로도", "로의"))  # stand after ㄹ too
_SPOKEN_CLOSED = "013678lmnr"  # digits and letters whose Korean names end with a consonant
TOPIC_AND_OBJECT = "은는을를"


def is_syllable(character: str) -> bool:
    """Whether the character is a syllable in Hangul."""
    return _FIRST <= character <= _LAST


def has_final(syllable: str) -> bool:
    """Whether a Hangul syllable ends with a consonant (batchim)."""
    return is_syllable(syllable) and (ord(syllable) - ord(_FIRST)) % _FINALS != 0


@lru_cache(maxsize=1 << 16)
def strip_josa(word: str, least: int = 2) -> str:
    """`word` without one particle, the longest that fits its batchim; at least `least` syllables stay."""
    for ending in _PARTICLES:
        stem = word.removesuffix(ending)
        if len(stem) >= least and stem != word and _may_follow(ending, stem[-1:]):
            return stem
    return word


def _may_follow(ending: str, last: str) -> bool:
    if ending in _AFTER_ANY or not is_syllable(last):  # after a Latin letter or a digit either form may stand
        return True
    if ending in _TOWARDS and (ord(last) - ord(_FIRST)) % _FINALS == _RIEUL:
        return True
    return (ending in _AFTER_CONSONANT) == has_final(last)


def with_josa(word: str, after_consonant: str, after_vowel: str) -> str:
    """`word` with the particle that its last sound wants; digits and Latin letters by how they are read."""
    last = word.rstrip(")]'\"”’")[-1:]
    spoken = last.isascii() and last.isalnum()
    closed = last.lower() in _SPOKEN_CLOSED if spoken else has_final(last)
    return word + (after_consonant if closed else after_vowel)


class Word(str):
    """A word that a template inflects: "{name:은/는}" is with the particle that fits."""

    def __format__(self, particles: str) -> str:
        """The word, with one of two `particles` where there are any: the one after a consonant comes first."""
        return with_josa(str(self), *particles.split("/")) if particles else str(self)


# What the rules of names look at; their word lists are in `names/lists`.
ADDRESSES = ("씨", "군", "양")  # words after a name
GLUED_TO_NAME, GLUED_TO_FULL_NAME = "씨양옹", "씨님"
FORMER = "전"  # before a title
DOES = "하"  # begins the ending of a verb made of a noun
SOMEBODY = "모"  # for the given name that is not told
OFFICE_FINALS = frozenset("과부실팀국처단소원청사회대당측군계")  # of departments, where four syllables or more
PLACE_FINALS, BODY_FINALS = "시도군구역항", "대군당"  # after the name of a place
NO_GIVEN_NAME_FINALS = "도시군구부청국처당사"  # of three syllables that are a place or an office
PARTICLE_FINALS = frozenset("은이의도한해하가나란며로와과만인자고다보")
COMPANY = r"\(주\)|㈜|（주）|주식회사"
WEAK_ROLES = word_set("박사 교수")  # titles that go with any role

# Who and which, and what stands before a noun.
_FUNCTION_WORDS = word_set(
    """
    전 현 신임 전임 당시 해당 같은 이번 지난 다른 모든 어떤 각 양 여 야 동 본 이 그 저 한 두 세 네 새 우리 저희 자신
    본인 모두 누구 아무
    """
)
_YEAR = r"(?P<year>(?:1[0-9]|20)\d\d)(?!\d)"
_DAYS_OFF = {"그저께": -2, "그제": -2, "어제": -1, "오늘": 0, "내일": 1, "모레": 2}
_MONTHS_OFF = {"지난달": -1, "지난 달": -1, "이달": 0, "이번 달": 0, "다음 달": 1, "다음달": 1}
_YEARS_OFF = {"재작년": -2, "지난해": -1, "작년": -1, "올해": 0, "금년": 0, "내년": 1}
_WEEKDAYS = "월화수목금토일"
_UNITS_OF_DATES = "년월일"
_DATES = Dates(
    forms=(
        ("full", rf"(?<!\d){_YEAR}년\s?(?P<month>\d{{1,2}})월\s?(?P<day>\d{{1,2}})일"),
        ("month", rf"(?<!\d){_YEAR}년\s?(?P<month>\d{{1,2}})월"),
        ("yearless", r"(?<!\d)(?P<month>\d{1,2})월\s?(?P<day>\d{1,2})일"),
        ("year", rf"(?<!\d){_YEAR}년(?!\s?(?:\d|간|대|째))"),
        ("near", rf"(?<![가-힣])(?P<near>{any_of(_DAYS_OFF)})(?![가-힣]{{3}})"),
        (
            "weekday",
            rf"(?:(?P<direction>지난|이번|다음|오는)\s?(?:주\s)?)?(?P<weekday>[{_WEEKDAYS}])요일",
        ),
        ("day off", r"(?P<direction>지난|오는)\s(?P<day>\d{1,2})일(?!\s?(?:간|동안))"),
        ("ago", r"(?<!\d)(?P<count>\d{1,3})(?P<unit>일|개월|달|년)\s?전(?![가-힣]{2})"),
        ("month off", rf"(?<![가-힣])(?P<period>{any_of(_MONTHS_OFF)})"),
        ("year off", rf"(?<![가-힣])(?P<period>{any_of(_YEARS_OFF)})"),
    ),
    weekdays={day: number for number, day in enumerate(_WEEKDAYS)},
    days_off=_DAYS_OFF,
    months_off=_MONTHS_OFF,
    years_off=_YEARS_OFF,
    past=frozenset(("지난",)),
    future=frozenset(("다음", "오는")),
    units={"일": "day", "개월": "month", "달": "month", "년": "year"},
    apart=(r"(?<!\d)(?P<count>\d{1,3})(?P<unit>일|개월|달|년)\s?(?P<direction>전|후|뒤)",),
    before=frozenset(("전",)),
    labels="입력|게시|등록|작성|발행|기사입력|승인",
    day_of=r"(?<!\d){month}월|(?<!\d){day}일",
    hour="시",
    written=r"\d{4}년 \d{1,2}월 \d{1,2}일",
)
_FIGURES = Figures(
    tight_scales={"천": 3, "만": 4, "억": 8, "조": 12},
    signs={
        "퍼센트": "percent", "원": "won", "달러": "dollar", "유로": "euro",
        "년": "year", "개월": "month", "일": "day", "시간": "hour",
    },
)  # fmt: skip
_ASKING = Asking(
    asks={
        "choice": "중에?서? (?:누가|어느)",
        "age": "몇 ?(?:살|세)|나이",
        "number": "몇|얼마",
        "date": "언제|며칠",
        "reason": "왜|이유|원인",
        "place": "어디",
        "person": "누구|누가",
        "entity": "무엇|무슨|어느|어떤",
    },
    holds={
        "age": r"\d{1,3}(?=세|살)|(?<=\()\d{1,3}(?=\))",
        "date": r"\d{1,4}년|\d{1,2}[월일]",
        "person": "[가-힣]{2,4}(?= [가-힣]{2,4}[은는이가])",
        "place": r"[가-힣]+(?:에서|시|구|항|군|도)\b",
        "reason": "때문|따라|이유|원인|탓|위해",
        "definition": r"[가-힣]+(?:이다|인|으로서)\b",
        "entity": "[가-힣]{2,}",
    },
    defines=r"([^,?]+?)(?:[은는이가])? (?:누구|무엇)[가-힣]*",
    explains=r"([^,?]+?)(?:이?란|[은는이가])? (?:무엇|뭐)[가-힣]*",
    focus=r"([가-힣]+)\s+(?:누구|무엇|얼마|언제|어디|몇)|(?:어떤|무슨|어느)\s+([가-힣]+)",
    forms={
        "people": "(?:주요|핵심|중심|중요한) ?인물",
        "comparison": "비교|차이",
        "overview": "요약|개요|주제",
        "timeline": "연표|연대기|시간 ?순|무슨 일이|어떻게 (?:변|바뀌|달라)|최근 소식|최신",
        "list": "목록|나열|모두 (?:말|알려|적)|[가-힣]+들(?:은|을|이) (?:누구|무엇)",
        "chain": "어떻게 (?:해서|하다|된|되)",
    },
    latest="최근|최신",
    change="변했|변화|바뀌|달라|늘었|줄었",
    whole_corpus="주요 (주제|내용|사건|뉴스)|전체(적인|적으로)|요약|전반",
    compares="비교|차이|관계|연관",
    about_texts=word_set(
        """
        기사 보도 문서 뉴스 자료 내용 설명 알려 정리 관련 사람 이유 무엇 누구 누구이며
        언제 어디 몇 얼마에 나오는 나온 관계 관계가 연관 연관이 각각 했나 했나요 하나요 됐나 되었나 있나 있었나
        인가 사람인가 무엇인가 어떤가 하기로 최근 최신 소식 연표 목록 나열 요약 비교 차이
        """
    ),
    about_corpora=word_set(
        """
        주요 주제 핵심 사건 이슈 전체 요약 중심 내용 인물 쟁점 흐름 전반 중요 가장 중요한
        전체적 전체적으로 전반적으로 다루어졌나 다루어졌나요 다뤄졌나 다뤄졌나요 다루고 이야기들 서로 연결되어
        연결 무슨 일 일이 기사 기사들 뉴스 문서 문서들 주제들 사건들 말뭉치 다루는 다룬 보도 정리 소식 이야기
        """
    ),
    verb=r"[가-힣]+(?:나|까|요|가|지|는지)(?=[?\s.]*\Z)",
)
_PROSE = Prose(
    anaphors={
        **dict.fromkeys(("그는", "그가", "그도", "그를"), Anaphor("person")),
        "그의": Anaphor("person", "{name}의"),
        **dict.fromkeys(("그녀는", "그녀가"), Anaphor("woman")),
        "그녀의": Anaphor("woman", "{name}의"),
    },
    leaning="(?:그|그녀|이|이들|그들|이어|이에|이날|당시|같은|이는|그는|이곳|이것|여기)"
    "(?:[은는이가의를도 ]|에[는서]? )",
    pointing="(?:또|또한|그러나|하지만|그리고|한편|반면|다만|특히|해당|이번|앞서)[ ,]",
    correction=r"(?:정정|바로잡습니다)\b",
    byline=r".*기자 ?\|",
    dateline=r"\([^()\n]{2,40}=[^()\n]{2,40}\) ?(?:[가-힣]{2,4}(?: 기자| 특파원)? ?= ?)?"
    r"|[가-힣]{2,4} (?:기자|특파원) ?= ?|\([가-힣A-Za-z ]{2,40}\) ?[-–—=] ?",
    last_letter="[다요죠까음함임됨네]",
    ends="[다요죠까]",
    explains="^[은는이가] ",
    negation="않|없|아니|못(?=[하한할해했])",
    silent="(?:행|자료|기사|문서|보도|출처)(?:들)?(?:은|는|이|가|에|에는|에서는) .{0,80}(?:않|없)",
    namesakes="동명이인|이름이 같은|같은 이름|이름은?.{0,60}똑같은",
    definition=r"이하\s",
)
_EMPTY_WORDS = word_set(
    """
    이번 지난 당시 관련 경우 사실 내용 관계자 기자 결과 가운데 이후 이전 때문 정도 대해 통해 위해 따라 오전
    오후 지난달 이달 올해 지난해 현재 최근 이날 회사 측은 사람 자신 우리 이들 하나 모두 일부 자리 문제 상황
    방안 계획 가능성 입장 예정 설명 발표 보도 한편 반면 다만 전날 당국 업계 대상 대표 회장 사장 부사장
    위원장 장관 의원 교수 시장 선장 박사 하루 가치 뒤에 전에 시간 미국 한국 서울 부산 국내 해외 뉴스 기사
    이름 환자 직원 주민 달러 만달러 억원 당분간 그룹 오늘 내일 다음 처음 마지막 이유 원인 책임 역할 필요
    중요 이상 이하 미만 대해서 위해서 통해서 의해서 관해서 대해서는 동시에 얼마 못하
    """
)
# Of verbs that are made of a noun, of plurals and adjectives: no name has them.
_ENDINGS = (
    "하(?:는|지|기|게|여|였|며|면|려|던|다|자)|한다|할|해(?:서|야|온|왔)|했|되(?:는|지|기|어|었|면|며|고)|된|될|돼|됐|들|"
    "적(?:인|으로)"
)
_STOP_WORDS = word_set(
    """
    무엇 누구 언제 어디 어떤 어떻게 왜 얼마 얼마나 무슨 어느 것 수 등 및 또 그 이 저 대해 대한 관한 관해
    위해 무엇인가 무엇인가요 누구인가 누구인가요 언제인가 어디인가 있는가 있나요 인가요 했나요 하는가
    했는가 그리고 그러나
    """
)


def _write_date(parts: Sequence[int]) -> str:
    """ "2025년 3월 4일", "2025년 3월" or "2025년"."""
    return " ".join(f"{part}{unit}" for part, unit in zip(parts, _UNITS_OF_DATES, strict=False))


QUESTIONS = Questions(
    topic="{topic}에 대해서는 무엇이 알려졌나요?",
    deed="{topic:과/와} 관련해 {name:은/는} 무엇을 했나요?",
    partner="{name:과/와} {partner:은/는} 어떤 관계인가요?",
    person="{name:은/는} 누구이며 무엇을 했나요?",
    place="{name}에서는 무슨 일이 있었나요?",
    related="{name:은/는} {topic:과/와} 어떤 관련이 있나요?",
    other="{name}에 대해서는 무엇이 알려졌나요?",
)
KOREAN = Language(
    code="ko",
    letters=LETTERS,
    lone_letters="ㄱ-ㅎㅏ-ㅣ",
    function_words=_FUNCTION_WORDS,
    stop_words=_STOP_WORDS,
    empty_words=_EMPTY_WORDS,
    common_noun=rf"([{LETTERS}]{{2,4}}?)(?:{_ENDINGS})[{LETTERS}]{{0,4}}",
    verbal="다|고|며|면|해|한|된|할|될|하는|되는|있는|없는|했|됐|하게|에서|으로|라고|지만|면서|려는|던|인|하기|되기|했던|들",
    dates=_DATES,
    figures=_FIGURES,
    asking=_ASKING,
    prose=_PROSE,
    templates=Templates(
        not_said="기사에는 그 내용이 없습니다.",
        reported="({date} 보도)",
        rest="그 밖의 내용",
        unanswered="문서에는 이 질문에 바로 답하는 내용이 없습니다.",
        nowhere="문서에 없는 말: {words}.",
        rating=(
            "문서 {documents}건이 개체 {entities}개를 다루며, 가장 중심에 있는 {name}의 연결 수는 "
            "전체 최다 개체의 {share:.0%}이다."
        ),
        questions=QUESTIONS,
    ),
    stem=strip_josa,
    write_date=_write_date,
    word=Word,
)
