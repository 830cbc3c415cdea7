"""A question that holds two things against each other -> its answer from typed values, both operands shown.

Dates (born, died, begun), what a thing is ("an Indian film") and where it lies are read from the sentences about each
of the two; they are compared at the precision that both have. A value that is missing or equal is no answer: nothing
is guessed. It reads English, and passages whose title is the thing they are about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from graphrag_drift.language.dates import find_dates
from graphrag_drift.language.terms import content_terms
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, candidates_of
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks.questions import Search

_ORDER = (  # (words of the question, attribute, whether the greater value wins)
    (re.compile(r"\bliv(?:ed|es) longer\b|\blonger li(?:fe|ved)\b", re.I), "lived", True),
    (re.compile(r"\bdie[ds]?\b.*\b(?:first|earlier|before)\b|\b(?:first|earlier) .*\bdie[ds]?\b", re.I), "died", False),
    (re.compile(r"\bdie[ds]?\b.*\b(?:later|last|after|recently)\b|\blater .*\bdie[ds]?\b", re.I), "died", True),
    (re.compile(r"\bborn\b.*\b(?:later|last|after)\b|\byounger\b|\byoungest\b", re.I), "born", True),
    (re.compile(r"\bborn\b.*\b(?:first|earlier|before)\b|\bolder\b|\boldest\b", re.I), "born", False),
    (re.compile(r"\b(?:later|last|latest|recent(?:ly)?|newer)\b", re.I), "begun", True),
    (re.compile(r"\b(?:first|earlier|earliest|before)\b", re.I), "begun", False),
)
_SAME = re.compile(r"\b(?:same|both|share|shared)\b", re.I)
_PLACED = re.compile(r"\b(?:located|situated|in the same|country|from the same)\b", re.I)
_KIND = re.compile(r"\bnationalit(?:y|ies)\b|\bcitizen", re.I)
_MAKERS = re.compile(r"\b(director|producer|composer|performer|singer|founder|designer|architect|editor)s?\b", re.I)
_BRACKET = re.compile(r"\(([^()]*\d{3,4}[^()]*)\)")
_YEAR = re.compile(r"(?<![\d.,-])(?:1\d|20)\d\d(?![\d,]\d|\d)")
_ABOUT = {
    "born": re.compile(r"\bborn\b", re.I),
    "died": re.compile(r"\b(?:died|death)\b", re.I),
    "begun": re.compile(
        r"\b(?:released?|published|premiered|founded|established|formed|created|opened|started|launched|built|began"
        r"|debuted|aired|incorporated|introduced)\b",
        re.I,
    ),
}
_COPULA = re.compile(r"\b(?:is|was|are|were) (?:an?|the|one of the)? ?([^;]*)")
_CAPITAL = re.compile(r"\b[A-Z][\w-]+")
_LIES = re.compile(r"\b(?:in|of|from|at|near) (?:the )?([^;]+?)[.;]?\Z")
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\Z")


@dataclass(frozen=True, slots=True)
class Operand:
    """One of the two: what is compared of it, and the sentences that say so, in their order."""

    name: str
    value: str
    sentences: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`answer` is a name, "Yes" or "No"; both operands are to be shown with it."""

    answer: str
    operands: tuple[Operand, Operand]


async def compare(
    question: Question, candidates: Sequence[Candidate], search: Search | None, knowledge: Knowledge
) -> Comparison | None:
    """The answer, or None if this is no comparison or a value is missing."""
    attribute, greatest = _operator(question.text)
    pair = _pair(question, candidates)
    if not attribute or not pair:
        return None
    maker = _MAKERS.search(question.text)
    operands = []
    for name in pair:
        about = await _about(name, candidates, search)
        leads: tuple[Candidate, ...] = ()
        if maker and _of_maker(question.text, maker[1]):
            lead, owner = _made_by(about, maker[1], knowledge)
            if lead is None:
                return None
            about, leads = await _about(owner, candidates, search), (lead,)
        operand = _operand(name, attribute, about, leads)
        if operand is None:
            return None
        operands.append(operand)
    return _decide(attribute, greatest, (operands[0], operands[1]))


def _operator(text: str) -> tuple[str, bool]:
    """(attribute, whether the greater wins); "" where the question compares nothing that can be read off."""
    if _SAME.search(text) and (_KIND.search(text) or _PLACED.search(text)):
        return ("kind" if _KIND.search(text) or not re.search(r"\blocated|situated\b", text) else "place"), False
    if not re.search(r"\bor\b|\bout of\b", text):
        return "", False
    return next(((attribute, more) for pattern, attribute, more in _ORDER if pattern.search(text)), ("", False))


def _pair(question: Question, candidates: Sequence[Candidate]) -> tuple[str, str] | None:
    """The last two titles that stand in the question, in its order."""
    text = question.text
    titles = {_PARENTHESIS.sub("", c.row.title) for c in candidates if c.row.kind == "source"}
    folded = text.casefold()
    places = {title: folded.rfind(title.casefold()) for title in sorted(titles) if len(title) > 1}
    held = {title: at for title, at in places.items() if at >= 0}
    outer = {
        title: at
        for title, at in held.items()
        if not any(
            other != title and start <= at and at + len(title) <= start + len(other) for other, start in held.items()
        )
    }
    last = sorted(outer, key=lambda title: outer[title])[-2:]
    return (last[0], last[1]) if len(last) == 2 else None


async def _about(name: str, candidates: Sequence[Candidate], search: Search | None) -> list[Candidate]:
    """The sentences of the passages of that title, also of ones that are yet to be found."""
    own = _titled(name, candidates)
    if not own and search is not None:
        own = _titled(name, candidates_of(await search(name)))
    return own


def _titled(name: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    return [c for c in candidates if _PARENTHESIS.sub("", c.row.title).casefold() == name.casefold()]


def _of_maker(text: str, maker: str) -> bool:
    """Whether what is compared is the maker, not the work: "whose director was born first", "the director of A"."""
    after = "of|is|was|were|are|who|whose|came|died|born|both|share|from"
    return re.search(rf"\b{maker}s?\b (?:{after})\b|whose {maker}\b", text) is not None


def _made_by(about: Sequence[Candidate], maker: str, knowledge: Knowledge) -> tuple[Candidate | None, str]:
    """The sentence that says who made it, and the name: "directed by Anne Lowe"."""
    stem = maker[:5]
    pattern = re.compile(rf"\b{stem}\w*(?: and [\w-]+)*(?:,? [\w-]+ed)? by |\b{maker}s? ", re.I)
    for candidate in about:
        for match in pattern.finditer(candidate.sentence.text):
            rest = candidate.sentence.text[match.end() :]
            name = re.match(r"(?:[A-Z][\w.'’-]+|[A-Z]\.)(?: (?:[A-Z][\w.'’-]+|[A-Z]\.|de|van|von|der|la))*", rest)
            if name:
                return candidate, name[0].rstrip(".,").removesuffix("'s").removesuffix("’s")
    return None, ""


def _operand(name: str, attribute: str, about: Sequence[Candidate], leads: tuple[Candidate, ...]) -> Operand | None:
    read = {"kind": _kind_of, "place": _place_of, "lived": _lived}.get(attribute)
    value, source = read(about) if read else _date_of(attribute, about)
    return Operand(name, value, (*leads, source)) if value and source else None


def _dates_in(text: str) -> list[str]:
    """The ISO dates of a stretch of text, bare years included, in order."""
    full = find_dates(text, None)
    years = [(m.start(), m[0]) for m in _YEAR.finditer(text) if not any(d.start <= m.start() < d.end for d in full)]
    return [iso for _, iso in sorted([*((d.start, d.iso) for d in full), *years])]


def _date_of(attribute: str, about: Sequence[Candidate]) -> tuple[str, Candidate | None]:
    """The date of that attribute: in the brackets after the name, or after the word for it."""
    pattern = _ABOUT[attribute]
    for candidate in about[:1]:
        bracket = _BRACKET.search(candidate.sentence.text) if attribute != "begun" else None
        if bracket:
            dates = _dates_in(bracket[1])
            if attribute == "born" and dates and not re.match(r"\W*(?:died|d\.)", bracket[1]):
                return dates[0], candidate
            if attribute == "died" and len(dates) > 1:
                return dates[1], candidate
    for candidate in about:
        found = pattern.search(candidate.sentence.text)
        dates = _dates_in(candidate.sentence.text[found.end() :]) if found else []
        if dates:
            return dates[0], candidate
    if attribute == "begun":
        for candidate in about[:1]:
            if dates := _dates_in(candidate.sentence.text):
                return dates[0], candidate
    return "", None


def _lived(about: Sequence[Candidate]) -> tuple[str, Candidate | None]:
    """The days from birth to death, as a number of eight digits, so that texts order as numbers do."""
    born, source = _date_of("born", about)
    died, _ = _date_of("died", about)
    if not born or not died:
        return "", None
    days = (_day(died) - _day(born)).days
    return (f"{days:08d}", source) if days > 0 else ("", None)


def _day(iso: str) -> date:
    return date.fromisoformat((iso + "-07-01")[:10] if len(iso) == 4 else (iso + "-15")[:10])


def _kind_of(about: Sequence[Candidate]) -> tuple[str, Candidate | None]:
    """The capitalised words by which the first sentences say what it is: "Indian", "French"."""
    for candidate in about[:2]:
        found = _COPULA.search(_BRACKET.sub("", candidate.sentence.text))
        words = (
            _CAPITAL.findall(re.split(r"\b(?:by|starring|who|which|directed|written|and is)\b", found[1])[0])
            if found
            else []
        )
        if words:
            return " ".join(words), candidate
    return "", None


def _place_of(about: Sequence[Candidate]) -> tuple[str, Candidate | None]:
    """Where the first sentences say that it lies: the last name of the place."""
    for candidate in about[:2]:
        found = _COPULA.search(_BRACKET.sub("", candidate.sentence.text))
        lies = _LIES.search(found[1]) if found else None
        words = _CAPITAL.findall(lies[1].rpartition(", ")[2]) if lies else []
        if words:
            return " ".join(words), candidate
    return "", None


def _decide(attribute: str, greatest: bool, operands: tuple[Operand, Operand]) -> Comparison | None:
    first, second = operands
    if attribute in ("kind", "place"):
        shared = set(content_terms(first.value)) & set(content_terms(second.value))
        return Comparison("Yes" if shared else "No", operands)
    one, other = first.value, second.value
    if attribute != "lived":
        length = min(len(one), len(other))
        one, other = one[:length], other[:length]
    if one == other:
        return None
    return Comparison((first if (one > other) == greatest else second).name, operands)
