"""Lists of words that say little by themselves: about texts, about people in general.

General words only, in English and Korean; no names.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Nouns that tell nothing by themselves, and verbs that look like nouns.
EMPTY_NOUNS = _words(
    """
    year years week weeks month months day days time times people person way ways thing things part parts
    number numbers end start beginning statement interview company companies group groups man woman men
    women place case cases fact facts lot set use order percent cent morning afternoon evening night moment
    hour hours minute minutes period half quarter series world others result results kind sort type amount
    need work job member members one two three four five six seven eight nine ten first second third last
    next new old same own former late early said told asked called made went came took gave including
    according such many several few rest total top side sides hand front back head name names point question
    reason reasons area areas matter line level rate report reports article articles story stories share
    shares spokesman spokeswoman least most more less much city country state questions answer answers life
    home public money news chief chair chairman president executive director officer secretary deputy mayor
    judge partner owner founder leader specialist worker agent lawyer husband wife father mother son
    daughter brother sister friend employees employee rose fell left held led met paid put ran saw seen sent
    sold won lost spoke stood taken known begun began drew grew kept knew found built bought brought broke
    become became spent spends wrote written says think bottom floor gate steps coat change course form word
    words idea lack role town road street door room rooms meters miles feet dollars million billion thousand
    hundred dozen age behalf winter spring summer autumn fall rival stock cost costs effect term terms
    figure figures unit clock memory charge attention sense hope fear interest care trouble piece pair
    couple bit deal example addition itself himself herself themselves call calls meeting meetings mind
    heart eye eyes voice nothing something
    """
)
# The same in Korean.
EMPTY_KOREAN = _words(
    """
    이번 지난 당시 관련 경우 사실 내용 관계자 기자 결과 가운데 이후 이전 때문 정도 대해 통해 위해 따라 오전
    오후 지난달 이달 올해 지난해 현재 최근 이날 회사 측은 사람 자신 우리 이들 하나 모두 일부 자리 문제 상황
    방안 계획 가능성 입장 예정 설명 발표 보도 한편 반면 다만 전날 당국 업계 대상 대표 회장 사장 부사장
    위원장 장관 의원 교수 시장 선장 박사 하루 가치 뒤에 전에 시간 미국 한국 서울 부산 국내 해외 뉴스 기사
    이름 환자 직원 주민 달러 만달러 억원 당분간 그룹 오늘 내일 다음 처음 마지막 이유 원인 책임 역할 필요
    중요 이상 이하 미만 대해서 위해서 통해서 의해서 관해서 대해서는 동시에 얼마 못하
    """
)
