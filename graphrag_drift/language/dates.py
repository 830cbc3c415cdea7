"""text -> the dates in it, as ISO 8601, in the package's languages; and the date of a document from its first lines.

For metadata: a week, a season or a decade is not a date here, and a relative date needs the article's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from graphrag_drift.language.detect import LANGUAGES, SCRIPTED, either, spoken
from graphrag_drift.language.english import ENGLISH
from graphrag_drift.language.language import DateForm, Dates
from graphrag_drift.patterns import lazy_pattern

_HEAD = 1_500  # characters
_HEAD_LINES = 12
_HEAD_LINE = 160  # characters of a line in which a date is taken for the document's

_ISO = lazy_pattern(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-\d\d)?)?")
_YEAR = r"(?P<year>(?:1[0-9]|20)\d\d)(?!\d)"
_HAS_YEAR = lazy_pattern(r"(?:1[0-9]|20)\d\d")
DATE_LABEL = lazy_pattern(rf"\W{{0,3}}(?:{either(lambda language: language.dates.labels)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Date:
    """A date at `text[start:end]`; `iso` is a day, a month ("2024-03") or a year."""

    start: int
    end: int
    iso: str


def find_dates(text: str, published: str | None) -> list[Date]:
    """The dates of `text`, in order; relative ones only if `published`, an ISO day, says relative to what."""
    dates = sorted(_all_dates(text, _parse_day(published)), key=lambda item: (item.start, -item.end, item.iso))
    apart: list[Date] = []
    for item in dates:
        if not apart or item.start >= apart[-1].end:
            apart.append(item)
    return apart


def _all_dates(text: str, anchor: date | None) -> Iterator[Date]:
    """Those of all forms, overlapping ones too; a script that `text` has no letter of is passed over."""
    absent = [language.dates for language in SCRIPTED if not language.writes(text)]
    for pattern, read, dates in _FORMS:
        for match in pattern.finditer(text) if dates not in absent else ():
            iso = read(match, anchor, dates)
            if iso is not None:
                yield Date(match.start(), match.end(), iso)


def says_date(text: str, iso: str, published: str | None) -> bool:
    """Whether a date is written in `text`, by its day, month or year, that is the day, month or year `iso`.

    What has no year is of that year, in a text of which no day is known.
    """
    if not _writing(iso).search(text):
        return False
    return any(date.iso == iso for date in find_dates(text, published or f"{iso[:4]}-12-31"))


@lru_cache(maxsize=256)
def _writing(iso: str) -> re.Pattern[str]:
    """What a text holds that says this date: the name of its month, its day or its year, in figures; looking for all
    dates takes longer."""
    year, month, day = (*map(int, iso.split("-")), 0, 0)[:3]
    if not month:
        return re.compile(rf"(?<!\d){year}(?!\d)")
    month_said = either(lambda language: language.dates.day_of)
    name = next(name for name, number in ENGLISH.dates.months.items() if number == month)
    said = month_said.format(name=name, month=month, day=day or r"\A\Z")
    return re.compile(rf"(?i:{said})|{iso}")


def document_date(head: str) -> str | None:
    """The ISO day that the first lines of a document give as its own, or None.

    A line that says so ("Published: ...") goes before a dateline or byline.
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
    write = spoken(language).write_date or ENGLISH.write_date
    return write([int(part) for part in iso[:10].split("-")]) if write else iso


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


def _month_number(match: re.Match[str], dates: Dates) -> int:
    month = match["month"]
    return int(month) if month.isdigit() else dates.months[month[:3].lower()]


def _read_full(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    return _iso_day(int(match["year"]), _month_number(match, dates), int(match["day"]))


def _read_month(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    month = _month_number(match, dates)
    return f"{int(match['year']):04d}-{month:02d}" if 1 <= month <= 12 else None


def _read_year(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    return match["year"]


def _read_yearless(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    """The day nearest to the article's: news seldom names one more than half a year away without its year."""
    if anchor is None:
        return None
    years = (anchor.year - 1, anchor.year, anchor.year + 1)
    month, day = _month_number(match, dates), int(match["day"])
    days = [iso for year in years if (iso := _iso_day(year, month, day))]
    return min(days, key=lambda iso: (abs((date.fromisoformat(iso) - anchor).days), iso), default=None)


def _read_near(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    return None if anchor is None else _shifted(anchor, dates.days_off[match["near"].lower()])


def _read_weekday(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    """Last and next leave the article's day out; a bare weekday is the last one, that day included."""
    if anchor is None:
        return None
    behind = (anchor.weekday() - dates.weekdays[match["weekday"][:3].lower()]) % 7
    direction = (match["direction"] or "").lower()
    if direction in dates.future:
        return _shifted(anchor, 7 - behind)
    if direction in dates.past:
        return _shifted(anchor, -(behind or 7))
    return _shifted(anchor, -behind)


def _read_ago(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    if anchor is None:
        return None
    count, unit = _count_of(match["count"], dates), dates.units[match["unit"].lower()]
    if unit in ("day", "week"):
        return _shifted(anchor, -count if unit == "day" else -7 * count)
    if unit == "month":
        return _shifted_month(anchor, -count)
    return f"{anchor.year - count:04d}" if anchor.year > count else None


def _count_of(written: str, dates: Dates) -> int:
    return int(written) if written.isdigit() else dates.counts.get(written.lower(), 1)


def date_apart(text: str, iso: str) -> str:
    """The ISO date that `text` tells from the date `iso` ("a year earlier", "two weeks later"); "" if it tells none.

    It is a month where months or years are counted, and a year that many years from a year.
    """
    anchor = _parse_day(f"{iso}-01-01"[:10])
    if anchor is None:
        return ""
    for pattern, dates in _APART:
        if match := pattern.search(text):
            unit, back = dates.units[match["unit"].lower()], match["direction"].lower() in dates.before
            count = _count_of(match.groupdict().get("count") or "", dates) * (-1 if back else 1)
            if unit in ("day", "week"):
                return _shifted(anchor, count * (1 if unit == "day" else 7)) or ""
            shifted = _shifted_month(anchor, count * (1 if unit == "month" else 12)) or ""
            return shifted[:4] if len(iso) == 4 and unit == "year" else shifted
    return ""


def _read_year_off(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    return None if anchor is None else f"{anchor.year + dates.years_off[match['period'].lower()]:04d}"


def _read_month_off(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    return None if anchor is None else _shifted_month(anchor, dates.months_off[match["period"].lower()])


def _read_day_off(match: re.Match[str], anchor: date | None, dates: Dates) -> str | None:
    """The last fifth of a month before the article's day, or the next."""
    if anchor is None:
        return None
    past, day = match["direction"] in dates.past, int(match["day"])
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


_Read = Callable[[re.Match[str], date | None, Dates], str | None]
_READERS: dict[DateForm, _Read] = {
    "full": _read_full,
    "month": _read_month,
    "year": _read_year,
    "yearless": _read_yearless,
    "near": _read_near,
    "weekday": _read_weekday,
    "ago": _read_ago,
    "month off": _read_month_off,
    "year off": _read_year_off,
    "day off": _read_day_off,
}
# In figures, whatever the language.
_NUMERIC: tuple[tuple[DateForm, str], ...] = (
    ("full", rf"(?<!\d){_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"),
    ("full", rf"(?<![\d.]){_YEAR}[./]\s?(?P<month>\d{{1,2}})[./]\s?(?P<day>\d{{1,2}})(?!\d)"),
)
_APART = [(lazy_pattern(pattern), language.dates) for language in LANGUAGES for pattern in language.dates.apart]
_FORMS = [
    (lazy_pattern(pattern), _READERS[form], dates)
    for dates in (Dates(forms=_NUMERIC), *(language.dates for language in LANGUAGES))
    for form, pattern in dates.forms
]
