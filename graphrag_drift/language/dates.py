"""text -> the dates in it, as ISO 8601, in English and Korean; and the date of a document from its first lines.

For metadata: a week, a season or a decade is not a date here, and a relative date needs the article's own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_HEAD = 1_500  # characters
_HEAD_LINES = 12
_HEAD_LINE = 160  # characters of a line in which a date is taken for the document's

_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6}
_MONTHS |= {"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ISO = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-\d\d)?)?")
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_WEEKDAYS |= {"월": 0, "화": 1, "수": 2, "목": 3, "금": 4, "토": 5, "일": 6}
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_DAYS_OFF = {
    "day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0, "tomorrow": 1,
    "그저께": -2, "그제": -2, "어제": -1, "오늘": 0, "내일": 1, "모레": 2,
}  # fmt: skip
_YEARS_OFF = {"last": -1, "this": 0, "next": 1, "재작년": -2, "지난해": -1, "작년": -1, "올해": 0, "금년": 0, "내년": 1}
_MONTHS_OFF = {
    "last": -1,
    "this": 0,
    "next": 1,
    "지난달": -1,
    "지난 달": -1,
    "이달": 0,
    "이번 달": 0,
    "다음 달": 1,
    "다음달": 1,
}

_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|"
    r"Sep(?:tember|t\.?|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_YEAR = r"(?P<year>(?:1[0-9]|20)\d\d)(?!\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d:%])"
_WEEKDAY = r"(?P<weekday>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
_HAS_YEAR = re.compile(r"(?:1[0-9]|20)\d\d")


@dataclass(frozen=True, slots=True)
class Date:
    """A date at `text[start:end]`; `iso` is a day, a month ("2024-03") or a year."""

    start: int
    end: int
    iso: str


def find_dates(text: str, published: str | None) -> list[Date]:
    """The dates of `text`, in order; relative ones only if `published`, an ISO day, says relative to what."""
    anchor = _parse_day(published)
    found = [
        Date(match.start(), match.end(), iso)
        for pattern, read in (_FORMS if _HANGUL.search(text) else _WITHOUT_HANGUL)
        for match in pattern.finditer(text)
        if (iso := read(match, anchor)) is not None
    ]
    found.sort(key=lambda item: (item.start, -item.end, item.iso))
    kept: list[Date] = []
    for item in found:
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return kept


def document_date(head: str) -> str | None:
    """The ISO day that the first lines of a document give as its own, or None.

    A line that says so ("Published: ...", "입력 ...") goes before a dateline or byline.
    """
    lines = [line.strip()[:_HEAD_LINE] for line in head[:_HEAD].splitlines() if line.strip()][:_HEAD_LINES]
    lines = [line for line in lines if _HAS_YEAR.search(line)]  # a full date has a year, and most lines have none
    for line in [line for line in lines if DATE_LABEL.match(line)] + lines:
        days = [item.iso for item in find_dates(line, None) if len(item.iso) == 10]
        if days:
            return days[0]
    return None


def written_date(iso: str, language: str = "en") -> str:
    """An ISO day, month or year as texts of that language write it ("4 March 2025"); what is none, as it is."""
    if not _ISO.fullmatch(iso[:10]):
        return iso
    parts = [int(part) for part in iso[:10].split("-")]
    if language == "ko":
        return " ".join(f"{part}{unit}" for part, unit in zip(parts, "년월일", strict=False))
    year, *rest = parts
    named = [_MONTH_NAMES[rest[0] - 1]] if rest else []
    return " ".join([*map(str, rest[1:]), *named, str(year)])


def _parse_day(iso: str | None) -> date | None:
    try:
        return None if iso is None else date.fromisoformat(iso[:10])
    except ValueError:
        return None


def _iso_day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _month_number(match: re.Match[str]) -> int:
    month = match["month"]
    return int(month) if month.isdigit() else _MONTHS[month[:3].lower()]


def _read_full(match: re.Match[str], anchor: date | None) -> str | None:
    return _iso_day(int(match["year"]), _month_number(match), int(match["day"]))


def _read_month(match: re.Match[str], anchor: date | None) -> str | None:
    month = _month_number(match)
    return f"{int(match['year']):04d}-{month:02d}" if 1 <= month <= 12 else None


def _read_year(match: re.Match[str], anchor: date | None) -> str | None:
    return match["year"]


def _read_yearless(match: re.Match[str], anchor: date | None) -> str | None:
    """The day nearest to the article's: news seldom names one more than half a year away without its year."""
    if anchor is None:
        return None
    years = (anchor.year - 1, anchor.year, anchor.year + 1)
    days = [iso for year in years if (iso := _iso_day(year, _month_number(match), int(match["day"])))]
    return min(days, key=lambda iso: (abs((date.fromisoformat(iso) - anchor).days), iso), default=None)


def _read_near(match: re.Match[str], anchor: date | None) -> str | None:
    return None if anchor is None else _shifted(anchor, _DAYS_OFF[match["near"].lower()])


def _read_weekday(match: re.Match[str], anchor: date | None) -> str | None:
    """Last and next leave the article's day out; a bare weekday is the last one, that day included."""
    if anchor is None:
        return None
    name = match["weekday"]
    behind = (anchor.weekday() - _WEEKDAYS[name[:3].lower()]) % 7
    direction = (match["direction"] or "").lower()
    if direction in ("next", "coming", "다음", "오는"):
        return _shifted(anchor, 7 - behind)
    if direction in ("last", "지난"):
        return _shifted(anchor, -(behind or 7))
    return _shifted(anchor, -behind)


def _read_ago(match: re.Match[str], anchor: date | None) -> str | None:
    if anchor is None:
        return None
    written = match["count"].lower()
    count = int(written) if written.isdigit() else _COUNTS.get(written, 1)
    unit = match["unit"]
    if unit in ("day", "일"):
        return _shifted(anchor, -count)
    if unit == "week":
        return _shifted(anchor, -7 * count)
    if unit in ("month", "개월", "달"):
        return _shifted_month(anchor, -count)
    return f"{anchor.year - count:04d}" if anchor.year > count else None


def _read_year_period(match: re.Match[str], anchor: date | None) -> str | None:
    if anchor is None:
        return None
    return f"{anchor.year + _YEARS_OFF[match['period'].lower()]:04d}"


def _read_month_period(match: re.Match[str], anchor: date | None) -> str | None:
    return None if anchor is None else _shifted_month(anchor, _MONTHS_OFF[match["period"].lower()])


def _read_day_of_month(match: re.Match[str], anchor: date | None) -> str | None:
    """지난 5일, the last fifth of a month before the article's day; 오는 5일, the next."""
    if anchor is None:
        return None
    past, day = match["direction"] == "지난", int(match["day"])
    month = anchor.year * 12 + anchor.month - 1
    if past and day > anchor.day:
        month -= 1
    if not past and day < anchor.day:
        month += 1
    return _iso_day(month // 12, month % 12 + 1, day)


def _shifted(anchor: date, days: int) -> str | None:
    try:
        return (anchor + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def _shifted_month(anchor: date, months: int) -> str | None:
    count = anchor.year * 12 + anchor.month - 1 + months
    return f"{count // 12:04d}-{count % 12 + 1:02d}" if count >= 12 else None


def _any_of(words: dict[str, int], script: str) -> str:
    chosen = [word for word in words if re.match(script, word)]
    return "|".join(sorted(map(re.escape, chosen), key=lambda word: (-len(word), word)))


_I = re.IGNORECASE
_KOREAN, _LATIN = "[가-힣]", "[a-z]"
_Read = Callable[[re.Match[str], date | None], str | None]
_FORMS: list[tuple[re.Pattern[str], _Read]] = [
    (re.compile(rf"(?<!\d){_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"), _read_full),
    (re.compile(rf"(?<![\d.]){_YEAR}[./]\s?(?P<month>\d{{1,2}})[./]\s?(?P<day>\d{{1,2}})(?!\d)"), _read_full),
    (re.compile(rf"\b{_MONTH}\s{_DAY},?\s{_YEAR}", _I), _read_full),
    (re.compile(rf"(?<!\d){_DAY}\s(?:of\s)?{_MONTH},?\s{_YEAR}", _I), _read_full),
    (re.compile(rf"(?<!\d){_YEAR}년\s?(?P<month>\d{{1,2}})월\s?(?P<day>\d{{1,2}})일"), _read_full),
    (re.compile(rf"\b{_MONTH},?\s{_YEAR}", _I), _read_month),
    (re.compile(rf"(?<!\d){_YEAR}년\s?(?P<month>\d{{1,2}})월"), _read_month),
    (re.compile(rf"\b{_MONTH}\s{_DAY}\b"), _read_yearless),
    (re.compile(rf"(?<!\d){_DAY}\s(?:of\s)?{_MONTH}(?![^\W\d_])"), _read_yearless),
    (re.compile(r"(?<!\d)(?P<month>\d{1,2})월\s?(?P<day>\d{1,2})일"), _read_yearless),
    (re.compile(rf"\b(?:in|since|by|until|from|during|before|after|of|late|early)\s{_YEAR}(?![\w-])", _I), _read_year),
    (re.compile(rf"(?<!\d){_YEAR}년(?!\s?(?:\d|간|대|째))"), _read_year),
    (re.compile(rf"\b(?P<near>{_any_of(_DAYS_OFF, _LATIN)})\b", _I), _read_near),
    (re.compile(rf"(?<![가-힣])(?P<near>{_any_of(_DAYS_OFF, _KOREAN)})(?![가-힣]{{3}})"), _read_near),
    (re.compile(rf"\b(?:(?P<direction>last|next|coming|this|on)\s)?{_WEEKDAY}", _I), _read_weekday),
    (
        re.compile(r"(?:(?P<direction>지난|이번|다음|오는)\s?(?:주\s)?)?(?P<weekday>[월화수목금토일])요일"),
        _read_weekday,
    ),
    (re.compile(r"(?P<direction>지난|오는)\s(?P<day>\d{1,2})일(?!\s?(?:간|동안))"), _read_day_of_month),
    (
        re.compile(rf"\b(?P<count>\d{{1,3}}|an?|{'|'.join(_COUNTS)})\s(?P<unit>day|week|month|year)s?\sago\b", _I),
        _read_ago,
    ),
    (re.compile(r"(?<!\d)(?P<count>\d{1,3})(?P<unit>일|개월|달|년)\s?전(?![가-힣]{2})"), _read_ago),
    (re.compile(r"\b(?P<period>last|this|next)\smonth\b", _I), _read_month_period),
    (re.compile(rf"(?<![가-힣])(?P<period>{_any_of(_MONTHS_OFF, _KOREAN)})"), _read_month_period),
    (re.compile(r"\b(?P<period>last|this|next)\syear\b", _I), _read_year_period),
    (re.compile(rf"(?<![가-힣])(?P<period>{_any_of(_YEARS_OFF, _KOREAN)})"), _read_year_period),
]
_HANGUL = re.compile("[가-힣]")
_WITHOUT_HANGUL = [form for form in _FORMS if not _HANGUL.search(form[0].pattern)]
DATE_LABEL = re.compile(
    r"\W{0,3}(?:first published|published|updated|posted|date|issued|입력|게시|등록|작성|발행|기사입력|승인)", _I
)
