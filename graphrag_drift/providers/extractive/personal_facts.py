"""Facts of a person's life that a question may ask for, and the words without which no text tells them.

Word statistics cannot tell "Where did Nora Birch study toxicology?" from what texts say of the toxicologist Nora Birch;
these few kinds of facts are told in few ways. Other facts, and those of organizations, are not looked for here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphrag_drift.providers.extractive.sentences import sentences_of
from graphrag_drift.values import Shown

_FACTS = [
    (re.compile(asks, re.IGNORECASE), re.compile(tells, re.IGNORECASE))
    for asks, tells in (
        (  # education
            r"\b(?:which|what) (?:\w+ )?(?:school|college|university)\b.*\b(?:attend|go to|graduate|study)\b"
            r"|\bwhere did\b.*\b(?:study|graduate)\b|\bwhen did\b.*\bgraduate\b|\balma mater\b|\bdegree (?:from|in)\b"
            r"|어느 (?:대학|학교).*(?:졸업|다녔|나왔|전공)|졸업했|전공했",
            r"\bstud(?:ied|ying|y at)\b|\bgraduat|\bdegree\b|\balma mater\b|\beducated\b|\benroll?ed\b|\bmajored\b"
            r"|\b(?:law|medical|business|graduate|art) school\b|\bcollege\b|\bPh\.?D|\bdoctorate\b|\bbachelor"
            r"|\bmaster's\b|\bM\.?B\.?A\b|\battended\b|졸업|전공|학위|학사|석사|출신",
        ),
        (  # pay
            r"\bhow much (?:is|was|does|did)\b.* (?:paid|earn)\b|\bsalary\b(?! cap)|연봉|월급|급여",
            r"\bsalar|\b(?:is|was|be|been|gets?|got) paid\b|\bpaid (?:him|her)\b|\bearn(?:s|ed|ing)?\b|\bpay package\b"
            r"|\bcompensation\b|\bstipend\b|\ba year\b|\bper year\b|\bannual|연봉|월급|급여|보수",
        ),
        (  # punishment
            r"\bwhat (?:\w+ )?sentence\b.*\b(?:give|get|receive|serve|impose|face|hand)|\bhow (?:long|many years)\b.*"
            r"\b(?:prison|jail)\b|형량|징역 몇|몇 년 형",
            r"\bsentenc|\bprison\b|\bjail|\bimprison|\bprobation\b|\bbehind bars\b|\bfined\b|\bcommunity service\b|징역"
            r"|선고|집행유예|실형",
        ),
        (  # birth
            r"\b(?:where|when|what (?:year|city|town|country))\b.*\bborn\b|\bbirthplace\b(?! of the\b)|\bbirthday\b"
            r"|\bdate of birth\b|태어났|출생지|고향|생일",
            r"\bborn\b|\bbirth|\bnative of\b|\bgrew up\b|\bhails? from\b|\(.{0,40}\b1\d{3}\b|태어|출생|출신|고향|생일",
        ),
        (  # age
            r"\bhow old\b|\bwhat age\b|몇 살|나이",
            r", \d{1,3}(?:,|\Z)|\b(?:\d{1,3}|\w+)[- ]years?[- ]old\b|\baged? \d|\bborn\b|\bbirthday\b|\(\d{1,3}\)"
            r"|\d ?[세살]|태어",
        ),
        (  # marriage
            r"\bmarried to\b|\b(?:wife|husband|spouse) of (?!the\b)|['’]s? (?:wife|husband|spouse)\b|배우자|아내|남편",
            r"\bmarri|\bwife\b|\bhusband\b|\bspouse\b|\bwed(?:ding)?\b|\bwidow|아내|남편|부인|결혼|배우자|부부",
        ),
    )
]
_OWN = r"(?:wife|husband|spouse|salary|sentence|age|birthplace|birthday|date of birth|alma mater)\b"
_THEIRS = re.compile(rf"['’]s? (?!(?:\w+ )?{_OWN})")
_OF_THEIRS = re.compile(rf"\b(?!{_OWN}|birth\b)\w+ of (?:\w+ ){{0,2}}\Z")


def lacks_personal_fact(question: str, people: Sequence[str], rows: Sequence[Shown]) -> bool:
    """Whether the question asks such a fact of one of `people`, and nothing that the rows say of them tells it."""
    told = [tells for asks, tells in _FACTS if asks.search(question)]
    subjects = [person for person in people if not _is_owner(person, question)]
    if not told or not subjects:
        return False
    said = list(_said_of(subjects, rows))
    return not all(any(tells.search(text) for text in said) for tells in told)


def _is_owner(person: str, question: str) -> bool:
    """Whether the question is about something of theirs: "Peter Bonetti's team", "the director of The Amber Road"."""
    before, _, after = question.partition(person)
    return bool(_THEIRS.match(after) or _OF_THEIRS.search(before))


def _said_of(people: Sequence[str], rows: Sequence[Shown]) -> Iterator[str]:
    """The sentences that hold the last word of a name, with a next one that leans on it."""
    marks = [person.split()[-1] for person in people]
    for row in rows:
        sentences = sentences_of(row.text)
        titled = any(mark in row.title for mark in marks)
        for place, sentence in enumerate(sentences):
            if titled or any(mark in sentence.text for mark in marks):
                yield sentence.text
                yield from (near.text for near in sentences[place + 1 : place + 2] if near.leans)
