"""a date as a field, a header or a file name writes it -> ISO 8601; a year or a month stays one.

Numbers are days, years or seconds, milliseconds, microseconds or nanoseconds since 1970. What says neither day nor
month first ("3/4/2025") is read by its column's other dates, else not at all. Months in other languages than English
and Korean are read by `dateparser`, of the extra `docs`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from graphrag_drift.language.dates import find_dates

_LONGEST = 80  # characters of a field that is a date
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_EPOCH = ((9, 10, 1), (12, 13, 10**3), (15, 16, 10**6), (18, 19, 10**9))  # digits from, to, units in a second
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})")
_YEAR_FIRST = re.compile(r"\D{0,20}?(\d{4})\D{1,3}?(\d{1,2})\D{1,3}?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"\D{0,20}?(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)")
_PDF = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_HAS_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_ONE_NUMBER = re.compile(r"\D*\d+\D*")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def read_date(written: str, day_first: bool | None = None) -> str:
    """A date as ISO day, month or year; "" if it is none that can be read.

    `day_first` says how "3/4/2025" is meant; None: that is not known.
    """
    written = written.strip()
    if not written or len(written) > _LONGEST:
        return ""
    if _DIGITS.fullmatch(written):
        return _number(written)
    if iso := _standard(written):
        return iso
    if _YEAR_FIRST.match(written) or _YEAR_LAST.match(written):
        return _numeric(written, day_first)
    return _named(written)


def day_first(written: Iterable[str]) -> bool | None:
    """Whether the dates of a column begin with their day, as far as one of them can only be read so."""
    pairs = [(int(match[1]), int(match[3])) for text in written if (match := _YEAR_LAST.match(text.strip()))]
    first, second = any(pair[0] > 12 for pair in pairs), any(pair[1] > 12 for pair in pairs)
    return None if first == second else first


def date_in_name(name: str) -> str:
    """The day that a file's name gives, "2025-03-18" or "20250318"; "" if there is none."""
    match = _IN_NAME.search(name)
    return _day(match[1], match[3], match[4]) if match else ""


def _number(written: str) -> str:
    whole = written.partition(".")[0]
    if len(whole) == 4:
        return whole if "1000" <= whole <= "2199" else ""
    if len(whole) == 8:
        return _day(whole[:4], whole[4:6], whole[6:])
    for least, most, unit in _EPOCH:
        if least <= len(whole) <= most:
            return datetime.fromtimestamp(int(whole) / unit, UTC).date().isoformat()
    return ""


def _standard(written: str) -> str:
    if match := _PDF.match(written):
        return _day(match[1], match[2] or "1", match[3] or "1") if match[2] else match[1]
    if (match := _MONTH.fullmatch(written)) and 1 <= int(match[2]) <= 12:
        return f"{match[1]}-{int(match[2]):02d}"
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(written).date().isoformat()
        except ValueError:
            continue
    return ""


def _numeric(written: str, first: bool | None) -> str:
    if match := _YEAR_FIRST.match(written):
        return _day(match[1], match[2], match[3])
    match = _YEAR_LAST.match(written)
    assert match is not None
    one, other = int(match[1]), int(match[3])
    if first is None:
        if one != other and max(one, other) <= 12 and match[2] != ".":
            return ""
        first = other <= 12  # with stops, the day comes first everywhere
    day, month = (one, other) if first else (other, one)
    return _day(match[4], month, day)


def _named(written: str) -> str:
    """A date with the month's name."""
    if not _HAS_YEAR.search(written):
        return ""
    isos = [item.iso for item in find_dates(written, None)]
    best = max(isos, key=len, default="")
    return best if len(best) > 4 else _in_other_language(written) or best


@lru_cache(maxsize=10_000)
def _in_other_language(written: str) -> str:
    languages = _languages_of(written)
    parser = _parser(languages) if languages is None or languages else None
    if parser is None:
        return ""
    found = parser.get_date_data(written)
    if found.date_obj is None:
        return ""
    if found.period in ("day", "time"):
        return str(found.date_obj.date().isoformat())
    return str(found.date_obj.date().isoformat()[:7]) if _ONE_NUMBER.fullmatch(written) else ""


def _languages_of(written: str) -> tuple[str, ...] | None:
    """The languages that have a month's name among the words of `written`; None, if it may do without one.

    Two seconds of patterns are made the first time that `dateparser` tries them all. It needs a month, which a script
    without capitals may write within a longer word, and three numbers may give by itself.
    """
    uncased = any(letter.isalpha() and letter.lower() == letter.upper() for letter in written)
    if uncased or len(re.findall(r"\d+", written)) > 2:
        return None
    months = _month_words()
    return tuple(sorted({language for word in _plain_words(written) for language in months.get(word, ())}))


@lru_cache(maxsize=1)
def _month_words() -> dict[str, set[str]]:
    """Word of a month's name -> the languages of `dateparser` that have it; none without the package."""
    try:
        from dateparser.data import date_translation_data
    except ImportError:
        return {}
    words: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(date_translation_data.__path__):
        info = importlib.import_module(f"{date_translation_data.__name__}.{module.name}").info
        for names in (info, *info.get("locale_specific", {}).values()):
            for month in _MONTHS:
                for word in _plain_words(" ".join(names.get(month, ()))):
                    words.setdefault(word, set()).add(module.name)
    return words


def _plain_words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text)).casefold())


@lru_cache(maxsize=100)
def _parser(languages: tuple[str, ...] | None):  # type: ignore[no-untyped-def]
    try:
        from dateparser.date import DateDataParser
    except ImportError:
        return None
    settings = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["month", "year"], "RETURN_TIME_AS_PERIOD": True}
    # What it read before must not decide how it reads the next: documents come in any order.
    chosen = list(languages) if languages else None
    return DateDataParser(languages=chosen, try_previous_locales=False, settings=settings)


def _day(year: int | str, month: int | str, day: int | str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
